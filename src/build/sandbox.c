#include "build/sandbox.h"

#include "base/error.h"
#include "base/text.h"
#include "sys/fs.h"

#define BUILD_INSIDE  "/build"
#define FILES_INSIDE  "/files"
#define HOME_INSIDE   "/tmp/home"
#define HELPER        "fassembler-sandbox"
#define EPOCH_OLDEST  315532800 /* 1980-01-01 */
#define SETTING_LIMIT 64
#define NONE_HELP     "help: or build without a sandbox: --sandbox=none"

static const char *const mode_names[] = {
    [FA_SANDBOX_NAMESPACES] = "namespaces",
    [FA_SANDBOX_BWRAP] = "bwrap",
    [FA_SANDBOX_NONE] = "none",
};

static const char *const usual_etc[] = {
    "passwd", "group", "nsswitch.conf", "alternatives", "ld.so.cache", "localtime", NULL,
};

static const char *const network_etc[] = {
    "resolv.conf", "hosts", "ssl/certs", "ssl/openssl.cnf", "npmrc", NULL,
};

/* How this machine reaches the network is no part of a build: its lock or digests say what comes. */
static const char *const network_variables[] = {
    "http_proxy",          "https_proxy",       "no_proxy",
    "HTTP_PROXY",          "HTTPS_PROXY",       "NO_PROXY",
    "ALL_PROXY",           "SSL_CERT_FILE",     "NODE_EXTRA_CA_CERTS",
    "npm_config_registry", "npm_config_cafile", NULL,
};

/* Root sees the files of root even in a user namespace, so what is secret is refused by name. */
static const char *const secret_etc[] = {
    "shadow", "shadow-", "gshadow",     "gshadow-",    "sudoers", "sudoers.d",
    "ssh",    "ssl",     "ssl/private", "krb5.keytab", NULL,
};

const char *
fa_sandbox_mode_to_string(FaSandboxMode mode)
{
    return mode_names[mode];
}

bool
fa_sandbox_mode_from_string(const char *text, FaSandboxMode *ret_mode)
{
    for (size_t i = 0; i < G_N_ELEMENTS(mode_names); i++) {
        if (g_strcmp0(text, mode_names[i]) == 0) {
            *ret_mode = (FaSandboxMode)i;
            return true;
        }
    }
    return false;
}

static bool
check_absolute(const char *path, const char *what, GError **error)
{
    if (path == NULL || g_path_is_absolute(path))
        return true;
    return fa_fail(error, FA_ERROR_CONFIG, "cannot make a sandbox: %s '%s' is not an absolute path",
                   what, path);
}

static bool
check_etc(const char *name, GError **error)
{
    if (!fa_text_is_relative_path(name))
        return fa_fail(error, FA_ERROR_CONFIG, "cannot show '%s' of /etc: not a path below it",
                       name);
    for (size_t i = 0; secret_etc[i] != NULL; i++) {
        size_t length = strlen(secret_etc[i]);
        bool is_below = g_str_has_prefix(name, secret_etc[i]) && name[length] == '/';
        /* Of ssl only the private part is secret, but the whole would show that too. */
        if (g_strcmp0(name, secret_etc[i]) == 0 || (is_below && !g_str_equal(secret_etc[i], "ssl")))
            return fa_fail(error, FA_ERROR_CONFIG, "cannot show '/etc/%s': it holds secrets", name);
    }
    return true;
}

bool
fa_sandbox_check(const FaSandbox *sandbox, GError **error)
{
    if (!check_absolute(sandbox->home_store, "the store", error) ||
        !check_absolute(sandbox->build, "the build directory", error) ||
        !check_absolute(sandbox->out_staging, "the staging directory", error) ||
        !check_absolute(sandbox->out_final, "the output", error) ||
        !check_absolute(sandbox->files, "the component's folder", error) ||
        !check_absolute(sandbox->npm_cache, "npm's cache", error) ||
        !check_absolute(sandbox->scratch, "the scratch directory", error))
        return false;

    for (size_t i = 0; sandbox->etc != NULL && sandbox->etc[i] != NULL; i++)
        if (!check_etc(sandbox->etc[i], error))
            return false;
    if (sandbox->mode == FA_SANDBOX_NONE &&
        (sandbox->scratch == NULL || g_strcmp0(sandbox->out_staging, sandbox->out_final) != 0))
        return fa_fail(error, FA_ERROR_CONFIG,
                       "cannot build without a sandbox: no scratch directory, or an output that is "
                       "not in its place");
    return true;
}

