#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "sys/fd.h"
#include "sys/fs.h"
#include "sys/spawn.h"

#define THREADS       8
#define RUNS_A_THREAD 10

/* Runs @script in a shell with what else @spawn says; the spawn itself must succeed. */
static void
run_shell(const char *script, FaSpawn spawn, FaSpawnResult *ret_result)
{
    const char *const argv[] = {"sh", "-c", script, NULL};
    g_autoptr(GError) error = NULL;

    spawn.argv = argv;
    fa_spawn_run(&spawn, ret_result, &error);
    g_assert_no_error(error);
}

static void
test_output(void)
{
    g_auto(FaSpawnResult) result = {0};
    run_shell("echo out; echo err >&2; exit 3", (FaSpawn){0}, &result);
    g_assert_cmpint(result.status, ==, 3);
    g_assert_cmpint(result.signal, ==, 0);
    g_assert_cmpstr(result.output, ==, "out\n");
    g_assert_cmpstr(result.error_output, ==, "err\n");
    g_assert_cmpint(result.elapsed, >, 0);
}

static void
test_merge(void)
{
    g_auto(FaSpawnResult) result = {0};
    run_shell("echo a; echo b >&2; echo c", (FaSpawn){.merge_stderr = true}, &result);
    g_assert_cmpstr(result.output, ==, "a\nb\nc\n");
    g_assert_cmpuint(result.error_output_length, ==, 0);
}

static void
test_input(void)
{
    g_autofree char *large = g_strnfill(1000000, 'i');
    g_auto(FaSpawnResult) counted = {0}, unread = {0}, none = {0};

    run_shell("wc -c", (FaSpawn){.input = large, .input_length = 1000000}, &counted);
    g_assert_cmpstr(g_strstrip(counted.output), ==, "1000000");
    run_shell("exec true", (FaSpawn){.input = large, .input_length = 1000000}, &unread);
    g_assert_cmpint(unread.status, ==, 0);
    run_shell("wc -c", (FaSpawn){0}, &none);
    g_assert_cmpstr(g_strstrip(none.output), ==, "0");
}

static void
count_bytes(const char *bytes, size_t length, void *data)
{
    *(size_t *)data += length;
}

static void
test_limit(void)
{
    g_auto(FaSpawnResult) result = {0};
    size_t seen = 0;
    run_shell("yes | head -c 3000000; yes | head -c 2000000 >&2",
              (FaSpawn){.output_limit = 10, .on_output = count_bytes, .on_output_data = &seen},
              &result);
    g_assert_cmpuint(result.output_length, ==, 10);
    g_assert_cmpuint(result.error_output_length, ==, 10);
    g_assert_cmpstr(result.output, ==, "y\ny\ny\ny\ny\n");
    g_assert_cmpuint(seen, ==, 5000000);
}

static void
test_environment(void)
{
    static const char *const environment[] = {"ONLY=this", "PATH=/usr/bin:/bin", NULL};
    g_auto(FaSpawnResult) result = {0}, inherited = {0};

    run_shell("env | grep -v -e ^PWD= -e ^_= -e ^SHLVL= | sort",
              (FaSpawn){.environment = environment}, &result);
    g_assert_cmpstr(result.output, ==, "ONLY=this\nPATH=/usr/bin:/bin\n");
    g_setenv("FA_TEST_SPAWN", "yes", TRUE);
    run_shell("echo $FA_TEST_SPAWN", (FaSpawn){0}, &inherited);
    g_assert_cmpstr(inherited.output, ==, "yes\n");
}

static void
test_directory(void)
{
    g_auto(FaSpawnResult) result = {0};
    g_autoptr(GError) error = NULL;
    static const char *const argv[] = {"pwd", NULL};

    run_shell("pwd", (FaSpawn){.directory = "/usr"}, &result);
    g_assert_cmpstr(result.output, ==, "/usr\n");
    g_assert_false(fa_spawn_run(&(FaSpawn){.argv = argv, .directory = "/no/such"}, NULL, &error));
    g_assert_true(fa_error_is(error, FA_ERROR_NOT_FOUND));
    g_assert_nonnull(strstr(error->message, "'/no/such'"));
}

static void
test_missing(void)
{
    static const char *const names[] = {"no-such-program-here", "/no/such/program", NULL};
    static const char *const not_executable[] = {"/etc/passwd", NULL};
    g_autoptr(GError) denied = NULL;

    for (const char *const *name = names; *name != NULL; name++) {
        const char *const argv[] = {*name, NULL};
        g_autoptr(GError) error = NULL;
        g_assert_false(fa_spawn_run(&(FaSpawn){.argv = argv}, NULL, &error));
        g_assert_true(fa_error_is(error, FA_ERROR_NOT_FOUND));
        g_assert_nonnull(strstr(error->message, *name));
    }
    g_assert_false(fa_spawn_run(&(FaSpawn){.argv = not_executable}, NULL, &denied));
    g_assert_true(fa_error_is(denied, FA_ERROR_DENIED));
}

