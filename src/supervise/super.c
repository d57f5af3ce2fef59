#include "supervise/super.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "supervise/lend.h"
#include "supervise/values.h"

static const int64_t tick_periods[3] = {5, 60, 3600};

static bool
comes_before(const SvGroup *a, const SvGroup *b)
{
    if (a->conf->priority != b->conf->priority)
        return a->conf->priority < b->conf->priority;
    return strcmp(a->conf->name, b->conf->name) <= 0;
}

static void
insert(SvSuper *super, SvGroup *group)
{
    SvGroup **link = &super->groups;

    if (super->latest && comes_before(super->latest, group))
        link = &super->latest->next;
    while (*link && comes_before(*link, group))
        link = &(*link)->next;
    group->next = *link;
    *link = group;
    super->latest = group;
    link = &super->buckets[group->hash % SV_GROUP_BUCKETS];
    group->same_bucket = *link;
    *link = group;
    super->types |= group->types;
    if (group->forward & ~super->forward)
        sv_signals_watch(super);
}

void
sv_proc_reset(SvSuper *super, SvProc *proc)
{
    proc->machine = (SvMachine){0};
    proc->problem = SV_PROBLEM_NONE;
    proc->last_start = proc->last_stop = 0;
    proc->due = proc->served = 0;
    proc->suspended = false;
    proc->crash.count = proc->starts = 0;
    proc->crash.length = 0;
    sv_channel_name_auto(super, &proc->channels[SV_STDOUT]);
    if (!proc->conf->redirect_stderr)
        sv_channel_name_auto(super, &proc->channels[SV_STDERR]);
}

void
sv_group_resume(SvSuper *super, SvGroup *group)
{
    group->config->references++;
    group->active = super->calendar_stale = true;
    insert(super, group);
}

void
sv_group_link(SvSuper *super, SvGroup *group)
{
    char text[512];

    sv_group_resume(super, group);
    snprintf(text, sizeof text, "groupname:%s\n", group->conf->name);
    sv_notify(super, SV_EVENT_PROCESS_GROUP_ADDED, text, "", 0);
}

int
sv_group_add(SvSuper *super, SvGroup *group)
{
    if (sv_super_group(super, group->conf->name))
        return -EEXIST;
    if (group->conf->class == SV_CLASS_FCGI) {
        int fd = sv_socket_open(super, &group->conf->socket);
        if (fd < 0)
            return fd;
        group->socket = fd;
    }
    int r = sv_held_open(super, group, NULL);
    if (r < 0)
        return r;
    for (size_t i = 0; i < group->count; i++)
        sv_proc_reset(super, &group->procs[i]);
    sv_group_link(super, group);
    return 0;
}

void
sv_group_autostart(SvSuper *super, SvGroup *group)
{
    for (size_t i = 0; i < group->count; i++)
        if (group->procs[i].conf->autostart && group->procs[i].machine.state == SV_STOPPED)
            sv_proc_start(super, &group->procs[i]);
}

void
sv_group_unlink(SvSuper *super, SvGroup *group)
{
    char text[512];
    SvGroup **link = &super->groups;

    while (*link != group)
        link = &(*link)->next;
    *link = group->next;
    link = &super->buckets[group->hash % SV_GROUP_BUCKETS];
    while (*link != group)
        link = &(*link)->same_bucket;
    *link = group->same_bucket;
    group->active = false;
    if (super->latest == group)
        super->latest = NULL;
    super->types = 0;
    for (const SvGroup *other = super->groups; other; other = other->next)
        super->types |= other->types;
    if (group->forward)
        sv_signals_watch(super);
    snprintf(text, sizeof text, "groupname:%s\n", group->conf->name);
    sv_notify(super, SV_EVENT_PROCESS_GROUP_REMOVED, text, "", 0);
}

int
sv_group_remove(SvSuper *super, SvGroup *group)
{
    if (!sv_group_is_stopped(group))
        return -EBUSY;
    if (group->socket >= 0) {
        sv_log(super, SV_INFO, "Closing socket %s", group->conf->socket.url);
        close(group->socket);
        group->socket = -1;
    }
    sv_held_close(super, group);
    for (size_t i = 0; i < group->count; i++)
        sv_tree_gone(super, &group->procs[i]);
    group->queued = 0;
    for (size_t i = 0; i < group->slot_count; i++)
        group->slots[i].used = false;
    sv_group_unlink(super, group);
    sv_config_unref(group->config);
    return 0;
}

