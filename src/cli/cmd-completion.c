#include <string.h>

#include "base/error.h"
#include "cli/answer.h"
#include "cli/complete.h"
#include "cli/completions.h"

typedef struct Script {
    const char *shell;
    const char *text;
} Script;

/* Made at build time from data/completions. */
static const Script scripts[] = {
    {"bash", fa_completions_bash},
    {"zsh", fa_completions_zsh},
    {"fish", fa_completions_fish},
};

static bool
run(FaInvocation *invocation, GError **error)
{
    const char *shell = invocation->arguments[0];

    for (size_t i = 0; i < G_N_ELEMENTS(scripts); i++) {
        if (strcmp(scripts[i].shell, shell) == 0)
            return fa_answer_text(error, "%s", scripts[i].text);
    }
    return fa_fail(error, FA_ERROR_USAGE, "no completions for '%s'\nhelp: one of bash, zsh, fish",
                   shell);
}

static void
complete(FaCompletion *completion)
{
    if (*fa_completion_get_arguments(completion) != NULL)
        return;
    for (size_t i = 0; i < G_N_ELEMENTS(scripts); i++)
        fa_completion_add(completion, scripts[i].shell, NULL);
}

static const FaExample examples[] = {
    {"fassembler completion bash",
     "print it; in ~/.bashrc: eval \"$(fassembler completion bash)\""},
    {"fassembler completion zsh", "to a file named _fassembler in a folder of $fpath"},
    {"fassembler completion fish", "to ~/.config/fish/completions/fassembler.fish"},
    {0},
};

const FaCmd fa_cmd_completion = {
    .name = "completion",
    .group = FA_GROUP_PROGRAM,
    .summary = "Print the script that completes commands in your shell",
    .usage = "bash|zsh|fish",
    .examples = examples,
    .min_arguments = 1,
    .max_arguments = 1,
    .run = run,
    .complete = complete,
};
