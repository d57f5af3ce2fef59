/*
 * What programs write: read in large pieces, written to their logs in as large ones. What is between
 * <!--XSUPERVISOR:BEGIN--> and <!--XSUPERVISOR:END--> is an event where capture is on.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <syslog.h>
#include <unistd.h>

#include "supervise/super.h"
#include "supervise/values.h"

#define PAGE       4096
#define SMALL_PIPE ((size_t)64 << 10)
#define LARGE_PIPE (1 << 20)
#define CHATTY     ((size_t)8 << 10)
#define FEW        16
#define PAUSE      (SV_SECOND / 1000)
#define TURNS      2 /* full reads of one channel before others get theirs */

static const char begin_token[] = "<!--XSUPERVISOR:BEGIN-->";
static const char end_token[] = "<!--XSUPERVISOR:END-->";

static const SvLogConf *
log_conf(const SvChannel *channel)
{
    return &channel->proc->conf->log[channel->stdout ? SV_STDOUT : SV_STDERR];
}

const char *
sv_channel_path(const SvChannel *channel)
{
    const SvLogConf *conf = log_conf(channel);

    return conf->kind == SV_LOG_FILE   ? conf->path
           : conf->kind == SV_LOG_AUTO ? channel->auto_path
                                       : NULL;
}

void
sv_channel_name_auto(SvSuper *super, SvChannel *channel)
{
    const SvProc *proc = channel->proc;
    const SvConfig *config = proc->group->config;

    if (log_conf(channel)->kind != SV_LOG_AUTO || !channel->auto_path ||
        channel->auto_path[0] != '\0')
        return;
    int length =
        snprintf(channel->auto_path, PATH_MAX, "%s/%s-%s---%s-XXXXXXXX.log", config->childlogdir,
                 proc->conf->name, channel->stdout ? "stdout" : "stderr", config->identifier);
    /* Eight characters, as supervisord makes up; mkostemps() looks at the last six. */
    memcpy(channel->auto_path + length - 12, "__", 2);
    int fd = mkostemps(channel->auto_path, 4, O_CLOEXEC);
    if (fd < 0) {
        sv_log(super, SV_WARN, "cannot make the log '%s': %s", channel->auto_path, strerror(errno));
        return;
    }
    close(fd);
}

size_t
sv_channel_auto_path_room(const SvChannel *channel)
{
    const SvConfig *config = channel->proc->group->config;

    return strlen(config->childlogdir) + strlen(channel->proc->conf->name) +
           strlen(config->identifier) + SV_AUTO_PATH_EXTRA;
}

static size_t
strip_escapes(SvChannel *channel, const char *data, size_t length, char *out)
{
    static const char ends[] = "HfABCDRsuJKhlpm";
    size_t kept = 0;

    for (size_t i = 0; i < length; i++) {
        if (channel->in_escape) {
            if (memchr(ends, data[i], sizeof ends - 1))
                channel->in_escape = false;
        } else if (data[i] == '\x1b' && i + 1 < length && data[i + 1] == '[') {
            channel->in_escape = true;
        } else {
            out[kept++] = data[i];
        }
    }
    return kept;
}

static void
to_syslog(const SvChannel *channel, const char *data, size_t length)
{
    while (length > 0) {
        const char *end = memchr(data, '\n', length);
        size_t n = end ? (size_t)(end - data) : length;
        syslog(LOG_INFO, "%s %.*s", channel->proc->conf->name, (int)n, data);
        n += end ? 1 : 0;
        data += n;
        length -= n;
    }
}

static void
capture(SvChannel *channel, const char *data, size_t length)
{
    size_t size = (size_t)log_conf(channel)->capture_maxbytes;

    /* The tail is kept. */
    if (length > size) {
        data += length - size;
        length = size;
    }
    if (channel->captured + length > size) {
        size_t drop = channel->captured + length - size;
        memmove(channel->capture, channel->capture + drop, channel->captured - drop);
        channel->captured -= drop;
    }
    memcpy(channel->capture + channel->captured, data, length);
    channel->captured += length;
}

static void
record(SvSuper *super, SvChannel *channel, const char *data, size_t length)
{
    const SvProc *proc = channel->proc;
    const SvLogConf *conf = log_conf(channel);
    char head[1024];

