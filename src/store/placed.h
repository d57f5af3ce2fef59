#pragma once
/*
 * Builds that are in their places and wait for the disk: what store.h promises of them.
 */
#include <stdbool.h>
#include "store/object.h"
#include "store/store.h"

struct FaPlaced {
    char *name;
    FaDigest key;
    FaDigest tree;
    FaStaging staging; /* its objects, which nobody sees yet */
    FaLock *hold;      /* of the store: nothing is collected */
    FaLock *lock;      /* (nullable) of the key */
};

/* (transfer full) Takes @hold. */
FaPlaced *fa_placed_new(const char *name, const FaDigest *key, FaLock *hold);
/* All of it is on the disk: its objects can be seen, and then its key. */
bool fa_placed_show(FaStore *store, FaPlaced *placed, GError **error);
