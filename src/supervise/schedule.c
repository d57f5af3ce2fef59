#include "supervise/schedule.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "supervise/text.h"

#define DAY        INT64_C(86400)
#define FIELDS     5
#define ITEM_MAX   32
#define EVERY_HOUR UINT32_C(0xffffff)
/* 29 February is the same day of the week after 28 years, or 40 where a century has no leap year. */
#define HORIZON INT64_C(41 * 366)

enum { MINUTE, HOUR, MONTH_DAY, MONTH, WEEKDAY };

typedef struct Field {
    const char *name;
    unsigned min, max;
    const char *words; /* three letters each, the first is @min */
    const char *expected;
} Field;

static const Field fields[FIELDS] = {
    [MINUTE] = {"minute", 0, 59, "", "0-59"},
    [HOUR] = {"hour", 0, 23, "", "0-23"},
    [MONTH_DAY] = {"day of month", 1, 31, "", "1-31"},
    [MONTH] = {"month", 1, 12, "janfebmaraprmayjunjulaugsepoctnovdec", "1-12 or jan-dec"},
    [WEEKDAY] = {"day of week", 0, 7, "sunmontuewedthufrisat", "0-7 or sun-sat"},
};

static const struct {
    const char *name;
    const char *meaning;
} nicknames[] = {
    {"@yearly", "0 0 1 1 *"}, {"@annually", "0 0 1 1 *"}, {"@monthly", "0 0 1 * *"},
    {"@weekly", "0 0 * * 0"}, {"@daily", "0 0 * * *"},    {"@midnight", "0 0 * * *"},
    {"@hourly", "0 * * * *"},
};

static int
wrong_value(const Field *field, const char *text, size_t length, SvError *error)
{
    return sv_fail(error, "schedule: %s: '%.*s' is not within %s", field->name, (int)length, text,
                   field->expected);
}

static int
read_value(const Field *field, const char *text, size_t length, unsigned *ret_value, SvError *error)
{
    uint64_t number;

    if (length == 3)
        for (unsigned i = 0; i < strlen(field->words) / 3; i++)
            if (strncasecmp(text, field->words + (size_t)3 * i, 3) == 0) {
                *ret_value = field->min + i;
                return 0;
            }
    if (length > 2 || sv_parse_digits(text, length, &number) < 0 || number < field->min ||
        number > field->max)
        return wrong_value(field, text, length, error);
    *ret_value = (unsigned)number;
    return 0;
}

static int
read_step(const Field *field, const char *text, size_t length, unsigned *ret_step, SvError *error)
{
    uint64_t number;

    if (length > 2 || sv_parse_digits(text, length, &number) < 0 || number == 0)
        return sv_fail(error, "schedule: %s: the step '%.*s' is not a number from 1 to 99",
                       field->name, (int)length, text);
    *ret_step = (unsigned)number;
    return 0;
}

/* One part of a list: VALUE, FROM-TO or *, and a step behind the last two. */
static int
read_item(const Field *field, const char *item, size_t length, uint64_t *bits, SvError *error)
{
    const char *slash = memchr(item, '/', length);
    size_t range = slash ? (size_t)(slash - item) : length;
    const char *dash = memchr(item, '-', range);
    unsigned first = field->min;
    unsigned last = field == &fields[WEEKDAY] ? 6 : field->max;
    unsigned step = 1;
    int r = 0;

    if (length == 0 || length > ITEM_MAX)
        return sv_fail(error, "schedule: %s: %s in a list: each is %s, FROM-TO, * or FROM-TO/STEP",
                       field->name, length == 0 ? "nothing" : "too much", field->expected);
    if (range != 1 || *item != '*') {
        r = read_value(field, item, dash ? (size_t)(dash - item) : range, &first, error);
        last = first;
        if (r == 0 && dash)
            r = read_value(field, dash + 1, range - (size_t)(dash + 1 - item), &last, error);
        if (r == 0 && slash && !dash)
            r = sv_fail(
                error, "schedule: %s: '%.*s' has a step, but no range: '%u-%u%.*s' has both",
                field->name, (int)length, item, first, field->max, (int)(length - range), slash);
    }
    if (r == 0 && last < first)
        r = sv_fail(error, "schedule: %s: the range '%.*s' ends before it begins", field->name,
                    (int)range, item);
    if (r == 0 && slash)
        r = read_step(field, slash + 1, length - range - 1, &step, error);
    for (unsigned value = first; r == 0 && value <= last; value += step)
        *bits |= UINT64_C(1) << value;
    return r;
}

