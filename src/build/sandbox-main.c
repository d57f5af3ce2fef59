/*
 * fassembler-sandbox: makes the sandboxes of build steps. It is started once for many: its standard input is a socket on
 * which orders come, its standard output the end of a pipe that breaks when whoever gives them is gone.
 *
 * An order is a file that holds words, each ended by a NUL: `open` or `closed` (the network), binds (`ro`, `try` or
 * `rw`, from, to), `--`, a script for /bin/sh, and all of its environment. With it come what will be the script's standard
 * input, output and error, and a socket for the answer: the number of the process, and then nothing, or what went wrong.
 *
 * The process is a child of whoever gave the order, and the first of a process namespace: when it ends, for whatever
 * reason, all of the step have ended. Nothing that was ordered is read in this program itself, only in that process, so
 * that none of it is left in the memory of the next.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/sched.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "build/sandbox-mounts.h"
#include "sys/servant-order.h"

#define ORDER_MAX    (64 * 1024 * 1024)
#define WORDS_MAX    65536
#define USER_INSIDE  1000
#define HOST_INSIDE  "build"
#define BUILD_INSIDE "/build"
#define LIFELINE     STDOUT_FILENO
#define FAILED       127
#define NO_FILE      255
#define NETWORKS_MAX 64 /* as many steps at once find one that is made */

static const unsigned long long apart_always =
    CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_PARENT;

/* A network in which one step after the other is alone. */
typedef struct Network {
    int fd;
    int user; /* a pidfd of the step that has it; -1 for none */
} Network;

typedef struct Networks {
    Network all[NETWORKS_MAX];
    size_t length;
} Networks;

/* What an order says. */
typedef struct Order {
    bool is_open;
    FaBind binds[FA_BINDS_MAX];
    size_t length;
    char *script;
    char **environment;
} Order;

/* As fork(); @ret_pidfd may be NULL. */
static pid_t
begin(unsigned long long flags, int exit_signal, int *ret_pidfd)
{
    struct clone_args arguments = {
        .flags = flags | (ret_pidfd != NULL ? CLONE_PIDFD : 0),
        .exit_signal = (unsigned)exit_signal,
        .pidfd = (uintptr_t)ret_pidfd,
    };
    return (pid_t)syscall(SYS_clone3, &arguments, sizeof arguments);
}

static void
write_map(const char *path, const char *text, int fd)
{
    int file = open(path, O_WRONLY | O_CLOEXEC);
    if (file < 0 || write(file, text, strlen(text)) != (ssize_t)strlen(text))
        fa_sandbox_give_up(fd, "write", path);
    close(file);
}

/* One user of the namespace that was just made is one of the namespace around it. */
static void
map_user(unsigned inside, uid_t user, gid_t group, int fd)
{
    char text[64];
    snprintf(text, sizeof text, "%u %u 1", inside, (unsigned)user);
    write_map("/proc/self/uid_map", text, fd);
    snprintf(text, sizeof text, "%u %u 1", inside, (unsigned)group);
    write_map("/proc/self/gid_map", text, fd);
}

/* What all sandboxes share: a user namespace that may mount, and what no step can change. */
static void
prepare(int fd)
{
    uid_t user = geteuid();
    gid_t group = getegid();
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWCGROUP) != 0)
        fa_sandbox_give_up(fd, "make", "a user namespace");
    write_map("/proc/self/setgroups", "deny", fd);
    map_user(0, user, group, fd);
    if (sethostname(HOST_INSIDE, strlen(HOST_INSIDE)) != 0)
        fa_sandbox_give_up(fd, "name", "the host");
    umask(0);
    fa_sandbox_prepare_mounts(fd);
}

static _Noreturn void
refuse(int fd, int number)
{
    errno = number;
    fa_sandbox_give_up(fd, "read", "an order");
}

static char *
read_file(int file, size_t *ret_length, int fd)
{
    struct stat status;
    if (fstat(file, &status) != 0 || status.st_size <= 0 || status.st_size > ORDER_MAX)
        refuse(fd, EFBIG);
    size_t length = (size_t)status.st_size, done = 0;
    char *text = malloc(length);
    while (text != NULL && done < length) {
        ssize_t count = pread(file, text + done, length - done, (off_t)done);
        if (count <= 0 && errno != EINTR)
            refuse(fd, EIO);
        done += count > 0 ? (size_t)count : 0;
    }
    if (text == NULL || text[length - 1] != '\0')
        refuse(fd, EBADMSG);
    *ret_length = length;
    return text;
}

/* (transfer full) The words of @text, NULL-ended. */
static char **
divide(char *text, size_t length, size_t *ret_count, int fd)
{
    char **words = calloc(WORDS_MAX + 1, sizeof *words);
    size_t count = 0;
    if (words == NULL)
        refuse(fd, ENOMEM);
    for (char *word = text; word < text + length; word += strlen(word) + 1) {
        if (count == WORDS_MAX)
            refuse(fd, E2BIG);
        words[count++] = word;
    }
    *ret_count = count;
    return words;
}

