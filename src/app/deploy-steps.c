#include <string.h>

#include "app/deploy-private.h"
#include "app/edge.h"
#include "app/free-ports.h"
#include "app/frozen.h"
#include "app/keep.h"
#include "app/processes.h"
#include "app/setup.h"
#include "base/error.h"
#include "base/text.h"
#include "sys/clock.h"
#include "sys/fs.h"

#define WATCH_SECONDS 10

/* (transfer full) (nullable) of FaMade */
static GPtrArray *
list_made(const FaDeployWork *work, FaStore *store, GError **error)
{
    g_autoptr(GPtrArray) made = g_ptr_array_new_with_free_func((GDestroyNotify)fa_made_free);
    for (guint i = 0; i < work->plan->len; i++) {
        const FaAssembled *one = g_ptr_array_index(work->plan, i);
        FaDigest tree;
        if (!fa_store_lookup(store, &one->key, NULL, &tree)) {
            fa_fail(error, FA_ERROR_CONFLICT, "'%s' was removed by somebody else", one->name);
            return NULL;
        }
        g_autofree char *digest = fa_digest_to_string(&tree);
        g_ptr_array_add(made, fa_made_new(one->component, one->name, digest));
    }
    return g_steal_pointer(&made);
}

static bool
keep_made(const FaDeployWork *work, FaStore *store, GError **error)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    for (guint i = 0; i < work->plan->len; i++)
        g_ptr_array_add(names, ((FaAssembled *)g_ptr_array_index(work->plan, i))->name);
    g_ptr_array_add(names, NULL);
    return fa_frozen_keep_built(store, fa_deploy_work_get(work)->release,
                                (const char *const *)names->pdata, error);
}

typedef struct Built {
    const FaDeployWork *work;
    const GPtrArray *made;
} Built;

static FaDecision *
decide_built(const FaState *state, void *data)
{
    const Built *built = data;
    FaAsker asker = fa_state_asker(built->work->host);
    return fa_release_decide_built(state->releases, fa_deploy_work_get(built->work)->release,
                                   built->made, &asker);
}

/* What a release was made of the first time is what it is made of for ever. */
static bool
do_build(FaDeployWork *work, GError **error)
{
    if (!fa_deploy_need_plan(work, error))
        return false;
    g_autoptr(FaStore) store = fa_store_open(fa_context_get_home(work->host), error);
    g_autoptr(GPtrArray) made = store != NULL ? list_made(work, store, error) : NULL;
    if (made == NULL || !keep_made(work, store, error))
        return false;
    Built built = {.work = work, .made = made};
    return fa_state_decide(work->state, decide_built, &built, error) &&
           fa_deploy_admit_migrations(work, error);
}

static bool
do_render(FaDeployWork *work, char **ret_detail, GError **error)
{
    FaEditPolicy policy = FA_EDIT_ASK;
    const char *on_edit = work->options->on_edit;
    g_auto(FaComposed) composed = {0};
    if (on_edit != NULL && !fa_edit_policy_from_string(on_edit, &policy))
        return fa_fail(error, FA_ERROR_USAGE, "'%s' is no way to treat edited files", on_edit);
    if (!fa_deploy_clear_slot(work, fa_deploy_work_slot(work), error) ||
        !fa_deploy_need_environment(work, error) ||
        !fa_keep_builds(work->host, work->layout, work->plan, error) ||
        !fa_environment_compose(work->environment, work->options->assemble.sandbox, policy,
                                work->options->dialogue, &composed, error))
        return false;
    *ret_detail = g_steal_pointer(&composed.name);
    return true;
}

/* Where nothing was ever, nothing is interrupted: the first build is the current one at once. */
static bool
start_first(FaDeployWork *work, const char *build, GError **error)
{
    return fa_free_ports_require(work->context, &work->choice, fa_deploy_work_slot(work), true,
                                 error) &&
           fa_compose_switch(work->layout, build, error) &&
           fa_processes_start_supervisor(work->layout, fa_deploy_work_cancel(work), error);
}

