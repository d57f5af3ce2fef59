#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "build/sandbox.h"
#include "sys/fd.h"
#include "sys/fs.h"

/* A home with a store, a build directory and a folder of files, and somebody's secret beside them. */
typedef struct Rig {
    char *home;
    char *store;
    char *build;
    char *staging;
    char *final;
    char *files;
    FaServant *servant;
    FaSandbox sandbox;
} Rig;

static char *
make_directory(const char *parent, const char *name)
{
    char *path = g_build_filename(parent, name, NULL);
    g_autoptr(GError) error = NULL;
    fa_fs_make_directory(path, 0755, &error);
    g_assert_no_error(error);
    return path;
}

static void
write_file(const char *parent, const char *name, const char *content)
{
    g_autofree char *path = g_build_filename(parent, name, NULL);
    g_autoptr(GError) error = NULL;
    fa_fs_write(path, content, strlen(content), 0644, FA_WRITE_NONE, &error);
    g_assert_no_error(error);
}

static void
rig_init(Rig *rig, FaSandboxMode mode)
{
    rig->home = fa_fs_make_temporary(g_get_tmp_dir(), "fa-sandbox-", NULL);
    rig->store = make_directory(rig->home, "store");
    rig->build = make_directory(rig->home, "b");
    rig->staging = make_directory(rig->home, "staging");
    rig->final = make_directory(rig->store, "demo-1.0-abc");
    rig->files = make_directory(rig->home, "files");
    write_file(rig->home, "secret.txt", "hunter2");
    write_file(rig->store, "needed", "needed\n");
    write_file(rig->files, "patch", "patched\n");
    /* Some with one for all steps, some with one for each. */
    if (mode == FA_SANDBOX_NAMESPACES && g_test_rand_bit())
        rig->servant = fa_sandbox_start(NULL);
    rig->sandbox = (FaSandbox){
        .mode = mode,
        .servant = rig->servant,
        .home_store = rig->store,
        .build = rig->build,
        .out_staging = rig->staging,
        .out_final = rig->final,
        .files = rig->files,
        .jobs = 2,
    };
}

static void
rig_clear(Rig *rig)
{
    fa_servant_free(rig->servant);
    fa_fs_remove_tree(rig->home, NULL);
    g_free(rig->home);
    g_free(rig->store);
    g_free(rig->build);
    g_free(rig->staging);
    g_free(rig->final);
    g_free(rig->files);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Rig, rig_clear)

/* (transfer full) What @script says inside, "status: output". */
static char *
say(const FaSandbox *sandbox, const char *script)
{
    const FaSpawn options = {.merge_stderr = true, .timeout = 60};
    g_auto(FaSpawnResult) result = {0};
    g_autoptr(GError) error = NULL;

    fa_sandbox_run(sandbox, script, &options, &result, &error);
    g_assert_no_error(error);
    return g_strdup_printf("%d: %s", result.status, g_strchomp(result.output));
}

static void
assert_says(const FaSandbox *sandbox, const char *script, const char *expected)
{
    g_autofree char *said = say(sandbox, script);
    g_assert_cmpstr(said, ==, expected);
}

static void
assert_refuses(const FaSandbox *sandbox, const char *script, const char *expected)
{
    g_autofree char *said = say(sandbox, script);
    if (strstr(said, expected) == NULL || g_str_has_prefix(said, "0:"))
        g_error("'%s' said '%s', not '%s'", script, said, expected);
}

/* Where user namespaces are missing the tests of them are skipped, by name in tests/skips. */
static bool
can_sandbox(FaSandboxMode mode)
{
    const FaSandboxProbe probe = {.mode = mode};
    g_autoptr(GError) error = NULL;
    if (fa_sandbox_probe(&probe, &error))
        return true;
    g_test_skip(error->message);
    return false;
}

