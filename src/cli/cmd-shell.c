#include "app/inside.h"
#include "cli/answer.h"
#include "cli/environment.h"

static bool
run(FaInvocation *invocation, GError **error)
{
    const char *shell = g_getenv("SHELL");
    const char *const argv[] = {shell != NULL && *shell == '/' ? shell : "/bin/sh", NULL};
    g_autoptr(FaContext) context = NULL;
    FaChoice choice;
    if (!fa_environment_find(invocation, invocation->arguments[0], &context, &choice, error))
        return false;
    fa_say(invocation, "a shell in %s.%s; 'exit' leaves it", choice.environment->name,
           choice.site->name);
    return fa_inside_run(context, &choice, argv, invocation->cancel, &invocation->exit_status,
                         error);
}

static const FaExample examples[] = {
    {"fassembler shell dev.openplans", "look around"},
    {0},
};

const FaCmd fa_cmd_shell = {
    .name = "shell",
    .group = FA_GROUP_WORK,
    .summary = "Open a shell in an environment",
    .usage = "[SITE-ENV]",
    .description = "In its folder, with its bin/ first in PATH and etc, var, run and log in the "
                   "environment. The exit "
                   "status is the shell's.",
    .examples = examples,
    .max_arguments = 1,
    .needs = FA_NEEDS_PRODUCT,
    .run = run,
    .complete = fa_environment_complete,
};
