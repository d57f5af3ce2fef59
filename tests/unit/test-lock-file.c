#include <string.h>

#include "base/error.h"
#include "config/lock.h"
#include "sys/fs.h"

#define HEX "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const char *const names[] = {"opencore", "tasktracker", NULL};

static FaLockFile *
parse(const char *text, FaDiags *diags)
{
    return fa_lock_file_parse(text, strlen(text), "fassembler.lock", names, diags);
}

static void
assert_complains(const char *lines, unsigned column, const char *message, const char *help)
{
    g_autoptr(FaDiags) diags = fa_diags_new();
    g_autofree char *text = g_strconcat("# fassembler lock 1\n", lines, NULL);
    g_autoptr(FaLockFile) lock = parse(text, diags);
    g_assert_cmpuint(fa_diags_count(diags, FA_SEVERITY_ERROR), ==, 1);
    const FaDiag *diag = fa_diags_get(diags, 0);
    g_assert_nonnull(strstr(diag->message, message));
    g_assert_cmpuint(diag->place.column, ==, column);
    if (help != NULL)
        g_assert_nonnull(strstr(diag->help, help));
}

static void
test_round_trip(void)
{
    g_autoptr(FaDiags) diags = fa_diags_new();
    g_autoptr(FaLockFile) lock = fa_lock_file_new();
    FaDigest digest;
    g_assert_true(fa_digest_from_hex(HEX, &digest));
    fa_lock_file_set(lock, "tasktracker", FA_SOURCE_GIT, "abc", &digest);
    fa_lock_file_set(lock, "opencore", FA_SOURCE_SVN, "branches/a é%@12", NULL);
    fa_lock_file_set(lock, "gone", FA_SOURCE_GIT, "abc", NULL);
    g_assert_true(fa_lock_file_remove(lock, "gone"));
    g_assert_false(fa_lock_file_remove(lock, "gone"));

    g_autofree char *text = fa_lock_file_format(lock);
    g_assert_cmpstr(text, ==,
                    "# fassembler lock 1\n"
                    "opencore svn branches/a%20é%25@12 -\n"
                    "tasktracker git abc sha256:" HEX "\n");
    g_autoptr(FaLockFile) again = parse(text, diags);
    g_autofree char *second = fa_lock_file_format(again);
    g_assert_cmpuint(fa_diags_length(diags), ==, 0);
    g_assert_cmpstr(second, ==, text);
    g_assert_cmpstr(fa_lock_file_find(again, "opencore")->revision, ==, "branches/a é%@12");
    g_assert_null(fa_lock_file_find(again, "blog"));
}

static void
test_mistakes(void)
{
    assert_complains("tasktraker git a -\n", 1, "unknown component 'tasktraker'",
                     "did you mean 'tasktracker'?");
    assert_complains("whatever git a -\n", 1, "unknown component", "remove the line");
    assert_complains("opencore cvs a -\n", 10, "unknown kind", "one of git");
    assert_complains("opencore git a sha256:12\n", 16, "not a digest", "64 digits");
    assert_complains("opencore git -x -\n", 14, "not a revision", NULL);
    assert_complains("opencore git %00 -\n", 14, "not a revision", NULL);
    assert_complains("opencore git a\n", 1, "four fields", "NAME KIND");
    assert_complains("opencore git a -\n# why\n\nopencore git b -\n", 1, "locked twice", NULL);
    assert_complains("<<<<<<< ours\n", 1, "four fields", NULL);
}

static void
test_all_at_once(void)
{
    g_autoptr(FaDiags) diags = fa_diags_new();
    g_autoptr(FaLockFile) lock =
        parse("# fassembler lock 1\nx y z -\nopencore git a -\nq\n", diags);
    g_assert_cmpuint(fa_diags_count(diags, FA_SEVERITY_ERROR), ==, 3);
    g_assert_cmpuint(fa_lock_file_count(lock), ==, 1);
    g_assert_cmpuint(fa_lock_file_find(lock, "opencore")->place.line, ==, 3);
}

static void
test_other_version(void)
{
    g_autoptr(FaDiags) diags = fa_diags_new();
    g_autoptr(FaLockFile) lock = parse("# fassembler lock 2\nopencore git a -\n", diags);
    g_assert_cmpuint(fa_diags_count(diags, FA_SEVERITY_ERROR), ==, 1);
    g_assert_cmpuint(fa_lock_file_count(lock), ==, 0);
}

static void
test_file(void)
{
    g_autoptr(FaDiags) diags = fa_diags_new();
    g_autoptr(GError) error = NULL;
    g_autofree char *directory = fa_fs_make_temporary(g_get_tmp_dir(), "fa-lock-", &error);
    g_autofree char *path = g_build_filename(directory, FA_LOCK_FILE_NAME, NULL);
    bool is_changed = false;

    g_autoptr(FaLockFile) none = fa_lock_file_read(path, names, diags, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(fa_lock_file_count(none), ==, 0);
    fa_lock_file_set(none, "opencore", FA_SOURCE_GIT, "a", NULL);
    g_assert_true(fa_lock_file_write(none, path, &is_changed, &error));
    g_assert_true(is_changed);
    g_assert_true(fa_lock_file_write(none, path, &is_changed, &error));
    g_assert_false(is_changed);
    g_autoptr(FaLockFile) read = fa_lock_file_read(path, names, diags, &error);
    g_assert_cmpuint(fa_lock_file_count(read), ==, 1);
    g_assert_null(fa_lock_file_read(directory, names, diags, &error));
    g_assert_nonnull(error);
    g_assert_true(fa_fs_remove_tree(directory, NULL));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/lock-file/what-is-printed-and-read-again-is-the-same", test_round_trip);
    g_test_add_func("/lock-file/a-mistake-has-its-place-and-a-cure", test_mistakes);
    g_test_add_func("/lock-file/all-mistakes-are-told-at-once", test_all_at_once);
    g_test_add_func("/lock-file/another-version-is-refused", test_other_version);
    g_test_add_func("/lock-file/a-missing-file-is-an-empty-lock", test_file);
    return g_test_run();
}
