#include "app/new.h"
#include "cli/answer.h"
#include "cli/complete.h"

typedef struct Options {
    const char *example;
} Options;

static void
complete_example(FaCompletion *completion)
{
    g_auto(GStrv) names = fa_new_list_examples(NULL);
    for (char **name = names; name != NULL && *name != NULL; name++)
        fa_completion_add(completion, *name, NULL);
}

static const FaOption options[] = {
    {FA_OPTION_(Options, example, FA_OPTION_KIND_TEXT, "example", 0, "NAME",
                "Which example to begin with (minimal)"),
     .complete = complete_example},
    {0},
};

static bool
run(FaInvocation *invocation, GError **error)
{
    const Options *chosen = invocation->options;
    const char *directory = invocation->arguments[0];
    const char *example = chosen->example != NULL ? chosen->example : "minimal";

    if (!fa_new_product(directory, example, invocation->cancel, error))
        return false;
    /* Where nothing says otherwise it is built beside the product, which anybody may. */
    bool has_home = invocation->home != NULL || g_getenv("FASSEMBLER_HOME") != NULL;
    fa_say(invocation, "made '%s' from example '%s'\nnext: cd %s && %sfassembler check", directory,
           example, directory, has_home ? "" : "mkdir home && ");
    return true;
}

static void
complete(FaCompletion *completion)
{
    fa_completion_add_files(completion);
}

static const FaExample examples[] = {
    {"fassembler new site", "a product with one component, to begin with"},
    {"fassembler new demo --example openplans",
     "a wiki, a blog and a task tracker behind one front"},
    {0},
};

const FaCmd fa_cmd_new = {
    .name = "new",
    .group = FA_GROUP_START,
    .summary = "Make a product folder from an example",
    .usage = "DIR",
    .examples = examples,
    .options = options,
    .options_size = sizeof(Options),
    .min_arguments = 1,
    .max_arguments = 1,
    .run = run,
    .complete = complete,
};
