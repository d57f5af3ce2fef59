#include "sys/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/text.h"
#include "sys/clock.h"
#include "sys/fd.h"
#include "sys/fs.h"

#define OUTPUT_LIMIT     (1024 * 1024)
#define READ_BUFFER      (64 * 1024)
#define MESSAGE_MAX      2000 /* bytes of a failed program's last words */
#define DRAIN_AFTER_EXIT 100  /* milliseconds for what descendants still hold of our pipes */
#define FIRST_FREE       (STDERR_FILENO + 1)
#define DEFAULT_PATH     "/usr/local/bin:/usr/bin:/bin"

extern char **environ;

/* One of the two pipes that a program writes to. */
typedef struct Stream {
    int fd;
    GString *kept;
} Stream;

typedef struct Run {
    const FaSpawn *spawn;
    const char *name; /* of the program, for messages */
    pid_t pid;
    int pidfd;
    Stream streams[2]; /* stdout, stderr */
    size_t limit;
    int64_t started;
    int64_t deadline; /* when the next step of stopping is due; INT64_MAX: never */
    bool is_stopping;
    bool is_timed_out;
    bool is_cancelled;
} Run;

void
fa_spawn_result_clear(FaSpawnResult *result)
{
    g_free(result->output);
    g_free(result->error_output);
    *result = (FaSpawnResult){0};
}

char *
fa_spawn_find(const char *program, const char *path_variable)
{
    if (path_variable == NULL)
        path_variable = g_getenv("PATH");
    g_auto(GStrv) directories =
        g_strsplit(path_variable != NULL ? path_variable : DEFAULT_PATH, ":", -1);

    for (char **directory = directories; *directory != NULL; directory++) {
        /* An empty part would mean the working directory: never search there. */
        if (**directory == '\0')
            continue;
        g_autofree char *path = g_build_filename(*directory, program, NULL);
        if (access(path, X_OK) == 0 && !fa_fs_is_directory(path))
            return g_steal_pointer(&path);
    }
    return NULL;
}

char *
fa_spawn_find_helper(const char *name, GError **error)
{
    g_autofree char *self = fa_fs_read_symlink("/proc/self/exe", error);
    if (self == NULL)
        return NULL;

    g_autofree char *here = g_path_get_dirname(self);
    g_autofree char *libexec = g_build_filename(here, "..", "libexec", "fassembler", NULL);
    const char *const places[] = {g_getenv("FASSEMBLER_LIBEXEC"), here, libexec};
    for (size_t i = 0; i < G_N_ELEMENTS(places); i++) {
        if (places[i] == NULL)
            continue;
        g_autofree char *path = g_build_filename(places[i], name, NULL);
        if (access(path, X_OK) == 0)
            return g_steal_pointer(&path);
    }
    fa_fail(error, FA_ERROR_NOT_FOUND,
            "cannot find '%s' beside '%s'\nhelp: install fassembler whole", name, self);
    return NULL;
}

static const char *
get_path_variable(const FaSpawn *spawn)
{
    if (spawn->environment == NULL)
        return NULL;
    for (const char *const *entry = spawn->environment; *entry != NULL; entry++) {
        if (g_str_has_prefix(*entry, "PATH="))
            return *entry + strlen("PATH=");
    }
    return DEFAULT_PATH;
}

/* (transfer full) (nullable) */
static char *
find_program(const FaSpawn *spawn, GError **error)
{
    const char *program = spawn->argv[0];
    if (strchr(program, '/') != NULL)
        return g_strdup(program);

    char *path = fa_spawn_find(program, get_path_variable(spawn));
    if (path == NULL)
        fa_fail(error, FA_ERROR_NOT_FOUND, "cannot find program '%s'", program);
    return path;
}

