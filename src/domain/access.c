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
    bool is_about_environment;
} actions[] = {
    [FA_ACTION_NONE] = {"none", FA_ROLE_NONE, true},
    [FA_ACTION_LOOK] = {"look", FA_ROLE_VIEWER, true},
    [FA_ACTION_READ_LOGS] = {"read-logs", FA_ROLE_DEVELOPER},
    [FA_ACTION_BUILD] = {"build", FA_ROLE_DEVELOPER, true},
    [FA_ACTION_NOTE_ADD] = {"note-add", FA_ROLE_DEVELOPER, true},
    [FA_ACTION_RUN_ANYTHING] = {"run-anything", FA_ROLE_DEVELOPER, .is_about_environment = true},
    [FA_ACTION_REFRESH] = {"refresh", FA_ROLE_DEVELOPER, .is_about_environment = true},
    [FA_ACTION_RUN] = {"run", FA_ROLE_RELEASE_MANAGER, .is_about_environment = true},
    [FA_ACTION_CARRY_ON] = {"carry-on", FA_ROLE_RELEASE_MANAGER, .is_about_environment = true},
    [FA_ACTION_RELEASE_CUT] = {"release-cut", FA_ROLE_RELEASE_MANAGER},
    [FA_ACTION_RELEASE_REJECT] = {"release-reject", FA_ROLE_RELEASE_MANAGER},
    [FA_ACTION_DEPLOY] = {"deploy", FA_ROLE_RELEASE_MANAGER, .is_about_environment = true},
    [FA_ACTION_ROLLBACK] = {"rollback", FA_ROLE_RELEASE_MANAGER, .is_about_environment = true},
    [FA_ACTION_STORE_GC] = {"store-gc", FA_ROLE_ADMIN},
    [FA_ACTION_ENVIRONMENT_CREATE] = {"environment-create", FA_ROLE_ADMIN,
                                      .is_about_environment = true},
    [FA_ACTION_ENVIRONMENT_RETIRE] = {"environment-retire", FA_ROLE_ADMIN,
                                      .is_about_environment = true},
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

bool
fa_action_is_about_environment(FaAction action)
{
    return actions[action].is_about_environment;
}

static bool
is_run(FaAction action)
{
    return action == FA_ACTION_RUN || action == FA_ACTION_DEPLOY || action == FA_ACTION_ROLLBACK ||
           action == FA_ACTION_CARRY_ON;
}

FaAction
fa_action_on_track(FaAction action, FaTrack track)
{
    if (track == FA_TRACK_ANYTHING && is_run(action))
        return FA_ACTION_RUN_ANYTHING;
    bool is_refreshed = track == FA_TRACK_TRUNK || track == FA_TRACK_LIVE_FIX;
    if (action == FA_ACTION_CARRY_ON)
        return is_refreshed ? FA_ACTION_REFRESH : FA_ACTION_DEPLOY;
    return track == FA_TRACK_TRUNK && action == FA_ACTION_RUN ? FA_ACTION_REFRESH : action;
}

static FaAction
begun_action(const FaEvent *event)
{
    g_autoptr(JsonNode) node = fa_json_from_text(event->payload, -1, NULL);
    const char *kind = node != NULL && JSON_NODE_HOLDS_OBJECT(node)
                           ? fa_json_get_string(json_node_get_object(node), "deploy-kind")
                           : NULL;
    if (g_strcmp0(kind, "refresh") == 0)
        return FA_ACTION_REFRESH;
    return g_strcmp0(kind, "rollback") == 0 ? FA_ACTION_ROLLBACK : FA_ACTION_DEPLOY;
}

FaAction
fa_action_of_event(const FaEvent *event)
{
    static const FaAction of_kind[FA_EVENT_KINDS] = {
        [FA_EVENT_ENVIRONMENT_UP] = FA_ACTION_RUN,
        [FA_EVENT_ENVIRONMENT_DOWN] = FA_ACTION_RUN,
        [FA_EVENT_ENVIRONMENT_CREATED] = FA_ACTION_ENVIRONMENT_CREATE,
        [FA_EVENT_ENVIRONMENT_RETIRED] = FA_ACTION_ENVIRONMENT_RETIRE,
        [FA_EVENT_ENVIRONMENT_BROKEN] = FA_ACTION_REFRESH,
        [FA_EVENT_COMPONENT_DEVELOP] = FA_ACTION_OWN,
        [FA_EVENT_COMPONENT_PINNED] = FA_ACTION_OWN,
        [FA_EVENT_STORE_GC] = FA_ACTION_STORE_GC,
        [FA_EVENT_RELEASE_CUT] = FA_ACTION_RELEASE_CUT,
        [FA_EVENT_RELEASE_BUILT] = FA_ACTION_BUILD,
        [FA_EVENT_RELEASE_REJECTED] = FA_ACTION_RELEASE_REJECT,
        [FA_EVENT_NOTE_ADDED] = FA_ACTION_NOTE_ADD,
        [FA_EVENT_DEPLOY_BEGUN] = FA_ACTION_DEPLOY,
        [FA_EVENT_DEPLOY_STEP] = FA_ACTION_CARRY_ON,
        [FA_EVENT_DEPLOY_SWITCHED] = FA_ACTION_CARRY_ON,
        [FA_EVENT_DEPLOY_ENDED] = FA_ACTION_CARRY_ON,
        [FA_EVENT_MIGRATION_RAN] = FA_ACTION_CARRY_ON,
        [FA_EVENT_BACKUP_MADE] = FA_ACTION_CARRY_ON,
        [FA_EVENT_ACTOR_ACTED_AS] = FA_ACTION_ACT_AS,
    };
    FaEventKind kind;
    if (!fa_event_kind_from_string(event->kind, &kind) || of_kind[kind] == FA_ACTION_NONE)
        return FA_ACTION_OWN; /* what nobody thought of is nobody's but the home's user's */
    return kind == FA_EVENT_DEPLOY_BEGUN ? begun_action(event) : of_kind[kind];
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

GPtrArray *
fa_access_holders(const FaGrant *grants, size_t count, FaAction action, const char *site)
{
    GPtrArray *names = g_ptr_array_new();
    for (size_t i = 0; i < count; i++) {
        g_autoptr(GPtrArray) reasons =
            fa_access_check(grants, count, grants[i].actor, action, site);
        bool is_named = false;
        for (guint k = 0; k < names->len && !is_named; k++)
            is_named = strcmp(g_ptr_array_index(names, k), grants[i].actor) == 0;
        if (reasons->len == 0 && !is_named)
            g_ptr_array_add(names, (char *)grants[i].actor);
    }
    return names;
}
