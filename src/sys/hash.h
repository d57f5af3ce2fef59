#pragma once
/*
 * SHA-256 of files, by OpenSSL: three times as fast as GLib's. The library is loaded when first needed, since most
 * commands hash nothing. A hasher is used by one thread, for one digest after the other.
 */
#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include "base/digest.h"

typedef struct FaHash FaHash;
typedef struct FaHasher FaHasher;

/* (transfer full) (nullable) */
FaHash *fa_hash_open(GError **error);
void fa_hash_free(FaHash *hash);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FaHash, fa_hash_free)

/* What is in memory already. */
void fa_hash_bytes(const FaHash *hash, const void *bytes, size_t length, FaDigest *ret_digest);

/* (transfer full) Must not outlive @hash. */
FaHasher *fa_hasher_new(const FaHash *hash);
void fa_hasher_free(FaHasher *hasher);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FaHasher, fa_hasher_free)
void fa_hasher_begin(FaHasher *hasher);
void fa_hasher_add(FaHasher *hasher, const void *bytes, size_t length);
void fa_hasher_finish(FaHasher *hasher, FaDigest *ret_digest);
