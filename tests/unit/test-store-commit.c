#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "store/placed.h"
#include "store/private.h"
#include "sys/fs.h"

/* Two builds that nobody has committed, in a store that does so only when it is asked. */
typedef struct Rig {
    char *home;
    FaStore *store;
    FaDigest keys[2];
} Rig;

static char *
name_of(unsigned number)
{
    return g_strdup_printf("app-%u", number);
}

static void
rig_init(Rig *rig)
{
    rig->home = fa_fs_make_temporary(g_get_tmp_dir(), "test-commit-", NULL);
    rig->store = fa_store_open(rig->home, NULL);
    rig->store->patience = G_MAXINT32 * (int64_t)1000000;
    fa_digest_of_bytes("one", 3, &rig->keys[0]);
    fa_digest_of_bytes("two", 3, &rig->keys[1]);
}

static void
rig_clear(Rig *rig)
{
    fa_store_free(rig->store);
    g_assert_true(fa_fs_remove_tree(rig->home, NULL));
    g_free(rig->home);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Rig, rig_clear)

/* (transfer full) The build of @number, whose only file says @text. */
static FaPlaced *
place(const Rig *rig, unsigned number, const char *text)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *made = g_build_filename(rig->home, "made", NULL);
    g_autofree char *file = g_build_filename(made, "file", NULL);
    g_autofree char *name = name_of(number);
    FaDigest tree;
    fa_fs_make_directory(made, 0755, &error);
    fa_fs_write(file, text, strlen(text), 0644, FA_WRITE_NONE, &error);
    FaPlaced *placed =
        fa_store_place_build(rig->store, made, NULL, name, &rig->keys[number], &tree, NULL, &error);
    g_assert_no_error(error);
    return placed;
}

static FaLock *
lock(FaStore *store, const FaDigest *key, int64_t wait)
{
    return fa_store_lock_key(store, key, "a test", wait, NULL, NULL, NULL, NULL);
}

static void
build(const Rig *rig, unsigned number, const char *text)
{
    FaLock *held = lock(rig->store, &rig->keys[number], 0);
    g_assert_nonnull(held);
    fa_store_commit_later(rig->store, place(rig, number, text), held);
}

static void
assert_holds(const Rig *rig, unsigned number, const char *text)
{
    g_autofree char *name = name_of(number);
    g_autofree char *path = g_build_filename(rig->home, "store", name, "file", NULL);
    g_autofree char *found = NULL;
    g_assert_true(fa_fs_read(path, 1000, &found, NULL, NULL));
    g_assert_cmpstr(found, ==, text);
}

static unsigned
count(const Rig *rig, const char *folder)
{
    g_autofree char *path = g_build_filename(rig->home, "store", folder, NULL);
    g_auto(GStrv) names = fa_fs_list(path, NULL);
    return names != NULL ? g_strv_length(names) : 0;
}

static void
count_damage(const FaDamage *damage, void *data)
{
    ++*(unsigned *)data;
}

#define FIRST  "the first, which is long enough not to be tiny"
#define SECOND "the second, which is long enough not to be tiny"

/* Law: before the disk has it, a build is there for who knows its place; no key names it, none of its objects can be
 * seen, and nobody else builds it. Then all of them are there, after one wait. */
static void
test_together(void)
{
    g_auto(Rig) rig = {0};
    g_autoptr(GError) error = NULL;
    unsigned damaged = 0;
    rig_init(&rig);
    g_autoptr(FaStore) other = fa_store_open(rig.home, NULL);
    build(&rig, 0, FIRST);
    build(&rig, 1, SECOND);
    for (unsigned i = 0; i < 2; i++) {
        assert_holds(&rig, i, i == 0 ? FIRST : SECOND);
        g_assert_false(fa_store_lookup(rig.store, &rig.keys[i], NULL, NULL));
        g_assert_null(lock(other, &rig.keys[i], 0));
    }
    g_assert_cmpuint(count(&rig, "keys"), ==, 0);
    g_assert_cmpuint(count(&rig, "objects"), ==, 0);
    g_assert_cmpuint(rig.store->syncs_begun, ==, 0);

    g_assert_true(fa_store_commit(rig.store, &error));
    g_assert_no_error(error);
    g_assert_cmpuint(rig.store->syncs_done, ==, 1);
    for (unsigned i = 0; i < 2; i++) {
        g_assert_true(fa_store_lookup(other, &rig.keys[i], NULL, NULL));
        g_autoptr(FaLock) taken = lock(other, &rig.keys[i], 0);
        g_assert_nonnull(taken);
    }
    g_assert_true(fa_store_verify(other, count_damage, &damaged, NULL, &error));
    g_assert_cmpuint(damaged, ==, 0);
    g_assert_cmpuint(count(&rig, "tmp"), ==, 0);
    /* Nothing to do is no error, and waits for nothing. */
    g_assert_true(fa_store_commit(rig.store, &error));
}

