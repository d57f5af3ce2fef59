#include "cli/arguments.h"

#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "cli/commands.h"

#define WORDS_MAX 10000 /* of one command line */

const FaOption *
fa_arguments_global_options(void)
{
    static const FaOption options[] = {
        FA_OPTION_FLAG(FaInvocation, json, "json", 0, "Answer in JSON"),
        FA_OPTION_FLAG(FaInvocation, is_quiet, "quiet", 'q',
                       "Say nothing but errors and the answer"),
        FA_OPTION_FLAG(FaInvocation, is_verbose, "verbose", 'v', "Say more of what is done"),
        FA_OPTION_FLAG(FaInvocation, no_colour, "no-color", 0, "No colour, as with NO_COLOR=1"),
        FA_OPTION_FLAG(FaInvocation, dry_run, "dry-run", 'n',
                       "Print what would be done, touch nothing"),
        FA_OPTION_FLAG(FaInvocation, yes, "yes", 0, "Answer questions with yes"),
        FA_OPTION_TEXT(FaInvocation, directory, NULL, 'C', "DIR", "Work as if started in DIR"),
        FA_OPTION_TEXT(FaInvocation, home, "home", 0, "DIR",
                       "The home, instead of $FASSEMBLER_HOME"),
        FA_OPTION_TEXT(FaInvocation, as, "as", 0, "NAME",
                       "Do it as NAME, with their role; for admins, and recorded"),
        FA_OPTION_FLAG(FaInvocation, wants_help, "help", 'h', "Explain the command"),
        FA_OPTION_FLAG(FaInvocation, wants_version, "version", 0, "Print the version"),
        {0},
    };
    return options;
}

/* The table ends where there is neither name nor letter: -C has a letter only. */
static bool
is_end(const FaOption *option)
{
    return option->name == NULL && option->letter == '\0';
}

static const FaOption *
find_in_table(const FaOption *table, const char *name, size_t length, char letter)
{
    for (const FaOption *option = table; option != NULL && !is_end(option); option++) {
        bool has_name = name != NULL && option->name != NULL && strlen(option->name) == length &&
                        strncmp(option->name, name, length) == 0;
        if (has_name || (name == NULL && option->letter == letter))
            return option;
    }
    return NULL;
}

/* By name, or by letter when @name is NULL. Before the command is known, any command's option will do. */
static const FaOption *
find_option(const FaCmd *const *commands, const FaCmd *command, const char *name, size_t length,
            char letter)
{
    const FaOption *option = find_in_table(fa_arguments_global_options(), name, length, letter);
    if (option == NULL && command != NULL)
        option = find_in_table(command->options, name, length, letter);
    if (command != NULL)
        return option;
    for (; option == NULL && *commands != NULL; commands++)
        option = find_in_table((*commands)->options, name, length, letter);
    return option;
}

static bool
is_option_word(const char *word)
{
    return word[0] == '-' && word[1] != '\0';
}

const FaOption *
fa_arguments_wants_value(const FaCmd *const *commands, const FaCmd *command, const char *word)
{
    const FaOption *option = NULL;

    if (!is_option_word(word) || strchr(word, '=') != NULL)
        return NULL;
    if (word[1] == '-') {
        option = find_option(commands, command, word + 2, strlen(word + 2), '\0');
        return option != NULL && option->kind != FA_OPTION_KIND_FLAG ? option : NULL;
    }
    /* In a cluster the first option with a value takes the rest as such. */
    for (const char *letter = word + 1; *letter != '\0'; letter++) {
        option = find_option(commands, command, NULL, 0, *letter);
        if (option != NULL && option->kind != FA_OPTION_KIND_FLAG)
            return letter[1] == '\0' ? option : NULL;
    }
    return NULL;
}

