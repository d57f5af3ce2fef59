#include <string.h>
#include <unistd.h>

#include "store/cache.h"
#include "sys/fs.h"

#define SECOND INT64_C(1000000000)

typedef struct Fixture {
    char *root;
    char *path;
} Fixture;

static void
set_up(Fixture *fixture, gconstpointer data)
{
    fixture->root = fa_fs_make_temporary(g_get_tmp_dir(), "test-cache-", NULL);
    g_assert_nonnull(fixture->root);
    fixture->path = g_build_filename(fixture->root, "cache", NULL);
}

static void
tear_down(Fixture *fixture, gconstpointer data)
{
    g_assert_true(fa_fs_remove_tree(fixture->root, NULL));
    g_free(fixture->root);
    g_free(fixture->path);
}

static FaCacheKey
key_of(uint64_t inode)
{
    return (FaCacheKey){
        .device = 1, .inode = inode, .size = 5, .mtime = 100 * SECOND, .ctime = 100 * SECOND};
}

static FaDigest
digest_of(uint64_t number)
{
    FaDigest digest;
    fa_digest_of_bytes(&number, sizeof number, &digest);
    return digest;
}

static void
add(FaCache *cache, uint64_t inode)
{
    FaCacheKey key = key_of(inode);
    FaDigest digest = digest_of(inode);
    fa_cache_add(cache, &key, 200, &digest);
}

static bool
knows(const FaCache *cache, uint64_t inode)
{
    FaCacheKey key = key_of(inode);
    FaDigest digest, expected = digest_of(inode);
    if (!fa_cache_find(cache, &key, &digest))
        return false;
    g_assert_true(fa_digest_is_equal(&digest, &expected));
    return true;
}

static void
test_saved(Fixture *fixture, gconstpointer data)
{
    g_autoptr(FaCache) cache = fa_cache_open(fixture->path);
    for (uint64_t i = 0; i < 3000; i++)
        add(cache, i);
    g_assert_true(knows(cache, 7));
    g_assert_true(fa_cache_save(cache, NULL));
    g_autoptr(FaCache) again = fa_cache_open(fixture->path);
    for (uint64_t i = 0; i < 3000; i++)
        g_assert_true(knows(again, i) && knows(cache, i));
    g_assert_false(knows(again, 3000));
}

static void
test_changed(Fixture *fixture, gconstpointer data)
{
    g_autoptr(FaCache) cache = fa_cache_open(fixture->path);
    FaDigest digest;
    add(cache, 1);
    for (unsigned i = 0; i < 5; i++) {
        FaCacheKey key = key_of(1);
        uint64_t *const fields[] = {&key.device, &key.inode, &key.size, (uint64_t *)&key.mtime,
                                    (uint64_t *)&key.ctime};
        *fields[i] += 1;
        g_assert_false(fa_cache_find(cache, &key, &digest));
    }
}

static void
test_racy(Fixture *fixture, gconstpointer data)
{
    g_autoptr(FaCache) cache = fa_cache_open(fixture->path);
    FaCacheKey key = key_of(1);
    FaDigest digest = digest_of(1);
    fa_cache_add(cache, &key, 100, &digest);
    fa_cache_add(cache, &key, 101, &digest);
    fa_cache_add(cache, &key, 50, &digest);
    g_assert_false(knows(cache, 1));
    fa_cache_add(cache, &key, 102, &digest);
    g_assert_true(knows(cache, 1));
}

/* A directory is known by itself and by all that is in it, one beside the other, and each exactly. */
static void
test_facts(Fixture *fixture, gconstpointer data)
{
    g_autoptr(FaCache) cache = fa_cache_open(fixture->path);
    FaDigest facts = digest_of(5), tree = digest_of(6), found;
    FaCacheKey directory = key_of(1), key = fa_cache_key_of_facts(&directory, &facts);
    add(cache, 1);
    fa_cache_add_derived(cache, &key, &tree);
    g_assert_true(fa_cache_save(cache, NULL));
    g_autoptr(FaCache) again = fa_cache_open(fixture->path);
    g_assert_true(knows(again, 1));
    g_assert_true(fa_cache_find(again, &key, &found) && fa_digest_is_equal(&found, &tree));
    for (size_t i = 0; i < 24; i++) {
        FaDigest other = facts;
        other.bytes[i] ^= 1;
        key = fa_cache_key_of_facts(&directory, &other);
        g_assert_false(fa_cache_find(again, &key, &found));
    }
    directory = key_of(2);
    key = fa_cache_key_of_facts(&directory, &facts);
    g_assert_false(fa_cache_find(again, &key, &found));
}

