#pragma once
/*
 * A release as one file that anybody can build: `tar x`, `fassembler build`.
 *
 * A tar.zst with one folder, PRODUCT-RELEASE: the product's own files (fassembler.yaml, components/, etc/, sites/ and
 * the texts beside them), fassembler.lock with the pins of the release, and the source of every component at its
 * revision. Nothing of the home is in it, so no secret is; a recipe with a password in its location is refused. The
 * same product and pins give the same bytes.
 */
#include "app/context.h"
#include "base/digest.h"
#include "store/store.h"

typedef struct FaBundlePin {
    const char *component;
    const char *revision;
    FaDigest digest; /* of the source's tree */
} FaBundlePin;

typedef struct FaBundleOptions {
    const char *release; /* its label */
    const FaBundlePin *pins;
    size_t pins_count;
    const char *file; /* what is made; one that is there is replaced */
    FaCancel *cancel;
} FaBundleOptions;

typedef struct FaBundleStats {
    uint64_t bytes; /* of the file */
    uint64_t sources;
} FaBundleStats;

/*
 * REFUSED when a component with a source has no pin; NOT_FOUND for a pin of a component that the product does not have; FAILED
 * when a revision has another content than its pin. Sources come from the store where it has them, else from where
 * their recipes say.
 */
bool fa_bundle_write(FaContext *context, FaStore *store, const FaBundleOptions *options,
                     FaBundleStats *ret_stats, GError **error);
