#include "domain/event-schema.h"

#include <string.h>

#include "base/error.h"

typedef struct Schema {
    FaEventKind kind;
    unsigned version;
    const FaEventField *fields;
} Schema;

/* components: the name of each in the store, or the checkout that is worked on; why: where its track is not for it */
static const FaEventField up_1[] = {
    {"build", FA_EVENT_FIELD_TEXT},
    {"is-new", FA_EVENT_FIELD_BOOL},
    {"components", FA_EVENT_FIELD_OBJECT},
    {"why", FA_EVENT_FIELD_TEXT, .is_optional = true},
    {0},
};
static const FaEventField down_1[] = {
    {"build", FA_EVENT_FIELD_TEXT, .is_optional = true},
    {0},
};
static const FaEventField created_1[] = {
    {"track", FA_EVENT_FIELD_TEXT},
    {"host", FA_EVENT_FIELD_TEXT},
    {"why", FA_EVENT_FIELD_TEXT, .is_optional = true},
    {0},
};
/* emptied: its data is deleted, and nothing of what ran there is left */
static const FaEventField retired_1[] = {
    {"track", FA_EVENT_FIELD_TEXT, .is_optional = true},
    {"host", FA_EVENT_FIELD_TEXT, .is_optional = true},
    {"why", FA_EVENT_FIELD_TEXT, .is_optional = true},
    {"emptied", FA_EVENT_FIELD_BOOL, .is_optional = true},
    {0},
};
/* what: which step or component failed */
static const FaEventField broken_1[] = {
    {"what", FA_EVENT_FIELD_TEXT},
    {"reason", FA_EVENT_FIELD_TEXT},
    {"revision", FA_EVENT_FIELD_TEXT, .is_optional = true},
    {0},
};
/* checkout: below the home */
static const FaEventField develop_1[] = {
    {"checkout", FA_EVENT_FIELD_TEXT},
    {0},
};
static const FaEventField pinned_1[] = {
    {"checkout", FA_EVENT_FIELD_TEXT},
    {0},
};
static const FaEventField gc_1[] = {
    {"names-removed", FA_EVENT_FIELD_INT},
    {"objects-removed", FA_EVENT_FIELD_INT},
    {"bytes-freed", FA_EVENT_FIELD_INT},
    {0},
};
/* digest: of the content of the source at that revision */
static const FaEventField pin_1[] = {
    {"revision", FA_EVENT_FIELD_TEXT},
    {"digest", FA_EVENT_FIELD_TEXT},
    {"version", FA_EVENT_FIELD_TEXT, .is_optional = true},
    {"branch", FA_EVENT_FIELD_TEXT, .is_optional = true},
    {"tag", FA_EVENT_FIELD_TEXT, .is_optional = true},
    {"location", FA_EVENT_FIELD_TEXT},
    {0},
};
/* from: trunk or a line; digest: over the pins; settings: digest of the files of the product */
static const FaEventField cut_1[] = {
    {"kind", FA_EVENT_FIELD_TEXT, .words = "train rebuild leapfrog"},
    {"parent", FA_EVENT_FIELD_TEXT, .is_optional = true},
    {"line", FA_EVENT_FIELD_TEXT},
    {"from", FA_EVENT_FIELD_TEXT},
    {"digest", FA_EVENT_FIELD_TEXT},
    {"pins", FA_EVENT_FIELD_MAP, .each = pin_1},
    {"tool", FA_EVENT_FIELD_TEXT},
    {"settings", FA_EVENT_FIELD_TEXT},
    {"pushed", FA_EVENT_FIELD_BOOL},
    {"why", FA_EVENT_FIELD_TEXT, .is_optional = true},
    {0},
};
/* name: in the store; tree: its digest */
static const FaEventField made_1[] = {
    {"name", FA_EVENT_FIELD_TEXT},
    {"tree", FA_EVENT_FIELD_TEXT},
    {0},
};
/* bits: digest over the trees of all components */
static const FaEventField built_1[] = {
    {"bits", FA_EVENT_FIELD_TEXT},
    {"components", FA_EVENT_FIELD_MAP, .each = made_1},
    {0},
};
static const FaEventField rejected_1[] = {
    {"why", FA_EVENT_FIELD_TEXT},
    {0},
};
/* revision: the commit that it is about; commit: it came from a trailer of it */
static const FaEventField note_1[] = {
    {"id", FA_EVENT_FIELD_TEXT},
    {"note-kind", FA_EVENT_FIELD_TEXT, .words = "migration config manual none"},
    {"text", FA_EVENT_FIELD_TEXT},
    {"revision", FA_EVENT_FIELD_TEXT, .is_optional = true},
    {"release", FA_EVENT_FIELD_TEXT, .is_optional = true},
    {"commit", FA_EVENT_FIELD_BOOL},
    {0},
};
/* id: of the note; release: the one that it was done for */
static const FaEventField executed_1[] = {
    {"id", FA_EVENT_FIELD_TEXT},
    {"component", FA_EVENT_FIELD_TEXT},
    {"release", FA_EVENT_FIELD_TEXT},
    {0},
};
/* from: the release that runs; expects: the build that runs, or ""; lifetime: seconds that it may take */
static const FaEventField begun_1[] = {
    {"id", FA_EVENT_FIELD_TEXT},
    {"deploy-kind", FA_EVENT_FIELD_TEXT, .words = "deploy rollback refresh"},
    {"release", FA_EVENT_FIELD_TEXT},
    {"from", FA_EVENT_FIELD_TEXT, .is_optional = true},
    {"expects", FA_EVENT_FIELD_TEXT},
    {"slot", FA_EVENT_FIELD_TEXT},
    {"plan", FA_EVENT_FIELD_TEXT},
    {"why", FA_EVENT_FIELD_TEXT, .is_optional = true},
    {"pid", FA_EVENT_FIELD_INT},
    {"host", FA_EVENT_FIELD_TEXT},
    {"lifetime", FA_EVENT_FIELD_INT},
    {0},
};
/* migrations: how to go past those that are in the way, "COMPONENT/NAME": "keep" or "restore" */
static const FaEventField begun_2[] = {
    {"id", FA_EVENT_FIELD_TEXT},
    {"deploy-kind", FA_EVENT_FIELD_TEXT, .words = "deploy rollback refresh"},
    {"release", FA_EVENT_FIELD_TEXT},
    {"from", FA_EVENT_FIELD_TEXT, .is_optional = true},
    {"expects", FA_EVENT_FIELD_TEXT},
    {"slot", FA_EVENT_FIELD_TEXT},
    {"plan", FA_EVENT_FIELD_TEXT},
    {"why", FA_EVENT_FIELD_TEXT, .is_optional = true},
    {"pid", FA_EVENT_FIELD_INT},
    {"host", FA_EVENT_FIELD_TEXT},
    {"lifetime", FA_EVENT_FIELD_INT},
    {"migrations", FA_EVENT_FIELD_OBJECT},
    {0},
};
static const FaEventField step_1[] = {
    {"id", FA_EVENT_FIELD_TEXT},
    {"step", FA_EVENT_FIELD_TEXT},
    {"state", FA_EVENT_FIELD_TEXT, .words = "begun done failed undone"},
    {"detail", FA_EVENT_FIELD_TEXT, .is_optional = true},
    {"took-ms", FA_EVENT_FIELD_INT, .is_optional = true},
    {0},
};
static const FaEventField switched_1[] = {
    {"id", FA_EVENT_FIELD_TEXT},
    {"release", FA_EVENT_FIELD_TEXT},
    {"from", FA_EVENT_FIELD_TEXT, .is_optional = true},
    {"build", FA_EVENT_FIELD_TEXT},
    {"from-build", FA_EVENT_FIELD_TEXT, .is_optional = true},
    {"slot", FA_EVENT_FIELD_TEXT},
    {"bits", FA_EVENT_FIELD_TEXT},
    {0},
};
/* step: that failed; log: below the home */
static const FaEventField ended_1[] = {
    {"id", FA_EVENT_FIELD_TEXT},
    {"outcome", FA_EVENT_FIELD_TEXT, .words = "done failed undone rolled-back"},
    {"step", FA_EVENT_FIELD_TEXT, .is_optional = true},
    {"reason", FA_EVENT_FIELD_TEXT, .is_optional = true},
    {"log", FA_EVENT_FIELD_TEXT, .is_optional = true},
    {0},
};
/* id: of the deployment; note: of the migration; digest: of what it does; release: whose scripts were run */
static const FaEventField ran_1[] = {
    {"id", FA_EVENT_FIELD_TEXT, .is_optional = true},
    {"component", FA_EVENT_FIELD_TEXT},
    {"migration", FA_EVENT_FIELD_TEXT},
    {"direction", FA_EVENT_FIELD_TEXT, .words = "up down"},
    {"mode", FA_EVENT_FIELD_TEXT, .words = "online offline"},
    {"reversible", FA_EVENT_FIELD_BOOL},
    {"note", FA_EVENT_FIELD_TEXT, .is_optional = true},
    {"digest", FA_EVENT_FIELD_TEXT, .is_optional = true},
    {"release", FA_EVENT_FIELD_TEXT, .is_optional = true},
    {"outcome", FA_EVENT_FIELD_TEXT, .words = "done failed"},
    {"took-ms", FA_EVENT_FIELD_INT},
    {0},
};
/* deploy: its id; path: below the home */
static const FaEventField backup_1[] = {
    {"id", FA_EVENT_FIELD_TEXT},
    {"deploy", FA_EVENT_FIELD_TEXT, .is_optional = true},
    {"path", FA_EVENT_FIELD_TEXT},
    {"bytes", FA_EVENT_FIELD_INT},
    {"components", FA_EVENT_FIELD_OBJECT},
    {"digest", FA_EVENT_FIELD_TEXT},
    {0},
};
static const FaEventField acted_1[] = {
    {"as", FA_EVENT_FIELD_TEXT},
    {"command", FA_EVENT_FIELD_TEXT},
    {0},
};

