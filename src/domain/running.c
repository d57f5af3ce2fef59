#include "domain/running.h"

#include <string.h>

#include "domain/release.h"
#include "domain/running-state.h"

FaRunning *
fa_running_new(void)
{
    FaRunning *running = g_new0(FaRunning, 1);
    running->standings = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, fa_standing_free);
    return running;
}

void
fa_running_free(FaRunning *running)
{
    if (running == NULL)
        return;
    g_hash_table_unref(running->standings);
    g_free(running);
}

static void
clear_broken(FaStandingBroken *broken)
{
    g_free(broken->what);
    g_free(broken->reason);
    g_free(broken->revision);
    *broken = (FaStandingBroken){0};
}

static void
clear_end(FaStandingEnd *end)
{
    g_free(end->id);
    g_free(end->release);
    g_free(end->step);
    g_free(end->reason);
    *end = (FaStandingEnd){0};
}

FaStanding *
fa_standing_new(char *environment)
{
    FaStanding *standing = g_new0(FaStanding, 1);
    standing->environment = environment;
    standing->executed = g_ptr_array_new_with_free_func((GDestroyNotify)fa_migration_free);
    return standing;
}

void
fa_standing_free(gpointer data)
{
    FaStanding *standing = data;
    if (standing == NULL)
        return;
    g_free(standing->environment);
    g_free(standing->track);
    g_free(standing->host);
    g_free(standing->build);
    g_free(standing->release);
    g_free(standing->slot);
    g_free(standing->bits);
    g_free(standing->deployment);
    g_free(standing->by);
    g_free(standing->why);
    g_ptr_array_unref(standing->executed);
    clear_broken(&standing->broken);
    clear_end(&standing->last);
    fa_deployment_free(standing->open);
    g_free(standing);
}

uint64_t
fa_running_get_position(const FaRunning *running)
{
    return running->position;
}

const FaStanding *
fa_running_find(const FaRunning *running, const char *environment)
{
    return g_hash_table_lookup(running->standings, environment);
}

static int
compare_standings(gconstpointer a, gconstpointer b)
{
    return strcmp((*(FaStanding *const *)a)->environment, (*(FaStanding *const *)b)->environment);
}

GPtrArray *
fa_running_list(const FaRunning *running)
{
    GPtrArray *list = g_ptr_array_new();
    GHashTableIter iter;
    gpointer standing;
    g_hash_table_iter_init(&iter, running->standings);
    while (g_hash_table_iter_next(&iter, NULL, &standing))
        g_ptr_array_add(list, standing);
    g_ptr_array_sort(list, compare_standings);
    return list;
}

/* Replaces *@text, which may be @value itself. */
static void
set(char **text, const char *value)
{
    char *copy = g_strdup(value);
    g_free(*text);
    *text = copy;
}

static void
apply_created(FaStanding *standing, const FaEvent *event, JsonObject *payload)
{
    standing->is_retired = false;
    set(&standing->track, fa_json_get_string(payload, "track"));
    set(&standing->host, fa_json_get_string(payload, "host"));
}

static void
apply_retired(FaStanding *standing, const FaEvent *event, JsonObject *payload)
{
    standing->is_retired = true;
    standing->is_down = true;
    clear_broken(&standing->broken);
    if (!fa_json_get_bool(payload, "emptied", false))
        return;
    set(&standing->build, NULL);
    set(&standing->release, NULL);
    set(&standing->slot, NULL);
    set(&standing->bits, NULL);
    set(&standing->deployment, NULL);
    g_ptr_array_set_size(standing->executed, 0);
}

/* A snapshot, composed and started at once. The same build again was only started. */
static void
apply_up(FaStanding *standing, const FaEvent *event, JsonObject *payload)
{
    const char *build = fa_json_get_string(payload, "build");
    standing->is_down = false;
    clear_broken(&standing->broken);
    if (g_strcmp0(build, standing->build) == 0)
        return;
    set(&standing->build, build);
    set(&standing->release, FA_RELEASE_TRUNK);
    set(&standing->slot, NULL);
    set(&standing->bits, NULL);
    set(&standing->deployment, NULL);
    set(&standing->by, event->actor);
    set(&standing->why, fa_json_get_string(payload, "why"));
    standing->since = event->time;
}

static void
apply_down(FaStanding *standing, const FaEvent *event, JsonObject *payload)
{
    standing->is_down = true;
}

static void
apply_broken(FaStanding *standing, const FaEvent *event, JsonObject *payload)
{
    clear_broken(&standing->broken);
    set(&standing->broken.what, fa_json_get_string(payload, "what"));
    set(&standing->broken.reason, fa_json_get_string(payload, "reason"));
    set(&standing->broken.revision, fa_json_get_string(payload, "revision"));
    standing->broken.since = event->time;
}

static void
apply_begun(FaStanding *standing, const FaEvent *event, JsonObject *payload)
{
    if (standing->open != NULL)
        return;
    standing->open = fa_deployment_new(event);
    if (standing->open == NULL)
        return;
    g_ptr_array_unref(standing->open->executed);
    standing->open->executed = fa_migrations_copy(standing->executed);
}

static void
apply_step(FaStanding *standing, const FaEvent *event, JsonObject *payload)
{
    if (standing->open != NULL)
        fa_deployment_apply_payload(standing->open, event, payload);
}