/* Text for standard input lies in memory as a file: nothing to feed, and no SIGPIPE when the program does not read. */
static int
open_input(const FaSpawn *spawn)
{
    if (spawn->input == NULL)
        return open("/dev/null", O_RDONLY | O_CLOEXEC);

    fa_autofd int fd = memfd_create("stdin", MFD_CLOEXEC);
    size_t done = 0;
    while (fd >= 0 && done < spawn->input_length) {
        ssize_t count = write(fd, spawn->input + done, spawn->input_length - done);
        if (count < 0 && errno != EINTR)
            return -1;
        done += count > 0 ? (size_t)count : 0;
    }
    if (fd < 0 || lseek(fd, 0, SEEK_SET) != 0)
        return -1;
    return fa_fd_steal(&fd);
}

/* Descriptors of the program and our ends of its pipes. */
typedef struct Plumbing {
    int input;
    int output;
    int error_output;
} Plumbing;

static void
plumbing_clear(Plumbing *plumbing)
{
    fa_fd_clear(&plumbing->input);
    fa_fd_clear(&plumbing->output);
    fa_fd_clear(&plumbing->error_output);
}

/* Makes a pipe whose reading end does not block. */
static bool
make_pipe(int *ret_read, int *ret_write)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return false;
    if (fcntl(ends[0], F_SETFL, O_NONBLOCK) != 0) {
        close(ends[0]);
        close(ends[1]);
        return false;
    }
    *ret_read = ends[0];
    *ret_write = ends[1];
    return true;
}

static bool
open_plumbing(Run *run, Plumbing *plumbing, GError **error)
{
    const FaSpawn *spawn = run->spawn;

    plumbing->input = open_input(spawn);
    if (plumbing->input < 0)
        return fa_fail_errno(error, errno, "cannot start '%s': its input", run->name);
    if (spawn->output_fd <= 0 && !make_pipe(&run->streams[0].fd, &plumbing->output))
        return fa_fail_errno(error, errno, "cannot start '%s': a pipe", run->name);
    if (!spawn->merge_stderr && !make_pipe(&run->streams[1].fd, &plumbing->error_output))
        return fa_fail_errno(error, errno, "cannot start '%s': a pipe", run->name);
    return true;
}

/* What is done in the child between clone and exec, by posix_spawn() on a borrowed address space. */
static int
describe_files(posix_spawn_file_actions_t *actions, const FaSpawn *spawn, const Plumbing *plumbing)
{
    int number = 0;

    if (!spawn->inherit_tty) {
        int output = plumbing->output >= 0 ? plumbing->output : spawn->output_fd;
        number = posix_spawn_file_actions_adddup2(actions, plumbing->input, STDIN_FILENO);
        if (number == 0)
            number = posix_spawn_file_actions_adddup2(actions, output, STDOUT_FILENO);
        if (number == 0)
            number = posix_spawn_file_actions_adddup2(
                actions, spawn->merge_stderr ? STDOUT_FILENO : plumbing->error_output,
                STDERR_FILENO);
    }
    if (number == 0 && spawn->held_fd > 0)
        number = posix_spawn_file_actions_adddup2(actions, spawn->held_fd, FIRST_FREE);
    if (number == 0)
        number = posix_spawn_file_actions_addclosefrom_np(
            actions, spawn->held_fd > 0 ? FIRST_FREE + 1 : FIRST_FREE);
    if (number == 0 && spawn->directory != NULL)
        number = posix_spawn_file_actions_addchdir_np(actions, spawn->directory);
    return number;
}

/* Signals as a fresh process has them, and a session of its own unless it shares our terminal. */
static int
describe_process(posix_spawnattr_t *attributes, const FaSpawn *spawn)
{
    sigset_t all, none;
    short flags = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK;

    sigfillset(&all);
    sigemptyset(&none);
    /* A session, not only a group: without a controlling terminal a question fails instead of stopping for ever. */
    if (!spawn->inherit_tty)
        flags |= POSIX_SPAWN_SETSID;
    int number = posix_spawnattr_setflags(attributes, flags);
    if (number == 0)
        number = posix_spawnattr_setsigdefault(attributes, &all);
    if (number == 0)
        number = posix_spawnattr_setsigmask(attributes, &none);
    return number;
}

