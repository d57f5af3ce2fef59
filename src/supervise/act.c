/*
 * Acts on what the table says: spawns, signals, times, reports.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "supervise/child.h"
#include "supervise/super.h"
#include "supervise/values.h"

static void timer_fired(SvSuper *super, SvTimer *timer);

/* Whether it has lived less than startsecs, until now or until it ended. */
static bool
is_early(const SvProc *proc)
{
    uint64_t ended = sv_tree_ended(proc);
    int64_t startsecs = proc->conf->startsecs;

    return (ended ? ended : sv_now()) - proc->started <
           (uint64_t)(startsecs > 0 ? startsecs : 0) * SV_SECOND;
}

void
sv_proc_reaped(SvSuper *super, SvProc *proc, int status)
{
    char name[32];
    bool exited = WIFEXITED(status);
    bool stopped = proc->killing;
    char message[128];

    proc->exit_status = exited ? WEXITSTATUS(status) : -1;
    if (exited)
        snprintf(message, sizeof message, "exit status %d", WEXITSTATUS(status));
    else
        snprintf(message, sizeof message, "terminated by %s%s",
                 sv_signal_name(WTERMSIG(status), name, sizeof name),
                 WCOREDUMP(status) ? " (core dumped)" : "");
    bool expected = false;
    for (size_t i = 0; i < proc->conf->exitcode_count; i++)
        expected |= proc->conf->exitcodes[i] == proc->exit_status;
    sv_channel_finish(super, &proc->channels[SV_STDOUT]);
    sv_channel_finish(super, &proc->channels[SV_STDERR]);
    sv_watch_close(&super->loop, &proc->input);
    proc->input_length = 0;
    proc->last_stop = time(NULL);
    proc->ended = status;
    sv_timer_clear(&super->loop, &proc->timer);
    bool early = is_early(proc);
    bool out_of_memory = sv_tree_ran_out_of_memory(super, proc);
    if (stopped)
        sv_log(super, expected ? SV_INFO : SV_WARN, "stopped: %s (%s)", proc->conf->name, message);
    else
        sv_log(super, expected && !early ? SV_INFO : SV_WARN, "exited: %s (%s; %sexpected)",
               proc->conf->name, message, expected && !early ? "" : "not ");
    proc->killing = false;
    if (stopped || proc->problem == SV_PROBLEM_UNREADY || proc->problem == SV_PROBLEM_UNHEALTHY) {
        /* what it exited with says nothing */
    } else if (early) {
        proc->problem = SV_PROBLEM_TOO_QUICK;
        proc->exit_status = 0;
    } else if (!expected) {
        proc->problem = SV_PROBLEM_BAD_EXIT;
        proc->problem_detail = proc->exit_status;
    }
    if (out_of_memory && !stopped && proc->problem != SV_PROBLEM_NONE)
        proc->problem = SV_PROBLEM_MEMORY;
    if (!stopped && proc->problem != SV_PROBLEM_NONE)
        sv_crash_record(proc, status);
    sv_proc_feed(super, proc, SV_EXIT);
    proc->pid = 0;
    if (proc->conf->class == SV_CLASS_LISTENER)
        sv_listener_gone(super, proc);
    sv_proc_feed(super, proc, SV_SETTLE);
    sv_tree_gone(super, proc);
}

static void
exit_ready(SvSuper *super, SvWatch *watch, uint32_t events)
{
    SvProc *proc = sv_container_of(watch, SvProc, exit);
    int status;

    pid_t pid = waitpid(proc->pid, &status, WNOHANG);
    if (pid == 0 || (pid < 0 && errno == EINTR))
        return;
    sv_watch_close(&super->loop, watch);
    if (pid < 0)
        status = 0;
    sv_reap_forget(super, &proc->child);
    if (!sv_tree_end(super, proc, status, sv_proc_reaped))
        sv_proc_reaped(super, proc, status);
}

