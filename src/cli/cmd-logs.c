#include "app/inside.h"
#include "cli/answer.h"
#include "cli/environment.h"

typedef struct Options {
    const char *environment;
    bool follow;
    unsigned lines;
} Options;

static const FaOption options[] = {
    FA_OPTION_TEXT(Options, environment, "environment", 'e', "SITE-ENV",
                   "Which environment, written dev.openplans"),
    FA_OPTION_FLAG(Options, follow, "follow", 'f', "Go on with what is written from now on"),
    FA_OPTION_UINT(Options, lines, "lines", 0, "N", "How many of the last lines (100)"),
    {0},
};

static bool
run(FaInvocation *invocation, GError **error)
{
    const Options *chosen = invocation->options;
    g_autoptr(FaContext) context = NULL;
    FaChoice choice;
    if (!fa_environment_find(invocation, chosen->environment, &context, &choice, error))
        return false;
    g_autofree char *log = fa_inside_log(context, &choice, invocation->arguments[0], error);
    if (log == NULL)
        return false;

    g_autofree char *lines = g_strdup_printf("%u", chosen->lines != 0 ? chosen->lines : 100);
    /* -F: over rotations too. */
    const char *const argv[] = {"tail", "-n", lines, chosen->follow ? "-F" : "--", log, NULL};
    return fa_inside_run(context, &choice, argv, invocation->cancel, &invocation->exit_status,
                         error);
}

static void
complete(FaCompletion *completion)
{
    const FaInvocation *invocation = fa_completion_get_invocation(completion);
    const Options *chosen = invocation->options;
    g_autoptr(FaContext) context = fa_context_open(invocation->home, NULL);
    FaChoice choice;
    if (context == NULL ||
        !fa_context_choose(context, chosen != NULL ? chosen->environment : NULL, &choice, NULL))
        return;
    g_auto(GStrv) names = fa_inside_list_logs(context, &choice);
    for (char **name = names; *name != NULL; name++)
        fa_completion_add(completion, *name, NULL);
}

static const FaExample examples[] = {
    {"fassembler logs tasktracker -e dev.openplans", "the last 100 lines"},
    {"fassembler logs -f front -e dev.openplans", "what is written from now on, too"},
    {0},
};

const FaCmd fa_cmd_logs = {
    .name = "logs",
    .group = FA_GROUP_RUN,
    .summary = "Show the log of a process",
    .usage = "PROCESS",
    .examples = examples,
    .options = options,
    .options_size = sizeof(Options),
    .min_arguments = 1,
    .max_arguments = 1,
    .needs = FA_NEEDS_PRODUCT,
    .run = run,
    .complete = complete,
};