int
sv_super_reread(SvSuper *super, char **ret_error)
{
    SvConfig *config;
    SvRuntime *runtime;
    int r = sv_config_read(super->config_path, super->overrides, &config, ret_error);

    if (r < 0)
        return r;
    tzset();
    r = sv_super_prepare(config, &runtime);
    if (r < 0) {
        sv_config_unref(config);
        *ret_error = strdup("the configuration is too large");
        return r;
    }
    char text[PATH_MAX + 512];
    r = sv_cgroup_ready(&super->cgroups, config, text, sizeof text);
    if (r < 0) {
        sv_config_unref(config);
        *ret_error = strdup(text);
        return r;
    }
    if (super->candidate != super->config)
        sv_config_unref(super->candidate);
    super->candidate = config;
    super->candidate_runtime = runtime;
    return 0;
}

/* Whether another process that has not stopped depends on this one. */
static bool
is_needed(const SvSuper *super, const SvProc *proc)
{
    for (const SvGroup *group = super->groups; group; group = group->next)
        for (size_t i = 0; i < group->count; i++) {
            const SvProc *other = &group->procs[i];
            if (other == proc || sv_state_is_stopped(other->machine.state))
                continue;
            for (const char *const *name = other->conf->depends_on; name && *name; name++)
                if (sv_proc_is_called(proc, *name))
                    return true;
        }
    return false;
}

static void
stop_group(SvSuper *super, SvGroup *group, bool even_if_needed)
{
    for (size_t i = group->count; i > 0; i--)
        if (even_if_needed || !is_needed(super, &group->procs[i - 1]))
            sv_proc_feed(super, &group->procs[i - 1], SV_GIVE_UP);
}

static void
report_unstopped(SvSuper *super)
{
    char names[4096];
    SvBuf buf;
    uint64_t now = sv_now();

    if (now <= super->last_report + 3 * SV_SECOND)
        return;
    sv_buf_init(&buf, names, sizeof names);
    for (SvGroup *group = super->groups; group; group = group->next)
        for (size_t i = 0; i < group->count; i++)
            if (!sv_state_is_stopped(group->procs[i].machine.state))
                sv_buf_printf(&buf, "%s%s", buf.length > 0 ? ", " : "", group->procs[i].conf->name);
    sv_log(super, SV_INFO, "waiting for %s to die", names);
    super->last_report = now;
}

static size_t
count_states(const SvSuper *super, bool stopping)
{
    size_t count = 0;

    for (const SvGroup *group = super->groups; group; group = group->next)
        for (size_t i = 0; i < group->count; i++) {
            SvState state = group->procs[i].machine.state;
            count += stopping ? state == SV_STOPPING
                              : state != SV_STOPPING && !sv_state_is_stopped(state);
        }
    return count;
}

static SvGroup *
last_unstopped(const SvSuper *super)
{
    SvGroup *last = NULL;

    for (SvGroup *group = super->groups; group; group = group->next)
        if (!sv_group_is_stopped(group))
            last = group;
    return last;
}

/* Groups stop one after another, the one of the highest priority number first, dependents before what they need. */
static void
stop_pass(SvSuper *super, SvGroup *last)
{
    stop_group(super, last, false);
    bool needed = false;
    for (size_t i = 0; !needed && i < last->count; i++)
        needed = is_needed(super, &last->procs[i]);
    for (SvGroup *group = super->groups; needed && group; group = group->next)
        if (group != last)
            stop_group(super, group, false);
}

/* A process that only waited is stopped at once and makes no event to come back for: passes follow each other as long
 * as they change something. Where a circle of dependencies leaves nothing to begin with, the circle is cut. */
void
sv_super_stop_step(SvSuper *super)
{
    SvGroup *last;

    if (!super->stopping) {
        super->stopping = true;
        sv_notify(super, SV_EVENT_SUPERVISOR_STATE_CHANGE_STOPPING, "", "", 0);
    }
    while ((last = last_unstopped(super))) {
        size_t before = count_states(super, false);
        stop_pass(super, last);
        if (count_states(super, false) < before)
            continue;
        if (count_states(super, true) > 0)
            break;
        stop_group(super, last, true);
        if (count_states(super, false) == before)
            break;
    }
    if (last)
        report_unstopped(super);
    super->finished = !last;
}

