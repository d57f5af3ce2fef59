#include <string.h>

#include "base/text.h"

#define ROUNDS 2000

/* A text of up to @max bytes drawn from @alphabet. */
static char *
draw_text(const char *alphabet, int max)
{
    GString *text = g_string_new(NULL);
    for (int left = g_test_rand_int_range(0, max + 1); left > 0; left--)
        g_string_append_c(text, alphabet[g_test_rand_int_range(0, (gint32)strlen(alphabet))]);
    return g_string_free(text, FALSE);
}

static void
test_numbers(void)
{
    uint64_t number = 7;
    int64_t signed_number = 7;
    unsigned small = 7;

    g_assert_true(fa_parse_uint64("18446744073709551615", 0, UINT64_MAX, &number));
    g_assert_cmpuint(number, ==, UINT64_MAX);
    number = 7;
    static const char *const bad[] = {
        "",    "-1", "+1", " 1", "1 ", "0x1", "1e3", "18446744073709551616", "99999999999999999999",
        "\xff"};
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
        g_assert_false(fa_parse_uint64(bad[i], 0, UINT64_MAX, &number));
    g_assert_false(fa_parse_uint64("5", 6, 9, &number));
    g_assert_false(fa_parse_uint64("10", 6, 9, &number));
    g_assert_cmpuint(number, ==, 7);

    g_assert_true(fa_parse_int64("-9223372036854775808", INT64_MIN, INT64_MAX, &signed_number));
    g_assert_cmpint(signed_number, ==, INT64_MIN);
    g_assert_false(fa_parse_int64("9223372036854775808", INT64_MIN, INT64_MAX, &signed_number));
    g_assert_false(fa_parse_int64("--1", INT64_MIN, INT64_MAX, &signed_number));
    g_assert_false(fa_parse_int64("-", INT64_MIN, INT64_MAX, &signed_number));
    g_assert_cmpint(signed_number, ==, INT64_MIN);
    g_assert_true(fa_parse_uint("00042", 0, 42, &small));
    g_assert_cmpuint(small, ==, 42);
}

/* Law: what is printed and read again is the same. */
static void
test_numbers_again(void)
{
    for (int i = 0; i < ROUNDS; i++) {
        int64_t drawn = (int64_t)((uint64_t)(uint32_t)g_test_rand_int() << 32 |
                                  (uint32_t)g_test_rand_int()),
                read;
        g_autofree char *text = g_strdup_printf("%" G_GINT64_FORMAT, drawn);
        g_assert_true(fa_parse_int64(text, INT64_MIN, INT64_MAX, &read));
        g_assert_cmpint(read, ==, drawn);
    }
}

static void
test_bool(void)
{
    bool value = false;
    g_assert_true(fa_parse_bool("Yes", &value) && value);
    g_assert_true(fa_parse_bool("OFF", &value) && !value);
    g_assert_true(fa_parse_bool("1", &value) && value);
    g_assert_false(fa_parse_bool("", &value));
    g_assert_false(fa_parse_bool("y", &value));
    g_assert_true(value);
}

static void
test_units(void)
{
    int64_t seconds = -1;
    uint64_t bytes = 1;

    g_assert_true(fa_parse_span("90", &seconds) && seconds == 90);
    g_assert_true(fa_parse_span("90s", &seconds) && seconds == 90);
    g_assert_true(fa_parse_span("15m", &seconds) && seconds == 900);
    g_assert_true(fa_parse_span("2h", &seconds) && seconds == 7200);
    g_assert_true(fa_parse_span("7d", &seconds) && seconds == 604800);
    static const char *const bad[] = {"",    "s",   "1w",  "1.5h",
                                      "-1m", "1 m", "1mm", "213503982334602d"};
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
        g_assert_false(fa_parse_span(bad[i], &seconds));
    g_assert_true(fa_parse_size("64k", &bytes) && bytes == 65536);
    g_assert_true(fa_parse_size("2G", &bytes) && bytes == 2147483648);
    g_assert_false(fa_parse_size("99999999999T", &bytes));
    g_assert_false(fa_parse_size("1B", &bytes));
    g_assert_cmpuint(bytes, ==, 2147483648);
}

static void
test_distance(void)
{
    g_assert_cmpuint(fa_text_distance("", "", 5), ==, 0);
    g_assert_cmpuint(fa_text_distance("kitten", "sitting", 5), ==, 3);
    g_assert_cmpuint(fa_text_distance("port", "prot", 5), ==, 1);
    g_assert_cmpuint(fa_text_distance("abc", "", 2), ==, 3);
    g_assert_cmpuint(fa_text_distance("aaaaaaaa", "bbbbbbbb", 2), ==, 3);
}

