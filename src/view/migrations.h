#pragma once
/*
 * What a deployment migrates, before it does (docs/api.md).
 */
#include <glib.h>

#include "base/json.h"
#include "domain/migration.h"

/* Adds what is saved of @component before: @paths (of char *) below its data, and what is not, NULL-ended. */
void fa_view_add_saved(JsonArray *saved, const char *component, const GPtrArray *paths,
                       const char *const *not_saved);
/* (transfer full) @commands: of char *, each nullable, for each step; @saved (transfer full). */
JsonObject *fa_view_migrations(const FaMigrationPlan *plan, const GPtrArray *commands,
                               JsonArray *saved);
/* (transfer full) The lines for people, each with its newline. */
char *fa_view_migrations_text(JsonObject *migrations);