static const Schema schemas[] = {
    {FA_EVENT_ENVIRONMENT_UP, 1, up_1},
    {FA_EVENT_ENVIRONMENT_DOWN, 1, down_1},
    {FA_EVENT_ENVIRONMENT_CREATED, 1, created_1},
    {FA_EVENT_ENVIRONMENT_RETIRED, 1, retired_1},
    {FA_EVENT_ENVIRONMENT_BROKEN, 1, broken_1},
    {FA_EVENT_COMPONENT_DEVELOP, 1, develop_1},
    {FA_EVENT_COMPONENT_PINNED, 1, pinned_1},
    {FA_EVENT_STORE_GC, 1, gc_1},
    {FA_EVENT_RELEASE_CUT, 1, cut_1},
    {FA_EVENT_RELEASE_BUILT, 1, built_1},
    {FA_EVENT_RELEASE_REJECTED, 1, rejected_1},
    {FA_EVENT_NOTE_ADDED, 1, note_1},
    {FA_EVENT_NOTE_EXECUTED, 1, executed_1},
    {FA_EVENT_DEPLOY_BEGUN, 1, begun_1},
    {FA_EVENT_DEPLOY_BEGUN, 2, begun_2},
    {FA_EVENT_DEPLOY_STEP, 1, step_1},
    {FA_EVENT_DEPLOY_SWITCHED, 1, switched_1},
    {FA_EVENT_DEPLOY_ENDED, 1, ended_1},
    {FA_EVENT_MIGRATION_RAN, 1, ran_1},
    {FA_EVENT_BACKUP_MADE, 1, backup_1},
    {FA_EVENT_ACTOR_ACTED_AS, 1, acted_1},
};

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

