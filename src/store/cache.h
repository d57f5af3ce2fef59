#pragma once
/*
 * What files held when they were last read, so that unchanged ones are not read again.
 *
 * A file is known by device, inode, size, mtime and ctime. One that was changed less than two seconds before it was
 * read is not remembered: it could be changed again without a visible sign ("racily clean"). The cache is a flat
 * table, mapped into memory, and rewritten whole, or, for few news, where they belong: each bears a checksum, so that
 * what was half written is not known. Two processes that save at once lose at most each other's news.
 * Not thread-safe but for fa_cache_find() on its own.
 */
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include "base/digest.h"

typedef struct FaCacheKey {
    uint64_t device;
    uint64_t inode;
    uint64_t size;
    int64_t mtime; /* nanoseconds */
    int64_t ctime;
} FaCacheKey;

typedef struct FaCache FaCache;

FaCacheKey fa_cache_key(const struct stat *status);
bool fa_cache_key_is_equal(const FaCacheKey *a, const FaCacheKey *b);

/* (transfer full) A missing or damaged file is an empty cache. */
FaCache *fa_cache_open(const char *path);
void fa_cache_free(FaCache *cache);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FaCache, fa_cache_free)
bool fa_cache_find(const FaCache *cache, const FaCacheKey *key, FaDigest *ret_digest);
/* For a whole directory, whose digest is that of its tree: @facts is over all that was seen of what is in it. */
FaCacheKey fa_cache_key_of_facts(const FaCacheKey *directory, const FaDigest *facts);
/* @read_at: when reading began, in seconds since 1970. */
void fa_cache_add(FaCache *cache, const FaCacheKey *key, int64_t read_at, const FaDigest *digest);
/* For what follows from the cache alone, whose files were all old enough when they were read. */
void fa_cache_add_derived(FaCache *cache, const FaCacheKey *key, const FaDigest *digest);
/* Merges what was added into the file as it is now. */
bool fa_cache_save(FaCache *cache, GError **error);
