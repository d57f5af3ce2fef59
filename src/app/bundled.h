#pragma once
/*
 * Sources that came with the product: what `release export` put beside its files, so that a release can be built where
 * its repositories cannot be reached.
 *
 * bundle.json, in the product's folder, has one member for each component: which revision it is, and the folder that
 * holds the tree. A revision that is asked for and not here is looked for where the recipe says, as ever.
 */
#include <glib.h>
#include <stdbool.h>

#include "base/digest.h"
#include "base/time.h"
#include "domain/recipe.h"

#define FA_BUNDLE_FILE_NAME "bundle.json"
#define FA_BUNDLE_FORMAT    1
#define FA_BUNDLE_SOURCES   "sources"

typedef struct FaBundledSource {
    char *component;
    FaSourceKind kind;
    char *revision;
    char *path; /* absolute */
    FaDigest digest;
    FaTime committed; /* 0: nobody knows */
} FaBundledSource;

typedef struct FaBundled FaBundled;

/* *ret_bundled is NULL where nothing came with the product. CONFIG for a file that is wrong or newer than this program. */
bool fa_bundled_read(const char *product_directory, FaBundled **ret_bundled, GError **error);
void fa_bundled_free(FaBundled *bundled);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FaBundled, fa_bundled_free)

/* (transfer none) (nullable) @bundled and @revision may be NULL; without a revision, whichever there is. */
const FaBundledSource *fa_bundled_find(const FaBundled *bundled, const char *component,
                                       FaSourceKind kind, const char *revision);

/* (transfer full) The text of bundle.json for @sources (of FaBundledSource, sorted), with paths below FA_BUNDLE_SOURCES. */
char *fa_bundled_format(const char *product, const char *release, const GPtrArray *sources);
