#include "domain/event.h"

#include <string.h>

#include "base/error.h"
#include "base/json.h"

typedef enum FieldType { FIELD_TEXT, FIELD_INT, FIELD_BOOL, FIELD_OBJECT } FieldType;

typedef struct Field {
    const char *name; /* NULL ends the list */
    FieldType type;
    bool is_optional;
} Field;

typedef struct Schema {
    FaEventKind kind;
    unsigned version;
    const Field *fields;
} Schema;

static const char *const names[] = {
    [FA_EVENT_ENVIRONMENT_UP] = "environment.up",
    [FA_EVENT_ENVIRONMENT_DOWN] = "environment.down",
    [FA_EVENT_COMPONENT_DEVELOP] = "component.develop",
    [FA_EVENT_COMPONENT_PINNED] = "component.pinned",
    [FA_EVENT_STORE_GC] = "store.gc",
};

/* components: the name of each in the store, or the checkout that is worked on */
static const Field up_1[] = {
    {"build", FIELD_TEXT}, {"is-new", FIELD_BOOL}, {"components", FIELD_OBJECT}, {0}};
static const Field down_1[] = {{"build", FIELD_TEXT, .is_optional = true}, {0}};
/* checkout: below the home */
static const Field develop_1[] = {{"checkout", FIELD_TEXT}, {0}};
static const Field pinned_1[] = {{"checkout", FIELD_TEXT}, {0}};
static const Field gc_1[] = {
    {"names-removed", FIELD_INT}, {"objects-removed", FIELD_INT}, {"bytes-freed", FIELD_INT}, {0}};

static const Schema schemas[] = {
    {FA_EVENT_ENVIRONMENT_UP, 1, up_1},
    {FA_EVENT_ENVIRONMENT_DOWN, 1, down_1},
    {FA_EVENT_COMPONENT_DEVELOP, 1, develop_1},
    {FA_EVENT_COMPONENT_PINNED, 1, pinned_1},
    {FA_EVENT_STORE_GC, 1, gc_1},
};

const char *
fa_event_kind_to_string(FaEventKind kind)
{
    return names[kind];
}

unsigned
fa_event_kind_get_version(FaEventKind kind)
{
    unsigned newest = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(schemas); i++) {
        if (schemas[i].kind == kind)
            newest = MAX(newest, schemas[i].version);
    }
    return newest;
}

bool
fa_event_kind_from_string(const char *text, FaEventKind *ret_kind)
{
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        if (strcmp(names[i], text) == 0) {
            *ret_kind = (FaEventKind)i;
            return true;
        }
    }
    return false;
}

static const char *
add_text(char **at, const char *text)
{
    const char *start = *at;
    size_t size = strlen(text) + 1;
    memcpy(*at, text, size);
    *at += size;
    return start;
}

FaEvent *
fa_event_copy(const FaEvent *event)
{
    size_t size = strlen(event->actor) + strlen(event->kind) + strlen(event->subject) +
                  strlen(event->payload) + 4;
    FaEvent *copy = g_malloc(sizeof *copy + size);
    char *at = (char *)(copy + 1);
    *copy = *event;
    copy->actor = add_text(&at, event->actor);
    copy->kind = add_text(&at, event->kind);
    copy->subject = add_text(&at, event->subject);
    copy->payload = add_text(&at, event->payload);
    return copy;
}

void
fa_event_free(FaEvent *event)
{
    g_free(event);
}

static bool
check_text(const char *what, const char *text, size_t limit, GError **error)
{
    if (text == NULL || *text == '\0')
        return fa_fail(error, FA_ERROR_CONFIG, "an event needs its %s", what);
    size_t length = strlen(text);
    if (length > limit)
        return fa_fail(error, FA_ERROR_CONFIG, "the %s of an event has more than %zu bytes", what,
                       limit);
    if (!g_utf8_validate_len(text, length, NULL))
        return fa_fail(error, FA_ERROR_CONFIG, "the %s of an event is not UTF-8", what);
    return true;
}

