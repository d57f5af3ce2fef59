/*
 * The end of a process with kill_tree: when it is gone, what it left behind is killed, and it has not ended before that is
 * gone too. So a restart finds its ports and files free, and a stop is one of the whole tree. Nobody waits meanwhile.
 */
#include <stddef.h>
#include <string.h>
#include <sys/epoll.h>

#include "supervise/super.h"
#include "supervise/values.h"

#define FIRST_LOOK (SV_SECOND / 500)
#define LAST_LOOK  (SV_SECOND / 10)
#define COMPLAINT  (10 * SV_SECOND) /* after so long it is said that something does not die */

static void
arm(SvSuper *super, SvTree *tree)
{
    uint64_t pause = tree->watch.fd >= 0 ? SV_SECOND
                     : tree->rounds < 6  ? FIRST_LOOK << tree->rounds
                                         : LAST_LOOK;

    tree->rounds++;
    sv_timer_set(&super->loop, &tree->timer, sv_now() + pause);
}

/* Goes on where everything is gone. */
static bool
look(SvSuper *super, SvProc *proc)
{
    SvTree *tree = proc->tree;

    if (sv_cgroup_is_populated(&super->cgroups, proc))
        return false;
    sv_watch_close(&super->loop, &tree->watch);
    sv_timer_clear(&super->loop, &tree->timer);
    tree->over(super, proc, tree->status);
    return true;
}

static void
events_ready(SvSuper *super, SvWatch *watch, uint32_t events)
{
    SvTree *tree = sv_container_of(watch, SvTree, watch);

    look(super, tree->proc);
}

static void
timer_fired(SvSuper *super, SvTimer *timer)
{
    SvTree *tree = sv_container_of(timer, SvTree, timer);
    SvProc *proc = tree->proc;

    if (look(super, proc))
        return;
    if (!tree->complained && sv_now() - tree->ended > COMPLAINT) {
        tree->complained = true;
        sv_log(super, SV_WARN, "what %s left behind was killed and does not die", proc->conf->name);
    }
    sv_cgroup_kill(&super->cgroups, proc);
    arm(super, tree);
}

int
sv_tree_begin(SvSuper *super, SvProc *proc, int fds[SV_CGROUP_PLACES])
{
    SvTree *tree = proc->tree;

    if (!tree)
        return 0;
    tree->ended = 0;
    tree->complained = false;
    int count = sv_cgroup_open(&super->cgroups, proc, fds, &tree->failed_step);
    tree->oom_kills = sv_cgroup_oom_kills(&super->cgroups, proc);
    return count;
}

bool
sv_tree_end(SvSuper *super, SvProc *proc, int status, SvEnded *over)
{
    SvTree *tree = proc->tree;

    if (!tree)
        return false;
    tree->ended = sv_now();
    if (!sv_cgroup_is_populated(&super->cgroups, proc))
        return false;
    sv_log(super, SV_INFO, "killing what %s (pid %d) left behind", proc->conf->name,
           (int)proc->pid);
    tree->status = status;
    tree->over = over;
    tree->rounds = 0;
    sv_timer_clear(&super->loop, &proc->timer);
    sv_check_end(super, proc);
    sv_health_end(super, proc);
    tree->timer.fire = timer_fired;
    tree->watch = (SvWatch){.fd = sv_cgroup_events(&super->cgroups, proc), .ready = events_ready};
    /* Only what it says from here on wakes us; what it says already is read after the killing, by a look. */
    if (tree->watch.fd >= 0 && sv_watch_add(&super->loop, &tree->watch, EPOLLPRI) < 0)
        sv_watch_close(&super->loop, &tree->watch);
    sv_cgroup_kill(&super->cgroups, proc);
    arm(super, tree);
    return true;
}

void
sv_tree_resume(SvSuper *super, SvProc *proc, SvEnded *over)
{
    if (!proc->tree)
        return;
    proc->tree->over = over;
    proc->tree->failed_step = "its directory";
    sv_watch_resume(&super->loop, &proc->tree->watch, events_ready);
    sv_timer_resume(&super->loop, &proc->tree->timer, timer_fired);
}

uint64_t
sv_tree_ended(const SvProc *proc)
{
    return proc->tree ? proc->tree->ended : 0;
}

bool
sv_tree_ran_out_of_memory(SvSuper *super, SvProc *proc)
{
    if (!proc->tree)
        return false;
    uint64_t kills = sv_cgroup_oom_kills(&super->cgroups, proc);
    if (kills <= proc->tree->oom_kills)
        return false;
    sv_log(super, SV_WARN,
           "%s reached its memory_limit of %lld bytes: the kernel killed %llu of its processes",
           proc->conf->name, (long long)proc->conf->cgroup.memory,
           (unsigned long long)(kills - proc->tree->oom_kills));
    proc->tree->oom_kills = kills;
    return true;
}

void
sv_tree_kill(SvSuper *super, SvProc *proc)
{
    if (proc->tree)
        sv_cgroup_kill(&super->cgroups, proc);
}

void
sv_tree_gone(SvSuper *super, SvProc *proc)
{
    if (!proc->tree)
        return;
    proc->tree->ended = 0;
    if (sv_state_is_stopped(proc->machine.state))
        sv_cgroup_remove(&super->cgroups, proc);
}

void
sv_tree_move(SvSuper *super, SvProc *from, SvProc *to)
{
    const char *step = "";
    SvTree *tree = to->tree;

    if (!from->tree || !tree)
        return;
    uint64_t when = from->tree->timer.when;
    bool armed = from->tree->timer.armed;
    sv_timer_clear(&super->loop, &from->tree->timer);
    *tree = *from->tree;
    tree->proc = to;
    from->tree->ended = 0;
    sv_watch_move(&super->loop, &from->tree->watch, &tree->watch);
    if (armed)
        sv_timer_set(&super->loop, &tree->timer, when);
    if (to->pid == 0)
        return;
    int r = sv_cgroup_apply(&super->cgroups, to, &step);
    if (r < 0)
        sv_log(super, SV_WARN, "%s keeps its old limits: cannot write %s: %s", to->conf->name, step,
               strerror(-r));
}
