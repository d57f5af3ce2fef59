#include "cli/commands.h"

#include <string.h>

#include "base/text.h"

#define FA_COMMAND(name_, action_, reach_) extern const FaCmd fa_cmd_##name_;
#include "cli/commands.def"
#undef FA_COMMAND

const FaCmd *const *
fa_commands_all(void)
{
    static const FaCmd *const all[] = {
#define FA_COMMAND(name_, action_, reach_) &fa_cmd_##name_,
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

FaCommandRight
fa_commands_get_right(const FaCmd *command)
{
    static const struct {
        const FaCmd *command;
        FaCommandRight right;
    } all[] = {
#define FA_COMMAND(name_, action_, reach_)                                                         \
    {&fa_cmd_##name_, {FA_ACTION_##action_, FA_REACH_##reach_}},
#include "cli/commands.def"
#undef FA_COMMAND
    };
    for (size_t i = 0; i < G_N_ELEMENTS(all); i++) {
        if (all[i].command == command)
            return all[i].right;
    }
    return (FaCommandRight){FA_ACTION_OWN, FA_REACH_HERE};
}

char *
fa_commands_describe_right(const FaCmd *command)
{
    const FaCommandRight right = fa_commands_get_right(command);
    if (right.action == FA_ACTION_NONE)
        return NULL;
    if (right.reach == FA_REACH_HERE)
        return g_strdup("For the home's own user");
    FaRole least = fa_action_least_role(right.action);
    FaRole anything = fa_action_least_role(fa_action_on_track(right.action, FA_TRACK_ANYTHING));
    FaRole trunk = fa_action_least_role(fa_action_on_track(right.action, FA_TRACK_TRUNK));
    const char *where = right.reach == FA_REACH_SERVED_ON_SITE    ? "that site"
                        : fa_action_is_for_any_site(right.action) ? "any site"
                                                                  : "all sites";
    g_autofree char *text =
        g_strdup_printf("Needs the role %s for %s", fa_role_to_string(least), where);
    if (anything == least)
        return g_steal_pointer(&text);
    return g_strdup_printf("%s; %s where the track is anything%s", text,
                           fa_role_to_string(anything), trunk == anything ? " or trunk" : "");
}