const FaCmd *
fa_arguments_find_command(const FaCmd *const *commands, const char *const *words, bool *ret_taken)
{
    size_t found[2], count = 0;

    for (size_t i = 0; words[i] != NULL && count < 2; i++) {
        if (strcmp(words[i], "--") == 0)
            break;
        if (!is_option_word(words[i]))
            found[count++] = i;
        else if (fa_arguments_wants_value(commands, NULL, words[i]) != NULL && words[i + 1] != NULL)
            i++;
    }
    if (count == 2) {
        g_autofree char *both = g_strconcat(words[found[0]], " ", words[found[1]], NULL);
        const FaCmd *command = fa_commands_find(commands, both);
        if (command != NULL) {
            ret_taken[found[0]] = ret_taken[found[1]] = true;
            return command;
        }
    }
    if (count == 0)
        return NULL;
    ret_taken[found[0]] = true;
    return fa_commands_find(commands, words[found[0]]);
}

typedef struct Parser {
    const FaCmd *const *commands;
    FaInvocation *invocation;
    const char *const *words;
    size_t position;
    bool is_rest; /* only arguments follow */
} Parser;

/* (transfer full) "--jobs", or "-C". */
static char *
shown_option(const FaOption *option)
{
    if (option->name != NULL)
        return g_strconcat("--", option->name, NULL);
    return g_strdup_printf("-%c", option->letter);
}

static bool
fail_unknown_option(const Parser *parser, const char *name, size_t length, GError **error)
{
    const FaCmd *command = parser->invocation->command;
    const FaOption *tables[] = {fa_arguments_global_options(),
                                command != NULL ? command->options : NULL};
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    g_autofree char *wrong = g_strndup(name, length);

    for (size_t i = 0; i < G_N_ELEMENTS(tables); i++) {
        for (const FaOption *option = tables[i]; option != NULL && !is_end(option); option++) {
            if (option->name != NULL)
                g_ptr_array_add(names, (char *)option->name);
        }
    }
    g_ptr_array_add(names, NULL);
    const char *nearest = fa_text_nearest(wrong, (const char *const *)names->pdata);
    if (nearest != NULL)
        return fa_fail(error, FA_ERROR_USAGE, "unknown option '--%s'\nhelp: did you mean '--%s'?",
                       wrong, nearest);
    return fa_fail(error, FA_ERROR_USAGE,
                   "unknown option '--%s'\nhelp: 'fassembler help%s%s' lists them", wrong,
                   command != NULL ? " " : "", command != NULL ? command->name : "");
}

static bool
fail_choice(const FaOption *option, const char *value, GError **error)
{
    g_autofree char *shown = shown_option(option);
    g_autofree char *all = g_strjoinv(", ", (char **)option->choices);
    const char *nearest = fa_text_nearest(value, option->choices);

    if (nearest != NULL)
        return fa_fail(error, FA_ERROR_USAGE, "'%s' is no value of '%s'\nhelp: did you mean '%s'?",
                       value, shown, nearest);
    return fa_fail(error, FA_ERROR_USAGE, "'%s' is no value of '%s'\nhelp: one of %s", value, shown,
                   all);
}

static void
append_to_list(const char ***list, const char *value)
{
    size_t length = *list == NULL ? 0 : g_strv_length((char **)*list);
    *list = g_renew(const char *, *list, length + 2);
    (*list)[length] = value;
    (*list)[length + 1] = NULL;
}

/* Where the value of @option is kept: global ones in the invocation, others in the command's struct. */
static void *
slot_of(const Parser *parser, const FaOption *option)
{
    const FaOption *globals = fa_arguments_global_options();
    for (const FaOption *global = globals; !is_end(global); global++) {
        if (global == option)
            return (char *)parser->invocation + option->offset;
    }
    return (char *)parser->invocation->options + option->offset;
}

