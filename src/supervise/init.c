/*
 * What a supervisor does that is process 1: signals that go on to programs, and an end that follows from that of one of
 * them. Nothing in here needs it to be process 1.
 */
#include <errno.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "supervise/super.h"
#include "supervise/values.h"

/* What it would die of is blocked and read from a descriptor; of process 1 the kernel drops what is neither. */
int
sv_signals_watch(SvSuper *super)
{
    static const int own[] = {SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGUSR2, SIGCHLD};
    sigset_t signals;

    sigemptyset(&signals);
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        sigaddset(&signals, own[i]);
    if (sv_super_is_init())
        sigaddset(&signals, SIGPWR);
    super->forward = 0;
    for (const SvGroup *group = super->groups; group; group = group->next)
        super->forward |= group->forward;
    for (int number = 1; number <= 64; number++)
        if ((super->forward >> (number - 1)) & 1)
            sigaddset(&signals, number);
    sigprocmask(SIG_SETMASK, &signals, NULL);
    int fd = signalfd(super->signals.fd, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
    if (fd < 0)
        return -errno;
    super->signals.fd = fd;
    return 0;
}

bool
sv_super_is_init(void)
{
    return getpid() == 1;
}

void
sv_signal_forward(SvSuper *super, int number)
{
    for (SvGroup *group = super->groups; group; group = group->next)
        for (size_t i = 0; i < group->count; i++)
            if ((group->procs[i].conf->forward >> (number - 1)) & 1)
                sv_proc_signal(super, &group->procs[i], number);
}

/* As a shell says how a command ended; it is not 0 where it failed. */
static int
status_for(const SvProc *proc, bool failed)
{
    int status = 0;

    if (proc->ended >= 0 && WIFEXITED(proc->ended))
        status = WEXITSTATUS(proc->ended);
    else if (proc->ended >= 0 && WIFSIGNALED(proc->ended))
        status = 128 + WTERMSIG(proc->ended);
    return failed && status == 0 ? 1 : status;
}

void
sv_proc_is_over(SvSuper *super, const SvProc *proc)
{
    bool failed = proc->machine.state == SV_FATAL || proc->problem != SV_PROBLEM_NONE;

    if (super->mood != SV_MOOD_RUNNING || proc->conf->exit_on == SV_EXIT_ON_NEVER ||
        (proc->conf->exit_on == SV_EXIT_ON_FAILURE && !failed))
        return;
    super->exit_status = status_for(proc, failed);
    sv_log(super, SV_WARN,
           "%s has ended and exit_on asks for it: shutting down with exit status %d",
           proc->conf->name, super->exit_status);
    sv_super_set_mood(super, SV_MOOD_SHUTDOWN);
}
