#include "cli/complete.h"

#include <string.h>

#include "cli/arguments.h"
#include "cli/commands.h"

struct FaCompletion {
    const FaCmd *const *commands;
    FaInvocation invocation;
    const char *typed;  /* of the word being completed */
    const char *prefix; /* put before each proposal: "--jobs=" */
    GString *out;
};

const char *const *
fa_completion_get_arguments(const FaCompletion *completion)
{
    return completion->invocation.arguments;
}

const FaInvocation *
fa_completion_get_invocation(const FaCompletion *completion)
{
    return &completion->invocation;
}

void
fa_completion_add(FaCompletion *completion, const char *word, const char *help)
{
    if (!g_str_has_prefix(word, completion->typed))
        return;
    g_string_append_printf(completion->out, "%s%s", completion->prefix, word);
    if (help != NULL)
        g_string_append_printf(completion->out, "\t%s", help);
    g_string_append_c(completion->out, '\n');
}

void
fa_completion_add_files(FaCompletion *completion)
{
    g_string_append(completion->out, ":files\n");
}

static void
add_values(FaCompletion *completion, const FaOption *option)
{
    if (option->complete != NULL)
        option->complete(completion);
    for (const char *const *choice = option->choices; choice != NULL && *choice != NULL; choice++)
        fa_completion_add(completion, *choice, NULL);
    /* -C, --home: what has no list of its own is mostly a place. */
    if (option->complete == NULL && option->choices == NULL && option->kind == FA_OPTION_KIND_TEXT)
        fa_completion_add_files(completion);
}

static void
add_options(FaCompletion *completion, const FaOption *option)
{
    for (; option != NULL && (option->name != NULL || option->letter != '\0'); option++) {
        g_autofree char *word = option->name != NULL ? g_strconcat("--", option->name, NULL)
                                                     : g_strdup_printf("-%c", option->letter);
        fa_completion_add(completion, word, option->help);
    }
}

/* Command names; of those with two words only the part that comes next, each once. */
static void
add_commands(FaCompletion *completion, const char *first_word)
{
    g_autofree char *prefix =
        first_word != NULL ? g_strconcat(first_word, " ", NULL) : g_strdup("");
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    for (const FaCmd *const *command = completion->commands; *command != NULL; command++) {
        if (((*command)->traits & FA_CMD_IS_HIDDEN) != 0 ||
            !g_str_has_prefix((*command)->name, prefix))
            continue;
        const char *rest = (*command)->name + strlen(prefix);
        size_t length = strcspn(rest, " ");
        g_autofree char *word = g_strndup(rest, length);
        if (!g_hash_table_contains(seen, word))
            fa_completion_add(completion, word, rest[length] == '\0' ? (*command)->summary : NULL);
        g_hash_table_add(seen, g_steal_pointer(&word));
    }
}

/* Completes "--name=value" from behind the '='. */
static bool
complete_joined_value(FaCompletion *completion)
{
    const char *equals = strchr(completion->typed, '=');
    if (!g_str_has_prefix(completion->typed, "--") || equals == NULL)
        return false;

    g_autofree char *option_word =
        g_strndup(completion->typed, (size_t)(equals - completion->typed));
    const FaOption *option =
        fa_arguments_wants_value(completion->commands, completion->invocation.command, option_word);
    g_autofree char *prefix = g_strconcat(option_word, "=", NULL);
    completion->typed = equals + 1;
    completion->prefix = prefix;
    if (option != NULL)
        add_values(completion, option);
    completion->prefix = "";
    return true;
}

static void
complete_word(FaCompletion *completion, const char *previous, const char *first_word)
{
    const FaCmd *command = completion->invocation.command;
    const FaOption *option =
        previous == NULL ? NULL : fa_arguments_wants_value(completion->commands, command, previous);

    if (option != NULL)
        add_values(completion, option);
    else if (complete_joined_value(completion))
        return;
    else if (completion->typed[0] == '-') {
        add_options(completion, command != NULL ? command->options : NULL);
        add_options(completion, fa_arguments_global_options());
    } else if (command == NULL)
        add_commands(completion, first_word);
    else if (command->complete != NULL)
        command->complete(completion);
}

char *
fa_complete(const FaCmd *const *commands, const char *const *words)
{
    size_t count = g_strv_length((char **)words);
    if (count == 0)
        return g_strdup("");

    g_autofree bool *taken = g_new0(bool, count + 1);
    g_autofree const char **before = g_memdup2(words, count * sizeof *words);
    before[count - 1] = NULL;
    const FaCmd *command = fa_arguments_find_command(commands, before, taken);
    const char *first_word = NULL;
    for (size_t i = 0; first_word == NULL && i < count; i++)
        first_word = taken[i] ? before[i] : NULL;

    FaCompletion completion = {
        .commands = commands, .typed = words[count - 1], .prefix = "", .out = g_string_new(NULL)};
    g_auto(FaInvocation) parsed = {0};
    /* The line is not whole, so it may be wrong: what could be read of it is enough. */
    fa_arguments_parse(commands, before, &parsed, NULL);
    completion.invocation = parsed;
    completion.invocation.command = command;
    complete_word(&completion, count > 1 ? before[count - 2] : NULL, first_word);
    return g_string_free(completion.out, FALSE);
}
