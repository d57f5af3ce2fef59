#pragma once
/*
 * Takes a directory into the store as far as a staging folder, for those who have more to stage before the disk is
 * waited for.
 */
#include <stdbool.h>
#include "store/object.h"
#include "store/store.h"
#include "store/tree.h"

typedef struct FaImport {
    FaStore *store;
    const char *directory;
    const char *shown;              /* (nullable) what messages call it */
    const FaImportOptions *options; /* (nullable) */
    /* (nullable) Where objects that are missing are written, the manifest last. The caller holds the store. */
    FaStaging *staging;
    bool adopts; /* the directory is used up: its files become objects where they can */
} FaImport;

typedef struct FaImported {
    FaTree *entries;
    FaDigest tree;
    FaTreeStats stats; /* but what was added */
    bool *
        adopted; /* of each entry: the file in the directory is the object; NULL where nothing is adopted */
} FaImported;

void fa_imported_clear(FaImported *imported);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(FaImported, fa_imported_clear)

bool fa_import_run(const FaImport *import, FaImported *ret_imported, GError **error);
