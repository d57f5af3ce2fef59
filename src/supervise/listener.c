/*
 * Events for listeners: pools keep what their processes have not taken yet, in slots made when the configuration was
 * read. A pool that is full drops its oldest event and says so.
 */
#include <errno.h>
#include <string.h>

#include "supervise/super.h"
#include "supervise/values.h"

static const char *const state_names[] = {"ACKNOWLEDGED", "READY", "BUSY", "UNKNOWN"};

static int
free_slot(const SvGroup *pool)
{
    for (size_t i = 0; i < pool->slot_count; i++)
        if (!pool->slots[i].used)
            return (int)i;
    return -1;
}

static void
drop_oldest(SvSuper *super, SvGroup *pool)
{
    SvEvent *event = &pool->slots[pool->queue[0]];

    sv_log(super, SV_ERRO, "pool %s event buffer overflowed, discarding event %llu",
           pool->conf->name, (unsigned long long)event->serial);
    event->used = false;
    pool->queued--;
    memmove(pool->queue, pool->queue + 1, pool->queued * sizeof *pool->queue);
}

static void
enqueue(SvSuper *super, SvGroup *pool, int slot, bool at_head)
{
    if (pool->queued >= (size_t)pool->conf->buffer_size)
        drop_oldest(super, pool);
    if (at_head) {
        memmove(pool->queue + 1, pool->queue, pool->queued * sizeof *pool->queue);
        pool->queue[0] = slot;
    } else {
        pool->queue[pool->queued] = slot;
    }
    pool->queued++;
}

/* What is no UTF-8 is shown as supervisord does it. */
static void
add_payload(SvBuf *out, const char *data, size_t length)
{
    for (size_t i = 0, n; i < length; i += n) {
        n = data[i] == '\0' ? 1 : sv_utf8_valid(data + i, length - i);
        if (n > 0)
            continue;
        sv_buf_puts(out, "Undecodable: b'");
        for (size_t j = 0; j < length; j++) {
            unsigned char c = (unsigned char)data[j];
            if (c >= 0x20 && c < 0x7f && c != '\'' && c != '\\')
                sv_buf_add(out, &data[j], 1);
            else if (c == '\n')
                sv_buf_puts(out, "\\n");
            else
                sv_buf_printf(out, c == '\'' || c == '\\' ? "\\%c" : "\\x%02x", c);
        }
        sv_buf_puts(out, "'");
        return;
    }
    sv_buf_add(out, data, length);
}

static void
accept_event(SvSuper *super, SvGroup *pool, const SvEvent *template, const char *head,
             const void *data, size_t length)
{
    SvBuf buf;

    if (pool->queued >= (size_t)pool->conf->buffer_size)
        drop_oldest(super, pool);
    int slot = free_slot(pool);
    if (slot < 0)
        return;
    SvEvent *event = &pool->slots[slot];
    char *payload = event->payload;
    *event = *template;
    event->payload = payload;
    event->used = true;
    event->pool_serial = pool->next_serial++;
    sv_buf_init(&buf, payload, SV_EVENT_MAX);
    sv_buf_puts(&buf, head);
    add_payload(&buf, data, length);
    event->length = buf.length;
    event->characters = 0;
    for (size_t i = 0; i < buf.length; i++)
        event->characters += ((unsigned char)payload[i] & 0xc0) != 0x80;
    enqueue(super, pool, slot, false);
    sv_pool_dispatch(super, pool);
}

void
sv_notify(SvSuper *super, SvEventType type, const char *head, const void *data, size_t length)
{
    SvEvent event = {.type = type};
    bool numbered = false;

    if (!(super->types & (UINT32_C(1) << type)))
        return;
    for (SvGroup *pool = super->groups; pool; pool = pool->next) {
        if (!(pool->types & (UINT32_C(1) << type)))
            continue;
        if (!numbered)
            event.serial = super->next_event_serial++;
        numbered = true;
        accept_event(super, pool, &event, head, data, length);
    }
}

