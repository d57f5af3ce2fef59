#include "cli/commands.h"

#include <string.h>

#include "base/text.h"

#define FA_COMMAND(name) extern const FaCmd fa_cmd_##name;
#include "cli/commands.def"
#undef FA_COMMAND

const FaCmd *const *
fa_commands_all(void)
{
    static const FaCmd *const all[] = {
#define FA_COMMAND(name) &fa_cmd_##name,
#include "cli/commands.def"
#undef FA_COMMAND
        NULL,
    };
    return all;
}

const FaCmd *
fa_commands_find(const FaCmd *const *commands, const char *name)
{
    for (; *commands != NULL; commands++) {
        if (strcmp((*commands)->name, name) == 0)
            return *commands;
    }
    return NULL;
}

const FaCmd *
fa_commands_nearest(const FaCmd *const *commands, const char *name)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    for (const FaCmd *const *command = commands; *command != NULL; command++) {
        if (((*command)->traits & FA_CMD_IS_HIDDEN) == 0)
            g_ptr_array_add(names, (char *)(*command)->name);
    }
    g_ptr_array_add(names, NULL);

    const char *nearest = fa_text_nearest(name, (const char *const *)names->pdata);
    return nearest == NULL ? NULL : fa_commands_find(commands, nearest);
}

const char *
fa_group_to_string(FaGroup group)
{
    static const char *const names[] = {
        [FA_GROUP_START] = "Start",
        [FA_GROUP_RUN] = "Run an environment",
        [FA_GROUP_WORK] = "Work on a component",
        [FA_GROUP_RELEASE] = "Release and deploy",
        [FA_GROUP_CARE] = "Look after the home",
        [FA_GROUP_PROGRAM] = "About fassembler",
    };
    return names[group];
}
