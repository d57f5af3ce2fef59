#pragma once
/*
 * Is everything installed that recipes ask for? Told all at once, with the command that cures it.
 */
#include <glib.h>
#include <stdbool.h>
#include "build/packages.h"
#include "domain/recipe.h"

/* (transfer full) (nullable) Where the first of @alternatives that there is lies, as a build step finds it. */
char *fa_needs_find_program(const char *const *alternatives);

/* FAILED when anything is missing that one of @recipes (of FaRecipe) names. The help is one `apt-get install` line. */
bool fa_needs_check(const GPtrArray *recipes, const FaPackages *packages, GError **error);
