#pragma once
/*
 * One deployment: steps in a fixed order, each written to the ledger before and after, so that whoever comes after a crash
 * knows what to do next from the events alone.
 *
 *                    ┌────────────── a step failed, or it was given up ──────────────┐
 *                    │                                                               ▼
 *   begun ──► lock … smoke ──► maintenance-on ─► migrate-offline ─► switch    undo what has an undo,
 *                                                                     │       the last one first ──► failed | undone
 *                                                                     ▼              ▲
 *                                             maintenance-off ─► drain ─► watch ─────┘ users are without it: rolled-back
 *                                                                     │
 *                                                                     ▼
 *                                                        stop ─► migrate-back ──► done
 *
 *   a step:  none ──► begun ──► done ──► undone          none ──► done: there was nothing to do
 *                       └─► failed ──► undone
 *
 * Before the switch every failure undoes. After it, only health that was lost in the watch time does, and a maintenance that
 * does not end, when there is
 * something to go back to and no irreversible migration was made offline; any other failure is written down, and the
 * deployment goes on. What is `begun` and no more, because somebody was killed, is done again: steps and their undoing can be
 * repeated. What was done may not have
 * been written down, so that undoing a step undoes all of it, told or not. While it is watched, another may say that the watch
 * failed, FA_DEPLOYMENT_TAKEN_BACK; who watches it undoes it then. To give up, a step is said to have failed, because of FA_DEPLOYMENT_GIVEN_UP; from then on it is as above.
 */
#include <glib.h>
#include <stdbool.h>

#include "domain/decision.h"
#include "domain/migration.h"
#include "domain/track.h"

typedef enum FaDeployStep {
    FA_DEPLOY_STEP_LOCK,
    FA_DEPLOY_STEP_BUILD,           /* or fetch, by digest */
    FA_DEPLOY_STEP_BACKUP,          /* before anything is migrated */
    FA_DEPLOY_STEP_RENDER,          /* compose for the idle slot; local edits merged */
    FA_DEPLOY_STEP_MIGRATE_ONLINE,  /* the old code serves, and lives with it; undo: down */
    FA_DEPLOY_STEP_START,           /* the new one in the idle slot; undo: stop it */
    FA_DEPLOY_STEP_CHECK,           /* every health check */
    FA_DEPLOY_STEP_SMOKE,           /* every smoke test */
    FA_DEPLOY_STEP_MAINTENANCE_ON,  /* 503, when something is migrated offline; undo: off */
    FA_DEPLOY_STEP_MIGRATE_OFFLINE, /* undo: down, or the backup that was made at its begin */
    FA_DEPLOY_STEP_SWITCH,          /* edge and `current`; undo: back */
    FA_DEPLOY_STEP_MAINTENANCE_OFF, /* undo: on */
    FA_DEPLOY_STEP_DRAIN,
    FA_DEPLOY_STEP_WATCH,        /* the old one still runs, so that going back is quick */
    FA_DEPLOY_STEP_STOP,         /* the old one */
    FA_DEPLOY_STEP_MIGRATE_BACK, /* online migrations that only the newer code needed, after a rollback */
} FaDeployStep;

#define FA_DEPLOY_STEPS        (FA_DEPLOY_STEP_MIGRATE_BACK + 1)
#define FA_DEPLOYMENT_GIVEN_UP "given up" /* the detail of a step that somebody gave up at */
#define FA_DEPLOYMENT_TAKEN_BACK                                                                   \
    "taken back" /* how the detail begins of a watch that somebody ended */

const char *fa_deploy_step_to_string(FaDeployStep step);
bool fa_deploy_step_from_string(const char *text, FaDeployStep *ret_step);

typedef enum FaDeployState {
    FA_DEPLOY_STATE_NONE,
    FA_DEPLOY_STATE_BEGUN,
    FA_DEPLOY_STATE_DONE,
    FA_DEPLOY_STATE_FAILED,
    FA_DEPLOY_STATE_UNDONE,
} FaDeployState;

const char *fa_deploy_state_to_string(FaDeployState state);
bool fa_deploy_state_from_string(const char *text, FaDeployState *ret_state);

typedef enum FaDeployOutcome {
    FA_DEPLOY_OUTCOME_DONE,
    FA_DEPLOY_OUTCOME_FAILED, /* the old one serves; or the new one, when health was lost and there was no way back */
    FA_DEPLOY_OUTCOME_UNDONE,      /* given up; the old one serves */
    FA_DEPLOY_OUTCOME_ROLLED_BACK, /* health was lost after the switch; the old one serves */
} FaDeployOutcome;

