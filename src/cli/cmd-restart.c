#include <string.h>

#include "app/up.h"
#include "base/error.h"
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
    const char *const *names = (const char *const *)invocation->arguments;
    const char *const none[] = {NULL};
    g_autoptr(FaContext) context = NULL;
    FaChoice choice;

    if (names[0] == NULL)
        return fa_fail(error, FA_ERROR_USAGE, "which process?\nhelp: name some, or 'all'");
    if (strcmp(names[0], "all") == 0)
        names = none;
    if (!fa_environment_find(invocation, chosen->environment, &context, &choice, error) ||
        !fa_restart(context, &choice, names, invocation->cancel, error))
        return false;
    fa_say(invocation, "restarted %s", names[0] != NULL ? names[0] : "all");
    return true;
}

static const FaExample examples[] = {
    {"fassembler restart tasktracker -e dev.openplans", "stop one process and start it again"},
    {"fassembler restart all -e dev.openplans", "every one"},
    {0},
};

const FaCmd fa_cmd_restart = {
    .name = "restart",
    .group = FA_GROUP_RUN,
    .summary = "Restart processes of an environment",
    .usage = "PROCESS...|all",
    .examples = examples,
    .options = options,
    .options_size = sizeof(Options),
    .max_arguments = FA_ARGUMENTS_ANY,
    .needs = FA_NEEDS_PRODUCT,
    .run = run,
};
