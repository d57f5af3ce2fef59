#pragma once
/*
 * A new product folder, made from one of the examples.
 */
#include <stdbool.h>

#include "sys/cancel.h"

/*
 * Copies example @example to @directory, which must not exist or be empty, and makes the git repositories that the
 * example's components come from, with their history. Made under another name and renamed: a folder that was begun is
 * never left behind under @directory. NOT_FOUND for an unknown example, CONFLICT when @directory holds something.
 */
bool fa_new_product(const char *directory, const char *example, FaCancel *cancel, GError **error);

/* (transfer full) (nullable) The names of the examples there are, NULL-ended. */
char **fa_new_list_examples(GError **error);
