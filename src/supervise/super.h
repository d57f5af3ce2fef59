#pragma once
/*
 * The supervisor at work: groups of processes, what each is doing, and who waits for it.
 *
 * All of it lies in the arena of the configuration that it comes from, made by sv_super_prepare() before anything runs.
 * A group is in use from sv_group_add() to sv_group_remove(). This header is shared by the parts of the daemon; the rest
 * of the world talks to it by XML-RPC.
 */
#include <limits.h>
#include <sys/types.h>

#include "supervise/cgroup.h"
#include "supervise/conf.h"
#include "supervise/event.h"
#include "supervise/logfile.h"
#include "supervise/loop.h"
#include "supervise/machine.h"
#include "supervise/text.h"

#define SV_CLIENT_MAX      64 /* connections at once; one bit each in SvProc.waiters */
#define SV_READ_MAX        ((size_t)1 << 20)   /* of one read from a program */
#define SV_READ_PLAIN      ((size_t)128 << 10) /* where more than a log is made of it */
#define SV_STDIN_MAX       ((size_t)64 << 10)  /* waiting to be read by a program */
#define SV_EVENT_MAX       ((size_t)256 << 10) /* one event with its payload */
#define SV_REPLY_MAX       ((size_t)16 << 20)  /* one answer; memory only as far as it is used */
#define SV_BODY_MAX        ((size_t)1 << 20)   /* one request */
#define SV_HEAD_MAX        ((size_t)16 << 10)
#define SV_XML_MAX         ((size_t)16 << 20) /* what reading one request may take */
#define SV_AUTO_PATH_EXTRA 64
#define SV_GROUP_BUCKETS   256
#define SV_PID_BUCKETS     512
#define SV_TAIL_MAX        ((size_t)2 << 10) /* of what a process wrote last */
#define SV_LISTENER_LINE   ((size_t)256)     /* of the result line of a listener */

typedef enum SvMood { SV_MOOD_SHUTDOWN = -1, SV_MOOD_RESTARTING = 0, SV_MOOD_RUNNING = 1 } SvMood;

/* Like all that is handed over by its number: what is new comes last. */
typedef enum SvProblem {
    SV_PROBLEM_NONE,
    SV_PROBLEM_TOO_QUICK,
    SV_PROBLEM_BAD_EXIT,
    SV_PROBLEM_BAD_COMMAND,
    SV_PROBLEM_EMPTY,
    SV_PROBLEM_NOT_FOUND,
    SV_PROBLEM_DIRECTORY,
    SV_PROBLEM_NOT_EXECUTABLE,
    SV_PROBLEM_NOT_PERMITTED,
    SV_PROBLEM_FILES,
    SV_PROBLEM_PIPES,
    SV_PROBLEM_PROCESSES,
    SV_PROBLEM_FORK,
    SV_PROBLEM_UNREADY,
    SV_PROBLEM_UNHEALTHY,
    SV_PROBLEM_MEMORY,
    SV_PROBLEM_CGROUP,
    SV_PROBLEM_DEPENDENCY
} SvProblem;

typedef enum SvListener {
    SV_LISTENER_ACKNOWLEDGED,
    SV_LISTENER_READY,
    SV_LISTENER_BUSY,
    SV_LISTENER_UNKNOWN
} SvListener;

/*
 * A member that is added to one of the structs of this header needs a line in state-fields.c as well: NUMBER, FD, TIMER and
 * so on where a supervisor that takes over from another has to know it, LEFT where not. tools/check-state fails without.
 */
struct SvProc;
struct SvGroup;

/* A child that is waited for by its pidfd, until it was: see reap.c. */
typedef struct SvChildPid {
    pid_t pid; /* 0: none */
    struct SvChildPid *next;
} SvChildPid;

/* One output of a process: a pipe that ends in a log. */
typedef struct SvChannel {
    SvWatch pipe;
    struct SvProc *proc;
    SvLogFile log;
    char *auto_path; /* room for a name that is made up */
    char *capture;   /* of capture_maxbytes, or NULL */
    size_t captured;
    char held[24]; /* what may be the beginning of a token */
    uint8_t held_length;
    bool capturing;
    bool stdout;
    bool in_escape;      /* strip_ansi: between ESC [ and its end */
    bool large;          /* the pipe was made larger */
    uint8_t small_reads; /* in quick succession */
    uint64_t last_read;
    SvTimer pause;
} SvChannel;