    if (length == 0)
        return;
    if (super->config->strip_ansi) {
        length = strip_escapes(channel, data, length, super->strip_buffer);
        data = super->strip_buffer;
    }
    if (channel->capturing) {
        capture(channel, data, length);
    } else {
        sv_crash_hear(channel->proc, data, length);
        if (conf->kind != SV_LOG_NONE)
            sv_logfile_write(&channel->log, data, length);
        if (conf->syslog)
            to_syslog(channel, data, length);
    }
    if (super->config->loglevel <= SV_DEBG)
        sv_log(super, SV_DEBG, "'%s' %s output:\n%.*s", proc->conf->name,
               channel->stdout ? "stdout" : "stderr", (int)length, data);
    if (!conf->events)
        return;
    snprintf(head, sizeof head, "processname:%s groupname:%s pid:%d channel:%s\n", proc->conf->name,
             proc->group->conf->name, (int)proc->pid, channel->stdout ? "stdout" : "stderr");
    sv_notify(super, channel->stdout ? SV_EVENT_PROCESS_LOG_STDOUT : SV_EVENT_PROCESS_LOG_STDERR,
              head, data, length);
}

static void
toggle_capture(SvSuper *super, SvChannel *channel)
{
    const SvProc *proc = channel->proc;
    char head[1024];

    channel->capturing = !channel->capturing;
    if (channel->capturing)
        return;
    snprintf(head, sizeof head, "processname:%s groupname:%s pid:%d\n", proc->conf->name,
             proc->group->conf->name, (int)proc->pid);
    sv_notify(super,
              channel->stdout ? SV_EVENT_PROCESS_COMMUNICATION_STDOUT
                              : SV_EVENT_PROCESS_COMMUNICATION_STDERR,
              head, channel->capture, channel->captured);
    channel->captured = 0;
}

/* How much of the end of @data may be the beginning of @token. */
static size_t
prefix_at_end(const char *data, size_t length, const char *token, size_t token_length)
{
    size_t n = token_length - 1 < length ? token_length - 1 : length;

    while (n > 0 && memcmp(data + length - n, token, n) != 0)
        n--;
    return n;
}

static void
scan(SvSuper *super, SvChannel *channel, const char *data, size_t length)
{
    while (length > 0) {
        const char *token = channel->capturing ? end_token : begin_token;
        size_t token_length = strlen(token);
        const char *found = memmem(data, length, token, token_length);
        if (!found) {
            size_t kept = prefix_at_end(data, length, token, token_length);
            record(super, channel, data, length - kept);
            memcpy(channel->held, data + length - kept, kept);
            channel->held_length = (uint8_t)kept;
            return;
        }
        record(super, channel, data, (size_t)(found - data));
        toggle_capture(super, channel);
        length -= (size_t)(found - data) + token_length;
        data = found + token_length;
    }
}

/* @data has room for what is held in front of it. */
static void
take(SvSuper *super, SvChannel *channel, char *data, size_t length)
{
    if (channel->proc->conf->class == SV_CLASS_LISTENER && channel->stdout) {
        sv_listener_read(super, channel->proc, data, length);
        if (log_conf(channel)->kind != SV_LOG_NONE)
            sv_logfile_write(&channel->log, data, length);
        return;
    }
    if (!channel->capture) {
        record(super, channel, data, length);
        return;
    }
    size_t held = channel->held_length;
    memcpy(data - held, channel->held, held);
    channel->held_length = 0;
    scan(super, channel, data - held, length + held);
}

static void
enlarge_pipe(SvChannel *channel)
{
    if (!channel->large)
        fcntl(channel->pipe.fd, F_SETPIPE_SZ, LARGE_PIPE);
    channel->large = true;
}

/* What becomes an event or a line of our own log comes in pieces that fit there. */
static size_t
read_size(const SvSuper *super, const SvChannel *channel)
{
    bool plain = log_conf(channel)->events || channel->capture ||
                 super->config->loglevel <= SV_DEBG ||
                 channel->proc->conf->class == SV_CLASS_LISTENER;

    return plain ? SV_READ_PLAIN : SV_READ_MAX;
}

/* The memory that a flood took is given back by the first trickle a second later. */
static void
give_back(SvSuper *super, uint64_t now)
{
    if (super->large_read == 0 || now - super->large_read < SV_SECOND)
        return;
    /* Whole pages only: what lies before and behind stays. */
    uintptr_t start = ((uintptr_t)super->read_buffer + SV_READ_PLAIN) & ~(uintptr_t)(PAGE - 1);
    madvise((void *)start, SV_READ_MAX - SV_READ_PLAIN, MADV_DONTNEED);
    super->large_read = 0;
}

