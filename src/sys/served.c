#include "sys/served.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "sys/fd.h"

extern char **environ;

typedef struct Ends {
    int ours, its;
} Ends;

static void
ends_clear(Ends *ends)
{
    fa_fd_clear(&ends->ours);
    fa_fd_clear(&ends->its);
}

static bool
make_pipe(Ends *ends)
{
    int fds[2];
    if (pipe2(fds, O_CLOEXEC) != 0)
        return false;
    *ends = (Ends){.ours = fds[0], .its = fds[1]};
    return fcntl(ends->ours, F_SETFL, O_NONBLOCK) == 0;
}

static bool
make_socket(Ends *ends)
{
    int fds[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
        return false;
    *ends = (Ends){.ours = fds[0], .its = fds[1]};
    return fcntl(ends->ours, F_SETFL, O_NONBLOCK) == 0;
}

static int
describe_files(posix_spawn_file_actions_t *actions, int out, int err, int control)
{
    int number = posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (number == 0)
        number = posix_spawn_file_actions_adddup2(actions, out, STDOUT_FILENO);
    if (number == 0)
        number = posix_spawn_file_actions_adddup2(actions, err, STDERR_FILENO);
    if (number == 0)
        number = posix_spawn_file_actions_adddup2(actions, control, FA_SERVED_CONTROL);
    return number != 0 ? number
                       : posix_spawn_file_actions_addclosefrom_np(actions, FA_SERVED_CONTROL + 1);
}

static int
start(pid_t *ret_pid, const char *path, const char *const *argv, int out, int err, int control)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t all, none;

    sigfillset(&all);
    sigemptyset(&none);
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes,
                             POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSID);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setsigmask(&attributes, &none);
    int number = describe_files(&actions, out, err, control);
    if (number == 0)
        number = posix_spawn(ret_pid, path, &actions, &attributes, (char **)argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return number;
}

bool
fa_served_start(const char *path, const char *const *argv, FaServed *ret_served, GError **error)
{
    __attribute__((cleanup(ends_clear))) Ends out = {-1, -1};
    __attribute__((cleanup(ends_clear))) Ends err = {-1, -1};
    __attribute__((cleanup(ends_clear))) Ends control = {-1, -1};
    pid_t pid;
    if (!make_pipe(&out) || !make_pipe(&err) || !make_socket(&control))
        return fa_fail_errno(error, errno, "cannot start '%s': a pipe", path);
    /* One with the number that it is to get would be closed at its exec, since nothing is done to it. */
    fa_autofd int high = fcntl(control.its, F_DUPFD_CLOEXEC, FA_SERVED_CONTROL + 1);
    int number = high >= 0 ? start(&pid, path, argv, out.its, err.its, high) : errno;
    if (number != 0)
        return fa_fail_errno(error, number, "cannot start '%s'", path);
    int pidfd = pidfd_open(pid, 0);
    if (pidfd < 0) {
        number = errno;
        kill(pid, SIGKILL); /* it waits for its call, and has done nothing */
        waitpid(pid, NULL, 0);
        return fa_fail_errno(error, number, "cannot watch '%s'", path);
    }
    *ret_served = (FaServed){
        .pid = pid,
        .pidfd = pidfd,
        .out = fa_fd_steal(&out.ours),
        .err = fa_fd_steal(&err.ours),
        .control = fa_fd_steal(&control.ours),
    };
    return true;
}

bool
fa_served_has_ended(FaServed *served, int *ret_status)
{
    int status;
    if (served->pid < 0 || waitpid(served->pid, &status, WNOHANG) != served->pid)
        return false;
    *ret_status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    served->pid = -1;
    fa_fd_clear(&served->pidfd);
    return true;
}

void
fa_served_ask_to_stop(const FaServed *served)
{
    if (served->pid > 0)
        kill(served->pid, SIGTERM);
}

void
fa_served_close(FaServed *served)
{
    fa_fd_clear(&served->pidfd);
    fa_fd_clear(&served->out);
    fa_fd_clear(&served->err);
    fa_fd_clear(&served->control);
}

void
fa_served_follow(pid_t server)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    /* Whoever does not listen any more does not keep it from finishing in good order. */
    sigaction(SIGPIPE, &ignore, NULL);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != server)
        raise(SIGTERM);
}
