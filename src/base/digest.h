#pragma once
/*
 * A SHA-256 digest as a value, and a small hasher for keys (a few kB). Files are hashed by sys/hash.h, by OpenSSL.
 */
#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FA_DIGEST_SIZE     32
#define FA_DIGEST_HEX_SIZE 65 /* with the final NUL */

typedef struct FaDigest {
    uint8_t bytes[FA_DIGEST_SIZE];
} FaDigest;

void fa_digest_to_hex(const FaDigest *digest, char ret_hex[FA_DIGEST_HEX_SIZE]);
/* (transfer full) */
char *fa_digest_to_string(const FaDigest *digest);
bool fa_digest_from_hex(const char *hex, FaDigest *ret_digest);
bool fa_digest_is_equal(const FaDigest *a, const FaDigest *b);
bool fa_digest_is_zero(const FaDigest *digest);
/* For GHashTable, keys are FaDigest pointers. */
guint fa_digest_hash(gconstpointer digest);
gboolean fa_digest_equal_func(gconstpointer a, gconstpointer b);
void fa_digest_of_bytes(const void *bytes, size_t length, FaDigest *ret_digest);

/*
 * A key is the digest of a list of labelled values. Label and value are length-prefixed, so that no two different
 * lists hash the same bytes.
 */
typedef struct FaKeyHasher FaKeyHasher;
FaKeyHasher *fa_key_hasher_new(const char *domain);
void fa_key_hasher_free(FaKeyHasher *hasher);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FaKeyHasher, fa_key_hasher_free)
/* A NULL value is another value than "". */
void fa_key_hasher_add(FaKeyHasher *hasher, const char *label, const char *value);
void fa_key_hasher_add_bytes(FaKeyHasher *hasher, const char *label, const void *bytes,
                             size_t length);
void fa_key_hasher_add_digest(FaKeyHasher *hasher, const char *label, const FaDigest *value);
/* What the digest is of, for who has a faster hasher. */
const void *fa_key_hasher_get_facts(const FaKeyHasher *hasher, size_t *ret_length);
void fa_key_hasher_finish(FaKeyHasher *hasher, FaDigest *ret_digest);
