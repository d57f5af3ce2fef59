/*
 * fassembler-supervisord: options, daemon, pid file, and one supervisor after another as SIGHUP asks for it.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "supervise/upgrade.h"
#include "supervise/values.h"

static const char help[] =
    "fassembler-supervisord -- run a set of applications as daemons\n\n"
    "Usage: %s [options]\n\n"
    "Options:\n"
    "-c/--configuration FILENAME -- configuration file path (searches if not given)\n"
    "-n/--nodaemon -- run in the foreground (same as 'nodaemon=true' in config file)\n"
    "-s/--silent -- no logs to stdout (maps to 'silent=true' in config file)\n"
    "-h/--help -- print this usage message and exit\n"
    "-v/--version -- print the version number and exit\n"
    "-u/--user USER -- run as this user (or numeric uid)\n"
    "-m/--umask UMASK -- use this umask for daemon subprocess (default is 022)\n"
    "-d/--directory DIRECTORY -- directory to chdir to when daemonized\n"
    "-l/--logfile FILENAME -- use FILENAME as logfile path\n"
    "-y/--logfile_maxbytes BYTES -- use BYTES to limit the max size of logfile\n"
    "-z/--logfile_backups NUM -- number of backups to keep when max bytes reached\n"
    "-e/--loglevel LEVEL -- use LEVEL as log level (debug,info,warn,error,critical)\n"
    "-j/--pidfile FILENAME -- write a pid file for the daemon process to FILENAME\n"
    "-i/--identifier STR -- identifier used for this instance of supervisord\n"
    "-q/--childlogdir DIRECTORY -- the log directory for child process logs\n"
    "-k/--nocleanup -- prevent the process from performing cleanup (removal of\n"
    "                  old automatic child log files) at startup\n"
    "-a/--minfds NUM -- the minimum number of file descriptors for start success\n"
    "-t/--strip_ansi -- strip ansi escape codes from process output\n"
    "--minprocs NUM -- the minimum number of processes available for start success\n"
    "--print-config -- print the configuration as JSON and exit\n"
    "--check-state -- exit with 0 if the state on stdin could be taken over (for upgrades)\n";

typedef struct Options {
    const char *config;
    SvOverrides given;
    bool print;
    bool check_state;
} Options;

static int
usage(const char *program, const char *text)
{
    fprintf(stderr, "Error: %s\nFor help, use %s -h\n", text, program);
    return 2;
}

enum { OPTION_MINPROCS = 256, OPTION_PRINT, OPTION_CHECK_STATE };

static const struct option long_options[] = {
    {"configuration", required_argument, NULL, 'c'},
    {"nodaemon", no_argument, NULL, 'n'},
    {"silent", no_argument, NULL, 's'},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'v'},
    {"user", required_argument, NULL, 'u'},
    {"umask", required_argument, NULL, 'm'},
    {"directory", required_argument, NULL, 'd'},
    {"logfile", required_argument, NULL, 'l'},
    {"logfile_maxbytes", required_argument, NULL, 'y'},
    {"logfile_backups", required_argument, NULL, 'z'},
    {"loglevel", required_argument, NULL, 'e'},
    {"pidfile", required_argument, NULL, 'j'},
    {"identifier", required_argument, NULL, 'i'},
    {"childlogdir", required_argument, NULL, 'q'},
    {"nocleanup", no_argument, NULL, 'k'},
    {"minfds", required_argument, NULL, 'a'},
    {"strip_ansi", no_argument, NULL, 't'},
    {"minprocs", required_argument, NULL, OPTION_MINPROCS},
    {"print-config", no_argument, NULL, OPTION_PRINT},
    {SV_CHECK_STATE, no_argument, NULL, OPTION_CHECK_STATE},
    {NULL, 0, NULL, 0},
};

static void
set_flag(Options *options, int option)
{
    options->given.nodaemon |= option == 'n';
    options->given.silent |= option == 's';
    options->given.nocleanup |= option == 'k';
    options->given.strip_ansi |= option == 't';
    options->print |= option == OPTION_PRINT;
    options->check_state |= option == OPTION_CHECK_STATE;
}

static void
set_value(Options *options, int option, const char *value)
{
    SvOverrides *given = &options->given;
    const struct {
        int option;
        const char **target;
    } targets[] = {
        {'c', &options->config},
        {'u', &given->user},
        {'m', &given->umask},
        {'d', &given->directory},
        {'l', &given->logfile},
        {'y', &given->logfile_maxbytes},
        {'e', &given->loglevel},
        {'j', &given->pidfile},
        {'z', &given->logfile_backups},
        {'i', &given->identifier},
        {'a', &given->minfds},
        {'q', &given->childlogdir},
        {OPTION_MINPROCS, &given->minprocs},
    };

    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++)
        if (targets[i].option == option)
            *targets[i].target = value;
}

/* Returns -1 to go on, or what to exit with. */
static int
read_options(int argc, char **argv, Options *options)
{
    int option;

    opterr = 0;
    while ((option = getopt_long(argc, argv, ":c:nshvu:m:d:l:y:z:e:j:i:q:ka:t", long_options,
                                 NULL)) != -1) {
        char text[256];
        if (option == 'h') {
            printf(help, argv[0]);
            return 0;
        }
        if (option == 'v') {
            puts(FA_VERSION);
            return 0;
        }
        if (option == ':' || option == '?') {
            snprintf(text, sizeof text, "option %s %s", argv[optind - 1],
                     option == ':' ? "requires argument" : "not recognized");
            return usage(argv[0], text);
        }
        if (optarg)
            set_value(options, option, optarg);
        else
            set_flag(options, option);
    }
    if (optind < argc)
        return usage(argv[0], "positional arguments are not supported");
    return -1;
}

