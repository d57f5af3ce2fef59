#include <errno.h>

#include "base/error.h"

static void
test_exit_status(void)
{
    static const struct {
        FaErrorCode code;
        int status;
    } cases[] = {
        {FA_ERROR_FAILED, 1},   {FA_ERROR_USAGE, 2},       {FA_ERROR_CONFIG, 2},
        {FA_ERROR_REFUSED, 3},  {FA_ERROR_NOT_FOUND, 4},   {FA_ERROR_DENIED, 5},
        {FA_ERROR_CONFLICT, 6}, {FA_ERROR_UNREACHABLE, 7}, {FA_ERROR_CANCELLED, 130},
    };

    g_assert_cmpint(fa_error_exit_status(NULL), ==, 0);
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_false(fa_fail(&error, cases[i].code, "x"));
        g_assert_cmpint(fa_error_exit_status(error), ==, cases[i].status);
        g_assert_true(fa_error_is(error, cases[i].code));
    }
}

static void
test_foreign(void)
{
    g_autoptr(GError) error = g_error_new_literal(G_CONVERT_ERROR, FA_ERROR_REFUSED, "x");
    g_assert_cmpint(fa_error_exit_status(error), ==, 1);
    g_assert_false(fa_error_is(error, FA_ERROR_REFUSED));
    g_assert_false(fa_error_is(NULL, FA_ERROR_FAILED));
}

static void
test_errno(void)
{
    g_autoptr(GError) missing = NULL, denied = NULL, other = NULL;

    g_assert_false(fa_fail_errno(&missing, ENOENT, "cannot open '%s'", "a%sb"));
    g_assert_cmpstr(missing->message, ==, "cannot open 'a%sb': no such file or directory");
    g_assert_true(fa_error_is(missing, FA_ERROR_NOT_FOUND));
    fa_fail_errno(&denied, EPERM, "x");
    g_assert_true(fa_error_is(denied, FA_ERROR_DENIED));
    fa_fail_errno(&other, EIO, "x");
    g_assert_true(fa_error_is(other, FA_ERROR_FAILED));
}

static void
test_ignored(void)
{
    g_assert_false(fa_fail(NULL, FA_ERROR_FAILED, "nobody listens"));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/error/every-kind-has-its-exit-status", test_exit_status);
    g_test_add_func("/error/an-error-of-another-library-is-a-plain-failure", test_foreign);
    g_test_add_func("/error/an-errno-is-put-into-words-and-a-kind", test_errno);
    g_test_add_func("/error/a-failure-may-be-ignored", test_ignored);
    return g_test_run();
}