/* Who is told what has happened to a process: what looks after a part of it does not know what follows from that. */
typedef void SvReport(struct SvSuper *super, struct SvProc *proc, SvHappening happening);
typedef void SvEnded(struct SvSuper *super, struct SvProc *proc, int status);
typedef void SvLook(struct SvSuper *super, struct SvProc *proc);

/* Checks of one kind: whether a process is ready, until it is; or whether it is well, as long as it runs. */
typedef struct SvCheck {
    struct SvProc *proc;
    const SvCheckConf *conf;
    bool health;
    SvWatch watch; /* a socket or the pidfd of a command */
    SvWatch notify;
    SvTimer timer;
    uint64_t deadline;
    pid_t pid;
    SvChildPid child;
    unsigned attempts; /* that failed, one after another */
    bool talking;      /* an HTTP request was sent */
    SvReport *report;
} SvCheck;

/* The control groups of a process, and its end with all that it started. */
typedef struct SvTree {
    struct SvProc *proc;
    SvWatch watch; /* of the group, while it is waited for */
    SvTimer timer;
    uint64_t ended; /* monotonic: when the process itself did; 0: it has not */
    int status;     /* as wait() had it */
    unsigned rounds;
    bool complained;
    uint64_t oom_kills;      /* counted up to its start */
    const char *failed_step; /* of making its groups */
    SvEnded *over;           /* is told when all is gone */
} SvTree;

/* The last end of a process that was none of our doing. */
typedef struct SvCrash {
    unsigned count;
    int64_t when; /* Unix time */
    pid_t pid;
    int status; /* as wait() has it */
    int64_t seconds;
    SvProblem problem;
    int problem_detail;
    size_t length;
    char *output; /* of SV_TAIL_MAX */
} SvCrash;

/* A socket that is open as long as its group is in use. */
typedef struct SvHeld {
    const SvSocketConf *conf;
    int fd;
    bool taken; /* another group goes on with it */
} SvHeld;

typedef struct SvProc {
    const SvProgram *conf;
    struct SvGroup *group;
    SvMachine machine;
    SvProblem problem;
    int problem_detail;
    pid_t pid;
    SvChildPid child;
    SvWatch exit; /* the pidfd */
    SvTimer timer;
    SvChannel channels[2];
    SvWatch input;
    char *input_data; /* of SV_STDIN_MAX, or more for a listener */
    size_t input_size, input_start, input_length;
    uint64_t started;              /* monotonic */
    int64_t last_start, last_stop; /* Unix time, 0: never */
    int exit_status;
    int ended;        /* as wait() had it; -1: it has not, or did not even start */
    uint64_t waiters; /* clients that wait for its next state */
    SvCheck *check;   /* or NULL */
    SvCheck *health;  /* or NULL */
    SvTree *tree;     /* or NULL: it needs no control groups */
    char *tail;       /* a ring of SV_TAIL_MAX */
    uint64_t heard;   /* that went through it */
    SvCrash crash;
    unsigned starts;
    int *sockets; /* as conf->sockets */
    bool killing;
    bool wanted; /* autostart, or somebody asked */
    /* of a scheduled program */
    int64_t due;    /* when it runs next, 0: not known yet */
    int64_t served; /* the last time that it was due and was looked at */
    bool suspended; /* stopped by hand, until it is started by hand */
    /* of a listener */
    SvListener listener;
    int event; /* slot of the event that it works on, -1: none */
    char *result;
    size_t result_length;
    int64_t result_expected; /* -1: its line has not come yet */
} SvProc;

typedef struct SvEvent {
    SvEventType type;
    uint64_t serial;
    uint64_t pool_serial;
    size_t length;
    size_t characters;
    char *payload;
    bool used;
} SvEvent;

typedef struct SvGroup {
    const SvGroupConf *conf;
    uint32_t hash; /* of its name */
    SvConfig *config;
    SvProc *procs;
    size_t count;
    struct SvGroup *next; /* of those in use, by priority and name */
    struct SvGroup *same_bucket;
    bool active;
    int socket; /* of a FastCGI group, -1: none */
    SvHeld *held;
    size_t held_count;
    uint64_t forward; /* signals, of all its processes */
    /* of a listener pool */
    uint32_t types;
    SvEvent *slots; /* buffer_size, one per process and one to come */
    size_t slot_count;
    int *queue; /* of slots, the oldest first */
    size_t queued;
    uint64_t next_serial;
} SvGroup;

