#pragma once
/*
 * The key of a component: a digest over everything that its build can see. Same key, same output: nothing is done.
 *
 * In it are the source, the component's folder, the steps as written, the settings that they and their templates read
 * with their values, the keys of what it needs, the home's path, and the packages and programs that it names in their
 * versions. Not in it: the clock, who builds, how many jobs, and packages that it does not name.
 */
#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include "base/digest.h"
#include "build/packages.h"
#include "build/sandbox.h"
#include "domain/recipe.h"
#include "domain/template.h"
#include "sys/hash.h"

typedef struct FaKeyNeed {
    const char *name;
    const FaDigest *key;
} FaKeyNeed;

typedef struct FaKeyFacts {
    const FaRecipe *recipe;
    const FaDigest *source;      /* (nullable) tree of the source */
    const char *files_directory; /* (nullable) components/NAME/, where templates are read */
    const FaDigest *files;       /* (nullable) its tree */
    const FaScope *scope;        /* what the recipe's texts see */
    const FaKeyNeed *needs;      /* of recipe->components, in its order */
    size_t needs_length;
    const char *home;
    FaPackages *packages;
    FaSandboxMode sandbox;
    const FaHash *hash; /* (nullable) for many keys: it is faster than what is used without */
} FaKeyFacts;

/* Fails when a program that the recipe names cannot be read; a missing one is another key than any that is there. */
bool fa_key_make(const FaKeyFacts *facts, FaDigest *ret_key, GError **error);
