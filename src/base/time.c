#include "base/time.h"

#include <string.h>

#define DAY_SECONDS 86400
/* Eras of 400 years begin on the first of March, so that a leap day is the last of its year. */
#define ERA_DAYS   146097
#define EPOCH_DAYS 719468 /* from 0000-03-01 to 1970-01-01 */

static void
put_digits(char *text, unsigned count, unsigned value)
{
    while (count > 0) {
        text[--count] = (char)('0' + value % 10);
        value /= 10;
    }
}

void
fa_time_to_utc(FaTime time, char ret_text[FA_TIME_UTC_SIZE])
{
    g_assert(time >= 0 && time <= FA_TIME_MAX);
    unsigned second = (unsigned)(time % DAY_SECONDS);
    unsigned days = (unsigned)(time / DAY_SECONDS) + EPOCH_DAYS;
    unsigned era = days / ERA_DAYS, day = days % ERA_DAYS;
    unsigned year = (day - day / 1460 + day / 36524 - day / (ERA_DAYS - 1)) / 365;
    unsigned of_year = day - (365 * year + year / 4 - year / 100);
    unsigned month = (5 * of_year + 2) / 153;

    memcpy(ret_text, "0000-00-00T00:00:00Z", FA_TIME_UTC_SIZE);
    put_digits(ret_text, 4, era * 400 + year + (month >= 10));
    put_digits(ret_text + 5, 2, month < 10 ? month + 3 : month - 9);
    put_digits(ret_text + 8, 2, of_year - (153 * month + 2) / 5 + 1);
    put_digits(ret_text + 11, 2, second / 3600);
    put_digits(ret_text + 14, 2, second / 60 % 60);
    put_digits(ret_text + 17, 2, second % 60);
}

char *
fa_time_format_ago(FaTime time, FaTime now)
{
    /* The unit that follows takes over at two of it, so that "1 h ago" is never nearly two hours. */
    static const struct {
        FaSpan below, unit;
        const char *name;
    } units[] = {
        {120, 1, "s"},
        {2 * 3600, 60, "min"},
        {2 * DAY_SECONDS, 3600, "h"},
        {14 * DAY_SECONDS, DAY_SECONDS, "days"},
    };
    char day[FA_TIME_UTC_SIZE];
    FaSpan age = now - time;
    if (age <= 2)
        return g_strdup("just now");
    for (size_t i = 0; i < G_N_ELEMENTS(units); i++) {
        if (age < units[i].below)
            return g_strdup_printf("%" G_GINT64_FORMAT " %s ago", age / units[i].unit,
                                   units[i].name);
    }
    fa_time_to_utc(time, day);
    day[strlen("2026-11-23")] = '\0';
    return g_strdup(day);
}

static unsigned
get_digits(const char *text, unsigned count)
{
    unsigned value = 0;
    for (unsigned i = 0; i < count; i++)
        value = value * 10 + (unsigned)(text[i] - '0');
    return value;
}

static bool
has_form(const char *text)
{
    static const char form[] = "0000-00-00T00:00:00Z";
    for (size_t i = 0; i < sizeof form; i++) {
        if (form[i] == '0' ? !g_ascii_isdigit(text[i]) : text[i] != form[i])
            return false;
    }
    return true;
}

bool
fa_time_from_utc(const char *text, FaTime *ret_time)
{
    char again[FA_TIME_UTC_SIZE];
    if (!has_form(text))
        return false;

    unsigned year = get_digits(text, 4), month = get_digits(text + 5, 2);
    unsigned day = get_digits(text + 8, 2);
    if (year < 1970 || month < 1 || month > 12 || day < 1)
        return false;
    unsigned since_march = month > 2 ? month - 3 : month + 9;
    year -= month <= 2;
    FaTime days = (FaTime)year * 365 + year / 4 - year / 100 + year / 400 +
                  (153 * since_march + 2) / 5 + day - 1 - EPOCH_DAYS;
    FaTime time = days * DAY_SECONDS + get_digits(text + 11, 2) * 3600 +
                  get_digits(text + 14, 2) * 60 + get_digits(text + 17, 2);
    /* The 31st of April, or hour 25, is written otherwise. */
    if (time > FA_TIME_MAX)
        return false;
    fa_time_to_utc(time, again);
    if (strcmp(again, text) != 0)
        return false;
    *ret_time = time;
    return true;
}
