#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "store/store.h"
#include "sys/fs.h"

#define LONG_TEXT "a text that is long enough not to be a tiny file, which is copied"

typedef struct Fixture {
    char *root;
    FaStore *store;
    unsigned damages;
    unsigned restored;
    char *names;
} Fixture;

static void
reopen(Fixture *fixture)
{
    fa_store_free(fixture->store);
    fixture->store = fa_store_open("home", NULL);
    g_assert_nonnull(fixture->store);
}

static void
put(const char *path, const char *text)
{
    g_autoptr(GError) error = NULL;
    fa_fs_write(path, text, strlen(text), 0644, FA_WRITE_NONE, &error);
    g_assert_no_error(error);
}

/* Publishes a build of one file of its own and one that all share. */
static FaDigest
publish(Fixture *fixture, const char *name)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *own = g_strconcat(LONG_TEXT, name, NULL);
    FaDigest key, tree;
    put("in/shared", LONG_TEXT);
    put("in/own", own);
    fa_digest_of_bytes(name, strlen(name), &key);
    fa_store_import(fixture->store, "in", NULL, &tree, NULL, &error);
    g_assert_no_error(error);
    fa_store_publish(fixture->store, name, &key, &tree, &error);
    g_assert_no_error(error);
    return tree;
}

static bool
is_there(Fixture *fixture, const char *name)
{
    FaDigest key;
    fa_digest_of_bytes(name, strlen(name), &key);
    return fa_store_lookup(fixture->store, &key, NULL, NULL);
}

static void
set_up(Fixture *fixture, gconstpointer data)
{
    fixture->root = fa_fs_make_temporary(g_get_tmp_dir(), "test-care-", NULL);
    g_assert_nonnull(fixture->root);
    g_assert_cmpint(chdir(fixture->root), ==, 0);
    fa_fs_make_directory("in/folder", 0755, NULL);
    reopen(fixture);
}

static void
tear_down(Fixture *fixture, gconstpointer data)
{
    fa_store_free(fixture->store);
    g_assert_cmpint(chdir("/"), ==, 0);
    g_assert_true(fa_fs_remove_tree(fixture->root, NULL));
    g_free(fixture->root);
    g_free(fixture->names);
}

static void
collect(Fixture *fixture, bool dry_run, FaGcStats *stats)
{
    g_autoptr(GError) error = NULL;
    fa_store_gc(fixture->store, dry_run, NULL, stats, &error);
    g_assert_no_error(error);
}

static void
test_roots(Fixture *fixture, gconstpointer data)
{
    static const char *const names[] = {"one", NULL};
    g_auto(FaGcStats) dry = {0}, stats = {0}, last = {0};
    publish(fixture, "one");
    publish(fixture, "two");
    g_assert_true(fa_store_add_root(fixture->store, "current", "openplans/live", names, NULL));
    reopen(fixture);

    collect(fixture, true, &dry);
    g_assert_true(is_there(fixture, "one") && is_there(fixture, "two"));
    collect(fixture, false, &stats);
    g_assert_true(is_there(fixture, "one") && !is_there(fixture, "two"));
    g_assert_cmpuint(stats.names_removed, ==, 1);
    g_assert_cmpuint(stats.objects_removed, ==, 2);
    g_assert_cmpuint(dry.names_removed, ==, stats.names_removed);
    g_assert_cmpuint(dry.objects_removed, ==, stats.objects_removed);
    g_assert_cmpuint(dry.bytes_freed, ==, stats.bytes_freed);
    g_assert_cmpuint(stats.kept->len, ==, 1);
    const FaKept *kept = g_ptr_array_index(stats.kept, 0);
    g_assert_cmpstr(kept->name, ==, "one");
    g_assert_cmpstr(kept->by, ==, "current openplans/live");

    g_assert_true(fa_store_remove_root(fixture->store, "current", "openplans/live", NULL));
    collect(fixture, false, &last);
    g_assert_false(is_there(fixture, "one"));
    g_assert_cmpuint(last.objects_removed, ==, 3);
    g_assert_cmpuint(last.bytes_kept, ==, 0);
}

static void
test_session(Fixture *fixture, gconstpointer data)
{
    g_autoptr(FaStore) other = fa_store_open("home", NULL);
    g_auto(FaGcStats) stats = {0}, last = {0};
    FaDigest tree;
    put("in/shared", LONG_TEXT);
    g_assert_true(fa_store_import(other, "in", NULL, &tree, NULL, NULL));
    publish(fixture, "one");
    collect(fixture, false, &stats);
    g_assert_true(is_there(fixture, "one"));
    g_assert_cmpuint(stats.objects_removed, ==, 0);
    g_assert_true(fa_store_checkout(other, &tree, "out", NULL, true, NULL));
    reopen(fixture);
    collect(fixture, false, &last);
    g_assert_false(is_there(fixture, "one"));
    g_assert_cmpuint(last.objects_removed, ==, 2);
}

