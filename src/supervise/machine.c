#include "supervise/machine.h"

#include <stddef.h>

typedef bool (*Guard)(const SvMachine *machine, const SvFacts *facts);

typedef struct Rule {
    SvState state;
    SvHappening happening;
    Guard guard; /* NULL: always */
    SvState next;
    uint32_t effects;
} Rule;

static bool
instant(const SvMachine *machine, const SvFacts *facts)
{
    return facts->instant && !facts->needs_ready;
}

static bool
is_ready(const SvMachine *machine, const SvFacts *facts)
{
    return !facts->needs_ready || machine->ready;
}

static bool
is_up(const SvMachine *machine, const SvFacts *facts)
{
    return machine->up || facts->instant;
}

static bool
failed_to_start(const SvMachine *machine, const SvFacts *facts)
{
    return facts->early || (facts->needs_ready && !machine->ready);
}

/* It was ready at once, and was gone before startsecs: it has failed to start all the same. */
static bool
hardly_ran(const SvMachine *machine, const SvFacts *facts)
{
    return facts->needs_ready && facts->early && !machine->up;
}

static bool
restarts(const SvMachine *machine, const SvFacts *facts)
{
    return facts->may_start && facts->wants_restart;
}

static bool
restarts_later(const SvMachine *machine, const SvFacts *facts)
{
    return restarts(machine, facts) && facts->too_soon;
}

static bool
may_start(const SvMachine *machine, const SvFacts *facts)
{
    return facts->may_start;
}

static bool
no_retries(const SvMachine *machine, const SvFacts *facts)
{
    return !facts->retries_left;
}

#define DOWN (SV_DO_COUNT_FAILURE | SV_DO_END_CHECK | SV_DO_SETTLE)

/* The first rule that fits is taken. */
static const Rule rules[] = {
    {SV_STOPPED, SV_START, may_start, SV_STARTING, SV_DO_SPAWN},
    {SV_STOPPED, SV_BLOCKED, may_start, SV_WAITING, 0},

    {SV_WAITING, SV_START, may_start, SV_STARTING, SV_DO_SPAWN},
    {SV_WAITING, SV_DEPENDENCY_FAILED, NULL, SV_FATAL, 0},
    {SV_WAITING, SV_STOP, NULL, SV_STOPPED, 0},
    {SV_WAITING, SV_GIVE_UP, NULL, SV_STOPPED, 0},

    {SV_STARTING, SV_SPAWNED, instant, SV_RUNNING, SV_DO_FORGET_FAILURES},
    {SV_STARTING, SV_SPAWNED, NULL, SV_STARTING, SV_DO_WATCH_START},
    {SV_STARTING, SV_SPAWN_FAILED, NULL, SV_BACKOFF, DOWN},
    {SV_STARTING, SV_UP, is_ready, SV_RUNNING, SV_DO_FORGET_FAILURES | SV_DO_END_CHECK},
    {SV_STARTING, SV_UP, NULL, SV_STARTING, 0},
    {SV_STARTING, SV_READY, is_up, SV_RUNNING, SV_DO_FORGET_FAILURES | SV_DO_END_CHECK},
    {SV_STARTING, SV_READY, NULL, SV_RUNNING, SV_DO_END_CHECK},
    {SV_STARTING, SV_UNREADY, NULL, SV_STARTING, SV_DO_END_CHECK | SV_DO_SEND_KILL},
    {SV_STARTING, SV_EXIT, failed_to_start, SV_BACKOFF, DOWN},
    {SV_STARTING, SV_EXIT, NULL, SV_RUNNING, SV_DO_FORGET_FAILURES | SV_DO_AGAIN},
    {SV_STARTING, SV_STOP, NULL, SV_STOPPING, SV_DO_END_CHECK | SV_DO_SEND_STOP},
    {SV_STARTING, SV_GIVE_UP, NULL, SV_STOPPING, SV_DO_END_CHECK | SV_DO_SEND_STOP},

    {SV_RUNNING, SV_UP, NULL, SV_RUNNING, SV_DO_FORGET_FAILURES},
    {SV_RUNNING, SV_EXIT, hardly_ran, SV_BACKOFF, DOWN},
    {SV_RUNNING, SV_EXIT, NULL, SV_EXITED, SV_DO_FORGET_FAILURES | SV_DO_END_CHECK | SV_DO_SETTLE},
    {SV_RUNNING, SV_UNHEALTHY, NULL, SV_RUNNING, SV_DO_SEND_STOP},
    {SV_RUNNING, SV_OVERDUE, NULL, SV_RUNNING, SV_DO_SEND_KILL},
    {SV_RUNNING, SV_STOP, NULL, SV_STOPPING, SV_DO_END_CHECK | SV_DO_SEND_STOP},
    {SV_RUNNING, SV_GIVE_UP, NULL, SV_STOPPING, SV_DO_END_CHECK | SV_DO_SEND_STOP},

    {SV_BACKOFF, SV_SETTLE, no_retries, SV_FATAL, SV_DO_FORGET_FAILURES},
    {SV_BACKOFF, SV_SETTLE, NULL, SV_BACKOFF, SV_DO_DELAY},
    {SV_BACKOFF, SV_RETRY, may_start, SV_STARTING, SV_DO_SPAWN},
    {SV_BACKOFF, SV_STOP, NULL, SV_STOPPED, 0},
    {SV_BACKOFF, SV_GIVE_UP, NULL, SV_FATAL, SV_DO_FORGET_FAILURES},

    {SV_STOPPING, SV_EXIT, NULL, SV_STOPPED, 0},
    {SV_STOPPING, SV_OVERDUE, NULL, SV_STOPPING, SV_DO_SEND_KILL},
    {SV_STOPPING, SV_KILL_FAILED, NULL, SV_UNKNOWN, 0},

    {SV_EXITED, SV_SETTLE, restarts_later, SV_WAITING, 0},
    {SV_EXITED, SV_SETTLE, restarts, SV_STARTING, SV_DO_SPAWN},
    {SV_EXITED, SV_START, may_start, SV_STARTING, SV_DO_SPAWN},
    {SV_EXITED, SV_BLOCKED, may_start, SV_WAITING, 0},

    {SV_FATAL, SV_START, may_start, SV_STARTING, SV_DO_SPAWN},
    {SV_FATAL, SV_BLOCKED, may_start, SV_WAITING, 0},

    /* A process that could not be killed is gone after all. */
    {SV_UNKNOWN, SV_EXIT, NULL, SV_STOPPED, 0},
};