void
sv_proc_resume(SvSuper *super, SvProc *proc)
{
    super->waiting += proc->machine.state == SV_WAITING ? 1 : 0;
    if (proc->exit.fd >= 0)
        sv_reap_expect(super, &proc->child, proc->pid);
    sv_watch_resume(&super->loop, &proc->exit, exit_ready);
    sv_input_resume(super, proc);
    sv_timer_resume(&super->loop, &proc->timer, timer_fired);
    sv_channel_resume(super, &proc->channels[SV_STDOUT]);
    sv_channel_resume(super, &proc->channels[SV_STDERR]);
    sv_check_resume(super, proc, sv_proc_feed);
    sv_tree_resume(super, proc, sv_proc_reaped);
}

typedef struct Pipes {
    int in[2], out[2], err[2];
} Pipes;

static void
close_pipes(Pipes *pipes)
{
    int *all[] = {pipes->in, pipes->out, pipes->err};

    for (size_t i = 0; i < 3; i++)
        for (size_t j = 0; j < 2; j++) {
            if (all[i][j] >= 0)
                close(all[i][j]);
            all[i][j] = -1;
        }
}

/* Only our ends do not block: the programs' ends are as they expect them. */
static int
make_pipes(const SvProc *proc, Pipes *pipes)
{
    bool own_stderr = !proc->conf->redirect_stderr || proc->conf->class == SV_CLASS_LISTENER;

    *pipes = (Pipes){{-1, -1}, {-1, -1}, {-1, -1}};
    if (pipe2(pipes->in, O_CLOEXEC) < 0 || pipe2(pipes->out, O_CLOEXEC) < 0 ||
        (own_stderr && pipe2(pipes->err, O_CLOEXEC) < 0)) {
        int problem = -errno;
        close_pipes(pipes);
        return problem;
    }
    fcntl(pipes->in[1], F_SETFL, O_NONBLOCK);
    fcntl(pipes->out[0], F_SETFL, O_NONBLOCK);
    if (own_stderr)
        fcntl(pipes->err[0], F_SETFL, O_NONBLOCK);
    return 0;
}

static int
fail_spawn(SvSuper *super, SvProc *proc, SvProblem problem, int detail)
{
    char text[PATH_MAX + 128];

    proc->problem = problem;
    proc->problem_detail = detail;
    sv_log(super, SV_INFO, "spawnerr: %s", sv_proc_problem(proc, text, sizeof text));
    return -EINVAL;
}

static void
adopt(SvSuper *super, SvProc *proc, Pipes *pipes, int pidfd)
{
    bool fcgi = proc->conf->class == SV_CLASS_FCGI;

    proc->exit = (SvWatch){.fd = pidfd, .ready = exit_ready};
    sv_reap_expect(super, &proc->child, proc->pid);
    sv_input_open(super, proc, fcgi ? -1 : pipes->in[1]);
    if (!fcgi)
        pipes->in[1] = -1;
    sv_channel_open(super, &proc->channels[SV_STDOUT], pipes->out[0]);
    pipes->out[0] = -1;
    if (pipes->err[0] >= 0)
        sv_channel_open(super, &proc->channels[SV_STDERR], pipes->err[0]);
    pipes->err[0] = -1;
    proc->listener = SV_LISTENER_ACKNOWLEDGED;
    proc->event = -1;
    proc->result_length = 0;
    proc->result_expected = -1;
    sv_watch_add(&super->loop, &proc->exit, EPOLLIN);
    sv_log(super, SV_INFO, "spawned: '%s' with pid %d", proc->conf->name, (int)proc->pid);
}

static int
fail_cgroup(SvSuper *super, SvProc *proc, Pipes *pipes, int problem)
{
    close_pipes(pipes);
    if (problem == -EMFILE || problem == -ENFILE)
        return fail_spawn(super, proc, SV_PROBLEM_FILES, -problem);
    return fail_spawn(super, proc, SV_PROBLEM_CGROUP, -problem);
}

