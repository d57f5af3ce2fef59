#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "store/listing.h"
#include "store/store.h"
#include "sys/fs.h"

#define FILES 40

/* Two stores, "here" and "there", and the folder "offer" between them. */
typedef struct Fixture {
    char *root;
    FaStore *here;
    FaStore *there;
    FaDigest first;
    FaDigest second;
    char first_hex[FA_DIGEST_HEX_SIZE];
    char second_hex[FA_DIGEST_HEX_SIZE];
} Fixture;

static void
put(const char *path, const char *text, size_t length)
{
    g_autoptr(GError) error = NULL;
    fa_fs_write(path, text, length, 0644, FA_WRITE_NONE, &error);
    g_assert_no_error(error);
}

/* Bytes that do not compress, and are the same in every run. */
static void
put_noise(const char *path, uint32_t seed, size_t length)
{
    g_autofree char *bytes = g_malloc(length);
    for (size_t i = 0; i < length; i++) {
        seed = seed * 1664525 + 1013904223;
        bytes[i] = (char)(seed >> 24);
    }
    put(path, bytes, length);
}

static FaDigest
import(FaStore *store)
{
    FaDigest tree;
    g_autoptr(GError) error = NULL;
    fa_store_import(store, "in", NULL, &tree, NULL, &error);
    g_assert_no_error(error);
    return tree;
}

static void
publish(FaStore *store, const char *name, const FaDigest *tree)
{
    g_autoptr(GError) error = NULL;
    FaDigest key;
    fa_digest_of_bytes(name, strlen(name), &key);
    fa_store_publish(store, name, &key, tree, &error);
    g_assert_no_error(error);
}

static FaStore *
open_store(const char *home)
{
    g_autoptr(GError) error = NULL;
    FaStore *store = fa_store_open(home, &error);
    g_assert_no_error(error);
    return store;
}

static void
set_up(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    fixture->root = fa_fs_make_temporary(g_get_tmp_dir(), "test-transfer-", &error);
    g_assert_no_error(error);
    g_assert_cmpint(chdir(fixture->root), ==, 0);
    fixture->here = open_store("here");
    fixture->there = open_store("there");

    fa_fs_make_directory("in/sub", 0755, NULL);
    for (unsigned i = 0; i < FILES; i++) {
        g_autofree char *path = g_strdup_printf("in/sub/%u", i);
        put_noise(path, i, 5000);
    }
    put_noise("in/large", 99, 3 * 1024 * 1024);
    put("in/program", "#!/bin/sh\nexec echo a program of some length\n", 45);
    g_assert_cmpint(chmod("in/program", 0755), ==, 0);
    put("in/empty", "", 0);
    g_assert_cmpint(symlink("large", "in/link"), ==, 0);
    fixture->first = import(fixture->here);
    publish(fixture->here, "app-1", &fixture->first);
    put_noise("in/sub/7", 1007, 5000);
    put_noise("in/new", 1008, 100);
    fixture->second = import(fixture->here);
    publish(fixture->here, "app-2", &fixture->second);
    fa_digest_to_hex(&fixture->first, fixture->first_hex);
    fa_digest_to_hex(&fixture->second, fixture->second_hex);
}

static void
tear_down(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    fa_store_free(fixture->here);
    fa_store_free(fixture->there);
    g_assert_cmpint(chdir("/"), ==, 0);
    fa_fs_remove_tree(fixture->root, &error);
    g_assert_no_error(error);
    g_free(fixture->root);
}

static FaOfferStats
offer(Fixture *fixture, const char *name, const char *base, const FaDigest *secret)
{
    const char *const names[] = {name, NULL}, *const bases[] = {base, NULL};
    const FaOfferOptions options = {
        .folder = "offer", .names = names, .bases = bases, .secret = secret};
    g_autoptr(GError) error = NULL;
    FaOfferStats stats = {0};
    fa_store_offer(fixture->here, &options, &stats, &error);
    g_assert_no_error(error);
    return stats;
}

static FaPullStats
pull(Fixture *fixture, const char *what, const char *const *trusted)
{
    const FaPullOptions options = {.from = "offer", .what = what, .trusted = trusted};
    g_autoptr(GError) error = NULL;
    FaPullStats stats = {0};
    FaDigest tree;
    fa_store_pull(fixture->there, &options, &tree, &stats, &error);
    g_assert_no_error(error);
    return stats;
}