static bool
store_value(const Parser *parser, const FaOption *option, const char *value, GError **error)
{
    void *slot = slot_of(parser, option);
    g_autofree char *shown = shown_option(option);

    switch (option->kind) {
    case FA_OPTION_KIND_FLAG:
        *(bool *)slot = true;
        return true;
    case FA_OPTION_KIND_UINT:
        if (!fa_parse_uint(value, 1, G_MAXINT, slot))
            return fa_fail(error, FA_ERROR_USAGE,
                           "'%s' is no value of '%s'\nhelp: a number from 1 on", value, shown);
        return true;
    case FA_OPTION_KIND_SPAN:
        if (!fa_parse_span(value, slot) || *(int64_t *)slot < 1)
            return fa_fail(error, FA_ERROR_USAGE,
                           "'%s' is no value of '%s'\nhelp: a time, as in 90s, 15m, 2h, 7d", value,
                           shown);
        return true;
    case FA_OPTION_KIND_TEXT:
        if (option->choices != NULL && !g_strv_contains(option->choices, value))
            return fail_choice(option, value, error);
        *(const char **)slot = value;
        return true;
    case FA_OPTION_KIND_LIST:
        append_to_list(slot, value);
        return true;
    }
    g_assert_not_reached();
}

/* (transfer none) (nullable) The next word as the value of @option. */
static const char *
take_value(Parser *parser, const FaOption *option, GError **error)
{
    const char *value = parser->words[parser->position];
    if (value == NULL) {
        g_autofree char *shown = shown_option(option);
        fa_fail(error, FA_ERROR_USAGE, "'%s' needs a value: %s", shown, option->argument);
        return NULL;
    }
    parser->position++;
    return value;
}

static bool
parse_long(Parser *parser, const char *name, GError **error)
{
    const char *equals = strchr(name, '=');
    size_t length = equals != NULL ? (size_t)(equals - name) : strlen(name);
    const FaOption *option =
        find_option(parser->commands, parser->invocation->command, name, length, '\0');

    if (option == NULL)
        return fail_unknown_option(parser, name, length, error);
    if (option->kind == FA_OPTION_KIND_FLAG && equals != NULL)
        return fa_fail(error, FA_ERROR_USAGE, "'--%s' takes no value", option->name);
    if (option->kind == FA_OPTION_KIND_FLAG)
        return store_value(parser, option, NULL, error);

    const char *value = equals != NULL ? equals + 1 : take_value(parser, option, error);
    return value != NULL && store_value(parser, option, value, error);
}

static bool
parse_short(Parser *parser, const char *letters, GError **error)
{
    for (; *letters != '\0'; letters++) {
        const FaCmd *command = parser->invocation->command;
        const FaOption *option = find_option(parser->commands, command, NULL, 0, *letters);
        if (option == NULL)
            return fa_fail(error, FA_ERROR_USAGE,
                           "unknown option '-%.*s'\nhelp: 'fassembler help%s%s' lists them",
                           (int)(g_utf8_next_char(letters) - letters), letters,
                           command != NULL ? " " : "", command != NULL ? command->name : "");
        if (option->kind == FA_OPTION_KIND_FLAG) {
            store_value(parser, option, NULL, NULL);
            continue;
        }
        const char *value = letters[1] != '\0' ? letters + 1 : take_value(parser, option, error);
        return value != NULL && store_value(parser, option, value, error);
    }
    return true;
}

static bool
parse_word(Parser *parser, const char *word, GError **error)
{
    FaInvocation *invocation = parser->invocation;

    if (!parser->is_rest && strcmp(word, "--") == 0) {
        parser->is_rest = true;
        return true;
    }
    if (!parser->is_rest && is_option_word(word))
        return word[1] == '-' ? parse_long(parser, word + 2, error)
                              : parse_short(parser, word + 1, error);

    invocation->arguments[invocation->argument_count++] = word;
    parser->is_rest = parser->is_rest || (invocation->command != NULL &&
                                          (invocation->command->traits & FA_CMD_TAKES_REST) != 0);
    return true;
}

/* (transfer full) "fassembler build [OPTIONS] [SITE-ENV]". */
static char *
shown_usage(const FaCmd *command)
{
    return g_strconcat("fassembler ", command->name, command->usage != NULL ? " " : "",
                       command->usage != NULL ? command->usage : "", NULL);
}