/*
 * Laws: the distance is 0 for equals only, the same in both directions, at least the difference of the lengths and at
 * most the longer length; a limit changes nothing below it and gives limit + 1 above.
 */
static void
test_distance_laws(void)
{
    for (int i = 0; i < ROUNDS; i++) {
        g_autofree char *a = draw_text("abc", 8), *b = draw_text("abc", 8);
        size_t distance = fa_text_distance(a, b, SIZE_MAX), la = strlen(a), lb = strlen(b);
        size_t limit = (size_t)g_test_rand_int_range(0, 9);

        g_assert_cmpint(distance == 0, ==, strcmp(a, b) == 0);
        g_assert_cmpuint(fa_text_distance(b, a, SIZE_MAX), ==, distance);
        g_assert_cmpuint(distance, >=, MAX(la, lb) - MIN(la, lb));
        g_assert_cmpuint(distance, <=, MAX(la, lb));
        g_assert_cmpuint(fa_text_distance(a, b, limit), ==, MIN(distance, limit + 1));
    }
}

static void
test_nearest(void)
{
    static const char *const words[] = {"build", "release", "restart", "up", NULL};

    g_assert_cmpstr(fa_text_nearest("biuld", words), ==, "build");
    g_assert_cmpstr(fa_text_nearest("relaese", words), ==, "release");
    g_assert_cmpstr(fa_text_nearest("restrat", words), ==, "restart");
    g_assert_null(fa_text_nearest("xylophone", words));
    g_assert_null(fa_text_nearest("", words));
    g_autofree char *endless = g_strnfill(100000, 'a');
    g_assert_null(fa_text_nearest(endless, words));
}

static void
test_names(void)
{
    static const char *const good[] = {"a", "0", "wp-in-openplans", "a--b"};
    static const char *const bad[] = {"", "-a", "a-", "A", "a_b", "a.b", "a/b", "\xc3\xa9", "a b"};
    g_autofree char *longest = g_strnfill(63, 'a'), *longer = g_strnfill(64, 'a');

    for (size_t i = 0; i < G_N_ELEMENTS(good); i++)
        g_assert_true(fa_text_is_name(good[i]));
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
        g_assert_false(fa_text_is_name(bad[i]));
    g_assert_true(fa_text_is_name(longest));
    g_assert_false(fa_text_is_name(longer));
    g_assert_true(fa_text_is_version("0.8.5+dfsg~rc1-2_x"));
    g_assert_false(fa_text_is_version("1..2"));
    g_assert_false(fa_text_is_version(".1"));
    g_assert_false(fa_text_is_version("1/2"));
    g_assert_false(fa_text_is_version(""));
}

static void
test_paths(void)
{
    static const char *const good[] = {"a", "a/b", ".a", "..a/b..", "a b/\xc3\xa9", "..."};
    static const char *const bad[] = {"",   "/",   "/a",  "a/",     "a//b", ".",
                                      "..", "./a", "a/.", "a/../b", "a\nb", "a\x7f"};

    for (size_t i = 0; i < G_N_ELEMENTS(good); i++)
        g_assert_true(fa_text_is_relative_path(good[i]));
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
        g_assert_false(fa_text_is_relative_path(bad[i]));
}

/* Law: a shell reads the quoted text as one word, the same bytes. */
static void
test_quote(void)
{
    for (int i = 0; i < ROUNDS; i++) {
        g_autofree char *text = draw_text("ab'\"\\$`!*~= \n\t;|&#", 12);
        g_autofree char *quoted = fa_text_shell_quote(text);
        g_auto(GStrv) words = NULL;
        g_assert_true(g_shell_parse_argv(quoted, NULL, &words, NULL));
        g_assert_cmpuint(g_strv_length(words), ==, 1);
        g_assert_cmpstr(words[0], ==, text);
    }
    g_autofree char *plain = fa_text_shell_quote("/usr/bin/x-1.0");
    g_assert_cmpstr(plain, ==, "/usr/bin/x-1.0");
}

