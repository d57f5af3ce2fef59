/*
 * The processes of one [program:x], [eventlistener:x] or [fcgi-program:x] section. Options are read in the order in which
 * supervisord reads them, so that the first of several mistakes is the same.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "supervise/conf.h"
#include "supervise/text.h"
#include "supervise/values.h"

#define NUMPROCS_MAX 20000
#define LOG_SIZE     ((int64_t)50 << 20) /* 50MB */
#define ROOM_FOR_ONE ((size_t)1 << 20)   /* more than one process can take of the arena */

typedef struct Section {
    SvConfReader *reader;
    const SvSection *section;
    SvNames names; /* grows from process to process, as supervisord's does */
    bool plain;    /* nothing in it is expanded, so that nobody asks for names */
    const char *program_name;
    SvProgram base; /* what all processes of the section share */
    const char *process_name;
    const char *environment;
    int64_t numprocs;
    int64_t numprocs_start;
} Section;

static int
get(Section *s, const char *option, const char *fallback, const char **ret_value)
{
    return sv_conf_get(s->reader, s->section, option, fallback, &s->names, ret_value);
}

static int
get_int(Section *s, const char *option, int64_t fallback, int64_t *ret_number)
{
    return sv_conf_get_int(s->reader, s->section, option, fallback, &s->names, ret_number);
}

static int
get_bool(Section *s, const char *option, bool fallback, bool *ret_value)
{
    return sv_conf_get_bool(s->reader, s->section, option, fallback, &s->names, ret_value);
}

/* A scheduled program runs when it is due, and is done when it exits: then other values go without saying. */
static bool
is_scheduled(const Section *s)
{
    const char *value = sv_ini_get(s->reader->ini, s->section, "schedule");

    return value && *value != '\0';
}

static int
read_autorestart(Section *s)
{
    const char *value;
    bool always;

    SV_TRY(get(s, "autorestart", is_scheduled(s) ? "false" : "unexpected", &value));
    if (strcasecmp(value, "unexpected") == 0) {
        s->base.autorestart = SV_RESTART_UNEXPECTED;
        return 0;
    }
    SvError ignored = {.arena = &s->reader->scratch};
    if (sv_value_bool(value, &always, &ignored) < 0) {
        char *lower = sv_arena_strdup(&s->reader->scratch, value);
        for (char *p = lower; p && *p != '\0'; p++)
            *p = *p >= 'A' && *p <= 'Z' ? (char)(*p + 32) : *p;
        return sv_fail_repr(&s->reader->error, "invalid 'autorestart' value %r",
                            lower ? lower : value);
    }
    s->base.autorestart = always ? SV_RESTART_ALWAYS : SV_RESTART_NEVER;
    return 0;
}

static int
read_policy(Section *s)
{
    SvProgram *base = &s->base;
    SvError *error = &s->reader->error;
    const char *value;

    SV_TRY(get_int(s, "priority", 999, &base->priority));
    SV_TRY(get_bool(s, "autostart", !is_scheduled(s), &base->autostart));
    SV_TRY(read_autorestart(s));
    SV_TRY(get_int(s, "startsecs", is_scheduled(s) ? 0 : 1, &base->startsecs));
    SV_TRY(get_int(s, "startretries", 3, &base->startretries));
    base->stopsignal = SIGTERM;
    SV_TRY(get(s, "stopsignal", NULL, &value));
    if (value)
        SV_TRY(sv_value_signal(value, &base->stopsignal, error));
    SV_TRY(get_int(s, "stopwaitsecs", 10, &base->stopwaitsecs));
    SV_TRY(get_bool(s, "stopasgroup", false, &base->stopasgroup));
    SV_TRY(get_bool(s, "killasgroup", base->stopasgroup, &base->killasgroup));
    SV_TRY(get(s, "exitcodes", "0", &value));
    SV_TRY(sv_value_exitcodes(s->reader->arena, value, &base->exitcodes, &base->exitcode_count,
                              error));
    SV_TRY(get_bool(s, "redirect_stderr", false, &base->redirect_stderr));
    SV_TRY(get_int(s, "numprocs", 1, &s->numprocs));
    SV_TRY(get_int(s, "numprocs_start", 0, &s->numprocs_start));
    s->environment = sv_ini_get(s->reader->ini, s->section, "environment");
    s->environment = s->environment ? s->environment : "";
    SV_TRY(sv_conf_get_bytes(s->reader, s->section, "stdout_capture_maxbytes", 0, &s->names,
                             &base->log[SV_STDOUT].capture_maxbytes));
    SV_TRY(get_bool(s, "stdout_events_enabled", false, &base->log[SV_STDOUT].events));
    SV_TRY(sv_conf_get_bytes(s->reader, s->section, "stderr_capture_maxbytes", 0, &s->names,
                             &base->log[SV_STDERR].capture_maxbytes));
    return get_bool(s, "stderr_events_enabled", false, &base->log[SV_STDERR].events);
}

