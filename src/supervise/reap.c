/*
 * Children that nobody knows by name: orphans that came to us as their reaper.
 *
 * Ours have a pidfd each and are waited for by it. All children together are looked through by the kernel, one after
 * another, to find one that has ended: that is done once for all that end in a short time, and not before one of ours is
 * started again.
 */
#include <stddef.h>
#include <sys/wait.h>

#include "supervise/super.h"
#include "supervise/values.h"

#define SOON    (SV_SECOND / 50)
#define AT_ONCE 256 /* before others get their turn */

static SvChildPid **
bucket_of(SvSuper *super, pid_t pid)
{
    return &super->children[(unsigned)pid % SV_PID_BUCKETS];
}

void
sv_reap_expect(SvSuper *super, SvChildPid *child, pid_t pid)
{
    SvChildPid **bucket = bucket_of(super, pid);

    child->pid = pid;
    child->next = *bucket;
    *bucket = child;
}

void
sv_reap_forget(SvSuper *super, SvChildPid *child)
{
    SvChildPid **link = bucket_of(super, child->pid);

    while (*link && *link != child)
        link = &(*link)->next;
    if (*link)
        *link = child->next;
    child->next = NULL;
    child->pid = 0;
}

void
sv_reap_move(SvSuper *super, SvChildPid *from, SvChildPid *to)
{
    pid_t pid = from->pid;

    if (pid == 0)
        return;
    sv_reap_forget(super, from);
    sv_reap_expect(super, to, pid);
}

static bool
is_expected(SvSuper *super, pid_t pid)
{
    const SvChildPid *child = *bucket_of(super, pid);

    while (child && child->pid != pid)
        child = child->next;
    return child;
}

/* Returns whether it is gone. */
static bool
reap(SvSuper *super, pid_t pid)
{
    int status;

    if (is_expected(super, pid) || waitpid(pid, &status, WNOHANG) <= 0)
        return false;
    sv_log(super, SV_INFO, "reaped unknown pid %d", (int)pid);
    return true;
}

static void
look_later(SvSuper *super)
{
    if (!super->orphans.armed)
        sv_timer_set(&super->loop, &super->orphans, sv_now() + SOON);
}

static void
look(SvSuper *super, SvTimer *timer)
{
    for (int i = 0; i < AT_ONCE; i++) {
        siginfo_t info = {0};
        if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) < 0 || info.si_pid == 0)
            return;
        /* What is expected is reaped by its own watch; and then what stands behind it in the queue is looked at. */
        if (!reap(super, info.si_pid))
            break;
    }
    look_later(super);
}

void
sv_reap_orphans(SvSuper *super)
{
    super->orphans.fire = look;
    look_later(super);
}

/* One signal may stand for several children. */
void
sv_reap_told(SvSuper *super, pid_t pid)
{
    reap(super, pid);
    sv_reap_orphans(super);
}