static const char *
find_config(void)
{
    static const char *const places[] = {"supervisord.conf", "etc/supervisord.conf",
                                         "/etc/supervisord.conf",
                                         "/etc/supervisor/supervisord.conf"};

    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (access(places[i], F_OK) == 0)
            return places[i];
    return NULL;
}

static int
become_user(const SvConfig *config)
{
    if (config->uid < 0 || config->uid == (int64_t)getuid())
        return 0;
    const struct passwd *entry = getpwuid((uid_t)config->uid);
    if (!entry || getuid() != 0)
        return -EPERM;
    if (initgroups(entry->pw_name, entry->pw_gid) < 0 || setgid(entry->pw_gid) < 0 ||
        setuid(entry->pw_uid) < 0)
        return -errno;
    return 0;
}

static bool
raise_limit(__rlimit_resource_t resource, int64_t wanted)
{
    struct rlimit limit;

    getrlimit(resource, &limit);
    if (limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur >= (rlim_t)wanted)
        return true;
    limit.rlim_cur = (rlim_t)wanted;
    if (limit.rlim_max != RLIM_INFINITY && limit.rlim_max < (rlim_t)wanted)
        limit.rlim_max = (rlim_t)wanted;
    return setrlimit(resource, &limit) == 0;
}

/* Old logs whose names supervisord made up are removed: NAME-stdout---IDENTIFIER-RANDOM.log and what was rotated. */
static void
clean_child_logs(const SvConfig *config)
{
    char mark[512];
    DIR *directory = opendir(config->childlogdir);

    snprintf(mark, sizeof mark, "---%s-", config->identifier);
    for (const struct dirent *entry; directory && (entry = readdir(directory));) {
        const char *found = strstr(entry->d_name, mark);
        const char *tail = found ? strstr(found + strlen(mark), ".log") : NULL;
        if (!found || found == entry->d_name || !tail || tail == found + strlen(mark))
            continue;
        if (tail[4] == '\0' ||
            (tail[4] == '.' && strspn(tail + 5, "0123456789") == strlen(tail + 5)))
            unlinkat(dirfd(directory), entry->d_name, 0);
    }
    if (directory)
        closedir(directory);
}

/* When process 1 ends, so does the container or the machine: it never leaves its work to a child. */
static bool
in_foreground(const SvConfig *config)
{
    return config->nodaemon || sv_super_is_init();
}