static void
test_signal(void)
{
    g_auto(FaSpawnResult) result = {0};
    run_shell("kill -9 $$", (FaSpawn){0}, &result);
    g_assert_cmpint(result.signal, ==, SIGKILL);
    g_assert_cmpint(result.status, ==, 137);
}

static void
test_fresh_signals(void)
{
    g_auto(FaSpawnResult) result = {0};
    sigset_t blocked, before;

    sigemptyset(&blocked);
    sigaddset(&blocked, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &blocked, &before);
    void (*old)(int) = signal(SIGPIPE, SIG_IGN);
    run_shell("exec grep -hoP 'Sig(Blk|Ign):\\t\\K.*' /proc/self/status", (FaSpawn){0}, &result);
    signal(SIGPIPE, old);
    pthread_sigmask(SIG_SETMASK, &before, NULL);

    g_auto(GStrv) masks = g_strsplit(result.output, "\n", -1);
    g_assert_cmpstr(masks[0], ==, "0000000000000000");
    /* glibc leaves its own two, 32 and 33, ignored. */
    g_assert_cmphex(g_ascii_strtoull(masks[1], NULL, 16) & ~(guint64)0x180000000, ==, 0);
}

static void
test_descriptors(void)
{
    g_auto(FaSpawnResult) result = {0};
    int leaked = dup(STDERR_FILENO); /* on purpose without close-on-exec */

    run_shell("ls /proc/$$/fd", (FaSpawn){0}, &result);
    close(leaked);
    g_assert_cmpstr(result.output, ==, "0\n1\n2\n");
}

static void
test_log(void)
{
    g_auto(FaSpawnResult) logged = {0}, direct = {0};
    g_autofree char *root = fa_fs_make_temporary(g_get_tmp_dir(), "test-spawn-", NULL),
                    *content = NULL;
    g_autofree char *path = g_build_filename(root, "log", NULL);
    fa_autofd int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

    run_shell("echo one; echo two >&2", (FaSpawn){.log_fd = fd, .merge_stderr = true}, &logged);
    g_assert_cmpstr(logged.output, ==, "one\ntwo\n");
    run_shell("echo three; echo four >&2", (FaSpawn){.output_fd = fd}, &direct);
    g_assert_cmpuint(direct.output_length, ==, 0);
    g_assert_cmpstr(direct.error_output, ==, "four\n");
    g_assert_true(fa_fs_read(path, 100, &content, NULL, NULL));
    g_assert_cmpstr(content, ==, "one\ntwo\nthree\n");
    g_assert_true(fa_fs_remove_tree(root, NULL));
}

static pid_t
read_pid(const char *text)
{
    guint64 pid;
    g_assert_true(g_ascii_string_to_unsigned(text, 10, 2, G_MAXINT, &pid, NULL));
    return (pid_t)pid;
}

/* A signal takes its time: waits for the end of the process, which must come. */
static void
assert_ends(const char *pid_text)
{
    fa_autofd int fd = pidfd_open(read_pid(pid_text), 0);
    struct pollfd end = {.fd = fd, .events = POLLIN};
    if (fd >= 0)
        g_assert_cmpint(poll(&end, 1, 20000), ==, 1);
}

static void
test_timeout(void)
{
    static const char *const argv[] = {
        "sh", "-c", "trap 'echo bye; exit 9' TERM; sleep 1000 & echo $!; wait", NULL};
    g_auto(FaSpawnResult) result = {0};
    g_autoptr(GError) error = NULL;

    g_assert_false(fa_spawn_run(&(FaSpawn){.argv = argv, .timeout = 1}, &result, &error));
    g_assert_true(fa_error_is(error, FA_ERROR_FAILED));
    g_assert_cmpstr(error->message, ==, "'sh' did not end within 1 s");
    g_assert_true(result.timed_out);
    g_assert_cmpint(result.status, ==, 9);
    g_auto(GStrv) lines = g_strsplit(result.output, "\n", -1);
    g_assert_cmpstr(lines[1], ==, "bye");
    assert_ends(lines[0]);
}

static void
cancel_on_output(const char *bytes, size_t length, void *data)
{
    fa_cancel_set(data);
}