/* What a configuration became. It lies behind SvConfig in its arena. */
typedef struct SvRuntime {
    SvConfig *config;
    SvGroup *groups; /* as config->groups */
} SvRuntime;

struct SvServer;

/* Another program is to take our place. */
typedef struct SvUpgrade {
    SvWatch probe; /* the pidfd of the program that is asked whether it can */
    SvTimer timer;
    pid_t pid;
    SvChildPid child;
    int words;     /* what it says */
    int program;   /* what is to be executed, as O_PATH, -1: none */
    bool way_back; /* it is our own program that is asked: whether there is a way back */
    bool due;
    bool failed;
    char words_of_failure[PATH_MAX + 1024];
    char path[PATH_MAX];   /* of @program */
    char binary[PATH_MAX]; /* of what runs */
    char version[64];      /* of who handed over */
    uint64_t began;        /* the handing over, monotonic */
    char **argv;           /* that we were started with */
} SvUpgrade;

typedef struct SvSuper {
    SvLoop loop;
    SvConfig *config; /* that it was started with */
    SvRuntime *runtime;
    SvConfig *candidate; /* that was read last */
    SvRuntime *candidate_runtime;
    const char *config_path;
    const SvOverrides *overrides;
    SvGroup *groups;
    SvGroup *buckets[SV_GROUP_BUCKETS]; /* the same by the hash of the name */
    SvGroup *
        latest; /* that was added, where it is still in use: the next one often belongs behind it */
    uint32_t types;   /* of events that any pool wants */
    uint64_t forward; /* signals that any process wants */
    SvCgroups cgroups;
    SvMood mood;
    int exit_status; /* after a shutdown */
    bool stopping;
    bool finished;
    SvLogFile log;
    int stdout_fd; /* the log goes there too; -1: it does not */
    SvWatch signals;
    SvTimer ticks;
    SvTimer turns;   /* of those that wait for start_rate */
    SvLook *look;    /* at them */
    SvTimer tidying; /* of what was lent to children */
    SvTimer orphans; /* a look at them */
    SvChildPid *children[SV_PID_BUCKETS];
    uint64_t next_turn; /* when the rate is used up to now */
    size_t waiting;     /* processes that wait to be started */
    SvWatch calendar;   /* a timer on the wall clock, for scheduled programs */
    bool calendar_set;
    bool calendar_stale; /* those that are scheduled have changed */
    int64_t tick_slices[3];
    uint64_t next_event_serial;
    struct SvServer *server;
    uint64_t last_report;
    char *read_buffer; /* SV_READ_MAX */
    uint64_t
        large_read; /* when it was used beyond SV_READ_PLAIN, 0: its memory was given back since */
    char *strip_buffer;
    bool own_pidfile;
    SvLook *wake; /* those that wait for a process that has come to rest */
    SvUpgrade upgrade;
} SvSuper;

/* groups.c */
SvGroup *sv_super_group(const SvSuper *super, const char *name);
SvProc *sv_group_proc(const SvGroup *group, const char *name);
bool sv_group_is_stopped(const SvGroup *group);
void sv_super_set_mood(SvSuper *super, SvMood mood);
/* Whether depends_on may call it so: by its group, its program or its own name. */
bool sv_proc_is_called(const SvProc *proc, const char *name);
/* Returns 0 or negative errno. */
int sv_proc_signal(SvSuper *super, SvProc *proc, int number);

/* input.c */
void sv_input_open(SvSuper *super, SvProc *proc, int fd);
void sv_input_resume(SvSuper *super, SvProc *proc);
/* Queues input. Returns 0, -EPIPE, or -EAGAIN where it has too much unread. */
int sv_proc_write(SvSuper *super, SvProc *proc, const void *data, size_t length);

/* reap.c */
/* @child is ours: whoever started it waits for it, until it is forgotten. */
void sv_reap_expect(SvSuper *super, SvChildPid *child, pid_t pid);
void sv_reap_forget(SvSuper *super, SvChildPid *child);
void sv_reap_move(SvSuper *super, SvChildPid *from, SvChildPid *to);
/* The kernel says that a child has ended, this one and perhaps others. */
void sv_reap_told(SvSuper *super, pid_t pid);
/* Reaps all that are not ours, soon. */
void sv_reap_orphans(SvSuper *super);