static int
spawn(SvSuper *super, SvProc *proc)
{
    char path[PATH_MAX];
    char notify[128];
    int cgroups[SV_CGROUP_PLACES];
    Pipes pipes;
    int pidfd;

    proc->problem = SV_PROBLEM_NONE;
    proc->exit_status = 0;
    proc->ended = -1;
    proc->killing = false;
    proc->last_start = time(NULL);
    proc->started = sv_now();
    proc->heard = 0;
    proc->starts++;
    sv_turn_count(super);
    SvProblem problem = sv_proc_find_command(proc, path, sizeof path);
    if (problem != SV_PROBLEM_NONE)
        return fail_spawn(super, proc, problem, 0);
    int r = sv_check_open_notify(super, proc, sv_proc_feed);
    if (r == 0)
        r = make_pipes(proc, &pipes);
    if (r < 0)
        return fail_spawn(super, proc,
                          r == -EMFILE || r == -ENFILE ? SV_PROBLEM_FILES : SV_PROBLEM_PIPES, -r);
    int cgroup_count = sv_tree_begin(super, proc, cgroups);
    if (cgroup_count < 0)
        return fail_cgroup(super, proc, &pipes, cgroup_count);
    int in = proc->conf->class == SV_CLASS_FCGI && proc->group->socket >= 0 ? proc->group->socket
                                                                            : pipes.in[0];
    SvSpawn plan = {.proc = proc,
                    .path = path,
                    .argv = (char *const *)(void *)proc->conf->argv,
                    .serverurl = super->config->serverurl,
                    .notify_socket = sv_check_notify_socket(proc, notify, sizeof notify),
                    .in = in,
                    .out = pipes.out[1],
                    .err = pipes.err[1] >= 0 ? pipes.err[1] : pipes.out[1],
                    .sockets = proc->sockets,
                    .cgroups = cgroups,
                    .cgroup_count = cgroup_count};
    r = sv_child_spawn(super, &plan, &proc->pid, &pidfd);
    while (cgroup_count > 0)
        close(cgroups[--cgroup_count]);
    if (r < 0) {
        close_pipes(&pipes);
        return fail_spawn(super, proc, r == -EAGAIN ? SV_PROBLEM_PROCESSES : SV_PROBLEM_FORK, -r);
    }
    adopt(super, proc, &pipes, pidfd);
    close_pipes(&pipes);
    return 0;
}

static void
timer_fired(SvSuper *super, SvTimer *timer)
{
    SvProc *proc = sv_container_of(timer, SvProc, timer);

    bool ending = proc->machine.state == SV_STOPPING || proc->problem == SV_PROBLEM_UNHEALTHY;

    if (proc->machine.state == SV_BACKOFF && !sv_turn_has_come(super)) {
        sv_timer_set(&super->loop, timer, sv_turn_when(super));
    } else if (proc->machine.state == SV_BACKOFF) {
        sv_proc_feed(super, proc, SV_RETRY);
    } else if (!ending) {
        sv_proc_feed(super, proc, SV_UP);
    } else {
        sv_log(super, SV_WARN, "killing '%s' (%d) with SIGKILL", proc->conf->name, (int)proc->pid);
        sv_proc_feed(super, proc, SV_OVERDUE);
    }
}

static void
arm(SvSuper *super, SvProc *proc, int64_t seconds)
{
    proc->timer.fire = timer_fired;
    sv_timer_set(&super->loop, &proc->timer,
                 sv_now() + (uint64_t)(seconds > 0 ? seconds : 0) * SV_SECOND);
}

