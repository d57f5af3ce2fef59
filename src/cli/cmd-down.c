#include "app/up.h"
#include "cli/answer.h"
#include "cli/environment.h"

static bool
run(FaInvocation *invocation, GError **error)
{
    g_autoptr(FaContext) context = NULL;
    FaChoice choice;
    bool was_up = false;
    g_autofree char *warning = NULL;
    if (!fa_environment_find(invocation, invocation->arguments[0], &context, &choice, error) ||
        !fa_down(context, &choice, invocation->cancel, &was_up, &warning, error))
        return false;
    fa_warn(invocation, warning);
    fa_say(invocation, "%s.%s %s", choice.environment->name, choice.site->name,
           was_up ? "is down" : "was not up");
    return true;
}

static const FaExample examples[] = {
    {"fassembler down dev.openplans", "stop its processes and their supervisor"},
    {0},
};

const FaCmd fa_cmd_down = {
    .name = "down",
    .group = FA_GROUP_RUN,
    .summary = "Stop an environment",
    .usage = "[SITE-ENV]",
    .examples = examples,
    .max_arguments = 1,
    .needs = FA_NEEDS_PRODUCT,
    .run = run,
    .complete = fa_environment_complete,
};
