#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "sys/fs.h"

typedef struct Fixture {
    char *root;
} Fixture;

static void
set_up(Fixture *fixture, gconstpointer data)
{
    fixture->root = fa_fs_make_temporary(g_get_tmp_dir(), "test-fs-", NULL);
    g_assert_nonnull(fixture->root);
    g_assert_cmpint(chdir(fixture->root), ==, 0);
}

static void
tear_down(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_assert_cmpint(chdir("/"), ==, 0);
    g_assert_true(fa_fs_remove_tree(fixture->root, &error));
    g_assert_no_error(error);
    g_assert_false(fa_fs_exists(fixture->root));
    g_free(fixture->root);
}

static void
put(const char *path, const char *text, mode_t mode)
{
    g_autoptr(GError) error = NULL;
    fa_fs_write(path, text, strlen(text), mode, FA_WRITE_NONE, &error);
    g_assert_no_error(error);
}

static void
assert_holds(const char *path, const char *text)
{
    g_autofree char *content = NULL;
    size_t length;
    g_autoptr(GError) error = NULL;
    fa_fs_read(path, 1000, &content, &length, &error);
    g_assert_no_error(error);
    g_assert_cmpmem(content, length, text, strlen(text));
}

static mode_t
mode_of(const char *path)
{
    struct stat status;
    g_assert_cmpint(lstat(path, &status), ==, 0);
    return status.st_mode & 07777;
}

static void
test_write(Fixture *fixture, gconstpointer data)
{
    mode_t old = umask(077);
    put("f", "one", 0644);
    put("f", "two", 0755);
    umask(old);
    assert_holds("f", "two");
    g_assert_cmpuint(mode_of("f"), ==, 0755);

    g_auto(GStrv) names = fa_fs_list(".", NULL);
    g_assert_cmpuint(g_strv_length(names), ==, 1);
}

static void
test_write_fails(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) missing = NULL, directory = NULL;

    g_assert_false(fa_fs_write("none/f", "x", 1, 0644, FA_WRITE_NONE, &missing));
    g_assert_true(fa_error_is(missing, FA_ERROR_NOT_FOUND));
    g_assert_true(fa_fs_make_directory("d/sub", 0755, NULL));
    g_assert_false(fa_fs_write("d", "x", 1, 0644, FA_WRITE_SYNC, &directory));
    g_assert_nonnull(strstr(directory->message, "'d'"));

    g_auto(GStrv) names = fa_fs_list(".", NULL);
    g_assert_cmpuint(g_strv_length(names), ==, 1);
}

static void
test_exclusive(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    g_assert_true(fa_fs_write("f", "one", 3, 0600, FA_WRITE_EXCLUSIVE | FA_WRITE_SYNC, &error));
    g_assert_false(fa_fs_write("f", "two", 3, 0600, FA_WRITE_EXCLUSIVE, &error));
    g_assert_true(fa_error_is(error, FA_ERROR_CONFLICT));
    assert_holds("f", "one");
    g_auto(GStrv) names = fa_fs_list(".", NULL);
    g_assert_cmpuint(g_strv_length(names), ==, 1);
}

static void
test_if_changed(Fixture *fixture, gconstpointer data)
{
    bool is_changed = false;
    g_assert_true(fa_fs_write_if_changed("f", "abc", 3, 0644, &is_changed, NULL) && is_changed);
    g_assert_true(fa_fs_write_if_changed("f", "abc", 3, 0644, &is_changed, NULL) && !is_changed);
    g_assert_true(fa_fs_write_if_changed("f", "abd", 3, 0644, &is_changed, NULL) && is_changed);
    g_assert_true(fa_fs_write_if_changed("f", "abd", 3, 0600, &is_changed, NULL) && is_changed);
    g_assert_true(fa_fs_write_if_changed("f", "", 0, 0600, NULL, NULL));
    assert_holds("f", "");
}