static int
read_identity(Section *s)
{
    SvProgram *base = &s->base;
    SvError *error = &s->reader->error;
    const char *value;

    SV_TRY(get(s, "serverurl", NULL, &base->serverurl));
    if (base->serverurl) {
        char *copy = sv_arena_strdup(&s->reader->scratch, base->serverurl);
        if (copy && strcasecmp(sv_strip(copy), "auto") == 0)
            base->serverurl = NULL;
    }
    base->uid = base->umask = -1;
    SV_TRY(get(s, "user", NULL, &value));
    if (value)
        SV_TRY(sv_value_uid(value, &base->uid, error));
    SV_TRY(get(s, "umask", NULL, &value));
    if (value)
        SV_TRY(sv_value_octal(value, &base->umask, error));
    value = sv_ini_get(s->reader->ini, s->section, "process_name");
    const char *fallback = s->plain ? s->program_name : "%(program_name)s";
    SV_TRY(sv_value_name(s->reader->arena, value ? value : fallback, &s->process_name, error));
    if (s->numprocs > 1 && !strstr(s->process_name, "%(process_num)"))
        return sv_fail(error,
                       "%%(process_num) must be present within process_name when numprocs > 1");
    if (base->stopasgroup && !base->killasgroup)
        return sv_fail(error, "Cannot set stopasgroup=true and killasgroup=false");
    return 0;
}

typedef struct LogKeys {
    const char *channel, *logfile, *backups, *maxbytes, *syslog;
} LogKeys;

static const LogKeys stdout_keys = {"stdout", "stdout_logfile", "stdout_logfile_backups",
                                    "stdout_logfile_maxbytes", "stdout_syslog"};
static const LogKeys stderr_keys = {"stderr", "stderr_logfile", "stderr_logfile_backups",
                                    "stderr_logfile_maxbytes", "stderr_syslog"};

static int
read_logfile(Section *s, const LogKeys *keys, SvLogConf *log)
{
    SvConfReader *reader = s->reader;
    const char *value;

    SV_TRY(get(s, keys->logfile, NULL, &value));
    if (value)
        SV_TRY(sv_expand(reader->arena, value, NULL, &s->names, keys->logfile, &value,
                         &reader->error));
    bool deprecated = value && strcasecmp(value, "syslog") == 0;
    log->path = NULL;
    log->kind = SV_LOG_NONE;
    if (!value || strcasecmp(value, "auto") == 0) {
        log->kind = SV_LOG_AUTO;
    } else if (!deprecated && strcasecmp(value, "none") != 0 && strcasecmp(value, "off") != 0) {
        log->kind = SV_LOG_FILE;
        SV_TRY(sv_value_existing_dirpath(reader->arena, value, &log->path, &reader->error));
    }
    SV_TRY(get_int(s, keys->backups, 10, &log->backups));
    SV_TRY(
        sv_conf_get_bytes(reader, s->section, keys->maxbytes, LOG_SIZE, &s->names, &log->maxbytes));
    SV_TRY(get_bool(s, keys->syslog, false, &log->syslog));
    if (deprecated) {
        sv_conf_note(reader, 'w',
                     "For [%s], %s_logfile=syslog but this is deprecated and will be removed.  Use "
                     "%s=true to enable "
                     "syslog instead.",
                     s->section->name, keys->channel, keys->syslog);
        log->syslog = true;
    }
    if (log->kind == SV_LOG_AUTO && log->maxbytes == 0)
        sv_conf_note(reader, 'w',
                     "For [%s], AUTO logging used for %s_logfile without rollover, set maxbytes > "
                     "0 to avoid filling up "
                     "filesystem unintentionally",
                     s->section->name, keys->channel);
    return 0;
}