static void
test_leftovers(Fixture *fixture, gconstpointer data)
{
    static const char *const names[] = {"one", NULL};
    static const char *const left[] = {"home/store/tmp/import-x/file", "home/store/.new-abc/sub",
                                       "home/store/two-1-unknown/bin"};
    g_auto(FaGcStats) stats = {0};
    publish(fixture, "one");
    g_assert_true(fa_store_add_root(fixture->store, "pinned", "x", names, NULL));
    for (size_t i = 0; i < G_N_ELEMENTS(left); i++)
        g_assert_true(fa_fs_make_directory(left[i], 0755, NULL));
    g_assert_cmpint(chmod("home/store/.new-abc", 0555), ==, 0);
    put("home/store/sessions/dead", "");
    put("home/store/sessions/dead.trees", "");
    reopen(fixture);
    collect(fixture, false, &stats);
    for (size_t i = 0; i < G_N_ELEMENTS(left); i++)
        g_assert_false(fa_fs_exists(left[i]));
    g_assert_false(fa_fs_exists("home/store/sessions/dead"));
    g_assert_cmpuint(stats.leftovers_removed, ==, 3);
    g_assert_true(is_there(fixture, "one"));
}

static void
test_unknown(Fixture *fixture, gconstpointer data)
{
    static const char *const names[] = {"one", NULL};
    g_autoptr(GError) error = NULL;
    FaGcStats stats;
    g_autofree char *hex = NULL;
    FaDigest tree = publish(fixture, "one");
    g_assert_true(fa_store_add_root(fixture->store, "pinned", "x", names, NULL));
    hex = fa_digest_to_string(&tree);
    g_autofree char *path = g_strdup_printf("home/store/objects/%.2s/%s", hex, hex + 2);
    g_assert_cmpint(unlink(path), ==, 0);
    reopen(fixture);
    g_assert_false(fa_store_gc(fixture->store, false, NULL, &stats, &error));
    g_assert_nonnull(error);
    g_assert_true(is_there(fixture, "one"));
}

static void
take_damage(const FaDamage *damage, void *data)
{
    Fixture *fixture = data;
    fixture->damages++;
    fixture->restored += damage->restored;
    g_free(fixture->names);
    fixture->names = g_strjoinv(" ", (char **)damage->names);
}

static void
verify(Fixture *fixture)
{
    g_autoptr(GError) error = NULL;
    fixture->damages = fixture->restored = 0;
    fa_store_verify(fixture->store, take_damage, fixture, NULL, &error);
    g_assert_no_error(error);
}

/* Changes one byte and no time, as a bad disk does. */
static void
damage(const char *path)
{
    struct stat status;
    g_assert_cmpint(stat(path, &status), ==, 0);
    g_assert_cmpint(chmod(path, 0644), ==, 0);
    int fd = open(path, O_WRONLY);
    g_assert_cmpint(pwrite(fd, "A", 1, 0), ==, 1);
    g_assert_cmpint(futimens(fd, (struct timespec[]){status.st_mtim, status.st_mtim}), ==, 0);
    close(fd);
    g_assert_cmpint(chmod(path, 0444), ==, 0);
}

static void
assert_holds(const char *path, const char *text)
{
    g_autofree char *content = NULL;
    size_t length;
    g_assert_true(fa_fs_read(path, 1000, &content, &length, NULL));
    g_assert_cmpstr(content, ==, text);
}

static void
test_damage(Fixture *fixture, gconstpointer data)
{
    publish(fixture, "one");
    publish(fixture, "two");
    verify(fixture);
    g_assert_cmpuint(fixture->damages, ==, 0);

    damage("home/store/one/shared");
    verify(fixture);
    g_assert_cmpuint(fixture->damages, ==, 1);
    g_assert_cmpuint(fixture->restored, ==, 0);
    g_assert_cmpstr(fixture->names, ==, "one two");

    FaDigest tree;
    put("in/shared", LONG_TEXT);
    g_assert_true(fa_store_import(fixture->store, "in", NULL, &tree, NULL, NULL));
    verify(fixture);
    assert_holds("home/store/one/shared", LONG_TEXT);
    assert_holds("home/store/two/shared", LONG_TEXT);
    verify(fixture);
    g_assert_cmpuint(fixture->damages, ==, 0);
}

static void
test_restored(Fixture *fixture, gconstpointer data)
{
    publish(fixture, "one");
    publish(fixture, "two");
    /* One build has a copy of its own. */
    g_assert_cmpint(chmod("home/store/two", 0755), ==, 0);
    g_assert_true(fa_fs_copy_file("home/store/two/shared", "copy", NULL));
    g_assert_cmpint(rename("copy", "home/store/two/shared"), ==, 0);
    g_assert_cmpint(chmod("home/store/two", 0555), ==, 0);
    damage("home/store/one/shared");
    verify(fixture);
    g_assert_cmpuint(fixture->damages, ==, 1);
    g_assert_cmpuint(fixture->restored, ==, 1);
    assert_holds("home/store/one/shared", LONG_TEXT);
    verify(fixture);
    g_assert_cmpuint(fixture->damages, ==, 0);

    damage("home/store/two/shared");
    verify(fixture);
    g_assert_cmpuint(fixture->restored, ==, 1);
    assert_holds("home/store/two/shared", LONG_TEXT);
}

