/*
 * Another program takes our place and goes on with everything that runs: `supervisorctl upgrade`.
 *
 * The program is opened once, and what was opened is what is asked and executed, whatever happens to its name. First it is
 * given the state as it is now and says whether it can go on from that; so is our own program, where it is another one, for
 * it is the way back. We go on meanwhile. Then, between two turns of the loop, the state is written to a memory file, all
 * descriptors that it names are kept open, and the program is executed in our process: the children stay ours. If that
 * fails we go on as if nothing had happened; if it fails later, takeover.c executes our own program again.
 */
#include "supervise/upgrade.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "supervise/child.h"
#include "supervise/handover.h"
#include "supervise/server.h"
#include "supervise/values.h"

#define PROBE_TIME (30 * SV_SECOND)
#define WORDS_MAX  1024
#define ARGV_MAX   256

void
sv_upgrade_init(SvSuper *super, char **argv)
{
    SvUpgrade *upgrade = &super->upgrade;
    const char *name = (const char *)getauxval(AT_EXECFN);
    char directory[PATH_MAX] = "";

    upgrade->argv = argv;
    upgrade->probe.fd = upgrade->program = upgrade->words = -1;
    if (name && *name != '/' && !getcwd(directory, sizeof directory))
        return;
    if (name)
        snprintf(upgrade->binary, sizeof upgrade->binary, "%.*s%s%s", (int)sizeof directory / 2,
                 directory, *name != '/' ? "/" : "", name);
}

