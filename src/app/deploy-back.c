#include <string.h>

#include "app/deploy-private.h"
#include "app/processes.h"
#include "base/error.h"
#include "sys/clock.h"

bool
fa_deploy_is_taken_back(FaDeployWork *work, bool *ret_is_back, GError **error)
{
    if (!fa_state_catch_up(work->state, error))
        return false;
    *ret_is_back = fa_deployment_is_undoing(fa_deploy_work_get(work));
    return true;
}

bool
fa_deploy_drain(FaDeployWork *work, FaSlot slot, FaCancel *cancel, char **ret_detail,
                GError **error)
{
    bool was_undoing = fa_deployment_is_undoing(fa_deploy_work_get(work)), is_undoing, is_over;
    int64_t begun = fa_clock_monotonic();
    for (;;) {
        if (!fa_deploy_look_drained(work, slot, begun, &is_over, ret_detail, error))
            return false;
        if (is_over)
            return true;
        if (!fa_processes_pause(cancel, error) ||
            !fa_deploy_is_taken_back(work, &is_undoing, error))
            return false;
        if (is_undoing && !was_undoing)
            return true;
    }
}

typedef struct TakeBack {
    const FaDeployWork *work;
    const char *id;
} TakeBack;

static const FaDeployment *
find_open(const FaDeployWork *work, const char *id)
{
    const FaDeployment *open = fa_deploy_work_get(work);
    return open != NULL && strcmp(open->id, id) == 0 ? open : NULL;
}

static FaDecision *
decide_take_back(const FaState *state, void *data)
{
    const TakeBack *wanted = data;
    const FaDeployment *open = find_open(wanted->work, wanted->id);
    FaAsker asker = fa_state_asker(wanted->work->host);
    if (open == NULL || fa_deployment_is_undoing(open))
        return fa_decision_new();
    return fa_deployment_decide_take_back(open, wanted->work->options->why, &asker);
}

/* Whoever watches it sees that in the ledger, and undoes it; if nobody does, we do. */
static bool
wait_for_end(FaDeployWork *work, const char *id, FaDeployed *deployed, GError **error)
{
    while (find_open(work, id) != NULL) {
        g_autoptr(GError) failure = NULL;
        if (fa_deploy_take_lock(work, &failure))
            return fa_state_catch_up(work->state, error) &&
                   (find_open(work, id) == NULL || fa_deploy_drive(work, deployed, error));
        if (!fa_error_is(failure, FA_ERROR_CONFLICT)) {
            g_propagate_error(error, g_steal_pointer(&failure));
            return false;
        }
        if (!fa_processes_pause(work->options->assemble.cancel, error) ||
            !fa_state_catch_up(work->state, error))
            return false;
    }
    return true;
}

bool
fa_deploy_take_back(FaDeployWork *work, FaDeployed *deployed, bool *ret_is_back, GError **error)
{
    const FaDeployment *open = fa_deploy_work_get(work);
    const char *to = work->options->release;
    *ret_is_back = false;
    if (work->options->kind != FA_DEPLOY_ROLLBACK || open == NULL || open->from == NULL ||
        !fa_deployment_can_take_back(open) || (to != NULL && strcmp(to, open->from) != 0))
        return true;
    g_autofree char *id = g_strdup(open->id);
    g_autofree char *release = g_strdup(open->release);
    g_autofree char *from = g_strdup(open->from);
    TakeBack wanted = {.work = work, .id = id};
    if (!fa_state_decide(work->state, decide_take_back, &wanted, error))
        return false;
    if (!wait_for_end(work, id, deployed, error))
        return false;
    const FaStanding *standing = fa_running_find(work->state->running, work->name);
    if (g_strcmp0(standing->last.id, id) != 0 ||
        standing->last.outcome != FA_DEPLOY_OUTCOME_ROLLED_BACK)
        return fa_fail(error, FA_ERROR_CONFLICT, "'%s' was not taken back: somebody else was first",
                       release);
    fa_deployed_clear(deployed);
    *deployed = (FaDeployed){.id = g_steal_pointer(&id),
                             .release = g_steal_pointer(&from),
                             .from = g_steal_pointer(&release),
                             .outcome = FA_DEPLOY_OUTCOME_DONE,
                             .switched_in = -1,
                             .url = fa_deploy_work_url(work)};
    *ret_is_back = true;
    return fa_layout_get_current(work->layout, &deployed->build, error);
}
