/*
 * Starting, stopping and signalling: of one process, of a group, of all.
 */
#include <limits.h>
#include <string.h>

#include "supervise/rpc.h"
#include "supervise/values.h"

#define NO_SIGNAL (-1)

typedef SvOutcome (*One)(SvRpc *rpc, SvProc *proc, const char *name, bool wait, int number);

/* What became of a start or stop: SV_WAITS while it is not decided. */
static SvOutcome
verdict(SvRpc *rpc, const SvProc *proc, const char *name)
{
    SvState state = proc->machine.state;

    if (!rpc->starting)
        return sv_state_is_stopped(state) ? SV_DONE : SV_WAITS;
    if (proc->problem != SV_PROBLEM_NONE)
        return sv_rpc_fail(rpc, SV_FAULT_SPAWN_ERROR, "%s", name);
    if (state == SV_RUNNING)
        return SV_DONE;
    return state == SV_STARTING || state == SV_WAITING
               ? SV_WAITS
               : sv_rpc_fail(rpc, SV_FAULT_ABNORMAL_TERMINATION, "%s", name);
}

void
sv_rpc_namespec(const SvProc *proc, char *buffer, size_t size)
{
    if (strcmp(proc->group->conf->name, proc->conf->name) == 0)
        snprintf(buffer, size, "%s", proc->conf->name);
    else
        snprintf(buffer, size, "%s:%s", proc->group->conf->name, proc->conf->name);
}

static SvOutcome
start_one(SvRpc *rpc, SvProc *proc, const char *name, bool wait, int number)
{
    char path[PATH_MAX];
    char text[PATH_MAX + 64];
    SvProblem problem = sv_proc_find_command(proc, path, sizeof path);

    if (problem != SV_PROBLEM_NONE) {
        SvProc stand_in = {.conf = proc->conf, .group = proc->group, .problem = problem};
        return sv_rpc_fail(
            rpc, problem == SV_PROBLEM_NOT_FOUND ? SV_FAULT_NO_FILE : SV_FAULT_NOT_EXECUTABLE, "%s",
            sv_proc_problem(&stand_in, text, sizeof text));
    }
    if (sv_state_is_running(proc->machine.state))
        return sv_rpc_fail(rpc, SV_FAULT_ALREADY_STARTED, "%s", name);
    if (proc->machine.state == SV_UNKNOWN)
        return sv_rpc_fail(rpc, SV_FAULT_FAILED, "%s is in an unknown process state", name);
    if (proc->machine.state == SV_STOPPING)
        return sv_rpc_fail(rpc, SV_FAULT_FAILED, "%s is being stopped", name);
    sv_cron_suspend(rpc->super, proc, false);
    rpc->starting = true;
    /* Together with others it goes back to waiting until it is due; by its own name it runs at once. */
    if (rpc->many && proc->conf->schedule_text)
        return SV_DONE;
    sv_proc_start(rpc->super, proc);
    SvOutcome outcome = verdict(rpc, proc, name);
    return outcome == SV_WAITS && !wait ? SV_DONE : outcome;
}

static SvOutcome
stop_one(SvRpc *rpc, SvProc *proc, const char *name, bool wait, int number)
{
    bool waiting = sv_cron_is_waiting(proc);

    if (!waiting && !sv_state_is_running(proc->machine.state))
        return sv_rpc_fail(rpc, SV_FAULT_NOT_RUNNING, "%s", name);
    sv_cron_suspend(rpc->super, proc, true);
    if (waiting)
        return SV_DONE;
    proc->wanted = false;
    sv_proc_feed(rpc->super, proc, SV_STOP);
    rpc->starting = false;
    SvOutcome outcome = verdict(rpc, proc, name);
    return outcome == SV_WAITS && !wait ? SV_DONE : outcome;
}

static SvOutcome
signal_one(SvRpc *rpc, SvProc *proc, const char *name, bool wait, int number)
{
    if (number == NO_SIGNAL)
        return sv_rpc_fail(rpc, SV_FAULT_BAD_SIGNAL, "%s", rpc->name);
    if (!sv_state_is_signallable(proc->machine.state))
        return sv_rpc_fail(rpc, SV_FAULT_NOT_RUNNING, "%s", name);
    int r = sv_proc_signal(rpc->super, proc, number);
    if (r < 0)
        return sv_rpc_fail(rpc, SV_FAULT_FAILED, "unknown problem sending sig %s (%d):%s", name,
                           (int)proc->pid, strerror(-r));
    return SV_DONE;
}

static void
add_outcome(SvRpc *rpc, const SvProc *proc, SvOutcome outcome)
{
    char text[4200];

    if (outcome == SV_DONE) {
        sv_rpc_result(rpc, proc, SV_FAULT_SUCCESS, "OK");
        return;
    }
    sv_rpc_fault_string(rpc, text, sizeof text);
    sv_rpc_result(rpc, proc, rpc->fault, text);
}

static SvOutcome
end_list(SvRpc *rpc)
{
    sv_xml_end_array(rpc->out);
    return SV_DONE;
}

static bool
fits(One one, const SvProc *proc)
{
    SvState state = proc->machine.state;

    if (one == start_one)
        return !sv_state_is_running(state) && !sv_cron_is_waiting(proc);
    if (one == stop_one)
        return sv_state_is_running(state) || sv_cron_is_waiting(proc);
    return sv_state_is_signallable(state);
}

/* In ascending priority, without waiting between them. */
static void
each(SvRpc *rpc, SvGroup *group, One one, bool wait, int number)
{
    char name[1024];

    for (size_t i = 0; i < group->count; i++) {
        SvProc *proc = &group->procs[i];
        if (!fits(one, proc))
            continue;
        sv_rpc_namespec(proc, name, sizeof name);
        SvOutcome outcome = one(rpc, proc, name, wait, number);
        if (outcome == SV_WAITS) {
            proc->waiters |= rpc->bit;
            rpc->pending++;
        } else {
            add_outcome(rpc, proc, outcome);
        }
    }
}

