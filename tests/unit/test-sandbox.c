#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "build/sandbox.h"
#include "sys/fs.h"

/* A home with a store, a build directory and a folder of files, and somebody's secret beside them. */
typedef struct Rig {
    char *home;
    char *store;
    char *build;
    char *staging;
    char *final;
    char *files;
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
rig_init(Rig *rig)
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
    rig->sandbox = (FaSandbox){
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
can_sandbox(void)
{
    g_autoptr(GError) error = NULL;
    if (fa_sandbox_probe(NULL, &error))
        return true;
    g_test_skip(error->message);
    return false;
}

static void
test_argv(void)
{
    const FaSandbox sandbox = {
        .home_store = "/srv/x/store",
        .build = "/srv/x/tmp/b",
        .out_staging = "/srv/x/tmp/o",
        .out_final = "/srv/x/store/demo",
        .files = "/home/me/product/components/demo",
        .etc = (const char *const[]){"mime.types", NULL},
    };
    g_auto(GStrv) argv = fa_sandbox_argv(&sandbox, "make all");
    g_autofree char *line = g_strjoinv(" ", argv);

    g_assert_cmpstr(
        line, ==,
        "bwrap --unshare-all --unshare-user --uid 1000 --gid 1000 --hostname build --cap-drop ALL "
        "--die-with-parent --new-session --ro-bind /usr /usr --symlink usr/bin /bin --symlink "
        "usr/sbin /sbin --symlink usr/lib /lib --symlink usr/lib64 /lib64 --proc /proc --dev /dev "
        "--tmpfs /tmp --dir /tmp/home --ro-bind-try /etc/passwd /etc/passwd --ro-bind-try "
        "/etc/group /etc/group --ro-bind-try /etc/nsswitch.conf /etc/nsswitch.conf --ro-bind-try "
        "/etc/alternatives /etc/alternatives --ro-bind-try /etc/ld.so.cache /etc/ld.so.cache "
        "--ro-bind-try /etc/localtime /etc/localtime --ro-bind /etc/mime.types /etc/mime.types "
        "--ro-bind /srv/x/store /srv/x/store --bind /srv/x/tmp/o /srv/x/store/demo --ro-bind "
        "/home/me/product/components/demo /files --bind /srv/x/tmp/b /build --remount-ro / --chdir "
        "/build -- /bin/sh -eu -c umask 022; make all");
}

static void
test_network_argv(void)
{
    const FaSandbox sandbox = {.build = "/b", .out_final = "/o", .npm_cache = "/n"};
    FaSandbox open = sandbox;
    open.network = true;
    g_auto(GStrv) closed_argv = fa_sandbox_argv(&sandbox, "id");
    g_auto(GStrv) open_argv = fa_sandbox_argv(&open, "id");

    g_assert_false(g_strv_contains((const char *const *)closed_argv, "--share-net"));
    g_assert_false(g_strv_contains((const char *const *)closed_argv, "/n"));
    g_assert_true(g_strv_contains((const char *const *)open_argv, "--share-net"));
    g_assert_true(g_strv_contains((const char *const *)open_argv, "/etc/resolv.conf"));
    g_assert_true(g_strv_contains((const char *const *)open_argv, "/n"));
    g_assert_false(g_strv_contains((const char *const *)open_argv, "/etc/ssl/private"));
}

static void
test_environment(void)
{
    const FaSandbox sandbox = {
        .build = "/b",
        .out_final = "/o",
        .environment = (const char *const[]){"greeting=hello", "PATH=/evil", NULL},
    };
    g_auto(GStrv) environment = fa_sandbox_environment(&sandbox);

    g_assert_cmpuint(g_strv_length(environment), ==, 10);
    g_assert_cmpstr(g_environ_getenv(environment, "greeting"), ==, "hello");
    g_assert_cmpstr(g_environ_getenv(environment, "PATH"), ==,
                    "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin");
    g_assert_cmpstr(g_environ_getenv(environment, "HOME"), ==, "/tmp/home");
    g_assert_cmpstr(g_environ_getenv(environment, "LANG"), ==, "C.UTF-8");
    g_assert_cmpstr(g_environ_getenv(environment, "SOURCE_DATE_EPOCH"), ==, "315532800");
    g_assert_cmpstr(g_environ_getenv(environment, "out"), ==, "/o");
    g_assert_cmpstr(g_environ_getenv(environment, "jobs"), ==, "1");
}

static void
test_check(void)
{
    static const char *const secret[] = {"shadow",   "ssl", "ssl/private/key.pem", "ssh/x", "../x",
                                         "/etc/foo", ""};

    for (size_t i = 0; i < G_N_ELEMENTS(secret); i++) {
        const FaSandbox sandbox = {.build = "/b", .etc = (const char *const[]){secret[i], NULL}};
        g_assert_false(fa_sandbox_check(&sandbox, NULL));
    }
    g_assert_true(fa_sandbox_check(
        &(FaSandbox){.build = "/b", .etc = (const char *const[]){"ssl/certs", "php/8.2", NULL}},
        NULL));
    g_assert_false(fa_sandbox_check(&(FaSandbox){.build = "b"}, NULL));
    g_assert_false(fa_sandbox_check(&(FaSandbox){.build = "/b",
                                                 .mode = FA_SANDBOX_NONE,
                                                 .scratch = "/s",
                                                 .out_staging = "/a",
                                                 .out_final = "/b"},
                                    NULL));
}

static void
test_modes(void)
{
    FaSandboxMode mode = FA_SANDBOX_BWRAP;
    g_assert_true(fa_sandbox_mode_from_string("none", &mode));
    g_assert_cmpstr(fa_sandbox_mode_to_string(mode), ==, "none");
    g_assert_false(fa_sandbox_mode_from_string("docker", &mode));
}

static void
test_writes(void)
{
    g_auto(Rig) rig = {0};
    g_autofree char *made = NULL;
    struct stat status = {0};

    if (!can_sandbox())
        return;
    rig_init(&rig);
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
test_refusals(void)
{
    g_auto(Rig) rig = {0};
    g_autofree char *look = NULL;

    if (!can_sandbox())
        return;
    rig_init(&rig);
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

static void
test_secret_values(void)
{
    g_auto(Rig) rig = {0};

    if (!can_sandbox())
        return;
    rig_init(&rig);
    rig.sandbox.environment = (const char *const[]){"greeting=$(id); `id` \"'", NULL};
    assert_says(&rig.sandbox, "printf %s \"$greeting\"", "0: $(id); `id` \"'");
    assert_says(&rig.sandbox, "tr '\\0' '\\n' < /proc/1/cmdline | grep -c 'i[d]);'", "1: 0");
}

static void
test_timeout(void)
{
    g_auto(Rig) rig = {0};
    g_auto(FaSpawnResult) result = {0};
    g_autoptr(GError) error = NULL;
    const char *script = "trap '' TERM; setsid sleep 1000 & sleep 1000";

    if (!can_sandbox())
        return;
    rig_init(&rig);
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

    rig_init(&rig);
    scratch = make_directory(rig.home, "scratch");
    rig.sandbox.mode = FA_SANDBOX_NONE;
    rig.sandbox.scratch = scratch;
    rig.sandbox.out_staging = rig.final;
    expected = g_strdup_printf("0: %s\n%s\n0022", rig.build, scratch);
    assert_says(&rig.sandbox, "echo hi > $out/x; pwd; echo $HOME; umask", expected);
    assert_says(&rig.sandbox, "cat $out/x $files/patch", "0: hi\npatched");
}

/* A program that fails as bwrap does, and the kernel's settings beside it. */
static void
assert_probe(const char *setting, const char *value, const char *expected)
{
    g_autofree char *directory = fa_fs_make_temporary(g_get_tmp_dir(), "fa-probe-", NULL);
    g_autofree char *program = g_build_filename(directory, "bwrap", NULL);
    const char *script =
        "#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2; exit 1\n";
    const FaSandboxProbe probe = {.program = program, .settings = directory};
    g_autoptr(GError) error = NULL;

    fa_fs_write(program, script, strlen(script), 0755, FA_WRITE_NONE, NULL);
    if (setting != NULL) {
        g_autofree char *parent = g_path_get_dirname(setting);
        g_free(make_directory(directory, parent));
        write_file(directory, setting, value);
    }
    g_assert_false(fa_sandbox_probe(&probe, &error));
    g_assert_error(error, FA_ERROR, FA_ERROR_FAILED);
    if (strstr(error->message, expected) == NULL ||
        strstr(error->message, "--sandbox=none") == NULL)
        g_error("not '%s': %s", expected, error->message);
    fa_fs_remove_tree(directory, NULL);
}

static void
test_probe(void)
{
    const FaSandboxProbe absent = {.program = "/nonexistent/bwrap"};
    g_autoptr(GError) error = NULL;

    assert_probe("user/max_user_namespaces", "0\n", "switched off");
    assert_probe("kernel/unprivileged_userns_clone", "0\n", "only root may");
    assert_probe("kernel/apparmor_restrict_unprivileged_userns", "1\n", "AppArmor");
    assert_probe(NULL, NULL, "No permissions to create new namespace");
    g_assert_false(fa_sandbox_probe(&absent, &error));
    g_assert_error(error, FA_ERROR, FA_ERROR_NOT_FOUND);
    g_assert_nonnull(strstr(error->message, "apt-get install bubblewrap"));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sandbox/its-arguments-are-made-from-what-it-says", test_argv);
    g_test_add_func("/sandbox/the-network-comes-with-what-it-needs-only-when-asked-for",
                    test_network_argv);
    g_test_add_func("/sandbox/its-environment-is-clean-and-no-setting-changes-the-fixed-names",
                    test_environment);
    g_test_add_func("/sandbox/secrets-of-etc-and-relative-paths-are-refused", test_check);
    g_test_add_func("/sandbox/modes-have-names", test_modes);
    g_test_add_func("/sandbox/a-step-writes-to-out-build-and-tmp", test_writes);
    g_test_add_func("/sandbox/a-step-neither-sees-nor-changes-anything-else", test_refusals);
    g_test_add_func("/sandbox/values-come-by-the-environment-never-by-arguments",
                    test_secret_values);
    g_test_add_func("/sandbox/a-step-that-never-ends-is-ended-with-all-its-children", test_timeout);
    g_test_add_func("/sandbox/without-one-the-environment-is-as-clean", test_none);
    g_test_add_func("/sandbox/the-probe-says-why-there-is-none-and-what-to-do", test_probe);
    return g_test_run();
}