static int
resolve(Section *s, SvCheckConf *check, const char *option)
{
    struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;

    /* A name is looked up here, once: a supervisor that asks a name server while it works would wait for it. */
    if (getaddrinfo(check->host, NULL, &hints, &found) != 0 || !found)
        return sv_fail(&s->reader->error, "%s: cannot find the address of '%s'", option,
                       check->host);
    check->address = ((struct sockaddr_in *)(void *)found->ai_addr)->sin_addr.s_addr;
    freeaddrinfo(found);
    return 0;
}

static int
read_host(Section *s, const char *option, const char *text, SvCheckConf *check)
{
    const char *slash = strchr(text, '/');
    const char *address =
        slash ? sv_arena_strndup(&s->reader->scratch, text, (size_t)(slash - text)) : text;
    int64_t port = check->kind == SV_CHECK_HTTP ? 80 : 443;

    check->path = slash ? slash : "/";
    if (slash && address && !strchr(address, ':'))
        check->host = sv_arena_strdup(s->reader->arena, address);
    else
        SV_TRY(sv_value_address(s->reader->arena, address ? address : "", &check->host, &port,
                                &s->reader->error));
    if (!check->host || *check->host == '\0')
        check->host = "127.0.0.1";
    check->port = (uint16_t)port;
    return resolve(s, check, option);
}

/* notify, unix:PATH, tcp:HOST:PORT, http://HOST:PORT/PATH, or command:... */
static int
read_check(Section *s, const char *option, SvCheckConf *check)
{
    const char *problem = NULL;
    const char *value;

    *check = (SvCheckConf){0};
    SV_TRY(get(s, option, NULL, &value));
    if (!value || *value == '\0')
        return 0;
    if (strcmp(value, "notify") == 0) {
        check->kind = SV_CHECK_NOTIFY;
    } else if (strncmp(value, "unix:", 5) == 0) {
        check->kind = SV_CHECK_UNIX;
        check->host = value + (strncmp(value, "unix://", 7) == 0 ? 7 : 5);
        if (strlen(check->host) > 107)
            return sv_fail(&s->reader->error, "%s: the path of a socket has at most 107 bytes: %s",
                           option, check->host);
    } else if (strncmp(value, "tcp:", 4) == 0) {
        check->kind = SV_CHECK_TCP;
        return read_host(s, option, value + (strncmp(value, "tcp://", 6) == 0 ? 6 : 4), check);
    } else if (strncmp(value, "http://", 7) == 0) {
        check->kind = SV_CHECK_HTTP;
        return read_host(s, option, value + 7, check);
    } else if (strncmp(value, "https://", 8) == 0) {
        /* There is no TLS in here: that somebody accepts the connection must do. */
        check->kind = SV_CHECK_TCP;
        return read_host(s, option, value + 8, check);
    } else if (strncmp(value, "command:", 8) == 0) {
        check->kind = SV_CHECK_COMMAND;
        if (sv_shlex_split(s->reader->arena, value + 8, &check->argv, &problem) < 0 || problem ||
            !check->argv[0])
            return sv_fail(&s->reader->error, "%s: can't parse command '%s'", option, value + 8);
    } else {
        return sv_fail(&s->reader->error,
                       "%s: '%s' is none of notify, unix:PATH, tcp:HOST:PORT, "
                       "http://HOST:PORT/PATH, command:COMMAND",
                       option, value);
    }
    return 0;
}

