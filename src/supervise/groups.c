/*
 * Finds groups and processes, and what changes nothing about them but reaches them.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "supervise/super.h"
#include "supervise/values.h"

SvGroup *
sv_super_group(const SvSuper *super, const char *name)
{
    uint32_t hash = sv_text_hash(name);

    SvGroup *group = super->buckets[hash % SV_GROUP_BUCKETS];
    while (group && (group->hash != hash || strcmp(group->conf->name, name) != 0))
        group = group->same_bucket;
    return group;
}

SvProc *
sv_group_proc(const SvGroup *group, const char *name)
{
    for (size_t i = 0; i < group->count; i++)
        if (strcmp(group->procs[i].conf->name, name) == 0)
            return &group->procs[i];
    return NULL;
}

bool
sv_group_is_stopped(const SvGroup *group)
{
    for (size_t i = 0; i < group->count; i++)
        if (!sv_state_is_stopped(group->procs[i].machine.state))
            return false;
    return true;
}

void
sv_super_set_mood(SvSuper *super, SvMood mood)
{
    if (super->mood == SV_MOOD_SHUTDOWN)
        return;
    super->mood = mood;
}

bool
sv_proc_is_called(const SvProc *proc, const char *name)
{
    const char *colon = strchr(proc->conf->section, ':');

    return strcmp(proc->group->conf->name, name) == 0 || strcmp(proc->conf->name, name) == 0 ||
           (colon && strcmp(colon + 1, name) == 0);
}

int
sv_proc_signal(SvSuper *super, SvProc *proc, int number)
{
    char name[32];

    if (proc->pid == 0 || proc->exit.fd < 0)
        return -ESRCH;
    sv_log(super, SV_DEBG, "sending %s (pid %d) sig %s", proc->conf->name, (int)proc->pid,
           sv_signal_name(number, name, sizeof name));
    if (syscall(SYS_pidfd_send_signal, proc->exit.fd, number, NULL, 0U) < 0 && errno != ESRCH)
        return -errno;
    return 0;
}
