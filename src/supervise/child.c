/*
 * A child is made by a clone that shares our memory until it execs: its cost does not grow with the supervisor, and what
 * it does between is a short list of system calls. A child that cannot be set up says why on its stderr, in the words of
 * supervisord, and exits with 127.
 *
 * Nobody waits for the exec: a thousand programs start on all processors at once, and one whose file or directory hangs
 * holds nobody up. So each child has a slot of its own, with its stack and a copy of all that it looks at, until the kernel
 * says that it let go of our memory. It shares our errno as well, which is why it calls the kernel without it. Where it
 * can it begins in our table of descriptors too (lend.h): what was lent to it is ours again when it says that it left.
 */
#include "supervise/child.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/futex.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "supervise/lend.h"
#include "supervise/super.h"
#include "supervise/values.h"

#define SLOTS        16        /* children on their way to their exec, at once */
#define PATIENCE     SV_SECOND /* how long a new child waits for a slot */
#define PAGE         4096
#define STACK_SIZE   ((size_t)34 << 10) /* its top shares a page with what follows */
#define TEXT_SIZE    ((size_t)68 << 10) /* of the environment and the path */
#define GROUPS_MAX   256
#define ENV_MAX      4096
#define SOCKETS_MAX  64
#define PID_DIGITS   10
#define SIGNAL_BYTES 8                  /* of a set of signals, as the kernel counts */
#define TIDY_SOON    (SV_SECOND / 1000) /* a child has left our table by then */
#define TIDY_LATER   (SV_SECOND / 50)

static const char listen_pid[] = "LISTEN_PID=";

extern char **environ;

/* What most children use of it lies close together, for there may be many. */
typedef struct Slot {
    _Atomic uint32_t taken; /* the kernel clears it when the child execs or ends */
    _Atomic bool apart;     /* it has left our table of descriptors */
    uint64_t loan;          /* of numbers in it */
    uint64_t turn;
    SvProgram program;
    const char *path;
    char *const *argv;
    int in, out, err;
    size_t socket_count;
    int cgroups[SV_CGROUP_PLACES];
    int cgroup_count;
    bool change_user;
    gid_t gid;
    int group_count;
    const char *user_problem;
    sigset_t mask; /* to set in the child */
    SvBuf text;    /* in bytes */
    size_t env_count;
    char *env[ENV_MAX + 1];
    int sockets[SOCKETS_MAX];
    gid_t groups[GROUPS_MAX];
    char stack[STACK_SIZE] __attribute__((aligned(PAGE)));
    char bytes[TEXT_SIZE];
} Slot;

static Slot slots[SLOTS];

/* System calls that leave errno alone, for it is the supervisor's: they return what they return, or -errno. */
#if defined(__x86_64__)
#define SHARED_ERRNO 0

static long
call(long number, long a, long b, long c, long d)
{
    register long fourth __asm__("r10") = d;
    long result;

    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(fourth)
                     : "rcx", "r11", "memory");
    return result;
}
#elif defined(__aarch64__)
#define SHARED_ERRNO 0

static long
call(long number, long a, long b, long c, long d)
{
    register long eighth __asm__("x8") = number;
    register long first __asm__("x0") = a;
    register long second __asm__("x1") = b;
    register long third __asm__("x2") = c;
    register long fourth __asm__("x3") = d;

    __asm__ volatile("svc 0"
                     : "+r"(first)
                     : "r"(eighth), "r"(second), "r"(third), "r"(fourth)
                     : "memory");
    return first;
}
#else
#define SHARED_ERRNO                                                                               \
    CLONE_VFORK /* elsewhere we stand still until the exec, so that errno is in order */

static long
call(long number, long a, long b, long c, long d)
{
    long result = syscall(number, a, b, c, d);

    return result < 0 ? -errno : result;
}
#endif

static long
call_on(long number, const void *pointer)
{
    return call(number, (long)pointer, 0, 0, 0);
}

static void
say(const char *text, size_t length)
{
    call(SYS_write, STDERR_FILENO, (long)text, (long)length, 0);
}

static void
complain(const char *what, const char *which, const char *why)
{
    char text[4096];
    int n = snprintf(text, sizeof text, "supervisor: couldn't %s %s: %s\n", what, which, why);

    say(text, n < (int)sizeof text ? (size_t)n : sizeof text - 1);
}

/* dup3() takes close-on-exec off, but the two must differ. */
static void
place(int fd, int target)
{
    if (fd == target)
        call(SYS_fcntl, fd, F_SETFD, 0, 0);
    else
        call(SYS_dup3, fd, target, 0, 0);
}