static int
read_schedule(Section *s, SvProgram *program)
{
    if (!is_scheduled(s))
        return 0;
    if (s->base.class != SV_CLASS_PROGRAM)
        return sv_fail(&s->reader->error, "schedule: only a [program:x] can be scheduled");
    SV_TRY(get(s, "schedule", NULL, &program->schedule_text));
    return sv_schedule_parse(program->schedule_text, &program->schedule, &s->reader->error);
}

static int
read_extensions(Section *s, SvProgram *program)
{
    const char *value;

    SV_TRY(read_schedule(s, program));
    SV_TRY(get(s, "depends_on", NULL, &value));
    if (value && *value != '\0')
        program->depends_on = sv_split_list(s->reader->arena, value);
    SV_TRY(read_check(s, "ready", &program->ready));
    SV_TRY(get_int(s, "ready_timeout", 60, &program->ready_timeout));
    SV_TRY(read_check(s, "healthcheck", &program->health));
    if (program->health.kind == SV_CHECK_NOTIFY)
        return sv_fail(&s->reader->error,
                       "healthcheck: 'notify' says when a program is ready only");
    SV_TRY(get_int(s, "healthcheck_interval", 10, &program->health_interval));
    SV_TRY(get_int(s, "healthcheck_timeout", 5, &program->health_timeout));
    SV_TRY(get_int(s, "healthcheck_retries", 3, &program->health_retries));
    SV_TRY(sv_conf_read_sockets(s->reader, s->section, &s->names, program));
    SV_TRY(sv_conf_read_cgroup(s->reader, s->section, &s->names, program));
    SV_TRY(sv_conf_read_init(s->reader, s->section, &s->names, program));
    return sv_conf_read_limits(s->reader, s->section, &s->names, program);
}

static int
read_process_environment(Section *s, int64_t number, SvProgram *program)
{
    SvConfReader *reader = s->reader;
    const char *value = s->environment;

    if (!s->plain) {
        sv_names_set_number(&s->names, "process_num", number);
        sv_names_set_number(&s->names, "numprocs", s->numprocs);
        sv_names_update(&s->names, &reader->environ);
        SV_TRY(sv_expand(reader->arena, s->environment, NULL, &s->names, "environment", &value,
                         &reader->error));
    }
    SV_TRY(sv_env_parse(reader->arena, value, &program->env, &reader->error));
    for (const SvEnv *env = program->env; !s->plain && env; env = env->next) {
        const char *name = sv_arena_printf(&reader->scratch, "ENV_%s", env->name);
        if (name)
            sv_names_set(&s->names, name, env->value);
    }
    return 0;
}

static int
read_process(Section *s, int64_t number, SvProgram *program)
{
    SvConfReader *reader = s->reader;

    *program = s->base;
    SV_TRY(read_process_environment(s, number, program));
    SV_TRY(get(s, "directory", NULL, &program->directory));
    SV_TRY(read_logfile(s, &stdout_keys, &program->log[SV_STDOUT]));
    SV_TRY(read_logfile(s, &stderr_keys, &program->log[SV_STDERR]));
    if (program->redirect_stderr) {
        if (program->log[SV_STDERR].kind == SV_LOG_FILE)
            sv_conf_note(reader, 'w',
                         "For [%s], redirect_stderr=true but stderr_logfile has also been set to a "
                         "filename, the "
                         "filename has been ignored",
                         s->section->name);
        program->log[SV_STDERR].kind = SV_LOG_NONE;
        program->log[SV_STDERR].path = NULL;
    }
    SV_TRY(get(s, "command", NULL, &program->command));
    if (!program->command)
        return sv_fail(&reader->error, "program section %s does not specify a command",
                       s->section->name);
    SV_TRY(read_extensions(s, program));
    SV_TRY(sv_expand(reader->arena, s->process_name, NULL, &s->names, "process_name",
                     &program->name, &reader->error));
    program->name = sv_arena_strdup(reader->arena, program->name);
    return sv_shlex_split(reader->arena, program->command, &program->argv, &program->argv_problem);
}