static int
start(Run *run, const char *path, const Plumbing *plumbing)
{
    const FaSpawn *spawn = run->spawn;
    char **environment = spawn->environment != NULL ? (char **)spawn->environment : environ;
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;

    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    int number = describe_files(&actions, spawn, plumbing);
    if (number == 0)
        number = describe_process(&attributes, spawn);
    if (number == 0)
        number =
            posix_spawn(&run->pid, path, &actions, &attributes, (char **)spawn->argv, environment);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return number;
}

/* It is our child as any other is. */
static bool
order_program(Run *run, const Plumbing *plumbing, GError **error)
{
    const FaSpawn *spawn = run->spawn;
    int output = plumbing->output >= 0 ? plumbing->output : spawn->output_fd;
    const FaOrder order = {
        .text = spawn->order->str,
        .length = spawn->order->len,
        .input = spawn->inherit_tty ? STDIN_FILENO : plumbing->input,
        .output = spawn->inherit_tty ? STDOUT_FILENO : output,
        .error_output = spawn->inherit_tty    ? STDERR_FILENO
                        : spawn->merge_stderr ? output
                                              : plumbing->error_output,
    };
    return fa_servant_order(spawn->servant, &order, &run->pid, error);
}

static bool
start_as_ordered(Run *run, GError **error)
{
    __attribute__((cleanup(plumbing_clear))) Plumbing plumbing = {-1, -1, -1};
    if ((!run->spawn->inherit_tty && !open_plumbing(run, &plumbing, error)) ||
        !order_program(run, &plumbing, error))
        return false;
    run->pidfd = pidfd_open(run->pid, 0);
    return true;
}

static bool
start_program(Run *run, GError **error)
{
    const FaSpawn *spawn = run->spawn;
    if (spawn->servant != NULL)
        return start_as_ordered(run, error);
    g_autofree char *path = find_program(spawn, error);
    if (path == NULL)
        return false;
    /* posix_spawn() does not tell a missing directory from a missing program. */
    if (spawn->directory != NULL && !fa_fs_is_directory(spawn->directory))
        return fa_fail(error, FA_ERROR_NOT_FOUND, "cannot start '%s': no directory '%s'", run->name,
                       spawn->directory);

    __attribute__((cleanup(plumbing_clear))) Plumbing plumbing = {-1, -1, -1};
    if (!spawn->inherit_tty && !open_plumbing(run, &plumbing, error))
        return false;

    int number = start(run, path, &plumbing);
    if (number != 0)
        return fa_fail_errno(error, number, "cannot start '%s'", path);
    /* Not reaped before we say so: the number cannot have become another's. */
    run->pidfd = pidfd_open(run->pid, 0);
    return true;
}

static void
take_output(Run *run, Stream *stream, const char *bytes, size_t length)
{
    const FaSpawn *spawn = run->spawn;

    if (stream->kept->len < run->limit)
        g_string_append_len(stream->kept, bytes,
                            (gssize)MIN(length, run->limit - stream->kept->len));
    if (spawn->on_output != NULL)
        spawn->on_output(bytes, length, spawn->on_output_data);
    while (spawn->log_fd > 0 && length > 0) {
        ssize_t count = write(spawn->log_fd, bytes, length);
        if (count < 0 && errno != EINTR)
            break; /* a full disk must not end the program; it will notice by itself */
        bytes += MAX(count, 0);
        length -= (size_t)MAX(count, 0);
    }
}

static void
read_stream(Run *run, Stream *stream)
{
    char buffer[READ_BUFFER];
    ssize_t count = read(stream->fd, buffer, sizeof buffer);

    if (count > 0)
        take_output(run, stream, buffer, (size_t)count);
    else if (count == 0 || (errno != EAGAIN && errno != EINTR))
        fa_fd_clear(&stream->fd);
}

static void
send_signal(const Run *run, int number)
{
    /* Its group, which is its session's; a program on our terminal has none of its own. */
    kill(run->spawn->inherit_tty ? run->pid : -run->pid, number);
}

