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
    if (!fa_environment_find(invocation, chosen->environment, &context, &choice, error))
        return false;
    g_autofree char *path = fa_inside_path(context, &choice, invocation->arguments[0], error);
    return path != NULL && fa_answer_text(error, "%s\n", path);
}

static const FaExample examples[] = {
    {"fassembler path wordpress -e dev.openplans", "where what runs is"},
    {"fassembler path -e dev.openplans", "the folder of the environment"},
    {0},
};

const FaCmd fa_cmd_path = {
    .name = "path",
    .group = FA_GROUP_WORK,
    .summary = "Print where a component is that runs",
    .usage = "[COMPONENT]",
    .examples = examples,
    .options = options,
    .options_size = sizeof(Options),
    .max_arguments = 1,
    .needs = FA_NEEDS_PRODUCT,
    .run = run,
    .complete = fa_environment_complete_components,
};
