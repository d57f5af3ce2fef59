#include "cli/help.h"

#include <string.h>

#include "base/text.h"
#include "cli/arguments.h"
#include "cli/colour.h"
#include "cli/commands.h"

#define WIDTH_MAX 100 /* longer lines are hard to read */
#define INDENT    2
#define GAP       2

static void
append_heading(GString *out, const char *heading, bool colour)
{
    g_string_append_printf(out, "\n%s%s%s\n", fa_style_on(FA_STYLE_BOLD, colour), heading,
                           fa_style_off(FA_STYLE_BOLD, colour));
}

/* One paragraph (no newline in it that matters), wrapped, each line after @indent blanks. */
static void
append_wrapped(GString *out, const char *text, size_t indent, size_t width)
{
    g_auto(GStrv) words = g_strsplit_set(text, " \n", -1);
    size_t column = 0;

    for (char **word = words; *word != NULL; word++) {
        size_t length = fa_text_width(*word);
        if (length == 0)
            continue;
        if (column > 0 && column + 1 + length > width) {
            g_string_append_c(out, '\n');
            column = 0;
        }
        if (column == 0) {
            g_string_append_printf(out, "%*s", (int)indent, "");
            column = indent;
        } else {
            g_string_append_c(out, ' ');
            column++;
        }
        g_string_append(out, *word);
        column += length;
    }
    g_string_append_c(out, '\n');
}

static void
append_paragraphs(GString *out, const char *text, size_t indent, size_t width)
{
    g_auto(GStrv) paragraphs = g_strsplit(text, "\n\n", -1);
    for (char **paragraph = paragraphs; *paragraph != NULL; paragraph++) {
        if (paragraph != paragraphs)
            g_string_append_c(out, '\n');
        append_wrapped(out, *paragraph, indent, width);
    }
}

static void
append_pair(GString *out, const char *left, const char *right, size_t left_width)
{
    size_t pad = left_width - MIN(left_width, fa_text_width(left)) + GAP;
    g_string_append_printf(out, "%*s%s%*s%s\n", INDENT, "", left, (int)pad, "", right);
}

char *
fa_help_option_shape(const FaOption *option)
{
    GString *shape = g_string_new(NULL);

    if (option->letter != '\0')
        g_string_append_printf(shape, "-%c%s", option->letter, option->name != NULL ? ", " : "");
    else
        g_string_append(shape, "    ");
    if (option->name != NULL)
        g_string_append_printf(shape, "--%s", option->name);
    if (option->argument != NULL)
        g_string_append_printf(shape, " %s", option->argument);
    return g_string_free(shape, FALSE);
}

static bool
is_end(const FaOption *option)
{
    return option->name == NULL && option->letter == '\0';
}

/* Options that the command would refuse are not shown for it. */
static bool
is_for(const FaOption *option, const FaCmd *command)
{
    if (command == NULL || option->name == NULL)
        return true;
    if (strcmp(option->name, "json") == 0)
        return (command->traits & FA_CMD_HAS_JSON) != 0;
    if (strcmp(option->name, "dry-run") == 0)
        return (command->traits & FA_CMD_HAS_DRY_RUN) != 0;
    return true;
}

static void
append_options(GString *out, const FaOption *options, const FaCmd *command)
{
    size_t width = 0;

    for (const FaOption *option = options; !is_end(option); option++) {
        g_autofree char *shape = fa_help_option_shape(option);
        width = MAX(width, fa_text_width(shape));
    }
    for (const FaOption *option = options; !is_end(option); option++) {
        g_autofree char *shape = fa_help_option_shape(option);
        g_autofree char *choices =
            option->choices == NULL ? NULL : g_strjoinv(", ", (char **)option->choices);
        g_autofree char *help = choices == NULL ? g_strdup(option->help)
                                                : g_strdup_printf("%s: %s", option->help, choices);
        if (is_for(option, command))
            append_pair(out, shape, help, width);
    }
}

static void
append_examples(GString *out, const FaExample *examples, bool colour)
{
    size_t width = 0;

    for (const FaExample *example = examples; example->command != NULL; example++)
        width = MAX(width, fa_text_width(example->command));
    for (const FaExample *example = examples; example->command != NULL; example++) {
        size_t pad = width - fa_text_width(example->command) + GAP;
        g_string_append_printf(out, "%*s%s%s%s%*s%s\n", INDENT, "",
                               fa_style_on(FA_STYLE_INFO, colour), example->command,
                               fa_style_off(FA_STYLE_INFO, colour), (int)pad, "", example->what);
    }
}

/* The first example of each command of the first group. */
static void
append_first_examples(GString *out, const FaCmd *const *commands, bool colour)
{
    g_autoptr(GArray) firsts = g_array_new(TRUE, TRUE, sizeof(FaExample));

    for (; *commands != NULL; commands++) {
        if ((*commands)->group == FA_GROUP_START && (*commands)->examples != NULL)
            g_array_append_val(firsts, (*commands)->examples[0]);
    }
    if (firsts->len == 0)
        return;
    append_heading(out, "Examples", colour);
    append_examples(out, (const FaExample *)firsts->data, colour);
}

static size_t
longest_name(const FaCmd *const *commands)
{
    size_t width = 0;
    for (; *commands != NULL; commands++)
        width = MAX(width, strlen((*commands)->name));
    return width;
}

char *
fa_help_overview(const FaCmd *const *commands, unsigned width, bool colour)
{
    GString *out = g_string_new(
        "fassembler assembles web sites from source, runs them and keeps them running\n");
    size_t name_width = longest_name(commands);

    append_first_examples(out, commands, colour);
    append_heading(out, "Usage", colour);
    g_string_append(out, "  fassembler [OPTIONS] COMMAND [ARGUMENTS]\n");
    for (int group = FA_GROUP_START; group <= FA_GROUP_PROGRAM; group++) {
        bool is_headed = false;
        for (const FaCmd *const *command = commands; *command != NULL; command++) {
            if ((int)(*command)->group != group || ((*command)->traits & FA_CMD_IS_HIDDEN) != 0)
                continue;
            if (!is_headed)
                append_heading(out, fa_group_to_string((*command)->group), colour);
            is_headed = true;
            append_pair(out, (*command)->name, (*command)->summary, name_width);
        }
    }
    append_heading(out, "Options, before or after the command", colour);
    append_options(out, fa_arguments_global_options(), NULL);
    g_string_append(out, "\n'fassembler help COMMAND' explains a command.\n");
    return g_string_free(out, FALSE);
}

char *
fa_help_command(const FaCmd *command, unsigned width, bool colour)
{
    GString *out = g_string_new(NULL);

    width = MIN(width, WIDTH_MAX);
    g_string_append_printf(out, "%s\n", command->summary);
    if (command->examples != NULL) {
        append_heading(out, "Examples", colour);
        append_examples(out, command->examples, colour);
    }
    append_heading(out, "Usage", colour);
    g_string_append_printf(
        out, "  fassembler %s%s%s%s\n", command->name, command->options != NULL ? " [OPTIONS]" : "",
        command->usage != NULL ? " " : "", command->usage != NULL ? command->usage : "");
    if (command->description != NULL) {
        g_string_append_c(out, '\n');
        append_paragraphs(out, command->description, INDENT, width);
    }
    if (command->options != NULL) {
        append_heading(out, "Options", colour);
        append_options(out, command->options, command);
    }
    append_heading(out, "Options of every command", colour);
    append_options(out, fa_arguments_global_options(), command);
    return g_string_free(out, FALSE);
}
