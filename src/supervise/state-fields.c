/*
 * Which members of which structs a supervisor hands over to its successor.
 *
 * A new member of one of these structs needs a line here: NUMBER, FD, ARRAY, STRUCT, POINTER or BYTES where the next
 * supervisor has to know it, LEFT with a reason where not. A timer or a watch also needs whoever made it to set its
 * function again, in sv_..._resume(). A kind of value that was added stays readable for ever; SV_STATE_VERSION changes only
 * when what is written before means something else.
 */
#include <string.h>

#include "supervise/server.h"
#include "supervise/state.h"
#include "supervise/super.h"

#define OF(type, member) ((type *)0)->member
#define MEMBER(type, member)                                                                       \
    .name = #member, .offset = offsetof(type, member), .size = sizeof OF(type, member)
/* clang-format off */
#define IS_SIGNED(x) _Generic((x), signed char: true, short: true, int: true, long: true, long long: true, default: false)
#define LAST(x)      _Generic((x), bool: 1, default: INT64_MAX)
/* clang-format on */
#define NUMBER_OR(type, member, without)                                                           \
    {                                                                                              \
        MEMBER(type, member), .kind = SV_FIELD_NUMBER, .is_signed = IS_SIGNED(OF(type, member)),   \
                              .last = LAST(OF(type, member)), .absent = (without)                  \
    }
#define NUMBER(type, member) NUMBER_OR(type, member, 0)
#define ENUM(type, member, greatest)                                                               \
    {                                                                                              \
        MEMBER(type, member), .kind = SV_FIELD_NUMBER, .is_signed = IS_SIGNED(OF(type, member)),   \
                              .last = (greatest)                                                   \
    }
#define FD(type, member)                                                                           \
    {                                                                                              \
        MEMBER(type, member), .kind = SV_FIELD_DESCRIPTOR, .is_signed = true, .last = INT32_MAX,   \
                              .absent = -1                                                         \
    }
#define ARRAY(type, member)                                                                        \
    {                                                                                              \
        MEMBER(type, member), .kind = SV_FIELD_ARRAY                                               \
    }
#define STRUCT(type, member, table)                                                                \
    {                                                                                              \
        MEMBER(type, member), .kind = SV_FIELD_STRUCT, .fields = &(table)                          \
    }
#define POINTER(type, member, table)                                                               \
    {                                                                                              \
        MEMBER(type, member), .kind = SV_FIELD_POINTER, .fields = &(table)                         \
    }
#define BYTES(type, member, function)                                                              \
    {                                                                                              \
        MEMBER(type, member), .kind = SV_FIELD_BYTES, .bytes = (function)                          \
    }
#define LEFT(type, member, reason)                                                                 \
    {                                                                                              \
        MEMBER(type, member), .kind = SV_FIELD_LEFT, .why = (reason)                               \
    }
#define WATCH(type, member) STRUCT(type, member, fields_watch)
#define TIMER(type, member) STRUCT(type, member, fields_timer)
#define FIELDS(type, fields)                                                                       \
    {                                                                                              \
        .name = #type, .size = sizeof(type), .list = (fields),                                     \
        .count = sizeof(fields) / sizeof *(fields)                                                 \
    }

static const SvField watch[] = {
    FD(SvWatch, fd),
    NUMBER(SvWatch, events),
    LEFT(SvWatch, ready, "set by who resumes"),
    LEFT(SvWatch, next, "who is not watched is tried again"),
};
static const SvFields fields_watch = FIELDS(SvWatch, watch);

static const SvField timer[] = {
    NUMBER(SvTimer, when),
    NUMBER(SvTimer, armed),
    LEFT(SvTimer, fire, "set by who resumes"),
    LEFT(SvTimer, child, "of the heap, which is made anew"),
    LEFT(SvTimer, next, "of the heap"),
    LEFT(SvTimer, previous, "of the heap"),
};
static const SvFields fields_timer = FIELDS(SvTimer, timer);

static const SvField log_file[] = {
    FD(SvLogFile, fd),
    NUMBER(SvLogFile, regular),
    NUMBER(SvLogFile, backups),
    NUMBER(SvLogFile, maxbytes),
    NUMBER(SvLogFile, size),
    NUMBER(SvLogFile, lost),
    LEFT(SvLogFile, path, "from the configuration"),
};
static const SvFields fields_log_file = FIELDS(SvLogFile, log_file);

static const SvField machine[] = {
    ENUM(SvMachine, state, SV_UNKNOWN),
    NUMBER(SvMachine, up),
    NUMBER(SvMachine, ready),
    NUMBER(SvMachine, failures),
};
static const SvFields fields_machine = FIELDS(SvMachine, machine);

