/*
 * The new supervisor in the process of the old one. Until sv_takeover_run() has made everything nothing is changed that the
 * old program would need: its descriptors stay open over an exec, and the state is not written to.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "supervise/handover.h"
#include "supervise/upgrade.h"
#include "supervise/values.h"

#define TIME_MAX   60 /* seconds to take over in */
#define STACK_SIZE ((size_t)64 << 10)

static const int fatal_signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGSYS, SIGALRM};

/* What a signal handler needs of the takeover that is under way. */
static struct {
    const SvTakeover *takeover;
    char **argv;
} current;

/* Returns only where it fails. */
static void
go_back(const SvTakeover *takeover, const char *reason)
{
    const SvTakeover back = {.state = takeover->state, .old = -1};
    char *const *env = sv_takeover_env(&back, reason);

    alarm(0);
    if (takeover->old < 0 || !env)
        return;
    if (fcntl(takeover->old, F_SETFD, FD_CLOEXEC) == 0)
        syscall(SYS_execveat, takeover->old, "", current.argv, env, AT_EMPTY_PATH);
}

static void
crashed(int number)
{
    char text[64] = "";
    const char *end = text + sizeof text - 1;

    if (number == SIGALRM)
        sv_add_text(text, end, "it did not take over in time");
    else
        sv_add_number(sv_add_text(text, end, "it crashed with signal "), end, number);
    go_back(current.takeover, text);
    _exit(1);
}

static void
set_handlers(void (*handler)(int number))
{
    static char stack[STACK_SIZE];
    const stack_t place = {.ss_sp = stack, .ss_size = sizeof stack};
    /* What is blocked stays so over an exec: a handler that goes back must not have blocked its own signal. */
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_ONSTACK | SA_NODEFER};

    sigaltstack(&place, NULL);
    for (size_t i = 0; i < sizeof fatal_signals / sizeof *fatal_signals; i++)
        sigaction(fatal_signals[i], &action, NULL);
}

static bool
read_number(const char **text, int *ret_number)
{
    char *end;

    errno = 0;
    long number = strtol(*text, &end, 10);
    if (end == *text || *end != ':' || errno != 0 || number < -1 || number > INT32_MAX)
        return false;
    *text = end + 1;
    *ret_number = (int)number;
    return true;
}

bool
sv_takeover_begin(SvTakeover *takeover, char **argv)
{
    const char *text = getenv(SV_STATE_VARIABLE);

    *takeover = (SvTakeover){.state = -1, .old = -1};
    if (!text)
        return false;
    if (!read_number(&text, &takeover->state) || !read_number(&text, &takeover->old))
        takeover->state = takeover->old = -1;
    else
        snprintf(takeover->reason, sizeof takeover->reason, "%s", text);
    unsetenv(SV_STATE_VARIABLE);
    current.takeover = takeover;
    current.argv = argv;
    if (takeover->old >= 0) {
        set_handlers(crashed);
        alarm(TIME_MAX);
    }
    return true;
}

static int
map_state(int fd, const void **ret_data, size_t *ret_length)
{
    struct stat st;

    if (fstat(fd, &st) < 0)
        return -errno;
    if (st.st_size == 0)
        return -ENODATA;
    void *data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (data == MAP_FAILED)
        return -errno;
    *ret_data = data;
    *ret_length = (size_t)st.st_size;
    return 0;
}

static int
read_state(int fd, SvSuper *super, bool take, char *why, size_t size)
{
    const void *data = NULL;
    size_t length = 0;
    int r = map_state(fd, &data, &length);

    if (r < 0) {
        snprintf(why, size, "cannot read the state: %s", strerror(-r));
        return r;
    }
    r = sv_handover_take(super, data, length, take, why, size);
    munmap((void *)data, length);
    return r;
}

static void
finish(SvTakeover *takeover, SvSuper *super)
{
    SvUpgrade *upgrade = &super->upgrade;

    alarm(0);
    if (takeover->old >= 0)
        set_handlers(SIG_DFL);
    close(takeover->state);
    if (takeover->old >= 0)
        close(takeover->old);
    sv_takeover_close_on_exec();
    /* A program that is executed by a descriptor is called after its number. */
    if (takeover->reason[0] == '\0')
        memcpy(upgrade->binary, upgrade->path, sizeof upgrade->binary);
    const char *slash = strrchr(upgrade->binary, '/');
    prctl(PR_SET_NAME, slash ? slash + 1 : upgrade->binary);
}

int
sv_takeover_run(SvTakeover *takeover, SvSuper *super)
{
    char why[512];
    int r = read_state(takeover->state, super, true, why, sizeof why);

    if (r == 0 && (r = sv_super_init(super)) < 0)
        snprintf(why, sizeof why, "cannot make the event loop: %s", strerror(-r));
    if (r < 0) {
        go_back(takeover, why);
        fprintf(stderr, "Error: cannot take over from the supervisor that was: %s\n", why);
        return 1;
    }
    sv_handover_resume(super);
    finish(takeover, super);
    if (takeover->reason[0] != '\0') {
        sv_log(super, SV_ERRO, "cannot upgrade to '%s': %s", super->upgrade.path, takeover->reason);
        sv_server_upgraded(super, SV_FAULT_FAILED, takeover->reason);
    } else {
        sv_log(super, SV_INFO, "took over from version %s, now version %s", super->upgrade.version,
               FA_VERSION);
        sv_server_upgraded(super, 0, "");
    }
    sv_reap_orphans(super);
    sv_server_resume(super);
    return 0;
}

int
sv_takeover_check(SvSuper *super)
{
    char why[512];

    if (read_state(STDIN_FILENO, super, false, why, sizeof why) < 0) {
        puts(why);
        return 1;
    }
    sv_handover_drop(super);
    puts(SV_STATE_GOOD);
    return 0;
}
