#pragma once
/*
 * The migrations of a component: a folder of what was built, with a folder NNN-name for each, which holds
 *
 *   migration.yaml   mode: online or offline; summary: what it does
 *   up               a script for /bin/sh -eu, with the variables of a set-up step; may be run again after it failed
 *   down             the same, back again; without it the migration cannot be undone
 */
#include "config/schema.h"
#include "domain/migration.h"

#define FA_MIGRATION_FILE "migration.yaml"
#define FA_MIGRATION_UP   "up"
#define FA_MIGRATION_DOWN "down"

typedef struct FaMigrationScript {
    FaMigration *migration;
    char *summary; /* (nullable) */
    char *up;      /* where the scripts are */
    char *down;    /* (nullable) */
} FaMigrationScript;

extern const FaSchema *const fa_migration_schemas[];

/*
 * (transfer full) (nullable) Of FaMigrationScript, in the order in which they are run. No folder at @directory: none. NULL,
 * with @error, only when it cannot be read; mistakes go to @diags.
 */
GPtrArray *fa_config_load_migrations(const char *component, const char *directory, FaDiags *diags,
                                     GError **error);