static SvBytes
channel_auto_path(void *object)
{
    const SvChannel *channel = object;

    if (!channel->auto_path)
        return (SvBytes){0};
    return (SvBytes){.data = channel->auto_path,
                     .length = strlen(channel->auto_path),
                     .room = sv_channel_auto_path_room(channel) - 1};
}

static SvBytes
channel_capture(void *object)
{
    const SvChannel *channel = object;
    const SvLogConf *conf = &channel->proc->conf->log[channel->stdout ? SV_STDOUT : SV_STDERR];

    if (!channel->capture)
        return (SvBytes){0};
    return (SvBytes){.data = channel->capture,
                     .length = channel->captured,
                     .room = (size_t)conf->capture_maxbytes};
}

static const SvField channel[] = {
    WATCH(SvChannel, pipe),
    STRUCT(SvChannel, log, fields_log_file),
    BYTES(SvChannel, auto_path, channel_auto_path),
    BYTES(SvChannel, capture, channel_capture),
    NUMBER(SvChannel, captured),
    ARRAY(SvChannel, held),
    NUMBER(SvChannel, held_length),
    NUMBER(SvChannel, capturing),
    NUMBER(SvChannel, in_escape),
    NUMBER(SvChannel, large),
    NUMBER(SvChannel, small_reads),
    NUMBER(SvChannel, last_read),
    TIMER(SvChannel, pause),
    LEFT(SvChannel, proc, "it is in it"),
    LEFT(SvChannel, stdout, "by its place"),
};
static const SvFields fields_channel = FIELDS(SvChannel, channel);

static const SvField check[] = {
    NUMBER(SvCheck, health),
    WATCH(SvCheck, watch),
    WATCH(SvCheck, notify),
    TIMER(SvCheck, timer),
    NUMBER(SvCheck, deadline),
    NUMBER(SvCheck, pid),
    NUMBER(SvCheck, attempts),
    NUMBER(SvCheck, talking),
    LEFT(SvCheck, report, "set by who resumes"),
    LEFT(SvCheck, proc, "it is in it"),
    LEFT(SvCheck, child, "by its number"),
    LEFT(SvCheck, conf, "from the configuration"),
};
static const SvFields fields_check = FIELDS(SvCheck, check);

static const SvField tree[] = {
    WATCH(SvTree, watch),
    TIMER(SvTree, timer),
    NUMBER(SvTree, ended),
    NUMBER(SvTree, status),
    NUMBER(SvTree, rounds),
    NUMBER(SvTree, complained),
    NUMBER(SvTree, oom_kills),
    LEFT(SvTree, over, "set by who resumes"),
    LEFT(SvTree, proc, "it is in it"),
    LEFT(SvTree, failed_step, "of the last start, for its message"),
};
static const SvFields fields_tree = FIELDS(SvTree, tree);

static SvBytes
crash_output(void *object)
{
    const SvCrash *record = object;

    return (SvBytes){.data = record->output, .length = record->length, .room = SV_TAIL_MAX};
}

static const SvField crash[] = {
    NUMBER(SvCrash, count),
    NUMBER(SvCrash, when),
    NUMBER(SvCrash, pid),
    NUMBER(SvCrash, status),
    NUMBER(SvCrash, seconds),
    ENUM(SvCrash, problem, SV_PROBLEM_DEPENDENCY),
    NUMBER(SvCrash, problem_detail),
    NUMBER(SvCrash, length),
    BYTES(SvCrash, output, crash_output),
};
static const SvFields fields_crash = FIELDS(SvCrash, crash);

static SvBytes
proc_input(void *object)
{
    const SvProc *proc = object;

    return (SvBytes){.data = proc->input_data + proc->input_start,
                     .length = proc->input_length,
                     .room = proc->input_size - proc->input_start};
}

static SvBytes
proc_tail(void *object)
{
    const SvProc *proc = object;
    bool full = proc->heard >= SV_TAIL_MAX;

    return (SvBytes){.data = proc->tail,
                     .length = full ? SV_TAIL_MAX : (size_t)proc->heard,
                     .room = SV_TAIL_MAX};
}

static SvBytes
proc_result(void *object)
{
    const SvProc *proc = object;

    return (SvBytes){.data = proc->result, .length = proc->result_length, .room = SV_LISTENER_LINE};
}

