#include "app/deploy.h"

#include <string.h>
#include <unistd.h>

#include "app/board.h"
#include "app/deploy-private.h"
#include "app/names.h"
#include "base/error.h"
#include "sys/clock.h"
#include "sys/user.h"

#define LIFETIME (60 * 60) /* seconds that a deployment says it takes at most */

void
fa_deployed_clear(FaDeployed *deployed)
{
    g_clear_pointer(&deployed->id, g_free);
    g_clear_pointer(&deployed->release, g_free);
    g_clear_pointer(&deployed->from, g_free);
    g_clear_pointer(&deployed->build, g_free);
    g_clear_pointer(&deployed->url, g_free);
    g_clear_pointer(&deployed->reason, g_free);
}

void
fa_deploy_plan_clear(FaDeployPlan *plan)
{
    g_clear_pointer(&plan->release, g_free);
    g_clear_pointer(&plan->from, g_free);
    g_clear_pointer(&plan->build_now, g_free);
    g_clear_pointer(&plan->slot, g_free);
    g_clear_pointer(&plan->id, g_free);
    g_clear_pointer(&plan->reasons, g_ptr_array_unref);
    g_clear_pointer(&plan->to_do, g_ptr_array_unref);
    g_clear_pointer(&plan->notes, fa_notes_found_free);
    g_clear_pointer(&plan->migrations, json_object_unref);
}

/* What belongs to one release. */
static void
work_forget(FaDeployWork *work)
{
    fa_deploy_forget_migrations(work);
    g_clear_pointer(&work->environment, fa_environment_free);
    g_clear_pointer(&work->plan, g_ptr_array_unref);
    g_clear_pointer(&work->context, fa_context_free);
    work->switched_in = work->offline_us = work->offline_requests = -1;
    work->standby = FA_STANDBY_UNKNOWN;
}