static void
send_stop(SvSuper *super, SvProc *proc, bool kill_it)
{
    bool as_group = kill_it ? proc->conf->killasgroup : proc->conf->stopasgroup;
    int number = kill_it ? SIGKILL : proc->conf->stopsignal;
    char name[32];

    if (proc->pid == 0 || proc->exit.fd < 0)
        return;
    sv_log(super, SV_DEBG, "killing %s (pid %d) %swith signal %s", proc->conf->name, (int)proc->pid,
           as_group ? "process group " : "", sv_signal_name(number, name, sizeof name));
    if (proc->machine.state == SV_STOPPING) {
        proc->killing = true;
    }
    if (proc->killing || proc->problem == SV_PROBLEM_UNHEALTHY)
        arm(super, proc, proc->conf->stopwaitsecs > 0 ? proc->conf->stopwaitsecs : 1);
    if (kill_it)
        sv_tree_kill(super, proc);
    int r = as_group && kill(-proc->pid, number) < 0 ? -errno : 0;
    /* One that has just been started may not have made its group yet. */
    if (!as_group || r == -ESRCH)
        r = sv_proc_signal(super, proc, number);
    if (r == 0)
        return;
    sv_log(super, SV_CRIT, "unknown problem killing %s (%d):%s", proc->conf->name, (int)proc->pid,
           strerror(-r));
    proc->killing = false;
    sv_timer_clear(&super->loop, &proc->timer);
    sv_proc_feed(super, proc, SV_KILL_FAILED);
}

static bool
wants_restart(const SvProc *proc)
{
    if (proc->conf->autorestart != SV_RESTART_UNEXPECTED || proc->problem == SV_PROBLEM_UNHEALTHY)
        return proc->conf->autorestart != SV_RESTART_NEVER;
    for (size_t i = 0; i < proc->conf->exitcode_count; i++)
        if (proc->conf->exitcodes[i] == proc->exit_status)
            return false;
    return true;
}

static SvFacts
facts_of(const SvSuper *super, const SvProc *proc)
{
    return (SvFacts){.may_start = super->mood == SV_MOOD_RUNNING,
                     .instant = proc->conf->startsecs <= 0,
                     .needs_ready = proc->conf->ready.kind != SV_CHECK_NONE,
                     .early = is_early(proc),
                     .wants_restart = wants_restart(proc),
                     .retries_left = (int64_t)proc->machine.failures <= proc->conf->startretries,
                     .too_soon = !sv_turn_has_come(super)};
}

static void
report(SvSuper *super, SvProc *proc, SvState from)
{
    SvState to = proc->machine.state;

    if (to == SV_RUNNING && from == SV_STARTING && proc->machine.ready)
        sv_log(super, SV_INFO, "success: %s entered RUNNING state, process is ready",
               proc->conf->name);
    else if (to == SV_RUNNING && from == SV_STARTING)
        sv_log(super, SV_INFO,
               "success: %s entered RUNNING state, process has stayed up for > than %lld seconds "
               "(startsecs)",
               proc->conf->name, (long long)proc->conf->startsecs);
    if (to == SV_FATAL && from == SV_BACKOFF)
        sv_log(super, SV_INFO,
               "gave up: %s entered FATAL state, too many start retries too quickly",
               proc->conf->name);
    bool expected = true;
    if (to == SV_EXITED)
        expected = proc->problem != SV_PROBLEM_BAD_EXIT && proc->problem != SV_PROBLEM_MEMORY &&
                   proc->problem != SV_PROBLEM_UNHEALTHY;
    sv_notify_state(super, proc, from, expected);
}

void
sv_proc_look_again(SvSuper *super, SvProc *proc)
{
    bool failed = false;
    bool blocked = sv_proc_blocker(super, proc, &failed) != NULL;

    if (failed) {
        proc->problem = SV_PROBLEM_DEPENDENCY;
        sv_proc_feed(super, proc, SV_DEPENDENCY_FAILED);
    } else if (!blocked && sv_turn_has_come(super)) {
        sv_proc_feed(super, proc, SV_START);
    } else if (!blocked) {
        sv_turn_wait(super, sv_proc_look_again);
    }
}

/* Those that wait for others look again: one that they wait for may have come to rest. */
static void
wake_dependents(SvSuper *super)
{
    if (super->waiting == 0)
        return;
    for (SvGroup *group = super->groups; group; group = group->next)
        for (size_t i = 0; i < group->count; i++) {
            if (group->procs[i].machine.state == SV_WAITING)
                sv_proc_look_again(super, &group->procs[i]);
        }
}

