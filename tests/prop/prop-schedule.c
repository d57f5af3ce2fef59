#include "schedule-law.h"

#define CASES 300
#define YEARS 40

/* 2000-01-01, and a time within the years that follow. */
#define EPOCH INT64_C(946684800)

static int64_t
draw_minutes(int from, int to)
{
    return (int64_t)g_test_rand_int_range(from, to) * 60;
}

static Zone
draw_zone(int64_t around)
{
    Zone zone = {.first = draw_minutes(-12 * 4, 14 * 4) * 15};
    int64_t offset = zone.first;

    zone.count = (size_t)g_test_rand_int_range(0, CHANGES_MAX + 1);
    for (size_t i = 0; i < zone.count; i++) {
        /* By an hour most of the time, and by more or less, as some islands have it. */
        offset += g_test_rand_int_range(0, 3) > 0 ? (i % 2 ? -3600 : 3600) : draw_minutes(-90, 91);
        zone.changes[i].when =
            around + ((int64_t)i - 1) * 3 * 86400 + draw_minutes(0, 600) - around % 60;
        zone.changes[i].offset = offset;
    }
    return zone;
}

static void
draw_field(GString *text, int min, int max, int star)
{
    int first = g_test_rand_int_range(min, max + 1);

    g_string_append_c(text, text->len > 0 ? ' ' : '0');
    if (text->len == 1)
        g_string_truncate(text, 0);
    if (g_test_rand_int_range(0, 10) < star)
        g_string_append_printf(text, "*/%d", g_test_rand_bit() ? 1 : g_test_rand_int_range(1, 24));
    else if (g_test_rand_bit())
        g_string_append_printf(text, "%d-%d/%d", first, g_test_rand_int_range(first, max + 1),
                               g_test_rand_int_range(1, 8));
    else
        g_string_append_printf(text, "%d,%d", first, g_test_rand_int_range(min, max + 1));
}

static bool
draw_schedule(SvSchedule *schedule, GString *text)
{
    static char room[1 << 17];
    SvArena arena = {.base = room, .size = sizeof room};
    SvError error = {.arena = &arena};
    const struct {
        int min, max, star;
    } fields[] = {{0, 59, 3}, {0, 23, 3}, {1, 31, 6}, {1, 12, 8}, {0, 7, 6}};

    for (size_t i = 0; i < G_N_ELEMENTS(fields); i++)
        draw_field(text, fields[i].min, fields[i].max, fields[i].star);
    return sv_schedule_parse(text->str, schedule, &error) == 0;
}

static void
test_next(void)
{
    for (int i = 0; i < CASES; i++) {
        g_autoptr(GString) text = g_string_new(NULL);
        SvSchedule schedule;
        int64_t after = EPOCH + g_test_rand_int_range(0, YEARS * 365) * INT64_C(86400) +
                        g_test_rand_int_range(0, 86400);
        Zone zone = draw_zone(after);
        if (!draw_schedule(&schedule, text))
            continue;
        g_test_message("%s after %" G_GINT64_FORMAT, text->str, after);
        for (int j = 0; j < 3; j++)
            after = law_check_next(&schedule, &zone, after);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/schedule/the-next-time-is-the-one-that-a-scan-of-minutes-finds", test_next);
    return g_test_run();
}
