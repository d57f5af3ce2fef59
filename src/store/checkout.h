#pragma once
/*
 * Makes a directory that holds a tree. The callers hold the store.
 */
#include <glib.h>
#include <stdbool.h>
#include "base/digest.h"
#include "store/store.h"
#include "store/tree.h"

/* (transfer full) (nullable) The tree as its manifest in the store says it. */
FaTree *fa_checkout_read_tree(FaStore *store, const FaDigest *digest, GError **error);
/* (transfer full) (nullable) A new directory "@parent/@prefixXXXXXX" that holds @tree, not yet safe on disk. */
char *fa_checkout_make(FaStore *store, const FaDigest *tree, const char *parent, const char *prefix,
                       const char *const *copy_globs, bool read_only, GError **error);