const char *fa_deploy_outcome_to_string(FaDeployOutcome outcome);
bool fa_deploy_outcome_from_string(const char *text, FaDeployOutcome *ret_outcome);

typedef struct FaDeployment {
    char *id;
    char *environment; /* ENV.SITE */
    FaDeployKind kind;
    char *release;
    char *from;    /* (nullable) the release that ran */
    char *expects; /* the build that ran, or "" */
    char *slot;
    char *plan;
    char *why; /* (nullable) */
    char *by;
    char *host;
    int64_t pid;
    FaSpan lifetime;
    FaTime begun_at;
    FaTime last_at; /* of its last event */
    FaDeployState states[FA_DEPLOY_STEPS];
    FaDeployStep failed_step; /* the first that failed, when has_failed */
    bool has_failed;
    char *reason;      /* (nullable) its detail */
    bool is_lost;      /* health was, or users are still shown the maintenance, after the switch */
    bool is_switched;  /* the new one serves */
    bool was_switched; /* it did, at some time */
    bool
        has_burnt_bridges; /* an irreversible migration was made offline, or one gone back past, or tried */
    bool has_ended;
    FaDeployOutcome outcome;
    GPtrArray *executed; /* of FaMigration: what had been migrated when it began */
    char **
        answers; /* how to go past migrations that are in the way, as fa_migration_plan() wants them */
} FaDeployment;

void fa_deployment_free(FaDeployment *deployment);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FaDeployment, fa_deployment_free)
/* (transfer full) (nullable) NULL: @begun, a deploy.begun, has no payload of that kind. */
FaDeployment *fa_deployment_new(const FaEvent *begun);
/* The next state, in place. Total: what does not belong to it, or not to a deployment that has ended, changes nothing. */
void fa_deployment_apply(FaDeployment *deployment, const FaEvent *event);
/* The same, for who has read the payload already. */
void fa_deployment_apply_payload(FaDeployment *deployment, const FaEvent *event,
                                 JsonObject *payload);
/* Has it taken longer than it said it would? A clock that stepped back says nothing. */
bool fa_deployment_is_expired(const FaDeployment *deployment, FaTime now);

typedef enum FaDeployAct {
    FA_DEPLOY_ACT_STEP, /* do @step; it may have been begun before */
    FA_DEPLOY_ACT_UNDO, /* undo @step; that may have been tried before */
    FA_DEPLOY_ACT_END,  /* with @outcome */
    FA_DEPLOY_ACT_NONE, /* it has ended */
} FaDeployAct;

typedef struct FaDeployNext {
    FaDeployAct act;
    FaDeployStep step;
    FaDeployOutcome outcome;
} FaDeployNext;

FaDeployNext fa_deployment_next(const FaDeployment *deployment);
/* Has something failed, so that what was done is undone? */
bool fa_deployment_is_undoing(const FaDeployment *deployment);
/* Would it be undone if health were lost now? */
bool fa_deployment_can_go_back(const FaDeployment *deployment);

/* The answer is in words of the ledger: (transfer full), and STEP_OUT_OF_TURN for what is not next. */
FaDecision *fa_deployment_decide_step(const FaDeployment *deployment, FaDeployStep step,
                                      FaDeployState state, const char *detail, int64_t took_ms,
                                      const FaAsker *asker);

typedef struct FaSwitched {
    const char *release; /* what serves now, or FA_RELEASE_TRUNK */
    const char *from;    /* (nullable) */
    const char *build;
    const char *from_build; /* (nullable) */
    const char *slot;
    const char *bits;
} FaSwitched;

/* Between the begin and the end of the switch: forth as a step, or back as its undoing. */
FaDecision *fa_deployment_decide_switched(const FaDeployment *deployment,
                                          const FaSwitched *switched, const FaAsker *asker);
/* With the outcome that is next. @log is nullable. */
FaDecision *fa_deployment_decide_end(const FaDeployment *deployment, const char *log,
                                     const FaAsker *asker);
/* It fails at the step that is next, so that all is undone; refused after the switch. */
FaDecision *fa_deployment_decide_give_up(const FaDeployment *deployment, const FaAsker *asker);

/* Is something undone, or next to be? */
bool fa_deployment_is_undoing(const FaDeployment *deployment);
/* Does what it replaced still run, so that it need not be started to go back? */
bool fa_deployment_can_take_back(const FaDeployment *deployment);
/*
 * The watch is said to have failed, whoever watches and however far that is, so that all is undone. For others than who
 * drives the deployment: that one sees it in the ledger.
 */
FaDecision *fa_deployment_decide_take_back(const FaDeployment *deployment, const char *why,
                                           const FaAsker *asker);
