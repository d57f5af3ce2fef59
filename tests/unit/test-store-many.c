#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "store/store.h"
#include "sys/fs.h"

#define FILES   3000 /* enough that whole shards are published */
#define FOLDERS 30

static void
put(const char *folder, unsigned number)
{
    g_autofree char *path = g_strdup_printf("%s/%u/%u", folder, number % FOLDERS, number);
    g_autofree char *text = g_strdup_printf("file %u, which is too long to be tiny", number);
    bool is_put =
        fa_fs_write(path, text, strlen(text), number % 7 == 0 ? 0755 : 0644, FA_WRITE_NONE, NULL);
    g_assert_true(is_put);
}

static void
make_tree(const char *folder, unsigned from, unsigned to)
{
    for (unsigned i = 0; i < FOLDERS; i++) {
        g_autofree char *path = g_strdup_printf("%s/%u", folder, i);
        g_assert_true(fa_fs_make_directory(path, 0755, NULL));
    }
    for (unsigned i = from; i < to; i++)
        put(folder, i);
}

static char *
set_up(void)
{
    char *root = fa_fs_make_temporary(g_get_tmp_dir(), "test-many-", NULL);
    g_assert_nonnull(root);
    g_assert_cmpint(chdir(root), ==, 0);
    return root;
}

static void
tear_down(char *root)
{
    g_assert_cmpint(chdir("/"), ==, 0);
    g_assert_true(fa_fs_remove_tree(root, NULL));
    g_free(root);
}

static void
fail_damage(const FaDamage *damage, void *data)
{
    g_test_message("damaged: %s", damage->path);
    g_test_fail();
}

/* Law: what was imported is all there, each object whole, and comes back. */
static void
assert_kept(FaStore *store, const FaDigest *tree)
{
    FaDigest again;
    g_autoptr(GError) error = NULL;
    fa_store_checkout(store, tree, "out", NULL, false, &error);
    g_assert_no_error(error);
    g_assert_true(fa_store_digest(store, "out", NULL, &again, NULL, NULL));
    g_assert_true(fa_digest_is_equal(tree, &again));
    g_assert_true(fa_store_verify(store, fail_damage, NULL, NULL, NULL));
    g_auto(GStrv) left = fa_fs_list("home/store/tmp", NULL);
    g_assert_cmpuint(g_strv_length(left), ==, 0);
    g_auto(GStrv) shards = fa_fs_list("home/store/objects", NULL);
    for (char **shard = shards; *shard != NULL; shard++)
        g_assert_cmpuint(strlen(*shard), ==, 2);
    g_assert_true(fa_fs_remove_tree("out", NULL));
}