static void
close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static void fail(SvSuper *super, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void
fail(SvSuper *super, const char *format, ...)
{
    SvUpgrade *upgrade = &super->upgrade;
    va_list args;
    SvBuf buf;

    sv_buf_init(&buf, upgrade->words_of_failure, sizeof upgrade->words_of_failure);
    sv_buf_printf(&buf, "cannot upgrade to '%s': ", upgrade->path);
    va_start(args, format);
    sv_buf_vprintf(&buf, format, args);
    va_end(args);
    sv_log(super, SV_WARN, "%s", upgrade->words_of_failure);
    close_fd(&upgrade->program);
    close_fd(&upgrade->words);
    /* Who asked is told when the turn is over. */
    upgrade->failed = true;
}

/* A memory file with the state. Returns it, or negative errno. */
static int
write_state(SvSuper *super, bool keep)
{
    int fd = memfd_create("fassembler-supervisord", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    if (fd < 0)
        return -errno;
    snprintf(super->upgrade.version, sizeof super->upgrade.version, "%s", FA_VERSION);
    super->upgrade.began = sv_now();
    int r = sv_handover_give(super, fd, keep);
    /* Nobody shall change it or cut it off while it is read. */
    if (r == 0 &&
        fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0)
        r = -errno;
    if (r < 0) {
        close(fd);
        return r;
    }
    return fd;
}

/* What the program that was asked said, without the end of the line. */
static void
read_words(SvUpgrade *upgrade, char *words, size_t size)
{
    ssize_t n = read(upgrade->words, words, size - 1);

    words[n > 0 ? n : 0] = '\0';
    words[strcspn(words, "\n")] = '\0';
    close_fd(&upgrade->words);
}

static bool
is_our_program(int fd)
{
    struct stat ours, its;

    return stat("/proc/self/exe", &ours) == 0 && fstat(fd, &its) == 0 &&
           ours.st_dev == its.st_dev && ours.st_ino == its.st_ino;
}

static void probe_ended(SvSuper *super, SvWatch *watch, uint32_t events);

static void
probe_is_late(SvSuper *super, SvTimer *timer)
{
    syscall(SYS_pidfd_send_signal, super->upgrade.probe.fd, SIGKILL, NULL, 0U);
}

/* Our own command line again, with one word more: NULL where it is too long. It is looked at until the exec. */
static const char *const *
make_argv(const SvUpgrade *upgrade)
{
    static const char *list[ARGV_MAX];
    size_t count = 0;

    list[count++] = upgrade->path;
    for (char **word = upgrade->argv + 1; *upgrade->argv && *word; word++) {
        if (count == ARGV_MAX - 2)
            return NULL;
        list[count++] = *word;
    }
    list[count++] = "--" SV_CHECK_STATE;
    list[count] = NULL;
    return list;
}

/* Asks the program at @path whether it can go on from what is now. Returns 0 or negative errno. */
static int
ask(SvSuper *super, const char *path)
{
    SvUpgrade *upgrade = &super->upgrade;
    const SvProgram program = {.name = "upgrade", .uid = -1, .umask = -1};
    const SvGroupConf group_conf = {.name = program.name};
    SvGroup group = {.conf = &group_conf};
    const SvProc proc = {.conf = &program, .group = &group};
    const char *const *argv = make_argv(upgrade);
    int words[2];
    int pidfd;

    if (!argv)
        return -E2BIG;
    int state = write_state(super, false);
    if (state < 0)
        return state;
    if (pipe2(words, O_CLOEXEC | O_NONBLOCK) < 0) {
        int problem = -errno;
        close(state);
        return problem;
    }
    SvSpawn plan = {.proc = &proc,
                    .path = path,
                    .argv = (char *const *)(void *)argv,
                    .own_table = true,
                    .in = state,
                    .out = words[1],
                    .err = words[1]};
    int r = sv_child_spawn(super, &plan, &upgrade->pid, &pidfd);
    close(state);
    close(words[1]);
    if (r < 0) {
        close(words[0]);
        return r;
    }
    sv_reap_expect(super, &upgrade->child, upgrade->pid);
    upgrade->words = words[0];
    upgrade->probe = (SvWatch){.fd = pidfd, .ready = probe_ended};
    upgrade->timer.fire = probe_is_late;
    sv_watch_add(&super->loop, &upgrade->probe, EPOLLIN);
    sv_timer_set(&super->loop, &upgrade->timer, sv_now() + PROBE_TIME);
    return 0;
}

static void
probe_ended(SvSuper *super, SvWatch *watch, uint32_t events)
{
    SvUpgrade *upgrade = &super->upgrade;
    char words[WORDS_MAX];
    int status;

    if (waitpid(upgrade->pid, &status, WNOHANG) != upgrade->pid)
        return;
    sv_reap_forget(super, &upgrade->child);
    upgrade->pid = 0;
    sv_watch_close(&super->loop, watch);
    sv_timer_clear(&super->loop, &upgrade->timer);
    read_words(upgrade, words, sizeof words);
    if (!WIFEXITED(status)) {
        fail(super, "%s was terminated when it was asked whether it can take over",
             upgrade->way_back ? "our own program" : "it");
    } else if (WEXITSTATUS(status) != 0 || strcmp(words, SV_STATE_GOOD) != 0) {
        fail(super, "%s: %s", upgrade->way_back ? "there is no way back" : "it cannot take over",
             WEXITSTATUS(status) != 0 ? words : "it is no supervisor");
    } else if (upgrade->way_back || is_our_program(upgrade->program)) {
        upgrade->due = true;
    } else {
        upgrade->way_back = true;
        int r = ask(super, "/proc/self/exe");
        if (r < 0)
            fail(super, "there is no way back: %s", strerror(-r));
    }
}

/* Who owns the supervisor may say what program it becomes; whoever may only talk to it may not. */
static bool
is_trusted(const SvRpc *rpc)
{
    const SvClient *client = &rpc->super->server->clients[__builtin_ctzll(rpc->bit)];
    struct ucred peer;
    socklen_t size = sizeof peer;

    return client->conf->path &&
           getsockopt(client->watch.fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
           (peer.uid == 0 || peer.uid == geteuid());
}

static SvOutcome
begin(SvRpc *rpc, const char *path)
{
    SvUpgrade *upgrade = &rpc->super->upgrade;
    char place[64];
    struct stat st;

    if (snprintf(upgrade->path, sizeof upgrade->path, "%s", path) >= (int)sizeof upgrade->path)
        return sv_rpc_fail(rpc, SV_FAULT_FAILED, "the path is too long");
    upgrade->program = open(path, O_PATH | O_CLOEXEC);
    if (upgrade->program < 0)
        return sv_rpc_fail(rpc, SV_FAULT_NO_FILE, "%s: %s", path, strerror(errno));
    snprintf(place, sizeof place, "/proc/self/fd/%d", upgrade->program);
    if (fstat(upgrade->program, &st) < 0 || !S_ISREG(st.st_mode) ||
        faccessat(AT_FDCWD, place, X_OK, AT_EACCESS) < 0) {
        close_fd(&upgrade->program);
        return sv_rpc_fail(rpc, SV_FAULT_NOT_EXECUTABLE, "%s", path);
    }
    upgrade->way_back = false;
    int r = ask(rpc->super, place);
    if (r < 0) {
        close_fd(&upgrade->program);
        return sv_rpc_fail(rpc, SV_FAULT_FAILED, "cannot ask '%s': %s", path, strerror(-r));
    }
    rpc->upgrading = true;
    return SV_WAITS;
}

SvOutcome
sv_rpc_upgrade(SvRpc *rpc, const SvValue *params)
{
    SvUpgrade *upgrade = &rpc->super->upgrade;
    bool named = params->count > 0;
    const char *path = named ? sv_rpc_string(rpc, params, 0) : upgrade->binary;

    if (!path)
        return SV_FAILED;
    if (rpc->super->mood < SV_MOOD_RUNNING)
        return sv_rpc_refuse(rpc, SV_FAULT_SHUTDOWN_STATE);
    if (named && !is_trusted(rpc))
        return sv_rpc_fail(rpc, SV_FAULT_FAILED,
                           "only root and the user of the supervisor may name a program, and only "
                           "through a Unix socket");
    if (*path != '/')
        return sv_rpc_fail(rpc, SV_FAULT_BAD_ARGUMENTS, "'%s' is no absolute path", path);
    if (upgrade->pid > 0 || upgrade->due)
        return sv_rpc_fail(rpc, SV_FAULT_FAILED, "an upgrade is under way");
    return begin(rpc, path);
}

/* Returns why it failed, as negative errno; it does not return where it does not. */
static int
execute(SvSuper *super, int state)
{
    SvUpgrade *upgrade = &super->upgrade;
    char *name = upgrade->argv[0];
    SvTakeover next = {.state = state, .old = open("/proc/self/exe", O_PATH)};

    if (next.old < 0)
        return -errno;
    fcntl(state, F_SETFD, 0);
    char *const *env = sv_takeover_env(&next, "");
    if (strcmp(upgrade->path, upgrade->binary) != 0)
        upgrade->argv[0] = upgrade->path;
    if (env)
        execveat(upgrade->program, "", upgrade->argv, env, AT_EMPTY_PATH);
    int problem = env ? -errno : -E2BIG;
    upgrade->argv[0] = name;
    close(next.old);
    return problem;
}

void
sv_upgrade_go(SvSuper *super)
{
    SvUpgrade *upgrade = &super->upgrade;

    upgrade->due = false;
    if (super->mood < SV_MOOD_RUNNING) {
        fail(super, "%s", "the supervisor shuts down");
        return;
    }
    /* Before the state is written, which knows how long the log is. */
    sv_log(super, SV_INFO, "handing over to '%s'", upgrade->path);
    int state = write_state(super, true);
    int r = state < 0 ? state : execute(super, state);
    if (state >= 0)
        close(state);
    sv_takeover_close_on_exec();
    fail(super, "%s", strerror(-r));
}
