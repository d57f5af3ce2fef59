/*
 * Children that nobody knows by name: orphans that came to us as their reaper.
 */
#include <sys/wait.h>

#include "supervise/super.h"
#include "supervise/values.h"

static bool
is_check(const SvProc *proc, pid_t pid)
{
    return (proc->check && proc->check->pid == pid) || (proc->health && proc->health->pid == pid);
}

/* Ours have a pidfd each. */
void
sv_super_reap_orphans(SvSuper *super)
{
    while (true) {
        siginfo_t info = {0};
        bool known = false;
        int status;
        if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) < 0 || info.si_pid == 0)
            return;
        for (const SvGroup *group = super->groups; !known && group; group = group->next)
            for (size_t i = 0; !known && i < group->count; i++)
                known = (group->procs[i].pid == info.si_pid && group->procs[i].exit.fd >= 0) ||
                        is_check(&group->procs[i], info.si_pid);
        known = known || super->upgrade.pid == info.si_pid;
        /* What is known is reaped by its own watch; and then what stands behind it in the queue is looked at. */
        if (known || waitpid(info.si_pid, &status, WNOHANG) <= 0)
            return;
        sv_log(super, SV_INFO, "reaped unknown pid %d", (int)info.si_pid);
    }
}
