#pragma once
/*
 * The places that builds are pulled from before they are built: those of the home (store.yaml), then those of the product
 * (`store` in fassembler.yaml).
 *
 * A place that cannot be asked, or that gives out something else than it should, is told of and done without.
 */
#include <stdbool.h>
#include <stdint.h>

#include "app/context.h"
#include "base/digest.h"
#include "store/store.h"
#include "sys/cancel.h"

/* One line for people. */
typedef void (*FaPullsNoteFunc)(const char *text, void *data);

typedef struct FaPullsOptions {
    bool offline; /* only folders */
    FaCancel *cancel;
    FaPullsNoteFunc note; /* (nullable) */
    void *data;
} FaPullsOptions;

typedef struct FaPulls FaPulls;

/* (transfer full) (nullable) CONFIG when there are places and no key is trusted. Nothing is asked yet. */
FaPulls *fa_pulls_open(const FaContext *context, const FaPullsOptions *options, GError **error);
void fa_pulls_free(FaPulls *pulls);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FaPulls, fa_pulls_free)
/* (transfer full) Where builds are pulled from, in that order, NULL-ended, to be shown: without passwords. */
char **fa_pulls_list(const FaContext *context);

typedef struct FaWanted {
    const char *name; /* in the store */
    const FaDigest *key;
    const char *place; /* filled in: where it is, to be shown; NULL: nowhere. The pulls' own */
} FaWanted;

/* Asks the places, one after the other, for what none had so far. Only CANCELLED is an error. */
bool fa_pulls_find(FaPulls *pulls, FaWanted *wanted, size_t length, GError **error);
/* Pulls what was found, into @store, where it was found or from a later place; from any thread, several at once. *ret_place
 * is the pulls' own. */
bool fa_pulls_take(FaPulls *pulls, FaStore *store, const FaWanted *wanted, uint64_t *ret_bytes,
                   const char **ret_place, FaCancel *cancel, GError **error);