static SvOutcome
many(SvRpc *rpc, SvGroup *only, One one, bool wait, int number)
{
    rpc->many = rpc->building = true;
    sv_xml_begin_array(rpc->out);
    if (only)
        each(rpc, only, one, wait, number);
    for (SvGroup *group = only ? NULL : rpc->super->groups; group; group = group->next)
        each(rpc, group, one, wait, number);
    rpc->building = false;
    return rpc->pending > 0 ? SV_WAITS : end_list(rpc);
}

SvOutcome
sv_rpc_wake(SvRpc *rpc, SvProc *proc)
{
    char name[1024];

    sv_rpc_namespec(proc, name, sizeof name);
    SvOutcome outcome = verdict(rpc, proc, rpc->many ? name : rpc->name);
    if (outcome == SV_WAITS)
        return SV_WAITS;
    proc->waiters &= ~rpc->bit;
    rpc->pending--;
    if (!rpc->many) {
        if (outcome == SV_DONE)
            sv_xml_bool(rpc->out, true);
        return outcome;
    }
    add_outcome(rpc, proc, outcome);
    return rpc->pending > 0 || rpc->building ? SV_WAITS : end_list(rpc);
}

static SvOutcome
by_name(SvRpc *rpc, const SvValue *params, One one, bool wait, int number)
{
    const char *name = sv_rpc_string(rpc, params, 0);
    SvGroup *group;
    SvProc *proc;

    if (!name || sv_rpc_find(rpc, name, &group, &proc) == SV_FAILED)
        return SV_FAILED;
    if (!proc)
        return many(rpc, group, one, wait, number);
    SvOutcome outcome = one(rpc, proc, name, wait, number);
    if (outcome == SV_DONE)
        sv_xml_bool(rpc->out, true);
    if (outcome == SV_WAITS) {
        snprintf(rpc->name, sizeof rpc->name, "%s", name);
        proc->waiters |= rpc->bit;
        rpc->pending = 1;
    }
    return outcome;
}

static SvOutcome
by_group(SvRpc *rpc, const SvValue *params, One one, bool wait, int number)
{
    const char *name = sv_rpc_string(rpc, params, 0);
    SvGroup *group = name ? sv_super_group(rpc->super, name) : NULL;

    if (!name)
        return SV_FAILED;
    return group ? many(rpc, group, one, wait, number)
                 : sv_rpc_fail(rpc, SV_FAULT_BAD_NAME, "%s", name);
}

SvOutcome
sv_rpc_start(SvRpc *rpc, const SvValue *params)
{
    return by_name(rpc, params, start_one, sv_rpc_flag(params, 1, true), 0);
}

SvOutcome
sv_rpc_start_group(SvRpc *rpc, const SvValue *params)
{
    return by_group(rpc, params, start_one, sv_rpc_flag(params, 1, true), 0);
}

SvOutcome
sv_rpc_start_all(SvRpc *rpc, const SvValue *params)
{
    return many(rpc, NULL, start_one, sv_rpc_flag(params, 0, true), 0);
}

SvOutcome
sv_rpc_stop(SvRpc *rpc, const SvValue *params)
{
    return by_name(rpc, params, stop_one, sv_rpc_flag(params, 1, true), 0);
}

SvOutcome
sv_rpc_stop_group(SvRpc *rpc, const SvValue *params)
{
    return by_group(rpc, params, stop_one, sv_rpc_flag(params, 1, true), 0);
}

SvOutcome
sv_rpc_stop_all(SvRpc *rpc, const SvValue *params)
{
    return many(rpc, NULL, stop_one, sv_rpc_flag(params, 0, true), 0);
}

static SvOutcome
signal_number(SvRpc *rpc, const SvValue *params, unsigned index, int *ret_number)
{
    char room[512];
    SvArena scratch = {.base = room, .size = sizeof room};
    SvError error = {.arena = &scratch};
    const SvValue *value = sv_rpc_param(params, index);
    char text[64];

    if (value && value->kind == SV_KIND_INT)
        snprintf(text, sizeof text, "%lld", (long long)value->number);
    else if (value && value->kind == SV_KIND_STRING)
        snprintf(text, sizeof text, "%s", value->text);
    else
        return sv_rpc_refuse(rpc, SV_FAULT_INCORRECT_PARAMETERS);
    /* Whether there is such a signal is said of each process: a wrong name comes first, and a list has it for each. */
    if (sv_value_signal(text, ret_number, &error) < 0) {
        snprintf(rpc->name, sizeof rpc->name, "%s", text);
        *ret_number = NO_SIGNAL;
    }
    return SV_DONE;
}

SvOutcome
sv_rpc_signal(SvRpc *rpc, const SvValue *params)
{
    int number;

    if (signal_number(rpc, params, 1, &number) == SV_FAILED)
        return SV_FAILED;
    return by_name(rpc, params, signal_one, false, number);
}

SvOutcome
sv_rpc_signal_group(SvRpc *rpc, const SvValue *params)
{
    int number;

    if (signal_number(rpc, params, 1, &number) == SV_FAILED)
        return SV_FAILED;
    return by_group(rpc, params, signal_one, false, number);
}

SvOutcome
sv_rpc_signal_all(SvRpc *rpc, const SvValue *params)
{
    int number;

    if (signal_number(rpc, params, 0, &number) == SV_FAILED)
        return SV_FAILED;
    return many(rpc, NULL, signal_one, false, number);
}
