#include "view/board.h"

#include <string.h>

#include "view/text.h"

static const char *
state_of(const FaStanding *standing)
{
    if (standing->is_retired)
        return "retired";
    if (standing->build == NULL)
        return "empty";
    return standing->is_down ? "down" : "up";
}

static void
add_obstacle(JsonArray *array, const char *what, const char *reason)
{
    JsonObject *object = json_object_new();
    json_object_set_string_member(object, "what", what);
    fa_view_set_text(object, "reason", reason);
    json_array_add_object_element(array, object);
}

/* What somebody should look at before anything goes there. */
static JsonArray *
describe_obstacles(const FaBoardFacts *facts, const FaStanding *standing)
{
    JsonArray *array = json_array_new();
    const FaRelease *release =
        standing->release != NULL ? fa_releases_find(facts->releases, standing->release) : NULL;
    const FaStandingEnd *last = &standing->last;
    if (standing->broken.what != NULL)
        add_obstacle(array, "broken", standing->broken.reason);
    if (release != NULL && release->is_rejected)
        add_obstacle(array, "rejected", release->rejected_why);
    if (standing->open != NULL && fa_deployment_is_expired(standing->open, facts->now))
        add_obstacle(array, "unfinished", standing->open->id);
    if (last->id != NULL && last->outcome != FA_DEPLOY_OUTCOME_DONE)
        add_obstacle(array, fa_deploy_outcome_to_string(last->outcome), last->reason);
    return array;
}

static void
set_open(JsonObject *object, const FaBoardFacts *facts, const FaDeployment *open)
{
    if (open == NULL) {
        json_object_set_null_member(object, "on-its-way");
        return;
    }
    FaDeployNext next = fa_deployment_next(open);
    JsonObject *member = json_object_new();
    json_object_set_string_member(member, "id", open->id);
    json_object_set_string_member(member, "kind", fa_deploy_kind_to_string(open->kind));
    json_object_set_string_member(member, "release", open->release);
    json_object_set_string_member(member, "by", open->by);
    fa_view_set_text(member, "why", open->why);
    fa_view_set_time(member, "since", open->begun_at);
    fa_view_set_text(member, "step",
                     next.act == FA_DEPLOY_ACT_STEP || next.act == FA_DEPLOY_ACT_UNDO
                         ? fa_deploy_step_to_string(next.step)
                         : NULL);
    json_object_set_boolean_member(member, "is-undoing", next.act == FA_DEPLOY_ACT_UNDO);
    json_object_set_boolean_member(member, "is-expired",
                                   fa_deployment_is_expired(open, facts->now));
    json_object_set_object_member(object, "on-its-way", member);
}

static JsonObject *
describe_standing(const FaBoardFacts *facts, const FaStanding *standing)
{
    JsonObject *object = json_object_new();
    size_t length = strcspn(standing->environment, ".");
    g_autofree char *name = g_strndup(standing->environment, length);
    const FaRelease *release =
        standing->release != NULL ? fa_releases_find(facts->releases, standing->release) : NULL;
    json_object_set_string_member(object, "name", name);
    json_object_set_string_member(object, "environment", standing->environment);
    fa_view_set_text(object, "track", standing->track);
    fa_view_set_text(object, "host", standing->host);
    json_object_set_string_member(object, "state", state_of(standing));
    fa_view_set_text(
        object, "health",
        facts->health != NULL ? g_hash_table_lookup(facts->health, standing->environment) : NULL);
    fa_view_set_text(object, "release", standing->release);
    fa_view_set_text(object, "kind",
                     release != NULL ? fa_release_kind_to_string(release->kind) : NULL);
    fa_view_set_text(object, "build", standing->build);
    fa_view_set_text(object, "slot", standing->slot);
    fa_view_set_text(object, "bits", standing->bits);
    fa_view_set_time(object, "since", standing->since);
    fa_view_set_text(object, "by", standing->by);
    fa_view_set_text(object, "why", standing->why);
    set_open(object, facts, standing->open);
    json_object_set_array_member(object, "in-the-way", describe_obstacles(facts, standing));
    return object;
}

/* (transfer none) The array of @site, which is made and added when it is the first of it. */
static JsonArray *
ensure_site(GHashTable *by_site, JsonArray *sites, const char *site)
{
    JsonArray *environments = g_hash_table_lookup(by_site, site);
    if (environments != NULL)
        return environments;
    JsonObject *object = json_object_new();
    environments = json_array_new();
    json_object_set_string_member(object, "site", site);
    json_object_set_array_member(object, "environments", environments);
    json_array_add_object_element(sites, object);
    g_hash_table_insert(by_site, (gpointer)json_object_get_string_member(object, "site"),
                        environments);
    return environments;
}

