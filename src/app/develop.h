#pragma once
/*
 * Working on a component: a checkout that is edited in place, HOME/src/COMPONENT/BRANCH, and HOME/develop/COMPONENT, a
 * link to the one that environments of the track `anything` (dev.*) use instead of the pinned revision.
 *
 * A component whose recipe says `develop: {in-place: true}` runs right from the checkout; any other is built from it.
 * A checkout is never removed or overwritten: there may be work in it.
 */
#include <stdbool.h>

#include "app/context.h"
#include "base/json.h"
#include "sys/cancel.h"

/* (transfer full) (nullable) The checkout of @component that is worked on. */
char *fa_develop_get_checkout(const char *home, const char *component);

/*
 * Makes the checkout of @branch (nullable: the recipe's trunk) if it is not there, prepares it as the recipe says, and
 * takes it into use. *ret_checkout (transfer full). It is recorded; *ret_warning (transfer full) (nullable) tells when it
 * could not be.
 */
bool fa_develop_begin(const FaContext *context, const char *component, const char *branch,
                      FaCancel *cancel, char **ret_checkout, char **ret_warning, GError **error);

/* (transfer full) (nullable) What is worked on: of { "component", "checkout", "branch", "changed", "ahead" }. */
JsonArray *fa_develop_list(const FaContext *context, FaCancel *cancel, GError **error);

/* Goes back to the pinned revision; *ret_checkout (transfer full) (nullable) is what stays, NULL when there was none. */
bool fa_develop_end(const FaContext *context, const char *component, char **ret_checkout,
                    char **ret_warning, GError **error);
