#include <string.h>

#include "app/times.h"
#include "sys/fs.h"

typedef struct Home {
    char *path;
    char *file;
} Home;

static void
home_init(Home *home)
{
    home->path = g_dir_make_tmp("fassembler-XXXXXX", NULL);
    home->file = g_build_filename(home->path, "log", "build", "times", NULL);
    g_assert_nonnull(home->path);
}

static void
home_clear(Home *home)
{
    g_assert_true(fa_fs_remove_tree(home->path, NULL));
    g_free(home->path);
    g_free(home->file);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Home, home_clear)

static void
home_write(const Home *home, const char *text)
{
    g_autofree char *folder = g_path_get_dirname(home->file);
    g_assert_true(fa_fs_make_directory(folder, 0755, NULL));
    g_assert_true(fa_fs_write(home->file, text, strlen(text), 0644, FA_WRITE_NONE, NULL));
}

static void
test_kept(void)
{
    g_auto(Home) home = {0};
    home_init(&home);
    g_autoptr(FaTimes) first = fa_times_read(home.path);
    g_assert_cmpint(fa_times_get(first, "blog"), ==, 0);
    fa_times_set(first, "blog", 3 * G_USEC_PER_SEC);
    fa_times_set(first, "front", 20);
    fa_times_write(first);

    g_autoptr(FaTimes) second = fa_times_read(home.path);
    g_assert_cmpint(fa_times_get(second, "blog"), ==, 3 * G_USEC_PER_SEC);
    g_assert_cmpint(fa_times_get(second, "front"), ==, 0);
}

static void
test_nothing(void)
{
    g_auto(Home) home = {0};
    home_init(&home);
    g_autoptr(FaTimes) times = fa_times_read(home.path);
    fa_times_write(times);
    g_assert_false(fa_fs_exists(home.file));
}

static void
test_merged(void)
{
    g_auto(Home) home = {0};
    home_init(&home);
    g_autoptr(FaTimes) one = fa_times_read(home.path);
    g_autoptr(FaTimes) other = fa_times_read(home.path);
    fa_times_set(one, "blog", G_USEC_PER_SEC);
    fa_times_set(other, "front", 2 * G_USEC_PER_SEC);
    fa_times_write(one);
    fa_times_write(other);

    g_autoptr(FaTimes) both = fa_times_read(home.path);
    g_assert_cmpint(fa_times_get(both, "blog"), ==, G_USEC_PER_SEC);
    g_assert_cmpint(fa_times_get(both, "front"), ==, 2 * G_USEC_PER_SEC);
}

static void
test_spoilt(void)
{
    g_auto(Home) home = {0};
    home_init(&home);
    home_write(&home,
               "\nblog\nfront x\n../up 5\n wiki 7\nwiki -7\nwiki 99999999999999\nlast 5\nlast 6\n");
    g_autoptr(FaTimes) times = fa_times_read(home.path);
    g_assert_cmpint(fa_times_get(times, "blog"), ==, 0);
    g_assert_cmpint(fa_times_get(times, "front"), ==, 0);
    g_assert_cmpint(fa_times_get(times, "wiki"), ==, 0);
    g_assert_cmpint(fa_times_get(times, "last"), ==, 5000);
}

static void
test_bounded(void)
{
    g_auto(Home) home = {0};
    g_autoptr(GString) text = g_string_new(NULL);
    home_init(&home);
    for (int i = 0; i < FA_TIMES_MAX; i++)
        g_string_append_printf(text, "c%d 1\n", i);
    home_write(&home, text->str);
    g_autoptr(FaTimes) times = fa_times_read(home.path);
    fa_times_set(times, "newest", G_USEC_PER_SEC);
    fa_times_write(times);

    g_autoptr(FaTimes) again = fa_times_read(home.path);
    g_assert_cmpint(fa_times_get(again, "newest"), ==, G_USEC_PER_SEC);
    g_assert_cmpint(fa_times_get(again, "c0"), ==, 1000);
    g_assert_cmpint(fa_times_get(again, "c999"), ==, 0);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/times/what-it-took-is-known-the-next-time", test_kept);
    g_test_add_func("/times/nothing-built-is-nothing-written", test_nothing);
    g_test_add_func("/times/two-runs-at-once-keep-both", test_merged);
    g_test_add_func("/times/a-spoilt-line-is-passed-over", test_spoilt);
    g_test_add_func("/times/the-oldest-go-first", test_bounded);
    return g_test_run();
}