static void
apply_switched(FaStanding *standing, const FaEvent *event, JsonObject *payload)
{
    const char *id = fa_json_get_string(payload, "id");
    bool is_open = standing->open != NULL && g_strcmp0(id, standing->open->id) == 0;
    apply_step(standing, event, payload);
    standing->is_down = false;
    set(&standing->build, fa_json_get_string(payload, "build"));
    set(&standing->release, fa_json_get_string(payload, "release"));
    set(&standing->slot, fa_json_get_string(payload, "slot"));
    set(&standing->bits, fa_json_get_string(payload, "bits"));
    set(&standing->deployment, id);
    set(&standing->by, event->actor);
    set(&standing->why, is_open ? standing->open->why : NULL);
    standing->since = event->time;
}

static void
apply_ended(FaStanding *standing, const FaEvent *event, JsonObject *payload)
{
    apply_step(standing, event, payload);
    FaDeployment *open = standing->open;
    if (open == NULL || !open->has_ended)
        return;
    clear_end(&standing->last);
    standing->last = (FaStandingEnd){.id = g_strdup(open->id),
                                     .kind = open->kind,
                                     .release = g_strdup(open->release),
                                     .outcome = open->outcome,
                                     .step = g_strdup(fa_json_get_string(payload, "step")),
                                     .reason = g_strdup(fa_json_get_string(payload, "reason")),
                                     .at = event->time};
    if (open->outcome == FA_DEPLOY_OUTCOME_DONE)
        clear_broken(&standing->broken);
    g_clear_pointer(&standing->open, fa_deployment_free);
}

/* Run: it is the last one now. Undone: it is there no more. Failed: it counts when it cannot be undone. */
static void
apply_migration(FaStanding *standing, const FaEvent *event, JsonObject *payload)
{
    const char *component = fa_json_get_string(payload, "component");
    const char *name = fa_json_get_string(payload, "migration");
    const char *mode = fa_json_get_string(payload, "mode");
    bool is_done = g_strcmp0(fa_json_get_string(payload, "outcome"), "done") == 0;
    bool is_up = g_strcmp0(fa_json_get_string(payload, "direction"), "up") == 0;
    bool is_reversible = fa_json_get_bool(payload, "reversible", false);
    FaMigrationMode how = FA_MIGRATION_ONLINE;
    apply_step(standing, event, payload);
    if (component == NULL || name == NULL)
        return;
    FaMigration *before = fa_migrations_find(standing->executed, component, name);
    if (!is_done && (!is_up || is_reversible || before != NULL))
        return;
    if (before != NULL)
        g_ptr_array_remove(standing->executed, before);
    if (!is_up)
        return;
    if (mode != NULL)
        fa_migration_mode_from_string(mode, &how);
    /* Of what is only as it was, all is as it was: which deployment made it, and the backup before. */
    if (is_done && standing->open != NULL && fa_deployment_is_undoing(standing->open) &&
        (before = fa_migrations_find(standing->open->executed, component, name)) != NULL) {
        g_ptr_array_add(standing->executed, fa_migration_copy(before));
        return;
    }
    FaMigration *migration = fa_migration_new(component, name, how, is_reversible);
    migration->is_partial = !is_done;
    migration->digest = g_strdup(fa_json_get_string(payload, "digest"));
    migration->release = g_strdup(fa_json_get_string(payload, "release"));
    migration->deployment = g_strdup(fa_json_get_string(payload, "id"));
    g_ptr_array_add(standing->executed, migration);
}

static const struct {
    FaEventKind kind;
    void (*apply)(FaStanding *standing, const FaEvent *event, JsonObject *payload);
} appliers[] = {
    {FA_EVENT_ENVIRONMENT_CREATED, apply_created},
    {FA_EVENT_ENVIRONMENT_RETIRED, apply_retired},
    {FA_EVENT_ENVIRONMENT_UP, apply_up},
    {FA_EVENT_ENVIRONMENT_DOWN, apply_down},
    {FA_EVENT_ENVIRONMENT_BROKEN, apply_broken},
    {FA_EVENT_DEPLOY_BEGUN, apply_begun},
    {FA_EVENT_DEPLOY_STEP, apply_step},
    {FA_EVENT_DEPLOY_SWITCHED, apply_switched},
    {FA_EVENT_DEPLOY_ENDED, apply_ended},
    {FA_EVENT_MIGRATION_RAN, apply_migration},
};

static FaStanding *
ensure_standing(FaRunning *running, const char *environment)
{
    FaStanding *standing = g_hash_table_lookup(running->standings, environment);
    if (standing != NULL)
        return standing;
    standing = fa_standing_new(g_strdup(environment));
    g_hash_table_insert(running->standings, standing->environment, standing);
    return standing;
}

void
fa_running_apply(FaRunning *running, const FaEvent *event)
{
    FaEventKind kind;
    running->position = event->position;
    if (!fa_event_kind_from_string(event->kind, &kind))
        return;
    for (size_t i = 0; i < G_N_ELEMENTS(appliers); i++) {
        if (appliers[i].kind != kind)
            continue;
        g_autoptr(JsonNode) node = fa_json_from_text(event->payload, -1, NULL);
        if (node != NULL && JSON_NODE_HOLDS_OBJECT(node))
            appliers[i].apply(ensure_standing(running, event->subject), event,
                              json_node_get_object(node));
        return;
    }
}