static const SvField proc[] = {
    STRUCT(SvProc, machine, fields_machine),
    ENUM(SvProc, problem, SV_PROBLEM_DEPENDENCY),
    NUMBER(SvProc, problem_detail),
    NUMBER(SvProc, pid),
    WATCH(SvProc, exit),
    TIMER(SvProc, timer),
    STRUCT(SvProc, channels[SV_STDOUT], fields_channel),
    STRUCT(SvProc, channels[SV_STDERR], fields_channel),
    WATCH(SvProc, input),
    BYTES(SvProc, input_data, proc_input),
    NUMBER(SvProc, input_length),
    NUMBER(SvProc, started),
    NUMBER(SvProc, last_start),
    NUMBER(SvProc, last_stop),
    NUMBER(SvProc, exit_status),
    NUMBER_OR(SvProc, ended, -1),
    NUMBER(SvProc, waiters),
    POINTER(SvProc, check, fields_check),
    POINTER(SvProc, health, fields_check),
    POINTER(SvProc, tree, fields_tree),
    BYTES(SvProc, tail, proc_tail),
    NUMBER(SvProc, heard),
    STRUCT(SvProc, crash, fields_crash),
    NUMBER(SvProc, starts),
    NUMBER(SvProc, killing),
    NUMBER(SvProc, wanted),
    NUMBER(SvProc, due),
    NUMBER(SvProc, served),
    NUMBER(SvProc, suspended),
    ENUM(SvProc, listener, SV_LISTENER_UNKNOWN),
    NUMBER_OR(SvProc, event, -1),
    BYTES(SvProc, result, proc_result),
    NUMBER(SvProc, result_length),
    NUMBER_OR(SvProc, result_expected, -1),
    LEFT(SvProc, conf, "from the configuration"),
    LEFT(SvProc, group, "it is in it"),
    LEFT(SvProc, child, "by its number"),
    LEFT(SvProc, input_size, "from the configuration"),
    LEFT(SvProc, input_start, "what waits begins anew at 0"),
    LEFT(SvProc, sockets, "by the held sockets of the group"),
};
const SvFields sv_fields_proc = FIELDS(SvProc, proc);

static const SvField held[] = {
    FD(SvHeld, fd),
    LEFT(SvHeld, conf, "by its address"),
    LEFT(SvHeld, taken, "only while a group is replaced"),
};
const SvFields sv_fields_held = FIELDS(SvHeld, held);

static SvBytes
event_payload(void *object)
{
    const SvEvent *one = object;

    return (SvBytes){.data = one->payload, .length = one->length, .room = SV_EVENT_MAX};
}

static const SvField event[] = {
    ENUM(SvEvent, type, SV_EVENT_COUNT - 1),
    NUMBER(SvEvent, serial),
    NUMBER(SvEvent, pool_serial),
    NUMBER(SvEvent, length),
    NUMBER(SvEvent, characters),
    BYTES(SvEvent, payload, event_payload),
    NUMBER(SvEvent, used),
};
const SvFields sv_fields_event = FIELDS(SvEvent, event);

static SvBytes
group_queue(void *object)
{
    const SvGroup *one = object;

    if (!one->queue)
        return (SvBytes){0};
    return (SvBytes){.data = (char *)one->queue,
                     .length = one->queued * sizeof *one->queue,
                     .room = (one->slot_count + 1) * sizeof *one->queue};
}

static const SvField group[] = {
    FD(SvGroup, socket),
    BYTES(SvGroup, queue, group_queue),
    NUMBER(SvGroup, queued),
    NUMBER(SvGroup, next_serial),
    LEFT(SvGroup, conf, "by its name"),
    LEFT(SvGroup, hash, "of its name"),
    LEFT(SvGroup, config, "by its number"),
    LEFT(SvGroup, procs, "records of their own"),
    LEFT(SvGroup, count, "from the configuration"),
    LEFT(SvGroup, next, "by priority and name"),
    LEFT(SvGroup, same_bucket, "by its name"),
    LEFT(SvGroup, active, "those that are not are left"),
    LEFT(SvGroup, held, "records of their own"),
    LEFT(SvGroup, held_count, "of the records"),
    LEFT(SvGroup, types, "from the configuration"),
    LEFT(SvGroup, forward, "from the configuration"),
    LEFT(SvGroup, slots, "records of their own"),
    LEFT(SvGroup, slot_count, "from the configuration"),
};
const SvFields sv_fields_group = FIELDS(SvGroup, group);

static const SvField listening[] = {
    WATCH(SvListeningSocket, watch),
    TIMER(SvListeningSocket, pause),
    NUMBER(SvListeningSocket, device),
    NUMBER(SvListeningSocket, inode),
    LEFT(SvListeningSocket, conf, "by its number"),
};
const SvFields sv_fields_listening = FIELDS(SvListeningSocket, listening);

