#pragma once
/*
 * Is a product fit to say who may do what? Only when nobody else than the home's user and root can write it: whoever can would
 * give themselves any role, or a recipe to run.
 */
#include <stdbool.h>

#include "app/context.h"

/* DENIED, naming the first place that others can write: a file of the product, a folder of it or above it, or the home. */
bool fa_trusted_check(const FaContext *context, GError **error);