static void
reopen_logs(SvSuper *super)
{
    sv_logfile_reopen(&super->log);
    for (SvGroup *group = super->groups; group; group = group->next)
        for (size_t i = 0; i < group->count; i++)
            for (int j = 0; j < 2; j++)
                if (group->procs[i].channels[j].log.fd >= 0)
                    sv_logfile_reopen(&group->procs[i].channels[j].log);
}

static void
take_signal(SvSuper *super, const struct signalfd_siginfo *info)
{
    int number = (int)info->ssi_signo;
    char name[32];

    switch (number) {
    case SIGTERM:
    case SIGINT:
    case SIGQUIT:
    case SIGPWR:
        sv_log(super, SV_WARN, "received %s indicating exit request",
               sv_signal_name(number, name, sizeof name));
        sv_super_set_mood(super, SV_MOOD_SHUTDOWN);
        break;
    case SIGHUP:
        sv_log(super, SV_WARN,
               super->mood == SV_MOOD_SHUTDOWN
                   ? "ignored %s indicating restart request (shutdown in progress)"
                   : "received %s indicating restart request",
               "SIGHUP");
        sv_super_set_mood(super, SV_MOOD_RESTARTING);
        break;
    case SIGUSR2:
        sv_log(super, SV_INFO, "received %s indicating log reopen request", "SIGUSR2");
        sv_log(super, SV_INFO, "supervisord logreopen");
        reopen_logs(super);
        break;
    case SIGCHLD:
        sv_reap_told(super, (pid_t)info->ssi_pid);
        break;
    default:
        sv_signal_forward(super, number);
        break;
    }
}

static void
signals_ready(SvSuper *super, SvWatch *watch, uint32_t events)
{
    struct signalfd_siginfo info;

    while (read(watch->fd, &info, sizeof info) == (ssize_t)sizeof info)
        take_signal(super, &info);
}

void
sv_super_arm_ticks(SvSuper *super)
{
    struct timespec now;
    if (((super->types >> SV_EVENT_TICK_5) & 7) == 0 || super->ticks.armed)
        return;
    clock_gettime(CLOCK_REALTIME, &now);
    for (int i = 0; i < 3; i++)
        super->tick_slices[i] = now.tv_sec - now.tv_sec % tick_periods[i];
    int64_t next = super->tick_slices[0] + 5;
    sv_timer_set(&super->loop, &super->ticks,
                 sv_now() + (uint64_t)(next - now.tv_sec) * SV_SECOND - (uint64_t)now.tv_nsec +
                     SV_SECOND / 1000);
}

static void
ticks_fired(SvSuper *super, SvTimer *timer)
{
    static const SvEventType types[3] = {SV_EVENT_TICK_5, SV_EVENT_TICK_60, SV_EVENT_TICK_3600};
    struct timespec clock;
    int64_t old[3];
    char text[64];

    /* Not time(), which may still be in the second before. */
    clock_gettime(CLOCK_REALTIME, &clock);
    int64_t now = clock.tv_sec;

    memcpy(old, super->tick_slices, sizeof old);
    for (int i = 0; i < 3; i++) {
        int64_t slice = now - now % tick_periods[i];
        if (slice == old[i])
            continue;
        snprintf(text, sizeof text, "when:%lld", (long long)slice);
        sv_notify(super, types[i], text, "", 0);
    }
    sv_super_arm_ticks(super);
}

int
sv_super_init(SvSuper *super)
{
    sv_lend_init();
    int r = sv_loop_init(&super->loop);

    if (r < 0)
        return r;
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    super->ticks.fire = ticks_fired;
    super->signals = (SvWatch){.fd = -1, .ready = signals_ready};
    r = sv_signals_watch(super);
    if (r == 0)
        r = sv_watch_add(&super->loop, &super->signals, EPOLLIN);
    return r < 0 ? r : sv_cron_init(super);
}

void
sv_super_begin(SvSuper *super)
{
    super->mood = SV_MOOD_RUNNING;
    super->stopping = super->finished = false;
    sv_notify(super, SV_EVENT_SUPERVISOR_STATE_CHANGE_RUNNING, "", "", 0);
    for (SvGroup *group = super->groups; group; group = group->next)
        sv_group_autostart(super, group);
}

void
sv_super_resume(SvSuper *super)
{
    sv_timer_resume(&super->loop, &super->ticks, ticks_fired);
    sv_turn_resume(super, sv_proc_look_again);
}
