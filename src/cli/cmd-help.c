#include <stdio.h>
#include <unistd.h>

#include "base/error.h"
#include "cli/answer.h"
#include "cli/commands.h"
#include "cli/complete.h"
#include "cli/help.h"
#include "sys/tty.h"

typedef struct Options {
    bool wants_man;
    bool wants_markdown;
    bool wants_names;
} Options;

static const FaOption options[] = {
    FA_OPTION_FLAG(Options, wants_man, "man", 0, "Print the man page, in man(7)"),
    FA_OPTION_FLAG(Options, wants_markdown, "markdown", 0, "Print docs/commands.md"),
    FA_OPTION_FLAG(Options, wants_names, "names", 0, "Print the names of the commands, one a line"),
    {0},
};

static bool
print_names(GError **error)
{
    g_autoptr(GString) names = g_string_new(NULL);
    for (const FaCmd *const *command = fa_commands_all(); *command != NULL; command++) {
        if (((*command)->traits & FA_CMD_IS_HIDDEN) == 0)
            g_string_append_printf(names, "%s\n", (*command)->name);
    }
    return fa_answer_text(error, "%s", names->str);
}

static bool
fail_unknown(const char *name, GError **error)
{
    const FaCmd *nearest = fa_commands_nearest(fa_commands_all(), name);
    if (nearest != NULL)
        return fa_fail(error, FA_ERROR_USAGE, "no command '%s'\nhelp: did you mean '%s'?", name,
                       nearest->name);
    return fa_fail(error, FA_ERROR_USAGE, "no command '%s'\nhelp: 'fassembler help' lists them",
                   name);
}

static bool
run(FaInvocation *invocation, GError **error)
{
    const Options *chosen = invocation->options;
    unsigned width = fa_tty_get_width(STDOUT_FILENO);

    if (chosen->wants_names)
        return print_names(error);
    if (chosen->wants_man) {
        g_autofree char *page = fa_help_man_page(fa_commands_all());
        return fa_answer_text(error, "%s", page);
    }
    if (chosen->wants_markdown) {
        g_autofree char *document = fa_help_markdown(fa_commands_all());
        return fa_answer_text(error, "%s", document);
    }
    if (invocation->argument_count == 0) {
        g_autofree char *overview =
            fa_help_overview(fa_commands_all(), width, invocation->colour_out);
        return fa_answer_text(error, "%s", overview);
    }

    g_autofree char *name = g_strjoinv(" ", (char **)invocation->arguments);
    const FaCmd *command = fa_commands_find(fa_commands_all(), name);
    if (command == NULL)
        return fail_unknown(name, error);
    g_autofree char *text = fa_help_command(command, width, invocation->colour_out);
    return fa_answer_text(error, "%s", text);
}

static void
complete(FaCompletion *completion)
{
    if (*fa_completion_get_arguments(completion) != NULL)
        return;
    for (const FaCmd *const *command = fa_commands_all(); *command != NULL; command++) {
        if (((*command)->traits & FA_CMD_IS_HIDDEN) == 0)
            fa_completion_add(completion, (*command)->name, (*command)->summary);
    }
}

static const FaExample examples[] = {
    {"fassembler help", "list the commands"},
    {"fassembler help version", "explain one of them"},
    {0},
};

const FaCmd fa_cmd_help = {
    .name = "help",
    .group = FA_GROUP_PROGRAM,
    .summary = "List the commands, or explain one",
    .usage = "[COMMAND]",
    .examples = examples,
    .options = options,
    .options_size = sizeof(Options),
    .max_arguments = 2,
    .run = run,
    .complete = complete,
};
