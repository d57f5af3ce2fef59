#pragma once
/*
 * Makes a directory that holds a tree. The callers hold the store.
 */
#include <glib.h>
#include <stdbool.h>
#include "base/digest.h"
#include "store/object.h"
#include "store/store.h"
#include "store/tree.h"

/* (transfer full) (nullable) The tree as its manifest in the store says it. */
FaTree *fa_checkout_read_tree(FaStore *store, const FaDigest *digest, GError **error);
typedef struct FaCheckout {
    const FaTree *tree;
    const FaStaging *staging; /* (nullable) where its objects may be too */
    const char *const *copy_globs;
    bool read_only;
} FaCheckout;

/* Makes of @path, whose files were imported as @adopted says, what fa_checkout_make() would have made. */
bool fa_checkout_adopt(const FaCheckout *what, const char *path, const bool *adopted,
                       GError **error);
/* In the empty directory @fd all but the files; and what comes last, when these are there. @path: for messages. */
bool fa_checkout_make_frame(const FaCheckout *what, const char *path, int fd, GError **error);
bool fa_checkout_finish(const FaCheckout *what, const char *path, int fd, GError **error);

/* (transfer full) (nullable) A new directory "@parent/@prefixXXXXXX" that holds the tree, not yet safe on disk. */
char *fa_checkout_make(FaStore *store, const FaCheckout *what, const char *parent,
                       const char *prefix, GError **error);