/* Returns how much came, 0 where there is no more for now. */
static size_t
read_once(SvSuper *super, SvChannel *channel)
{
    char *data = super->read_buffer + sizeof channel->held;
    ssize_t n = channel->pipe.fd >= 0 ? read(channel->pipe.fd, data, read_size(super, channel)) : 0;

    if (n > 0) {
        if ((size_t)n > SV_READ_PLAIN)
            super->large_read = sv_now();
        take(super, channel, data, (size_t)n);
        /* Who writes in bulk gets a larger pipe. */
        if ((size_t)n >= SMALL_PIPE && channel->pipe.fd >= 0)
            enlarge_pipe(channel);
        return (size_t)n;
    }
    if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
        sv_timer_clear(&super->loop, &channel->pause);
        sv_watch_close(&super->loop, &channel->pipe);
    }
    return 0;
}

/* Less than was asked for is all there was: who asks again at once gets in the way of the writer, for a few bytes. */
static size_t
read_some(SvSuper *super, SvChannel *channel)
{
    size_t size = read_size(super, channel);
    size_t total = 0;

    for (size_t i = 0, n = size; i < TURNS && n == size; i++) {
        n = read_once(super, channel);
        total += n;
    }
    return total;
}

/* @total came since the last time. Who is near to fill the pipe must not wait for us. */
static void
pause_reading(SvSuper *super, SvChannel *channel, size_t total)
{
    uint64_t pause = total > LARGE_PIPE / 2 ? PAUSE / 4 : PAUSE;

    sv_timer_set(&super->loop, &channel->pause, sv_now() + pause);
}

static void
pause_over(SvSuper *super, SvTimer *timer)
{
    SvChannel *channel = sv_container_of(timer, SvChannel, pause);
    size_t total = read_some(super, channel);

    if (channel->pipe.fd < 0)
        return;
    if (total >= CHATTY) {
        pause_reading(super, channel, total);
        return;
    }
    channel->small_reads = 0;
    sv_watch_change(&super->loop, &channel->pipe, EPOLLIN);
}

/* Who writes line after line would wake us for each. After a few of them the pipe is left to fill for a millisecond, which
 * costs a third and is twice as fast. A listener waits for our answer to each line. */
static void
pipe_ready(SvSuper *super, SvWatch *watch, uint32_t events)
{
    SvChannel *channel = sv_container_of(watch, SvChannel, pipe);
    uint64_t now = sv_now();
    size_t total = read_some(super, channel);
    bool quick = now - channel->last_read < PAUSE / 4;

    if (total < CHATTY)
        give_back(super, now);
    if (channel->proc->conf->class == SV_CLASS_LISTENER)
        return;
    channel->last_read = now;
    channel->small_reads = quick && total < CHATTY ? channel->small_reads + 1 : 0;
    if (channel->small_reads < FEW || channel->pipe.fd < 0)
        return;
    enlarge_pipe(channel);
    sv_watch_change(&super->loop, &channel->pipe, 0);
    pause_reading(super, channel, total);
}

void
sv_channel_open(SvSuper *super, SvChannel *channel, int fd)
{
    const SvLogConf *conf = log_conf(channel);

    channel->pipe = (SvWatch){.fd = fd, .ready = pipe_ready};
    channel->pause.fire = pause_over;
    channel->small_reads = 0;
    channel->held_length = 0;
    channel->captured = 0;
    channel->capturing = channel->in_escape = channel->large = false;
    channel->log = (SvLogFile){.fd = -1,
                               .path = sv_channel_path(channel),
                               .maxbytes = conf->maxbytes,
                               .backups = conf->backups};
    if (channel->log.path) {
        int r = sv_logfile_open(&channel->log);
        if (r < 0)
            sv_log(super, SV_WARN, "cannot open the log '%s': %s", channel->log.path, strerror(-r));
    }
    sv_watch_add(&super->loop, &channel->pipe, EPOLLIN);
}

void
sv_channel_resume(SvSuper *super, SvChannel *channel)
{
    channel->log.path = sv_channel_path(channel);
    sv_watch_resume(&super->loop, &channel->pipe, pipe_ready);
    sv_timer_resume(&super->loop, &channel->pause, pause_over);
}

void
sv_channel_finish(SvSuper *super, SvChannel *channel)
{
    /* A grandchild may hold the pipe and write for ever: what is there now is taken, in bounds. */
    for (int i = 0; i < 64 && read_once(super, channel) > 0; i++)
        continue;
    sv_timer_clear(&super->loop, &channel->pause);
    sv_watch_close(&super->loop, &channel->pipe);
    if (channel->held_length > 0) {
        uint8_t held = channel->held_length;
        channel->held_length = 0;
        record(super, channel, channel->held, held);
    }
    if (channel->log.lost > 0)
        sv_log(super, SV_WARN, "the log '%s' lost %llu bytes",
               channel->log.path ? channel->log.path : "", (unsigned long long)channel->log.lost);
    sv_logfile_close(&channel->log);
}