static void
test_cancel(void)
{
    g_autoptr(FaCancel) cancel = fa_cancel_new();
    static const char *const argv[] = {"sh", "-c", "sleep 1000 & echo $!; wait", NULL};
    g_auto(FaSpawnResult) result = {0};
    g_autoptr(GError) error = NULL, again = NULL;
    const FaSpawn spawn = {
        .argv = argv, .cancel = cancel, .on_output = cancel_on_output, .on_output_data = cancel};

    g_assert_false(fa_spawn_run(&spawn, &result, &error));
    g_assert_true(fa_error_is(error, FA_ERROR_CANCELLED));
    g_assert_cmpint(result.signal, ==, SIGTERM);
    assert_ends(g_strchomp(result.output));
    g_assert_false(fa_spawn_run(&spawn, NULL, &again));
    g_assert_true(fa_error_is(again, FA_ERROR_CANCELLED));
}

static void
test_left_behind(void)
{
    g_auto(FaSpawnResult) result = {0};
    run_shell("sleep 1000 & echo $!", (FaSpawn){0}, &result);
    g_assert_cmpint(result.elapsed, <, 60 * 1000000);
    pid_t pid = read_pid(g_strchomp(result.output));
    g_assert_cmpint(kill(pid, 0), ==, 0);
    kill(pid, SIGKILL);
}

static void
test_check(void)
{
    g_autoptr(GError) error = NULL;
    static const char *const bad[] = {
        "sh", "-c", "echo said; printf 'first\\nlast \\033[2J\\n' >&2; exit 5", NULL};
    static const char *const good[] = {"true", NULL};

    g_assert_false(fa_spawn_check(&(FaSpawn){.argv = bad}, NULL, &error));
    g_assert_cmpstr(error->message, ==, "'sh' ended with status 5: first\nlast ?[2J");
    g_assert_true(fa_spawn_check(&(FaSpawn){.argv = good}, NULL, NULL));
}

static gpointer
run_many(gpointer data)
{
    for (int i = 0; i < RUNS_A_THREAD; i++) {
        g_auto(FaSpawnResult) result = {0};
        g_autofree char *script = g_strdup_printf("echo %d; exit %d", i, i);
        run_shell(script, (FaSpawn){0}, &result);
        g_autofree char *expected = g_strdup_printf("%d\n", i);
        g_assert_cmpstr(result.output, ==, expected);
        g_assert_cmpint(result.status, ==, i);
    }
    return NULL;
}

static void
test_threads(void)
{
    GThread *threads[THREADS];
    for (size_t i = 0; i < THREADS; i++)
        threads[i] = g_thread_new("run", run_many, NULL);
    for (size_t i = 0; i < THREADS; i++)
        g_thread_join(threads[i]);
}

static void
test_find(void)
{
    g_autofree char *sh = fa_spawn_find("sh", "/nonexistent::/bin");
    g_assert_cmpstr(sh, ==, "/bin/sh");
    g_assert_null(fa_spawn_find("bin", "/usr"));
    g_assert_null(fa_spawn_find("passwd", "/etc"));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/spawn/output-errors-and-status-come-back", test_output);
    g_test_add_func("/spawn/merged-output-keeps-its-order", test_merge);
    g_test_add_func("/spawn/input-of-any-size-may-be-read-or-not", test_input);
    g_test_add_func("/spawn/more-output-than-the-limit-is-read-and-dropped", test_limit);
    g_test_add_func("/spawn/the-environment-is-what-was-given", test_environment);
    g_test_add_func("/spawn/it-runs-in-its-directory", test_directory);
    g_test_add_func("/spawn/a-missing-program-is-named", test_missing);
    g_test_add_func("/spawn/a-death-by-signal-is-told", test_signal);
    g_test_add_func("/spawn/signals-are-those-of-a-fresh-process", test_fresh_signals);
    g_test_add_func("/spawn/no-descriptor-is-inherited", test_descriptors);
    g_test_add_func("/spawn/a-log-gets-a-copy-and-a-file-gets-all", test_log);
    g_test_add_func("/spawn/a-timeout-ends-the-whole-group", test_timeout);
    g_test_add_func("/spawn/a-cancel-ends-the-whole-group", test_cancel);
    g_test_add_func("/spawn/a-daemon-left-behind-is-not-waited-for", test_left_behind);
    g_test_add_func("/spawn/a-failed-check-has-the-last-words", test_check);
    g_test_add_func("/spawn/threads-do-not-disturb-each-other", test_threads);
    g_test_add_func("/spawn/a-program-is-found-as-the-shell-would", test_find);
    return g_test_run();
}