/* Before anything that it does can count: who writes 0 means itself. */
static bool
enter_cgroups(const Slot *slot)
{
    char number[16];

    for (int i = 0; i < slot->cgroup_count; i++) {
        long r = call(SYS_write, slot->cgroups[i], (long)"0", 1, 0);
        if (r < 0) {
            complain("enter", "its control group", sv_errno_name((int)-r, number, sizeof number));
            return false;
        }
    }
    return true;
}

/* The sockets become 3, 4, ...: first out of each other's way, then into their places. */
static void
place_sockets(Slot *slot)
{
    int first = STDERR_FILENO + 1;

    for (size_t i = 0; i < slot->socket_count; i++)
        slot->sockets[i] = (int)call(SYS_fcntl, slot->sockets[i], F_DUPFD_CLOEXEC,
                                     first + (long)slot->socket_count, 0);
    for (size_t i = 0; i < slot->socket_count; i++)
        call(SYS_dup3, slot->sockets[i], first + (long)i, 0, 0);
    /* The variable was made with room for any number. */
    for (char **variable = slot->env; slot->socket_count > 0 && *variable; variable++)
        if (strncmp(*variable, listen_pid, sizeof listen_pid - 1) == 0)
            snprintf(*variable + sizeof listen_pid - 1, PID_DIGITS + 1, "%d",
                     (int)call(SYS_getpid, 0, 0, 0, 0));
}

/* Takes the lowest numbers along, and nothing else. */
static bool
leave_table(Slot *slot)
{
    static const char text[] = "supervisor: couldn't leave the descriptors of the supervisor\n";
    long r = call(SYS_close_range, sv_lend_limit(), ~0U, 2 /* CLOSE_RANGE_UNSHARE */, 0);

    if (r < 0) /* its own stderr is not in its place yet */
        call(SYS_write, slot->err, (long)text, sizeof text - 1, 0);
    else
        atomic_store(&slot->apart, true);
    return r == 0;
}

static bool
become_user(const Slot *slot)
{
    char uid[32];
    const char *why = slot->user_problem;

    if (!why && slot->change_user) {
        long r;
        if (call(SYS_setgroups, slot->group_count, (long)slot->groups, 0, 0) < 0)
            why = "Could not set groups of effective user";
        else if (call(SYS_setgid, slot->gid, 0, 0, 0) < 0)
            why = "Could not set group id of effective user";
        else if ((r = call(SYS_setuid, (long)slot->program.uid, 0, 0, 0)) < 0)
            why = strerrorname_np((int)-r);
    }
    if (!why)
        return true;
    snprintf(uid, sizeof uid, "%lld", (long long)slot->program.uid);
    complain("setuid to", uid, why);
    return false;
}

static void
set_up_and_exec(const Slot *slot)
{
    const SvProgram *program = &slot->program;
    char number[16];
    long r;

    /* Before the user changes: who may raise a limit is root. */
    for (size_t i = 0; i < program->limit_count; i++) {
        r = call(SYS_prlimit64, 0, program->limits[i].resource, (long)&program->limits[i].limit, 0);
        if (r < 0) {
            complain("set", program->limits[i].option,
                     sv_errno_name((int)-r, number, sizeof number));
            return;
        }
    }
    if (!become_user(slot))
        return;
    r = program->directory ? call_on(SYS_chdir, program->directory) : 0;
    if (r < 0) {
        complain("chdir to", program->directory, sv_errno_name((int)-r, number, sizeof number));
        return;
    }
    if (program->umask >= 0)
        call(SYS_umask, (long)program->umask, 0, 0, 0);
    call(SYS_rt_sigprocmask, SIG_SETMASK, (long)&slot->mask, 0, SIGNAL_BYTES);
    r = call(SYS_execve, (long)slot->path, (long)slot->argv, (long)slot->env, 0);
    complain("exec", slot->argv[0], sv_errno_name((int)-r, number, sizeof number));
}

static int
child_main(void *data)
{
    Slot *slot = data;
    static const char last[] = "supervisor: child process was not spawned\n";
    static const int ignored_signals[] = {SIGTERM, SIGINT,  SIGQUIT, SIGHUP, SIGCHLD,
                                          SIGUSR1, SIGUSR2, SIGPIPE, SIGXFSZ};
    static const long by_default[8] = {0}; /* sigaction of the kernel: SIG_DFL, and nothing else */

    if (slot->loan != 0 && !leave_table(slot))
        call(SYS_exit_group, 127, 0, 0, 0);
    call(SYS_setpgid, 0, 0, 0, 0);
    /* supervisord, being Python, hands SIGPIPE and SIGXFSZ on ignored; programs expect what the kernel gives them. */
    for (size_t i = 0; i < sizeof ignored_signals / sizeof *ignored_signals; i++)
        call(SYS_rt_sigaction, ignored_signals[i], (long)by_default, 0, SIGNAL_BYTES);
    place(slot->in, STDIN_FILENO);
    place(slot->out, STDOUT_FILENO);
    place(slot->err, STDERR_FILENO);
    /* Ours are all close-on-exec; these are what we were given ourselves and did not know of. */
    bool entered = enter_cgroups(slot);
    place_sockets(slot);
    call(SYS_close_range, 3 + (long)slot->socket_count, ~0U, 4 /* CLOSE_RANGE_CLOEXEC */, 0);
    if (entered)
        set_up_and_exec(slot);
    say(last, sizeof last - 1);
    call(SYS_exit_group, 127, 0, 0, 0);
    return 127;
}