static const SvField http[] = {
    NUMBER(SvHttp, version),
    NUMBER(SvHttp, keep),
    NUMBER(SvHttp, json),
    NUMBER(SvHttp, form),
    NUMBER(SvHttp, head),
    NUMBER(SvHttp, body),
    LEFT(SvHttp, method, "the call was made"),
    LEFT(SvHttp, path, "the call was made"),
    LEFT(SvHttp, query, "the call was made"),
    LEFT(SvHttp, foreign, "it was looked at"),
    LEFT(SvHttp, login, "it was looked at"),
};
static const SvFields fields_http = FIELDS(SvHttp, http);

static const SvField rpc[] = {
    NUMBER(SvRpc, starting),
    NUMBER(SvRpc, many),
    NUMBER(SvRpc, building),
    NUMBER(SvRpc, upgrading),
    NUMBER(SvRpc, pending),
    ARRAY(SvRpc, name),
    NUMBER(SvRpc, fault),
    NUMBER(SvRpc, explained),
    ARRAY(SvRpc, text),
    LEFT(SvRpc, super, "the one there is"),
    LEFT(SvRpc, out, "of its client"),
    LEFT(SvRpc, bit, "of its client"),
};
static const SvFields fields_rpc = FIELDS(SvRpc, rpc);

static SvBytes
buffer_data(void *object)
{
    const SvBuf *buf = object;

    return (SvBytes){.data = buf->data, .length = buf->length, .room = buf->size - 1};
}

static const SvField buffer[] = {
    BYTES(SvBuf, data, buffer_data),
    NUMBER(SvBuf, length),
    NUMBER(SvBuf, full),
    NUMBER(SvBuf, json),
    LEFT(SvBuf, size, "the same for all clients"),
};
static const SvFields fields_buffer = FIELDS(SvBuf, buffer);

static SvBytes
client_in(void *object)
{
    const SvClient *one = object;

    return (SvBytes){.data = one->in, .length = one->in_length, .room = SV_IN_MAX};
}

static SvBytes
client_follow(void *object)
{
    const SvClient *one = object;

    return (SvBytes){.data = sv_client_follow_path(one),
                     .length = one->follow ? strlen(one->follow) : 0,
                     .room = SV_FOLLOW_PATH_MAX};
}

static const SvField client[] = {
    WATCH(SvClient, watch),
    BYTES(SvClient, in, client_in),
    NUMBER(SvClient, in_length),
    ARRAY(SvClient, head),
    NUMBER(SvClient, head_length),
    NUMBER(SvClient, head_sent),
    STRUCT(SvClient, out, fields_buffer),
    NUMBER(SvClient, sent),
    STRUCT(SvClient, http, fields_http),
    STRUCT(SvClient, rpc, fields_rpc),
    NUMBER(SvClient, last_active),
    NUMBER(SvClient, busy),
    NUMBER(SvClient, waiting),
    NUMBER(SvClient, multi),
    NUMBER(SvClient, form),
    NUMBER(SvClient, multi_next),
    NUMBER(SvClient, mark),
    BYTES(SvClient, follow, client_follow),
    FD(SvClient, follow_fd),
    NUMBER(SvClient, follow_offset),
    TIMER(SvClient, timer),
    LEFT(SvClient, conf, "by its number"),
    LEFT(SvClient, number, "by its number"),
    LEFT(SvClient, woken, "those that were have been answered"),
};
const SvFields sv_fields_client = FIELDS(SvClient, client);

static const SvField server[] = {
    LEFT(SvServer, listeners, "records of their own"),
    LEFT(SvServer, listener_count, "of the records"),
    LEFT(SvServer, clients, "records of their own"),
    LEFT(SvServer, client_count, "of the records"),
    LEFT(SvServer, buffers, "taken anew"),
    LEFT(SvServer, buffers_size, "the same always"),
    LEFT(SvServer, xml, "only while a call is read"),
    LEFT(SvServer, woken, "those that were have been answered"),
    LEFT(SvServer, token, "made anew: older pages are told so"),
    LEFT(SvServer, notes, "they are for the next look only"),
    LEFT(SvServer, last_note, "of the notes"),
};
const SvFields sv_fields_server = FIELDS(SvServer, server);

static const SvField place[] = {
    FD(SvCgroupPlace, fd),          NUMBER(SvCgroupPlace, v2),    NUMBER(SvCgroupPlace, uses),
    NUMBER(SvCgroupPlace, enabled), NUMBER(SvCgroupPlace, moved), ARRAY(SvCgroupPlace, path),
};
const SvFields sv_fields_cgroup_place = FIELDS(SvCgroupPlace, place);