static int
read_field(const Field *field, const char *text, size_t length, uint64_t *ret_bits, SvError *error)
{
    const char *end = text + length;

    *ret_bits = 0;
    while (true) {
        const char *comma = memchr(text, ',', (size_t)(end - text));
        int r = read_item(field, text, (size_t)((comma ? comma : end) - text), ret_bits, error);
        if (r < 0 || !comma)
            return r;
        text = comma + 1;
    }
}

static int
wrong_count(const char *text, unsigned count, SvError *error)
{
    return sv_fail(error,
                   "schedule: '%s' has %u %s, not 5: minute, hour, day of month, month, day of "
                   "week; or @hourly, @daily, @weekly, @monthly, @yearly",
                   text, count, count == 1 ? "field" : "fields");
}

static int
split(const char *text, const char *starts[FIELDS], size_t lengths[FIELDS], SvError *error)
{
    unsigned count = 0;

    for (const char *p = text; *p != '\0';) {
        size_t length = strcspn(p, " \t\r\n");
        if (length > 0 && count < FIELDS) {
            starts[count] = p;
            lengths[count] = length;
        }
        count += length > 0;
        p += length + strspn(p + length, " \t\r\n");
    }
    return count == FIELDS ? 0 : wrong_count(text, count, error);
}

/* Sets the five fields that a nickname stands for, and leaves others alone. */
static int
meaning_of(const char *text, const char **ret_meaning, SvError *error)
{
    for (size_t i = 0; i < sizeof nicknames / sizeof *nicknames; i++)
        if (strcasecmp(text, nicknames[i].name) == 0) {
            *ret_meaning = nicknames[i].meaning;
            return 0;
        }
    if (strcasecmp(text, "@reboot") == 0)
        return sv_fail(error, "schedule: '@reboot' is no time: autostart=true starts a program "
                              "with the supervisor");
    if (*text == '@')
        return sv_fail(error,
                       "schedule: '%s' is none of @hourly, @daily, @midnight, @weekly, @monthly, "
                       "@yearly, @annually",
                       text);
    return 0;
}

/* The date of a day since 1970, by Howard Hinnant's algorithm; years begin in March in it. */
static void
date_of(int64_t day, unsigned *ret_month, unsigned *ret_month_day)
{
    int64_t shifted = day + 719468;
    int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
    unsigned of_era = (unsigned)(shifted - era * 146097);
    unsigned year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    unsigned of_year = of_era - (365 * year + year / 4 - year / 100);
    unsigned month = (5 * of_year + 2) / 153;

    *ret_month_day = of_year - (153 * month + 2) / 5 + 1;
    *ret_month = month < 10 ? month + 3 : month - 9;
}

static bool
fits_day(const SvSchedule *schedule, int64_t day)
{
    unsigned month, month_day;
    unsigned weekday = (unsigned)(((day + 4) % 7 + 7) % 7);

    date_of(day, &month, &month_day);
    bool by_date = schedule->days >> month_day & 1;
    bool by_weekday = schedule->weekdays >> weekday & 1;
    return (schedule->months >> month & 1) &&
           (schedule->either_day ? by_date || by_weekday : by_date && by_weekday);
}

/* The first day from @day on that fits, or -1. */
static int64_t
next_day(const SvSchedule *schedule, int64_t day)
{
    for (int64_t end = day + HORIZON; day < end; day++)
        if (fits_day(schedule, day))
            return day;
    return -1;
}