static bool
start_beside(FaDeployWork *work, const char *build, GError **error)
{
    FaSlot slot = fa_deploy_work_slot(work);
    if (!fa_processes_is_running(work->layout, fa_deploy_work_cancel(work)) &&
        !fa_processes_start_supervisor(work->layout, fa_deploy_work_cancel(work), error))
        return false;
    g_auto(GStrv) held = fa_deploy_list_held(work, build, error);
    return held != NULL &&
           fa_slot_put_beside(work->layout, slot, build, (const char *const *)held, error) &&
           fa_processes_update(work->layout, fa_deploy_work_cancel(work), error);
}

static bool
stop_slot(FaDeployWork *work, FaSlot slot, const char *build, GError **error)
{
    g_auto(GStrv) names = fa_slot_list_processes(work->layout, build, error);
    if (names == NULL)
        return false;
    if (!fa_processes_is_running(work->layout, NULL))
        return fa_slot_clear_beside(work->layout, slot, error);
    /* What depends on others comes later in the list, and goes first. */
    for (guint i = g_strv_length(names); i > 0; i--) {
        g_autoptr(GError) failure = NULL;
        if (!fa_processes_stop(work->layout, names[i - 1], NULL, &failure) &&
            !fa_error_is(failure, FA_ERROR_NOT_FOUND)) {
            g_propagate_error(error, g_steal_pointer(&failure));
            return false;
        }
    }
    return fa_slot_clear_beside(work->layout, slot, error) &&
           fa_processes_update(work->layout, NULL, error);
}

static bool
do_start(FaDeployWork *work, GError **error)
{
    g_autofree char *build = fa_deploy_find_build(work, error);
    if (build == NULL || !fa_deploy_need_environment(work, error))
        return false;
    if (!fa_deploy_work_is_first(work))
        return start_beside(work, build, error);
    return fa_processes_is_running(work->layout, fa_deploy_work_cancel(work)) ||
           start_first(work, build, error);
}

/* Nothing was there before, and nothing is there again. */
static bool
undo_first(FaDeployWork *work, FaSlot slot, GError **error)
{
    const FaLayout *layout = work->layout;
    if (fa_processes_is_running(layout, NULL) &&
        !fa_processes_call(layout, "supervisor.shutdown", NULL, NULL, NULL, error))
        return false;
    while (fa_processes_is_running(layout, NULL))
        fa_processes_pause(NULL, NULL);
    return fa_compose_forget_current(layout, error) && fa_slot_empty(layout, slot, error);
}

/*
 * Where it has served, somebody may still be waiting for an answer. What is still kept there was not touched: the switch of
 * a rollback to it would have ended that, and so would another build that is rendered into its slot.
 */
static bool
undo_start(FaDeployWork *work, char **ret_detail, GError **error)
{
    FaSlot slot = fa_deploy_work_slot(work);
    g_autofree char *build = fa_slot_get_build(work->layout, slot);
    if (build == NULL || fa_slot_is_kept(work->layout, slot))
        return true;
    if (fa_deploy_work_is_first(work))
        return undo_first(work, slot, error);
    return (!fa_deploy_work_get(work)->was_switched ||
            fa_deploy_drain(work, slot, NULL, ret_detail, error)) &&
           stop_slot(work, slot, build, error);
}

/* (transfer full) (nullable) The processes of the new build, without those that wait for a migration. */
static char **
list_started(FaDeployWork *work, const char *build, GError **error)
{
    g_autoptr(GStrvBuilder) started = g_strv_builder_new();
    g_auto(GStrv) all = fa_slot_list_processes(work->layout, build, error);
    g_auto(GStrv) held = all != NULL ? fa_deploy_list_held(work, build, error) : NULL;
    if (held == NULL)
        return NULL;
    for (char **name = all; *name != NULL; name++) {
        if (!g_strv_contains((const char *const *)held, *name))
            g_strv_builder_add(started, *name);
    }
    return g_strv_builder_end(started);
}