static bool
read_kind(const char *word, FaBindKind *ret_kind)
{
    static const char *const names[] = {
        [FA_BIND_READ_ONLY] = "ro",
        [FA_BIND_READ_ONLY_IF_THERE] = "try",
        [FA_BIND_WRITABLE] = "rw",
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(word, names[i]) == 0) {
            *ret_kind = (FaBindKind)i;
            return true;
        }
    }
    return false;
}

static void
read_order(int file, Order *order, int fd)
{
    size_t length, count, at = 1;
    char *text = read_file(file, &length, fd);
    char **words = divide(text, length, &count, fd);

    order->is_open = strcmp(words[0], "open") == 0;
    while (at < count && strcmp(words[at], "--") != 0) {
        FaBind *bind = &order->binds[order->length];
        if (at + 2 >= count || order->length == FA_BINDS_MAX ||
            !read_kind(words[at], &bind->kind) || words[at + 1][0] != '/' ||
            words[at + 2][0] != '/')
            refuse(fd, EBADMSG);
        bind->from = words[at + 1];
        bind->to = words[at + 2];
        order->length++;
        at += 3;
    }
    if (at + 1 >= count)
        refuse(fd, EBADMSG);
    order->script = words[at + 1];
    order->environment = words + at + 2;
}

static bool
start_loopback(void)
{
    struct ifreq request = {.ifr_name = "lo"};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool ok = fd >= 0 && ioctl(fd, SIOCGIFFLAGS, &request) == 0;
    request.ifr_flags |= IFF_UP;
    ok = ok && ioctl(fd, SIOCSIFFLAGS, &request) == 0;
    if (fd >= 0)
        close(fd);
    return ok;
}

/* Another process of ours makes it, for this one has to stay in the network of the machine. */
static int
make_network(void)
{
    int status;
    pid_t pid = begin(CLONE_NEWNET | CLONE_FILES, SIGCHLD, NULL);
    if (pid == 0) {
        int fd = start_loopback() ? open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC) : -1;
        _exit(fd >= 0 && fd < NO_FILE ? fd : NO_FILE);
    }
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    return pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) != NO_FILE ? WEXITSTATUS(status)
                                                                          : -1;
}

/* (nullable) One that nobody has: all who were in it have ended. */
static Network *
find_network(Networks *networks)
{
    for (size_t i = 0; i < networks->length; i++) {
        Network *network = &networks->all[i];
        struct pollfd ended = {.fd = network->user, .events = POLLIN};
        if (network->user >= 0 && poll(&ended, 1, 0) <= 0)
            continue;
        if (network->user >= 0)
            close(network->user);
        network->user = -1;
        return network;
    }
    int fd = networks->length < NETWORKS_MAX ? make_network() : -1;
    if (fd < 0)
        return NULL;
    networks->all[networks->length] = (Network){.fd = fd, .user = -1};
    return &networks->all[networks->length++];
}

/* No socket is left in the network that we are in, nor a port that the kernel still keeps for one. */
static bool
is_untouched(void)
{
    static const char no_socket[] = "sockets: used 0\n";
    char text[512];
    int fd = open("/proc/self/net/sockstat", O_RDONLY | O_CLOEXEC);
    ssize_t length = fd >= 0 ? read(fd, text, sizeof text - 1) : -1;
    if (fd >= 0)
        close(fd);
    if (length < 0)
        return false;
    text[length] = '\0';
    return strncmp(text, no_socket, sizeof no_socket - 1) == 0 && strstr(text, " tw 0 ") != NULL;
}

/* A loopback, and nobody else on it. To make one takes the kernel longer than all the rest of a sandbox. */
static void
enter_network(int network, int fd)
{
    if (network >= 0 && setns(network, CLONE_NEWNET) == 0 && is_untouched())
        return;
    if (unshare(CLONE_NEWNET) != 0 || !start_loopback())
        fa_sandbox_give_up(fd, "make", "a network of its own");
}

/* No capability, and none to be had: not here, not by a program, not in the namespaces that were made above. */
static void
become_nobody(int fd)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {{0}};

    if (unshare(CLONE_NEWUSER) != 0)
        fa_sandbox_give_up(fd, "make", "a second user namespace");
    map_user(USER_INSIDE, 0, 0, fd);
    for (int capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; capability++) {
        if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0)
            fa_sandbox_give_up(fd, "drop", "a capability");
    }
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || syscall(SYS_capset, &header, none) != 0)
        fa_sandbox_give_up(fd, "drop", "all capabilities");
    /* Until it is another program: who is inside does not look into the first process. */
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
        fa_sandbox_give_up(fd, "close", "the first process");
}