/* Asserts that pulling fails like this, and that the tree is not there then. */
static void
assert_fails(Fixture *fixture, const char *what, const char *const *trusted, FaErrorCode code,
             const char *pattern)
{
    const FaPullOptions options = {.from = "offer", .what = what, .trusted = trusted};
    g_autoptr(GError) error = NULL;
    FaDigest tree;
    g_assert_false(fa_store_pull(fixture->there, &options, &tree, NULL, &error));
    g_assert_error(error, FA_ERROR, (int)code);
    if (!g_pattern_match_simple(pattern, error->message))
        g_error("'%s' is not like '%s'", error->message, pattern);
    g_assert_false(fa_store_checkout(fixture->there, &fixture->second, "out", NULL, true, NULL));
}

static void
assert_has(Fixture *fixture, const FaDigest *tree)
{
    g_autoptr(GError) error = NULL;
    FaDigest again;
    fa_fs_remove_tree("out", NULL);
    fa_store_checkout(fixture->there, tree, "out", NULL, true, &error);
    g_assert_no_error(error);
    fa_store_digest(fixture->there, "out", NULL, &again, NULL, &error);
    g_assert_no_error(error);
    g_assert_true(fa_digest_is_equal(tree, &again));
    g_auto(GStrv) left = fa_fs_list("there/store/tmp", NULL);
    g_assert_cmpuint(g_strv_length(left), ==, 0);
}

static void
test_whole(Fixture *fixture, gconstpointer data)
{
    offer(fixture, fixture->first_hex, NULL, NULL);
    FaPullStats stats = pull(fixture, fixture->first_hex, NULL);
    assert_has(fixture, &fixture->first);
    /* The listing, the manifest, the pack, the large file. */
    g_assert_cmpuint(stats.requests, ==, 4);
    g_assert_cmpuint(stats.objects_added, ==, FILES + 4);
    stats = pull(fixture, fixture->first_hex, NULL);
    g_assert_cmpuint(stats.requests, ==, 1);
    g_assert_cmpuint(stats.objects_added, ==, 0);
}

static void
test_difference(Fixture *fixture, gconstpointer data)
{
    offer(fixture, fixture->first_hex, NULL, NULL);
    pull(fixture, fixture->first_hex, NULL);
    offer(fixture, "app-2", "app-1", NULL);
    FaPullStats stats = pull(fixture, fixture->second_hex, NULL);
    assert_has(fixture, &fixture->second);
    g_assert_true(stats.by_difference);
    g_assert_cmpuint(stats.requests, ==, 3);
    g_assert_cmpuint(stats.objects_added, ==, 3);
    g_assert_cmpuint(stats.bytes_received, <, 7000);
}

static void
test_few(Fixture *fixture, gconstpointer data)
{
    offer(fixture, "app-1", NULL, NULL);
    pull(fixture, fixture->first_hex, NULL);
    offer(fixture, "app-2", NULL, NULL);
    FaPullStats stats = pull(fixture, fixture->second_hex, NULL);
    assert_has(fixture, &fixture->second);
    g_assert_cmpuint(stats.requests, ==, 4);
    g_assert_cmpuint(stats.objects_added, ==, 3);
}

static void
test_again(Fixture *fixture, gconstpointer data)
{
    FaDigest secret;
    g_assert_true(fa_store_make_key(&secret, NULL));
    FaOfferStats stats = offer(fixture, "app-2", "app-1", &secret);
    g_assert_cmpuint(stats.files_written, ==, FILES + 10);
    stats = offer(fixture, "app-2", "app-1", &secret);
    g_assert_cmpuint(stats.files_written, ==, 0);
    g_assert_cmpuint(stats.bytes_written, ==, 0);
    g_assert_false(fa_fs_exists("offer/.unfinished"));
}