/* super.c: configuration to processes. */
int sv_super_prepare(SvConfig *config, SvRuntime **ret_runtime);
int sv_super_init(SvSuper *super);
/* Starts what starts by itself. */
void sv_super_begin(SvSuper *super);
/* Goes on with what was taken from a state. */
void sv_super_resume(SvSuper *super);
void sv_super_arm_ticks(SvSuper *super);
/* Goes on with stopping what runs, as far as it can now. */
void sv_super_stop_step(SvSuper *super);
/* Takes a group of the candidate into use. Returns 0, -EEXIST, or negative errno where it has a socket that cannot be made. */
int sv_group_add(SvSuper *super, SvGroup *group);
/* Starts those of its processes that start by themselves. */
void sv_group_autostart(SvSuper *super, SvGroup *group);
/* Returns 0 or -EBUSY. */
int sv_group_remove(SvSuper *super, SvGroup *group);
/* Puts a group of the candidate into the place of the one of its name. What goes on by the new configuration goes on, what
 * is new starts. Returns 0, -EBUSY where something runs that cannot go on, -EOPNOTSUPP for listeners and FastCGI. */
int sv_group_replace(SvSuper *super, SvGroup *old, SvGroup *group);
void sv_group_resume(SvSuper *super, SvGroup *group);
void sv_group_link(SvSuper *super, SvGroup *group);
void sv_group_unlink(SvSuper *super, SvGroup *group);
void sv_proc_reset(SvSuper *super, SvProc *proc);
/* Reads the configuration anew. On failure the old one stays and *ret_error is to be freed. */
int sv_super_reread(SvSuper *super, char **ret_error);

/* run.c: works until it is to end. */
void sv_super_run(SvSuper *super);

/* act.c: the only place that acts on the table. */
void sv_proc_feed(SvSuper *super, SvProc *proc, SvHappening happening);
void sv_proc_resume(SvSuper *super, SvProc *proc);
/* Starts it, or waits for what it depends on. */
void sv_proc_start(SvSuper *super, SvProc *proc);
/* Starts one that waits, where it need not any longer. */
void sv_proc_look_again(SvSuper *super, SvProc *proc);
/* What it depends on and does not run yet, or NULL. *ret_failed: it will not. */
const SvProc *sv_proc_blocker(const SvSuper *super, const SvProc *proc, bool *ret_failed);

/* A process has ended, and all that belongs to it. */
void sv_proc_reaped(SvSuper *super, SvProc *proc, int status);

/* tree.c */
/* Makes its control groups and opens what the child enters them by. Returns how many, or negative errno. */
int sv_tree_begin(SvSuper *super, SvProc *proc, int fds[SV_CGROUP_PLACES]);
/* The process itself has ended. Returns whether the rest is waited for; @over is called when it is gone. */
bool sv_tree_end(SvSuper *super, SvProc *proc, int status, SvEnded *over);
/* When it did, 0: it has not. */
uint64_t sv_tree_ended(const SvProc *proc);
/* Whether the kernel has killed one of its processes for its memory since it started; that is said in the log. */
bool sv_tree_ran_out_of_memory(SvSuper *super, SvProc *proc);
void sv_tree_kill(SvSuper *super, SvProc *proc);
/* All is over: its groups go if it has stopped. */
void sv_tree_gone(SvSuper *super, SvProc *proc);
void sv_tree_resume(SvSuper *super, SvProc *proc, SvEnded *over);
void sv_tree_move(SvSuper *super, SvProc *from, SvProc *to);

/* held.c */
int sv_socket_open(SvSuper *super, const SvSocketConf *conf);
/* Opens the sockets of its programs; those that @old (or NULL) has are taken from it. */
int sv_held_open(SvSuper *super, SvGroup *group, SvGroup *old);
void sv_held_close(SvSuper *super, SvGroup *group);

/* A place for the socket of this address, where a program of the group has it and it has no place yet, else NULL. */
SvHeld *sv_held_resume(SvGroup *group, const char *url);
/* Gives its programs the sockets that were taken from a state. Returns whether all are there. */
bool sv_held_is_whole(SvGroup *group);

