#pragma once
/*
 * What the payload of each version of a kind of event has: its members, of what type, and which words are meant. For
 * event.c alone. A version is never changed.
 */
#include <glib.h>
#include <stdbool.h>

#include "base/json.h"
#include "domain/event.h"

typedef enum FaEventFieldType {
    FA_EVENT_FIELD_TEXT,
    FA_EVENT_FIELD_INT,
    FA_EVENT_FIELD_BOOL,
    FA_EVENT_FIELD_OBJECT, /* whatever members */
    FA_EVENT_FIELD_MAP,    /* an object of objects that all have the same fields */
} FaEventFieldType;

typedef struct FaEventField FaEventField;
struct FaEventField {
    const char *name; /* NULL ends the list */
    FaEventFieldType type;
    bool is_optional;
    const char *words; /* (nullable) of a text: the only ones there are, separated by spaces */
    const FaEventField *each; /* of a map: the fields of each of its members */
};

/* (transfer none) (nullable) NULL: this version is not known here. */
const FaEventField *fa_event_kind_get_fields(FaEventKind kind, unsigned version);
/* Has @payload just these? CONFIG otherwise. */
bool fa_event_fields_check(const FaEventField *fields, const FaEvent *event, JsonObject *payload,
                           GError **error);