static const SvField cgroups[] = {
    ARRAY(SvCgroups, name),
    LEFT(SvCgroups, places, "records of their own"),
    LEFT(SvCgroups, count, "of the records"),
};
static const SvFields fields_cgroups = FIELDS(SvCgroups, cgroups);

static const SvField upgrade[] = {
    ARRAY(SvUpgrade, binary),
    ARRAY(SvUpgrade, path),
    ARRAY(SvUpgrade, version),
    NUMBER(SvUpgrade, began),
    LEFT(SvUpgrade, probe, "it has ended"),
    LEFT(SvUpgrade, timer, "of the probe"),
    LEFT(SvUpgrade, pid, "of the probe"),
    LEFT(SvUpgrade, child, "of the probe"),
    LEFT(SvUpgrade, words, "of the probe"),
    LEFT(SvUpgrade, program, "it runs"),
    LEFT(SvUpgrade, way_back, "only before"),
    LEFT(SvUpgrade, due, "only before"),
    LEFT(SvUpgrade, failed, "only before"),
    LEFT(SvUpgrade, words_of_failure, "only before"),
    LEFT(SvUpgrade, argv, "by the exec itself"),
};
static const SvFields fields_upgrade = FIELDS(SvUpgrade, upgrade);

static const SvField super[] = {
    ENUM(SvSuper, mood, SV_MOOD_RUNNING),
    NUMBER(SvSuper, stopping),
    NUMBER(SvSuper, exit_status),
    STRUCT(SvSuper, log, fields_log_file),
    STRUCT(SvSuper, cgroups, fields_cgroups),
    FD(SvSuper, stdout_fd),
    TIMER(SvSuper, ticks),
    TIMER(SvSuper, turns),
    NUMBER(SvSuper, next_turn),
    ARRAY(SvSuper, tick_slices),
    NUMBER(SvSuper, next_event_serial),
    NUMBER(SvSuper, last_report),
    NUMBER(SvSuper, own_pidfile),
    STRUCT(SvSuper, upgrade, fields_upgrade),
    LEFT(SvSuper, loop, "made anew"),
    LEFT(SvSuper, config, "records of their own"),
    LEFT(SvSuper, runtime, "from the configuration"),
    LEFT(SvSuper, candidate, "records of their own"),
    LEFT(SvSuper, candidate_runtime, "from the configuration"),
    LEFT(SvSuper, config_path, "of the configuration"),
    LEFT(SvSuper, overrides, "by the same command line"),
    LEFT(SvSuper, groups, "records of their own"),
    LEFT(SvSuper, buckets, "by the names of the groups"),
    LEFT(SvSuper, orphans, "they are looked at anew"),
    LEFT(SvSuper, children, "by their numbers"),
    LEFT(SvSuper, waiting, "counted anew"),
    LEFT(SvSuper, tidying, "what was lent is closed by the exec"),
    LEFT(SvSuper, look, "set by who resumes"),
    LEFT(SvSuper, wake, "set by the server"),
    LEFT(SvSuper, latest, "only to be quick"),
    LEFT(SvSuper, types, "from the configuration"),
    LEFT(SvSuper, forward, "from the configuration"),
    LEFT(SvSuper, calendar, "made anew"),
    LEFT(SvSuper, calendar_set, "it is made anew"),
    LEFT(SvSuper, calendar_stale, "it is made anew"),
    LEFT(SvSuper, finished, "then nothing is handed over"),
    LEFT(SvSuper, signals, "made anew; what is pending stays so"),
    LEFT(SvSuper, server, "the one there is"),
    LEFT(SvSuper, read_buffer, "empty between reads"),
    LEFT(SvSuper, large_read, "of the memory, which is new"),
    LEFT(SvSuper, strip_buffer, "empty between reads"),
};
const SvFields sv_fields_super = FIELDS(SvSuper, super);

const SvFields *const sv_fields_all[] = {
    &fields_watch,
    &fields_timer,
    &fields_log_file,
    &fields_machine,
    &fields_channel,
    &fields_check,
    &fields_crash,
    &sv_fields_proc,
    &sv_fields_held,
    &sv_fields_event,
    &sv_fields_group,
    &sv_fields_listening,
    &fields_http,
    &fields_rpc,
    &fields_buffer,
    &sv_fields_client,
    &sv_fields_server,
    &fields_upgrade,
    &sv_fields_super,
    &fields_tree,
    &sv_fields_cgroup_place,
    &fields_cgroups,
    NULL,
};
