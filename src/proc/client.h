#pragma once
/*
 * Asks the supervisor of an environment, over its Unix socket, in the XML-RPC that supervisord speaks. Ours or the
 * original, it makes no difference.
 */
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/json.h"
#include "sys/cancel.h"

#define FA_PROC_NOT_RUNNING     70
#define FA_PROC_ALREADY_STARTED 60
#define FA_PROC_BAD_NAME        10

typedef struct FaProcClient {
    const char *socket; /* path */
    int64_t timeout;    /* seconds without an answer; 0: 60 */
    FaCancel *cancel;   /* (nullable) */
} FaProcClient;

/*
 * Calls @method with @parameters (nullable). @ret_value (nullable) is (transfer full). UNREACHABLE when no supervisor
 * listens, NOT_FOUND for a name that it does not know, CONFLICT when the process is already in that state, FAILED for
 * other faults.
 */
bool fa_proc_call(const FaProcClient *client, const char *method, JsonArray *parameters,
                  JsonNode **ret_value, GError **error);