static void
test_manifest(Fixture *fixture, gconstpointer data)
{
    FaDigest tree = publish(fixture, "one");
    g_autofree char *hex = fa_digest_to_string(&tree);
    g_autofree char *path = g_strdup_printf("home/store/objects/%.2s/%s", hex, hex + 2);
    damage(path);
    verify(fixture);
    g_assert_cmpuint(fixture->damages, ==, 1);
    g_assert_cmpuint(fixture->restored, ==, 1);
    verify(fixture);
    g_assert_cmpuint(fixture->damages, ==, 0);
}

#define MANY 1000

/* A tree whose manifest is worth more than a block. */
static void
make_many(void)
{
    for (unsigned i = 0; i < MANY; i++) {
        g_autofree char *path = g_strdup_printf("in/%u", i);
        g_autofree char *text = g_strdup_printf(LONG_TEXT " %u", i);
        put(path, text);
    }
}

/* (transfer full) (nullable) The only manifest that is held as a difference. */
static char *
find_difference(void)
{
    char *found = NULL;
    g_auto(GStrv) shards = fa_fs_list("home/store/objects", NULL);
    for (char **shard = shards; *shard != NULL; shard++) {
        g_autofree char *folder = g_build_filename("home/store/objects", *shard, NULL);
        g_auto(GStrv) names = fa_fs_list(folder, NULL);
        for (char **name = names; *name != NULL; name++) {
            if (!g_str_has_suffix(*name, ".m"))
                continue;
            g_assert_null(found);
            found = g_build_filename(folder, *name, NULL);
        }
    }
    return found;
}

/* Files at the beginning, in between and at the end come, go and change. */
static FaDigest
publish_changed(Fixture *fixture)
{
    unlink("in/0");
    unlink("in/77");
    unlink("in/999");
    put("in/500", "changed");
    put("in/ first", LONG_TEXT " first");
    put("in/500.a", LONG_TEXT " between");
    put("in/zzz", LONG_TEXT " last");
    return publish(fixture, "two");
}

static void
test_difference(Fixture *fixture, gconstpointer data)
{
    static const char *const names[] = {"two", NULL};
    FaDigest tree;
    g_auto(FaGcStats) stats = {0};
    make_many();
    publish(fixture, "one");
    tree = publish_changed(fixture);
    g_autofree char *path = find_difference();
    struct stat status;
    g_assert_nonnull(path);
    g_assert_cmpint(stat(path, &status), ==, 0);
    g_assert_cmpint(status.st_size, <, 2000);

    /* Its base stays with it, though the base's build goes; and what is in a checkout is what was imported. */
    g_assert_true(fa_store_add_root(fixture->store, "pinned", "x", names, NULL));
    reopen(fixture);
    g_assert_true(fa_store_gc(fixture->store, false, NULL, &stats, NULL));
    g_assert_false(is_there(fixture, "one"));
    FaDigest again;
    g_assert_true(fa_store_checkout(fixture->store, &tree, "out", NULL, true, NULL));
    g_assert_true(fa_store_digest(fixture->store, "out", NULL, &again, NULL, NULL));
    g_assert_true(fa_digest_is_equal(&tree, &again));
    verify(fixture);
    g_assert_cmpuint(fixture->damages, ==, 0);
}

static void
test_damaged_difference(Fixture *fixture, gconstpointer data)
{
    make_many();
    publish(fixture, "one");
    publish_changed(fixture);
    g_autofree char *path = find_difference();
    damage(path);
    verify(fixture);
    g_assert_cmpuint(fixture->damages, >, 0);
    g_assert_cmpuint(fixture->restored, ==, fixture->damages);
    verify(fixture);
    g_assert_cmpuint(fixture->damages, ==, 0);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(name, function)                                                                        \
    g_test_add("/store-care/" name, Fixture, NULL, set_up, function, tear_down)
    ADD("only-what-a-root-names-is-kept", test_roots);
    ADD("what-a-running-command-made-is-kept", test_session);
    ADD("what-a-killed-command-left-is-removed", test_leftovers);
    ADD("nothing-is-removed-when-it-is-not-known-what-is-used", test_unknown);
    ADD("damage-is-told-with-the-builds-that-have-it", test_damage);
    ADD("damage-is-cured-from-any-copy", test_restored);
    ADD("a-lost-manifest-is-made-again", test_manifest);
    ADD("a-manifest-that-differs-little-is-held-as-the-difference", test_difference);
    ADD("a-damaged-difference-is-made-again", test_damaged_difference);
    return g_test_run();
}