/* What is set up once may need what runs already. */
static bool
do_check(FaDeployWork *work, GError **error)
{
    g_autofree char *build = fa_deploy_find_build(work, error);
    if (build == NULL || !fa_deploy_need_environment(work, error))
        return false;
    g_auto(GStrv) names = list_started(work, build, error);
    const FaDeployOptions *options = work->options;
    if (names == NULL)
        return false;
    g_autoptr(GHashTable) held = fa_deploy_held_components(work);
    return fa_processes_wait(work->layout,
                             fa_deploy_work_is_first(work) ? NULL : (const char *const *)names,
                             work->options->patience, fa_deploy_work_cancel(work), error) &&
           fa_setup(work->environment, held, options->say, options->data,
                    fa_deploy_work_cancel(work), error);
}

/* Where something waits for a migration, all of them do. */
static bool
do_smoke(FaDeployWork *work, char **ret_detail, GError **error)
{
    if (!fa_deploy_need_migrations(work, error))
        return false;
    g_autoptr(GHashTable) held = fa_deploy_held_components(work);
    if (g_hash_table_size(held) == 0)
        return fa_deploy_smoke(work, ret_detail, error);
    *ret_detail = g_strdup("after the migration");
    return true;
}

static bool
restart_component(FaDeployWork *work, const FaRecipe *recipe, FaCancel *cancel, GError **error)
{
    if (!fa_deploy_need_environment(work, error))
        return false;
    for (guint i = 0; i < recipe->processes->len; i++) {
        g_autofree char *name = fa_environment_name_process(
            work->environment, recipe, g_ptr_array_index(recipe->processes, i));
        if (!fa_processes_restart(work->layout, name, cancel, error))
            return false;
    }
    return true;
}

/*
 * Those of what outlives releases whose files are others in @after than in @before, two builds. Where one of them has none,
 * the supervisor sees to it.
 */
static bool
restart_lasting(FaDeployWork *work, const char *before, const char *after, FaCancel *cancel,
                GError **error)
{
    g_autofree char *old = g_build_filename(work->layout->builds, before, "etc", NULL);
    g_autofree char *fresh = g_build_filename(work->layout->builds, after, "etc", NULL);
    if (!fa_deploy_need_context(work, error))
        return false;
    const FaProduct *product = fa_context_get_product(work->context);
    for (guint i = 0; i < product->components->len; i++) {
        const FaRecipe *recipe = g_ptr_array_index(product->components, i);
        bool is_other;
        if (!fa_recipe_is_lasting(recipe))
            continue;
        if (!fa_carry_compare(old, fresh, recipe->name, &is_other, error) ||
            (is_other && !restart_component(work, recipe, cancel, error)))
            return false;
    }
    return true;
}

/* The processes of both slots stay in the supervisor's files throughout. */
static bool
rename_current(FaDeployWork *work, FaSlot old_slot, const char *old, FaSlot new_slot,
               const char *build, GError **error)
{
    if (*old != '\0' && !fa_slot_put_beside(work->layout, old_slot, old, NULL, error))
        return false;
    int64_t begun = fa_clock_monotonic();
    if (!fa_compose_switch(work->layout, build, error))
        return false;
    work->switched_in = fa_clock_monotonic() - begun;
    return fa_slot_clear_beside(work->layout, new_slot, error);
}

typedef struct Switched {
    const FaDeployWork *work;
    const FaSwitched *facts;
} Switched;

static FaDecision *
decide_switched(const FaState *state, void *data)
{
    const Switched *switched = data;
    FaAsker asker = fa_state_asker(switched->work->host);
    return fa_deployment_decide_switched(fa_deploy_work_get(switched->work), switched->facts,
                                         &asker);
}

static bool
record_switched(FaDeployWork *work, const FaSwitched *facts, GError **error)
{
    Switched switched = {.work = work, .facts = facts};
    return fa_state_decide(work->state, decide_switched, &switched, error);
}