static Slot *
free_slot(void)
{
    for (size_t i = 0; i < SLOTS; i++)
        if (atomic_load_explicit(&slots[i].taken, memory_order_acquire) == 0)
            return &slots[i];
    return NULL;
}

/* Until @end only, for its file may lie where nobody answers. */
static bool
wait_for(Slot *slot, uint64_t end)
{
    uint32_t taken;

    while ((taken = atomic_load(&slot->taken)) != 0) {
        uint64_t now = sv_now();
        if (now >= end)
            return false;
        struct timespec rest = {.tv_sec = (time_t)((end - now) / SV_SECOND),
                                .tv_nsec = (long)((end - now) % SV_SECOND)};
        syscall(SYS_futex, &slot->taken, FUTEX_WAIT, taken, &rest, NULL, 0);
    }
    return true;
}

/* The one that began first will be the first to be through; and if it hangs, another one may be free by then. */
static Slot *
take_slot(void)
{
    static uint64_t turn;
    Slot *slot = free_slot();

    if (!slot) {
        slot = slots;
        for (size_t i = 1; i < SLOTS; i++)
            slot = slots[i].turn < slot->turn ? &slots[i] : slot;
        if (!wait_for(slot, sv_now() + PATIENCE))
            slot = free_slot();
    }
    if (slot)
        slot->turn = ++turn;
    return slot;
}

bool
sv_child_settle(void)
{
    uint64_t end = sv_now() + PATIENCE;
    bool settled = true;

    for (size_t i = 0; i < SLOTS; i++)
        settled &= wait_for(&slots[i], end);
    return settled;
}

/* All that needs the user data base happens before the clone. */
static void
find_user(Slot *slot, int64_t uid)
{
    slot->user_problem = NULL;
    slot->change_user = uid >= 0 && (int64_t)getuid() != uid;
    if (!slot->change_user)
        return;
    const struct passwd *entry = getpwuid((uid_t)uid);
    if (!entry) {
        slot->user_problem = "Can't find uid";
        return;
    }
    if (getuid() != 0) {
        slot->user_problem = "Can't drop privilege as nonroot user";
        return;
    }
    slot->gid = entry->pw_gid;
    slot->group_count = GROUPS_MAX;
    if (getgrouplist(entry->pw_name, entry->pw_gid, slot->groups, &slot->group_count) < 0)
        slot->group_count = GROUPS_MAX;
}

static void
env_put(Slot *slot, const char *name, size_t name_length, char *whole)
{
    for (size_t i = 0; i < slot->env_count; i++)
        if (strncmp(slot->env[i], name, name_length) == 0 && slot->env[i][name_length] == '=') {
            slot->env[i] = whole;
            return;
        }
    if (slot->env_count < ENV_MAX)
        slot->env[slot->env_count++] = whole;
}

static void
env_set(Slot *slot, const char *name, const char *value)
{
    char *whole = slot->text.data + slot->text.length;

    if (!value)
        return;
    sv_buf_puts(&slot->text, name);
    sv_buf_puts(&slot->text, "=");
    sv_buf_puts(&slot->text, value);
    sv_buf_add(&slot->text, "", 1);
    if (!slot->text.full)
        env_put(slot, name, strlen(name), whole);
}

/* As systemd hands sockets over; the child writes its own number. */
static void
set_sockets(Slot *slot, const SvProgram *program)
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
    env_set(slot, "LISTEN_FDS", number);
    env_set(slot, "LISTEN_FDNAMES", names);
    env_set(slot, "LISTEN_PID", "0000000000");
}

