#pragma once
/*
 * The state of a supervisor as a stream of bytes that another one, of this version or a later one, goes on from.
 *
 * A stream is a head (magic, version, length, check) and items: numbers and bytes with their names, and records of items,
 * also with names. What has the value that it has where nothing is said is not written. A reader takes the items of a
 * record in any order; it refuses one that it does not know: what is handed over is never dropped in silence.
 *
 * Which members of which structs are handed over is said by the tables of state-fields.c, one line a member.
 * tools/check-state fails where a member is in no line.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SV_STATE_VERSION 1
#define SV_NAME_MAX      255

/* What a member of kind BYTES holds now, and how much it can hold. */
typedef struct SvBytes {
    char *data;
    size_t length, room;
} SvBytes;

typedef enum SvFieldKind {
    SV_FIELD_NUMBER,     /* an integer of any size, a bool or an enum */
    SV_FIELD_DESCRIPTOR, /* an int, -1: none */
    SV_FIELD_ARRAY,      /* so many bytes as they are */
    SV_FIELD_STRUCT,     /* with a table of its own */
    SV_FIELD_POINTER,    /* to such a struct, or NULL, which it must be in both */
    SV_FIELD_BYTES,      /* as many as its function says */
    SV_FIELD_LEFT        /* not handed over */
} SvFieldKind;

typedef struct SvField {
    const char *name;
    SvFieldKind kind;
    bool is_signed;
    size_t offset, size;
    int64_t absent; /* the value that is not written */
    int64_t last;   /* the largest that is taken */
    const struct SvFields *fields;
    SvBytes (*bytes)(void *object);
    const char *why; /* it is left */
} SvField;

typedef struct SvFields {
    const char *name; /* of the struct, for messages */
    size_t size;
    const SvField *list;
    size_t count;
} SvFields;

/* In state-fields.c. */
extern const SvFields sv_fields_super, sv_fields_upgrade, sv_fields_group, sv_fields_held,
    sv_fields_cgroup_place, sv_fields_event, sv_fields_proc, sv_fields_client, sv_fields_listening,
    sv_fields_server;
/* All of them, with those that they contain, for the test that none of their members was forgotten. */
extern const SvFields *const sv_fields_all[];

typedef struct SvStateWriter {
    int fd;
    bool keep; /* descriptors that are written are to survive an exec */
    char *buffer;
    size_t size, used;
    uint64_t length;
    uint64_t check;
    int problem; /* the first one: 0 or negative errno */
} SvStateWriter;

/* Writes to @fd from its beginning, through @buffer. */
void sv_state_begin(SvStateWriter *writer, int fd, char *buffer, size_t size);
/* Completes the head. Returns 0 or the first problem. */
int sv_state_end(SvStateWriter *writer);
void sv_state_put_record(SvStateWriter *writer, const char *name);
void sv_state_put_end(SvStateWriter *writer);
void sv_state_put_number(SvStateWriter *writer, const char *name, int64_t number);
void sv_state_put_bytes(SvStateWriter *writer, const char *name, const void *data, size_t length);
void sv_state_put_text(SvStateWriter *writer, const char *name, const char *text);
void sv_state_put_fields(SvStateWriter *writer, const SvFields *fields, const void *object);

typedef enum SvItemKind {
    SV_ITEM_RECORD = 1,
    SV_ITEM_END,
    SV_ITEM_NUMBER,
    SV_ITEM_BYTES
} SvItemKind;

typedef struct SvItem {
    SvItemKind kind;
    char name[SV_NAME_MAX + 1];
    int64_t number;
    const char *data;
    size_t length;
} SvItem;

typedef struct SvStateReader {
    const char *data;
    size_t length, at;
    bool check_descriptors; /* those that are read must be open */
    size_t hint;            /* where the next field is likely to be in its table */
    char problem[512];
} SvStateReader;

/* Checks the head of @data. Returns 0 or -EINVAL with reader->problem set, like all that read. */
int sv_state_open(SvStateReader *reader, const void *data, size_t length);
/* Returns 1 with an item, 0 at the end of everything, or -EINVAL. */
int sv_state_next(SvStateReader *reader, SvItem *item);
/* Sets all members to what they are where nothing is said. Bytes and what is left stay. */
void sv_state_clear(const SvFields *fields, void *object);
/* Takes one item that is no SV_ITEM_END, with all that belongs to it. */
int sv_state_take_field(SvStateReader *reader, const SvFields *fields, void *object,
                        const SvItem *item);
int sv_state_fail(SvStateReader *reader, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
