#include <glib.h>
#include <string.h>
#include <time.h>

#include "base/time.h"

static void
test_same_as_libc(void)
{
    for (unsigned i = 0; i < 200000; i++) {
        FaTime drawn = (FaTime)(g_test_rand_double() * (double)FA_TIME_MAX);
        FaTime moment = i == 0 ? 0 : i == 1 ? FA_TIME_MAX : drawn, again = -1;
        char text[FA_TIME_UTC_SIZE], expected[64];
        struct tm utc;
        g_assert_nonnull(gmtime_r(&(time_t){moment}, &utc));
        g_assert_cmpint(strftime(expected, sizeof expected, "%Y-%m-%dT%H:%M:%SZ", &utc), ==, 20);
        fa_time_to_utc(moment, text);
        g_assert_cmpstr(text, ==, expected);
        g_assert_true(fa_time_from_utc(text, &again));
        g_assert_cmpint(again, ==, moment);
    }
}

static void
test_not_a_time(void)
{
    static const char *const bad[] = {
        "",
        "2026-11-23",
        "2026-11-23T03:34:00",
        "2026-11-23T03:34:00Z ",
        "2026-11-23 03:34:00Z",
        "2026-02-29T00:00:00Z",
        "2026-04-31T00:00:00Z",
        "2026-00-10T00:00:00Z",
        "2026-13-10T00:00:00Z",
        "2026-01-00T00:00:00Z",
        "2026-01-01T24:00:00Z",
        "2026-01-01T00:60:00Z",
        "2016-12-31T23:59:60Z",
        "1969-12-31T23:59:59Z",
        "2026-1-1T00:00:00Z",
    };
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        FaTime time = 7;
        g_assert_false(fa_time_from_utc(bad[i], &time));
        g_assert_cmpint(time, ==, 7);
    }
    FaTime leap = 0;
    g_assert_true(fa_time_from_utc("2024-02-29T23:59:59Z", &leap));
    g_assert_cmpint(leap, ==, 1709251199);
}

static void
test_ago(void)
{
    static const struct {
        FaSpan age;
        const char *said;
    } cases[] = {
        {-5000, "just now"},    {0, "just now"},          {2, "just now"},
        {3, "3 s ago"},         {119, "119 s ago"},       {120, "2 min ago"},
        {7199, "119 min ago"},  {7200, "2 h ago"},        {172799, "47 h ago"},
        {172800, "2 days ago"}, {1209599, "13 days ago"}, {1209600, "2026-11-23"},
    };
    FaTime moment = 0;
    g_assert_true(fa_time_from_utc("2026-11-23T03:34:00Z", &moment));
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *said = fa_time_format_ago(moment, moment + cases[i].age);
        g_assert_cmpstr(said, ==, cases[i].said);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/time/a-moment-is-written-as-libc-does-and-read-again", test_same_as_libc);
    g_test_add_func("/time/what-is-no-moment-is-not-read", test_not_a_time);
    g_test_add_func("/time/how-long-ago-is-told-in-words", test_ago);
    return g_test_run();
}
