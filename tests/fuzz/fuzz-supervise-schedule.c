#include "fuzz.h"

#include "../prop/schedule-law.h"

#define NUMBERS 4

/*
 * Laws: what is no schedule has a text that says so; the next time of one that is one is what a scan of minutes finds. The
 * first eight bytes are a time and a change of the zone there, the rest is the schedule.
 */
int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static char room[1 << 17];
    SvArena arena = {.base = room, .size = sizeof room};
    SvError error = {.arena = &arena};
    SvSchedule schedule;

    if (length < NUMBERS * sizeof(uint16_t))
        return 0;
    uint16_t numbers[NUMBERS];
    memcpy(numbers, bytes, sizeof numbers);
    g_autofree char *text =
        g_strndup((const char *)bytes + sizeof numbers, length - sizeof numbers);
    if (sv_schedule_parse(text, &schedule, &error) < 0) {
        g_assert_nonnull(error.text);
        return 0;
    }
    int64_t after = INT64_C(946684800) + numbers[0] * INT64_C(36000) + numbers[1];
    Zone zone = {.first = 3600, .count = 1};
    zone.changes[0].when = (after / 60 + numbers[2] % 3000) * 60;
    zone.changes[0].offset = 3600 + (numbers[3] % 360 - 180) * INT64_C(60);
    law_check_next(&schedule, &zone, after);
    return 0;
}