static void
work_clear(FaDeployWork *work)
{
    work_forget(work);
    g_clear_pointer(&work->lock, fa_lock_release);
    g_clear_pointer(&work->layout, fa_layout_free);
    g_clear_pointer(&work->state, fa_state_free);
    g_free(work->name);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(FaDeployWork, work_clear)

static bool
begin_work(FaDeployWork *work, FaContext *context, const FaChoice *choice,
           const FaDeployOptions *options, GError **error)
{
    work->host = context;
    work->host_choice = *choice;
    work->options = options;
    work->switched_in = work->offline_us = work->offline_requests = -1;
    work->name = fa_names_choice(choice);
    work->layout = fa_names_layout(context, choice, error);
    work->state = work->layout != NULL ? fa_state_open(context, error) : NULL;
    return work->state != NULL;
}

/* Whoever deploys holds it: when it is free and a deployment is open, whoever began that is gone. */
bool
fa_deploy_take_lock(FaDeployWork *work, GError **error)
{
    g_autofree char *path = g_build_filename(work->layout->directory, ".deploy", NULL);
    g_autofree char *what = g_strdup_printf("deploying to %s", work->name);
    if (!fa_layout_make(work->layout, error))
        return false;
    work->lock = fa_lock_take(path, FA_LOCK_EXCLUSIVE, what, 0, NULL, NULL,
                              work->options->assemble.cancel, error);
    return work->lock != NULL;
}

/* (transfer full) (nullable) The release that ran there before the one that runs. */
static char *
find_before(const FaDeployWork *work, GError **error)
{
    g_autoptr(FaHistory) history = fa_board_read_history(work->state, work->name, error);
    if (history == NULL)
        return NULL;
    const FaHistoryRow *row = fa_history_find_target(history, NULL);
    if (row != NULL)
        return g_strdup(row->release);
    fa_fail(error, FA_ERROR_NOT_FOUND,
            "no other release ever ran at %s\nhelp: 'fassembler history %s' shows what did",
            work->name, work->name);
    return NULL;
}

static char *
find_release(const FaDeployWork *work, GError **error)
{
    if (work->options->release == NULL)
        return find_before(work, error);
    const FaRelease *release = fa_state_find_release(work->state, work->options->release, error);
    return release != NULL ? g_strdup(release->label) : NULL;
}

/* Before anything is made for it. */
static bool
know_release(const FaDeployWork *work, GError **error)
{
    g_autofree char *release = find_release(work, error);
    return release != NULL;
}

/* (transfer full) of FaReason */
static GPtrArray *
check_track(const FaDeployWork *work, const FaRelease *release, GError **error)
{
    const FaStanding *standing = fa_running_find(work->state->running, work->name);
    g_autofree char *live = fa_track_live_of(work->name);
    const FaStanding *live_standing =
        live != NULL ? fa_running_find(work->state->running, live) : NULL;
    const FaRelease *running = standing != NULL && standing->release != NULL
                                   ? fa_releases_find(work->state->releases, standing->release)
                                   : NULL;
    g_autoptr(GPtrArray) lost = NULL;
    g_autoptr(GPtrArray) unknown = NULL;
    bool loses = fa_track_is_live(work->name) && work->options->kind == FA_DEPLOY_DEPLOY;
    if (loses && running != NULL &&
        !fa_deploy_find_lost(work->host, running, release, work->options->lost,
                             work->options->assemble.cancel, &lost, &unknown, error))
        return NULL;
    const FaTrackFacts facts = {
        .environment = work->name,
        .track = work->host_choice.environment->track,
        .kind = work->options->kind,
        .release = release->label,
        .live = live_standing != NULL ? live_standing->release : NULL,
        .lost = lost,
        .unknown = unknown,
    };
    return fa_track_check(work->state->releases, &facts);
}

static void
add_migrations(FaKeyHasher *hasher, const FaMigrationPlan *migrations)
{
    for (guint i = 0; migrations != NULL && i < migrations->steps->len; i++) {
        const FaMigrationStep *step = g_ptr_array_index(migrations->steps, i);
        fa_key_hasher_add(hasher, "phase", fa_migration_phase_to_string(step->phase));
        fa_key_hasher_add(hasher,
                          step->is_restore ? "restore"
                          : step->is_down  ? "down"
                                           : "up",
                          step->migration->component);
        fa_key_hasher_add(hasher, "migration", step->migration->name);
    }
}

static bool
make_plan(const FaDeployWork *work, FaDeployPlan *plan, GError **error)
{
    const FaStanding *standing = fa_running_find(work->state->running, work->name);
    g_autofree char *build = NULL;
    if (!fa_layout_get_current(work->layout, &build, error))
        return false;
    plan->release = find_release(work, error);
    const FaRelease *release =
        plan->release != NULL ? fa_state_find_release(work->state, plan->release, error) : NULL;
    if (release == NULL)
        return false;
    FaSlot slot = build != NULL ? fa_slot_other(fa_slot_of_build(work->layout, build)) : FA_SLOT_A;
    plan->from = g_strdup(standing != NULL ? standing->release : NULL);
    plan->build_now = g_strdup(build);
    plan->slot = g_strdup(fa_slot_to_string(slot));

    plan->reasons = check_track(work, release, error);
    g_autoptr(FaMigrationPlan) migrations = NULL;
    if (plan->reasons == NULL || !fa_deploy_plan_migrations(work, plan, &migrations, error))
        return false;

    g_autoptr(FaKeyHasher) hasher = fa_key_hasher_new("deployment");
    FaDigest digest;
    fa_key_hasher_add(hasher, "environment", work->name);
    fa_key_hasher_add(hasher, "release", release->digest);
    fa_key_hasher_add(hasher, "settings", release->settings);
    fa_key_hasher_add(hasher, "build", build != NULL ? build : "");
    add_migrations(hasher, migrations);
    fa_key_hasher_finish(hasher, &digest);
    plan->id = fa_digest_to_string(&digest);
    return fa_deploy_find_notes(work, release, plan, error);
}

bool
fa_deploy_plan(FaContext *context, const FaChoice *choice, const FaDeployOptions *options,
               FaDeployPlan *ret_plan, GError **error)
{
    g_auto(FaDeployWork) work = {0};
    g_auto(FaDeployPlan) plan = {0};
    if (!begin_work(&work, context, choice, options, error) || !make_plan(&work, &plan, error))
        return false;
    *ret_plan = plan;
    plan = (FaDeployPlan){0};
    return true;
}

typedef struct Begin {
    const FaDeployWork *work;
    const FaDeployPlan *plan;
} Begin;

static FaDecision *
decide_begin(const FaState *state, void *data)
{
    const Begin *facts = data;
    const FaDeployWork *work = facts->work;
    FaAsker asker = fa_state_asker(work->host);
    g_autofree char *id = g_strdup_printf("d%" G_GUINT64_FORMAT, state->head.position + 1);
    const FaDeployBegin begin = {
        .environment = work->name,
        .id = id,
        .kind = work->options->kind,
        .release = facts->plan->release,
        .expects = facts->plan->build_now != NULL ? facts->plan->build_now : "",
        .slot = facts->plan->slot,
        .plan = facts->plan->id,
        .why = work->options->why,
        .host = g_get_host_name(),
        .pid = getpid(),
        .lifetime = LIFETIME,
        .answers = work->options->migrations,
    };
    return fa_running_decide_begin(state->running, &begin, &asker);
}

/* Who appended something else meanwhile does not matter; who deployed here does, and then it is refused. */
static bool
begin(FaDeployWork *work, const FaDeployPlan *plan, GError **error)
{
    Begin facts = {.work = work, .plan = plan};
    return fa_state_decide(work->state, decide_begin, &facts, error);
}

/* What to write down next. */
typedef struct Record {
    const FaDeployWork *work;
    bool is_end;
    FaDeployStep step;
    FaDeployState state;
    const char *detail;
    int64_t took;
} Record;

static FaDecision *
decide_record(const FaState *state, void *data)
{
    const Record *record = data;
    FaAsker asker = fa_state_asker(record->work->host);
    const FaDeployment *deployment = fa_deploy_work_get(record->work);
    if (record->is_end)
        return fa_deployment_decide_end(deployment, NULL, &asker);
    /* It was taken back meanwhile, and how this step went is nobody's concern any more. */
    if (fa_deployment_is_undoing(deployment) && record->state != FA_DEPLOY_STATE_UNDONE)
        return fa_decision_new();
    return fa_deployment_decide_step(deployment, record->step, record->state, record->detail,
                                     record->took / 1000, &asker);
}

static bool
record_step(FaDeployWork *work, FaDeployStep step, FaDeployState state, const char *detail,
            int64_t took, GError **error)
{
    Record record = {.work = work, .step = step, .state = state, .detail = detail, .took = took};
    return fa_state_decide(work->state, decide_record, &record, error);
}

static bool
record_end(FaDeployWork *work, GError **error)
{
    Record record = {.work = work, .is_end = true};
    return fa_state_decide(work->state, decide_record, &record, error);
}

static void
tell_step(const FaDeployWork *work, FaDeployStep step, bool is_undone)
{
    if (work->options->step != NULL)
        work->options->step(fa_deploy_step_to_string(step), is_undone, work->options->data);
}

static void
tell_done(const FaDeployWork *work, FaDeployStep step, bool is_undone, int64_t took,
          const GError *failure)
{
    if (work->options->done != NULL)
        work->options->done(fa_deploy_step_to_string(step), is_undone, took, failure,
                            work->options->data);
}

/* A step that fails is an answer; what cannot be written down is an error. */
static bool
do_step(FaDeployWork *work, FaDeployStep step, GError **error)
{
    g_autoptr(GError) failure = NULL;
    g_autofree char *detail = NULL;
    int64_t begun = fa_clock_monotonic();
    bool is_begun = fa_deploy_work_get(work)->states[step] == FA_DEPLOY_STATE_BEGUN ||
                    record_step(work, step, FA_DEPLOY_STATE_BEGUN, NULL, 0, error);
    if (!is_begun)
        return false;
    if (fa_deployment_is_undoing(fa_deploy_work_get(work)))
        return true;
    tell_step(work, step, false);
    bool is_done = fa_deploy_do(work, step, &detail, &failure);
    int64_t took = fa_clock_monotonic() - begun;
    tell_done(work, step, false, took, failure);
    return record_step(work, step, is_done ? FA_DEPLOY_STATE_DONE : FA_DEPLOY_STATE_FAILED,
                       is_done ? detail : failure->message, took, error);
}

/* What cannot be undone stays open, to be tried again. */
static bool
undo_step(FaDeployWork *work, FaDeployStep step, GError **error)
{
    g_autofree char *detail = NULL;
    int64_t begun = fa_clock_monotonic();
    tell_step(work, step, true);
    if (!fa_deploy_undo(work, step, &detail, error)) {
        g_prefix_error(error, "cannot undo '%s': ", fa_deploy_step_to_string(step));
        return false;
    }
    int64_t took = fa_clock_monotonic() - begun;
    tell_done(work, step, true, took, NULL);
    return record_step(work, step, FA_DEPLOY_STATE_UNDONE, detail, took, error);
}

char *
fa_deploy_work_url(const FaDeployWork *work)
{
    const FaProduct *product = fa_context_get_product(work->host);
    char *url = fa_product_get_url(product, work->host_choice.site, work->host_choice.environment);
    return url != NULL ? url
                       : fa_names_slot_url(&work->host_choice, fa_slot_get_current(work->layout));
}

static void
keep_end(const FaDeployWork *work, FaDeployOutcome outcome, FaDeployed *deployed)
{
    const FaDeployment *deployment = fa_deploy_work_get(work);
    deployed->id = g_strdup(deployment->id);
    deployed->release = g_strdup(deployment->release);
    deployed->from = g_strdup(deployment->from);
    deployed->reason = g_strdup(deployment->reason);
    deployed->outcome = outcome;
    deployed->switched_in = work->switched_in;
    deployed->offline_us = work->offline_us;
    deployed->offline_requests = work->offline_requests;
    deployed->url = fa_deploy_work_url(work);
}

bool
fa_deploy_drive(FaDeployWork *work, FaDeployed *deployed, GError **error)
{
    for (;;) {
        FaDeployNext next = fa_deployment_next(fa_deploy_work_get(work));
        switch (next.act) {
        case FA_DEPLOY_ACT_STEP:
            if (!do_step(work, next.step, error))
                return false;
            break;
        case FA_DEPLOY_ACT_UNDO:
            if (!undo_step(work, next.step, error))
                return false;
            break;
        case FA_DEPLOY_ACT_END:
            keep_end(work, next.outcome, deployed);
            return fa_deploy_rearm_keeper(work, error) && record_end(work, error) &&
                   fa_layout_get_current(work->layout, &deployed->build, error);
        case FA_DEPLOY_ACT_NONE:
            return true;
        }
    }
}

static bool
check_plan_id(const FaDeployPlan *plan, const char *wanted, GError **error)
{
    return wanted == NULL || strcmp(plan->id, wanted) == 0 ||
           fa_fail(error, FA_ERROR_CONFLICT,
                   "the plan is another by now\nhelp: look at it again: --dry-run");
}

static bool
deploy(FaDeployWork *work, const char *plan_id, FaDeployed *deployed, GError **error)
{
    g_auto(FaDeployPlan) plan = {0};
    if (!fa_deploy_take_lock(work, error) || !fa_state_catch_up(work->state, error))
        return false;
    /* What somebody who is gone left half done is brought to its end first. */
    if (fa_deploy_work_get(work) != NULL) {
        g_auto(FaDeployed) before = {0};
        if (!fa_deploy_drive(work, &before, error))
            return g_prefix_error(error, "an earlier deployment cannot be finished: "), false;
        work_forget(work);
    }
    return make_plan(work, &plan, error) && check_plan_id(&plan, plan_id, error) &&
           fa_state_check(plan.reasons, error) && fa_deploy_carry_out_notes(work, &plan, error) &&
           begin(work, &plan, error) && fa_deploy_drive(work, deployed, error);
}

bool
fa_deploy(FaContext *context, const FaChoice *choice, const FaDeployOptions *options,
          const char *plan_id, FaDeployed *ret_deployed, GError **error)
{
    g_auto(FaDeployWork) work = {0};
    g_auto(FaDeployed) deployed = {0};
    bool is_back;
    if (!begin_work(&work, context, choice, options, error) ||
        !fa_deploy_take_back(&work, &deployed, &is_back, error))
        return false;
    if (!is_back && (!know_release(&work, error) || !deploy(&work, plan_id, &deployed, error)))
        return false;
    *ret_deployed = deployed;
    deployed = (FaDeployed){0};
    return true;
}

/* It fails at the step that is next, so that all is undone. */
static bool
give_up_open(FaDeployWork *work, GError **error)
{
    FaAsker asker = fa_state_asker(work->host);
    g_autoptr(FaDecision) decision = fa_deployment_decide_give_up(fa_deploy_work_get(work), &asker);
    return fa_state_commit(work->state, decision, error);
}

bool
fa_deploy_resume(FaContext *context, const FaChoice *choice, const FaDeployOptions *options,
                 bool give_up, FaDeployed *ret_deployed, GError **error)
{
    g_auto(FaDeployWork) work = {0};
    g_auto(FaDeployed) deployed = {0};
    if (!begin_work(&work, context, choice, options, error) || !fa_deploy_take_lock(&work, error))
        return false;
    if (fa_deploy_work_get(&work) == NULL)
        return fa_fail(error, FA_ERROR_NOT_FOUND,
                       "no deployment to %s was left half done\nhelp: 'fassembler history %s' says "
                       "how the last one ended",
                       work.name, work.name);
    /* What is being undone already is undone further. */
    bool is_undoing = fa_deployment_is_undoing(fa_deploy_work_get(&work));
    if ((give_up && !is_undoing && !give_up_open(&work, error)) ||
        !fa_deploy_drive(&work, &deployed, error))
        return false;
    *ret_deployed = deployed;
    deployed = (FaDeployed){0};
    return true;
}