static void
test_signed(Fixture *fixture, gconstpointer data)
{
    FaDigest secret, other, key;
    char mine[FA_DIGEST_HEX_SIZE], theirs[FA_DIGEST_HEX_SIZE];
    const char *const good[] = {theirs, mine, NULL}, *const bad[] = {theirs, NULL};
    g_assert_true(fa_store_make_key(&secret, NULL) && fa_store_make_key(&other, NULL));
    g_assert_true(fa_store_get_public_key(&secret, &key, NULL));
    fa_digest_to_hex(&key, mine);
    g_assert_true(fa_store_get_public_key(&other, &key, NULL));
    fa_digest_to_hex(&key, theirs);

    offer(fixture, "app-2", NULL, NULL);
    assert_fails(fixture, "app-2", NULL, FA_ERROR_REFUSED, "*no key is trusted*");
    assert_fails(fixture, "app-2", good, FA_ERROR_REFUSED, "nobody who is trusted*'app-2'");
    offer(fixture, "app-2", NULL, &secret);
    assert_fails(fixture, "app-2", bad, FA_ERROR_REFUSED, "nobody who is trusted*'app-2'");
    assert_fails(fixture, fixture->second_hex, bad, FA_ERROR_REFUSED, "nobody who is trusted*");
    pull(fixture, "app-2", good);
    assert_has(fixture, &fixture->second);
    fa_digest_of_bytes("app-2", strlen("app-2"), &key);
    g_assert_true(fa_store_lookup(fixture->there, &key, NULL, NULL));
    FaPullStats stats = pull(fixture, "app-2", good);
    g_assert_cmpuint(stats.objects_added, ==, 0);
    pull(fixture, fixture->second_hex, good);
}

static void
change(const char *path, bool is_cut)
{
    g_autofree char *content = NULL;
    size_t length;
    g_assert_true(fa_fs_read(path, G_MAXINT32, &content, &length, NULL));
    g_assert_cmpuint(length, >, 8);
    content[length / 2] ^= 0x55;
    put(path, content, is_cut ? length / 2 : length);
}

static void
test_forged(Fixture *fixture, gconstpointer data)
{
    FaDigest secret, key;
    char mine[FA_DIGEST_HEX_SIZE];
    const char *const trusted[] = {mine, NULL};
    g_autofree char *text = NULL;
    g_assert_true(fa_store_make_key(&secret, NULL));
    g_assert_true(fa_store_get_public_key(&secret, &key, NULL));
    fa_digest_to_hex(&key, mine);
    offer(fixture, "app-1", NULL, &secret);
    offer(fixture, "app-2", NULL, &secret);

    /* The signature of one build does not make another of it. */
    g_assert_true(fa_fs_read("offer/builds/app-1", G_MAXINT32, &text, NULL, NULL));
    g_autofree char *renamed = g_strdup(text);
    strstr(renamed, "app-1")[4] = '2';
    put("offer/builds/app-2", renamed, strlen(renamed));
    assert_fails(fixture, "app-2", trusted, FA_ERROR_REFUSED, "the signature of 'app-2' is wrong");
    put("offer/builds/app-2", text, strlen(text));
    assert_fails(fixture, "app-2", trusted, FA_ERROR_FAILED, "*something else as 'app-2'");
    put("offer/builds/app-2", "fassembler-build 1\n", 19);
    assert_fails(fixture, "app-2", trusted, FA_ERROR_FAILED, "*'builds/app-2'*not valid");
    g_assert_true(fa_fs_remove_tree("offer/builds/app-2", NULL));
    assert_fails(fixture, "app-2", trusted, FA_ERROR_NOT_FOUND, "*has no 'builds/app-2'");
}

static void
test_damaged(Fixture *fixture, gconstpointer data)
{
    static const char none[] = "0000000000000000000000000000000000000000000000000000000000000000";
    g_autofree char *pack = g_strdup_printf("offer/trees/%s/%s.pack", fixture->second_hex, none);
    /* Cut off first: what comes before the damaged byte is kept. */
    for (unsigned i = 0; i < 2; i++) {
        offer(fixture, "app-2", NULL, NULL);
        g_autofree char *manifest = g_strdup_printf("offer/trees/%s/manifest", fixture->second_hex);
        change(manifest, i == 0);
        assert_fails(fixture, fixture->second_hex, NULL, FA_ERROR_FAILED, "*manifest*");
        fa_fs_remove_tree("offer", NULL);
        offer(fixture, "app-2", NULL, NULL);
        change(pack, i == 0);
        assert_fails(fixture, fixture->second_hex, NULL, FA_ERROR_FAILED, "cannot take*pack*");
        fa_fs_remove_tree("offer", NULL);
    }
    offer(fixture, "app-2", NULL, NULL);
    pull(fixture, fixture->second_hex, NULL);
    assert_has(fixture, &fixture->second);
}