static void
open_log(SvSuper *super)
{
    const SvConfig *config = super->config;

    super->log = (SvLogFile){.fd = -1,
                             .path = config->logfile,
                             .maxbytes = config->logfile_maxbytes,
                             .backups = config->logfile_backups};
    if (super->stdout_fd >= 0)
        close(super->stdout_fd);
    super->stdout_fd = in_foreground(config) && !config->silent ? sv_log_open_stdout() : -1;
    if (strcmp(config->logfile, "syslog") != 0)
        sv_logfile_open(&super->log);
    if (config->uid < 0 && getuid() == 0)
        sv_log(super, SV_CRIT,
               "Supervisor is running as root.  Privileges were not dropped because no user is "
               "specified in the config "
               "file.  If you intend to run as root, you can set user=root in the config file to "
               "avoid this message.");
    for (const SvMessage *message = config->messages; message; message = message->next)
        sv_log(super,
               message->level == 'c'   ? SV_CRIT
               : message->level == 'w' ? SV_WARN
                                       : SV_INFO,
               "%s", message->text);
}

static void
daemonise(SvSuper *super)
{
    const SvConfig *config = super->config;

    if (fork() > 0)
        _exit(0);
    sv_log(super, SV_INFO, "daemonizing the supervisord process");
    if (config->directory && chdir(config->directory) < 0)
        sv_log(super, SV_CRIT, "can't chdir into '%s': %s", config->directory, strerror(errno));
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int fd = 0; fd < 3; fd++)
        dup2(null, fd);
    if (null > 2)
        close(null);
    setsid();
    umask((mode_t)config->umask);
    /* Being a reaper does not pass a fork, and a signalfd wakes the epoll of who put it there. */
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    epoll_ctl(super->loop.epoll, EPOLL_CTL_DEL, super->signals.fd, NULL);
    sv_watch_add(&super->loop, &super->signals, EPOLLIN);
}

