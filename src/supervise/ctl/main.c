/*
 * fassembler-supervisorctl: options, the [supervisorctl] section, and then commands.
 */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "supervise/ctl/ctl.h"
#include "supervise/expand.h"
#include "supervise/ini.h"
#include "supervise/values.h"

#define DEFAULT_URL "http://localhost:9001"

extern char **environ;

static const char help[] =
    "fassembler-supervisorctl -- control applications run by fassembler-supervisord or "
    "supervisord\n\n"
    "Usage: %s [options] [action [arguments]]\n\n"
    "Options:\n"
    "-c/--configuration FILENAME -- configuration file path (searches if not given)\n"
    "-h/--help -- print usage message and exit\n"
    "-i/--interactive -- start an interactive shell after executing commands\n"
    "-s/--serverurl URL -- URL on which supervisord server is listening\n"
    "     (default \"" DEFAULT_URL "\").\n"
    "-u/--username USERNAME -- username to use for authentication with server\n"
    "-p/--password PASSWORD -- password to use for authentication with server\n"
    "-r/--history-file -- keep a history of what was typed\n\n"
    "action [arguments] -- see below\n\n"
    "Actions are commands like \"tail\" or \"stop\".  If -i is specified or no action is\n"
    "specified on the command line, a \"shell\" interpreting actions typed\n"
    "interactively is started.  Use the action \"help\" to find out about available\n"
    "actions.\n";

static const struct option long_options[] = {
    {"configuration", required_argument, NULL, 'c'}, {"help", no_argument, NULL, 'h'},
    {"interactive", no_argument, NULL, 'i'},         {"serverurl", required_argument, NULL, 's'},
    {"username", required_argument, NULL, 'u'},      {"password", required_argument, NULL, 'p'},
    {"history_file", required_argument, NULL, 'r'},  {NULL, 0, NULL, 0},
};

static int
usage(const char *program, const char *text)
{
    fprintf(stderr, "Error: %s\nFor help, use %s -h\n", text, program);
    return SV_EXIT_INVALID_ARGS;
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
get(SvIni *ini, const SvSection *section, const SvNames *names, const char *option,
    const char **value, SvError *error)
{
    const char *text = sv_ini_get(ini, section, option);
    char what[256];

    if (!text)
        return 0;
    snprintf(what, sizeof what, "supervisorctl.%s", option);
    const char *expanded;
    int r = sv_expand(ini->arena, text, names, NULL, what, &expanded, error);
    if (r == 0 && !*value)
        *value = expanded;
    return r;
}

static void
fill_names(SvArena *arena, const char *path, SvNames *names)
{
    const char *slash = strrchr(path, '/');
    const char *directory = !slash          ? "."
                            : slash == path ? "/"
                                            : sv_arena_strndup(arena, path, (size_t)(slash - path));

    for (char **variable = environ; *variable; variable++) {
        const char *equals = strchr(*variable, '=');
        const char *name =
            equals ? sv_arena_printf(arena, "ENV_%.*s", (int)(equals - *variable), *variable)
                   : NULL;
        if (name)
            sv_names_set(names, name, equals + 1);
    }
    sv_names_set(names, "here", sv_normalize_path(arena, directory));
}

static int
read_config(SvCtl *ctl, SvArena *arena, const char *path, SvError *error)
{
    SvIni ini = {.arena = arena};
    SvNames names = {.arena = arena};

    if (access(path, F_OK) < 0)
        return sv_fail(error, "could not find config file %s", path);
    int r = sv_ini_read(&ini, path, false, error);
    if (r < 0)
        return r == -EINVAL ? r : sv_fail(error, "could not read config file %s", path);
    const SvSection *section = sv_ini_section(&ini, "supervisorctl");
    if (!section)
        return sv_fail(error, ".ini file does not include supervisorctl section");
    fill_names(arena, path, &names);
    const struct {
        const char *option;
        const char **value;
    } options[] = {{"serverurl", &ctl->url},
                   {"prompt", &ctl->prompt},
                   {"username", &ctl->username},
                   {"password", &ctl->password},
                   {"history_file", &ctl->history}};
    for (size_t i = 0; r == 0 && i < sizeof options / sizeof *options; i++)
        r = get(&ini, section, &names, options[i].option, options[i].value, error);
    return r;
}

static int
read_options(SvCtl *ctl, int argc, char **argv, const char **ret_config)
{
    int option;

    opterr = 0;
    /* "+": what stands behind the action is its own, "-f" for one. */
    while ((option = getopt_long(argc, argv, "+:c:his:u:p:r:", long_options, NULL)) != -1) {
        switch (option) {
        case 'c':
            *ret_config = optarg;
            break;
        case 'i':
            ctl->interactive = true;
            break;
        case 's':
            ctl->url = optarg;
            break;
        case 'u':
            ctl->username = optarg;
            break;
        case 'p':
            ctl->password = optarg;
            break;
        case 'r':
            ctl->history = optarg;
            break;
        case 'h':
            printf(help, argv[0]);
            return 0;
        default: {
            char text[256];
            snprintf(text, sizeof text, "option %s %s", argv[optind - 1],
                     option == ':' ? "requires argument" : "not recognized");
            return usage(argv[0], text);
        }
        }
    }
    return -1;
}

static int
run(SvCtl *ctl, int argc, char **argv)
{
    static char line[65536];
    SvBuf buf;

    sv_buf_init(&buf, line, sizeof line);
    for (int i = optind; i < argc; i++)
        sv_buf_printf(&buf, "%s%s", i > optind ? " " : "", argv[i]);
    if (optind < argc) {
        bool interactive = ctl->interactive;
        ctl->interactive = false;
        sv_ctl_run_line(ctl, line);
        if (!interactive)
            return ctl->exit_code;
    }
    ctl->interactive = true;
    sv_ctl_shell(ctl);
    return 0;
}

int
main(int argc, char **argv)
{
    SvCtl ctl = {.fd = -1};
    SvArena arena;
    const char *config = NULL;
    int r = read_options(&ctl, argc, argv, &config);

    if (r >= 0)
        return r;
    void *reply = mmap(NULL, SV_CTL_REPLY_MAX, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (sv_arena_init(&arena, SV_CTL_REPLY_MAX) < 0 ||
        sv_arena_init(&ctl.arena, SV_CTL_REPLY_MAX * 4) < 0 || reply == MAP_FAILED)
        return usage(argv[0], "out of memory");
    ctl.reply = reply;
    if (!config)
        config = find_config();
    SvError error = {.arena = &arena};
    if (config && read_config(&ctl, &arena, config, &error) < 0)
        return usage(argv[0], error.text);
    ctl.url = ctl.url ? ctl.url : DEFAULT_URL;
    ctl.prompt = ctl.prompt ? ctl.prompt : "supervisor";
    if (strncmp(ctl.url, "unix://", 7) == 0)
        ctl.url = sv_arena_printf(&arena, "unix://%s", sv_normalize_path(&arena, ctl.url + 7));
    else if (strncmp(ctl.url, "http://", 7) != 0)
        return usage(argv[0], "the server's URL begins with http:// or unix://");
    if (ctl.history)
        ctl.history = sv_normalize_path(&arena, ctl.history);
    return run(&ctl, argc, argv);
}
