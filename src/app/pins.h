#pragma once
/*
 * The exact revision and content of every component's source, before anything is built.
 */
#include <stdbool.h>
#include <stdint.h>

#include "app/context.h"
#include "base/digest.h"
#include "source/source.h"
#include "store/store.h"
#include "sys/cancel.h"

typedef struct FaSourcePin {
    const FaRecipe *recipe;
    FaSource *source; /* (nullable) for a component without one */
    char *revision;   /* (nullable) */
    char *version;    /* (nullable) the recipe's, else a short revision */
    FaDigest tree;
    bool has_tree;
    const struct FaBundledSource *bundled; /* (nullable) came with the product */
    char *checkout; /* (nullable) worked on: read from here, whatever the recipe's source is */
    bool is_known;  /* false in a dry run, where it had to be fetched */
    bool is_frozen; /* what it is, the lock says, for a folder too */
    bool is_here;   /* the store got it in this run */
} FaSourcePin;

typedef struct FaPinOptions {
    bool update;
    bool offline;
    bool dry_run;
    bool use_checkouts; /* what is worked on (app/develop.h) is taken as it is */
    FaCancel *cancel;
} FaPinOptions;

typedef struct FaPins FaPins;

/*
 * (transfer full) (nullable) Resolves and, where fassembler.lock has no digest for it yet, fetches the source of each
 * of @recipes (of FaRecipe); writes the lock when it changed, unless in a dry run.
 */
FaPins *fa_pins_take(FaContext *context, FaStore *store, const GPtrArray *recipes,
                     const FaPinOptions *options, GError **error);
void fa_pins_free(FaPins *pins);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FaPins, fa_pins_free)

size_t fa_pins_count(const FaPins *pins);
const FaSourcePin *fa_pins_at(const FaPins *pins, size_t index);
/* (transfer none) (nullable) */
const FaSourcePin *fa_pins_get(const FaPins *pins, const char *component);

/* The tree of @pin is in @store then, that of a folder too. CONFLICT when the folder changed since it was looked at. */
bool fa_pins_keep(const FaPins *pins, const FaSourcePin *pin, FaStore *store, FaCancel *cancel,
                  GError **error);
/* (transfer none) (nullable) A folder that the source is read from whenever it is built; what is not named @ret_leave_out
 * (nullable, NULL-ended) in it. */
const char *fa_pins_get_directory(const FaSourcePin *pin, const char *const **ret_leave_out);

/*
 * Sees to it that the tree of @pin is in @store, where it is not such a folder; from any thread. FAILED when what is fetched now has another digest than
 * the lock. *ret_committed: when the revision was made, or 0.
 */
bool fa_pins_bring(const FaPins *pins, const FaSourcePin *pin, FaStore *store,
                   int64_t *ret_committed, FaCancel *cancel, GError **error);
