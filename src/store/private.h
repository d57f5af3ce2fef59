#pragma once
/*
 * What the files of the store share: the handle, and the places below it. Nobody else includes this.
 *
 *   objects/ab/cdef...   files by the digest of their content; those that may be executed end in ".x", manifests that are
 *                        held as differences in ".m"
 *   keys/DIGEST          a build: its name and its tree
 *   roots/KIND/ID        names that are to be kept
 *   sessions/            a lock for each handle that imported, what it imported and what it uses
 *   tmp/ .new-*          unfinished work; dead when nobody holds gc.lock
 */
#include <glib.h>
#include <stdbool.h>
#include "store/cache.h"
#include "store/store.h"
#include "sys/hash.h"

struct FaStore {
    char *path;
    GMutex mutex; /* over all that follows; the cache also needs it */
    bool is_made;
    bool is_left_untouched;
    FaHash *hash;
    FaCache *cache;
    FaLock *session;
    char *session_path;
    GCond synced;
    bool is_syncing;
    uint64_t syncs_begun,
        syncs_done; /* the last that was begun; that made all safe that was written before it */
    uint64_t sync_failed; /* the last that did not */
    GPtrArray *placed;    /* (nullable) of FaPlaced, in the order in which they were built */
    int64_t placed_since; /* when the first of them came */
    int64_t patience;     /* microseconds that it may wait for others */
    GCond placed_more;
    GThread *committer; /* (nullable) */
    bool is_closing;
    GError *commit_failed; /* (nullable) why nothing is committed any more */
    GMutex committing;     /* held by who does it; taken before the other */
};

/* Makes the folders of the store. */
bool fa_store_make(FaStore *store, GError **error);
/* (transfer none) (nullable) The store's own. */
const FaHash *fa_store_get_hash(FaStore *store, GError **error);
FaCache *fa_store_get_cache(FaStore *store);
/* (transfer full) (nullable) Shared: nothing is collected meanwhile. Exclusive: nothing is being made. */
FaLock *fa_store_hold(FaStore *store, FaLockMode mode, const char *what, FaCancel *cancel,
                      GError **error);
/* All that was written to the file system of the store before this call is safe on the disk. Threads that come while
 * another waits for the disk wait for the next time, together. */
bool fa_store_sync(FaStore *store, GError **error);
/* The last of a build: everything else is on the disk. */
bool fa_store_remember(FaStore *store, const char *name, const FaDigest *key, const FaDigest *tree,
                       GError **error);
/* Commits what there is, and ends the thread that does. */
void fa_store_close_commits(FaStore *store);
/* Keeps @tree until the handle is freed. The caller holds the store. */
bool fa_store_keep(FaStore *store, const FaDigest *tree, GError **error);
/* A name that a build may have. */
bool fa_store_is_name(const char *name);
/* (nullable) @ret_name is left alone when NULL. False without an error when there is no such key. */
bool fa_store_read_key(FaStore *store, const char *hex, char **ret_name, FaDigest *ret_tree);