static void
test_writes(gconstpointer data)
{
    FaSandboxMode mode = (FaSandboxMode)GPOINTER_TO_UINT(data);
    g_auto(Rig) rig = {0};
    g_autofree char *made = NULL;
    struct stat status = {0};

    if (!can_sandbox(mode))
        return;
    rig_init(&rig, mode);
    assert_says(&rig.sandbox, "mkdir $out/bin && echo hi > $out/bin/demo && cat $out/bin/demo",
                "0: hi");
    made = g_build_filename(rig.staging, "bin", NULL);
    g_assert_cmpint(stat(made, &status), ==, 0);
    g_assert_cmpuint(status.st_mode & 0777, ==, 0755);
    g_assert_cmpuint(status.st_uid, ==, geteuid());
    assert_says(&rig.sandbox, "echo x > $build/o && echo y > /tmp/t && pwd && cat $files/patch",
                "0: /build\npatched");
    assert_says(&rig.sandbox, "cat $out/../needed", "0: needed");
    g_assert_true(fa_fs_is_directory(rig.final));
}

static void
test_refusals(gconstpointer data)
{
    FaSandboxMode mode = (FaSandboxMode)GPOINTER_TO_UINT(data);
    g_auto(Rig) rig = {0};
    g_autofree char *look = NULL;

    if (!can_sandbox(mode))
        return;
    rig_init(&rig, mode);
    look = g_strdup_printf("cat %s/secret.txt", rig.home);
    assert_refuses(&rig.sandbox, look, "No such file");
    assert_refuses(&rig.sandbox, "echo x > $out/../needed", "Read-only file system");
    assert_refuses(&rig.sandbox, "echo x > $files/patch", "Read-only file system");
    assert_refuses(&rig.sandbox, "echo x > /somewhere", "Read-only file system");
    assert_refuses(&rig.sandbox, "echo x > /usr/x", "Read-only file system");
    assert_refuses(&rig.sandbox, "cat /etc/shadow", "No such file");
    assert_refuses(&rig.sandbox, "ls /home /root /var", "No such file");
    assert_refuses(&rig.sandbox, "kill -0 $PPID && kill -0 100", "No such process");
    assert_says(&rig.sandbox, "ls -A $HOME; id -u; hostname; umask; ls /sys/class/net 2>&- || true",
                "0: 1000\nbuild\n0022");
    assert_says(&rig.sandbox, "grep -c : /proc/net/dev", "0: 1");
}

/* Law: whoever is inside, root outside or not, has no power, and gets none. */
static void
test_powers(gconstpointer data)
{
    FaSandboxMode mode = (FaSandboxMode)GPOINTER_TO_UINT(data);
    g_auto(Rig) rig = {0};

    if (!can_sandbox(mode))
        return;
    rig_init(&rig, mode);
    assert_says(
        &rig.sandbox,
        "grep -E '^(Cap(Prm|Eff|Bnd|Amb)|NoNewPrivs)' /proc/self/status | tr -s '\\t\\n' ' '",
        "0: CapPrm: 0000000000000000 CapEff: 0000000000000000 CapBnd: 0000000000000000 "
        "CapAmb: 0000000000000000 NoNewPrivs: 1");
    /* The first process is no program that was begun by somebody without power: it gave its own away. */
    assert_says(&rig.sandbox, "grep -E '^Cap(Prm|Eff|Bnd)' /proc/1/status | cut -f 2 | sort -u",
                "0: 0000000000000000");
    assert_says(&rig.sandbox,
                "id -u; id -g; cat /proc/self/uid_map | tr -s ' ' | cut -d ' ' -f 2,4",
                "0: 1000\n1000\n1000 1");
    assert_refuses(&rig.sandbox, "mount -t tmpfs none /tmp", "");
    assert_refuses(&rig.sandbox, "umount /usr", "");
    assert_refuses(&rig.sandbox, "hostname other", "");
    assert_refuses(&rig.sandbox, "echo x > /proc/sys/kernel/hostname", "");
    assert_refuses(&rig.sandbox, "echo h > /proc/sysrq-trigger", "");
    /* In a user namespace of its own it may do as it likes: there, not to what is around it. */
    assert_refuses(&rig.sandbox, "unshare -r mount -o remount,rw /", "");
    assert_refuses(&rig.sandbox, "unshare -rm sh -c 'umount -l /etc/passwd || umount /proc/sys'",
                   "");
    assert_refuses(&rig.sandbox, "unshare -rm sh -c 'mount -o remount,bind,rw /usr && : > /usr/x'",
                   "");
    assert_refuses(&rig.sandbox, "nsenter -t 1 -U -m true", "");
    assert_refuses(&rig.sandbox, "mknod /tmp/x b 7 0", "");
    assert_says(&rig.sandbox,
                ": > /tmp/s && chmod 4755 /tmp/s && grep -c nosuid /proc/self/mounts "
                "> /dev/null && cat /dev/null && head -c 2 /dev/zero | wc -c",
                "0: 2");
}

