#include "domain/event.h"

#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "domain/event-schema.h"

static const char *const names[] = {
    [FA_EVENT_ENVIRONMENT_UP] = "environment.up",
    [FA_EVENT_ENVIRONMENT_DOWN] = "environment.down",
    [FA_EVENT_ENVIRONMENT_CREATED] = "environment.created",
    [FA_EVENT_ENVIRONMENT_RETIRED] = "environment.retired",
    [FA_EVENT_ENVIRONMENT_BROKEN] = "environment.broken",
    [FA_EVENT_COMPONENT_DEVELOP] = "component.develop",
    [FA_EVENT_COMPONENT_PINNED] = "component.pinned",
    [FA_EVENT_STORE_GC] = "store.gc",
    [FA_EVENT_RELEASE_CUT] = "release.cut",
    [FA_EVENT_RELEASE_BUILT] = "release.built",
    [FA_EVENT_RELEASE_REJECTED] = "release.rejected",
    [FA_EVENT_NOTE_ADDED] = "note.added",
    [FA_EVENT_NOTE_EXECUTED] = "note.executed",
    [FA_EVENT_DEPLOY_BEGUN] = "deploy.begun",
    [FA_EVENT_DEPLOY_STEP] = "deploy.step",
    [FA_EVENT_DEPLOY_SWITCHED] = "deploy.switched",
    [FA_EVENT_DEPLOY_ENDED] = "deploy.ended",
    [FA_EVENT_MIGRATION_RAN] = "migration.ran",
    [FA_EVENT_BACKUP_MADE] = "backup.made",
    [FA_EVENT_ACTOR_ACTED_AS] = "actor.acted-as",
};
G_STATIC_ASSERT(G_N_ELEMENTS(names) == FA_EVENT_KINDS);

const char *
fa_event_kind_to_string(FaEventKind kind)
{
    return names[kind];
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
    FaEventKind kind;
    const FaEventField *fields = fa_event_kind_from_string(event->kind, &kind)
                                     ? fa_event_kind_get_fields(kind, event->version)
                                     : NULL;
    if (fields == NULL && must_be_known)
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
    if (fields != NULL && !fa_event_fields_check(fields, event, json_node_get_object(node), error))
        return false;
    *ret_payload = fa_json_to_canonical(node);
    return true;
}
