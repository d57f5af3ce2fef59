/*
 * Scheduled programs: each knows when it is due next, and one timer on the wall clock waits for the first of them. It is
 * told when the clock is set.
 *
 * A run that was missed because the clock was set forward, or because the machine slept, is made up for once if it is not
 * long ago. When the clock is set back a little, what has run does not run again.
 */
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "supervise/super.h"
#include "supervise/values.h"

#define MAKE_UP       (INT64_C(3) * 3600) /* a run that was missed by less is made up for */
#define REPEAT        (INT64_C(3) * 3600) /* a clock set back by less repeats no run */
#define REPEAT_HOURLY INT64_C(60)         /* of a program that follows the time that passes */

static int64_t
wall_clock(void)
{
    struct timespec now;

    /* time() may lag behind the clock that the timer goes by. */
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec;
}

static int64_t
local_offset(const void *data, int64_t when)
{
    time_t time = (time_t)when;
    struct tm tm = {0};

    localtime_r(&time, &tm);
    return (int64_t)tm.tm_gmtoff;
}

const char *
sv_cron_time(int64_t when, char *buffer, size_t size)
{
    time_t time = (time_t)when;
    struct tm tm = {0};

    localtime_r(&time, &tm);
    strftime(buffer, size, "%Y-%m-%d %H:%M", &tm);
    return buffer;
}

bool
sv_cron_is_waiting(const SvProc *proc)
{
    return proc->conf->schedule_text && !proc->suspended &&
           sv_state_is_stopped(proc->machine.state);
}

void
sv_cron_suspend(SvSuper *super, SvProc *proc, bool suspended)
{
    if (!proc->conf->schedule_text || proc->suspended == suspended)
        return;
    proc->suspended = suspended;
    proc->due = 0;
    super->calendar_stale = true;
}

static int64_t
next_due(const SvProc *proc, int64_t now)
{
    const SvSchedule *schedule = &proc->conf->schedule;
    int64_t repeat = sv_schedule_is_hourly(schedule) ? REPEAT_HOURLY : REPEAT;
    bool set_back = proc->served > now && proc->served - now <= repeat;

    return sv_schedule_next(schedule, local_offset, NULL, set_back ? proc->served : now);
}

static void
run_due(SvSuper *super, SvProc *proc, int64_t now)
{
    char text[64];
    int64_t due = proc->due;

    proc->served = due;
    sv_cron_time(due, text, sizeof text);
    if (now - due > MAKE_UP)
        sv_log(super, SV_WARN, "%s was due at %s, too long ago to make up for", proc->conf->name,
               text);
    else if (!sv_state_is_stopped(proc->machine.state))
        sv_log(super, SV_WARN, "%s is due at %s and still %s: it is not started again",
               proc->conf->name, text, sv_state_name(proc->machine.state));
    else
        sv_proc_start(super, proc);
}

static void
set_timer(SvSuper *super, int64_t when)
{
    struct itimerspec spec = {.it_value.tv_sec = (time_t)when};

    if (when != 0 || super->calendar_set)
        timerfd_settime(super->calendar.fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &spec,
                        NULL);
    super->calendar_set = when != 0;
}

/* @changed: the clock was set, and what was worked out by the old one does not hold. */
static void
look(SvSuper *super, bool changed)
{
    int64_t now = wall_clock();
    int64_t first = 0;

    super->calendar_stale = false;
    for (SvGroup *group = super->groups; group; group = group->next)
        for (size_t i = 0; i < group->count; i++) {
            SvProc *proc = &group->procs[i];
            if (!proc->conf->schedule_text || proc->suspended)
                continue;
            bool due = proc->due != 0 && proc->due <= now;
            if (due)
                run_due(super, proc, now);
            if (due || changed || proc->due == 0)
                proc->due = next_due(proc, now);
            if (first == 0 || proc->due < first)
                first = proc->due;
        }
    set_timer(super, first);
}

void
sv_cron_settle(SvSuper *super)
{
    if (super->calendar_stale)
        look(super, false);
}

static void
calendar_ready(SvSuper *super, SvWatch *watch, uint32_t events)
{
    uint64_t count;
    ssize_t n = read(watch->fd, &count, sizeof count);

    if (n > 0 || errno == ECANCELED)
        look(super, n < 0);
}

int
sv_cron_init(SvSuper *super)
{
    tzset();
    super->calendar = (SvWatch){.fd = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK),
                                .ready = calendar_ready};
    return super->calendar.fd < 0 ? -errno : sv_watch_add(&super->loop, &super->calendar, EPOLLIN);
}
