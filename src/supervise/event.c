#include "supervise/event.h"

#include <stddef.h>
#include <strings.h>

#define B(type) (UINT32_C(1) << (type))
#define NAME(n)                                                                                    \
    {                                                                                              \
#n, B(SV_EVENT_##n), B(SV_EVENT_##n)                                                       \
    }
#define STATES UINT32_C(0xff)
#define COMM   (B(SV_EVENT_PROCESS_COMMUNICATION_STDOUT) | B(SV_EVENT_PROCESS_COMMUNICATION_STDERR))
#define LOGS   (B(SV_EVENT_PROCESS_LOG_STDOUT) | B(SV_EVENT_PROCESS_LOG_STDERR))
#define CHANGES                                                                                    \
    (B(SV_EVENT_SUPERVISOR_STATE_CHANGE_RUNNING) | B(SV_EVENT_SUPERVISOR_STATE_CHANGE_STOPPING))
#define TICKS  (B(SV_EVENT_TICK_5) | B(SV_EVENT_TICK_60) | B(SV_EVENT_TICK_3600))
#define GROUPS (B(SV_EVENT_PROCESS_GROUP_ADDED) | B(SV_EVENT_PROCESS_GROUP_REMOVED))
#define ALL    (B(SV_EVENT_COUNT) - 1)

/* In the order of the alphabet, as dumps list them. */
const SvEventName sv_event_names[] = {
    {"EVENT", B(20), ALL},
    {"PROCESS_COMMUNICATION", B(21), COMM},
    NAME(PROCESS_COMMUNICATION_STDERR),
    NAME(PROCESS_COMMUNICATION_STDOUT),
    {"PROCESS_GROUP", B(22), GROUPS},
    NAME(PROCESS_GROUP_ADDED),
    NAME(PROCESS_GROUP_REMOVED),
    {"PROCESS_LOG", B(23), LOGS},
    NAME(PROCESS_LOG_STDERR),
    NAME(PROCESS_LOG_STDOUT),
    {"PROCESS_STATE", B(24), STATES},
    NAME(PROCESS_STATE_BACKOFF),
    NAME(PROCESS_STATE_EXITED),
    NAME(PROCESS_STATE_FATAL),
    NAME(PROCESS_STATE_RUNNING),
    NAME(PROCESS_STATE_STARTING),
    NAME(PROCESS_STATE_STOPPED),
    NAME(PROCESS_STATE_STOPPING),
    NAME(PROCESS_STATE_UNKNOWN),
    NAME(REMOTE_COMMUNICATION),
    {"SUPERVISOR_STATE_CHANGE", B(25), CHANGES},
    NAME(SUPERVISOR_STATE_CHANGE_RUNNING),
    NAME(SUPERVISOR_STATE_CHANGE_STOPPING),
    {"TICK", B(26), TICKS},
    NAME(TICK_3600),
    NAME(TICK_5),
    NAME(TICK_60),
    {NULL, 0, 0},
};

const SvEventName *
sv_event_name_find(const char *name)
{
    for (const SvEventName *entry = sv_event_names; entry->name; entry++)
        if (strcasecmp(entry->name, name) == 0)
            return entry;
    return NULL;
}

uint32_t
sv_event_types(uint32_t bits)
{
    uint32_t types = 0;

    for (const SvEventName *entry = sv_event_names; entry->name; entry++)
        if (bits & entry->bit)
            types |= entry->types;
    return types;
}

const char *
sv_event_type_name(SvEventType type)
{
    for (const SvEventName *entry = sv_event_names; entry->name; entry++)
        if (entry->bit == B(type))
            return entry->name;
    return "EVENT";
}