const FaEventField *
fa_event_kind_get_fields(FaEventKind kind, unsigned version)
{
    for (size_t i = 0; i < G_N_ELEMENTS(schemas); i++) {
        if (schemas[i].kind == kind && schemas[i].version == version)
            return schemas[i].fields;
    }
    return NULL;
}

static bool
has_type(JsonNode *node, FaEventFieldType type)
{
    GType value = JSON_NODE_HOLDS_VALUE(node) ? json_node_get_value_type(node) : G_TYPE_NONE;
    switch (type) {
    case FA_EVENT_FIELD_TEXT:
        return value == G_TYPE_STRING;
    case FA_EVENT_FIELD_INT:
        return value == G_TYPE_INT64;
    case FA_EVENT_FIELD_BOOL:
        return value == G_TYPE_BOOLEAN;
    case FA_EVENT_FIELD_OBJECT:
    case FA_EVENT_FIELD_MAP:
        return JSON_NODE_HOLDS_OBJECT(node);
    }
    g_assert_not_reached();
}

static bool
is_one_of(const char *words, const char *word)
{
    size_t length = strlen(word);
    for (const char *at = words; at != NULL; at = strchr(at, ' ')) {
        at += *at == ' ';
        if (strncmp(at, word, length) == 0 && (at[length] == ' ' || at[length] == '\0'))
            return length > 0;
    }
    return false;
}

static bool
check_map(const FaEventField *field, const FaEvent *event, JsonObject *map, GError **error)
{
    g_autoptr(GList) members = json_object_get_members(map);
    for (GList *at = members; at != NULL; at = at->next) {
        JsonNode *node = json_object_get_member(map, at->data);
        if (!has_type(node, FA_EVENT_FIELD_OBJECT))
            return fa_fail(error, FA_ERROR_CONFIG, "'%s' in '%s' of an event '%s' is no object",
                           (const char *)at->data, field->name, event->kind);
        if (!fa_event_fields_check(field->each, event, json_node_get_object(node), error))
            return false;
    }
    return true;
}

static bool
check_value(const FaEventField *field, const FaEvent *event, JsonNode *node, GError **error)
{
    if (!has_type(node, field->type))
        return fa_fail(error, FA_ERROR_CONFIG, "'%s' of an event '%s' is of another type",
                       field->name, event->kind);
    if (field->words != NULL && !is_one_of(field->words, json_node_get_string(node)))
        return fa_fail(error, FA_ERROR_CONFIG, "'%s' of an event '%s' is none of: %s", field->name,
                       event->kind, field->words);
    return field->each == NULL || check_map(field, event, json_node_get_object(node), error);
}

bool
fa_event_fields_check(const FaEventField *fields, const FaEvent *event, JsonObject *payload,
                      GError **error)
{
    guint found = 0;
    for (const FaEventField *field = fields; field->name != NULL; field++) {
        JsonNode *node = json_object_get_member(payload, field->name);
        if (node == NULL && field->is_optional)
            continue;
        if (node == NULL)
            return fa_fail(error, FA_ERROR_CONFIG, "an event '%s' needs '%s'", event->kind,
                           field->name);
        if (!check_value(field, event, node, error))
            return false;
        found++;
    }
    if (found != json_object_get_size(payload))
        return fa_fail(error, FA_ERROR_CONFIG,
                       "an event '%s' has members that its version %u has not", event->kind,
                       event->version);
    return true;
}