static void
write_pidfile(SvSuper *super)
{
    char text[32];
    int n = snprintf(text, sizeof text, "%d\n", (int)getpid());
    int fd = open(super->config->pidfile, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

    super->own_pidfile = fd >= 0 && write(fd, text, (size_t)n) == n;
    if (fd >= 0)
        close(fd);
    if (super->own_pidfile)
        sv_log(super, SV_INFO, "supervisord started with pid %d", (int)getpid());
    else
        sv_log(super, SV_CRIT, "could not write pidfile %s", super->config->pidfile);
}

static int
add_groups(SvSuper *super, const char *program)
{
    char text[1024];

    for (size_t i = 0; i < super->config->group_count; i++) {
        SvGroup *group = &super->runtime->groups[i];
        int r = sv_group_add(super, group);
        if (r < 0 && r != -EEXIST) {
            if (group->conf->class == SV_CLASS_FCGI)
                snprintf(text, sizeof text, "Could not create FastCGI socket %s: %s",
                         group->conf->socket.url, strerror(-r));
            else
                snprintf(text, sizeof text, "Could not create the sockets of %s: %s",
                         group->conf->name, strerror(-r));
            return usage(program, text);
        }
    }
    return 0;
}

static int
open_server(SvSuper *super, const char *program)
{
    char text[256];
    char name[32];
    int r = sv_server_open(super);

    if (r == 0)
        return 0;
    if (r == -EADDRINUSE)
        return usage(
            program,
            "Another program is already listening on a port that one of our HTTP servers is "
            "configured to use.  Shut this program down first before starting supervisord.");
    snprintf(text, sizeof text, "Cannot open an HTTP server: socket.error reported errno.%s (%d)",
             sv_errno_name(-r, name, sizeof name), -r);
    return usage(program, text);
}

static void
remove_groups(SvSuper *super)
{
    while (super->groups)
        if (sv_group_remove(super, super->groups) < 0)
            break;
}

static int
begin(SvSuper *super, const char *program, bool first)
{
    open_log(super);
    if (!super->config->nocleanup)
        clean_child_logs(super->config);
    int r = add_groups(super, program);
    if (r == 0)
        r = open_server(super, program);
    if (r == 0) {
        if (first && !in_foreground(super->config))
            daemonise(super);
        write_pidfile(super);
        sv_super_begin(super);
    }
    return r;
}

/* From one start to its end; the processes of the one before have all stopped, or go on with us. */
static int
supervise(SvSuper *super, const char *program, bool first, bool taken_over)
{
    int r = taken_over ? 0 : begin(super, program, first);

    if (r == 0)
        sv_super_run(super);
    sv_server_close(super);
    remove_groups(super);
    if (super->own_pidfile)
        unlink(super->config->pidfile);
    sv_logfile_close(&super->log);
    return r;
}

/* What was read last is taken; a mistake in it leaves what is. */
static void
take_new_config(SvSuper *super)
{
    char *problem = NULL;

    if (sv_super_reread(super, &problem) < 0) {
        fprintf(stderr, "Error: %s\n", problem ? problem : "");
        free(problem);
        super->candidate_runtime = super->runtime;
        return;
    }
    sv_config_unref(super->config);
    super->config = super->candidate;
    super->runtime = super->candidate_runtime;
}

/* The daemon changes its directory, and a configuration goes; the file is read again from where it was. */
static void
keep_config_path(SvSuper *super, const char *path)
{
    static char absolute[PATH_MAX];
    char directory[PATH_MAX] = "";

    if (*path != '/' && !getcwd(directory, sizeof directory))
        directory[0] = '\0';
    SvBuf buf;
    sv_buf_init(&buf, absolute, sizeof absolute);
    sv_buf_printf(&buf, "%s%s%s", directory, directory[0] != '\0' ? "/" : "", path);
    super->config_path = absolute;
}

static int
set_up(SvSuper *super, const char *program)
{
    char *problem;
    sigset_t all;

    /* The kernel drops what process 1 would die of, unless it is blocked: a stop that comes early is not lost. */
    sigfillset(&all);
    if (sv_super_is_init())
        sigprocmask(SIG_BLOCK, &all, NULL);
    if (sv_config_read(super->config_path, super->overrides, &super->config, &problem) < 0)
        return usage(program, problem);
    if (sv_super_prepare(super->config, &super->runtime) < 0)
        return usage(program, "out of memory");
    super->candidate = super->config;
    super->candidate_runtime = super->runtime;
    char text[PATH_MAX + 512];
    if (sv_cgroup_ready(&super->cgroups, super->config, text, sizeof text) < 0)
        return usage(program, text);
    if (become_user(super->config) < 0)
        return usage(program, "Can't drop privilege as nonroot user");
    if (!raise_limit(RLIMIT_NOFILE, super->config->minfds) ||
        !raise_limit(RLIMIT_NPROC, super->config->minprocs))
        return usage(program, "The minimum number of file descriptors or processes (minfds, "
                              "minprocs) cannot be had.");
    if (sv_super_init(super) < 0)
        return usage(program, "cannot make the event loop");
    return 0;
}

static int
run(SvSuper *super, const char *program, SvTakeover *takeover)
{
    int r = takeover ? sv_takeover_run(takeover, super) : set_up(super, program);

    if (r != 0)
        return r;
    if (takeover)
        keep_config_path(super, super->config->path);
    for (bool first = true;; first = false) {
        r = supervise(super, program, first, first && takeover);
        if (r != 0 || super->mood == SV_MOOD_SHUTDOWN) {
            sv_cgroup_close(&super->cgroups);
            return r != 0 ? r : super->exit_status;
        }
        take_new_config(super);
    }
}

static int
print_config(const char *path, const Options *options, const char *program)
{
    SvConfig *config;
    char *problem;

    if (sv_config_read(path, &options->given, &config, &problem) < 0)
        return usage(program, problem);
    sv_config_dump(config, stdout);
    return 0;
}

int
main(int argc, char **argv)
{
    static SvSuper super;
    static char read_buffer[SV_READ_MAX + 64];
    static char strip_buffer[SV_READ_MAX + 64];
    SvTakeover takeover;
    bool taken_over = sv_takeover_begin(&takeover, argv);
    Options options = {0};
    int r = read_options(argc, argv, &options);

    if (r >= 0)
        return r;
    super.read_buffer = read_buffer;
    super.strip_buffer = strip_buffer;
    super.overrides = &options.given;
    super.mood = SV_MOOD_RUNNING;
    super.stdout_fd = -1;
    sv_upgrade_init(&super, argv);
    if (options.check_state)
        return sv_takeover_check(&super);
    if (taken_over)
        return run(&super, argv[0], &takeover);
    const char *path = options.config ? options.config : find_config();
    if (!path)
        return usage(
            argv[0],
            "No config file found at default paths (supervisord.conf, etc/supervisord.conf, "
            "/etc/supervisord.conf, /etc/supervisor/supervisord.conf); use the -c option to "
            "specify a "
            "config file at a different path");
    if (options.print)
        return print_config(path, &options, argv[0]);
    keep_config_path(&super, path);
    return run(&super, argv[0], NULL);
}
