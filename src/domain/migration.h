#pragma once
/*
 * Migrations: what a component does to its data once, to go on with newer code.
 *
 * An `online` one is made while the old code serves, which lives with it; an `offline` one between two codes, while the
 * edge answers 503. A reversible one can be undone; going back past one that cannot be is refused, unless it is said how.
 *
 *   executed, wanted              nothing to do; what was only tried is run again; what is another by now is refused
 *   wanted only                   run, in the order of the list, even when a later one was run already
 *   executed only                 undone, the last one first; online ones only after the newer code is gone
 *
 * A backup that is put back undoes what the component ran since as well.
 */
#include <glib.h>
#include <stdbool.h>

#include "domain/decision.h"
#include "domain/product.h"

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
    char *summary;    /* (nullable) what it does, in one line, as it is declared now */
    char *digest;     /* (nullable) of what it does; of an executed one: of what it did then */
    char *release;    /* (nullable) of an executed one: whose scripts were run */
    char *deployment; /* (nullable) of an executed one: which ran it, and made the backup before */
} FaMigration;

/* (transfer full) */
FaMigration *fa_migration_new(const char *component, const char *name, FaMigrationMode mode,
                              bool is_reversible);
void fa_migration_free(FaMigration *migration);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FaMigration, fa_migration_free)
/* (transfer full) */
FaMigration *fa_migration_copy(const FaMigration *migration);
/* (transfer full) of copies */
GPtrArray *fa_migrations_copy(const GPtrArray *list);
/* (transfer none) (nullable) The one of @list (of FaMigration) that is of this component and has this name. */
FaMigration *fa_migrations_find(const GPtrArray *list, const char *component, const char *name);

/* How to go past a migration that is in the way: "COMPONENT/NAME=keep", "COMPONENT/NAME=restore". */
typedef enum FaMigrationWay {
    FA_MIGRATION_REFUSE,
    FA_MIGRATION_KEEP,    /* the code lives with it as it is, says who asks: it stays */
    FA_MIGRATION_RESTORE, /* from the backup that was made before it; what was written since is lost */
} FaMigrationWay;

/* Is it spelt as one? Whether there is such a migration is another question. */
bool fa_migration_answer_is_valid(const char *answer);
/* What @answers (nullable, NULL-ended) say about @migration. The last one counts. */
FaMigrationWay fa_migration_answers_find(const char *const *answers, const FaMigration *migration);

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
    bool is_covered; /* and from that of an older one, which undoes this one, too */
    bool is_late;    /* up, though one with a later name of the component was run before */
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
 * declared now. @answers (nullable): NULL-ended.
 */
FaMigrationPlan *fa_migration_plan(const GPtrArray *executed, const GPtrArray *wanted,
                                   const char *const *answers);
/* Where nothing serves yet, all is done while nothing does: what sets up the data comes first. */
void fa_migration_plan_close(FaMigrationPlan *plan);
bool fa_migration_plan_has(const FaMigrationPlan *plan, FaMigrationPhase phase);
const char *fa_migration_phase_to_string(FaMigrationPhase phase);

/* (transfer full) The components that do not run while nothing serves: what migrates then, and whoever starts after it. */
GHashTable *fa_migration_plan_list_closed(const FaMigrationPlan *plan, const FaProduct *product);

/* (transfer full) migration.ran. @deployment and @note are nullable. */
FaDecision *fa_migration_decide_ran(const char *environment, const char *deployment,
                                    const FaMigration *migration, bool is_down, bool is_done,
                                    const char *note, int64_t took_ms, const FaAsker *asker);
