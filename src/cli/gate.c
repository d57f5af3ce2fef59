#include "cli/gate.h"

#include <string.h>

#include "app/acting.h"
#include "app/ledger.h"
#include "app/trusted.h"
#include "base/error.h"
#include "base/text.h"
#include "cli/commands.h"
#include "sys/user.h"

/* What is refused to callers, whatever their role: with it they would have all rights of the home's user. */
static const struct {
    const char *option;
    const char *why;
} not_served[] = {
    {"sandbox", "what is not kept apart has all rights of the home's user"},
    {"save", "the product's files are its home's user's to write"},
};

/* Values that name a place in the file system. */
static bool
is_place(const char *argument)
{
    static const char *const places[] = {"FILE", "DIR", "FOLDER", "PATH", NULL};
    return argument != NULL && g_strv_contains(places, argument);
}

static bool
is_given(const FaInvocation *invocation, const FaOption *option)
{
    const void *slot = (const char *)invocation->options + option->offset;
    switch (option->kind) {
    case FA_OPTION_KIND_FLAG:
        return *(const bool *)slot;
    case FA_OPTION_KIND_UINT:
        return *(const unsigned *)slot != 0;
    case FA_OPTION_KIND_SPAN:
        return *(const int64_t *)slot != 0;
    case FA_OPTION_KIND_TEXT:
    case FA_OPTION_KIND_LIST:
        return *(const void *const *)slot != NULL;
    }
    g_assert_not_reached();
}

static bool
check_option(const FaInvocation *invocation, const FaOption *option, GError **error)
{
    if (!is_given(invocation, option))
        return true;
    for (size_t i = 0; i < G_N_ELEMENTS(not_served); i++) {
        if (g_strcmp0(option->name, not_served[i].option) == 0)
            return fa_fail(error, FA_ERROR_DENIED, "'--%s' is not served: %s", option->name,
                           not_served[i].why);
    }
    if (!is_place(option->argument))
        return true;
    const void *slot = (const char *)invocation->options + option->offset;
    /* "-" is the answer itself: the caller's side writes it. */
    return (option->kind == FA_OPTION_KIND_TEXT && strcmp(*(const char *const *)slot, "-") == 0) ||
           fa_fail(error, FA_ERROR_DENIED, "'--%s' is not served: its files are the home's user's",
                   option->name);
}

/* (transfer none) "FILE" of "[FILE]": is any argument a place? */
static bool
takes_place(const FaCmd *command)
{
    g_auto(GStrv) parts =
        command->usage != NULL ? g_strsplit_set(command->usage, "[] .", -1) : NULL;
    for (char **part = parts; part != NULL && *part != NULL; part++) {
        if (is_place(*part))
            return true;
    }
    return false;
}

static bool
check_served(const FaInvocation *invocation, FaCommandRight right, GError **error)
{
    const FaCmd *command = invocation->command;
    if (right.reach == FA_REACH_HERE)
        return fa_fail(error, FA_ERROR_DENIED, "'%s' is not served: it is for the home's own user",
                       command->name);
    for (const FaOption *option = command->options;
         option != NULL && (option->name != NULL || option->letter != '\0'); option++) {
        if (!check_option(invocation, option, error))
            return false;
    }
    for (size_t i = 0; i < invocation->argument_count; i++) {
        const char *word = invocation->arguments[i];
        if (takes_place(command) && strcmp(word, "-") != 0)
            return fa_fail(error, FA_ERROR_DENIED,
                           "'%s' is not served: files are the home's user's", word);
        /* COMPONENT.SETTING=VALUE ends up in what is run. */
        if (strchr(word, '=') != NULL)
            return fa_fail(error, FA_ERROR_DENIED,
                           "'%s' is not served: settings are changed in the product", word);
    }
    return true;
}

/* (transfer none) (nullable) The one who was meant by a mistyped name. */
static const char *
find_nearest(const GArray *people, const char *name)
{
    g_autofree const char **names = g_new0(const char *, people->len + 1);
    for (guint i = 0; i < people->len; i++)
        names[i] = g_array_index(people, FaGrant, i).actor;
    return g_strv_contains(names, name) ? name : fa_text_nearest(name, names);
}

static bool
check_person(const FaContext *context, const char *name, GError **error)
{
    const char *nearest = find_nearest(fa_context_get_product(context)->people, name);
    if (nearest != NULL && strcmp(nearest, name) == 0)
        return true;
    return fa_fail(error, FA_ERROR_NOT_FOUND, "nobody is '%s' under 'people:'\nhelp: %s%s%s", name,
                   nearest != NULL ? "did you mean '" : "name them in fassembler.yaml",
                   nearest != NULL ? nearest : "", nearest != NULL ? "'?" : "");
}

/* Every use of it is recorded, before anything is done. */
static bool
record_acting(const FaContext *context, const char *who, const FaInvocation *invocation,
              GError **error)
{
    JsonObject *payload = json_object_new();
    json_object_set_string_member(payload, "as", invocation->as);
    json_object_set_string_member(payload, "command", invocation->command->name);
    g_autofree char *flaw = fa_home_ledger_record(fa_context_get_home(context), who,
                                                  FA_EVENT_ACTOR_ACTED_AS, who, payload);
    return flaw == NULL || fa_fail(error, FA_ERROR_FAILED, "nothing is done: %s", flaw);
}

/* In a home of one's own one is its admin; elsewhere that has to be said of the caller. */
static bool
act_as(FaContext *context, const FaInvocation *invocation, GError **error)
{
    g_autofree char *who = g_strdup(fa_context_get_actor(context));
    const char *home = fa_context_get_home(context);
    if (!fa_acting_is_begun() && !fa_user_is_owner(home))
        return fa_fail(error, FA_ERROR_DENIED,
                       "'--as' is for admins, and the home '%s' is not yours", home);
    if (!check_person(context, invocation->as, error) ||
        !record_acting(context, who, invocation, error))
        return false;
    fa_acting_begin(invocation->as, who, false);
    return true;
}

bool
fa_gate_pass(FaInvocation *invocation, const FaCaller *caller, GError **error)
{
    const FaCommandRight right = fa_commands_get_right(invocation->command);
    bool is_on_site = right.reach == FA_REACH_SERVED_ON_SITE;
    if (caller == NULL && invocation->as == NULL)
        return true;
    if (caller != NULL && !check_served(invocation, right, error))
        return false;
    if (caller != NULL)
        fa_acting_begin(caller->name, NULL, caller->is_admin);

    g_autoptr(FaContext) context = fa_context_open(invocation->home, error);
    if (context == NULL || !fa_context_check(context, error) ||
        (caller != NULL && !fa_trusted_check(context, error)))
        return false;
    if (invocation->as == NULL)
        return fa_acting_allow(g_steal_pointer(&context), right.action, is_on_site, error);

    g_autoptr(FaContext) again = fa_context_open(invocation->home, error);
    if (again == NULL)
        return false;
    if (fa_acting_is_begun() &&
        !fa_acting_allow(g_steal_pointer(&again), FA_ACTION_ACT_AS, false, error))
        return false;
    return act_as(context, invocation, error) &&
           fa_acting_allow(g_steal_pointer(&context), right.action, is_on_site, error);
}
