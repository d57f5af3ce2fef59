#include "app/inside.h"
#include "cli/answer.h"
#include "cli/environment.h"

typedef struct Options {
    const char *environment;
} Options;

static const FaOption options[] = {
    FA_OPTION_TEXT(Options, environment, "environment", 'e', "SITE-ENV",
                   "Which environment, written dev.openplans"),
    {0},
};

static bool
run(FaInvocation *invocation, GError **error)
{
    const Options *chosen = invocation->options;
    g_autoptr(FaContext) context = NULL;
    FaChoice choice;
    return fa_environment_find(invocation, chosen->environment, &context, &choice, error) &&
           fa_inside_run(context, &choice, (const char *const *)invocation->arguments,
                         invocation->cancel, &invocation->exit_status, error);
}

static const FaExample examples[] = {
    {"fassembler run -e dev.openplans supervisorctl status", "a program of its bin/"},
    {"fassembler run -e dev.openplans ls var/log", "any other, in its folder"},
    {0},
};

const FaCmd fa_cmd_run = {
    .name = "run",
    .group = FA_GROUP_WORK,
    .summary = "Run a command in an environment",
    .usage = "COMMAND...",
    .description = "In its folder, with its bin/ first in PATH and etc, var, run and log in the "
                   "environment. The exit "
                   "status is the command's.",
    .examples = examples,
    .options = options,
    .options_size = sizeof(Options),
    .min_arguments = 1,
    .max_arguments = FA_ARGUMENTS_ANY,
    .needs = FA_NEEDS_PRODUCT,
    .traits = FA_CMD_TAKES_REST,
    .run = run,
};