void
sv_notify_state(SvSuper *super, const SvProc *proc, SvState from, bool expected)
{
    static const SvEventType types[] = {[SV_STOPPED] = SV_EVENT_PROCESS_STATE_STOPPED,
                                        [SV_WAITING] = SV_EVENT_COUNT,
                                        [SV_STARTING] = SV_EVENT_PROCESS_STATE_STARTING,
                                        [SV_RUNNING] = SV_EVENT_PROCESS_STATE_RUNNING,
                                        [SV_BACKOFF] = SV_EVENT_PROCESS_STATE_BACKOFF,
                                        [SV_STOPPING] = SV_EVENT_PROCESS_STATE_STOPPING,
                                        [SV_EXITED] = SV_EVENT_PROCESS_STATE_EXITED,
                                        [SV_FATAL] = SV_EVENT_PROCESS_STATE_FATAL,
                                        [SV_UNKNOWN] = SV_EVENT_PROCESS_STATE_UNKNOWN};
    SvState to = proc->machine.state;
    char text[1024];
    SvBuf buf;

    if (to == SV_WAITING)
        return;
    sv_buf_init(&buf, text, sizeof text);
    sv_buf_printf(&buf, "processname:%s groupname:%s from_state:%s", proc->conf->name,
                  proc->group->conf->name, from == SV_WAITING ? "STOPPED" : sv_state_name(from));
    if (to == SV_STARTING || to == SV_BACKOFF)
        sv_buf_printf(&buf, " tries:%u", proc->machine.failures);
    if (to == SV_EXITED)
        sv_buf_printf(&buf, " expected:%d", expected);
    if (to == SV_EXITED || to == SV_RUNNING || to == SV_STOPPING || to == SV_STOPPED)
        sv_buf_printf(&buf, " pid:%d", (int)proc->pid);
    sv_notify(super, types[to], text, "", 0);
    /* A listener that has just come to run may be sent what waits. */
    if (to == SV_RUNNING && proc->conf->class == SV_CLASS_LISTENER)
        sv_pool_dispatch(super, proc->group);
}

static bool
send_event(SvSuper *super, SvGroup *pool, SvProc *proc, int slot)
{
    const SvEvent *event = &pool->slots[slot];
    static char envelope[SV_EVENT_MAX + 1024];
    SvBuf buf;

    sv_buf_init(&buf, envelope, sizeof envelope);
    /* The length is one of characters in supervisord 4.2.5, and its listeners read characters. */
    sv_buf_printf(
        &buf, "ver:3.0 server:%s serial:%llu pool:%s poolserial:%llu eventname:%s len:%zu\n",
        super->config->identifier, (unsigned long long)event->serial, pool->conf->name,
        (unsigned long long)event->pool_serial, sv_event_type_name(event->type), event->characters);
    sv_buf_add(&buf, event->payload, event->length);
    if (sv_proc_write(super, proc, envelope, buf.length) < 0)
        return false;
    proc->listener = SV_LISTENER_BUSY;
    proc->event = slot;
    sv_log(super, SV_DEBG, "event %llu sent to listener %s", (unsigned long long)event->serial,
           proc->conf->name);
    return true;
}

void
sv_pool_dispatch(SvSuper *super, SvGroup *pool)
{
    for (size_t i = 0; i < pool->count && pool->queued > 0; i++) {
        SvProc *proc = &pool->procs[i];
        if (proc->machine.state != SV_RUNNING || proc->listener != SV_LISTENER_READY)
            continue;
        int slot = pool->queue[0];
        if (!send_event(super, pool, proc, slot))
            continue;
        pool->queued--;
        memmove(pool->queue, pool->queue + 1, pool->queued * sizeof *pool->queue);
    }
}

static void
change(SvSuper *super, SvProc *proc, SvListener state)
{
    sv_log(super, SV_DEBG, "%s: %s -> %s", proc->conf->name, state_names[proc->listener],
           state_names[state]);
    proc->listener = state;
    if (state == SV_LISTENER_UNKNOWN)
        sv_log(super, SV_WARN,
               "%s: has entered the UNKNOWN state and will no longer receive events, this usually "
               "indicates the process "
               "violated the eventlistener protocol",
               proc->conf->name);
}

