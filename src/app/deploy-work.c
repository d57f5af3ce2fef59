#include "app/deploy-private.h"
#include "app/frozen.h"
#include "base/error.h"

const FaDeployment *
fa_deploy_work_get(const FaDeployWork *work)
{
    const FaStanding *standing = fa_running_find(work->state->running, work->name);
    return standing != NULL ? standing->open : NULL;
}

FaSlot
fa_deploy_work_slot(const FaDeployWork *work)
{
    FaSlot slot = FA_SLOT_A;
    fa_slot_from_string(fa_deploy_work_get(work)->slot, &slot);
    return slot;
}

FaCancel *
fa_deploy_work_cancel(const FaDeployWork *work)
{
    return work->options->assemble.cancel;
}

void
fa_deploy_work_say(const FaDeployWork *work, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    if (work->options->say != NULL)
        work->options->say(text, work->options->data);
}

bool
fa_deploy_need_context(FaDeployWork *work, GError **error)
{
    if (work->context != NULL)
        return true;
    const FaRelease *release =
        fa_state_find_release(work->state, fa_deploy_work_get(work)->release, error);
    if (release == NULL)
        return false;
    work->context = fa_frozen_open(work->host, release->label, release->settings, error);
    return work->context != NULL &&
           fa_context_choose(work->context, work->name, &work->choice, error);
}

/* Of a release that was built all is in the store, and this only finds it. */
bool
fa_deploy_need_plan(FaDeployWork *work, GError **error)
{
    if (work->plan != NULL)
        return true;
    return fa_deploy_need_context(work, error) &&
           fa_assemble(work->context, &work->choice, &work->options->assemble, &work->plan, error);
}

bool
fa_deploy_need_environment(FaDeployWork *work, GError **error)
{
    if (work->environment != NULL)
        return true;
    if (!fa_deploy_need_plan(work, error))
        return false;
    FaSlot slot = fa_deploy_work_slot(work);
    const FaInstance instance = {.slot = &slot, .plan = work->plan};
    work->environment = fa_environment_open(work->context, &work->choice,
                                            work->options->assemble.assignments, &instance, error);
    return work->environment != NULL;
}

bool
fa_deploy_work_is_first(const FaDeployWork *work)
{
    return *fa_deploy_work_get(work)->expects == '\0';
}

char *
fa_deploy_find_build(const FaDeployWork *work, GError **error)
{
    char *build = fa_slot_get_build(work->layout, fa_deploy_work_slot(work));
    if (build == NULL)
        fa_fail(error, FA_ERROR_FAILED, "there is no build in slot %s of %s",
                fa_deploy_work_get(work)->slot, work->name);
    return build;
}
