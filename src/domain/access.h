#pragma once
/*
 * Who may do what. Roles are given for a site, or for all of them; each may do what the ones before it may. Somebody without a
 * role may nothing. What only concerns the rig as a whole needs the role for all sites.
 */
#include <glib.h>
#include <stdbool.h>

#include "domain/decision.h"
#include "domain/product.h"

typedef enum FaRole {
    FA_ROLE_NONE,
    FA_ROLE_VIEWER,
    FA_ROLE_DEVELOPER,
    FA_ROLE_RELEASE_MANAGER,
    FA_ROLE_ADMIN,
} FaRole;

const char *fa_role_to_string(FaRole role);
bool fa_role_from_string(const char *text, FaRole *ret_role);

typedef enum FaAction {
    FA_ACTION_NONE, /* what touches no home: anybody may */
    FA_ACTION_LOOK,
    FA_ACTION_READ_LOGS, /* of processes: they hold what visitors did */
    FA_ACTION_BUILD,
    FA_ACTION_NOTE_ADD,
    FA_ACTION_RUN_ANYTHING, /* deploy, roll back, start or stop where the track is `anything` */
    FA_ACTION_REFRESH,      /* backstage from trunk, leapfrog from live */
    FA_ACTION_RUN,          /* start, stop, bring up to date: elsewhere */
    FA_ACTION_CARRY_ON,     /* write down how a deployment goes that somebody who may it began */
    FA_ACTION_RELEASE_CUT,
    FA_ACTION_RELEASE_REJECT,
    FA_ACTION_DEPLOY,   /* to all other tracks */
    FA_ACTION_ROLLBACK, /* there, too */
    FA_ACTION_STORE_GC,
    FA_ACTION_ENVIRONMENT_CREATE,
    FA_ACTION_ENVIRONMENT_RETIRE,
    FA_ACTION_EDGE_APPLY,
    FA_ACTION_LEDGER_IMPORT,
    FA_ACTION_OWN, /* what is done with all rights of the home's user */
    FA_ACTION_ACT_AS,
} FaAction;

#define FA_ACTIONS (FA_ACTION_ACT_AS + 1)

const char *fa_action_to_string(FaAction action);
bool fa_action_from_string(const char *text, FaAction *ret_action);
FaRole fa_action_least_role(FaAction action);
/* Is a role for any site enough, when it is not about one? To look at the whole is of use to all who have a part in it. */
bool fa_action_is_for_any_site(FaAction action);
/* What @action is in an environment of this track: what may run anything is the developers', as is what follows trunk. */
FaAction fa_action_on_track(FaAction action, FaTrack track);

#define FA_ACCESS_ALL_SITES "*"
#define FA_ACCESS_ANY_SITE  "?"

typedef struct FaGrant {
    const char *actor;
    const char *site; /* or FA_ACCESS_ALL_SITES */
    FaRole role;
} FaGrant;

/* What it is to append @event. */
FaAction fa_action_of_event(const FaEvent *event);
/* Is it about one environment, so that the role for its site is enough? */
bool fa_action_is_about_environment(FaAction action);

/* (transfer full) of FaGrant, whose texts are freed with it. */
GArray *fa_grants_new(void);

/* The highest that @actor has; @site NULL: of those that are for all sites; FA_ACCESS_ANY_SITE: of all. */
FaRole fa_access_role(const FaGrant *grants, size_t count, const char *actor, const char *site);
/* (transfer full) of FaReason: ROLE_MISSING with the least role that may, or nothing. @site is NULL for what is not about one. */
GPtrArray *fa_access_check(const FaGrant *grants, size_t count, const char *actor, FaAction action,
                           const char *site);
/* (transfer full) of char (transfer none): everybody who may, in the order of the grants. */
GPtrArray *fa_access_holders(const FaGrant *grants, size_t count, FaAction action,
                             const char *site);
