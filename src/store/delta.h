#pragma once
/*
 * Manifests that are held as what differs from another: of a large tree of which little changed, the manifest would
 * else be more than what changed.
 *
 * Such a manifest is an object "ab/cdef....m": a heading, the digest of its base, and what to do with the base's lines
 * one after the other ("=N" take, "-N" leave out, "+LINE" add). A base is an object of its own, never such a
 * difference itself, and is kept as long as they are.
 * Whether a manifest is held so or whole changes neither its digest nor what fa_object_read() returns.
 */
#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include "base/digest.h"
#include "store/object.h"
#include "store/store.h"

bool fa_delta_parse_name(const char *shard, const char *rest, FaDigest *ret_digest);
/* There is one, and it was not touched. */
bool fa_delta_is_whole(int objects_fd, const FaDigest *digest);
/* False where the manifest is held whole, or not at all. */
bool fa_delta_get_base(FaStore *store, const FaDigest *digest, FaDigest *ret_base);
/* What it stands for, not yet compared with the digest. */
bool fa_delta_read(FaStore *store, const FaDigest *digest, size_t limit, char **ret_content,
                   size_t *ret_length, GError **error);
/* Stages a manifest as a difference from @base. False without an error when that is not worth it or cannot be done. */
bool fa_delta_stage(FaStore *store, FaStaging *staging, const FaDigest *base,
                    const FaDigest *digest, const char *bytes, size_t length, GError **error);
