/*
 * A child is made by a clone that shares our memory until it execs: its cost does not grow with the supervisor, and what
 * it does between is a short list of system calls. A child that cannot be set up says why on its stderr, in the words of
 * supervisord, and exits with 127.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "supervise/super.h"
#include "supervise/values.h"

#define STACK_SIZE  ((size_t)64 << 10)
#define GROUPS_MAX  256
#define ENV_MAX     4096
#define ENV_BYTES   ((size_t)64 << 10)
#define SOCKETS_MAX 64
#define PID_DIGITS  10

static const char listen_pid[] = "LISTEN_PID=";

extern char **environ;

typedef struct Child {
    const SvSpawn *spawn;
    bool change_user;
    gid_t gid;
    gid_t groups[GROUPS_MAX];
    int group_count;
    const char *user_problem;
    sigset_t mask; /* to set in the child */
} Child;

static void
complain(const char *what, const char *which, const char *why)
{
    char text[4096];
    int n = snprintf(text, sizeof text, "supervisor: couldn't %s %s: %s\n", what, which, why);
    ssize_t ignored =
        write(STDERR_FILENO, text, n < (int)sizeof text ? (size_t)n : sizeof text - 1);

    (void)ignored;
}

/* dup2() takes close-on-exec off, except where the two are the same. */
static void
place(int fd, int target)
{
    if (fd == target)
        fcntl(fd, F_SETFD, 0);
    else
        dup2(fd, target);
}

/* The sockets become 3, 4, ...: first out of each other's way, then into their places. */
static void
place_sockets(const SvSpawn *spawn)
{
    int moved[SOCKETS_MAX];
    int first = STDERR_FILENO + 1;

    for (size_t i = 0; i < spawn->socket_count; i++)
        moved[i] = fcntl(spawn->sockets[i], F_DUPFD_CLOEXEC, first + (int)spawn->socket_count);
    for (size_t i = 0; i < spawn->socket_count; i++)
        dup2(moved[i], first + (int)i);
    /* The variable was made with room for any number. */
    for (char *const *variable = spawn->env; spawn->socket_count > 0 && *variable; variable++)
        if (strncmp(*variable, listen_pid, sizeof listen_pid - 1) == 0)
            snprintf(*variable + sizeof listen_pid - 1, PID_DIGITS + 1, "%d", (int)getpid());
}

static bool
become_user(const Child *child)
{
    const SvProgram *program = child->spawn->program;
    char uid[32];
    const char *why = child->user_problem;

    if (!why && child->change_user) {
        if (syscall(SYS_setgroups, (size_t)child->group_count, child->groups) < 0)
            why = "Could not set groups of effective user";
        else if (syscall(SYS_setgid, child->gid) < 0)
            why = "Could not set group id of effective user";
        else if (syscall(SYS_setuid, (uid_t)program->uid) < 0)
            why = strerrorname_np(errno);
    }
    if (!why)
        return true;
    snprintf(uid, sizeof uid, "%lld", (long long)program->uid);
    complain("setuid to", uid, why);
    return false;
}

static void
set_up_and_exec(const Child *child)
{
    const SvSpawn *spawn = child->spawn;
    const SvProgram *program = spawn->program;
    char number[16];

    /* Before the user changes: who may raise a limit is root. */
    for (size_t i = 0; i < program->limit_count; i++)
        if (setrlimit((__rlimit_resource_t)program->limits[i].resource, &program->limits[i].limit) <
            0) {
            complain("set", program->limits[i].option, sv_errno_name(errno, number, sizeof number));
            return;
        }
    if (!become_user(child))
        return;
    if (program->directory && chdir(program->directory) < 0) {
        complain("chdir to", program->directory, sv_errno_name(errno, number, sizeof number));
        return;
    }
    if (program->umask >= 0)
        umask((mode_t)program->umask);
    sigprocmask(SIG_SETMASK, &child->mask, NULL);
    execve(spawn->path, spawn->argv, spawn->env);
    complain("exec", spawn->argv[0], sv_errno_name(errno, number, sizeof number));
}

static int
child_main(void *data)
{
    const Child *child = data;
    const SvSpawn *spawn = child->spawn;
    static const int ignored_signals[] = {SIGTERM, SIGINT,  SIGQUIT, SIGHUP, SIGCHLD,
                                          SIGUSR1, SIGUSR2, SIGPIPE, SIGXFSZ};

    setpgid(0, 0);
    /* supervisord, being Python, hands SIGPIPE and SIGXFSZ on ignored; programs expect what the kernel gives them. */
    for (size_t i = 0; i < sizeof ignored_signals / sizeof *ignored_signals; i++) {
        struct sigaction action = {.sa_handler = SIG_DFL};
        sigaction(ignored_signals[i], &action, NULL);
    }
    place(spawn->in, STDIN_FILENO);
    place(spawn->out, STDOUT_FILENO);
    place(spawn->err, STDERR_FILENO);
    /* Ours are all close-on-exec; these are what we were given ourselves and did not know of. */
    place_sockets(spawn);
    syscall(SYS_close_range, 3U + (unsigned)spawn->socket_count, ~0U, 4U /* CLOSE_RANGE_CLOEXEC */);
    set_up_and_exec(child);
    static const char last[] = "supervisor: child process was not spawned\n";
    ssize_t unused = write(STDERR_FILENO, last, sizeof last - 1);
    (void)unused;
    _exit(127);
}