/* Law: a step has processes, shared memory, terminals and a network of its own, whoever else runs. */
static void
test_apart(gconstpointer data)
{
    FaSandboxMode mode = (FaSandboxMode)GPOINTER_TO_UINT(data);
    g_auto(Rig) rig = {0};
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "\0fa-sandbox-test"};
    fa_autofd int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (!can_sandbox(mode))
        return;
    rig_init(&rig, mode);
    snprintf(address.sun_path + 1, sizeof address.sun_path - 1, "fa-sandbox-%d", getpid());
    socklen_t length =
        (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(address.sun_path + 1));
    g_assert_cmpint(bind(listener, (struct sockaddr *)&address, length), ==, 0);
    g_assert_cmpint(listen(listener, 1), ==, 0);
    g_autofree char *connect = g_strdup_printf(
        "python3 -c 'import socket; socket.socket(socket.AF_UNIX).connect(\"\\0fa-sandbox-%d\")'",
        getpid());
    assert_refuses(&rig.sandbox, connect, "ConnectionRefusedError");
    rig.sandbox.network = true;
    assert_says(&rig.sandbox, connect, "0: ");
    rig.sandbox.network = false;

    assert_says(&rig.sandbox,
                "for pid in /proc/[0-9]*; do echo ${pid##*/}; done | sort -n | head -1", "0: 1");
    assert_says(&rig.sandbox, "test $(ls -d /proc/[0-9]* | wc -l) -lt 6", "0: ");
    assert_says(&rig.sandbox, "echo x > /dev/shm/x; ipcmk -M 100 > /dev/null; ipcs -m | grep -c 0x",
                "0: 1");
    assert_says(&rig.sandbox, "ls /dev/shm; ipcs -m | grep -c 0x || true", "0: 0");
    assert_says(&rig.sandbox,
                "python3 -c 'import os, pty; pty.openpty(); print(len(os.listdir(\"/dev/pts\")))'",
                "0: 2");
    assert_says(&rig.sandbox,
                "python3 -c 'import socket as s; l = s.create_server((\"127.0.0.1\", 0)); "
                "s.create_connection(l.getsockname()); print(1)'",
                "0: 1");
}

/* Listens where @who can be reached, says so, and goes on once it is told to. */
static gpointer
listen_inside(gpointer data)
{
    const FaSandbox *sandbox = data;
    assert_says(sandbox,
                "python3 -c 'import socket as s; l = s.socket(s.AF_UNIX); l.bind(\"\\0step\"); "
                "l.listen(); p = s.create_server((\"127.0.0.1\", 4567)); "
                "open(\"/build/ready\", \"w\").close(); open(\"/build/go\").close()'",
                "0: ");
    return NULL;
}

#define CONNECT_UNIX "python3 -c 'import socket as s; s.socket(s.AF_UNIX).connect(\"\\0step\")'"
#define CONNECT_INET "python3 -c 'import socket as s; s.create_connection((\"127.0.0.1\", 4567))'"

