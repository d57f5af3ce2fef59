#pragma once
/*
 * The configuration of the supervisor: every section and key of supervisord 4.2.5, read as it reads them, and the keys of
 * our own (depends_on, ready and their like; docs/coming-from-supervisor.md lists them).
 *
 * A configuration is read into one arena and not changed afterwards. Errors have the text that supervisord prints.
 */
#include <stdint.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "supervise/expand.h"
#include "supervise/ini.h"
#include "supervise/schedule.h"
#include "supervise/shlex.h"

typedef enum SvLogKind { SV_LOG_NONE, SV_LOG_AUTO, SV_LOG_FILE } SvLogKind;

typedef struct SvLogConf {
    SvLogKind kind;
    bool syslog;
    bool events;
    const char *path;
    int64_t maxbytes;
    int64_t backups;
    int64_t capture_maxbytes;
} SvLogConf;

typedef enum SvRestart { SV_RESTART_NEVER, SV_RESTART_UNEXPECTED, SV_RESTART_ALWAYS } SvRestart;
typedef enum SvClass { SV_CLASS_PROGRAM, SV_CLASS_LISTENER, SV_CLASS_FCGI } SvClass;
typedef enum SvCheckKind {
    SV_CHECK_NONE,
    SV_CHECK_COMMAND,
    SV_CHECK_UNIX,
    SV_CHECK_TCP,
    SV_CHECK_HTTP,
    SV_CHECK_NOTIFY
} SvCheckKind;

typedef struct SvCheckConf {
    SvCheckKind kind;
    const char *const *argv; /* of a command */
    const char *host;        /* or the path of a Unix socket */
    const char *path;        /* of a GET */
    uint16_t port;
    uint32_t address; /* of the host, in network order */
} SvCheckConf;

/* When the end of a process is that of the supervisor: never, or where it is not started again. */
typedef enum SvExitOn { SV_EXIT_ON_NEVER, SV_EXIT_ON_FAILURE, SV_EXIT_ON_EXIT } SvExitOn;

typedef struct SvLimit {
    const char *option;
    int resource;
    struct rlimit limit;
} SvLimit;

/* What a process needs control groups for. */
enum {
    SV_CGROUP_MEMORY = 1 << 0,
    SV_CGROUP_TASKS = 1 << 1,
    SV_CGROUP_CPU = 1 << 2,
    SV_CGROUP_KILL = 1 << 3
};

typedef struct SvCgroupConf {
    uint32_t uses;
    int64_t memory;  /* bytes, 0: no limit */
    int64_t tasks;   /* processes and threads */
    int64_t percent; /* of one processor */
    bool kill_tree;
} SvCgroupConf;

enum { SV_STDOUT, SV_STDERR };

typedef struct SvSocketConf {
    const char *url;
    const char *path; /* of a Unix socket, else */
    const char *host;
    int64_t port;
    int64_t backlog; /* -1: the system's */
    int64_t mode;    /* -1: none */
    int64_t uid, gid;
    bool owned;
    const char *name; /* in LISTEN_FDNAMES */
} SvSocketConf;

/* One process that is to run. */
typedef struct SvProgram {
    const char *name;
    SvClass class;
    SvRestart autorestart;
    const char *command;
    const char *const *argv;  /* or NULL with */
    const char *argv_problem; /* why the command cannot be split */
    const char *directory;    /* or NULL */
    const char *serverurl;    /* or NULL */
    const char *section;
    SvEnv *env;
    int64_t uid;   /* -1: the supervisor's */
    int64_t umask; /* -1: the supervisor's */
    int64_t priority;
    int64_t startsecs;
    int64_t startretries;
    int64_t stopwaitsecs;
    const int64_t *exitcodes;
    size_t exitcode_count;
    int stopsignal;
    bool autostart;
    bool stopasgroup;
    bool killasgroup;
    bool redirect_stderr;
    SvLogConf log[2];
    const char *const *depends_on; /* NULL-terminated, or NULL */
    const char *schedule_text;     /* or NULL */
    SvSchedule schedule;
    SvCheckConf ready;
    int64_t ready_timeout; /* seconds */
    SvCheckConf health;
    int64_t health_interval, health_timeout; /* seconds */
    int64_t health_retries;
    const SvLimit *limits;
    size_t limit_count;
    const SvSocketConf *sockets; /* held for it */
    size_t socket_count;
    SvCgroupConf cgroup;
    SvExitOn exit_on;
    uint64_t forward; /* signals, 1 << (number - 1), that it gets when the supervisor does */
} SvProgram;

typedef struct SvGroupConf {
    const char *name;
    SvClass class;
    int64_t priority;
    SvProgram *programs;
    size_t count;
    int64_t buffer_size;
    uint32_t events; /* of SvEventType, those named */
    SvSocketConf socket;
} SvGroupConf;

typedef struct SvServerConf {
    const char *section;
    const char *name; /* behind the colon, or NULL */
    const char *username;
    const char *password;
    const char *path; /* of a Unix socket, or NULL */
    const char *host;
    int64_t port;
    int64_t chmod;
    int64_t uid, gid;
} SvServerConf;