/* init.c */
/* Whether it is process 1, which stays in the foreground and reaps whatever there is. */
bool sv_super_is_init(void);
/* Reads the signals that the supervisor acts on, and those that its processes want. Returns 0 or negative errno. */
int sv_signals_watch(SvSuper *super);
/* Sends a signal that the supervisor got to those that want it. */
void sv_signal_forward(SvSuper *super, int number);
/* A process has come to its end and is not started again: exit_on. */
void sv_proc_is_over(SvSuper *super, const SvProc *proc);

/* turn.c: start_rate. */
bool sv_turn_has_come(const SvSuper *super);
void sv_turn_count(SvSuper *super);
uint64_t sv_turn_when(const SvSuper *super);
/* Those that wait are looked at when the turn comes. */
void sv_turn_wait(SvSuper *super, SvLook *look);
void sv_turn_resume(SvSuper *super, SvLook *look);

/* cron.c */
int sv_cron_init(SvSuper *super);
/* Works out when those are due that are new, and sets the timer. */
void sv_cron_settle(SvSuper *super);
/* Whether it stands still until it is due. */
bool sv_cron_is_waiting(const SvProc *proc);
/* A program that is stopped by hand does not run when it is due until it is started by hand. */
void sv_cron_suspend(SvSuper *super, SvProc *proc, bool suspended);
const char *sv_cron_time(int64_t when, char *buffer, size_t size);

/* crash.c */
void sv_crash_hear(SvProc *proc, const char *data, size_t length);
void sv_crash_record(SvProc *proc, int status);

/* problem.c */
/* Why it could not be started if it were now: a problem, with what is found at the command's path. */
SvProblem sv_proc_find_command(const SvProc *proc, char *path, size_t size);
/* The text of spawnerr; "" where there is none. */
const char *sv_proc_problem(const SvProc *proc, char *buffer, size_t size);

/* channel.c */
void sv_channel_open(SvSuper *super, SvChannel *channel, int fd);
void sv_channel_resume(SvSuper *super, SvChannel *channel);
size_t sv_channel_auto_path_room(const SvChannel *channel);
/* Reads what is left and closes the pipe and the log. */
void sv_channel_finish(SvSuper *super, SvChannel *channel);
const char *sv_channel_path(const SvChannel *channel);
void sv_channel_name_auto(SvSuper *super, SvChannel *channel);

/* check.c */
void sv_check_begin(SvSuper *super, SvProc *proc, SvReport *report);
void sv_check_end(SvSuper *super, SvProc *proc);
/* Checks it from now on, and reports SV_UNHEALTHY once. */
void sv_health_begin(SvSuper *super, SvProc *proc, SvReport *report);
void sv_health_end(SvSuper *super, SvProc *proc);
void sv_check_resume(SvSuper *super, SvProc *proc, SvReport *report);
/* The name of the socket that a program with ready=notify writes to, or NULL. */
const char *sv_check_notify_socket(const SvProc *proc, char *buffer, size_t size);
int sv_check_open_notify(SvSuper *super, SvProc *proc, SvReport *report);

/* listener.c */
void sv_notify(SvSuper *super, SvEventType type, const char *head, const void *data, size_t length);
void sv_notify_state(SvSuper *super, const SvProc *proc, SvState from, bool expected);
void sv_listener_read(SvSuper *super, SvProc *proc, const char *data, size_t length);
void sv_listener_gone(SvSuper *super, SvProc *proc);
void sv_pool_dispatch(SvSuper *super, SvGroup *pool);

/* mainlog.c */
void sv_log(SvSuper *super, int level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

int sv_log_open_stdout(void);

/* server.c: wakes the clients that wait for this process. */
void sv_server_wake(SvSuper *super, SvProc *proc);
/* Answers those that were woken. */
void sv_server_resume(SvSuper *super);
int sv_server_open(SvSuper *super);
void sv_server_take_over(SvSuper *super);
/* Answers who asked for an upgrade: by @fault and @text, or by how it went, where @fault is 0. */
void sv_server_upgraded(SvSuper *super, int fault, const char *text);

/* upgrade.c: hands over to the program that was asked. It comes back where that cannot be done. */
void sv_upgrade_go(SvSuper *super);
void sv_server_close(SvSuper *super);