static void
enter(SvMachine *machine, SvHappening happening, const Rule *rule)
{
    if (rule->effects & SV_DO_SPAWN)
        machine->up = machine->ready = false;
    if (happening == SV_UP)
        machine->up = true;
    if (happening == SV_READY)
        machine->ready = true;
    if (rule->effects & SV_DO_COUNT_FAILURE)
        machine->failures++;
    if (rule->effects & SV_DO_FORGET_FAILURES)
        machine->failures = 0;
    machine->state = rule->next;
}

uint32_t
sv_machine_step(SvMachine *machine, SvHappening happening, const SvFacts *facts)
{
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        const Rule *rule = &rules[i];
        if (rule->state != machine->state || rule->happening != happening)
            continue;
        if (rule->guard && !rule->guard(machine, facts))
            continue;
        enter(machine, happening, rule);
        return rule->effects;
    }
    return 0;
}

static const struct {
    const char *name;
    int code;
} states[] = {
    [SV_STOPPED] = {"STOPPED", 0},    [SV_WAITING] = {"STARTING", 10},
    [SV_STARTING] = {"STARTING", 10}, [SV_RUNNING] = {"RUNNING", 20},
    [SV_BACKOFF] = {"BACKOFF", 30},   [SV_STOPPING] = {"STOPPING", 40},
    [SV_EXITED] = {"EXITED", 100},    [SV_FATAL] = {"FATAL", 200},
    [SV_UNKNOWN] = {"UNKNOWN", 1000},
};

int
sv_state_code(SvState state)
{
    return states[state].code;
}

const char *
sv_state_name(SvState state)
{
    return states[state].name;
}

bool
sv_state_is_running(SvState state)
{
    return state == SV_WAITING || state == SV_STARTING || state == SV_RUNNING ||
           state == SV_BACKOFF;
}

bool
sv_state_is_stopped(SvState state)
{
    return state == SV_STOPPED || state == SV_EXITED || state == SV_FATAL || state == SV_UNKNOWN;
}

bool
sv_state_is_signallable(SvState state)
{
    return state == SV_STARTING || state == SV_RUNNING || state == SV_STOPPING;
}