typedef struct SvPlugin {
    const char *name;
    const char *factory;
    SvOption *options;
    struct SvPlugin *next;
} SvPlugin;
typedef struct SvMessage {
    char level; /* c, w or i */
    const char *text;
    struct SvMessage *next;
} SvMessage;

/* What the command line sets goes before what the file says. NULL and -1 are "not given". */
typedef struct SvOverrides {
    const char *user, *umask, *directory, *logfile, *logfile_maxbytes, *logfile_backups, *loglevel,
        *pidfile, *identifier, *childlogdir, *minfds, *minprocs;
    bool nodaemon, nocleanup, strip_ansi, silent;
} SvOverrides;

typedef struct SvConfig {
    SvArena arena;
    SvArena buffers;     /* of its processes, made by sv_super_prepare() */
    unsigned references; /* of groups that run from it, and one of whom holds it */
    SvSource source;
    const char *path;
    const char *here;
    bool nodaemon, silent, nocleanup, strip_ansi;
    const char *user; /* or NULL */
    int64_t uid, gid; /* -1: none */
    int64_t umask;
    const char *directory;
    const char *logfile; /* absolute, or "syslog" */
    int64_t logfile_maxbytes, logfile_backups;
    int loglevel;
    const char *pidfile;
    const char *identifier;
    const char *childlogdir;
    int64_t minfds, minprocs;
    int64_t start_rate;    /* programs a second, 0: as many as there are */
    const char *serverurl; /* or NULL */
    SvEnv *env;
    SvPlugin *plugins;
    SvServerConf *servers;
    size_t server_count;
    SvGroupConf *groups;
    size_t group_count;
    size_t program_count;
    SvMessage *messages;
} SvConfig;

/* Where a configuration is read: one arena for what is kept, one for what is not. */
typedef struct SvConfReader {
    SvConfig *config;
    SvArena scratch;
    SvArena *arena; /* = &config->arena */
    SvIni *ini;
    SvNames environ; /* ENV_X */
    SvError error;
} SvConfReader;

/* Reads @path. On failure *ret_error is the text without "Error: ", to be freed. Returns 0 or negative errno. */
int sv_config_read(const char *path, const SvOverrides *overrides, SvConfig **ret_config,
                   char **ret_error);
/* The same from what another was read from. Its directory must be there. */
int sv_config_read_again(const SvSource *source, const SvOverrides *overrides,
                         SvConfig **ret_config, char **ret_error);
/* Lets one holder go; the last one frees it. */
void sv_config_unref(SvConfig *config);
/* Prints it as JSON, for tests and for looking. */
void sv_config_dump(const SvConfig *config, FILE *out);
/* Whether a running group would be another one by the new configuration; what differs first goes to @why, if given. */
bool sv_group_conf_equal(const SvGroupConf *a, const SvGroupConf *b, char *why, size_t size);

/* The first option in which two programs differ, or NULL. *ret_live: it can change while the program runs. */
const char *sv_program_difference(const SvProgram *a, const SvProgram *b, bool *ret_live);

/* For the parts of the reader. */
#define SV_TRY(call)                                                                               \
    do {                                                                                           \
        int try_ = (call);                                                                         \
        if (try_ < 0)                                                                              \
            return try_;                                                                           \
    } while (0)

/* The expanded value of an option, @fallback where there is none (not expanded, may be NULL). */
int sv_conf_get(SvConfReader *reader, const SvSection *section, const char *option,
                const char *fallback, const SvNames *names, const char **ret_value);
int sv_conf_get_int(SvConfReader *reader, const SvSection *section, const char *option,
                    int64_t fallback, const SvNames *names, int64_t *ret_number);
int sv_conf_get_bool(SvConfReader *reader, const SvSection *section, const char *option,
                     bool fallback, const SvNames *names, bool *ret_value);
int sv_conf_get_bytes(SvConfReader *reader, const SvSection *section, const char *option,
                      int64_t fallback, const SvNames *names, int64_t *ret_number);
void sv_conf_note(SvConfReader *reader, char level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
int sv_conf_read_groups(SvConfReader *reader);
int sv_conf_read_servers(SvConfReader *reader);
/* A URL, unix:// or tcp://, with the options that were read before it. */
int sv_conf_parse_socket(SvConfReader *reader, const char *text, int64_t process_uid, bool has_mode,
                         SvSocketConf *socket);
int sv_conf_read_socket_options(SvConfReader *reader, const SvSection *section,
                                const SvNames *names, SvSocketConf *socket, bool *ret_has_mode);
int sv_conf_read_sockets(SvConfReader *reader, const SvSection *section, const SvNames *names,
                         SvProgram *program);
int sv_conf_read_limits(SvConfReader *reader, const SvSection *section, const SvNames *names,
                        SvProgram *program);
int sv_conf_read_cgroup(SvConfReader *reader, const SvSection *section, const SvNames *names,
                        SvProgram *program);
int sv_conf_read_init(SvConfReader *reader, const SvSection *section, const SvNames *names,
                      SvProgram *program);
/* The processes of one program section, sorted; @group is the group they go to. */
int sv_conf_read_programs(SvConfReader *reader, const SvSection *section, const char *group,
                          SvClass class, SvProgram **ret_programs, size_t *ret_count);
