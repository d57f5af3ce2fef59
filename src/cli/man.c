#include "cli/help.h"

#include <string.h>

#include "cli/arguments.h"
#include "cli/commands.h"

/* Text as man(7) takes it literally. */
static void
append_escaped(GString *out, const char *text)
{
    bool is_line_start = out->len == 0 || out->str[out->len - 1] == '\n';

    for (; *text != '\0'; text++) {
        /* A dot or quote that opens a line would be a request. */
        if (is_line_start && (*text == '.' || *text == '\''))
            g_string_append(out, "\\&");
        is_line_start = *text == '\n';
        if (*text == '\\')
            g_string_append(out, "\\e");
        else if (*text == '-')
            g_string_append(out, "\\-");
        else if (*text == '\'')
            g_string_append(out, "\\(aq");
        else
            g_string_append_c(out, *text);
    }
}

static void
append_paragraphs(GString *out, const char *text)
{
    g_auto(GStrv) paragraphs = g_strsplit(text, "\n\n", -1);
    for (char **paragraph = paragraphs; *paragraph != NULL; paragraph++) {
        g_string_append(out, ".PP\n");
        append_escaped(out, *paragraph);
        g_string_append_c(out, '\n');
    }
}

static void
append_item(GString *out, const char *term, const char *text)
{
    g_string_append(out, ".TP\n.B ");
    append_escaped(out, term);
    g_string_append_c(out, '\n');
    append_escaped(out, text);
    g_string_append(out, ".\n");
}

static void
append_options(GString *out, const FaOption *option)
{
    for (; option != NULL && (option->name != NULL || option->letter != '\0'); option++) {
        g_autofree char *shape = fa_help_option_shape(option);
        g_autofree char *choices =
            option->choices == NULL ? NULL : g_strjoinv(", ", (char **)option->choices);
        g_autofree char *help = choices == NULL ? g_strdup(option->help)
                                                : g_strdup_printf("%s: %s", option->help, choices);
        append_item(out, g_strchug(shape), help);
    }
}

static void
append_command(GString *out, const FaCmd *command)
{
    g_string_append(out, ".SS ");
    append_escaped(out, command->name);
    g_string_append(out, "\n.B fassembler ");
    append_escaped(out, command->name);
    if (command->usage != NULL) {
        g_string_append(out, "\n.I ");
        append_escaped(out, command->usage);
    }
    g_string_append(out, "\n.PP\n");
    append_escaped(out, command->summary);
    g_string_append(out, ".\n");
    if (command->description != NULL)
        append_paragraphs(out, command->description);
    g_autofree char *right = fa_commands_describe_right(command);
    if (right != NULL)
        append_paragraphs(out, right);
    append_options(out, command->options);
    for (const FaExample *example = command->examples; example != NULL && example->command != NULL;
         example++) {
        g_string_append(out, ".PP\n.EX\n");
        append_escaped(out, example->command);
        g_string_append(out, "\n.EE\n");
        append_escaped(out, example->what);
        g_string_append(out, ".\n");
    }
}

static void
append_commands(GString *out, const FaCmd *const *commands)
{
    for (int group = FA_GROUP_START; group <= FA_GROUP_PROGRAM; group++) {
        for (const FaCmd *const *command = commands; *command != NULL; command++) {
            if ((int)(*command)->group == group && ((*command)->traits & FA_CMD_IS_HIDDEN) == 0)
                append_command(out, *command);
        }
    }
}

typedef struct Item {
    const char *term;
    const char *text;
} Item;

static void
append_items(GString *out, const char *heading, const Item *items, size_t count)
{
    g_string_append_printf(out, ".SH %s\n", heading);
    for (size_t i = 0; i < count; i++)
        append_item(out, items[i].term, items[i].text);
}

static void
append_reference(GString *out)
{
    static const Item statuses[] = {
        {"0", "Done"},
        {"1", "Failed"},
        {"2", "Wrong usage or wrong configuration"},
        {"3", "Refused by the rules; status: not running"},
        {"4", "No such thing"},
        {"5", "Not allowed"},
        {"6", "Someone else was first: a lock, a stale plan"},
        {"7", "The supervisor or a server is not reachable"},
        {"130", "Stopped on request (Ctrl-C)"},
    };
    static const Item variables[] = {
        {"FASSEMBLER_HOME", "The home, where --home does not say another"},
        {"NO_COLOR", "Not empty: no colour"},
        {"EDITOR, PAGER, SHELL", "Programs that are started for a person"},
    };
    static const Item files[] = {
        {"fassembler.yaml", "What is assembled: product, components, sites, environments"},
        {"components/NAME.yaml", "How one component is built, tested and run"},
        {"fassembler.lock", "The exact revision and content of every source"},
        {"$FASSEMBLER_HOME/store", "What was built, read-only"},
        {"$FASSEMBLER_HOME/sites/SITE/ENVIRONMENT", "A running copy of a site, its data in var/"},
    };

    append_items(out, "EXIT STATUS", statuses, G_N_ELEMENTS(statuses));
    append_items(out, "ENVIRONMENT", variables, G_N_ELEMENTS(variables));
    append_items(out, "FILES", files, G_N_ELEMENTS(files));
}

char *
fa_help_man_page(const FaCmd *const *commands)
{
    GString *out = g_string_new(".\\\" Made from the command tables by 'fassembler help --man'.\n");

    g_string_append_printf(out, ".TH FASSEMBLER 1 \"\" \"fassembler %s\" \"User commands\"\n",
                           FA_VERSION);
    g_string_append(out, ".SH NAME\nfassembler \\- assemble web sites from source, run them and "
                         "keep them running\n");
    g_string_append(
        out, ".SH SYNOPSIS\n.B fassembler\n.RI [ OPTIONS ]\n.I COMMAND\n.RI [ ARGUMENTS ]\n");
    g_string_append(out, ".SH DESCRIPTION\n");
    append_escaped(
        out,
        "A product is a folder with fassembler.yaml and one recipe for each component. fassembler "
        "builds the components into a store, composes an environment of a site from them, and runs "
        "it under its supervisor. Every command may be run again after a crash.\n");
    g_string_append(out, ".SH OPTIONS\nOptions may stand before or after the command.\n");
    append_options(out, fa_arguments_global_options());
    g_string_append(out, ".SH COMMANDS\n");
    append_commands(out, commands);
    append_reference(out);
    g_string_append(
        out,
        ".SH SEE ALSO\n.BR fassembler\\-supervisord (8),\n.BR fassembler\\-supervisorctl (1)\n");
    return g_string_free(out, FALSE);
}
