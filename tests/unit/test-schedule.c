#include "supervise/schedule.h"

#include <glib.h>
#include <time.h>

typedef struct Case {
    const char *schedule;
    const char *after; /* local */
    const char *next;
} Case;

static int
parse(const char *text, SvSchedule *schedule, char *message, size_t size)
{
    static char room[1 << 17];
    SvArena arena = {.base = room, .size = sizeof room};
    SvError error = {.arena = &arena};
    int r = sv_schedule_parse(text, schedule, &error);

    g_strlcpy(message, error.text ? error.text : "", size);
    return r;
}

static int64_t
utc(const void *data, int64_t when)
{
    return 0;
}

/* Europe in 2026: an hour ahead of UTC, two from 29 March to 25 October, changing at 1:00 UTC. */
static int64_t
europe(const void *data, int64_t when)
{
    return when >= 1774746000 && when < 1792890000 ? 7200 : 3600;
}

static int64_t
time_of(const char *text)
{
    g_autoptr(GTimeZone) zone = g_time_zone_new_utc();
    g_autoptr(GDateTime) date = g_date_time_new_from_iso8601(text, zone);
    g_assert_nonnull(date);
    return g_date_time_to_unix(date);
}

static void
check(SvZone zone, const Case *c)
{
    SvSchedule schedule;
    char message[512];

    g_assert_cmpint(parse(c->schedule, &schedule, message, sizeof message), ==, 0);
    int64_t next = sv_schedule_next(&schedule, zone, NULL, time_of(c->after));
    g_autoptr(GDateTime) date = g_date_time_new_from_unix_utc(next);
    g_autofree char *text = g_date_time_format(date, "%Y-%m-%dT%H:%M:%SZ");
    g_test_message("%s after %s", c->schedule, c->after);
    g_assert_cmpstr(text, ==, c->next);
}

