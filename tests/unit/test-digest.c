#include <string.h>

#include "base/digest.h"

#define ROUNDS 500

static FaDigest
draw_digest(void)
{
    FaDigest digest;
    for (size_t i = 0; i < FA_DIGEST_SIZE; i++)
        digest.bytes[i] = (uint8_t)g_test_rand_int_range(0, 256);
    return digest;
}

static void
test_known(void)
{
    FaDigest digest;
    fa_digest_of_bytes("abc", 3, &digest);
    g_autofree char *hex = fa_digest_to_string(&digest);
    g_assert_cmpstr(hex, ==, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    fa_digest_of_bytes("", 0, &digest);
    g_autofree char *empty = fa_digest_to_string(&digest);
    g_assert_cmpstr(empty, ==, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

/* Law: what is printed and read again is the same, in either case of the letters. */
static void
test_hex(void)
{
    for (int i = 0; i < ROUNDS; i++) {
        FaDigest digest = draw_digest(), read;
        g_autofree char *hex = fa_digest_to_string(&digest);
        g_autofree char *upper = g_ascii_strup(hex, -1);
        g_assert_true(fa_digest_from_hex(hex, &read) && fa_digest_is_equal(&read, &digest));
        g_assert_true(fa_digest_from_hex(upper, &read) && fa_digest_is_equal(&read, &digest));
    }
}

static void
test_bad_hex(void)
{
    FaDigest digest = draw_digest(), before = digest;
    g_autofree char *good = fa_digest_to_string(&digest);

    for (size_t i = 0; i <= strlen(good); i++) {
        g_autofree char *cut = g_strndup(good, i), *wrong = g_strdup(good);
        if (i < strlen(good)) {
            wrong[i] = 'g';
            g_assert_false(fa_digest_from_hex(cut, &digest));
            g_assert_false(fa_digest_from_hex(wrong, &digest));
        }
    }
    g_autofree char *longer = g_strconcat(good, "0", NULL);
    g_assert_false(fa_digest_from_hex(longer, &digest));
    g_assert_true(fa_digest_is_equal(&digest, &before));
}

static void
test_table(void)
{
    FaDigest zero = {0}, one = draw_digest(), same = one;
    one.bytes[0] = same.bytes[0] = 1;

    g_assert_true(fa_digest_is_zero(&zero));
    g_assert_false(fa_digest_is_zero(&one));
    g_assert_true(fa_digest_equal_func(&one, &same));
    g_assert_cmpuint(fa_digest_hash(&one), ==, fa_digest_hash(&same));
    g_assert_false(fa_digest_equal_func(&one, &zero));
}

/* One of the lists below, hashed. */
static void
hash_list(int which, FaDigest *ret_digest)
{
    const FaDigest digest = {{'a'}};
    g_autoptr(FaKeyHasher) hasher = fa_key_hasher_new(which == 0 ? "other" : "test");

    switch (which) {
    case 1:
        fa_key_hasher_add(hasher, "a", "bc");
        break;
    case 2:
        fa_key_hasher_add(hasher, "ab", "c");
        break;
    case 3:
        fa_key_hasher_add(hasher, "abc", "");
        break;
    case 4:
        fa_key_hasher_add(hasher, "abc", NULL);
        break;
    case 5:
        fa_key_hasher_add_bytes(hasher, "a", "bc", 2);
        break;
    case 6:
        fa_key_hasher_add_digest(hasher, "a", &digest);
        break;
    case 7:
        fa_key_hasher_add_bytes(hasher, "a", &digest, sizeof digest);
        break;
    case 8:
        fa_key_hasher_add(hasher, "a", "b");
        fa_key_hasher_add(hasher, "c", "d");
        break;
    case 9:
        fa_key_hasher_add(hasher, "c", "d");
        fa_key_hasher_add(hasher, "a", "b");
        break;
    default:
        break;
    }
    fa_key_hasher_finish(hasher, ret_digest);
}

/* Law: two lists have the same key only when they are the same. */
static void
test_keys(void)
{
    for (int i = 0; i <= 10; i++) {
        for (int j = 0; j <= 10; j++) {
            FaDigest a, b;
            hash_list(i, &a);
            hash_list(j, &b);
            g_assert_cmpint(fa_digest_is_equal(&a, &b), ==, i == j);
        }
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/digest/it-is-sha-256", test_known);
    g_test_add_func("/digest/hex-printed-is-read-the-same", test_hex);
    g_test_add_func("/digest/what-is-not-64-hex-digits-is-refused", test_bad_hex);
    g_test_add_func("/digest/equal-digests-hash-alike", test_table);
    g_test_add_func("/digest/different-lists-have-different-keys", test_keys);
    return g_test_run();
}