static void
begin_to_stop(Run *run)
{
    send_signal(run, SIGTERM);
    send_signal(run, SIGCONT);
    run->is_stopping = true;
    run->deadline = fa_clock_monotonic() + FA_SPAWN_KILL_AFTER * (int64_t)1000000;
}

/* Looks at cancel and clock; what is due is done. */
static void
check_reasons_to_stop(Run *run)
{
    bool is_due = fa_clock_monotonic() >= run->deadline;

    if (run->is_stopping) {
        if (is_due) {
            send_signal(run, SIGKILL);
            run->deadline = INT64_MAX;
        }
        return;
    }
    run->is_cancelled = fa_cancel_is_set(run->spawn->cancel);
    run->is_timed_out = !run->is_cancelled && is_due;
    if (run->is_cancelled || run->is_timed_out)
        begin_to_stop(run);
}

static int
milliseconds_until(int64_t deadline)
{
    if (deadline == INT64_MAX)
        return -1;
    int64_t left = deadline - fa_clock_monotonic();
    return left <= 0 ? 0 : (int)MIN((left + 999) / 1000, G_MAXINT32);
}

enum { POLL_OUTPUT, POLL_ERROR, POLL_EXIT, POLL_CANCEL, POLL_COUNT };

static void
wait_for_exit(Run *run)
{
    for (bool is_ended = false; !is_ended;) {
        struct pollfd polls[POLL_COUNT] = {
            [POLL_OUTPUT] = {.fd = run->streams[0].fd, .events = POLLIN},
            [POLL_ERROR] = {.fd = run->streams[1].fd, .events = POLLIN},
            [POLL_EXIT] = {.fd = run->pidfd, .events = POLLIN},
            [POLL_CANCEL] = {.fd = run->is_stopping ? -1 : fa_cancel_get_fd(run->spawn->cancel),
                             .events = POLLIN},
        };
        if (poll(polls, POLL_COUNT, milliseconds_until(run->deadline)) < 0)
            continue;
        if (polls[POLL_OUTPUT].revents != 0)
            read_stream(run, &run->streams[0]);
        if (polls[POLL_ERROR].revents != 0)
            read_stream(run, &run->streams[1]);
        is_ended = polls[POLL_EXIT].revents != 0;
        if (!is_ended)
            check_reasons_to_stop(run);
    }
}

/* The program has ended, but a descendant may hold its pipes: what lies in them is taken, then they are left. */
static void
drain_streams(Run *run)
{
    int64_t until = fa_clock_monotonic() + DRAIN_AFTER_EXIT * (int64_t)1000;

    while (run->streams[0].fd >= 0 || run->streams[1].fd >= 0) {
        struct pollfd polls[2] = {
            {.fd = run->streams[0].fd, .events = POLLIN},
            {.fd = run->streams[1].fd, .events = POLLIN},
        };
        int ready = poll(polls, 2, milliseconds_until(until));
        if (ready == 0 || fa_clock_monotonic() >= until)
            return;
        for (size_t i = 0; ready > 0 && i < 2; i++) {
            if (polls[i].revents != 0)
                read_stream(run, &run->streams[i]);
        }
    }
}

static void
reap(Run *run, FaSpawnResult *result)
{
    siginfo_t info = {0};

    /* Who was asked to stop leaves nobody behind. Its number is still its own: it is not reaped yet. */
    if (run->is_stopping)
        send_signal(run, SIGKILL);
    drain_streams(run);
    while (waitid(P_PID, (id_t)run->pid, &info, WEXITED) != 0 && errno == EINTR)
        continue;

    result->signal = info.si_code == CLD_EXITED ? 0 : info.si_status;
    result->status = info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
    result->timed_out = run->is_timed_out;
    result->elapsed = fa_clock_monotonic() - run->started;
}

static void
steal_output(Run *run, FaSpawnResult *result)
{
    result->output_length = run->streams[0].kept->len;
    result->output = g_string_free(g_steal_pointer(&run->streams[0].kept), FALSE);
    result->error_output_length = run->streams[1].kept->len;
    result->error_output = g_string_free(g_steal_pointer(&run->streams[1].kept), FALSE);
}

