#pragma once
/*
 * What the store keeps for an environment: the components of every build that it has, so that what runs, and what one may
 * go back to, is never collected.
 */
#include <glib.h>
#include <stdbool.h>

#include "app/context.h"
#include "site/layout.h"

/*
 * Keeps what the builds of @layout consist of, and what @plan (nullable, of FaAssembled) does; replaces what was kept
 * before. Hold the environment's lock. CONFLICT when a part of @plan was removed before it could be kept.
 */
bool fa_keep_builds(const FaContext *context, const FaLayout *layout, const GPtrArray *plan,
                    GError **error);

/* Removes all but the newest builds and the current one, then keeps only what is left. */
bool fa_keep_drop_old(const FaContext *context, const FaLayout *layout, GError **error);
