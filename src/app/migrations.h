#pragma once
/*
 * The migrations of releases: what each brings along, what of that is to be done in an environment, and where the scripts
 * are that undo what an older one did.
 */
#include <stdbool.h>

#include "app/environment.h"
#include "app/state.h"
#include "config/migration.h"
#include "domain/migration.h"
#include "domain/release.h"

/* A release with what was made of it. */
typedef struct FaBuiltRelease {
    FaContext *context;
    FaChoice choice;    /* in that */
    GPtrArray *scripts; /* of FaMigrationScript, in the order of components */
} FaBuiltRelease;

void fa_built_release_free(FaBuiltRelease *built);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FaBuiltRelease, fa_built_release_free)

/*
 * *ret_built (transfer full) (nullable): NULL when it was not built yet, or the store has not all of it, so that nobody knows.
 */
bool fa_migrations_open(const FaContext *host, const FaState *state, const char *label,
                        const char *environment, FaBuiltRelease **ret_built, GError **error);
/* (transfer full) (nullable) What the components of @context bring, which were built at @plan (of FaAssembled). */
GPtrArray *fa_migrations_list(FaContext *context, const GPtrArray *plan, GError **error);
/* (transfer none) (nullable) */
const FaMigrationScript *fa_migrations_find_script(const GPtrArray *scripts,
                                                   const FaMigration *migration);

typedef struct FaMigrationsQuestion {
    const FaProduct
        *product; /* the release's; what was made for components that it has not is left alone */
    const GPtrArray *executed;  /* of FaMigration */
    const GPtrArray *scripts;   /* of FaMigrationScript, the release's */
    const char *const *answers; /* (nullable) NULL-ended */
    bool is_first;              /* nothing serves there yet */
} FaMigrationsQuestion;

/* (transfer full) */
FaMigrationPlan *fa_migrations_plan(const FaMigrationsQuestion *question);