JsonObject *
fa_view_board(const FaBoardFacts *facts)
{
    JsonObject *document = json_object_new();
    JsonArray *sites = json_array_new();
    g_autoptr(GHashTable) by_site = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GPtrArray) list = fa_running_list(facts->running);
    json_object_set_int_member(document, "position",
                               (gint64)fa_running_get_position(facts->running));
    json_object_set_array_member(document, "sites", sites);
    for (guint i = 0; i < list->len; i++) {
        const FaStanding *standing = g_ptr_array_index(list, i);
        const char *dot = strchr(standing->environment, '.');
        if (standing->is_retired && !facts->with_retired)
            continue;
        json_array_add_object_element(ensure_site(by_site, sites, dot != NULL ? dot + 1 : ""),
                                      describe_standing(facts, standing));
    }
    return document;
}

static JsonObject *
describe_row(const FaHistoryRow *row)
{
    JsonObject *object = json_object_new();
    JsonArray *migrations = json_array_new();
    bool is_attempt = row->kind == FA_HISTORY_DEPLOY || row->kind == FA_HISTORY_ROLLBACK ||
                      row->kind == FA_HISTORY_REFRESH;
    for (guint i = 0; i < row->migrations->len; i++)
        json_array_add_string_element(migrations, g_ptr_array_index(row->migrations, i));
    json_object_set_int_member(object, "position", (gint64)row->position);
    json_object_set_string_member(object, "kind", fa_history_kind_to_string(row->kind));
    fa_view_set_text(object, "id", row->id);
    fa_view_set_text(object, "release", row->release);
    fa_view_set_text(object, "from", row->from);
    fa_view_set_text(object, "build", row->build);
    fa_view_set_text(object, "slot", row->slot);
    fa_view_set_text(object, "bits", row->bits);
    json_object_set_string_member(object, "by", row->by);
    fa_view_set_text(object, "why", row->why);
    fa_view_set_time(object, "begun-at", row->begun_at);
    fa_view_set_time(object, "switched-at", row->switched_at);
    fa_view_set_time(object, "ended-at", row->ended_at);
    fa_view_set_text(object, "outcome",
                     !row->is_over ? "open"
                     : is_attempt || row->kind == FA_HISTORY_BROKEN
                         ? fa_deploy_outcome_to_string(row->outcome)
                         : "done");
    fa_view_set_text(object, "step", row->step);
    fa_view_set_text(object, "reason", row->reason);
    json_object_set_array_member(object, "migrations", migrations);
    return object;
}

JsonObject *
fa_view_history(const FaHistory *history, guint limit)
{
    JsonObject *document = json_object_new();
    JsonArray *array = json_array_new();
    const GPtrArray *rows = fa_history_rows(history);
    const FaHistoryRow *target = fa_history_find_target(history, NULL);
    guint count = limit > 0 ? MIN(limit, rows->len) : rows->len;
    for (guint i = 0; i < count; i++)
        json_array_add_object_element(array,
                                      describe_row(g_ptr_array_index(rows, rows->len - 1 - i)));
    json_object_set_string_member(document, "environment", fa_history_environment(history));
    fa_view_set_text(document, "goes-back-to", target != NULL ? target->release : NULL);
    json_object_set_array_member(document, "rows", array);
    return document;
}

static void
add_where(JsonArray *array, const FaWhereFacts *facts, const FaStanding *standing,
          const FaRelease *release, const FaPin *pin)
{
    static const char *const answers[] = {
        [FA_WHERE_UNKNOWN] = "unknown",
        [FA_WHERE_YES] = "yes",
        [FA_WHERE_NO] = "no",
    };
    JsonObject *object = json_object_new();
    FaWhereAnswer answer = FA_WHERE_UNKNOWN;
    if (facts->has != NULL && pin != NULL)
        answer = facts->has(release, pin->component, facts->data);
    json_object_set_string_member(object, "environment", standing->environment);
    fa_view_set_text(object, "release", standing->release);
    fa_view_set_time(object, "since", standing->since);
    fa_view_set_text(object, "component", pin != NULL ? pin->component : facts->component);
    fa_view_set_text(object, "revision", pin != NULL ? pin->revision : NULL);
    fa_view_set_text(object, "version", pin != NULL ? pin->version : NULL);
    fa_view_set_text(object, "has-it", facts->revision != NULL ? answers[answer] : NULL);
    json_array_add_object_element(array, object);
}

JsonObject *
fa_view_where(const FaWhereFacts *facts)
{
    JsonObject *document = json_object_new();
    JsonArray *array = json_array_new();
    g_autoptr(GPtrArray) list = fa_running_list(facts->running);
    for (guint i = 0; i < list->len; i++) {
        const FaStanding *standing = g_ptr_array_index(list, i);
        const FaRelease *release =
            standing->release != NULL ? fa_releases_find(facts->releases, standing->release) : NULL;
        if (standing->is_retired || standing->build == NULL)
            continue;
        /* Of a snapshot nobody pinned anything. */
        if (release == NULL)
            add_where(array, facts, standing, NULL, NULL);
        for (guint j = 0; release != NULL && j < release->pins->len; j++) {
            const FaPin *pin = g_ptr_array_index(release->pins, j);
            if (facts->component == NULL || strcmp(facts->component, pin->component) == 0)
                add_where(array, facts, standing, release, pin);
        }
    }
    fa_view_set_text(document, "component", facts->component);
    fa_view_set_text(document, "revision", facts->revision);
    json_object_set_array_member(document, "environments", array);
    return document;
}