/* Law: it happens without being asked for; who waits for the key finds the build. */
static void
test_by_itself(void)
{
    g_auto(Rig) rig = {0};
    rig_init(&rig);
    rig.store->patience = 1;
    g_autoptr(FaStore) other = fa_store_open(rig.home, NULL);
    for (unsigned i = 0; i < 2; i++) {
        build(&rig, i, FIRST);
        g_autoptr(FaLock) taken = lock(other, &rig.keys[i], -1);
        g_assert_nonnull(taken);
        g_assert_true(fa_store_lookup(other, &rig.keys[i], NULL, NULL));
    }
}

/* Law: what is committed when the store is closed is not lost. */
static void
test_closed(void)
{
    g_auto(Rig) rig = {0};
    rig_init(&rig);
    build(&rig, 0, FIRST);
    fa_store_free(g_steal_pointer(&rig.store));
    rig.store = fa_store_open(rig.home, NULL);
    g_assert_true(fa_store_lookup(rig.store, &rig.keys[0], NULL, NULL));
}

/* Law: once the disk has failed, nothing that came before or comes after is said to be there. */
static void
test_failed(void)
{
    g_auto(Rig) rig = {0};
    g_autoptr(GError) error = NULL;
    rig_init(&rig);
    g_autofree char *there = g_build_filename(rig.home, "store", NULL);
    g_autofree char *away = g_build_filename(rig.home, "away", NULL);
    build(&rig, 0, FIRST);
    g_assert_cmpint(rename(there, away), ==, 0);
    g_assert_false(fa_store_commit(rig.store, &error));
    g_assert_error(error, FA_ERROR, FA_ERROR_NOT_FOUND);
    g_clear_error(&error);
    g_assert_cmpint(rename(away, there), ==, 0);

    build(&rig, 1, SECOND);
    g_assert_false(fa_store_commit(rig.store, &error));
    g_assert_nonnull(error);
    g_assert_cmpuint(count(&rig, "keys"), ==, 0);
    g_assert_cmpuint(count(&rig, "objects"), ==, 0);
    for (unsigned i = 0; i < 2; i++) {
        g_autoptr(FaLock) taken = lock(rig.store, &rig.keys[i], 0);
        g_assert_nonnull(taken);
    }
}

/* Law: what was never committed is in nobody's way: it is built again, otherwise if need be, or collected. */
static void
test_lost(void)
{
    g_auto(Rig) rig = {0};
    g_auto(FaGcStats) stats = {0};
    g_autoptr(GError) error = NULL;
    rig_init(&rig);
    fa_placed_free(place(&rig, 0, FIRST));
    fa_placed_free(place(&rig, 1, SECOND));
    assert_holds(&rig, 0, FIRST);
    g_assert_false(fa_store_lookup(rig.store, &rig.keys[0], NULL, NULL));

    build(&rig, 0, SECOND);
    g_assert_true(fa_store_commit(rig.store, &error));
    assert_holds(&rig, 0, SECOND);
    g_assert_true(fa_store_lookup(rig.store, &rig.keys[0], NULL, NULL));
    const char *const kept[] = {"app-0", NULL};
    g_assert_true(fa_store_add_root(rig.store, "pinned", "test", kept, &error));
    fa_store_free(g_steal_pointer(&rig.store));
    rig.store = fa_store_open(rig.home, NULL);
    g_assert_true(fa_store_gc(rig.store, false, NULL, &stats, &error));
    g_autofree char *left = g_build_filename(rig.home, "store", "app-1", NULL);
    g_assert_false(fa_fs_exists(left));
    assert_holds(&rig, 0, SECOND);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/store-commit/many-builds-wait-for-the-disk-together", test_together);
    g_test_add_func("/store-commit/they-do-not-wait-for-ever", test_by_itself);
    g_test_add_func("/store-commit/they-are-there-when-the-store-is-closed", test_closed);
    g_test_add_func("/store-commit/none-is-there-once-the-disk-has-failed", test_failed);
    g_test_add_func("/store-commit/what-was-lost-is-in-nobodys-way", test_lost);
    return g_test_run();
}
