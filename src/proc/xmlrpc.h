#pragma once
/*
 * XML-RPC as the supervisor speaks it, to and from JSON values: i4, i8 and int are integers, boolean, double, string,
 * nil; array and struct. Nesting is limited to 32 levels and values to 1,000,000.
 */
#include <glib.h>

#include "base/json.h"

#define FA_XMLRPC_DEPTH_MAX  32
#define FA_XMLRPC_VALUES_MAX 1000000

/* (transfer full) The call of @method; @parameters (nullable) holds strings, integers, booleans and arrays of them. */
char *fa_xmlrpc_format_call(const char *method, JsonArray *parameters);

/* A fault of the peer: its code is in the message too. */
typedef struct FaFault {
    int code; /* 0: none */
    char *text;
} FaFault;

/*
 * (transfer full) (nullable) The value of a methodResponse. A fault is NULL with @ret_fault set and no error; the caller
 * frees its text. FAILED for anything else that is not a response.
 */
JsonNode *fa_xmlrpc_parse_response(const char *text, gsize length, FaFault *ret_fault,
                                   GError **error);