static bool
do_switch(FaDeployWork *work, char **ret_detail, GError **error)
{
    const FaDeployment *deployment = fa_deploy_work_get(work);
    FaSlot slot = fa_deploy_work_slot(work);
    g_autofree char *build = fa_deploy_find_build(work, error);
    g_autofree char *before = g_strdup(deployment->expects); /* what is recorded changes it */
    bool is_standby = work->standby == FA_STANDBY_YES;
    if (build == NULL || (!is_standby && !fa_deploy_need_environment(work, error)) ||
        !rename_current(work, fa_slot_other(slot), deployment->expects, slot, build, error))
        return false;
    const FaRelease *release = fa_state_find_release(work->state, deployment->release, error);
    const FaSwitched switched = {
        .release = deployment->release,
        .from = deployment->from,
        .build = build,
        .from_build = *deployment->expects != '\0' ? deployment->expects : NULL,
        .slot = deployment->slot,
        .bits = release != NULL && release->bits != NULL ? release->bits : "",
    };
    *ret_detail = g_strdup_printf("%" G_GINT64_FORMAT " us", work->switched_in);
    /* The supervisor's own file is another now; what both slots run is the same as before. */
    return record_switched(work, &switched, error) &&
           fa_processes_update(work->layout, fa_deploy_work_cancel(work), error) &&
           (fa_deploy_work_is_first(work) ||
            restart_lasting(work, before, build, fa_deploy_work_cancel(work), error)) &&
           fa_edge_follow(work->host, fa_deploy_work_cancel(work), error);
}

static bool
undo_switch(FaDeployWork *work, GError **error)
{
    const FaDeployment *deployment = fa_deploy_work_get(work);
    FaSlot slot = fa_deploy_work_slot(work), old = fa_slot_other(slot);
    g_autofree char *build = fa_deploy_find_build(work, error);
    g_autofree char *before = g_strdup(deployment->expects);
    if (build == NULL || fa_deploy_work_is_first(work))
        return build != NULL;
    if (!rename_current(work, slot, build, old, deployment->expects, error))
        return false;
    const FaRelease *release =
        deployment->from != NULL ? fa_releases_find(work->state->releases, deployment->from) : NULL;
    const FaSwitched switched = {
        .release = deployment->from != NULL ? deployment->from : FA_RELEASE_TRUNK,
        .from = deployment->release,
        .build = deployment->expects,
        .from_build = build,
        .slot = fa_slot_to_string(old),
        .bits = release != NULL && release->bits != NULL ? release->bits : "",
    };
    return record_switched(work, &switched, error) &&
           fa_processes_update(work->layout, NULL, error) &&
           restart_lasting(work, build, before, NULL, error);
}

static bool
do_drain(FaDeployWork *work, char **ret_detail, GError **error)
{
    return fa_deploy_work_is_first(work) ||
           fa_deploy_drain(work, fa_slot_other(fa_deploy_work_slot(work)),
                           fa_deploy_work_cancel(work), ret_detail, error);
}

static bool
do_watch(FaDeployWork *work, GError **error)
{
    g_autofree char *build = fa_deploy_find_build(work, error);
    g_auto(GStrv) names = build != NULL ? fa_slot_list_processes(work->layout, build, error) : NULL;
    int64_t seconds = work->options->watch != 0 ? work->options->watch : WATCH_SECONDS;
    int64_t limit = fa_clock_monotonic() + seconds * G_USEC_PER_SEC;
    if (names == NULL)
        return false;
    for (;;) {
        if (!fa_processes_check(work->layout, (const char *const *)names,
                                fa_deploy_work_cancel(work), error))
            return false;
        bool is_back;
        if (!fa_deploy_is_taken_back(work, &is_back, error))
            return false;
        if (is_back || fa_clock_monotonic() >= limit)
            return true;
        if (!fa_processes_pause(fa_deploy_work_cancel(work), error))
            return false;
    }
}

static bool
do_stop(FaDeployWork *work, char **ret_detail, GError **error)
{
    const FaDeployment *deployment = fa_deploy_work_get(work);
    FaSlot old = fa_slot_other(fa_deploy_work_slot(work));
    bool is_kept;
    if (fa_deploy_work_is_first(work))
        return true;
    if (!fa_deploy_keep_old(work, old, &is_kept, ret_detail, error))
        return false;
    return (is_kept || (stop_slot(work, old, deployment->expects, error) &&
                        fa_slot_empty(work->layout, old, error))) &&
           fa_keep_drop_old(work->host, work->layout, error);
}

