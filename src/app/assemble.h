#pragma once
/*
 * Building the components of an environment: finds out the exact revision of every source, makes the keys, and builds
 * what the store does not have, several at once, each after what it needs.
 *
 * fassembler.lock keeps revision and digest of every source that was fetched; what stands there is built again, until it
 * is asked to move on. What is fetched again must have the digest that the lock has. Directories are not in it: they are
 * taken as they are. Nothing is fetched for what the store has already.
 *
 * What others built already (app/pulls.h) is pulled in place of being built, all of it before the first build.
 */
#include <stdbool.h>
#include <stdint.h>

#include "app/context.h"
#include "base/digest.h"
#include "sys/cancel.h"

typedef enum FaPlanState {
    FA_PLAN_THERE, /* the store has it */
    FA_PLAN_PULL,  /* somebody else built it: it is fetched */
    FA_PLAN_BUILD,
    FA_PLAN_FETCH, /* its source is not known yet: it will be fetched, then built if need be */
} FaPlanState;

/* One component, in the order of building. */
typedef struct FaAssembled {
    char *component;
    char *revision; /* (nullable) */
    FaPlanState state;
    FaDigest key;     /* zero while the source is not known */
    char *name;       /* (nullable) in the store */
    char *path;       /* (nullable) */
    char *place;      /* (nullable) where it is pulled from, to be shown */
    int64_t estimate; /* microseconds that it took last; 0: unknown */
} FaAssembled;

/* A component that failed, while somebody is asked what to do about it. All is borrowed. */
typedef struct FaFailure {
    const char *component;
    const GError *error;
    const char *log;  /* path; the file may not be there */
    FaCancel *cancel; /* of the whole */
    const void *work; /* for fa_assemble_shell() */
} FaFailure;

typedef enum FaFailureAnswer {
    FA_FAILURE_CONTINUE, /* with what does not need it */
    FA_FAILURE_RETRY,
    FA_FAILURE_STOP, /* what runs is finished, nothing more is begun */
} FaFailureAnswer;

/* All are called in the caller's thread but step and waiting, and each may be NULL. */
typedef struct FaAssembleEvents {
    void (*planned)(const FaAssembled *component, void *data);
    void (*begun)(const char *component, void *data);
    void (*step)(const char *component, const char *step, void *data); /* from any thread */
    /* Others go on meanwhile. NULL: continue. */
    FaFailureAnswer (*failed)(const FaFailure *failure, void *data);
    /* A failure is told once it is not tried again. */
    void (*ended)(const char *component, const GError *error, const char *log, void *data);
    /* In place of ended: it was pulled. @place is NULL when somebody else did that meanwhile. */
    void (*pulled)(const char *component, const char *place, uint64_t bytes, void *data);
    void (*note)(const char *text, void *data); /* a line for people; from any thread */
    void (*skipped)(const char *component, const char *because,
                    void *data); /* @because is (nullable) */
    void (*waiting)(const char *owner,
                    void *data); /* somebody else builds the same; from any thread */
    void *data;
} FaAssembleEvents;

typedef struct FaAssembleOptions {
    const char *const *assignments; /* (nullable) component.setting=value, NULL-ended */
    const char *const *
        components; /* (nullable) only these and what they need, NULL-ended; `all` and `missing` are all */
    unsigned jobs; /* at least 1 */
    const char
        *sandbox; /* (nullable) how steps are kept apart, by its name; recorded with the key */
    bool update;  /* move every source on, whatever the lock says */
    bool offline; /* use no network */
    bool no_pull; /* build all that is not there */
    bool dry_run; /* only *ret_plan; nothing is fetched, written or run, but places are asked */
    FaCancel *cancel;
    FaAssembleEvents events;
} FaAssembleOptions;

/* *ret_plan (transfer full): of FaAssembled; set on failure too once there is a plan, so that what was built is known. */
bool fa_assemble(FaContext *context, const FaChoice *choice, const FaAssembleOptions *options,
                 GPtrArray **ret_plan, GError **error);

/* A shell on the terminal in the sandbox of what failed, as it was left. NOT_FOUND when nothing was left. */
bool fa_assemble_shell(const FaFailure *failure, GError **error);
