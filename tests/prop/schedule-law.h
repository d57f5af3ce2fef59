#pragma once
/*
 * What "due" means, said in the plainest way: minute by minute. The next time that src/supervise/schedule.c finds is held to
 * it, by drawn cases and by the fuzzer.
 */
#include <glib.h>

#include "supervise/schedule.h"

#define CHANGES_MAX 4
#define NEAR        (INT64_C(4) * 86400)

/* A zone whose offset changes now and then, by whole minutes, at whole minutes, more than two days apart. */
typedef struct Zone {
    int64_t first;
    size_t count;
    struct {
        int64_t when;
        int64_t offset;
    } changes[CHANGES_MAX];
} Zone;

static inline int64_t
zone_offset(const void *data, int64_t when)
{
    const Zone *zone = data;
    int64_t offset = zone->first;

    for (size_t i = 0; i < zone->count; i++)
        if (when >= zone->changes[i].when)
            offset = zone->changes[i].offset;
    return offset;
}

/* Does a local time fit, by GLib's calendar? */
static inline bool
law_fits(const SvSchedule *schedule, int64_t local)
{
    g_autoptr(GDateTime) date = g_date_time_new_from_unix_utc(local);
    bool day = schedule->days >> g_date_time_get_day_of_month(date) & 1;
    bool weekday = schedule->weekdays >> g_date_time_get_day_of_week(date) % 7 & 1;

    return (schedule->minutes >> g_date_time_get_minute(date) & 1) &&
           (schedule->hours >> g_date_time_get_hour(date) & 1) &&
           (schedule->months >> g_date_time_get_month(date) & 1) &&
           (schedule->either_day ? day || weekday : day && weekday);
}

/*
 * Laws: a local time that fits is due the first time it comes; of a schedule of every hour, each time. Where the clocks go
 * forward over local times that fit, the moment of the change is due.
 */
static inline bool
law_is_due(const SvSchedule *schedule, const Zone *zone, int64_t when)
{
    int64_t local = when + zone_offset(zone, when);
    bool hourly = sv_schedule_is_hourly(schedule);
    int64_t before = when - 60 + zone_offset(zone, when - 60);
    bool due = law_fits(schedule, local);

    for (int64_t past = when - 86400; due && !hourly && past < when; past += 60)
        due = past + zone_offset(zone, past) != local;
    if (due)
        return true;
    for (int64_t left_out = before + 60; !hourly && left_out < local; left_out += 60)
        if (law_fits(schedule, left_out))
            return true;
    return false;
}

/* Law: the next time is later, due, and none that is due lies before it. Far ahead only the last days are looked at. */
static inline int64_t
law_check_next(const SvSchedule *schedule, const Zone *zone, int64_t after)
{
    int64_t next = sv_schedule_next(schedule, zone_offset, zone, after);
    int64_t from = (after / 60 + 1) * 60;

    g_assert_cmpint(next, >, after);
    g_assert_cmpint(next % 60, ==, 0);
    g_assert_true(law_is_due(schedule, zone, next));
    for (int64_t when = next - from > NEAR ? next - NEAR : from; when < next; when += 60)
        g_assert_false(law_is_due(schedule, zone, when));
    return next;
}
