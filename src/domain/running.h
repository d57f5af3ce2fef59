#pragma once
/*
 * What runs where: folded from the events of all environments, and small, so that it is read back in milliseconds however
 * long the ledger is. What ran before is not here but in history.h, which reads the events of one environment.
 */
#include <glib.h>
#include <stdbool.h>

#include "domain/decision.h"
#include "domain/deployment.h"
#include "domain/event.h"
#include "domain/migration.h"

/* Of the fold as it is kept in a snapshot. A change of what fa_running_apply() does needs the next number, too. */
#define FA_RUNNING_FOLD    "running"
#define FA_RUNNING_VERSION 3

/* How the last deployment to an environment went. */
typedef struct FaStandingEnd {
    char *id; /* (nullable) NULL: there was none yet */
    FaDeployKind kind;
    char *release;
    FaDeployOutcome outcome;
    char *step;   /* (nullable) that failed */
    char *reason; /* (nullable) */
    FaTime at;
} FaStandingEnd;

/* Its refresh failed; what ran goes on. */
typedef struct FaStandingBroken {
    char *what; /* (nullable) NULL: it is not */
    char *reason;
    char *revision; /* (nullable) */
    FaTime since;
} FaStandingBroken;

typedef struct FaStanding {
    char *environment; /* ENV.SITE */
    char *track;       /* (nullable) as the event that created it says, as is host */
    char *host;
    bool is_retired;
    bool is_down;     /* it was stopped by a person */
    char *build;      /* (nullable) NULL: nothing was ever up */
    char *release;    /* (nullable) FA_RELEASE_TRUNK for a snapshot */
    char *slot;       /* (nullable) */
    char *bits;       /* (nullable) */
    char *deployment; /* (nullable) which brought it */
    char *by;         /* (nullable) */
    char *why;        /* (nullable) */
    FaTime since;
    GPtrArray *executed; /* of FaMigration, in the order in which they were run */
    FaStandingBroken broken;
    FaStandingEnd last;
    FaDeployment *open; /* (nullable) the one that is under way, or was when somebody was killed */
} FaStanding;

typedef struct FaRunning FaRunning;
FaRunning *fa_running_new(void);
void fa_running_free(FaRunning *running);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FaRunning, fa_running_free)
/* The next state, in place. Total: what is not about environments is left out. */
void fa_running_apply(FaRunning *running, const FaEvent *event);
/* The position of the last event that was applied, whatever it was about. */
uint64_t fa_running_get_position(const FaRunning *running);
/* (transfer none) (nullable) @environment: ENV.SITE */
const FaStanding *fa_running_find(const FaRunning *running, const char *environment);
/* (transfer container) of FaStanding, by name; retired ones too */
GPtrArray *fa_running_list(const FaRunning *running);

/* (transfer full) */
GBytes *fa_running_to_bytes(const FaRunning *running);
/* (transfer full) (nullable) NULL: these are none of this version; fold again. */
FaRunning *fa_running_from_bytes(GBytes *bytes);

typedef struct FaDeployBegin {
    const char *environment; /* ENV.SITE */
    const char *id;
    FaDeployKind kind;
    const char *release;
    const char *expects; /* the build that ran when the plan was made, or "" */
    const char *slot;
    const char *plan;
    const char *why; /* (nullable) */
    const char *host;
    int64_t pid;
    FaSpan lifetime;
    const char *const *answers; /* (nullable) about migrations, NULL-ended; each is valid */
} FaDeployBegin;

/*
 * (transfer full) deploy.begun, when nothing else is under way there and what runs is what the plan was made from. Append it
 * at the position of @running, and nobody else can have won meanwhile.
 */
FaDecision *fa_running_decide_begin(const FaRunning *running, const FaDeployBegin *begin,
                                    const FaAsker *asker);
/* (transfer full) environment.created; nothing to record when it is so already. */
FaDecision *fa_running_decide_create(const FaRunning *running, const char *environment,
                                     const char *track, const char *host, const char *why,
                                     const FaAsker *asker);
/* (transfer full) environment.retired; @is_emptied: its data is deleted. */
FaDecision *fa_running_decide_retire(const FaRunning *running, const char *environment,
                                     bool is_emptied, const char *why, const FaAsker *asker);
