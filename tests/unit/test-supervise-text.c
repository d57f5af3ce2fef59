#include "supervise/text.h"

#include <errno.h>
#include <glib.h>

#include "supervise/values.h"

static void
test_integers(void)
{
    static const struct {
        const char *text;
        int64_t number;
    } cases[] = {
        {"0", 0},
        {" -1_000 ", -1000},
        {"+7", 7},
        {"9223372036854775807", INT64_MAX},
        {"9223372036854775808", INT64_MAX},
        {"9223372036854775809", INT64_MAX},
        {"99999999999999999999999999", INT64_MAX},
        {"-9223372036854775807", -INT64_MAX},
        {"-99999999999999999999999999", -INT64_MAX},
    };
    int64_t number;

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_assert_cmpint(sv_parse_int(cases[i].text, 10, &number), ==, 0);
        g_assert_cmpint(number, ==, cases[i].number);
    }
    g_assert_cmpint(sv_parse_int("1__0", 10, &number), ==, -EINVAL);
    g_assert_cmpint(sv_parse_int("", 10, &number), ==, -EINVAL);
}

static void
test_sizes(void)
{
    static const struct {
        const char *text;
        int64_t number;
    } cases[] = {{"1kb", 1024},
                 {"2 GB", INT64_C(2) << 30},
                 {"-1MB", -(INT64_C(1) << 20)},
                 {"9223372036854775807GB", INT64_MAX},
                 {"-9223372036854775807GB", INT64_MIN}};
    static char room[1 << 16];
    SvArena arena = {.base = room, .size = sizeof room};
    SvError error = {.arena = &arena};
    int64_t number;

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_assert_cmpint(sv_value_bytes(cases[i].text, &number, &error), ==, 0);
        g_assert_cmpint(number, ==, cases[i].number);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/supervise-text/a-number-beyond-the-limits-is-held-there", test_integers);
    g_test_add_func("/supervise-text/a-size-beyond-the-limits-is-held-there", test_sizes);
    return g_test_run();
}
