#include "cli/help.h"

#include "cli/arguments.h"
#include "cli/commands.h"

static void
append_options(GString *out, const FaOption *option)
{
    g_string_append(out, "\n| option | |\n| --- | --- |\n");
    for (; option->name != NULL || option->letter != '\0'; option++) {
        g_autofree char *shape = fa_help_option_shape(option);
        g_autofree char *choices =
            option->choices == NULL ? NULL : g_strjoinv("`, `", (char **)option->choices);

        g_string_append_printf(out, "| `%s` | %s", g_strchug(shape), option->help);
        if (choices != NULL)
            g_string_append_printf(out, ": `%s`", choices);
        g_string_append(out, " |\n");
    }
}

static void
append_command(GString *out, const FaCmd *command)
{
    g_string_append_printf(out, "\n### fassembler %s\n\n%s.\n", command->name, command->summary);
    g_string_append_printf(out, "\n    fassembler %s%s%s%s\n", command->name,
                           command->options != NULL ? " [OPTIONS]" : "",
                           command->usage != NULL ? " " : "",
                           command->usage != NULL ? command->usage : "");
    if (command->description != NULL)
        g_string_append_printf(out, "\n%s\n", command->description);
    g_autofree char *right = fa_commands_describe_right(command);
    if (right != NULL)
        g_string_append_printf(out, "\n%s.\n", right);
    if (command->options != NULL)
        append_options(out, command->options);
    if (command->examples != NULL)
        g_string_append(out, "\n");
    for (const FaExample *example = command->examples; example != NULL && example->command != NULL;
         example++)
        g_string_append_printf(out, "- `%s`: %s\n", example->command, example->what);
}

char *
fa_help_markdown(const FaCmd *const *commands)
{
    GString *out = g_string_new(
        "# Commands\n\nMade by `fassembler help --markdown`, from the tables that the program "
        "reads its command line by.\n\nOptions that mean the same for every command, before "
        "or after it:\n");

    append_options(out, fa_arguments_global_options());
    for (int group = FA_GROUP_START; group <= FA_GROUP_PROGRAM; group++) {
        bool is_headed = false;
        for (const FaCmd *const *command = commands; *command != NULL; command++) {
            if ((int)(*command)->group != group || ((*command)->traits & FA_CMD_IS_HIDDEN) != 0)
                continue;
            if (!is_headed)
                g_string_append_printf(out, "\n## %s\n", fa_group_to_string((*command)->group));
            is_headed = true;
            append_command(out, *command);
        }
    }
    return g_string_free(out, FALSE);
}