static bool
check_fit(const FaInvocation *invocation, GError **error)
{
    const FaCmd *command = invocation->command;
    g_autofree char *usage = shown_usage(command);

    if (invocation->json && (command->traits & FA_CMD_HAS_JSON) == 0)
        return fa_fail(error, FA_ERROR_USAGE, "'%s' has no '--json'", command->name);
    if (invocation->dry_run && (command->traits & FA_CMD_HAS_DRY_RUN) == 0)
        return fa_fail(error, FA_ERROR_USAGE, "'%s' has no '--dry-run'", command->name);
    if (invocation->argument_count < command->min_arguments)
        return fa_fail(error, FA_ERROR_USAGE, "'%s' needs more\nhelp: usage: %s", command->name,
                       usage);
    if (invocation->argument_count > command->max_arguments)
        return fa_fail(error, FA_ERROR_USAGE, "'%s' cannot take '%s'\nhelp: usage: %s",
                       command->name, invocation->arguments[command->max_arguments], usage);
    return true;
}

/* (transfer full) The second words of the commands whose first is @word, or "". */
static char *
verbs_of(const FaCmd *const *commands, const char *word)
{
    GString *verbs = g_string_new(NULL);
    g_autofree char *prefix = g_strconcat(word, " ", NULL);

    for (; *commands != NULL; commands++) {
        if (g_str_has_prefix((*commands)->name, prefix))
            g_string_append_printf(verbs, "%s%s", verbs->len > 0 ? ", " : "",
                                   (*commands)->name + strlen(prefix));
    }
    return g_string_free(verbs, FALSE);
}

static bool
fail_unknown_command(const FaCmd *const *commands, const char *word, GError **error)
{
    g_autofree char *verbs = verbs_of(commands, word);
    if (*verbs != '\0')
        return fa_fail(error, FA_ERROR_USAGE, "'%s' needs one of: %s", word, verbs);

    const FaCmd *nearest = fa_commands_nearest(commands, word);
    if (nearest != NULL)
        return fa_fail(error, FA_ERROR_USAGE, "unknown command '%s'\nhelp: did you mean '%s'?",
                       word, nearest->name);
    return fa_fail(error, FA_ERROR_USAGE,
                   "unknown command '%s'\nhelp: 'fassembler help' lists them", word);
}

bool
fa_arguments_parse(const FaCmd *const *commands, const char *const *words, FaInvocation *invocation,
                   GError **error)
{
    size_t count = g_strv_length((char **)words);
    if (count > WORDS_MAX)
        return fa_fail(error, FA_ERROR_USAGE, "more than %d words", WORDS_MAX);

    g_autofree bool *taken = g_new0(bool, count + 1);
    invocation->command = fa_arguments_find_command(commands, words, taken);
    for (size_t i = 0; invocation->command == NULL && i < count; i++) {
        if (taken[i])
            return fail_unknown_command(commands, words[i], error);
    }
    if (invocation->command != NULL)
        invocation->options = g_malloc0(MAX(invocation->command->options_size, 1));
    invocation->arguments = g_new0(const char *, count + 1);

    static const FaCmd *const none[] = {NULL};
    Parser parser = {.commands = none, .invocation = invocation, .words = words};
    while (parser.position < count) {
        size_t position = parser.position++;
        if (!taken[position] && !parse_word(&parser, words[position], error))
            return false;
    }
    if (invocation->command == NULL || invocation->wants_help || invocation->wants_version)
        return true;
    return check_fit(invocation, error);
}

void
fa_arguments_clear(FaInvocation *invocation)
{
    const FaOption *option = invocation->command != NULL ? invocation->command->options : NULL;
    for (; option != NULL && !is_end(option); option++) {
        if (option->kind == FA_OPTION_KIND_LIST)
            g_free(*(const char ***)((char *)invocation->options + option->offset));
    }
    g_clear_pointer(&invocation->options, g_free);
    g_clear_pointer(&invocation->arguments, g_free);
}
