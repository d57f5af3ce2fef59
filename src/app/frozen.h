#pragma once
/*
 * What a release freezes in the store: the product folder as it was at the cut (recipes, templates, lock), and the tree of
 * every source, so that it can be built again when a repository is gone.
 *
 * The root "release LABEL" keeps both from collection, and what was built of them.
 */
#include <glib.h>
#include <stdbool.h>

#include "app/context.h"
#include "app/pins.h"
#include "store/store.h"
#include "sys/cancel.h"

/* (transfer full) (nullable) A copy, in the home's tmp/, of what of the product's folder a release consists of; the caller
 * removes it. */
char *fa_frozen_copy(const FaContext *context, GError **error);

/*
 * Keeps @directory, such a copy, and the sources of @pins, which are in @store already, as those of @label. *ret_digest:
 * of the folder's content.
 */
bool fa_frozen_keep(FaStore *store, const char *label, const char *directory, const FaPins *pins,
                    FaDigest *ret_digest, GError **error);
/* Adds @names (NULL-ended, names in the store) to what is kept for @label. */
bool fa_frozen_keep_built(FaStore *store, const char *label, const char *const *names,
                          GError **error);
/* (transfer full) (nullable) The context of the release. NOT_FOUND when the store has it no more. */
FaContext *fa_frozen_open(const FaContext *context, const char *label, const char *digest,
                          GError **error);
