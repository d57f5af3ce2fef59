/*
 * A group by its new configuration, while those of its processes that are the same by it go on: what is known of them, their
 * pipes, logs and times move from one SvProc to the other.
 */
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "supervise/super.h"

static void
move_timer(SvLoop *loop, SvTimer *from, SvTimer *to)
{
    uint64_t when = from->when;

    if (!from->armed)
        return;
    sv_timer_clear(loop, from);
    to->fire = from->fire;
    sv_timer_set(loop, to, when);
}

/* The name that was made up goes along where there is room for it. */
static bool
move_auto_path(const SvChannel *from, SvChannel *to)
{
    if (!from->auto_path && !to->auto_path)
        return true;
    if (!from->auto_path || !to->auto_path || from->auto_path[0] == '\0' ||
        strlen(from->auto_path) >= sv_channel_auto_path_room(to))
        return false;
    memcpy(to->auto_path, from->auto_path, strlen(from->auto_path) + 1);
    return true;
}

static void
move_channel(SvSuper *super, SvChannel *from, SvChannel *to)
{
    bool same_log = move_auto_path(from, to);

    sv_channel_name_auto(super, to);
    memcpy(to->held, from->held, sizeof to->held);
    to->held_length = from->held_length;
    to->capturing = from->capturing;
    to->in_escape = from->in_escape;
    to->large = from->large;
    to->small_reads = from->small_reads;
    to->last_read = from->last_read;
    to->captured = from->captured;
    if (to->captured > 0)
        memcpy(to->capture, from->capture, to->captured);
    to->log = from->log;
    from->log.fd = -1;
    to->log.path = sv_channel_path(to);
    if (!same_log || !to->log.path)
        sv_logfile_close(&to->log);
    sv_watch_move(&super->loop, &from->pipe, &to->pipe);
    move_timer(&super->loop, &from->pause, &to->pause);
}

static void
move_checks(SvSuper *super, SvProc *from, SvProc *to)
{
    bool ready_under_way = from->check && from->check->timer.armed;

    sv_health_end(super, from);
    if (to->machine.state == SV_RUNNING)
        sv_health_begin(super, to, sv_proc_feed);
    if (!from->check || !to->check)
        return;
    if (ready_under_way)
        sv_check_end(super, from);
    sv_watch_move(&super->loop, &from->check->notify, &to->check->notify);
    to->check->report = sv_proc_feed;
    if (ready_under_way)
        sv_check_begin(super, to, sv_proc_feed);
}

static bool
same_schedule(const SvProgram *a, const SvProgram *b)
{
    return a->schedule_text && b->schedule_text && strcmp(a->schedule_text, b->schedule_text) == 0;
}

static void
move_proc(SvSuper *super, SvProc *from, SvProc *to)
{
    char *output = to->crash.output;

    to->machine = from->machine;
    to->problem = from->problem;
    to->problem_detail = from->problem_detail;
    to->pid = from->pid;
    to->started = from->started;
    to->last_start = from->last_start;
    to->last_stop = from->last_stop;
    to->exit_status = from->exit_status;
    to->ended = from->ended;
    to->waiters = from->waiters;
    to->starts = from->starts;
    to->killing = from->killing;
    to->wanted = from->wanted;
    to->served = from->served;
    to->suspended = from->suspended;
    /* It is worked out anew where it may be another one. */
    to->due = same_schedule(from->conf, to->conf) ? from->due : 0;
    to->heard = from->heard;
    if (from->heard > 0)
        memcpy(to->tail, from->tail, SV_TAIL_MAX);
    to->crash = from->crash;
    to->crash.output = output;
    if (from->crash.length > 0)
        memcpy(output, from->crash.output, from->crash.length);
    to->input_start = 0;
    to->input_length = from->input_length;
    if (to->input_length > 0)
        memcpy(to->input_data, from->input_data + from->input_start, to->input_length);
    sv_reap_move(super, &from->child, &to->child);
    sv_watch_move(&super->loop, &from->exit, &to->exit);
    sv_watch_move(&super->loop, &from->input, &to->input);
    move_timer(&super->loop, &from->timer, &to->timer);
    for (int i = 0; i < 2; i++)
        move_channel(super, &from->channels[i], &to->channels[i]);
    move_checks(super, from, to);
    sv_tree_move(super, from, to);
    from->machine = (SvMachine){0};
    from->pid = 0;
    from->waiters = 0;
}

/* What would have to end for the new configuration to hold. */
static bool
stands_in_the_way(const SvGroup *group, const SvProc *proc)
{
    const SvProc *next = sv_group_proc(group, proc->conf->name);
    bool live = true;

    if (sv_state_is_stopped(proc->machine.state))
        return false;
    return !next || (sv_program_difference(proc->conf, next->conf, &live) && !live);
}

static bool
goes_on(const SvProc *old, const SvProc *proc)
{
    bool live = true;

    return old && (!sv_program_difference(old->conf, proc->conf, &live) || live);
}

int
sv_group_replace(SvSuper *super, SvGroup *old, SvGroup *group)
{
    if (old == group)
        return 0;
    if (old->conf->class != SV_CLASS_PROGRAM || group->conf->class != SV_CLASS_PROGRAM)
        return -EOPNOTSUPP;
    for (size_t i = 0; i < old->count; i++)
        if (stands_in_the_way(group, &old->procs[i]))
            return -EBUSY;
    int r = sv_held_open(super, group, old);
    if (r < 0)
        return r;
    sv_group_unlink(super, old);
    sv_group_link(super, group);
    for (size_t i = 0; i < group->count; i++) {
        SvProc *proc = &group->procs[i];
        SvProc *before = sv_group_proc(old, proc->conf->name);
        if (goes_on(before, proc)) {
            move_proc(super, before, proc);
            continue;
        }
        sv_proc_reset(super, proc);
        if (proc->conf->autostart)
            sv_proc_start(super, proc);
    }
    sv_held_close(super, old);
    sv_config_unref(old->config);
    return 0;
}
