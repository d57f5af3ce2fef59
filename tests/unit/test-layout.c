#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "site/layout.h"
#include "sys/fs.h"

typedef struct Fixture {
    char *root;
    FaLayout *layout;
} Fixture;

static void
set_up(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    fixture->root = fa_fs_make_temporary(g_get_tmp_dir(), "test-layout-", NULL);
    g_assert_nonnull(fixture->root);
    fixture->layout = fa_layout_new(fixture->root, "openplans", "dev", fixture->root, &error);
    g_assert_no_error(error);
}

static void
tear_down(Fixture *fixture, gconstpointer data)
{
    fa_layout_free(fixture->layout);
    g_assert_true(fa_fs_remove_tree(fixture->root, NULL));
    g_free(fixture->root);
}

static void
make_build(Fixture *fixture, const char *name)
{
    g_autofree char *path = g_build_filename(fixture->layout->builds, name, NULL);
    g_assert_true(fa_fs_make_directory(path, 0755, NULL));
}

static void
test_make(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    struct stat status;

    g_assert_true(fa_layout_make(fixture->layout, &error));
    g_assert_true(fa_layout_make(fixture->layout, &error));
    g_assert_no_error(error);
    g_autofree char *bin = fa_fs_read_symlink(fixture->layout->bin, NULL);
    g_assert_cmpstr(bin, ==, "current/bin");
    g_assert_cmpint(lstat(fixture->layout->secrets, &status), ==, 0);
    g_assert_cmpuint(status.st_mode & 07777, ==, 0700);
    g_assert_true(g_str_has_prefix(fixture->layout->run, fixture->root));
}

static void
test_short(Fixture *fixture, gconstpointer data)
{
    g_autofree char *deep = g_strdup_printf("%s/%0120d", fixture->root, 0);
    g_autoptr(GError) error = NULL;
    g_autoptr(FaLayout) layout = fa_layout_new(deep, "openplans", "dev", fixture->root, &error);
    g_autoptr(FaLayout) other = fa_layout_new(deep, "openplans", "live", fixture->root, &error);
    struct stat status;

    g_assert_no_error(error);
    g_assert_cmpuint(strlen(layout->run) + 1 + FA_LAYOUT_SOCKET_NAME_MAX, <=,
                     FA_LAYOUT_SOCKET_PATH_MAX);
    g_assert_cmpstr(layout->run, !=, other->run);
    g_assert_true(fa_layout_make(layout, &error));
    g_assert_true(fa_layout_make(layout, &error));
    g_autofree char *link = g_build_filename(layout->var, "run", NULL);
    g_autofree char *target = fa_fs_read_symlink(link, NULL);
    g_assert_cmpstr(target, ==, layout->run);
    g_assert_cmpint(lstat(layout->run, &status), ==, 0);
    g_assert_cmpuint(status.st_mode & 07777, ==, 0700);

    /* What somebody else put there is not used. */
    g_assert_cmpint(rmdir(layout->run), ==, 0);
    g_assert_cmpint(symlink("/etc", layout->run), ==, 0);
    g_assert_false(fa_layout_make(layout, &error));
    g_assert_error(error, FA_ERROR, FA_ERROR_DENIED);
}

static void
test_names(Fixture *fixture, gconstpointer data)
{
    g_assert_null(fa_layout_new("relative", "a", "b", "/tmp", NULL));
    g_assert_null(fa_layout_new("/home", "../a", "b", "/tmp", NULL));
    g_assert_null(fa_layout_new("/home", "a", "b/c", "/tmp", NULL));
    g_assert_null(fa_layout_next_build(fixture->layout, "../1", NULL));
}

static void
test_builds(Fixture *fixture, gconstpointer data)
{
    g_autofree char *first = fa_layout_next_build(fixture->layout, "1.0", NULL);
    g_assert_cmpstr(first, ==, "1.0-1");
    g_assert_true(fa_layout_make(fixture->layout, NULL));
    make_build(fixture, "1.0-9");
    make_build(fixture, "0.9-10");
    make_build(fixture, "1.1-rc1-2");
    make_build(fixture, ".new-abc-77");
    make_build(fixture, "stray");
    g_assert_true(fa_fs_switch_symlink(fixture->layout->current, "builds/1.0-9", NULL));

    g_autoptr(GPtrArray) builds = fa_layout_list_builds(fixture->layout, NULL);
    g_assert_cmpuint(builds->len, ==, 3);
    g_assert_cmpstr(((FaBuildName *)g_ptr_array_index(builds, 0))->release, ==, "1.1-rc1");
    g_assert_true(((FaBuildName *)g_ptr_array_index(builds, 1))->is_current);
    g_autofree char *next = fa_layout_next_build(fixture->layout, "1.0", NULL);
    g_assert_cmpstr(next, ==, "1.0-11");
}

static void
test_drop(Fixture *fixture, gconstpointer data)
{
    g_assert_true(fa_layout_make(fixture->layout, NULL));
    for (int i = 1; i <= 6; i++) {
        g_autofree char *name = g_strdup_printf("1.0-%d", i);
        make_build(fixture, name);
    }
    g_assert_true(fa_fs_switch_symlink(fixture->layout->current, "builds/1.0-2", NULL));
    g_autoptr(GPtrArray) builds = fa_layout_list_builds(fixture->layout, NULL);
    const char *in_use[] = {"1.0-3", NULL};
    g_autoptr(GPtrArray) drop = fa_layout_builds_to_drop(builds, 2, in_use);
    g_assert_cmpuint(drop->len, ==, 2);
    g_assert_cmpstr(g_ptr_array_index(drop, 0), ==, "1.0-1");
    g_assert_cmpstr(g_ptr_array_index(drop, 1), ==, "1.0-4");
    g_autoptr(GPtrArray) none = fa_layout_builds_to_drop(builds, G_MAXUINT, NULL);
    g_assert_cmpuint(none->len, ==, 0);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(name, function) g_test_add("/layout/" name, Fixture, NULL, set_up, function, tear_down)
    ADD("an-environment-is-made-and-made-again", test_make);
    ADD("sockets-have-short-names-below-a-long-home", test_short);
    ADD("names-that-lead-elsewhere-are-refused", test_names);
    ADD("builds-are-counted-over-all-releases", test_builds);
    ADD("what-runs-and-the-newest-builds-are-kept", test_drop);
    return g_test_run();
}