const char *
fa_sandbox_get_build(const FaSandbox *sandbox)
{
    return sandbox->mode == FA_SANDBOX_NONE ? sandbox->build : BUILD_INSIDE;
}

const char *
fa_sandbox_get_files(const FaSandbox *sandbox)
{
    if (sandbox->mode == FA_SANDBOX_NONE && sandbox->files != NULL)
        return sandbox->files;
    return FILES_INSIDE;
}

static void
add(GPtrArray *argv, const char *const *words)
{
    for (size_t i = 0; words[i] != NULL; i++)
        g_ptr_array_add(argv, g_strdup(words[i]));
}

/* What binds are called. */
typedef struct BindWords {
    const char *read_only;
    const char *if_there;
    const char *writable;
} BindWords;

static void
add_bind(GPtrArray *argv, const char *option, const char *from, const char *to)
{
    if (from != NULL)
        add(argv, (const char *const[]){option, from, to, NULL});
}

static void
add_etc(GPtrArray *argv, const char *option, const char *const *names)
{
    for (size_t i = 0; names != NULL && names[i] != NULL; i++) {
        g_autofree char *path = g_build_filename("/etc", names[i], NULL);
        add_bind(argv, option, path, path);
    }
}

/* The order matters: what is mounted later lies over what was mounted before. */
static void
add_binds(GPtrArray *argv, const FaSandbox *sandbox, const BindWords *words)
{
    add_etc(argv, words->if_there, usual_etc);
    add_etc(argv, words->if_there, sandbox->network ? network_etc : NULL);
    add_etc(argv, words->read_only, sandbox->etc);
    add_bind(argv, words->read_only, sandbox->home_store, sandbox->home_store);
    add_bind(argv, words->writable, sandbox->out_staging, sandbox->out_final);
    add_bind(argv, words->read_only, sandbox->files, FILES_INSIDE);
    add_bind(argv, words->writable, sandbox->build, BUILD_INSIDE);
    if (sandbox->network)
        add_bind(argv, words->writable, sandbox->npm_cache, HOME_INSIDE "/.npm");
}

/* The root is closed last. */
static void
add_bwrap(GPtrArray *argv, const FaSandbox *sandbox)
{
    static const char *const isolation[] = {
        "bwrap",
        "--unshare-all",
        "--unshare-user",
        "--uid",
        "1000",
        "--gid",
        "1000",
        "--hostname",
        "build",
        "--cap-drop",
        "ALL",
        "--die-with-parent",
        "--new-session",
        NULL,
    };
    static const char *const base[] = {
        "--ro-bind", "/usr",      "/usr",   "--symlink", "usr/bin",   "/bin",
        "--symlink", "usr/sbin",  "/sbin",  "--symlink", "usr/lib",   "/lib",
        "--symlink", "usr/lib64", "/lib64", "--proc",    "/proc",     "--dev",
        "/dev",      "--tmpfs",   "/tmp",   "--dir",     HOME_INSIDE, NULL,
    };
    /* By these root changes the machine, whatever its capabilities. */
    static const char *const closed[] = {
        "/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger", NULL,
    };
    static const BindWords words = {"--ro-bind", "--ro-bind-try", "--bind"};

    add(argv, isolation);
    if (sandbox->network)
        add(argv, (const char *const[]){"--share-net", NULL});
    add(argv, base);
    for (size_t i = 0; closed[i] != NULL; i++)
        add_bind(argv, "--ro-bind-try", closed[i], closed[i]);
    add_binds(argv, sandbox, &words);
    add(argv, (const char *const[]){"--remount-ro", "/", "--chdir", BUILD_INSIDE, "--", NULL});
}

char **
fa_sandbox_argv(const FaSandbox *sandbox, const char *script)
{
    /* On the script's first line, so that the shell's messages count lines as the recipe does. */
    g_autofree char *with_umask = g_strconcat("umask 022; ", script, NULL);
    GPtrArray *argv = g_ptr_array_new();

    if (sandbox->mode == FA_SANDBOX_BWRAP)
        add_bwrap(argv, sandbox);
    add(argv, (const char *const[]){"/bin/sh", "-eu", "-c", with_umask, NULL});
    g_ptr_array_add(argv, NULL);
    return (char **)g_ptr_array_free(argv, FALSE);
}