static void
finish_event(SvSuper *super, SvProc *proc, bool accepted)
{
    SvGroup *pool = proc->group;
    int slot = proc->event;

    proc->event = -1;
    if (slot < 0)
        return;
    if (accepted)
        pool->slots[slot].used = false;
    else
        enqueue(super, pool, slot, true);
}

static void
take_result(SvSuper *super, SvProc *proc)
{
    bool accepted = proc->result_length == 2 && memcmp(proc->result, "OK", 2) == 0;

    sv_log(super, accepted ? SV_DEBG : SV_WARN, "%s: event was %s", proc->conf->name,
           accepted ? "processed" : "rejected");
    change(super, proc, SV_LISTENER_ACKNOWLEDGED);
    proc->result_length = 0;
    proc->result_expected = -1;
    finish_event(super, proc, accepted);
}

/* Collects up to SV_LISTENER_LINE bytes in proc->result; returns how many of @data were used. */
static size_t
take_result_line(SvSuper *super, SvProc *proc, const char *data, size_t length)
{
    const char *end = memchr(data, '\n', length);
    size_t n = end ? (size_t)(end - data) : length;
    size_t room = SV_LISTENER_LINE - 1 - proc->result_length;
    int64_t expected = -1;

    memcpy(proc->result + proc->result_length, data, n < room ? n : room);
    proc->result_length += n < room ? n : room;
    if (!end && n <= room)
        return length;
    proc->result[proc->result_length] = '\0';
    if (n > room || proc->result_length < 7 || sv_parse_int(proc->result + 7, 10, &expected) < 0 ||
        expected < 0) {
        sv_log(super, SV_WARN, "%s: bad result line: '%s'", proc->conf->name, proc->result);
        change(super, proc, SV_LISTENER_UNKNOWN);
        finish_event(super, proc, false);
        return length;
    }
    proc->result_expected = expected;
    proc->result_length = 0;
    if (expected == 0)
        take_result(super, proc);
    return n + 1;
}

static size_t
take_result_data(SvSuper *super, SvProc *proc, const char *data, size_t length)
{
    size_t missing = (size_t)proc->result_expected;
    size_t n = length < missing ? length : missing;
    size_t room = SV_LISTENER_LINE - proc->result_length;

    /* Only its beginning is looked at: a result that is long is not OK. */
    memcpy(proc->result + proc->result_length, data, n < room ? n : room);
    proc->result_length += n < room ? n : room;
    proc->result_expected -= (int64_t)n;
    if (proc->result_expected == 0)
        take_result(super, proc);
    return n;
}

static size_t
take_ready(SvSuper *super, SvProc *proc, const char *data, size_t length)
{
    size_t n = 0;

    while (n < length && proc->result_length < 6)
        proc->result[proc->result_length++] = data[n++];
    if (proc->result_length < 6)
        return n;
    proc->result_length = 0;
    if (memcmp(proc->result, "READY\n", 6) == 0) {
        change(super, proc, SV_LISTENER_READY);
        return n;
    }
    change(super, proc, SV_LISTENER_UNKNOWN);
    return length;
}

void
sv_listener_read(SvSuper *super, SvProc *proc, const char *data, size_t length)
{
    while (length > 0 && proc->listener != SV_LISTENER_UNKNOWN) {
        size_t n = length;
        if (proc->listener == SV_LISTENER_ACKNOWLEDGED)
            n = take_ready(super, proc, data, length);
        else if (proc->listener == SV_LISTENER_READY)
            change(super, proc, SV_LISTENER_UNKNOWN);
        else if (proc->result_expected < 0)
            n = take_result_line(super, proc, data, length);
        else
            n = take_result_data(super, proc, data, length);
        data += n;
        length -= n;
    }
    sv_pool_dispatch(super, proc->group);
}

void
sv_listener_gone(SvSuper *super, SvProc *proc)
{
    finish_event(super, proc, false);
    sv_pool_dispatch(super, proc->group);
}