static void
test_next(void)
{
    static const Case cases[] = {
        {"* * * * *", "2026-11-25T10:15:00Z", "2026-11-25T10:16:00Z"},
        {"* * * * *", "2026-11-25T10:15:59Z", "2026-11-25T10:16:00Z"},
        {"*/5 * * * *", "2026-11-25T10:15:00Z", "2026-11-25T10:20:00Z"},
        {"3-59/20 4,6 * * *", "2026-11-25T04:43:00Z", "2026-11-25T06:03:00Z"},
        {"30 2 * * *", "2026-11-25T02:30:00Z", "2026-11-26T02:30:00Z"},
        {"0 0 * * mon-fri", "2026-11-27T12:00:00Z", "2026-11-30T00:00:00Z"},
        {"0 0 * * 7", "2026-11-25T00:00:00Z", "2026-11-29T00:00:00Z"},
        {"0 0 * * Fri-7", "2026-11-29T00:00:00Z", "2026-12-04T00:00:00Z"},
        {"  0\t12  31 DEC,jan * ", "2026-11-25T00:00:00Z", "2026-12-31T12:00:00Z"},
        {"0 0 29 feb *", "2026-11-25T00:00:00Z", "2028-02-29T00:00:00Z"},
        {"0 0 29 2 *", "2096-02-29T00:00:00Z", "2104-02-29T00:00:00Z"},
        {"@hourly", "2026-11-25T10:15:00Z", "2026-11-25T11:00:00Z"},
        {"@Daily", "2026-11-25T10:15:00Z", "2026-11-26T00:00:00Z"},
        {"@weekly", "2026-11-25T10:15:00Z", "2026-11-29T00:00:00Z"},
        {"@monthly", "2026-11-25T10:15:00Z", "2026-12-01T00:00:00Z"},
        {"@yearly", "2026-11-25T10:15:00Z", "2027-01-01T00:00:00Z"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
        check(utc, &cases[i]);
}

/* Of the day of the month and the day of the week one is enough, unless one of them begins with a star. */
static void
test_days(void)
{
    static const Case cases[] = {
        {"0 0 13 * fri", "2026-11-25T00:00:00Z", "2026-11-27T00:00:00Z"},
        {"0 0 28 * fri", "2026-11-27T00:00:00Z", "2026-11-28T00:00:00Z"},
        {"0 0 */2 * fri", "2026-11-25T00:00:00Z", "2026-11-27T00:00:00Z"},
        {"0 0 */2 * fri", "2026-11-27T00:00:00Z", "2026-12-11T00:00:00Z"},
        {"0 0 29 2 */7", "2026-11-25T00:00:00Z", "2032-02-29T00:00:00Z"},
        {"0 0 29 2 */7", "2088-02-29T00:00:00Z", "2128-02-29T00:00:00Z"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
        check(utc, &cases[i]);
}

static void
test_summer_time(void)
{
    static const Case cases[] = {
        /* 2:30 does not come: 3:00, which is 1:00 UTC, stands in for it, and the next day is as ever. */
        {"30 2 * * *", "2026-03-28T12:00:00Z", "2026-03-29T01:00:00Z"},
        {"30 2 * * *", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"},
        /* What is missed twice, or missed when it is due, runs once. */
        {"0,30 2,3 * * *", "2026-03-28T12:00:00Z", "2026-03-29T01:00:00Z"},
        {"0,30 2,3 * * *", "2026-03-29T01:00:00Z", "2026-03-29T01:30:00Z"},
        {"0 2 * * *", "2026-03-29T00:59:59Z", "2026-03-29T01:00:00Z"},
        /* Another day's run is not made up for. */
        {"30 2 28 * *", "2026-03-28T12:00:00Z", "2026-04-28T00:30:00Z"},
        /* Every hour is every hour. */
        {"30 * * * *", "2026-03-29T00:30:00Z", "2026-03-29T01:30:00Z"},
        {"*/20 * * * *", "2026-03-29T00:40:00Z", "2026-03-29T01:00:00Z"},
        {"*/20 * * * *", "2026-03-29T01:00:00Z", "2026-03-29T01:20:00Z"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
        check(europe, &cases[i]);
}

static void
test_winter_time(void)
{
    static const Case cases[] = {
        /* 2:30 comes twice, at 0:30 and 1:30 UTC, and counts once. */
        {"30 2 * * *", "2026-10-24T12:00:00Z", "2026-10-25T00:30:00Z"},
        {"30 2 * * *", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"},
        {"30 2 * * *", "2026-10-25T01:10:00Z", "2026-10-26T01:30:00Z"},
        {"*/30 1-3 * * *", "2026-10-25T00:30:00Z", "2026-10-25T02:00:00Z"},
        {"30 * * * *", "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"},
        {"*/20 * * * *", "2026-10-25T00:40:00Z", "2026-10-25T01:00:00Z"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
        check(europe, &cases[i]);
}

static void
test_errors(void)
{
    static const struct {
        const char *text;
        const char *message;
    } cases[] = {
        {"", "schedule: '' has 0 fields, not 5: minute, hour, day of month, month, day of week; or "
             "@hourly, @daily, @weekly, @monthly, @yearly"},
        {"60 * * * *", "schedule: minute: '60' is not within 0-59"},
        {"* 24 * * *", "schedule: hour: '24' is not within 0-23"},
        {"* -1 * * *", "schedule: hour: '' is not within 0-23"},
        {"* * 0 * *", "schedule: day of month: '0' is not within 1-31"},
        {"* * 1-32 * *", "schedule: day of month: '32' is not within 1-31"},
        {"* * * may-foo *", "schedule: month: 'foo' is not within 1-12 or jan-dec"},
        {"* * * * 8", "schedule: day of week: '8' is not within 0-7 or sun-sat"},
        {"* * * * monday", "schedule: day of week: 'monday' is not within 0-7 or sun-sat"},
        {"* 5-3 * * *", "schedule: hour: the range '5-3' ends before it begins"},
        {"*/0 * * * *", "schedule: minute: the step '0' is not a number from 1 to 99"},
        {"*/x * * * *", "schedule: minute: the step 'x' is not a number from 1 to 99"},
        {"5/10 * * * *", "schedule: minute: '5/10' has a step, but no range: '5-59/10' has both"},
        {"1,,2 * * * *", "schedule: minute: nothing in a list: each is 0-59, FROM-TO, * or "
                         "FROM-TO/STEP"},
        {"0 0 31 feb,apr *", "schedule: '0 0 31 feb,apr *' never comes: no such month has such a "
                             "day"},
        {"@reboot", "schedule: '@reboot' is no time: autostart=true starts a program with the "
                    "supervisor"},
        {"@noon", "schedule: '@noon' is none of @hourly, @daily, @midnight, @weekly, @monthly, "
                  "@yearly, @annually"},
    };
    SvSchedule schedule;
    char message[512];

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_assert_cmpint(parse(cases[i].text, &schedule, message, sizeof message), <, 0);
        g_assert_cmpstr(message, ==, cases[i].message);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/schedule/the-next-time-is-the-first-that-fits", test_next);
    g_test_add_func("/schedule/one-of-two-days-is-enough-unless-one-is-a-star", test_days);
    g_test_add_func("/schedule/what-the-spring-leaves-out-runs-once", test_summer_time);
    g_test_add_func("/schedule/what-comes-twice-in-autumn-runs-once", test_winter_time);
    g_test_add_func("/schedule/a-mistake-names-the-field-and-what-it-takes", test_errors);
    return g_test_run();
}
