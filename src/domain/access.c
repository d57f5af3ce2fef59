#include "domain/access.h"

#include <string.h>

static const char *const role_names[] = {
    [FA_ROLE_NONE] = "none",           [FA_ROLE_VIEWER] = "viewer",
    [FA_ROLE_DEVELOPER] = "developer", [FA_ROLE_RELEASE_MANAGER] = "release-manager",
    [FA_ROLE_ADMIN] = "admin",
};

/* Who may: this role and those above it. */
static const struct {
    const char *name;
    FaRole least;
    bool is_for_any_site;
} actions[] = {
    [FA_ACTION_NONE] = {"none", FA_ROLE_NONE, true},
    [FA_ACTION_LOOK] = {"look", FA_ROLE_VIEWER, true},
    [FA_ACTION_READ_LOGS] = {"read-logs", FA_ROLE_DEVELOPER},
    [FA_ACTION_BUILD] = {"build", FA_ROLE_DEVELOPER, true},
    [FA_ACTION_NOTE_ADD] = {"note-add", FA_ROLE_DEVELOPER, true},
    [FA_ACTION_RUN_ANYTHING] = {"run-anything", FA_ROLE_DEVELOPER},
    [FA_ACTION_REFRESH] = {"refresh", FA_ROLE_DEVELOPER},
    [FA_ACTION_RUN] = {"run", FA_ROLE_RELEASE_MANAGER},
    [FA_ACTION_RELEASE_CUT] = {"release-cut", FA_ROLE_RELEASE_MANAGER},
    [FA_ACTION_RELEASE_REJECT] = {"release-reject", FA_ROLE_RELEASE_MANAGER},
    [FA_ACTION_DEPLOY] = {"deploy", FA_ROLE_RELEASE_MANAGER},
    [FA_ACTION_ROLLBACK] = {"rollback", FA_ROLE_RELEASE_MANAGER},
    [FA_ACTION_STORE_GC] = {"store-gc", FA_ROLE_ADMIN},
    [FA_ACTION_ENVIRONMENT_CREATE] = {"environment-create", FA_ROLE_ADMIN},
    [FA_ACTION_ENVIRONMENT_RETIRE] = {"environment-retire", FA_ROLE_ADMIN},
    [FA_ACTION_EDGE_APPLY] = {"edge-apply", FA_ROLE_ADMIN},
    [FA_ACTION_LEDGER_IMPORT] = {"ledger-import", FA_ROLE_ADMIN},
    [FA_ACTION_OWN] = {"own", FA_ROLE_ADMIN},
    [FA_ACTION_ACT_AS] = {"act-as", FA_ROLE_ADMIN},
};
G_STATIC_ASSERT(G_N_ELEMENTS(actions) == FA_ACTIONS);

const char *
fa_role_to_string(FaRole role)
{
    return role_names[role];
}

bool
fa_role_from_string(const char *text, FaRole *ret_role)
{
    for (size_t i = 0; i < G_N_ELEMENTS(role_names); i++) {
        if (strcmp(role_names[i], text) == 0) {
            *ret_role = (FaRole)i;
            return true;
        }
    }
    return false;
}

const char *
fa_action_to_string(FaAction action)
{
    return actions[action].name;
}

bool
fa_action_from_string(const char *text, FaAction *ret_action)
{
    for (size_t i = 0; i < G_N_ELEMENTS(actions); i++) {
        if (strcmp(actions[i].name, text) == 0) {
            *ret_action = (FaAction)i;
            return true;
        }
    }
    return false;
}

FaRole
fa_action_least_role(FaAction action)
{
    return actions[action].least;
}

bool
fa_action_is_for_any_site(FaAction action)
{
    return actions[action].is_for_any_site;
}

static bool
is_run(FaAction action)
{
    return action == FA_ACTION_RUN || action == FA_ACTION_DEPLOY || action == FA_ACTION_ROLLBACK;
}

FaAction
fa_action_on_track(FaAction action, FaTrack track)
{
    if (track == FA_TRACK_ANYTHING && is_run(action))
        return FA_ACTION_RUN_ANYTHING;
    return track == FA_TRACK_TRUNK && action == FA_ACTION_RUN ? FA_ACTION_REFRESH : action;
}

static void
clear_grant(gpointer data)
{
    FaGrant *grant = data;
    g_free((char *)grant->actor);
    g_free((char *)grant->site);
}

GArray *
fa_grants_new(void)
{
    GArray *grants = g_array_new(FALSE, TRUE, sizeof(FaGrant));
    g_array_set_clear_func(grants, clear_grant);
    return grants;
}

FaRole
fa_access_role(const FaGrant *grants, size_t count, const char *actor, const char *site)
{
    FaRole role = FA_ROLE_NONE;
    for (size_t i = 0; i < count; i++) {
        bool is_there = strcmp(grants[i].site, FA_ACCESS_ALL_SITES) == 0 ||
                        (site != NULL && (strcmp(site, FA_ACCESS_ANY_SITE) == 0 ||
                                          strcmp(grants[i].site, site) == 0));
        if (is_there && strcmp(grants[i].actor, actor) == 0)
            role = MAX(role, grants[i].role);
    }
    return role;
}

GPtrArray *
fa_access_check(const FaGrant *grants, size_t count, const char *actor, FaAction action,
                const char *site)
{
    GPtrArray *reasons = fa_reasons_new();
    FaRole least = fa_action_least_role(action);
    if (site == NULL && fa_action_is_for_any_site(action))
        site = FA_ACCESS_ANY_SITE;
    FaRole role = fa_access_role(grants, count, actor, site);
    if (role < least)
        fa_reasons_add(reasons, FA_REASON_ROLE_MISSING, role_names[least], role_names[role]);
    return reasons;
}
