#include "app/develop.h"
#include "base/error.h"
#include "cli/answer.h"
#include "cli/environment.h"

typedef struct Options {
    const char *branch;
    bool off;
} Options;

static const FaOption options[] = {
    FA_OPTION_TEXT(Options, branch, "branch", 'b', "BRANCH", "Another branch than trunk"),
    FA_OPTION_FLAG(Options, off, "off", 0, "Go back to the pinned revision; the checkout stays"),
    {0},
};

static bool
end(const FaInvocation *invocation, const FaContext *context, const char *component, GError **error)
{
    g_autofree char *checkout = NULL, *warning = NULL;
    if (!fa_develop_end(context, component, &checkout, &warning, error))
        return false;
    fa_warn(invocation, warning);
    if (checkout == NULL)
        fa_say(invocation, "'%s' was not worked on", component);
    else
        fa_say(invocation, "'%s' is pinned again; your checkout stays in '%s'\nnext: fassembler up",
               component, checkout);
    return true;
}

static bool
run(FaInvocation *invocation, GError **error)
{
    const Options *chosen = invocation->options;
    const char *component = invocation->arguments[0];
    if (chosen->off && chosen->branch != NULL)
        return fa_fail(error, FA_ERROR_USAGE, "'--off' and '--branch' exclude each other");

    g_autoptr(FaContext) context = fa_context_open(invocation->home, error);
    if (context == NULL || !fa_context_check(context, error))
        return false;
    if (chosen->off)
        return end(invocation, context, component, error);

    g_autofree char *checkout = NULL, *warning = NULL;
    if (!fa_develop_begin(context, component, chosen->branch, invocation->cancel, &checkout,
                          &warning, error))
        return false;
    fa_warn(invocation, warning);
    fa_say(invocation, "next: fassembler up, then edit; dev environments use it");
    return fa_answer_text(error, "%s\n", checkout);
}

static const FaExample examples[] = {
    {"fassembler develop tasktracker", "work on its trunk"},
    {"fassembler develop tasktracker --branch release/0.5", "on another branch"},
    {"fassembler develop tasktracker --off", "go back to the pinned revision"},
    {0},
};

const FaCmd fa_cmd_develop = {
    .name = "develop",
    .group = FA_GROUP_WORK,
    .summary = "Work on a component in a checkout that dev environments use",
    .usage = "COMPONENT",
    .description = "Makes a checkout of the component below the home's src/ and prints its path. "
                   "Environments whose track "
                   "is `anything` then use it instead of the pinned revision: in place, where the "
                   "recipe says so, else "
                   "built from it at each `up`. A checkout is never removed.",
    .examples = examples,
    .options = options,
    .options_size = sizeof(Options),
    .min_arguments = 1,
    .max_arguments = 1,
    .needs = FA_NEEDS_PRODUCT,
    .run = run,
    .complete = fa_environment_complete_components,
};
