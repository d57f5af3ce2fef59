#include "sys/clock.h"

#include <time.h>

FaTime
fa_clock_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec;
}

int64_t
fa_clock_monotonic(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

char *
fa_clock_format_utc(FaTime time)
{
    time_t seconds = time;
    struct tm utc;

    if (gmtime_r(&seconds, &utc) == NULL)
        return g_strdup_printf("@%" G_GINT64_FORMAT, time);
    return g_strdup_printf("%04ld-%02d-%02dT%02d:%02d:%02dZ", utc.tm_year + 1900L, utc.tm_mon + 1,
                           utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec);
}
