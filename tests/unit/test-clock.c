#include "sys/clock.h"

#define ROUNDS 500

static void
test_known(void)
{
    g_autofree char *start = fa_clock_format_utc(0), *later = fa_clock_format_utc(1795404840),
                    *never = fa_clock_format_utc(INT64_MAX);
    g_assert_cmpstr(start, ==, "1970-01-01T00:00:00Z");
    g_assert_cmpstr(later, ==, "2026-11-23T03:34:00Z");
    g_assert_cmpstr(never, ==, "@9223372036854775807");
}

/* Law: a time printed and read by GLib is the same. */
static void
test_again(void)
{
    for (int i = 0; i < ROUNDS; i++) {
        FaTime drawn = (FaTime)(uint32_t)g_test_rand_int();
        g_autofree char *text = fa_clock_format_utc(drawn);
        g_autoptr(GDateTime) read = g_date_time_new_from_iso8601(text, NULL);
        g_assert_cmpint(g_date_time_to_unix(read), ==, drawn);
    }
}

static void
test_monotonic(void)
{
    int64_t before = fa_clock_monotonic();
    g_assert_cmpint(fa_clock_monotonic(), >=, before);
    g_assert_cmpint(fa_clock_now(), >, 1700000000);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/clock/times-are-rfc-3339-in-utc", test_known);
    g_test_add_func("/clock/a-time-printed-is-read-the-same", test_again);
    g_test_add_func("/clock/the-clock-goes-on", test_monotonic);
    return g_test_run();
}
