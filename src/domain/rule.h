#pragma once
/*
 * When does something happen by itself? A rule as calendars write it (RRULE of RFC 5545), of which this much is understood:
 *
 *   FREQ=HOURLY                              every full hour
 *   FREQ=DAILY                               at 06:00
 *   FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR          at 06:00 of these days
 *   FREQ=WEEKLY                              on Mondays at 06:00
 *   FREQ=...;BYHOUR=7,19;BYMINUTE=30         at these times
 */
#include <glib.h>
#include <stdbool.h>

/*
 * *ret_schedule (transfer full): the five fields of a crontab, as programs on a schedule have them. Else *ret_problem (transfer full) says what is
 * wrong.
 */
bool fa_rule_to_schedule(const char *rule, char **ret_schedule, char **ret_problem);
