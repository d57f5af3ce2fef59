#pragma once
/*
 * Trees that releases keep in the store, by what they are: the sources of components, and the product's folder.
 */
#include <stdbool.h>

#include "store/store.h"

#define FA_KEPT_SOURCE  "source"
#define FA_KEPT_PRODUCT "product"

/* The key that @tree, as @what, is kept under. */
void fa_kept_key(const char *what, const FaDigest *tree, FaDigest *ret_key);
/* Is the tree of a source kept? */
bool fa_kept_source_is_there(FaStore *store, const FaDigest *tree);