/* Read by build/sandbox-main.c. */
GString *
fa_sandbox_order(const FaSandbox *sandbox, const char *script, const char *const *environment)
{
    static const BindWords words = {"ro", "try", "rw"};
    g_autoptr(GPtrArray) parts = g_ptr_array_new_with_free_func(g_free);
    GString *order = g_string_new(NULL);

    add(parts, (const char *const[]){sandbox->network ? "open" : "closed", NULL});
    add_binds(parts, sandbox, &words);
    add(parts, (const char *const[]){"--", script, NULL});
    add(parts, environment);
    for (size_t i = 0; i < parts->len; i++) {
        const char *part = g_ptr_array_index(parts, i);
        g_string_append_len(order, part, (gssize)strlen(part) + 1);
    }
    return order;
}

char **
fa_sandbox_environment(const FaSandbox *sandbox)
{
    bool is_inside = sandbox->mode != FA_SANDBOX_NONE;
    int64_t epoch = sandbox->source_date_epoch != 0 ? sandbox->source_date_epoch : EPOCH_OLDEST;
    g_autofree char *epoch_text = g_strdup_printf("%" G_GINT64_FORMAT, epoch);
    g_autofree char *jobs = g_strdup_printf("%u", MAX(sandbox->jobs, 1));
    g_auto(GStrv) result = NULL;

    /* The fixed names last: no setting changes what they are. */
    for (size_t i = 0; sandbox->environment != NULL && sandbox->environment[i] != NULL; i++) {
        g_auto(GStrv) pair = g_strsplit(sandbox->environment[i], "=", 2);
        if (pair[0] != NULL && pair[1] != NULL)
            result = g_environ_setenv(g_steal_pointer(&result), pair[0], pair[1], TRUE);
    }
    const char *const fixed[][2] = {
        {"PATH", FA_SANDBOX_PATH},
        {"HOME", is_inside ? HOME_INSIDE : sandbox->scratch},
        {"TMPDIR", is_inside ? "/tmp" : sandbox->scratch},
        {"LANG", "C.UTF-8"},
        {"SOURCE_DATE_EPOCH", epoch_text},
        {"build", fa_sandbox_get_build(sandbox)},
        {"files", fa_sandbox_get_files(sandbox)},
        {"jobs", jobs},
        {"out", sandbox->out_final},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(fixed); i++)
        if (fixed[i][1] != NULL)
            result = g_environ_setenv(g_steal_pointer(&result), fixed[i][0], fixed[i][1], TRUE);
    return g_steal_pointer(&result);
}

/* A file is only passed on where the sandbox sees it. */
static bool
is_visible(const char *value)
{
    return *value != '/' || g_str_has_prefix(value, "/etc/ssl/certs/") ||
           g_str_has_prefix(value, "/usr/");
}

static char **
add_network_variables(char **environment)
{
    for (const char *const *name = network_variables; *name != NULL; name++) {
        const char *value = g_getenv(*name);
        if (value != NULL && is_visible(value))
            environment = g_environ_setenv(environment, *name, value, FALSE);
    }
    return environment;
}

FaServant *
fa_sandbox_start(GError **error)
{
    g_autofree char *program = fa_spawn_find_helper(HELPER, error);
    return program != NULL ? fa_servant_start(program, error) : NULL;
}

static bool
run_as_ordered(const FaSandbox *sandbox, const char *script, FaSpawn *spawn,
               FaSpawnResult *ret_result, GError **error)
{
    static const char *const argv[] = {"/bin/sh", NULL};
    g_autoptr(FaServant) own = sandbox->servant == NULL ? fa_sandbox_start(error) : NULL;
    g_autoptr(GString) order = fa_sandbox_order(sandbox, script, spawn->environment);

    spawn->servant = sandbox->servant != NULL ? sandbox->servant : own;
    spawn->order = order;
    spawn->argv = argv;
    if (spawn->servant != NULL && fa_spawn_run(spawn, ret_result, error))
        return true;
    return false;
}

bool
fa_sandbox_run(const FaSandbox *sandbox, const char *script, const FaSpawn *options,
               FaSpawnResult *ret_result, GError **error)
{
    if (!fa_sandbox_check(sandbox, error))
        return false;

    g_auto(GStrv) environment = fa_sandbox_environment(sandbox);
    if (sandbox->network)
        environment = add_network_variables(g_steal_pointer(&environment));
    FaSpawn spawn = *options;
    spawn.environment = (const char *const *)environment;
    if (sandbox->mode == FA_SANDBOX_NAMESPACES)
        return run_as_ordered(sandbox, script, &spawn, ret_result, error);

    g_auto(GStrv) argv = fa_sandbox_argv(sandbox, script);
    spawn.argv = (const char *const *)argv;
    spawn.directory = sandbox->build;
    return fa_spawn_run(&spawn, ret_result, error);
}

