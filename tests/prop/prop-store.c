#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "store/store.h"
#include "sys/fs.h"

#define CASES     12
#define FILES_MAX 40

/* A tree as drawn: plans are carried out in any order, and more than once. */
typedef struct Drawn {
    char *path;
    char *content; /* NULL: a symlink */
    size_t length;
    bool is_program;
} Drawn;

typedef struct Fixture {
    char *root;
    FaStore *store;
} Fixture;

static void
set_up(Fixture *fixture, gconstpointer data)
{
    fixture->root = fa_fs_make_temporary(g_get_tmp_dir(), "prop-store-", NULL);
    g_assert_nonnull(fixture->root);
    g_assert_cmpint(chdir(fixture->root), ==, 0);
    fixture->store = fa_store_open("home", NULL);
}

static void
tear_down(Fixture *fixture, gconstpointer data)
{
    fa_store_free(fixture->store);
    g_assert_cmpint(chdir("/"), ==, 0);
    g_assert_true(fa_fs_remove_tree(fixture->root, NULL));
    g_free(fixture->root);
}

static void
free_drawn(gpointer data)
{
    Drawn *drawn = data;
    g_free(drawn->path);
    g_free(drawn->content);
    g_free(drawn);
}

/* Names that sort differently as bytes and as parts of paths, and some that are hard to read. */
static char *
draw_path(void)
{
    static const char *const names[] = {"a", "a-",       "a.b",  "b", "A",
                                        " ", "\xc3\xa9", "\xff", "-", "~"};
    unsigned depth = (unsigned)g_test_rand_int_range(0, 4);
    g_autoptr(GString) path = g_string_new(NULL);
    for (unsigned i = 0; i < depth; i++)
        g_string_append_printf(path, "d%s/", names[g_test_rand_int_range(0, G_N_ELEMENTS(names))]);
    g_string_append_printf(path, "f%s", names[g_test_rand_int_range(0, G_N_ELEMENTS(names))]);
    return g_string_free(g_steal_pointer(&path), FALSE);
}

static Drawn *
draw_file(void)
{
    static const size_t lengths[] = {0, 1, 32, 33, 4096, 1024 * 1024, 1024 * 1024 + 1};
    bool is_large = g_test_rand_int_range(0, 20) == 0;
    Drawn *drawn = g_new0(Drawn, 1);
    drawn->path = draw_path();
    if (g_test_rand_int_range(0, 6) == 0)
        return drawn;
    drawn->length = lengths[g_test_rand_int_range(0, is_large ? G_N_ELEMENTS(lengths) : 5)];
    drawn->content = g_malloc(drawn->length + 1);
    /* Few contents, so that many files share one. */
    memset(drawn->content, 'a' + g_test_rand_int_range(0, 4), drawn->length);
    drawn->is_program = g_test_rand_int_range(0, 2) == 0;
    return drawn;
}

static GPtrArray *
draw_tree(void)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    GPtrArray *tree = g_ptr_array_new_with_free_func(free_drawn);
    unsigned count = (unsigned)g_test_rand_int_range(0, FILES_MAX);
    for (unsigned i = 0; i < count; i++) {
        Drawn *drawn = draw_file();
        if (g_hash_table_contains(seen, drawn->path)) {
            free_drawn(drawn);
            continue;
        }
        g_hash_table_add(seen, drawn->path);
        g_ptr_array_add(tree, drawn);
    }
    return tree;
}

static void
shuffle(GPtrArray *tree)
{
    for (guint i = tree->len; i > 1; i--) {
        guint other = (guint)g_test_rand_int_range(0, (gint32)i);
        gpointer kept = tree->pdata[i - 1];
        tree->pdata[i - 1] = tree->pdata[other];
        tree->pdata[other] = kept;
    }
}

static void
make(const GPtrArray *tree, const char *directory)
{
    g_autoptr(GError) error = NULL;
    fa_fs_make_directory(directory, 0700, &error);
    for (guint i = 0; i < tree->len; i++) {
        const Drawn *drawn = tree->pdata[i];
        g_autofree char *path = g_build_filename(directory, drawn->path, NULL);
        g_autofree char *folder = g_path_get_dirname(path);
        mode_t mode = drawn->is_program ? 0711 : (mode_t)(g_test_rand_bit() ? 0600 : 0666);
        fa_fs_make_directory(folder, g_test_rand_bit() ? 0700 : 0755, &error);
        if (drawn->content == NULL)
            g_assert_cmpint(symlink(drawn->path, path), ==, 0);
        else
            fa_fs_write(path, drawn->content, drawn->length, mode, FA_WRITE_NONE, &error);
        g_assert_no_error(error);
    }
}

static FaDigest
digest_of(Fixture *fixture, const char *directory, bool is_kept)
{
    const FaImportOptions options = {.threads = (unsigned)g_test_rand_int_range(1, 4)};
    g_autoptr(GError) error = NULL;
    FaDigest tree = {0};
    if (is_kept)
        fa_store_import(fixture->store, directory, &options, &tree, NULL, &error);
    else
        fa_store_digest(fixture->store, directory, &options, &tree, NULL, &error);
    g_assert_no_error(error);
    return tree;
}

