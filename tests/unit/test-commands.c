#include <string.h>

#include "base/text.h"
#include "cli/arguments.h"
#include "cli/commands.h"
#include "cli/help.h"

static bool
is_end(const FaOption *option)
{
    return option == NULL || (option->name == NULL && option->letter == '\0');
}

static const FaOption *
find_by_name(const FaOption *table, const char *name)
{
    for (; !is_end(table); table++) {
        if (g_strcmp0(table->name, name) == 0)
            return table;
    }
    return NULL;
}

static const FaOption *
find_by_letter(const FaOption *table, char letter)
{
    for (; !is_end(table); table++) {
        if (table->letter == letter)
            return table;
    }
    return NULL;
}

static size_t
size_of_kind(FaOptionKind kind)
{
    switch (kind) {
    case FA_OPTION_KIND_FLAG:
        return sizeof(bool);
    case FA_OPTION_KIND_UINT:
        return sizeof(unsigned);
    case FA_OPTION_KIND_SPAN:
        return sizeof(int64_t);
    case FA_OPTION_KIND_TEXT:
    case FA_OPTION_KIND_LIST:
        return sizeof(char *);
    }
    g_assert_not_reached();
}

static void
assert_option(const FaCmd *command, const FaOption *option)
{
    g_test_message("%s: --%s", command != NULL ? command->name : "all", option->name);
    g_assert_cmpuint(option->size, ==, size_of_kind(option->kind));
    g_assert_true((option->argument == NULL) == (option->kind == FA_OPTION_KIND_FLAG));
    g_assert_nonnull(option->help);
    g_assert_false(g_str_has_suffix(option->help, "."));
    g_assert_true(g_ascii_isupper(option->help[0]));
    g_assert_true(option->name == NULL || fa_text_is_name(option->name));
    if (command == NULL)
        return;
    g_assert_cmpuint(option->offset + option->size, <=, command->options_size);
    g_assert_null(option->name != NULL ? find_by_name(fa_arguments_global_options(), option->name)
                                       : NULL);
    g_assert_null(option->letter != '\0'
                      ? find_by_letter(fa_arguments_global_options(), option->letter)
                      : NULL);
    g_assert_true(option->name == NULL || find_by_name(command->options, option->name) == option);
    g_assert_true(option->letter == '\0' ||
                  find_by_letter(command->options, option->letter) == option);
}

static void
test_options(void)
{
    for (const FaOption *option = fa_arguments_global_options(); !is_end(option); option++)
        assert_option(NULL, option);
    for (const FaCmd *const *command = fa_commands_all(); *command != NULL; command++) {
        for (const FaOption *option = (*command)->options; !is_end(option); option++)
            assert_option(*command, option);
    }
}

/* Law: an option before the command is read without knowing it, so each takes a value everywhere or nowhere. */
static void
test_arity(void)
{
    for (const FaCmd *const *a = fa_commands_all(); *a != NULL; a++) {
        for (const FaCmd *const *b = fa_commands_all(); *b != NULL; b++) {
            for (const FaOption *option = (*a)->options; !is_end(option); option++) {
                const FaOption *same =
                    option->name != NULL ? find_by_name((*b)->options, option->name) : NULL;
                const FaOption *letter =
                    option->letter != '\0' ? find_by_letter((*b)->options, option->letter) : NULL;
                bool is_flag = option->kind == FA_OPTION_KIND_FLAG;
                g_test_message("%s, %s: %s", (*a)->name, (*b)->name, option->name);
                g_assert_true(same == NULL || is_flag == (same->kind == FA_OPTION_KIND_FLAG));
                g_assert_true(letter == NULL || is_flag == (letter->kind == FA_OPTION_KIND_FLAG));
            }
        }
    }
}

static void
test_texts(void)
{
    for (const FaCmd *const *command = fa_commands_all(); *command != NULL; command++) {
        g_test_message("%s", (*command)->name);
        g_assert_true(fa_commands_find(fa_commands_all(), (*command)->name) == *command);
        g_assert_true(g_ascii_isupper((*command)->summary[0]));
        g_assert_false(g_str_has_suffix((*command)->summary, "."));
        g_assert_cmpuint(strlen((*command)->summary), <=, 64);
        g_assert_cmpuint((*command)->min_arguments, <=, (*command)->max_arguments);
        g_assert_true((*command)->options == NULL || (*command)->options_size > 0);
        g_assert_true(((*command)->traits & FA_CMD_IS_HIDDEN) != 0 || (*command)->examples != NULL);
    }
}

