#pragma once
/*
 * The life of one process, as a pure table: a state and an event give the next state and what is to be done.
 *
 *                 BLOCKED            START                 SPAWNED, UP, READY
 *      STOPPED ------------> WAITING -------> STARTING ------------------------> RUNNING
 *       ^  ^  \                               ^  |  | \                           |  |
 *       |  |   `---------- START -------------'  |  |  `--------- STOP -----.     |  |
 *       |  |                            RETRY |  |  |                       |     |  |
 *       |  |                  EXIT too early, |  |  `-- EXIT, late: RUNNING |     |  |
 *       |  |                     SPAWN_FAILED |  v      and then EXITED     v     |  |
 *       |  `------ STOP --------------------- BACKOFF                    STOPPING<'  | EXIT
 *       |                                       | no retries left         |  |       v
 *       |                                       v                         |  |     EXITED --.
 *       |                                     FATAL                       |  |       ^      | SETTLE: autorestart
 *       `------------------------- EXIT ----------------------------------'  |       `------' gives STARTING,
 *                                                                            |                or WAITING if too soon
 *                                                        KILL_FAILED: UNKNOWN
 *
 * The table knows no clock, no process and no configuration: what a rule needs to know is asked through SvFacts. The
 * numbers of the states are those that supervisord reports; WAITING (for depends_on) is reported as STARTING.
 */
#include <stdbool.h>
#include <stdint.h>

typedef enum SvState {
    SV_STOPPED,
    SV_WAITING,
    SV_STARTING,
    SV_RUNNING,
    SV_BACKOFF,
    SV_STOPPING,
    SV_EXITED,
    SV_FATAL,
    SV_UNKNOWN
} SvState;

typedef enum SvHappening {
    SV_START,             /* it shall run, and what it depends on does */
    SV_BLOCKED,           /* it shall run, and what it depends on does not yet */
    SV_DEPENDENCY_FAILED, /* what it waits for will not come */
    SV_SPAWNED,
    SV_SPAWN_FAILED,
    SV_UP,      /* it has lived for startsecs */
    SV_READY,   /* its readiness check passed */
    SV_UNREADY, /* its readiness check did not pass in time */
    SV_EXIT,
    SV_RETRY, /* the delay of BACKOFF is over */
    SV_STOP,
    SV_GIVE_UP,   /* the supervisor stops */
    SV_UNHEALTHY, /* its health checks failed */
    SV_OVERDUE,   /* stopwaitsecs are over */
    SV_KILL_FAILED,
    SV_SETTLE /* it has come to rest: what next? */
} SvHappening;

typedef struct SvFacts {
    bool may_start;     /* the supervisor is not stopping */
    bool instant;       /* startsecs is 0 */
    bool needs_ready;   /* there is a readiness check */
    bool early;         /* it exits before startsecs */
    bool wants_restart; /* by autorestart and the way it exited */
    bool retries_left;
    bool too_soon; /* start_rate wants it to wait */
} SvFacts;

/* What is to be done, in this order. */
enum {
    SV_DO_SPAWN = 1 << 0,
    SV_DO_WATCH_START = 1 << 1, /* time startsecs, begin the readiness check */
    SV_DO_COUNT_FAILURE = 1 << 2,
    SV_DO_FORGET_FAILURES = 1 << 3,
    SV_DO_SEND_STOP = 1 << 4,
    SV_DO_SEND_KILL = 1 << 5,
    SV_DO_DELAY = 1 << 6, /* time the next attempt */
    SV_DO_END_CHECK = 1 << 7,
    SV_DO_AGAIN = 1 << 8, /* the same event comes again, to the new state */
    SV_DO_SETTLE = 1 << 9
};

typedef struct SvMachine {
    SvState state;
    bool up;    /* startsecs have passed */
    bool ready; /* the check has passed */
    uint32_t failures;
} SvMachine;

/* Takes @happening: changes @machine and returns what is to be done; 0 where it means nothing in this state. */
uint32_t sv_machine_step(SvMachine *machine, SvHappening happening, const SvFacts *facts);

int sv_state_code(SvState state);
const char *sv_state_name(SvState state);
/* In supervisord's sense: STARTING, RUNNING, BACKOFF; and STOPPED, EXITED, FATAL, UNKNOWN. */
bool sv_state_is_running(SvState state);
bool sv_state_is_stopped(SvState state);
bool sv_state_is_signallable(SvState state);