static void
test_read_limits(Fixture *fixture, gconstpointer data)
{
    g_autofree char *content = NULL;
    g_autoptr(GError) large = NULL, fifo = NULL, missing = NULL;
    size_t length = 99;

    put("f", "12345", 0644);
    g_assert_true(fa_fs_read("f", 5, &content, &length, NULL));
    g_assert_cmpuint(length, ==, 5);
    g_clear_pointer(&content, g_free);
    g_assert_false(fa_fs_read("f", 4, &content, &length, &large));
    g_assert_true(fa_error_is(large, FA_ERROR_FAILED));
    g_assert_null(content);
    g_assert_cmpint(mkfifo("p", 0600), ==, 0);
    g_assert_false(fa_fs_read("p", 4, &content, &length, &fifo));
    g_assert_nonnull(strstr(fifo->message, "not a regular file"));
    g_assert_false(fa_fs_read("none", 4, &content, &length, &missing));
    g_assert_cmpstr(missing->message, ==, "cannot open 'none': no such file or directory");
    /* A file that says its size is 0. */
    g_assert_true(fa_fs_read("/proc/self/status", 100000, &content, &length, NULL));
    g_assert_cmpuint(length, >, 100);
}

static void
test_directories(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    g_assert_true(fa_fs_make_directory("a/b//c/", 0755, &error));
    g_assert_true(fa_fs_make_directory("a/b/c", 0700, &error));
    g_assert_true(fa_fs_is_directory("a/b/c"));
    put("a/f", "", 0644);
    g_assert_false(fa_fs_make_directory("a/f/g", 0755, &error));
    g_assert_nonnull(strstr(error->message, "'a/f"));
    g_clear_error(&error);
    g_assert_false(fa_fs_make_directory("a/f", 0755, &error));
}

static void
test_symlink(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    g_assert_true(fa_fs_switch_symlink("current", "builds/1", &error));
    g_assert_true(fa_fs_switch_symlink("current", "builds/2", &error));
    g_autofree char *target = fa_fs_read_symlink("current", &error);
    g_assert_cmpstr(target, ==, "builds/2");
    g_assert_true(fa_fs_exists("current"));
    g_assert_true(fa_fs_make_directory("d/e", 0755, NULL));
    g_assert_false(fa_fs_switch_symlink("d", "x", &error));
    g_assert_true(fa_fs_is_directory("d/e"));
    g_auto(GStrv) names = fa_fs_list(".", NULL);
    g_assert_cmpuint(g_strv_length(names), ==, 2);
    g_assert_null(fa_fs_read_symlink("d", NULL));
}

static void
test_list(Fixture *fixture, gconstpointer data)
{
    put("b", "", 0644);
    put("a", "", 0644);
    put(".c", "", 0644);
    g_auto(GStrv) names = fa_fs_list(".", NULL);
    g_autofree char *joined = g_strjoinv(" ", names);
    g_assert_cmpstr(joined, ==, ".c a b");
    g_autoptr(GError) error = NULL;
    g_assert_null(fa_fs_list("none", &error));
    g_assert_true(fa_error_is(error, FA_ERROR_NOT_FOUND));
}

static void
test_remove_outside(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    fa_fs_make_directory("outside", 0755, NULL);
    put("outside/kept", "x", 0644);
    fa_fs_make_directory("tree/sub", 0755, NULL);
    g_assert_cmpint(symlink("../../outside", "tree/sub/link"), ==, 0);
    g_assert_cmpint(symlink("tree", "to-tree"), ==, 0);
    g_assert_true(fa_fs_remove_tree("to-tree", &error));
    g_assert_true(fa_fs_is_directory("tree"));
    g_assert_true(fa_fs_remove_tree("tree", &error));
    assert_holds("outside/kept", "x");
    g_assert_true(fa_fs_remove_tree("tree", &error));
    g_assert_no_error(error);
}

static void
test_remove_readonly(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    fa_fs_make_directory("tree/a/b", 0755, NULL);
    put("tree/a/b/f", "x", 0444);
    g_assert_cmpint(chmod("tree/a/b", 0500), ==, 0);
    g_assert_cmpint(chmod("tree/a", 0), ==, 0);
    g_assert_cmpint(chmod("tree", 0555), ==, 0);
    g_assert_true(fa_fs_remove_tree("tree", &error));
    g_assert_no_error(error);
    g_assert_false(fa_fs_exists("tree"));
}

