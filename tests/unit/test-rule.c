#include <glib.h>

#include "domain/rule.h"

static void
test_schedules(void)
{
    static const char *const cases[][2] = {
        {"FREQ=HOURLY", "0 * * * *"},
        {"FREQ=DAILY", "0 6 * * *"},
        {"FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR", "0 6 * * 1,2,3,4,5"},
        {"FREQ=WEEKLY", "0 6 * * 1"},
        {"FREQ=WEEKLY;BYDAY=SU;BYHOUR=23;BYMINUTE=59", "59 23 * * 0"},
        {"FREQ=HOURLY;BYMINUTE=0,15,30,45", "0,15,30,45 * * * *"},
        {"BYHOUR=7,19;FREQ=DAILY", "0 7,19 * * *"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *schedule = NULL, *problem = NULL;
        g_assert_true(fa_rule_to_schedule(cases[i][0], &schedule, &problem));
        g_assert_cmpstr(schedule, ==, cases[i][1]);
        g_assert_null(problem);
    }
}

static void
test_problems(void)
{
    static const char *const cases[][2] = {
        {"", "begins with FREQ="},
        {"daily", "'daily'"},
        {"FREQ=MONTHLY", "'FREQ=MONTHLY'"},
        {"FREQ=DAILY;", "''"},
        {"FREQ=DAILY;BYDAY=", "'BYDAY='"},
        {"FREQ=DAILY;BYDAY=1MO", "'BYDAY=1MO'"},
        {"FREQ=DAILY;BYDAY=MO,,TU", "'BYDAY=MO,,TU'"},
        {"FREQ=DAILY;BYHOUR=24", "'BYHOUR=24'"},
        {"FREQ=DAILY;BYMINUTE=-1", "'BYMINUTE=-1'"},
        {"FREQ=DAILY;COUNT=3", "'COUNT=3'"},
        {"BYHOUR=3", "begins with FREQ="},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *schedule = NULL, *problem = NULL;
        g_test_message("%s", cases[i][0]);
        g_assert_false(fa_rule_to_schedule(cases[i][0], &schedule, &problem));
        g_assert_null(schedule);
        g_assert_nonnull(g_strstr_len(problem, -1, cases[i][1]));
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/rule/a-rule-is-a-schedule", test_schedules);
    g_test_add_func("/rule/what-is-not-understood-is-named", test_problems);
    return g_test_run();
}
