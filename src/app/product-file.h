#pragma once
/*
 * Changes of fassembler.yaml that a command makes in a person's stead: comments and layout stay, and what comes of it is read
 * whole before it takes the file's place.
 */
#include <stdbool.h>

#include "app/context.h"

typedef struct FaProductChange {
    const char *const *path; /* keys of maps in maps, NULL-ended */
    const char *value;
} FaProductChange;

/*
 * CONFIG, with every mistake, when the product would not be right any more; REFUSED where it cannot be done without touching
 * more of the file. *ret_product (transfer full): the product as it then is. Nothing is written with @dry_run.
 */
bool fa_product_file_change(const FaContext *context, const FaProductChange *changes, size_t count,
                            bool dry_run, FaProduct **ret_product, GError **error);
