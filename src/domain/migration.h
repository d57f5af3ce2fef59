#pragma once
/*
 * Migrations: what a component does to its data once, to go on with newer code.
 *
 * An `online` one is made while the old code serves, which lives with it; an `offline` one between two codes, while the
 * edge answers 503. A reversible one can be undone; going back past one that cannot be is refused, unless it is said how.
 *
 *   executed, wanted              nothing to do; what was only tried is run again
 *   wanted only                   run, in the order of the list
 *   executed only                 undone, the last one first; online ones only after the newer code is gone
 */
#include <glib.h>
#include <stdbool.h>

#include "domain/decision.h"

typedef enum FaMigrationMode { FA_MIGRATION_ONLINE, FA_MIGRATION_OFFLINE } FaMigrationMode;

const char *fa_migration_mode_to_string(FaMigrationMode mode);
bool fa_migration_mode_from_string(const char *text, FaMigrationMode *ret_mode);

typedef struct FaMigration {
    char *component;
    char *name; /* "0007-add-tags" */
    FaMigrationMode mode;
    bool is_reversible;
    bool
        is_partial; /* of an executed one that cannot be undone: it was tried, and nobody knows how far it came */
} FaMigration;

/* (transfer full) */
FaMigration *fa_migration_new(const char *component, const char *name, FaMigrationMode mode,
                              bool is_reversible);
void fa_migration_free(FaMigration *migration);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FaMigration, fa_migration_free)

/* How to go back past a migration that cannot be undone. */
typedef enum FaMigrationWay {
    FA_MIGRATION_REFUSE,
    FA_MIGRATION_KEEP,    /* the older code lives with it, says who asks: it stays */
    FA_MIGRATION_RESTORE, /* from the backup that was made before it; what was written since is lost */
} FaMigrationWay;

typedef struct FaMigrationAnswer {
    const char *component;
    const char *name;
    FaMigrationWay way;
} FaMigrationAnswer;

/* When a step of a plan is taken, in this order. */
typedef enum FaMigrationPhase {
    FA_MIGRATION_BEFORE, /* while the old code serves: online ones, run */
    FA_MIGRATION_CLOSED, /* while nothing serves: offline ones, undone, then run */
    FA_MIGRATION_AFTER,  /* when only the other code serves: online ones, undone */
} FaMigrationPhase;

typedef struct FaMigrationStep {
    FaMigration *migration;
    FaMigrationPhase phase;
    bool is_down;
    bool is_restore; /* down, from the backup */
} FaMigrationStep;

typedef struct FaMigrationPlan {
    GPtrArray *steps;   /* of FaMigrationStep, in order */
    GPtrArray *reasons; /* of FaReason: why not */
} FaMigrationPlan;

void fa_migration_plan_free(FaMigrationPlan *plan);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FaMigrationPlan, fa_migration_plan_free)
/*
 * (transfer full) @executed: of FaMigration, in the order in which they were run; @wanted: of FaMigration, as the components
 * of the release declare them, in the order of components. What was executed is undone as it was then, whatever is
 * declared now.
 */
FaMigrationPlan *fa_migration_plan(const GPtrArray *executed, const GPtrArray *wanted,
                                   const FaMigrationAnswer *answers, size_t answer_count);
bool fa_migration_plan_has(const FaMigrationPlan *plan, FaMigrationPhase phase);

/* (transfer full) migration.ran. @deployment and @note are nullable. */
FaDecision *fa_migration_decide_ran(const char *environment, const char *deployment,
                                    const FaMigration *migration, bool is_down, bool is_done,
                                    const char *note, int64_t took_ms, const FaAsker *asker);