/* (nullable) Whether setting @name of the kernel is @value; one that it does not have is not. */
static bool
kernel_says(const char *settings, const char *name, const char *value)
{
    g_autofree char *path = g_build_filename(settings, name, NULL);
    g_autofree char *content = NULL;
    size_t length = 0;

    if (!fa_fs_read(path, SETTING_LIMIT, &content, &length, NULL))
        return false;
    return g_str_equal(g_strstrip(content), value);
}

static bool
fail_probe(const char *settings, const char *words, size_t length, GError **error)
{
    if (kernel_says(settings, "user/max_user_namespaces", "0"))
        return fa_fail(error, FA_ERROR_FAILED,
                       "cannot make a sandbox: user namespaces are switched off on this machine\n"
                       "help: sysctl user.max_user_namespaces=10000\n" NONE_HELP);
    if (kernel_says(settings, "kernel/unprivileged_userns_clone", "0"))
        return fa_fail(error, FA_ERROR_FAILED,
                       "cannot make a sandbox: only root may have user namespaces on this machine\n"
                       "help: sysctl kernel.unprivileged_userns_clone=1\n" NONE_HELP);
    if (kernel_says(settings, "kernel/apparmor_restrict_unprivileged_userns", "1"))
        return fa_fail(error, FA_ERROR_FAILED,
                       "cannot make a sandbox: AppArmor keeps user namespaces from users\n"
                       "help: sysctl kernel.apparmor_restrict_unprivileged_userns=0\n" NONE_HELP);

    g_autofree char *text = fa_text_sanitize(words, length);
    return fa_fail(error, FA_ERROR_FAILED, "cannot make a sandbox: %s\n" NONE_HELP,
                   g_strdelimit(g_strstrip(text), "\n", ' '));
}

static bool
probe_namespaces(const FaSandboxProbe *probe, const char *settings, GError **error)
{
    static const FaSpawn options = {.timeout = 10, .merge_stderr = true};
    g_autoptr(GError) failure = NULL;
    g_autoptr(FaServant) own = probe->program != NULL   ? fa_servant_start(probe->program, &failure)
                               : probe->servant == NULL ? fa_sandbox_start(&failure)
                                                        : NULL;
    const FaSandbox sandbox = {.servant = own != NULL ? own : probe->servant, .out_final = "/out"};
    g_auto(FaSpawnResult) result = {0};

    if (failure == NULL && fa_sandbox_run(&sandbox, ":", &options, &result, &failure))
        return result.status == 0 ||
               fail_probe(settings, result.output, result.output_length, error);
    if (!fa_error_is(failure, FA_ERROR_NOT_FOUND))
        return fail_probe(settings, failure->message, strlen(failure->message), error);
    /* It says what to do. */
    g_propagate_error(error, g_steal_pointer(&failure));
    return false;
}

static bool
probe_bwrap(const FaSandboxProbe *probe, const char *settings, GError **error)
{
    const char *program = probe->program != NULL ? probe->program : "bwrap";
    const char *const argv[] = {
        program,     "--unshare-all", "--unshare-user", "--ro-bind", "/usr",      "/usr",
        "--symlink", "usr/lib",       "/lib",           "--symlink", "usr/lib64", "/lib64",
        "--proc",    "/proc",         "--dev",          "/dev",      "--",        "/usr/bin/true",
        NULL,
    };
    const FaSpawn spawn = {.argv = argv, .timeout = 10};
    g_auto(FaSpawnResult) result = {0};
    g_autoptr(GError) failure = NULL;

    if (!fa_spawn_run(&spawn, &result, &failure)) {
        if (!fa_error_is(failure, FA_ERROR_NOT_FOUND)) {
            g_propagate_error(error, g_steal_pointer(&failure));
            return false;
        }
        return fa_fail(error, FA_ERROR_NOT_FOUND,
                       "cannot make a sandbox: there is no program '%s'\n"
                       "help: apt-get install bubblewrap\n" NONE_HELP,
                       program);
    }
    return result.status == 0 ||
           fail_probe(settings, result.error_output, result.error_output_length, error);
}

bool
fa_sandbox_probe(const FaSandboxProbe *probe, GError **error)
{
    static const FaSandboxProbe usual;
    const FaSandboxProbe *chosen = probe != NULL ? probe : &usual;
    const char *settings = chosen->settings != NULL ? chosen->settings : "/proc/sys";
    switch (chosen->mode) {
    case FA_SANDBOX_NAMESPACES:
        return probe_namespaces(chosen, settings, error);
    case FA_SANDBOX_BWRAP:
        return probe_bwrap(chosen, settings, error);
    case FA_SANDBOX_NONE:
        return true;
    }
    g_assert_not_reached();
}