const SvProc *
sv_proc_blocker(const SvSuper *super, const SvProc *proc, bool *ret_failed)
{
    for (const char *const *name = proc->conf->depends_on; name && *name; name++)
        for (const SvGroup *group = super->groups; group; group = group->next)
            for (size_t i = 0; i < group->count; i++) {
                const SvProc *other = &group->procs[i];
                if (other == proc || !sv_proc_is_called(other, *name))
                    continue;
                /* What has done its work and exited as expected is no obstacle. */
                if (other->machine.state == SV_RUNNING ||
                    (other->machine.state == SV_EXITED && other->problem == SV_PROBLEM_NONE))
                    continue;
                *ret_failed = other->machine.state == SV_FATAL;
                return other;
            }
    return NULL;
}

void
sv_proc_start(SvSuper *super, SvProc *proc)
{
    bool failed;
    bool early = !sv_turn_has_come(super);
    bool blocked = early || sv_proc_blocker(super, proc, &failed) != NULL;

    proc->wanted = true;
    if (blocked)
        proc->problem = SV_PROBLEM_NONE;
    sv_proc_feed(super, proc, blocked ? SV_BLOCKED : SV_START);
    if (early)
        sv_turn_wait(super, sv_proc_look_again);
}

static void
carry_out(SvSuper *super, SvProc *proc, uint32_t effects)
{
    if (effects & SV_DO_END_CHECK)
        sv_check_end(super, proc);
    if (effects & SV_DO_SPAWN)
        sv_proc_feed(super, proc, spawn(super, proc) == 0 ? SV_SPAWNED : SV_SPAWN_FAILED);
    if (effects & SV_DO_WATCH_START) {
        if (proc->conf->startsecs > 0)
            arm(super, proc, proc->conf->startsecs);
        sv_check_begin(super, proc, sv_proc_feed);
    }
    if (effects & SV_DO_SEND_STOP)
        send_stop(super, proc, false);
    if (effects & SV_DO_SEND_KILL)
        send_stop(super, proc, true);
    if (effects & SV_DO_DELAY)
        arm(super, proc, (int64_t)proc->machine.failures);
}

void
sv_proc_feed(SvSuper *super, SvProc *proc, SvHappening happening)
{
    SvFacts facts = facts_of(super, proc);
    SvState from = proc->machine.state;
    uint32_t effects = sv_machine_step(&proc->machine, happening, &facts);
    SvState to = proc->machine.state;

    super->waiting += (size_t)(to == SV_WAITING) - (size_t)(from == SV_WAITING);
    if (from != to) {
        /* What was ready before its startsecs are over is watched until then. */
        bool early = happening == SV_READY && to == SV_RUNNING && !proc->machine.up;
        if ((from == SV_STARTING && !early) || from == SV_BACKOFF || from == SV_STOPPING)
            sv_timer_clear(&super->loop, &proc->timer);
        if (from == SV_RUNNING)
            sv_health_end(super, proc);
        if (to == SV_RUNNING)
            sv_health_begin(super, proc, sv_proc_feed);
        report(super, proc, from);
    }
    carry_out(super, proc, effects);
    if (effects & SV_DO_AGAIN)
        sv_proc_feed(super, proc, happening);
    /* A process that exits is settled by who reaped it, when its pid is gone. */
    if ((effects & SV_DO_SETTLE) && proc->pid == 0)
        sv_proc_feed(super, proc, SV_SETTLE);
    if (happening == SV_SETTLE && to == SV_WAITING)
        sv_turn_wait(super, sv_proc_look_again);
    if ((happening == SV_SETTLE && to == SV_EXITED) || (from != to && to == SV_FATAL))
        sv_proc_is_over(super, proc);
    if (from != to && proc->pid == 0)
        sv_tree_gone(super, proc);
    if (from != to && proc->machine.state == to) {
        if (to == SV_RUNNING || to == SV_FATAL || to == SV_EXITED)
            wake_dependents(super);
        if (super->wake)
            super->wake(super, proc);
    }
}
