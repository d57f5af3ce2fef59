#pragma once
/*
 * The only place that asks what time it is.
 */
#include <glib.h>
#include <stdint.h>

#include "base/time.h"

FaTime fa_clock_now(void);
/* Microseconds of a clock that never steps. */
int64_t fa_clock_monotonic(void);
/* (transfer full) RFC 3339 in UTC: 2026-11-23T03:34:00Z. */
char *fa_clock_format_utc(FaTime time);
