#include "cli/release-text.h"

typedef struct Options {
    const char *why;
} Options;

static const FaOption options[] = {
    FA_OPTION_TEXT(Options, why, "why", 0, "TEXT", "What is wrong with it"),
    {0},
};

static bool
run(FaInvocation *invocation, GError **error)
{
    const Options *chosen = invocation->options;
    const char *label = invocation->arguments[0];
    g_autoptr(FaContext) context = fa_context_open(invocation->home, error);
    if (context == NULL || !fa_release_reject(context, label, chosen->why, error))
        return false;
    fa_say(invocation,
           "%s is rejected: it goes nowhere any more; what runs goes on\nnext: fassembler board",
           label);
    return true;
}

static const FaExample examples[] = {
    {"fassembler release reject 0.6.2 --why 'loses mails'", "so that nobody deploys it"},
    {0},
};

const FaCmd fa_cmd_release_reject = {
    .name = "release reject",
    .group = FA_GROUP_RELEASE,
    .summary = "Say that a release is bad, and is not to be deployed",
    .usage = "LABEL",
    .examples = examples,
    .options = options,
    .options_size = sizeof(Options),
    .min_arguments = 1,
    .max_arguments = 1,
    .needs = FA_NEEDS_PRODUCT,
    .run = run,
    .complete = fa_release_text_complete,
};