static void
assert_same(const FaDigest *a, const FaDigest *b)
{
    g_assert_cmpmem(a->bytes, FA_DIGEST_SIZE, b->bytes, FA_DIGEST_SIZE);
}

/*
 * Laws: a tree's digest does not depend on the order in which it was made, on modes but for "may be executed", or on
 * whether it is kept; a checkout has the digest of what was imported, read-only or not.
 */
static void
test_digest(Fixture *fixture, gconstpointer data)
{
    for (unsigned i = 0; i < CASES; i++) {
        g_autoptr(GPtrArray) tree = draw_tree();
        g_autoptr(GError) error = NULL;
        make(tree, "one");
        shuffle(tree);
        make(tree, "two");
        FaDigest before = digest_of(fixture, "one", false), kept = digest_of(fixture, "one", true);
        FaDigest other = digest_of(fixture, "two", false);
        assert_same(&before, &kept);
        assert_same(&before, &other);

        fa_store_checkout(fixture->store, &kept, "out", NULL, g_test_rand_bit(), &error);
        g_assert_no_error(error);
        FaDigest out = digest_of(fixture, "out", g_test_rand_bit());
        assert_same(&before, &out);
        static const char *const made[] = {"one", "two", "out"};
        for (size_t j = 0; j < G_N_ELEMENTS(made); j++)
            g_assert_true(fa_fs_remove_tree(made[j], NULL));
    }
}

/* Law: any one change of a path, a content or "may be executed" is another digest. */
static void
test_change(Fixture *fixture, gconstpointer data)
{
    for (unsigned i = 0; i < CASES; i++) {
        g_autoptr(GPtrArray) tree = draw_tree();
        if (tree->len == 0)
            continue;
        make(tree, "one");
        FaDigest before = digest_of(fixture, "one", true);
        Drawn *drawn = tree->pdata[g_test_rand_int_range(0, (gint32)tree->len)];
        switch (drawn->length == 0 ? 0 : g_test_rand_int_range(0, 3)) {
        case 0: {
            g_autofree char *old = g_steal_pointer(&drawn->path);
            drawn->path = g_strconcat(old, "+", NULL);
            break;
        }
        case 1:
            drawn->content[g_test_rand_int_range(0, (gint32)drawn->length)] ^= 1;
            break;
        case 2:
            drawn->is_program = !drawn->is_program;
            break;
        }
        g_assert_true(fa_fs_remove_tree("one", NULL));
        make(tree, "one");
        FaDigest after = digest_of(fixture, "one", g_test_rand_bit());
        g_assert_false(fa_digest_is_equal(&before, &after));
        g_assert_true(fa_fs_remove_tree("one", NULL));
    }
}

/* Law: whatever is published, rooted, unrooted and collected in whatever order, what a root names is there, whole. */
static void
test_roots(Fixture *fixture, gconstpointer data)
{
    bool is_root[8] = {false};
    FaDigest trees[8];
    for (unsigned i = 0; i < CASES; i++) {
        unsigned at = (unsigned)g_test_rand_int_range(0, G_N_ELEMENTS(is_root));
        g_autofree char *name = g_strdup_printf("app-%u", at);
        const char *const names[] = {name, NULL};
        if (is_root[at]) {
            g_assert_true(fa_store_remove_root(fixture->store, "pinned", name, NULL));
        } else {
            g_autoptr(GPtrArray) tree = draw_tree();
            FaDigest key;
            g_autofree char *label = g_strdup_printf("%u %u", at, i);
            fa_digest_of_bytes(label, strlen(label), &key);
            make(tree, "one");
            trees[at] = digest_of(fixture, "one", true);
            g_assert_true(fa_store_publish(fixture->store, name, &key, &trees[at], NULL));
            g_assert_true(fa_store_add_root(fixture->store, "pinned", name, names, NULL));
            g_assert_true(fa_fs_remove_tree("one", NULL));
        }
        is_root[at] = !is_root[at];

        g_auto(FaGcStats) stats = {0};
        fa_store_free(fixture->store);
        fixture->store = fa_store_open("home", NULL);
        g_assert_true(fa_store_gc(fixture->store, false, NULL, &stats, NULL));
        for (unsigned j = 0; j < G_N_ELEMENTS(is_root); j++) {
            g_autofree char *path = g_strdup_printf("home/store/app-%u", j);
            g_assert_true(fa_fs_exists(path) == is_root[j]);
            if (!is_root[j])
                continue;
            FaDigest there = digest_of(fixture, path, false);
            assert_same(&trees[j], &there);
        }
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(name, function)                                                                        \
    g_test_add("/store-laws/" name, Fixture, NULL, set_up, function, tear_down)
    ADD("a-digest-depends-on-the-tree-alone", test_digest);
    ADD("every-change-is-another-digest", test_change);
    ADD("what-a-root-names-is-there-and-whole", test_roots);
    return g_test_run();
}
