#include <string.h>

#include "base/diag.h"
#include "base/error.h"

static const FaPlace port = {"sites.yaml", 2, 11};

static void
test_format(void)
{
    g_autoptr(FaDiags) diags = fa_diags_new();
    const char *text = "sites:\n    port: eighty\n";
    fa_diags_add_text(diags, "sites.yaml", text, strlen(text));
    FaDiag *diag = fa_diags_error(diags, &port, "'%s' is not a port", "eighty");
    diag->length = 6;
    fa_diag_help(diag, "a number from 1 to %d", 65535);
    fa_diag_note(diag, &(FaPlace){"sites.yaml", 1, 1}, "in this site");

    g_autofree char *shown = fa_diags_format(diags, false);
    g_assert_cmpstr(shown, ==,
                    "sites.yaml:2:11: error: 'eighty' is not a port\n"
                    "    2 |     port: eighty\n"
                    "      |           ^~~~~~\n"
                    "sites.yaml:1:1: note: in this site\n"
                    "    1 | sites:\n"
                    "      | ^\n"
                    "help: a number from 1 to 65535\n"
                    "1 error in 1 file\n");
    g_autofree char *coloured = fa_diags_format(diags, true);
    g_assert_nonnull(strstr(coloured, "\033[1;31merror:\033[0m"));
}

static void
test_order(void)
{
    g_autoptr(FaDiags) diags = fa_diags_new();
    fa_diags_error(diags, &(FaPlace){"b", 1, 1}, "fourth");
    fa_diags_warning(diags, &(FaPlace){"a", 10, 2}, "third");
    fa_diags_error(diags, &(FaPlace){"a", 9, 5}, "second");
    fa_diags_error(diags, &(FaPlace){"a", 9, 4}, "first");
    fa_diags_error(diags, NULL, "on the command line");

    g_autofree char *shown = fa_diags_format(diags, false);
    g_assert_cmpstr(shown, ==,
                    "error: on the command line\na:9:4: error: first\na:9:5: error: second\n"
                    "a:10:2: warning: third\nb:1:1: error: fourth\n4 errors, 1 warning\n");
}

static void
test_mark(void)
{
    g_autoptr(FaDiags) diags = fa_diags_new();
    const char *text = "\t\xc3\xa9\xe6\xbc\xa2: x\r\n";
    fa_diags_add_text(diags, "f", text, strlen(text));
    fa_diags_error(diags, &(FaPlace){"f", 1, 6}, "m")->length = 100;

    g_autofree char *shown = fa_diags_format(diags, false);
    g_assert_cmpstr(shown, ==,
                    "f:1:6: error: m\n    1 | \t\xc3\xa9\xe6\xbc\xa2: x\n      | \t     ^\n1 error "
                    "in 1 file\n");
}

static void
test_hostile(void)
{
    g_autoptr(FaDiags) diags = fa_diags_new();
    g_autofree char *endless = g_strnfill(100000, 'x');
    memcpy(endless, "\033]0;\xff", 5);
    fa_diags_add_text(diags, "f", endless, 100000);
    fa_diags_error(diags, &(FaPlace){"f", 1, 50000}, "bad \033[2J");
    fa_diags_error(diags, &(FaPlace){"f", 1, 4000000000}, "beyond");
    fa_diags_error(diags, &(FaPlace){"f", 4000000000, 1}, "below");
    fa_diags_error(diags, &(FaPlace){"f", 1, 1}, "first");

    g_autofree char *shown = fa_diags_format(diags, false);
    g_assert_null(strchr(shown, '\033'));
    g_assert_true(g_utf8_validate(shown, -1, NULL));
    g_assert_cmpuint(strlen(shown), <, 2000);
}

static void
test_limit(void)
{
    g_autoptr(FaDiags) diags = fa_diags_new();
    for (int i = 0; i < FA_DIAGS_MAX + 50; i++)
        fa_diag_help(fa_diags_error(diags, NULL, "mistake %d", i), "none");

    g_assert_cmpuint(fa_diags_length(diags), ==, FA_DIAGS_MAX);
    g_assert_cmpuint(fa_diags_count(diags, FA_SEVERITY_ERROR), ==, FA_DIAGS_MAX + 50);
    g_assert_cmpstr(fa_diags_get(diags, 0)->message, ==, "mistake 0");
    g_autofree char *shown = fa_diags_format(diags, false);
    g_assert_true(g_str_has_suffix(shown, "250 errors, the first 200 shown\n"));
}

/* Law: what is moved is shown, counted and quoted as if it had been found there. */
static void
test_take(void)
{
    g_autoptr(FaDiags) diags = fa_diags_new(), other = fa_diags_new(), both = fa_diags_new();
    fa_diags_error(diags, &port, "first");
    fa_diags_error(both, &port, "first");
    for (unsigned i = 0; i < 2; i++) {
        FaDiags *to = i == 0 ? other : both;
        fa_diags_add_text(to, "f", "a line\n", 7);
        fa_diags_error(to, &(FaPlace){"f", 1, 3}, "second");
        fa_diags_warning(to, &(FaPlace){"f", 1, 1}, "third");
    }
    fa_diags_take(diags, other);
    g_autofree char *shown = fa_diags_format(diags, false), *wanted = fa_diags_format(both, false);
    g_assert_cmpstr(shown, ==, wanted);
    g_assert_cmpuint(fa_diags_length(other), ==, 0);
    g_assert_true(fa_diags_check(other, NULL));

    for (int i = 0; i < FA_DIAGS_MAX; i++)
        fa_diags_error(other, NULL, "mistake %d", i);
    fa_diags_take(diags, other);
    g_assert_cmpuint(fa_diags_length(diags), ==, FA_DIAGS_MAX);
    g_assert_cmpuint(fa_diags_count(diags, FA_SEVERITY_ERROR), ==, FA_DIAGS_MAX + 2);
}

static void
test_check(void)
{
    g_autoptr(FaDiags) diags = fa_diags_new();
    g_autoptr(GError) error = NULL;

    g_autofree char *nothing = fa_diags_format(diags, true);
    g_assert_cmpstr(nothing, ==, "");
    fa_diags_warning(diags, &port, "odd");
    g_assert_true(fa_diags_check(diags, &error));
    fa_diags_error(diags, &port, "wrong");
    g_assert_false(fa_diags_check(diags, &error));
    g_assert_true(fa_error_is(error, FA_ERROR_CONFIG));
    g_assert_true(g_str_has_suffix(error->message, "1 error, 1 warning"));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/diag/a-mistake-is-shown-with-its-line-and-a-mark", test_format);
    g_test_add_func("/diag/mistakes-are-read-from-top-to-bottom", test_order);
    g_test_add_func("/diag/the-mark-stands-below-tabs-and-wide-characters", test_mark);
    g_test_add_func("/diag/hostile-text-cannot-drive-a-terminal", test_hostile);
    g_test_add_func("/diag/the-list-has-a-limit-and-counts-on", test_limit);
    g_test_add_func("/diag/what-was-found-elsewhere-is-as-if-found-here", test_take);
    g_test_add_func("/diag/errors-fail-and-warnings-do-not", test_check);
    return g_test_run();
}