/* Law: the result is UTF-8 with no control character but newline and tab, and cleaning it again changes nothing. */
static void
test_sanitize(void)
{
    g_autofree char *clean = fa_text_sanitize("a\033[31m\xff\xc2\x9b\n\t", 11);
    g_assert_cmpstr(clean, ==, "a?[31m\xef\xbf\xbd?\n\t");

    for (int i = 0; i < ROUNDS; i++) {
        char bytes[16];
        for (size_t j = 0; j < sizeof bytes; j++)
            bytes[j] = (char)g_test_rand_int_range(0, 256);
        g_autofree char *once = fa_text_sanitize(bytes, sizeof bytes);
        g_autofree char *twice = fa_text_sanitize(once, strlen(once));
        g_assert_true(g_utf8_validate(once, -1, NULL));
        g_assert_cmpstr(once, ==, twice);
        for (const char *c = once; *c != '\0'; c++)
            g_assert_true(*c == '\n' || *c == '\t' || !g_ascii_iscntrl(*c));
    }
}

static void
assert_span(int64_t seconds, const char *expected)
{
    g_autofree char *text = fa_text_format_span(seconds);
    g_assert_cmpstr(text, ==, expected);
}

static void
assert_size(uint64_t bytes, const char *expected)
{
    g_autofree char *text = fa_text_format_size(bytes);
    g_assert_cmpstr(text, ==, expected);
}

static void
test_format(void)
{
    assert_span(-5, "0:00");
    assert_span(31, "0:31");
    assert_span(725, "12:05");
    assert_span(3723, "1:02:03");
    assert_span(INT64_MAX, "2562047788015215:30:07");
    assert_size(12, "12 B");
    assert_size(999, "999 B");
    assert_size(1000, "1.0 kB");
    assert_size(47123, "47 kB");
    assert_size(999499, "999 kB");
    assert_size(999500, "1.0 MB");
    assert_size(510000000, "510 MB");
    assert_size(UINT64_MAX, "18 EB");
}

static void
test_versions(void)
{
    static const char *const ordered[] = {
        "",      "0.5~beta", "0.5",   "0.6~rc1", "0.6",
        "0.6.1", "0.9",      "0.10",  "1.0~~",   "1.0~rc1",
        "1.0",   "1.0a",     "1.0+b", "10",      "99999999999999999999999"};

    for (size_t i = 1; i < G_N_ELEMENTS(ordered); i++) {
        for (size_t j = 1; j < G_N_ELEMENTS(ordered); j++) {
            int order = fa_text_compare_versions(ordered[i], ordered[j]);
            g_assert_cmpint((order > 0) - (order < 0), ==, (i > j) - (i < j));
        }
    }
}

/* Laws: a version equals itself, two compare the other way round when swapped, and the order is transitive. */
static void
test_version_laws(void)
{
    for (int i = 0; i < ROUNDS; i++) {
        g_autofree char *a = draw_text("019.~-a+", 6), *b = draw_text("019.~-a+", 6),
                        *c = draw_text("019.~-a+", 6);
        int ab = fa_text_compare_versions(a, b), ba = fa_text_compare_versions(b, a);

        g_assert_cmpint(fa_text_compare_versions(a, a), ==, 0);
        g_assert_cmpint(ab > 0, ==, ba < 0);
        g_assert_cmpint(ab == 0, ==, ba == 0);
        if (ab <= 0 && fa_text_compare_versions(b, c) <= 0)
            g_assert_cmpint(fa_text_compare_versions(a, c), <=, 0);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/text/a-number-is-digits-within-its-range", test_numbers);
    g_test_add_func("/text/a-number-printed-is-read-the-same", test_numbers_again);
    g_test_add_func("/text/a-bool-is-one-of-eight-words", test_bool);
    g_test_add_func("/text/spans-and-sizes-have-units", test_units);
    g_test_add_func("/text/a-distance-counts-slips-of-the-finger", test_distance);
    g_test_add_func("/text/a-distance-keeps-its-laws", test_distance_laws);
    g_test_add_func("/text/the-nearest-word-is-near", test_nearest);
    g_test_add_func("/text/a-name-can-be-a-directory-and-a-host", test_names);
    g_test_add_func("/text/a-relative-path-stays-inside", test_paths);
    g_test_add_func("/text/a-quoted-text-is-one-word-of-a-shell", test_quote);
    g_test_add_func("/text/sanitized-text-cannot-drive-a-terminal", test_sanitize);
    g_test_add_func("/text/spans-and-sizes-are-short", test_format);
    g_test_add_func("/text/versions-are-ordered-as-people-do", test_versions);
    g_test_add_func("/text/the-order-of-versions-keeps-its-laws", test_version_laws);
    return g_test_run();
}