static void
test_two(Fixture *fixture, gconstpointer data)
{
    g_autoptr(FaCache) one = fa_cache_open(fixture->path);
    g_autoptr(FaCache) two = fa_cache_open(fixture->path);
    add(one, 1);
    add(two, 2);
    g_assert_true(fa_cache_save(one, NULL) && fa_cache_save(two, NULL));
    g_autoptr(FaCache) both = fa_cache_open(fixture->path);
    g_assert_true(knows(both, 1) && knows(both, 2));
}

/* Law: few or many, again or new, in any mixture, what was saved is known. */
static void
test_grows(Fixture *fixture, gconstpointer data)
{
    uint64_t next = 0;
    for (unsigned round = 0; round < 60; round++) {
        g_autoptr(FaCache) cache = fa_cache_open(fixture->path);
        for (uint64_t i = 0; i < 1 + round * 7 % 97; i++)
            add(cache, next++);
        add(cache, next / 2);
        g_assert_true(fa_cache_save(cache, NULL));
        g_autoptr(FaCache) again = fa_cache_open(fixture->path);
        for (uint64_t i = 0; i < next; i++)
            g_assert_true(knows(cache, i) && knows(again, i));
        g_assert_false(knows(again, next));
    }
}

static ino_t
inode_of(const char *path)
{
    struct stat status;
    g_assert_cmpint(stat(path, &status), ==, 0);
    return status.st_ino;
}

/* A few news do not rewrite all; whoever has the table open sees them or not, but nothing else. */
static void
test_in_place(Fixture *fixture, gconstpointer data)
{
    g_autoptr(FaCache) cache = fa_cache_open(fixture->path);
    FaCacheKey changed = key_of(3);
    FaDigest digest = digest_of(99), found;
    for (uint64_t i = 0; i < 300; i++)
        add(cache, i);
    g_assert_true(fa_cache_save(cache, NULL));
    ino_t inode = inode_of(fixture->path);
    g_autoptr(FaCache) other = fa_cache_open(fixture->path);
    add(cache, 300);
    changed.size++;
    fa_cache_add(cache, &changed, 200, &digest);
    g_assert_true(fa_cache_save(cache, NULL));
    g_assert_cmpuint(inode_of(fixture->path), ==, inode);
    g_assert_true(knows(cache, 300) && knows(cache, 4) && !knows(cache, 3));
    g_assert_true(fa_cache_find(cache, &changed, &found) && fa_digest_is_equal(&found, &digest));
    g_assert_true(knows(other, 4) && knows(other, 299) && !knows(other, 3));
    for (uint64_t i = 1000; i < 2000; i++)
        add(cache, i);
    g_assert_true(fa_cache_save(cache, NULL));
    g_assert_cmpuint(inode_of(fixture->path), !=, inode);
    g_assert_true(knows(cache, 300) && knows(cache, 1999));
}

static void
test_damaged(Fixture *fixture, gconstpointer data)
{
    g_autoptr(FaCache) cache = fa_cache_open(fixture->path);
    g_autofree char *bytes = NULL;
    size_t length;
    for (uint64_t i = 0; i < 10; i++)
        add(cache, i);
    g_assert_true(fa_cache_save(cache, NULL));
    g_assert_true(fa_fs_read(fixture->path, G_MAXINT32, &bytes, &length, NULL));

    /* One bit of each digest and key: what is left is true or not known. */
    for (size_t i = 16; i < length; i += 24)
        bytes[i] ^= 4;
    g_assert_true(fa_fs_write(fixture->path, bytes, length, 0600, FA_WRITE_NONE, NULL));
    g_autoptr(FaCache) flipped = fa_cache_open(fixture->path);
    for (uint64_t i = 0; i < 10; i++)
        g_assert_false(knows(flipped, i));
    g_assert_true(fa_fs_write(fixture->path, bytes, length - 1, 0600, FA_WRITE_NONE, NULL));
    g_autoptr(FaCache) shorter = fa_cache_open(fixture->path);
    g_assert_false(knows(shorter, 1));
    add(shorter, 1);
    g_assert_true(fa_cache_save(shorter, NULL));
    g_assert_true(knows(shorter, 1));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(name, function) g_test_add("/cache/" name, Fixture, NULL, set_up, function, tear_down)
    ADD("what-was-saved-is-known", test_saved);
    ADD("a-changed-file-is-not-known", test_changed);
    ADD("a-file-changed-just-now-is-not-remembered", test_racy);
    ADD("a-directory-is-known-by-all-that-is-in-it", test_facts);
    ADD("two-savers-keep-what-both-learnt", test_two);
    ADD("it-grows-by-few-and-by-many", test_grows);
    ADD("few-news-do-not-rewrite-all", test_in_place);
    ADD("a-damaged-cache-is-never-believed", test_damaged);
    return g_test_run();
}
