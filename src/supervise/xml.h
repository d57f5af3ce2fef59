#pragma once
/*
 * XML-RPC: requests into values, values into answers. expat works in an arena of a fixed size, so that no request can make
 * the supervisor allocate; a document type is refused, and with it all entities.
 */
#include "supervise/arena.h"
#include "supervise/text.h"

typedef enum SvKind {
    SV_KIND_STRING,
    SV_KIND_INT,
    SV_KIND_BOOL,
    SV_KIND_DOUBLE,
    SV_KIND_NIL,
    SV_KIND_ARRAY,
    SV_KIND_STRUCT
} SvKind;

typedef struct SvValue {
    SvKind kind;
    const char *name; /* in a struct */
    const char *text;
    size_t length;
    int64_t number;
    struct SvValue *first, *last, *next;
    size_t count;
} SvValue;

typedef struct SvCall {
    const char *method;
    SvValue params; /* an array */
} SvCall;

/* A methodCall. Returns 0, -EINVAL, or -E2BIG where the arena is too small. The values live in @arena. */
int sv_xml_read_call(SvArena *arena, const char *data, size_t length, SvCall *ret_call);
/* A methodResponse. *ret_fault is the code of a fault, whose text is *ret_value; 0 where there is none. */
int sv_xml_read_response(SvArena *arena, const char *data, size_t length, SvValue *ret_value,
                         int64_t *ret_fault);
const SvValue *sv_value_member(const SvValue *value, const char *name);

/* Values, as XML or, where @out says so, as JSON. */
void sv_xml_begin_array(SvBuf *out);
void sv_xml_end_array(SvBuf *out);
void sv_xml_begin_struct(SvBuf *out);
void sv_xml_end_struct(SvBuf *out);
/* A string in pieces. */
void sv_xml_begin_string(SvBuf *out);
void sv_xml_text(SvBuf *out, const char *text, size_t length);
void sv_xml_end_string(SvBuf *out);
void sv_xml_member_array(SvBuf *out, const char *name);
void sv_xml_end_member_array(SvBuf *out);
void sv_xml_member_bytes(SvBuf *out, const char *name, const char *text, size_t length);
void sv_xml_escape(SvBuf *out, const char *text, size_t length);
void sv_xml_string(SvBuf *out, const char *text);
void sv_xml_bytes(SvBuf *out, const char *text, size_t length);
void sv_xml_int(SvBuf *out, int64_t number);
void sv_xml_bool(SvBuf *out, bool value);
void sv_xml_member_string(SvBuf *out, const char *name, const char *text);
void sv_xml_member_int(SvBuf *out, const char *name, int64_t number);
void sv_xml_member_bool(SvBuf *out, const char *name, bool value);