bool
fa_deploy_do(FaDeployWork *work, FaDeployStep step, char **ret_detail, GError **error)
{
    bool is_done;
    *ret_detail = NULL;
    if (!fa_deploy_do_standby(work, step, &is_done, ret_detail, error))
        return false;
    if (is_done)
        return true;
    switch (step) {
    case FA_DEPLOY_STEP_LOCK:
        return true;
    case FA_DEPLOY_STEP_BUILD:
        return do_build(work, error);
    case FA_DEPLOY_STEP_RENDER:
        return do_render(work, ret_detail, error);
    case FA_DEPLOY_STEP_START:
        return do_start(work, error);
    case FA_DEPLOY_STEP_CHECK:
        return do_check(work, error);
    case FA_DEPLOY_STEP_SMOKE:
        return do_smoke(work, ret_detail, error);
    case FA_DEPLOY_STEP_SWITCH:
        return do_switch(work, ret_detail, error);
    case FA_DEPLOY_STEP_DRAIN:
        return do_drain(work, ret_detail, error);
    case FA_DEPLOY_STEP_WATCH:
        fa_deploy_work_say(work, "watching");
        return do_watch(work, error);
    case FA_DEPLOY_STEP_STOP:
        return do_stop(work, ret_detail, error);
    case FA_DEPLOY_STEP_BACKUP:
        return fa_deploy_backup(work, ret_detail, error);
    case FA_DEPLOY_STEP_MIGRATE_ONLINE:
        return fa_deploy_migrate(work, FA_MIGRATION_BEFORE, ret_detail, error);
    case FA_DEPLOY_STEP_MAINTENANCE_ON:
        return fa_deploy_close(work, fa_deploy_work_cancel(work), ret_detail, error);
    case FA_DEPLOY_STEP_MIGRATE_OFFLINE:
        return fa_deploy_migrate_closed(work, ret_detail, error);
    case FA_DEPLOY_STEP_MAINTENANCE_OFF:
        return fa_deploy_open(work, ret_detail, error);
    case FA_DEPLOY_STEP_MIGRATE_BACK:
        return fa_deploy_migrate(work, FA_MIGRATION_AFTER, ret_detail, error);
    }
    g_assert_not_reached();
}

/* Last, since what undoes a migration is told where the files of the slot are. */
static bool
undo_render(FaDeployWork *work, GError **error)
{
    FaSlot slot = fa_deploy_work_slot(work);
    return fa_slot_is_kept(work->layout, slot) || fa_slot_empty(work->layout, slot, error);
}

bool
fa_deploy_undo(FaDeployWork *work, FaDeployStep step, char **ret_detail, GError **error)
{
    *ret_detail = NULL;
    switch (step) {
    case FA_DEPLOY_STEP_RENDER:
        return undo_render(work, error);
    case FA_DEPLOY_STEP_START:
        return undo_start(work, ret_detail, error);
    case FA_DEPLOY_STEP_SWITCH:
        return undo_switch(work, error);
    case FA_DEPLOY_STEP_MIGRATE_ONLINE:
        return fa_deploy_migrate_undo(work, FA_MIGRATION_BEFORE, ret_detail, error);
    case FA_DEPLOY_STEP_MAINTENANCE_ON:
        return fa_deploy_open(work, ret_detail, error);
    case FA_DEPLOY_STEP_MIGRATE_OFFLINE:
        return fa_deploy_migrate_closed_undo(work, ret_detail, error);
    case FA_DEPLOY_STEP_MAINTENANCE_OFF:
        return fa_deploy_close(work, NULL, ret_detail, error);
    case FA_DEPLOY_STEP_LOCK:
    case FA_DEPLOY_STEP_BUILD:
    case FA_DEPLOY_STEP_BACKUP:
    case FA_DEPLOY_STEP_CHECK:
    case FA_DEPLOY_STEP_SMOKE:
    case FA_DEPLOY_STEP_DRAIN:
    case FA_DEPLOY_STEP_WATCH:
    case FA_DEPLOY_STEP_STOP:
    case FA_DEPLOY_STEP_MIGRATE_BACK:
        return true;
    }
    g_assert_not_reached();
}