/* All that needs the user data base happens before the clone. */
static void
find_user(Child *child, int64_t uid)
{
    child->change_user = uid >= 0 && (int64_t)getuid() != uid;
    if (!child->change_user)
        return;
    const struct passwd *entry = getpwuid((uid_t)uid);
    if (!entry) {
        child->user_problem = "Can't find uid";
        return;
    }
    if (getuid() != 0) {
        child->user_problem = "Can't drop privilege as nonroot user";
        return;
    }
    child->gid = entry->pw_gid;
    child->group_count = GROUPS_MAX;
    if (getgrouplist(entry->pw_name, entry->pw_gid, child->groups, &child->group_count) < 0)
        child->group_count = GROUPS_MAX;
}

int
sv_child_spawn(const SvSpawn *spawn, pid_t *ret_pid, int *ret_pidfd)
{
    static char stack[STACK_SIZE] __attribute__((aligned(16)));
    static Child child; /* too large for a stack that is shared; one is made at a time */
    sigset_t all;
    int pidfd = -1;

    memset(&child, 0, sizeof child);
    child.spawn = spawn;
    find_user(&child, spawn->program->uid);
    sigemptyset(&child.mask);
    sigfillset(&all);
    sigset_t old;
    sigprocmask(SIG_SETMASK, &all, &old);
    int pid = clone(child_main, stack + sizeof stack,
                    CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD, &child, &pidfd);
    int problem = errno;
    sigprocmask(SIG_SETMASK, &old, NULL);
    if (pid < 0)
        return -problem;
    *ret_pid = pid;
    *ret_pidfd = pidfd;
    return 0;
}

typedef struct EnvList {
    char *list[ENV_MAX + 1];
    size_t count;
    SvBuf bytes;
} EnvList;

static void
env_put(EnvList *env, const char *name, size_t name_length, char *whole)
{
    for (size_t i = 0; i < env->count; i++)
        if (strncmp(env->list[i], name, name_length) == 0 && env->list[i][name_length] == '=') {
            env->list[i] = whole;
            return;
        }
    if (env->count < ENV_MAX)
        env->list[env->count++] = whole;
}

static void
env_set(EnvList *env, const char *name, const char *value)
{
    char *whole = env->bytes.data + env->bytes.length;

    if (!value)
        return;
    sv_buf_printf(&env->bytes, "%s=%s", name, value);
    sv_buf_add(&env->bytes, "", 1);
    if (!env->bytes.full)
        env_put(env, name, strlen(name), whole);
}

/* As systemd hands sockets over; the child writes its own number. */
static void
set_sockets(EnvList *env, const SvProgram *program)
{
    char names[4096];
    char number[16];
    SvBuf buf;

    if (program->socket_count == 0)
        return;
    sv_buf_init(&buf, names, sizeof names);
    for (size_t i = 0; i < program->socket_count; i++)
        sv_buf_printf(&buf, "%s%s", i > 0 ? ":" : "", program->sockets[i].name);
    snprintf(number, sizeof number, "%zu", program->socket_count);
    env_set(env, "LISTEN_FDS", number);
    env_set(env, "LISTEN_FDNAMES", names);
    env_set(env, "LISTEN_PID", "0000000000");
}

char *const *
sv_child_env(const SvProc *proc, const char *serverurl, const char *notify_socket)
{
    static EnvList env;
    static char bytes[ENV_BYTES];

    env.count = 0;
    sv_buf_init(&env.bytes, bytes, sizeof bytes);
    for (char **variable = environ; *variable && env.count < ENV_MAX; variable++)
        env.list[env.count++] = *variable;
    env_set(&env, "SUPERVISOR_ENABLED", "1");
    env_set(&env, "SUPERVISOR_SERVER_URL",
            proc->conf->serverurl ? proc->conf->serverurl : serverurl);
    env_set(&env, "SUPERVISOR_PROCESS_NAME", proc->conf->name);
    env_set(&env, "SUPERVISOR_GROUP_NAME", proc->group->conf->name);
    env_set(&env, "NOTIFY_SOCKET", notify_socket);
    set_sockets(&env, proc->conf);
    for (const SvEnv *entry = proc->conf->env; entry; entry = entry->next)
        env_set(&env, entry->name, entry->value);
    env.list[env.count] = NULL;
    return env.list;
}