/* Two or more words, joined by dots: environment.up */
static bool
is_kind(const char *text)
{
    bool has_dot = false, is_start = true;
    for (; *text != '\0'; text++) {
        bool is_dot = *text == '.', is_letter = g_ascii_islower(*text);
        if (is_start ? !is_letter : !(is_letter || is_dot || *text == '-'))
            return false;
        has_dot = has_dot || is_dot;
        is_start = is_dot;
    }
    return has_dot && !is_start;
}

static bool
has_type(JsonNode *node, FieldType type)
{
    GType value = JSON_NODE_HOLDS_VALUE(node) ? json_node_get_value_type(node) : G_TYPE_NONE;
    switch (type) {
    case FIELD_TEXT:
        return value == G_TYPE_STRING;
    case FIELD_INT:
        return value == G_TYPE_INT64;
    case FIELD_BOOL:
        return value == G_TYPE_BOOLEAN;
    case FIELD_OBJECT:
        return JSON_NODE_HOLDS_OBJECT(node);
    }
    g_assert_not_reached();
}

static bool
check_payload(const FaEvent *event, const Schema *schema, JsonObject *payload, GError **error)
{
    guint found = 0;
    for (const Field *field = schema->fields; field->name != NULL; field++) {
        JsonNode *node = json_object_get_member(payload, field->name);
        if (node == NULL && field->is_optional)
            continue;
        if (node == NULL)
            return fa_fail(error, FA_ERROR_CONFIG, "an event '%s' needs '%s'", event->kind,
                           field->name);
        if (!has_type(node, field->type))
            return fa_fail(error, FA_ERROR_CONFIG, "'%s' of an event '%s' is of another type",
                           field->name, event->kind);
        found++;
    }
    if (found != json_object_get_size(payload))
        return fa_fail(error, FA_ERROR_CONFIG,
                       "an event '%s' has members that its version %u has not", event->kind,
                       event->version);
    return true;
}

/* (nullable) */
static const Schema *
find_schema(const FaEvent *event)
{
    FaEventKind kind;
    if (!fa_event_kind_from_string(event->kind, &kind))
        return NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(schemas); i++) {
        if (schemas[i].kind == kind && schemas[i].version == event->version)
            return &schemas[i];
    }
    return NULL;
}

static bool
check_head(const FaEvent *event, GError **error)
{
    if (!check_text("actor", event->actor, FA_EVENT_ACTOR_MAX, error) ||
        !check_text("kind", event->kind, FA_EVENT_KIND_MAX, error) ||
        !check_text("subject", event->subject, FA_EVENT_SUBJECT_MAX, error) ||
        !check_text("payload", event->payload, FA_EVENT_PAYLOAD_MAX, error))
        return false;
    if (!is_kind(event->kind))
        return fa_fail(error, FA_ERROR_CONFIG, "'%s' is no kind of event", event->kind);
    if (event->version == 0 || event->version > G_MAXINT)
        return fa_fail(error, FA_ERROR_CONFIG, "an event '%s' needs its version", event->kind);
    if (event->time < 0 || event->time > FA_TIME_MAX)
        return fa_fail(error, FA_ERROR_CONFIG, "the time of an event is out of range");
    return true;
}

bool
fa_event_check(const FaEvent *event, bool must_be_known, char **ret_payload, GError **error)
{
    if (!check_head(event, error))
        return false;
    const Schema *schema = find_schema(event);
    if (schema == NULL && must_be_known)
        return fa_fail(error, FA_ERROR_CONFIG, "version %u of event '%s' is not known here",
                       event->version, event->kind);

    g_autoptr(GError) reason = NULL;
    g_autoptr(JsonNode) node = fa_json_from_text(event->payload, -1, &reason);
    if (node == NULL)
        return fa_fail(error, FA_ERROR_CONFIG, "the payload of an event '%s' is %s", event->kind,
                       reason->message);
    if (!JSON_NODE_HOLDS_OBJECT(node))
        return fa_fail(error, FA_ERROR_CONFIG, "the payload of an event '%s' is no object",
                       event->kind);
    if (schema != NULL && !check_payload(event, schema, json_node_get_object(node), error))
        return false;
    *ret_payload = fa_json_to_canonical(node);
    return true;
}
