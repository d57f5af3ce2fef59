#pragma once
/*
 * The receiving end of a pull: which objects are wanted, and taking them, each only when it has its digest.
 *
 * Objects are made visible in batches, so that an interrupted pull has them when it is run again.
 */
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include "store/fetch.h"
#include "store/object.h"
#include "store/pack.h"
#include "store/squeeze.h"
#include "store/tree.h"

typedef struct FaReceiver FaReceiver;

/* (transfer full) (nullable) The caller holds the store. */
FaReceiver *fa_receiver_open(FaStore *store, FaCancel *cancel, GError **error);
void fa_receiver_free(FaReceiver *receiver);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FaReceiver, fa_receiver_free)
FaSqueeze *fa_receiver_get_squeeze(const FaReceiver *receiver);
void fa_receiver_digest(FaReceiver *receiver, const void *bytes, size_t length,
                        FaDigest *ret_digest);

/* Everything of @tree, which must outlive the receiver's work, that is not here. */
bool fa_receiver_want(FaReceiver *receiver, const FaTree *tree, GError **error);
bool fa_receiver_wants(const FaReceiver *receiver, const FaEntry *entry);
bool fa_receiver_wants_group(const FaReceiver *receiver, const FaPackPlan *plan, guint group);
/* Is here, whole. */
bool fa_receiver_has(const FaReceiver *receiver, const FaEntry *entry);
/* The sum of @cost over what is wanted. */
uint64_t fa_receiver_sum(const FaReceiver *receiver, uint64_t (*cost)(const FaEntry *entry));

/* Fetches what is wanted out of a pack, whose frames have the sizes @frames. */
bool fa_receiver_take_pack(FaReceiver *receiver, FaFetcher *fetcher, const char *path,
                           const FaPackPlan *plan, const GArray *frames, GError **error);
/* Fetches each object that is still wanted by itself. */
bool fa_receiver_take_rest(FaReceiver *receiver, FaFetcher *fetcher, GError **error);
bool fa_receiver_take_manifest(FaReceiver *receiver, const FaDigest *digest, GBytes *manifest,
                               GError **error);
/* Makes visible what was taken. */
bool fa_receiver_commit(FaReceiver *receiver, GError **error);
void fa_receiver_get_added(const FaReceiver *receiver, uint64_t *ret_objects, uint64_t *ret_bytes);