/* Ctrl-C on a shared terminal is meant for the program on it, as system(3) has it. */
typedef struct Terminal {
    struct sigaction interrupt;
    struct sigaction quit;
} Terminal;

static void
lend_terminal(Terminal *saved)
{
    const struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigaction(SIGINT, &ignore, &saved->interrupt);
    sigaction(SIGQUIT, &ignore, &saved->quit);
}

static void
take_terminal_back(const Terminal *saved)
{
    sigaction(SIGINT, &saved->interrupt, NULL);
    sigaction(SIGQUIT, &saved->quit, NULL);
}

static bool
run_program(Run *run, FaSpawnResult *result, GError **error)
{
    Terminal terminal;

    if (run->spawn->inherit_tty)
        lend_terminal(&terminal);
    bool is_started = start_program(run, error);
    if (is_started) {
        wait_for_exit(run);
        reap(run, result);
    }
    if (run->spawn->inherit_tty)
        take_terminal_back(&terminal);
    return is_started;
}

bool
fa_spawn_run(const FaSpawn *spawn, FaSpawnResult *ret_result, GError **error)
{
    if (!fa_cancel_check(spawn->cancel, error))
        return false;

    Run run = {
        .spawn = spawn,
        .name = spawn->argv[0],
        .pidfd = -1,
        .streams = {{-1, g_string_new(NULL)}, {-1, g_string_new(NULL)}},
        .limit = spawn->output_limit > 0 ? spawn->output_limit : OUTPUT_LIMIT,
        .started = fa_clock_monotonic(),
    };
    run.deadline =
        spawn->timeout > 0 ? run.started + MIN(spawn->timeout, G_MAXINT32) * 1000000 : INT64_MAX;

    g_auto(FaSpawnResult) result = {0};
    bool is_run = run_program(&run, &result, error);
    steal_output(&run, &result);
    fa_fd_clear(&run.streams[0].fd);
    fa_fd_clear(&run.streams[1].fd);
    fa_fd_clear(&run.pidfd);
    if (!is_run)
        return false;

    if (ret_result != NULL) {
        *ret_result = result;
        result = (FaSpawnResult){0};
    }
    if (run.is_cancelled)
        return fa_fail(error, FA_ERROR_CANCELLED, "'%s' was stopped on request", run.name);
    if (run.is_timed_out)
        return fa_fail(error, FA_ERROR_FAILED, "'%s' did not end within %" G_GINT64_FORMAT " s",
                       run.name, spawn->timeout);
    return true;
}

/* (transfer full) The end of what the program said, from the beginning of a line. */
static char *
last_words(const FaSpawnResult *result)
{
    bool has_errors = result->error_output_length > 0;
    const char *text = has_errors ? result->error_output : result->output;
    size_t length = has_errors ? result->error_output_length : result->output_length;

    if (length > MESSAGE_MAX) {
        const char *cut = text + length - MESSAGE_MAX;
        const char *newline = memchr(cut, '\n', MESSAGE_MAX - 1);
        const char *from = newline != NULL ? newline + 1 : cut;
        length -= (size_t)(from - text);
        text = from;
    }
    char *clean = fa_text_sanitize(text, length);
    return g_strchomp(clean);
}

bool
fa_spawn_check(const FaSpawn *spawn, FaSpawnResult *ret_result, GError **error)
{
    g_auto(FaSpawnResult) result = {0};
    bool is_run = fa_spawn_run(spawn, &result, error);
    bool is_good = is_run && result.status == 0;

    if (is_run && !is_good) {
        g_autofree char *words = last_words(&result);
        g_autofree char *how = result.signal != 0
                                   ? g_strdup_printf("died of signal %d", result.signal)
                                   : g_strdup_printf("ended with status %d", result.status);
        fa_fail(error, FA_ERROR_FAILED, "'%s' %s%s%s", spawn->argv[0], how,
                *words != '\0' ? ": " : "", words);
    }
    if (ret_result != NULL) {
        *ret_result = result;
        result = (FaSpawnResult){0};
    }
    return is_good;
}
