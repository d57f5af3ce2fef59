#include "base/digest.h"

#include <string.h>

void
fa_digest_to_hex(const FaDigest *digest, char ret_hex[FA_DIGEST_HEX_SIZE])
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < FA_DIGEST_SIZE; i++) {
        ret_hex[2 * i] = digits[digest->bytes[i] >> 4];
        ret_hex[2 * i + 1] = digits[digest->bytes[i] & 15];
    }
    ret_hex[FA_DIGEST_HEX_SIZE - 1] = '\0';
}

char *
fa_digest_to_string(const FaDigest *digest)
{
    char hex[FA_DIGEST_HEX_SIZE];
    fa_digest_to_hex(digest, hex);
    return g_strdup(hex);
}

/* What a hexadecimal digit says, plus one; 0 for all else. Manifests of large trees are full of them. */
static const uint8_t values[256] = {
    ['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,  ['6'] = 7,  ['7'] = 8,
    ['8'] = 9,  ['9'] = 10, ['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
    ['A'] = 11, ['B'] = 12, ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
};

bool
fa_digest_from_hex(const char *hex, FaDigest *ret_digest)
{
    FaDigest digest;

    for (size_t i = 0; i < FA_DIGEST_SIZE; i++) {
        unsigned high = values[(uint8_t)hex[2 * i]];
        unsigned low = high == 0 ? 0 : values[(uint8_t)hex[2 * i + 1]];
        if (low == 0)
            return false;
        digest.bytes[i] = (uint8_t)((high - 1) << 4 | (low - 1));
    }
    if (hex[2 * FA_DIGEST_SIZE] != '\0')
        return false;

    *ret_digest = digest;
    return true;
}

bool
fa_digest_is_equal(const FaDigest *a, const FaDigest *b)
{
    return memcmp(a->bytes, b->bytes, FA_DIGEST_SIZE) == 0;
}

bool
fa_digest_is_zero(const FaDigest *digest)
{
    const FaDigest zero = {0};
    return fa_digest_is_equal(digest, &zero);
}

guint
fa_digest_hash(gconstpointer digest)
{
    guint hash;
    memcpy(&hash, ((const FaDigest *)digest)->bytes, sizeof hash);
    return hash;
}

gboolean
fa_digest_equal_func(gconstpointer a, gconstpointer b)
{
    return fa_digest_is_equal(a, b);
}

void
fa_digest_of_bytes(const void *bytes, size_t length, FaDigest *ret_digest)
{
    g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
    g_checksum_update(checksum, bytes, (gssize)length);
    gsize size = FA_DIGEST_SIZE;
    g_checksum_get_digest(checksum, ret_digest->bytes, &size);
}

struct FaKeyHasher {
    GByteArray *facts;
};

static void
add_sized(FaKeyHasher *hasher, const void *bytes, size_t length)
{
    uint64_t size = GUINT64_TO_LE((uint64_t)length);
    g_byte_array_append(hasher->facts, (const guint8 *)&size, sizeof size);
    if (length > 0)
        g_byte_array_append(hasher->facts, bytes, (guint)length);
}

FaKeyHasher *
fa_key_hasher_new(const char *domain)
{
    FaKeyHasher *hasher = g_new0(FaKeyHasher, 1);
    hasher->facts = g_byte_array_new();
    add_sized(hasher, domain, strlen(domain));
    return hasher;
}

void
fa_key_hasher_free(FaKeyHasher *hasher)
{
    if (hasher == NULL)
        return;
    g_byte_array_unref(hasher->facts);
    g_free(hasher);
}

static void
add_value(FaKeyHasher *hasher, const char *label, char kind, const void *bytes, size_t length)
{
    add_sized(hasher, label, strlen(label));
    g_byte_array_append(hasher->facts, (const guint8 *)&kind, 1);
    add_sized(hasher, bytes, length);
}

void
fa_key_hasher_add(FaKeyHasher *hasher, const char *label, const char *value)
{
    if (value == NULL)
        add_value(hasher, label, '0', NULL, 0);
    else
        add_value(hasher, label, 's', value, strlen(value));
}

void
fa_key_hasher_add_bytes(FaKeyHasher *hasher, const char *label, const void *bytes, size_t length)
{
    add_value(hasher, label, 'b', bytes, length);
}

void
fa_key_hasher_add_digest(FaKeyHasher *hasher, const char *label, const FaDigest *value)
{
    add_value(hasher, label, 'd', value->bytes, FA_DIGEST_SIZE);
}

const void *
fa_key_hasher_get_facts(const FaKeyHasher *hasher, size_t *ret_length)
{
    *ret_length = hasher->facts->len;
    return hasher->facts->data;
}

void
fa_key_hasher_finish(FaKeyHasher *hasher, FaDigest *ret_digest)
{
    fa_digest_of_bytes(hasher->facts->data, hasher->facts->len, ret_digest);
}
