#pragma once
/*
 * Deploying a release to an environment, and going back.
 *
 * The new build is started in the idle slot beside the old one, which serves until the new one is healthy; then one rename
 * switches. Whatever fails before that leaves the old one serving; health that is lost within the watch time after it brings
 * the old one back. Each step is in the ledger before it is done and after, so that a deployment that was killed is finished,
 * or undone, by the next command (domain/deployment.h).
 */
#include <stdbool.h>
#include <stdint.h>

#include "app/assemble.h"
#include "app/note.h"
#include "app/state.h"
#include "base/json.h"
#include "domain/track.h"
#include "site/edits.h"

typedef struct FaDeployOptions {
    const char *release; /* (nullable) for a rollback: what ran before */
    FaDeployKind kind;
    const char *why;         /* (nullable) */
    const char *const *lost; /* (nullable) changes that may be lost, NULL-ended */
    int64_t watch;           /* seconds after the switch; lost health undoes it. 0: 10, -1: none */
    /* (nullable) How to go past migrations, "COMPONENT/NAME=keep" or "=restore", NULL-ended; of one that is resumed: which to
     * leave as they are in place of undoing them. */
    const char *const *migrations;
    int64_t patience;    /* seconds for processes to be ready, and for a smoke test; 0: 120 */
    const char *on_edit; /* (nullable) keep, replace, backup or merge */
    const FaEditDialogue *dialogue; /* (nullable) */
    FaAssembleOptions assemble;
    /* Each may be NULL. */
    void (*step)(const char *step, bool is_undone, void *data);
    void (*done)(const char *step, bool is_undone, int64_t microseconds, const GError *failure,
                 void *data);
    void (*say)(const char *text, void *data);
    bool (*is_note_done)(const FaNote *note, void *data); /* a manual one; asks who knows */
    bool notes_done;                                      /* all manual ones are */
    void *data;
} FaDeployOptions;

typedef struct FaDeployed {
    char *id;
    char *release;
    char *from;  /* (nullable) */
    char *build; /* (nullable) what serves now */
    char *url;   /* where the public reaches it */
    FaDeployOutcome outcome;
    char *reason;             /* (nullable) why it failed */
    int64_t switched_in;      /* microseconds of the rename; -1: it was not switched */
    int64_t offline_us;       /* that nobody was served; -1: somebody was throughout */
    int64_t offline_requests; /* that were answered 503 meanwhile; -1: not known */
} FaDeployed;

void fa_deployed_clear(FaDeployed *deployed);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(FaDeployed, fa_deployed_clear)

/* What would be done. */
typedef struct FaDeployPlan {
    char *release;
    char *from;          /* (nullable) the release that runs */
    char *build_now;     /* (nullable) */
    char *slot;          /* that it would start in */
    char *id;            /* digest of all of it: --plan does just that, or nothing */
    GPtrArray *reasons;  /* of FaReason: why not */
    FaNotesFound *notes; /* of what is between the two; what is missing is in reasons too */
    GPtrArray *to_do;    /* of FaNote, of those: manual ones that were not carried out there yet */
    JsonObject
        *migrations; /* (nullable) fa_view_migrations(); NULL: not known before it is built */
} FaDeployPlan;

void fa_deploy_plan_clear(FaDeployPlan *plan);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(FaDeployPlan, fa_deploy_plan_clear)

/* Touches nothing. NOT_FOUND for an unknown release. */
bool fa_deploy_plan(FaContext *context, const FaChoice *choice, const FaDeployOptions *options,
                    FaDeployPlan *ret_plan, GError **error);

/*
 * True when a deployment ran to its end, whatever its outcome. REFUSED, with every reason, before anything was done; CONFLICT
 * when somebody else is deploying there, or was first. @plan (nullable): the id of the plan that it has to be.
 */
bool fa_deploy(FaContext *context, const FaChoice *choice, const FaDeployOptions *options,
               const char *plan, FaDeployed *ret_deployed, GError **error);
/* Finishes, or with @give_up undoes, what was left open by somebody who is gone. NOT_FOUND when nothing was. */
bool fa_deploy_resume(FaContext *context, const FaChoice *choice, const FaDeployOptions *options,
                      bool give_up, FaDeployed *ret_deployed, GError **error);