static void
test_remove_deep(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    fa_fs_make_directory("tree", 0755, NULL);
    g_assert_cmpint(chdir("tree"), ==, 0);
    for (int i = 0; i < 3000; i++) {
        g_assert_cmpint(mkdir("d", 0755), ==, 0);
        g_assert_cmpint(chdir("d"), ==, 0);
    }
    g_assert_cmpint(chdir(fixture->root), ==, 0);
    g_assert_true(fa_fs_remove_tree("tree", &error));
    g_assert_no_error(error);
}

static void
test_copy(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    fa_fs_make_directory("from/sub", 0755, NULL);
    put("from/sub/script", "#!", 0755);
    put("from/plain", "text", 0640);
    g_assert_cmpint(symlink("/nowhere/../x", "from/link"), ==, 0);
    g_assert_cmpint(chmod("from/sub", 0555), ==, 0);
    g_assert_true(fa_fs_copy_tree("from", "to", &error));
    g_assert_no_error(error);

    assert_holds("to/sub/script", "#!");
    assert_holds("to/plain", "text");
    g_assert_cmpuint(mode_of("to/sub/script"), ==, 0755);
    g_assert_cmpuint(mode_of("to/plain"), ==, 0640);
    g_assert_cmpuint(mode_of("to/sub"), ==, 0555);
    g_autofree char *target = fa_fs_read_symlink("to/link", NULL);
    g_assert_cmpstr(target, ==, "/nowhere/../x");

    g_assert_false(fa_fs_copy_tree("from", "to", &error));
    g_clear_error(&error);
    g_assert_cmpint(mkfifo("from/pipe", 0600), ==, 0);
    g_assert_false(fa_fs_copy_tree("from", "again", &error));
    g_assert_nonnull(strstr(error->message, "'from/pipe'"));
}

static void
test_copy_file(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *large = g_strnfill(3000000, 'z'), *read = NULL;
    size_t length;

    put("f", large, 0750);
    g_assert_true(fa_fs_copy_file("f", "g", &error));
    g_assert_true(fa_fs_read("g", 4000000, &read, &length, &error));
    g_assert_cmpuint(length, ==, 3000000);
    g_assert_cmpstr(read, ==, large);
    g_assert_cmpuint(mode_of("g"), ==, 0750);
    g_assert_false(fa_fs_copy_file("f", "g", &error));
    /* A file whose size the kernel does not know. */
    g_assert_true(fa_fs_copy_file("/proc/self/status", "s", NULL));
    g_clear_pointer(&read, g_free);
    g_assert_true(fa_fs_read("s", 100000, &read, &length, NULL));
    g_assert_cmpuint(length, >, 100);
}

static void
test_absolute(Fixture *fixture, gconstpointer data)
{
    static const char *const cases[][2] = {
        {"/a/./b/../c", "/a/c"},
        {"/..", "/"},
        {"/a//b/", "/a/b"},
        {"/", "/"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *path = fa_fs_absolute(cases[i][0]);
        g_assert_cmpstr(path, ==, cases[i][1]);
    }
    g_autofree char *here = fa_fs_absolute("x/../y"), *cwd = g_get_current_dir();
    g_autofree char *expected = g_strconcat(cwd, "/y", NULL);
    g_assert_cmpstr(here, ==, expected);
}

static void
add(const char *name, void (*test)(Fixture *, gconstpointer))
{
    g_autofree char *path = g_strconcat("/fs/", name, NULL);
    g_test_add(path, Fixture, NULL, set_up, test, tear_down);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    add("a-file-is-written-whole-with-its-mode", test_write);
    add("a-write-that-fails-leaves-nothing", test_write_fails);
    add("an-exclusive-write-never-replaces", test_exclusive);
    add("an-equal-file-is-not-written-again", test_if_changed);
    add("a-read-has-a-limit-and-takes-files-only", test_read_limits);
    add("directories-are-made-with-their-parents", test_directories);
    add("a-link-is-switched-in-place", test_symlink);
    add("a-listing-is-sorted", test_list);
    add("removing-never-leaves-the-tree", test_remove_outside);
    add("removing-takes-read-only-directories", test_remove_readonly);
    add("removing-takes-trees-deeper-than-descriptors", test_remove_deep);
    add("a-copied-tree-is-the-same", test_copy);
    add("a-copied-file-is-the-same", test_copy_file);
    add("an-absolute-path-has-no-dots", test_absolute);
    return g_test_run();
}