/* As bytes; NUL, which stands as C0 80, comes first. */
static int
compare_names(const char *a, const char *b)
{
    while (*a != '\0' && *a == *b) {
        a++;
        b++;
    }
    bool a_nul = strncmp(a, "\xc0\x80", 2) == 0;
    bool b_nul = strncmp(b, "\xc0\x80", 2) == 0;
    if (a_nul != b_nul && *a != '\0' && *b != '\0')
        return a_nul ? -1 : 1;
    return (unsigned char)*a - (unsigned char)*b;
}

static int
compare_programs(const void *a, const void *b)
{
    const SvProgram *x = a;
    const SvProgram *y = b;

    if (x->priority != y->priority)
        return x->priority < y->priority ? -1 : 1;
    return compare_names(x->name, y->name);
}

static int
read_section(Section *s, SvProgram **ret_programs, size_t *ret_count)
{
    SvConfReader *reader = s->reader;

    SV_TRY(read_policy(s));
    SV_TRY(read_identity(s));
    if (s->numprocs > NUMPROCS_MAX)
        return sv_fail(&reader->error, "numprocs is more than %d", NUMPROCS_MAX);
    size_t count = s->numprocs > 0 ? (size_t)s->numprocs : 0;
    SvProgram *programs = sv_arena_alloc(reader->arena, count * sizeof *programs);
    s->base.section = sv_arena_strdup(reader->arena, s->section->name);
    for (size_t i = 0; i < count; i++) {
        if (!programs || sv_arena_room(reader->arena) < ROOM_FOR_ONE ||
            sv_arena_room(&reader->scratch) < ROOM_FOR_ONE)
            return sv_fail(&reader->error, "the configuration is too large");
        SV_TRY(read_process(s, s->numprocs_start + (int64_t)i, &programs[i]));
        if (!programs[i].name)
            return sv_fail(&reader->error, "the configuration is too large");
    }
    if (count > 1)
        qsort(programs, count, sizeof *programs, compare_programs);
    *ret_programs = programs;
    *ret_count = count;
    return 0;
}

static void
set_names(Section *s, const char *group)
{
    sv_names_set(&s->names, "here", s->reader->config->here);
    sv_names_set(&s->names, "program_name", s->program_name);
    sv_names_set(&s->names, "host_node_name", s->reader->config->source.host);
    sv_names_set(&s->names, "group_name", group);
}

int
sv_conf_read_programs(SvConfReader *reader, const SvSection *section, const char *group,
                      SvClass class, SvProgram **ret_programs, size_t *ret_count)
{
    Section s = {.reader = reader,
                 .section = section,
                 .names = {.arena = &reader->scratch},
                 .base = {.class = class}};
    int r = sv_value_name(&reader->scratch, strchr(section->name, ':') + 1, &s.program_name,
                          &reader->error);
    s.plain = !sv_ini_has_char(reader->ini, section, '%') && !strchr(section->name, '%');
    if (r == 0 && !s.plain)
        set_names(&s, group);
    if (r == 0)
        r = read_section(&s, ret_programs, ret_count);
    if (r < 0 && reader->error.text) {
        const char *text = reader->error.text;
        reader->error.text = NULL;
        return sv_fail_repr(&reader->error, "%s in section %r (file: %r)", text, section->name,
                            section->file ? section->file : reader->config->path);
    }
    return r;
}
