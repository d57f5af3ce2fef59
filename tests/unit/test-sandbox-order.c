#include "base/error.h"
#include "build/sandbox.h"
#include "sys/fs.h"

static void
test_argv(void)
{
    const FaSandbox sandbox = {
        .mode = FA_SANDBOX_BWRAP,
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
        "--tmpfs /tmp --dir /tmp/home --ro-bind-try /proc/bus /proc/bus --ro-bind-try /proc/fs "
        "/proc/fs --ro-bind-try /proc/irq /proc/irq --ro-bind-try /proc/sys /proc/sys "
        "--ro-bind-try /proc/sysrq-trigger /proc/sysrq-trigger --ro-bind-try /etc/passwd "
        "/etc/passwd --ro-bind-try "
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
    const FaSandbox sandbox = {
        .mode = FA_SANDBOX_BWRAP, .build = "/b", .out_final = "/o", .npm_cache = "/n"};
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

/* Law: an order says word for word what it is made of. */
static void
test_order(void)
{
    const FaSandbox sandbox = {
        .home_store = "/srv/x/store",
        .build = "/srv/x/tmp/b",
        .out_staging = "/srv/x/tmp/o",
        .out_final = "/srv/x/store/demo",
        .etc = (const char *const[]){"mime.types", NULL},
    };
    const char *const environment[] = {"a=b", NULL};
    g_autoptr(GString) order = fa_sandbox_order(&sandbox, "make\nall", environment);

    g_assert_cmpuint(order->str[order->len - 1], ==, '\0');
    for (size_t i = 0; i < order->len; i++)
        if (order->str[i] == '\0')
            order->str[i] = ' ';
    g_assert_cmpstr(
        order->str, ==,
        "closed try /etc/passwd /etc/passwd try /etc/group /etc/group try /etc/nsswitch.conf "
        "/etc/nsswitch.conf try /etc/alternatives /etc/alternatives try /etc/ld.so.cache "
        "/etc/ld.so.cache try /etc/localtime /etc/localtime ro /etc/mime.types /etc/mime.types ro "
        "/srv/x/store /srv/x/store rw /srv/x/tmp/o /srv/x/store/demo rw /srv/x/tmp/b /build -- "
        "make\nall a=b ");
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
    static const char *const names[] = {"namespaces", "bwrap", "none"};
    FaSandboxMode mode = FA_SANDBOX_BWRAP;
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_assert_true(fa_sandbox_mode_from_string(names[i], &mode));
        g_assert_cmpstr(fa_sandbox_mode_to_string(mode), ==, names[i]);
    }
    g_assert_false(fa_sandbox_mode_from_string("docker", &mode));
    g_assert_false(fa_sandbox_mode_from_string(NULL, &mode));
}

/* A program that fails as bwrap does, or fassembler-sandbox, and the kernel's settings beside it. */
static void
assert_probe(FaSandboxMode mode, const char *setting, const char *value, const char *expected)
{
    g_autofree char *directory = fa_fs_make_temporary(g_get_tmp_dir(), "fa-probe-", NULL);
    g_autofree char *program = g_build_filename(directory, "bwrap", NULL);
    const char *script =
        mode == FA_SANDBOX_BWRAP
            ? "#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2; exit 1\n"
            : "#!/usr/bin/python3\nimport socket\nsocket.socket(fileno=0).send(b\"cannot make 'a "
              "user "
              "namespace': Operation not permitted\")\n";
    g_autoptr(GError) error = NULL;

    fa_fs_write(program, script, strlen(script), 0755, FA_WRITE_NONE, NULL);
    if (setting != NULL) {
        g_autofree char *parent = g_path_get_dirname(setting);
        g_autofree char *folder = g_build_filename(directory, parent, NULL);
        g_autofree char *path = g_build_filename(directory, setting, NULL);
        fa_fs_make_directory(folder, 0755, NULL);
        fa_fs_write(path, value, strlen(value), 0644, FA_WRITE_NONE, NULL);
    }
    const FaSandboxProbe probe = {.mode = mode, .program = program, .settings = directory};
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
    static const FaSandboxMode modes[] = {FA_SANDBOX_NAMESPACES, FA_SANDBOX_BWRAP};
    const FaSandboxProbe absent = {.mode = FA_SANDBOX_BWRAP, .program = "/nonexistent/bwrap"};
    g_autoptr(GError) error = NULL;

    for (size_t i = 0; i < G_N_ELEMENTS(modes); i++) {
        assert_probe(modes[i], "user/max_user_namespaces", "0\n", "switched off");
        assert_probe(modes[i], "kernel/unprivileged_userns_clone", "0\n", "only root may");
        assert_probe(modes[i], "kernel/apparmor_restrict_unprivileged_userns", "1\n", "AppArmor");
    }
    assert_probe(FA_SANDBOX_BWRAP, NULL, NULL, "No permissions to create new namespace");
    assert_probe(FA_SANDBOX_NAMESPACES, NULL, NULL, "cannot make 'a user namespace'");
    g_assert_false(fa_sandbox_probe(&absent, &error));
    g_assert_error(error, FA_ERROR, FA_ERROR_NOT_FOUND);
    g_assert_nonnull(strstr(error->message, "apt-get install bubblewrap"));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sandbox-order/its-arguments-are-made-from-what-it-says", test_argv);
    g_test_add_func("/sandbox-order/the-network-comes-with-what-it-needs-only-when-asked-for",
                    test_network_argv);
    g_test_add_func("/sandbox-order/an-order-says-word-for-word-what-it-is-made-of", test_order);
    g_test_add_func(
        "/sandbox-order/its-environment-is-clean-and-no-setting-changes-the-fixed-names",
        test_environment);
    g_test_add_func("/sandbox-order/secrets-of-etc-and-relative-paths-are-refused", test_check);
    g_test_add_func("/sandbox-order/modes-have-names", test_modes);
    g_test_add_func("/sandbox-order/the-probe-says-why-there-is-none-and-what-to-do", test_probe);
    return g_test_run();
}