/* Law: every example is a line that the program reads as a use of that command. */
static void
test_examples(void)
{
    for (const FaCmd *const *command = fa_commands_all(); *command != NULL; command++) {
        for (const FaExample *example = (*command)->examples;
             example != NULL && example->command != NULL; example++) {
            g_auto(GStrv) words = NULL;
            g_auto(FaInvocation) invocation = {0};
            g_autoptr(GError) error = NULL;
            g_test_message("%s", example->command);
            g_assert_true(g_shell_parse_argv(example->command, NULL, &words, NULL));
            g_assert_cmpstr(words[0], ==, "fassembler");
            fa_arguments_parse(fa_commands_all(), (const char *const *)words + 1, &invocation,
                               &error);
            g_assert_no_error(error);
            g_assert_true(invocation.command == *command);
        }
    }
}

static void
test_help(void)
{
    g_autofree char *overview = fa_help_overview(fa_commands_all(), 80, false);
    g_autofree char *page = fa_help_man_page(fa_commands_all());

    for (const FaCmd *const *command = fa_commands_all(); *command != NULL; command++) {
        bool is_hidden = ((*command)->traits & FA_CMD_IS_HIDDEN) != 0;
        g_autofree char *line = g_strdup_printf("\n  %s ", (*command)->name);
        g_auto(GStrv) words = g_strsplit((*command)->name, "-", -1);
        g_autofree char *escaped = g_strjoinv("\\-", words);
        g_autofree char *section = g_strdup_printf("\n.SS %s\n", escaped);
        g_autofree char *help = fa_help_command(*command, 80, true);
        g_assert_true(strstr(overview, line) == NULL ? is_hidden : !is_hidden);
        g_assert_true(strstr(page, section) == NULL ? is_hidden : !is_hidden);
        g_assert_true(g_str_has_prefix(help, (*command)->summary));
    }
}

/*
 * Law: what is served to others takes values of these kinds only. Each of them was looked at: it names nothing in the file
 * system, is no option of another program, and changes nothing of what is run. FILE is refused unless it is "-" (cli/gate.c). A
 * new one is added here once the same can be said of it.
 */
static void
test_served(void)
{
    static const char *const reviewed[] = {"'COMPONENT REVISION'",
                                           "COMPONENT",
                                           "COMPONENT/NAME=HOW",
                                           "COMPONENT=REVISION",
                                           "FILE",
                                           "HOW",
                                           "ID",
                                           "KIND",
                                           "LABEL",
                                           "RELEASE",
                                           "REVISION",
                                           "SITE-ENV",
                                           "TEXT",
                                           "TRUNK|RELEASE",
                                           NULL};
    for (const FaCmd *const *command = fa_commands_all(); *command != NULL; command++) {
        if (fa_commands_get_right(*command).reach == FA_REACH_HERE)
            continue;
        g_assert_cmpint(fa_commands_get_right(*command).action, !=, FA_ACTION_NONE);
        g_assert_cmpint(fa_commands_get_right(*command).action, !=, FA_ACTION_OWN);
        for (const FaOption *option = (*command)->options; option != NULL && option->name != NULL;
             option++) {
            bool is_text =
                option->kind == FA_OPTION_KIND_TEXT || option->kind == FA_OPTION_KIND_LIST;
            if (is_text && !g_strv_contains(reviewed, option->argument))
                g_error("'%s' is served: is %s of its --%s safe in the hands of others?",
                        (*command)->name, option->argument, option->name);
        }
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/commands/an-option-fits-its-member-and-clashes-with-none", test_options);
    g_test_add_func("/commands/an-option-takes-a-value-everywhere-or-nowhere", test_arity);
    g_test_add_func("/commands/each-says-what-it-does", test_texts);
    g_test_add_func("/commands/each-example-is-a-use-of-its-command", test_examples);
    g_test_add_func("/commands/help-and-man-page-have-all-that-are-not-hidden", test_help);
    g_test_add_func("/commands/what-is-served-takes-what-was-looked-at", test_served);
    return g_test_run();
}
