#pragma once
/*
 * What is done in an environment once its processes are up: databases are made, and set-up steps run, where that is not
 * done yet.
 */
#include <stdbool.h>

#include "app/environment.h"

/* Of all components but those of @left_out (nullable; a set of names). @say (nullable) is told each step. */
bool fa_setup(const FaEnvironment *environment, GHashTable *left_out,
              void (*say)(const char *text, void *data), void *data, FaCancel *cancel,
              GError **error);
