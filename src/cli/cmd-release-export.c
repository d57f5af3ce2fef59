#include "base/error.h"
#include "cli/release-text.h"

typedef struct Options {
    const char *output;
} Options;

static const FaOption options[] = {
    FA_OPTION_TEXT(Options, output, "output", 'o', "FILE", "The bundle that is made, a .tar.zst"),
    {0},
};

static bool
run(FaInvocation *invocation, GError **error)
{
    const Options *chosen = invocation->options;
    const char *label = invocation->arguments[0];
    uint64_t bytes = 0;
    if (chosen->output == NULL)
        return fa_fail(error, FA_ERROR_USAGE,
                       "into which file?\nhelp: fassembler release export %s -o %s.tar.zst", label,
                       label);
    g_autoptr(FaContext) context = fa_context_open(invocation->home, error);
    if (context == NULL ||
        !fa_release_export(context, label, chosen->output, invocation->cancel, &bytes, error))
        return false;
    fa_say(invocation,
           "'%s' has %" G_GUINT64_FORMAT " bytes\nnext, anywhere: tar -xf %s, and in its folder "
           "'fassembler build'",
           chosen->output, bytes, chosen->output);
    return true;
}

static const FaExample examples[] = {
    {"fassembler release export 0.6.1 -o openplans-0.6.1.tar.zst", "all that it is built from"},
    {0},
};

const FaCmd fa_cmd_release_export = {
    .name = "release export",
    .group = FA_GROUP_RELEASE,
    .summary = "Write a release as one file that anybody can build",
    .usage = "LABEL",
    .description =
        "The product's files as they were at the cut, the lock with its pins, and every "
        "source at its revision. The same release gives the same bytes. No secret is in it.",
    .examples = examples,
    .options = options,
    .options_size = sizeof(Options),
    .min_arguments = 1,
    .max_arguments = 1,
    .needs = FA_NEEDS_PRODUCT,
    .run = run,
    .complete = fa_release_text_complete,
};