/* Law: no step meets another in a network, be it beside it or before it, though one is used after the other. */
static void
test_networks(void)
{
    /* Ends the connection itself, so that the kernel keeps its port for a minute. */
    static const char leave_port[] =
        "python3 -c 'import socket as s; l = s.socket(); l.bind((\"127.0.0.1\", 4567)); "
        "l.listen(); "
        "c = s.create_connection((\"127.0.0.1\", 4567)); a = l.accept()[0]; a.close(); c.recv(1); "
        "c.close()'; readlink /proc/self/ns/net";
    g_auto(Rig) rig = {0};
    g_autoptr(FaServant) servant = NULL;
    if (!can_sandbox(FA_SANDBOX_NAMESPACES))
        return;
    rig_init(&rig, FA_SANDBOX_NAMESPACES);
    servant = fa_sandbox_start(NULL);
    g_assert_nonnull(servant);
    rig.sandbox.servant = servant;
    g_autofree char *ready = g_build_filename(rig.build, "ready", NULL);
    g_autofree char *go = g_build_filename(rig.build, "go", NULL);
    g_assert_cmpint(mkfifo(ready, 0600) | mkfifo(go, 0600), ==, 0);

    GThread *other = g_thread_new("other", listen_inside, &rig.sandbox);
    close(open(ready, O_RDONLY | O_CLOEXEC));
    assert_refuses(&rig.sandbox, CONNECT_UNIX, "ConnectionRefusedError");
    assert_refuses(&rig.sandbox, CONNECT_INET, "ConnectionRefusedError");
    close(open(go, O_WRONLY | O_CLOEXEC));
    g_thread_join(other);
    assert_refuses(&rig.sandbox, CONNECT_UNIX, "ConnectionRefusedError");
    assert_refuses(&rig.sandbox, CONNECT_INET, "ConnectionRefusedError");

    g_autofree char *first = say(&rig.sandbox, "readlink /proc/self/ns/net");
    assert_says(&rig.sandbox, "readlink /proc/self/ns/net", first);
    g_autofree char *second = say(&rig.sandbox, leave_port);
    g_assert_cmpstr(second, ==, first);
    g_autofree char *third = say(&rig.sandbox, leave_port);
    g_assert_true(g_str_has_prefix(third, "0: net:"));
    g_assert_cmpstr(third, !=, first);
    assert_says(&rig.sandbox, "grep -c : /proc/net/dev; cat /proc/net/unix | wc -l", "0: 1\n1");
}

