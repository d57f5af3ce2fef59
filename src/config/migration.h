#pragma once
/*
 * The migrations of a component: a folder of what was built, with a folder NNN-name for each, which holds
 *
 *   migration.yaml   mode: online or offline; summary: what it does; timeout: how long it may take
 *   up               a script for /bin/sh -eu, with the paths of a set-up step as variables; may be run again
 *   down             the same, back again; without it the migration cannot be undone
 *
 * The digest of a migration is that of `up`.
 */
#include "config/schema.h"
#include "domain/migration.h"

#define FA_MIGRATION_FILE "migration.yaml"
#define FA_MIGRATION_UP   "up"
#define FA_MIGRATION_DOWN "down"

typedef struct FaMigrationScript {
    FaMigration *migration;
    int64_t timeout; /* seconds; 0: not said */
    char *up;        /* where the scripts are */
    char *down;      /* (nullable) */
} FaMigrationScript;

void fa_migration_script_free(FaMigrationScript *script);

extern const FaSchema *const fa_migration_schemas[];

/*
 * (transfer full) (nullable) Of FaMigrationScript, in the order in which they are run. No folder at @directory: none. NULL,
 * with @error, only when it cannot be read; mistakes go to @diags.
 */
GPtrArray *fa_config_load_migrations(const char *component, const char *directory, FaDiags *diags,
                                     GError **error);
