#pragma once
/*
 * When is a scheduled program due? The five fields of a crontab, or @daily and its like, and the next time after a given one.
 *
 * Pure: the clock is an argument, and the time zone a function. Times are local. Where the clocks are set back, the local
 * times that come twice count once, the first time; where they are set forward, the times that do not come are made up
 * for at once, together. A schedule of every hour goes on through both as if nothing were: it follows the time that passes.
 */
#include <stdint.h>

#include "supervise/error.h"

typedef struct SvSchedule {
    uint64_t minutes; /* one bit each */
    uint32_t hours, days;
    uint16_t months;
    uint8_t weekdays; /* Sunday is 0 */
    bool either_day;  /* days and weekdays are both given: one of them is enough, as for cron */
} SvSchedule;

/* Seconds by which local time is ahead of UTC at @when. */
typedef int64_t (*SvZone)(const void *data, int64_t when);

/* Returns 0, or -EINVAL with a text that names the field and what it takes. */
int sv_schedule_parse(const char *text, SvSchedule *ret_schedule, SvError *error);
/* The first time (in seconds since 1970) after @after at which it is due. */
int64_t sv_schedule_next(const SvSchedule *schedule, SvZone zone, const void *data, int64_t after);
/* Whether it is due in every hour, and so follows the time that passes. */
bool sv_schedule_is_hourly(const SvSchedule *schedule);