/* Law: nothing that a step left running outlives it. Bubblewrap leaves that to a signal, and does not wait for it. */
static void
test_leftovers(void)
{
    g_auto(Rig) rig = {0};
    g_autofree char *fifo = NULL;

    if (!can_sandbox(FA_SANDBOX_NAMESPACES))
        return;
    rig_init(&rig, FA_SANDBOX_NAMESPACES);
    fifo = g_build_filename(rig.build, "alive", NULL);
    g_assert_cmpint(mkfifo(fifo, 0600), ==, 0);
    fa_autofd int reader = open(fifo, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    assert_says(&rig.sandbox,
                "exec 3> $build/alive; "
                "(trap '' TERM HUP; setsid sleep 1000 > /dev/null 2>&1 < /dev/null &); "
                "(exit 3) || echo $?",
                "0: 3");
    /* It had the file open, and nobody has it once the step is said to have ended. */
    struct pollfd poll_reader = {.fd = reader, .events = POLLIN};
    g_assert_cmpint(poll(&poll_reader, 1, 0), ==, 1);
    g_assert_cmpint(poll_reader.revents & POLLHUP, !=, 0);
}

/* Law: whoever started a step and is killed takes it along. Of bubblewrap's steps some stay. */
static void
test_killed(void)
{
    const FaSandboxMode mode = FA_SANDBOX_NAMESPACES;
    g_auto(Rig) rig = {0};
    g_autofree char *fifo = NULL;
    char byte;

    if (!can_sandbox(mode))
        return;
    rig_init(&rig, mode);
    g_clear_pointer(&rig.servant, fa_servant_free);
    rig.sandbox.servant = NULL;
    fifo = g_build_filename(rig.build, "alive", NULL);
    g_assert_cmpint(mkfifo(fifo, 0600), ==, 0);
    pid_t child = fork();
    if (child == 0) {
        const FaSpawn options = {.merge_stderr = true};
        fa_sandbox_run(&rig.sandbox, "exec > $build/alive; echo; trap '' TERM HUP; sleep 1000",
                       &options, NULL, NULL);
        _exit(0);
    }
    fa_autofd int reader = open(fifo, O_RDONLY | O_CLOEXEC);
    g_assert_cmpint(read(reader, &byte, 1), ==, 1);
    g_assert_cmpint(kill(child, SIGKILL), ==, 0);
    g_assert_cmpint(waitpid(child, NULL, 0), ==, child);
    g_assert_cmpint(read(reader, &byte, 1), ==, 0);
}

/* Law: the first process of a sandbox tells nothing of the orders before it, nor of anything outside. */
static void
test_first_process(void)
{
    g_auto(Rig) rig = {0};
    const char *const before[] = {"secret=hunter2", NULL};

    if (!can_sandbox(FA_SANDBOX_NAMESPACES))
        return;
    rig_init(&rig, FA_SANDBOX_NAMESPACES);
    rig.sandbox.environment = before;
    assert_says(&rig.sandbox, "echo $secret", "0: hunter2");
    rig.sandbox.environment = NULL;
    assert_refuses(&rig.sandbox, "cat /proc/1/environ", "Permission denied");
    assert_refuses(&rig.sandbox, "cat /proc/1/mem", "Permission denied");
    assert_refuses(&rig.sandbox, "readlink /proc/1/fd/1", "");
    assert_refuses(&rig.sandbox, "readlink /proc/1/root", "");
    assert_says(&rig.sandbox, "kill -9 1; kill -TERM 1; echo still here", "0: still here");
    /* Of ours nothing is open in the script either. */
    assert_says(&rig.sandbox,
                "for fd in 3 4 5 6 7 8 9 10 11 12; do test ! -L /proc/$$/fd/$fd || exit 1; done",
                "0: ");
}

/* Law: what cannot be made says what it lacks, and the next step is none the worse. */
static void
test_refused_order(void)
{
    g_auto(Rig) rig = {0};
    const FaSpawn options = {.timeout = 60};
    g_autoptr(GError) error = NULL;

    if (!can_sandbox(FA_SANDBOX_NAMESPACES))
        return;
    rig_init(&rig, FA_SANDBOX_NAMESPACES);
    g_autofree char *away = g_build_filename(rig.home, "away", NULL);
    FaSandbox broken = rig.sandbox;
    broken.files = away;
    g_assert_false(fa_sandbox_run(&broken, ":", &options, NULL, &error));
    g_assert_error(error, FA_ERROR, FA_ERROR_FAILED);
    g_autofree char *expected =
        g_strdup_printf("cannot take in '%s': No such file or directory", away);
    g_assert_cmpstr(error->message, ==, expected);
    g_clear_error(&error);

    broken = rig.sandbox;
    broken.out_final = "/nowhere";
    assert_says(&broken, "test -d /nowhere", "0: ");
    assert_says(&rig.sandbox, "exit 7", "7: ");
    assert_says(&rig.sandbox, "kill -SEGV $$", "139: ");

    /* An order that is none. */
    GString *words = g_string_new("nonsense");
    const FaSpawn bad = {.argv = (const char *const[]){"sh", NULL},
                         .servant = fa_sandbox_start(NULL),
                         .order = words};
    g_assert_false(fa_spawn_run(&bad, NULL, &error));
    g_assert_error(error, FA_ERROR, FA_ERROR_FAILED);
    fa_servant_free(bad.servant);
    g_string_free(words, TRUE);
}

/* Law: what is larger than any argument list or message may be passes whole. */
static void
test_large(void)
{
    g_auto(Rig) rig = {0};
    if (!can_sandbox(FA_SANDBOX_NAMESPACES))
        return;
    rig_init(&rig, FA_SANDBOX_NAMESPACES);
    g_autofree char *padding = g_strnfill(100000, 'x');
    g_autofree char *value = g_strconcat("large=", padding, NULL);
    rig.sandbox.environment = (const char *const[]){value, NULL};
    assert_says(&rig.sandbox, "echo ${#large}", "0: 100000");
}

static void
test_secret_values(gconstpointer data)
{
    FaSandboxMode mode = (FaSandboxMode)GPOINTER_TO_UINT(data);
    g_auto(Rig) rig = {0};

    if (!can_sandbox(mode))
        return;
    rig_init(&rig, mode);
    rig.sandbox.environment = (const char *const[]){"greeting=$(id); `id` \"'", NULL};
    assert_says(&rig.sandbox, "printf %s \"$greeting\"", "0: $(id); `id` \"'");
    assert_says(&rig.sandbox, "tr '\\0' '\\n' < /proc/1/cmdline | grep -c 'i[d]);'", "1: 0");
}

static void
test_timeout(gconstpointer data)
{
    FaSandboxMode mode = (FaSandboxMode)GPOINTER_TO_UINT(data);
    g_auto(Rig) rig = {0};
    g_auto(FaSpawnResult) result = {0};
    g_autoptr(GError) error = NULL;
    const char *script = "trap '' TERM; setsid sleep 1000 & sleep 1000";

    if (!can_sandbox(mode))
        return;
    rig_init(&rig, mode);
    const FaSpawn options = {.timeout = 1};
    g_assert_false(fa_sandbox_run(&rig.sandbox, script, &options, &result, &error));
    g_assert_error(error, FA_ERROR, FA_ERROR_FAILED);
    g_assert_true(result.timed_out);
}

static void
test_none(void)
{
    g_auto(Rig) rig = {0};
    g_autofree char *scratch = NULL;
    g_autofree char *expected = NULL;

    rig_init(&rig, FA_SANDBOX_NONE);
    scratch = make_directory(rig.home, "scratch");
    rig.sandbox.scratch = scratch;
    rig.sandbox.out_staging = rig.final;
    expected = g_strdup_printf("0: %s\n%s\n0022", rig.build, scratch);
    assert_says(&rig.sandbox, "echo hi > $out/x; pwd; echo $HOME; umask", expected);
    assert_says(&rig.sandbox, "cat $out/x $files/patch", "0: hi\npatched");
}

/* The laws of both kinds of sandboxes. */
static void
add_both(const char *name, GTestDataFunc function)
{
    static const FaSandboxMode modes[] = {FA_SANDBOX_NAMESPACES, FA_SANDBOX_BWRAP};
    for (size_t i = 0; i < G_N_ELEMENTS(modes); i++) {
        g_autofree char *path =
            g_strdup_printf("/sandbox/%s/%s", fa_sandbox_mode_to_string(modes[i]), name);
        g_test_add_data_func(path, GUINT_TO_POINTER(modes[i]), function);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    add_both("a-step-writes-to-out-build-and-tmp", test_writes);
    add_both("a-step-neither-sees-nor-changes-anything-else", test_refusals);
    add_both("a-step-has-no-power-and-gets-none", test_powers);
    add_both("a-step-has-processes-memory-terminals-and-network-of-its-own", test_apart);
    add_both("values-come-by-the-environment-never-by-arguments", test_secret_values);
    add_both("a-step-that-never-ends-is-ended-with-all-its-children", test_timeout);
    g_test_add_func("/sandbox/nothing-that-a-step-left-running-outlives-it", test_leftovers);
    g_test_add_func("/sandbox/a-step-ends-with-whoever-started-it", test_killed);
    g_test_add_func("/sandbox/no-step-meets-another-in-a-network", test_networks);
    g_test_add_func("/sandbox/the-first-process-tells-nothing", test_first_process);
    g_test_add_func("/sandbox/what-cannot-be-made-says-what-it-lacks", test_refused_order);
    g_test_add_func("/sandbox/an-order-may-be-large", test_large);
    g_test_add_func("/sandbox/without-one-the-environment-is-as-clean", test_none);
    return g_test_run();
}
