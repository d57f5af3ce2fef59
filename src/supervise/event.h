#pragma once
/*
 * The kinds of events that listeners may subscribe to, by the names of supervisord.
 */
#include <stdint.h>

typedef enum SvEventType {
    SV_EVENT_PROCESS_STATE_STOPPED,
    SV_EVENT_PROCESS_STATE_EXITED,
    SV_EVENT_PROCESS_STATE_STARTING,
    SV_EVENT_PROCESS_STATE_STOPPING,
    SV_EVENT_PROCESS_STATE_BACKOFF,
    SV_EVENT_PROCESS_STATE_FATAL,
    SV_EVENT_PROCESS_STATE_RUNNING,
    SV_EVENT_PROCESS_STATE_UNKNOWN,
    SV_EVENT_PROCESS_COMMUNICATION_STDOUT,
    SV_EVENT_PROCESS_COMMUNICATION_STDERR,
    SV_EVENT_PROCESS_LOG_STDOUT,
    SV_EVENT_PROCESS_LOG_STDERR,
    SV_EVENT_REMOTE_COMMUNICATION,
    SV_EVENT_SUPERVISOR_STATE_CHANGE_RUNNING,
    SV_EVENT_SUPERVISOR_STATE_CHANGE_STOPPING,
    SV_EVENT_TICK_5,
    SV_EVENT_TICK_60,
    SV_EVENT_TICK_3600,
    SV_EVENT_PROCESS_GROUP_ADDED,
    SV_EVENT_PROCESS_GROUP_REMOVED,
    SV_EVENT_COUNT
} SvEventType;

/* The abstract names have bits of their own above those of the types: a configuration shows what was named. */
typedef struct SvEventName {
    const char *name;
    uint32_t bit;
    uint32_t types; /* what a subscription to the name means */
} SvEventName;

extern const SvEventName sv_event_names[];
const SvEventName *sv_event_name_find(const char *name);
/* The types that a set of bits subscribes to. */
uint32_t sv_event_types(uint32_t bits);
const char *sv_event_type_name(SvEventType type);