int
sv_schedule_parse(const char *text, SvSchedule *ret_schedule, SvError *error)
{
    const char *starts[FIELDS];
    size_t lengths[FIELDS];
    uint64_t bits[FIELDS];
    const char *meaning = text;

    int r = meaning_of(text, &meaning, error);
    if (r == 0)
        r = split(meaning, starts, lengths, error);
    for (size_t i = 0; r == 0 && i < FIELDS; i++)
        r = read_field(&fields[i], starts[i], lengths[i], &bits[i], error);
    if (r < 0)
        return r;
    SvSchedule schedule = {.minutes = bits[MINUTE],
                           .hours = (uint32_t)bits[HOUR],
                           .days = (uint32_t)bits[MONTH_DAY],
                           .months = (uint16_t)bits[MONTH],
                           .weekdays = (uint8_t)((bits[WEEKDAY] & 0x7f) | bits[WEEKDAY] >> 7),
                           .either_day = *starts[MONTH_DAY] != '*' && *starts[WEEKDAY] != '*'};
    if (next_day(&schedule, 0) < 0)
        return sv_fail(error, "schedule: '%s' never comes: no such month has such a day", text);
    *ret_schedule = schedule;
    return 0;
}

bool
sv_schedule_is_hourly(const SvSchedule *schedule)
{
    return schedule->hours == EVERY_HOUR;
}

static int64_t
floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* The first local time within [@from, @to) that fits, or -1. */
static int64_t
first_fit(const SvSchedule *schedule, int64_t from, int64_t to)
{
    for (int64_t minute = -floor_div(-from, 60); minute * 60 < to; minute++) {
        int64_t day = floor_div(minute, 1440);
        unsigned of_day = (unsigned)(minute - day * 1440);
        if (!fits_day(schedule, day))
            minute = (day + 1) * 1440 - 1;
        else if (!(schedule->hours >> of_day / 60 & 1))
            minute += 59 - of_day % 60;
        else if (schedule->minutes >> of_day % 60 & 1)
            return minute * 60;
    }
    return -1;
}

/* The first time within (@from, @to] at which the zone has another offset than at @from, given that it has at @to. */
static int64_t
find_change(SvZone zone, const void *data, int64_t from, int64_t to)
{
    int64_t offset = zone(data, from);

    while (to - from > 1) {
        int64_t middle = from + (to - from) / 2;
        if (zone(data, middle) == offset)
            from = middle;
        else
            to = middle;
    }
    return to;
}

/* Local times before this one have been before, if the clocks were set back within the day up to @when. */
static int64_t
repeated_until(SvZone zone, const void *data, int64_t when)
{
    int64_t before = zone(data, when - DAY);

    if (before <= zone(data, when))
        return INT64_MIN;
    return find_change(zone, data, when - DAY, when) + before;
}

/* From one change of the zone, or one day, to the next. */
int64_t
sv_schedule_next(const SvSchedule *schedule, SvZone zone, const void *data, int64_t after)
{
    bool hourly = sv_schedule_is_hourly(schedule);
    int64_t begin = after;
    int64_t first = after + 1;

    while (true) {
        int64_t offset = zone(data, begin);
        int64_t day = floor_div(begin + offset, DAY);
        int64_t fitting = next_day(schedule, day);
        /* Far from any day that fits, changes of the zone mean nothing. */
        if (fitting > day + 4) {
            begin = first = (fitting - 3) * DAY;
            continue;
        }
        int64_t end = begin + DAY;
        int64_t next_offset = zone(data, end);
        if (next_offset != offset) {
            end = find_change(zone, data, begin, end);
            next_offset = zone(data, end);
        }
        int64_t earliest = hourly ? INT64_MIN : repeated_until(zone, data, begin);
        int64_t from = first + offset > earliest ? first + offset : earliest;
        int64_t found = first_fit(schedule, from, end + offset);
        if (found >= 0)
            return found - offset;
        if (!hourly && first_fit(schedule, end + offset, end + next_offset) >= 0)
            return end;
        begin = first = end;
    }
}
