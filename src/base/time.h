#pragma once
/*
 * Moments as values: seconds since 1970, and how they are written. What time it is, only sys/clock.h knows.
 */
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef int64_t FaTime; /* seconds since 1970-01-01 00:00 UTC */
typedef int64_t FaSpan; /* seconds */

#define FA_TIME_MAX      INT64_C(253402300799) /* the last second of the year 9999 */
#define FA_TIME_UTC_SIZE 21                    /* 2026-11-23T03:34:00Z and a NUL */

/* RFC 3339 in UTC. @time is from 0 to FA_TIME_MAX. */
void fa_time_to_utc(FaTime time, char ret_text[FA_TIME_UTC_SIZE]);
/* Reads just what fa_time_to_utc() writes; false, and *ret_time left alone, for anything else. */
bool fa_time_from_utc(const char *text, FaTime *ret_time);
/*
 * (transfer full) How long ago @time was, as people say it: "12 s ago", "5 min ago", "3 h ago", "2 days ago", and the day itself,
 * "2026-11-23", from two weeks on. A clock that stepped back makes it "just now", as a second or two are.
 */
char *fa_time_format_ago(FaTime time, FaTime now);