/* (transfer full) Where the large file is offered. */
static char *
large_object(void)
{
    g_autofree char *content = NULL;
    size_t length;
    FaDigest digest;
    char hex[FA_DIGEST_HEX_SIZE];
    g_assert_true(fa_fs_read("in/large", G_MAXINT32, &content, &length, NULL));
    fa_digest_of_bytes(content, length, &digest);
    fa_digest_to_hex(&digest, hex);
    return g_strdup_printf("offer/objects/%.2s/%s", hex, hex + 2);
}

static void
test_goes_on(Fixture *fixture, gconstpointer data)
{
    offer(fixture, "app-2", NULL, NULL);
    g_autofree char *large = large_object();
    g_autofree char *content = NULL;
    size_t length;
    g_assert_true(fa_fs_read(large, G_MAXINT32, &content, &length, NULL));
    change(large, true);
    assert_fails(fixture, fixture->second_hex, NULL, FA_ERROR_FAILED, "cannot take*cut off");
    change(large, false);
    assert_fails(fixture, fixture->second_hex, NULL, FA_ERROR_FAILED, "cannot take*");
    put(large, content, length);
    FaPullStats stats = pull(fixture, fixture->second_hex, NULL);
    assert_has(fixture, &fixture->second);
    /* The pack came through the first time; now only the large file and the manifest were missing. */
    g_assert_cmpuint(stats.objects_added, ==, 2);
    g_assert_cmpuint(stats.requests, ==, 3);
}

static void
test_wrong(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    FaDigest tree;
    const FaPullOptions small = {.from = "offer", .what = fixture->second_hex, .bytes_max = 1000};
    const FaPullOptions unknown = {.from = "ftp://host/", .what = fixture->second_hex};
    offer(fixture, "app-2", NULL, NULL);
    g_assert_false(fa_store_pull(fixture->there, &small, &tree, NULL, &error));
    g_assert_error(error, FA_ERROR, FA_ERROR_REFUSED);
    g_clear_error(&error);
    g_assert_false(fa_store_pull(fixture->there, &unknown, &tree, NULL, &error));
    g_assert_error(error, FA_ERROR, FA_ERROR_USAGE);
    assert_fails(fixture, "../app", NULL, FA_ERROR_USAGE, "*neither a build nor a digest");
    assert_fails(fixture, fixture->first_hex, NULL, FA_ERROR_NOT_FOUND, "*has no 'trees/*");

    const char *const names[] = {"app-3", NULL};
    const FaOfferOptions none = {.folder = "offer", .names = names};
    g_clear_error(&error);
    g_assert_false(fa_store_offer(fixture->here, &none, NULL, &error));
    g_assert_error(error, FA_ERROR, FA_ERROR_NOT_FOUND);
}

static void
test_cancelled(Fixture *fixture, gconstpointer data)
{
    g_autoptr(FaCancel) cancel = fa_cancel_new();
    g_autoptr(GError) error = NULL;
    FaDigest tree;
    const FaPullOptions options = {.from = "offer", .what = fixture->second_hex, .cancel = cancel};
    offer(fixture, "app-2", NULL, NULL);
    fa_cancel_set(cancel);
    g_assert_false(fa_store_pull(fixture->there, &options, &tree, NULL, &error));
    g_assert_error(error, FA_ERROR, FA_ERROR_CANCELLED);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(name, function)                                                                        \
    g_test_add("/transfer/" name, Fixture, NULL, set_up, function, tear_down)
    ADD("a-tree-is-pulled-in-one-pack", test_whole);
    ADD("who-has-the-base-pulls-the-difference", test_difference);
    ADD("few-missing-objects-come-by-themselves", test_few);
    ADD("what-is-offered-already-is-not-written-again", test_again);
    ADD("a-build-is-pulled-when-somebody-trusted-signed-it", test_signed);
    ADD("a-forged-build-is-refused", test_forged);
    ADD("what-was-damaged-on-its-way-is-not-kept", test_damaged);
    ADD("an-interrupted-pull-goes-on", test_goes_on);
    ADD("what-cannot-be-pulled-is-told", test_wrong);
    ADD("a-pull-stops-when-asked", test_cancelled);
    return g_test_run();
}
