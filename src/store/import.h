#pragma once
/*
 * Takes a directory into the store as far as a staging folder, for those who have more to stage before the disk is
 * waited for.
 */
#include <stdbool.h>
#include "store/object.h"
#include "store/store.h"
#include "store/tree.h"

/* Scans and reads; with @staging (nullable) the objects that are missing are written there, the manifest last.
 * @ret_entries (nullable) is (transfer full). The caller holds the store when it stages. */
bool fa_import_run(FaStore *store, const char *directory, const FaImportOptions *options,
                   FaStaging *staging, FaTree **ret_entries, FaDigest *ret_tree,
                   FaTreeStats *ret_stats, GError **error);