static FaDigest
import(FaStore *store, const char *folder, uint64_t added)
{
    FaDigest tree;
    FaTreeStats stats;
    g_autoptr(GError) error = NULL;
    fa_store_import(store, folder, NULL, &tree, &stats, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(stats.objects_added, ==, added);
    return tree;
}

static void
test_umask(gconstpointer data)
{
    mode_t old = umask((mode_t)GPOINTER_TO_UINT(data));
    char *root = set_up();
    g_autoptr(FaStore) store = fa_store_open("home", NULL);
    make_tree("in", 0, FILES);
    FaDigest tree = import(store, "in", FILES + 1);
    assert_kept(store, &tree);
    /* The same again adds nothing; an object that was changed is replaced. */
    import(store, "in", 0);
    g_assert_true(fa_store_checkout(store, &tree, "out", NULL, true, NULL));
    g_assert_cmpint(chmod("out/1/1", 0644), ==, 0);
    g_assert_true(fa_fs_remove_tree("out", NULL));
    import(store, "in", 1);
    assert_kept(store, &tree);
    umask(old);
    tear_down(root);
}

/* Some shards are there already, with other objects or the same ones. */
static void
test_more(void)
{
    char *root = set_up();
    g_autoptr(FaStore) store = fa_store_open("home", NULL);
    make_tree("some", 0, 100);
    make_tree("in", 50, FILES);
    FaDigest some = import(store, "some", 101);
    FaDigest tree = import(store, "in", FILES - 100 + 1);
    assert_kept(store, &tree);
    assert_kept(store, &some);
    tear_down(root);
}

static gpointer
import_alone(gpointer data)
{
    g_autoptr(FaStore) store = fa_store_open("home", NULL);
    FaDigest *tree = g_new(FaDigest, 1);
    g_autoptr(GError) error = NULL;
    fa_store_import(store, data, NULL, tree, NULL, &error);
    g_assert_no_error(error);
    return tree;
}

/* Both find no shard, and both are to have all. */
static void
test_two(void)
{
    char *root = set_up();
    make_tree("one", 0, FILES);
    make_tree("two", 500, FILES + 500);
    GThread *thread = g_thread_new("two", import_alone, (gpointer) "two");
    g_autofree FaDigest *one = import_alone((gpointer) "one");
    g_autofree FaDigest *two = g_thread_join(thread);
    g_autoptr(FaStore) store = fa_store_open("home", NULL);
    assert_kept(store, one);
    assert_kept(store, two);
    tear_down(root);
}

static void
test_build(void)
{
    char *root = set_up();
    FaDigest tree, key;
    FaTreeStats stats;
    g_autoptr(GError) error = NULL;
    g_autoptr(FaStore) store = fa_store_open("home", NULL);
    make_tree("made", 0, FILES);
    fa_digest_of_bytes("key", 3, &key);
    fa_store_import_build(store, "made", NULL, "made-1", &key, &tree, &stats, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(stats.objects_added, ==, FILES + 1);
    assert_kept(store, &tree);
    g_assert_true(fa_store_lookup(store, &key, NULL, NULL));
    tear_down(root);
}

static void
assert_refused(FaStore *store, const FaImportOptions *options, const char *pattern)
{
    FaDigest tree;
    g_autoptr(GError) error = NULL;
    g_assert_false(fa_store_digest(store, "in", options, &tree, NULL, &error));
    g_assert_error(error, FA_ERROR, FA_ERROR_REFUSED);
    g_assert_true(g_pattern_match_simple(pattern, error->message));
}

/* The last of many are looked at apart from their names. */
static void
test_last(void)
{
    char *root = set_up();
    g_autoptr(FaStore) store = fa_store_open("home", NULL);
    FaTreeStats stats = {0};
    FaDigest before, after;
    make_tree("in", 0, FILES);
    g_assert_true(fa_fs_write("in/z", "last", 4, 0644, FA_WRITE_NONE, NULL));
    g_assert_true(fa_store_digest(store, "in", NULL, &before, &stats, NULL));
    g_assert_cmpuint(stats.files, ==, FILES + 1);
    const FaImportOptions enough = {.bytes_max = stats.bytes};
    const FaImportOptions small = {.bytes_max = stats.bytes - 1};
    g_assert_true(fa_store_digest(store, "in", &enough, &after, NULL, NULL));
    g_assert_true(fa_digest_is_equal(&before, &after));
    assert_refused(store, &small, "*'z' of 'in': the tree is too large*");

    static const char *const programs[] = {"in/z", "in/9/2979"};
    for (size_t i = 0; i < G_N_ELEMENTS(programs); i++) {
        g_assert_cmpint(chmod(programs[i], 0755), ==, 0);
        g_assert_true(fa_store_digest(store, "in", NULL, &after, NULL, NULL));
        g_assert_false(fa_digest_is_equal(&before, &after));
        before = after;
    }
    g_assert_cmpint(chmod("in/9/2979", 04755), ==, 0);
    assert_refused(store, NULL, "*'9/2979'*setuid*");
    tear_down(root);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_data_func("/store-many/all-is-kept", GUINT_TO_POINTER(0022), test_umask);
    g_test_add_data_func("/store-many/all-is-kept-whatever-the-umask", GUINT_TO_POINTER(0077),
                         test_umask);
    g_test_add_func("/store-many/what-is-there-stays", test_more);
    g_test_add_func("/store-many/two-at-once-have-all", test_two);
    g_test_add_func("/store-many/the-last-are-looked-at", test_last);
    g_test_add_func("/store-many/a-build-is-kept", test_build);
    return g_test_run();
}