static void
make_env(Slot *slot, const SvSpawn *spawn)
{
    const SvProc *proc = spawn->proc;
    const SvProgram *program = proc->conf;

    slot->env_count = 0;
    for (char **variable = environ; *variable && slot->env_count < ENV_MAX; variable++)
        slot->env[slot->env_count++] = *variable;
    env_set(slot, "SUPERVISOR_ENABLED", "1");
    env_set(slot, "SUPERVISOR_SERVER_URL",
            program->serverurl ? program->serverurl : spawn->serverurl);
    env_set(slot, "SUPERVISOR_PROCESS_NAME", program->name);
    env_set(slot, "SUPERVISOR_GROUP_NAME", proc->group->conf->name);
    env_set(slot, "NOTIFY_SOCKET", spawn->notify_socket);
    if (spawn->sockets)
        set_sockets(slot, program);
    for (const SvEnv *entry = program->env; entry; entry = entry->next)
        env_set(slot, entry->name, entry->value);
    slot->env[slot->env_count] = NULL;
}

static void
fill(Slot *slot, const SvSpawn *spawn)
{
    size_t count = spawn->proc->conf->socket_count;

    slot->program = *spawn->proc->conf;
    sv_buf_init(&slot->text, slot->bytes, sizeof slot->bytes);
    slot->path = slot->bytes;
    sv_buf_add(&slot->text, spawn->path, strlen(spawn->path) + 1);
    slot->argv = spawn->argv;
    slot->in = spawn->in;
    slot->out = spawn->out;
    slot->err = spawn->err;
    slot->socket_count = spawn->sockets ? count : 0;
    for (size_t i = 0; i < slot->socket_count; i++)
        slot->sockets[i] = spawn->sockets[i];
    slot->cgroup_count = spawn->cgroup_count;
    for (int i = 0; i < slot->cgroup_count; i++)
        slot->cgroups[i] = spawn->cgroups[i];
    sigemptyset(&slot->mask);
    find_user(slot, slot->program.uid);
    make_env(slot, spawn);
}

/* Closes what was lent to children that have left. Returns whether all have. */
static bool
tidy(void)
{
    bool all = true;

    for (size_t i = 0; i < SLOTS; i++) {
        Slot *slot = &slots[i];
        if (slot->loan == 0)
            continue;
        if (atomic_load(&slot->apart) || atomic_load(&slot->taken) == 0)
            sv_lend_end(&slot->loan);
        else
            all = false;
    }
    return all;
}

static void
tidy_later(SvSuper *super, SvTimer *timer)
{
    if (!tidy())
        sv_timer_set(&super->loop, timer, sv_now() + TIDY_LATER);
}

static bool
lend_all(Slot *slot, int *const fds[], size_t count)
{
    int numbers[3 + SV_CGROUP_PLACES + SOCKETS_MAX];

    if (count > sv_lend_left())
        return false;
    for (size_t i = 0; i < count; i++)
        if ((numbers[i] = sv_lend(&slot->loan, *fds[i])) < 0)
            return false;
    for (size_t i = 0; i < count; i++)
        *fds[i] = numbers[i];
    return true;
}

/* Where it cannot have all that it needs under numbers that it can take along, it gets a table of its own. */
static void
lend(Slot *slot, bool own_table)
{
    int *fds[3 + SV_CGROUP_PLACES + SOCKETS_MAX] = {&slot->in, &slot->out, &slot->err};
    size_t count = 3;

    for (int i = 0; i < slot->cgroup_count; i++)
        fds[count++] = &slot->cgroups[i];
    for (size_t i = 0; i < slot->socket_count; i++)
        fds[count++] = &slot->sockets[i];
    atomic_store(&slot->apart, false);
    if (own_table || !lend_all(slot, fds, count))
        sv_lend_end(&slot->loan);
}

int
sv_child_spawn(SvSuper *super, const SvSpawn *spawn, pid_t *ret_pid, int *ret_pidfd)
{
    Slot *slot = take_slot();
    int pidfd = -1;

    tidy();
    if (!slot)
        return -EAGAIN;
    fill(slot, spawn);
    lend(slot, spawn->own_table);
    atomic_store(&slot->taken, 1);
    int pid = clone(child_main, slot->stack + sizeof slot->stack,
                    CLONE_VM | CLONE_PIDFD | CLONE_CHILD_CLEARTID | SHARED_ERRNO | SIGCHLD |
                        (slot->loan != 0 ? CLONE_FILES : 0),
                    slot, &pidfd, NULL, &slot->taken);
    if (pid < 0) {
        int problem = -errno;
        atomic_store(&slot->taken, 0);
        sv_lend_end(&slot->loan);
        return problem;
    }
    super->tidying.fire = tidy_later;
    if (slot->loan != 0 && !super->tidying.armed)
        sv_timer_set(&super->loop, &super->tidying, sv_now() + TIDY_SOON);
    *ret_pid = pid;
    *ret_pidfd = pidfd;
    return 0;
}
