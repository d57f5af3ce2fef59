#include "site/maintenance.h"

#include <string.h>

#include "site/edge.h"
#include "sys/fs.h"

static const char lines[] =
    "www.nyc 127.0.0.1 - - [25/Nov/2026:13:00:00 +0000] \"GET / HTTP/1.1\" 503 21 \"-\" \"curl\" "
    "0.000 live.nyc a\n"
    "www.nyc 127.0.0.1 - - [25/Nov/2026:13:00:00 +0000] \"GET / HTTP/1.1\" 200 21 \"-\" \"curl\" "
    "0.001 live.nyc a\n"
    "stage.nyc 127.0.0.1 - - [25/Nov/2026:13:00:00 +0000] \"GET / HTTP/1.1\" 503 21 \"-\" \"curl\" "
    "0.000 stage.nyc a\n"
    "x.nyc 127.0.0.1 - - [25/Nov/2026:13:00:00 +0000] \"GET / HTTP/1.1\" 503 21 \"-\" \"curl\" "
    "0.000 xlive.nyc a\n"
    "www.nyc 127.0.0.1 - - [25/Nov/2026:13:00:00 +0000] \"GET /?503 HTTP/1.1\" 404 21 \"-\" "
    "\"\\x22 503 \" 0.000 live.nyc a\n"
    "www.nyc 127.0.0.1 - - [25/Nov/2026:13:00:00 +0000] \"\" 503 0 \"-\" \"-\" 0.000 live.nyc b\n"
    "rubbish\n"
    "\n";

static void
test_count(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *root = fa_fs_make_temporary(g_get_tmp_dir(), "fa-maintenance-", &error);
    g_autofree char *log = g_build_filename(root, "access.log", NULL);
    g_assert_no_error(error);
    g_assert_cmpint(fa_maintenance_count(log, 0, "live.nyc"), ==, -1);
    g_assert_true(fa_fs_write(log, lines, strlen(lines), 0600, FA_WRITE_NONE, &error));
    g_assert_cmpint(fa_maintenance_count(log, 0, "live.nyc"), ==, 2);
    g_assert_cmpint(
        fa_maintenance_count(log, (int64_t)(strchr(lines, '\n') - lines) + 1, "live.nyc"), ==, 1);
    /* a log that is shorter than it was is another one */
    g_assert_cmpint(fa_maintenance_count(log, 1 << 20, "live.nyc"), ==, 2);
    fa_fs_remove_tree(root, NULL);
}

static void
test_ends(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *root = fa_fs_make_temporary(g_get_tmp_dir(), "fa-maintenance-", &error);
    g_autoptr(FaLayout) layout = fa_layout_new(root, "nyc", "live", root, &error);
    g_autofree char *log = g_build_filename(root, "access.log", NULL);
    g_autofree char *mark = fa_edge_get_maintenance(layout);
    FaMaintenance ended;
    g_assert_true(fa_layout_make(layout, &error));
    g_assert_true(fa_fs_write(log, "", 0, 0600, FA_WRITE_NONE, &error));

    g_assert_true(fa_maintenance_begin(layout, log, "d1", &error));
    g_assert_true(fa_maintenance_begin(layout, log, "d1", &error));
    g_assert_true(fa_fs_exists(mark));
    g_assert_true(fa_fs_write(log, lines, strlen(lines), 0600, FA_WRITE_NONE, &error));
    g_assert_true(fa_maintenance_end(layout, log, "d2", &ended, &error));
    g_assert_false(ended.was_there);
    g_assert_true(fa_fs_exists(mark));
    g_assert_true(fa_maintenance_end(layout, log, "d1", &ended, &error));
    g_assert_true(ended.was_there);
    g_assert_cmpint(ended.requests, ==, 2);
    g_assert_cmpint(ended.microseconds, >=, 0);
    g_assert_false(fa_fs_exists(mark));
    g_assert_true(fa_maintenance_end(layout, log, "d1", &ended, &error));
    g_assert_false(ended.was_there);

    /* what a person put there stays */
    g_assert_true(fa_fs_write(mark, "", 0, 0600, FA_WRITE_NONE, &error));
    g_assert_true(fa_maintenance_begin(layout, log, "d3", &error));
    g_assert_true(fa_maintenance_end(layout, log, "d3", &ended, &error));
    g_assert_true(fa_fs_exists(mark));
    g_assert_no_error(error);
    fa_fs_remove_tree(root, NULL);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/maintenance/what-was-answered-is-counted", test_count);
    g_test_add_func("/maintenance/only-what-was-begun-is-ended", test_ends);
    return g_test_run();
}