static _Noreturn void
run_script(const Order *order, const int files[FA_SERVANT_FILES])
{
    int fd = files[FA_SERVANT_ANSWER];
    char *arguments[] = {(char *)"/bin/sh", (char *)"-eu", (char *)"-c", order->script, NULL};
    sigset_t none;

    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    umask(022);
    if (dup2(files[FA_SERVANT_INPUT], STDIN_FILENO) < 0 ||
        dup2(files[FA_SERVANT_OUTPUT], STDOUT_FILENO) < 0 ||
        dup2(files[FA_SERVANT_ERROR], STDERR_FILENO) < 0)
        fa_sandbox_give_up(fd, "pass on", "files");
    if (chdir(BUILD_INSIDE) != 0 && errno != ENOENT)
        fa_sandbox_give_up(fd, "go to", BUILD_INSIDE);
    execve(arguments[0], arguments, order->environment);
    fa_sandbox_give_up(fd, "start", arguments[0]);
}

/* The first process of the namespace: takes in who lost its parent, and ends with the script, or with our master. It
 * has no file open but the end of a pipe. */
static _Noreturn void
watch(pid_t script, const sigset_t *ended)
{
    close(STDIN_FILENO);
    int children = signalfd(-1, ended, SFD_CLOEXEC);
    close_range(STDERR_FILENO, ~0U, 0);
    for (;;) {
        struct pollfd polls[] = {{.fd = children, .events = POLLIN}, {.fd = LIFELINE}};
        struct signalfd_siginfo news;
        int status;
        pid_t pid;
        while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
            if (pid == script)
                _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
        }
        if (poll(polls, 2, -1) > 0 && polls[1].revents != 0)
            _exit(FAILED);
        if (polls[0].revents != 0 && read(children, &news, sizeof news) < 0)
            _exit(FAILED);
    }
}

static _Noreturn void
do_order(const int files[FA_SERVANT_FILES], int network)
{
    static Order order; /* of this process alone */
    int fd = files[FA_SERVANT_ANSWER];
    sigset_t ended;

    sigemptyset(&ended);
    sigaddset(&ended, SIGCHLD);
    sigprocmask(SIG_BLOCK, &ended, NULL);
    setsid();
    read_order(files[FA_SERVANT_ORDER], &order, fd);
    close(files[FA_SERVANT_ORDER]);
    if (!order.is_open)
        enter_network(network, fd);
    fa_sandbox_make_mounts(order.binds, order.length, fd);
    become_nobody(fd);

    /* Nothing is copied: we wait until it is another program. */
    pid_t script = vfork();
    if (script < 0)
        fa_sandbox_give_up(fd, "start", "a process");
    if (script == 0)
        run_script(&order, files);
    watch(script, &ended);
}

/* False when no more come. @ret_first: of the order. */
static bool
receive(int files[FA_SERVANT_FILES], char *ret_first)
{
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int) * FA_SERVANT_FILES)];
    } control;
    struct iovec part = {.iov_base = ret_first, .iov_len = 1};
    struct msghdr message = {
        .msg_iov = &part,
        .msg_iovlen = 1,
        .msg_control = control.bytes,
        .msg_controllen = sizeof control.bytes,
    };
    ssize_t length;
    do
        length = recvmsg(STDIN_FILENO, &message, MSG_CMSG_CLOEXEC);
    while (length < 0 && errno == EINTR);
    const struct cmsghdr *header = length > 0 ? CMSG_FIRSTHDR(&message) : NULL;
    if (header == NULL || header->cmsg_type != SCM_RIGHTS ||
        header->cmsg_len != CMSG_LEN(sizeof(int) * FA_SERVANT_FILES))
        return false;
    memcpy(files, CMSG_DATA(header), sizeof(int) * FA_SERVANT_FILES);
    return true;
}

static void
answer(int fd, int32_t number)
{
    ssize_t sent = send(fd, &number, sizeof number, MSG_NOSIGNAL);
    if (sent < 0)
        errno = 0; /* who asked is gone, and what was started will notice */
}

static void
start(const int files[FA_SERVANT_FILES], Networks *networks, bool is_open)
{
    Network *network = is_open ? NULL : find_network(networks);
    int user = -1;
    pid_t pid = begin(apart_always, 0, network != NULL ? &user : NULL);
    if (pid == 0)
        do_order(files, network != NULL ? network->fd : -1);
    answer(files[FA_SERVANT_ANSWER], pid > 0 ? pid : -errno);
    if (pid > 0 && network != NULL)
        network->user = user;
}

int
main(void)
{
    static Networks networks;
    int files[FA_SERVANT_FILES];
    char first;
    if (fcntl(STDIN_FILENO, F_GETFD) < 0 || fcntl(LIFELINE, F_GETFD) < 0)
        return 2;
    prepare(STDIN_FILENO);
    if (send(STDIN_FILENO, "", 1, MSG_NOSIGNAL) != 1)
        return 1;
    while (receive(files, &first)) {
        start(files, &networks, first == 'o');
        for (size_t i = 0; i < FA_SERVANT_FILES; i++)
            close(files[i]);
    }
    return 0;
}
