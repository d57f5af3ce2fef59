/*
 * What is known of a process that ended by itself and should not have: when, how, and the last it wrote. The last lines are
 * kept while it runs, for a log may be cut, rotated or switched off.
 */
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#include "supervise/rpc.h"
#include "supervise/values.h"

void
sv_crash_hear(SvProc *proc, const char *data, size_t length)
{
    if (length > SV_TAIL_MAX) {
        data += length - SV_TAIL_MAX;
        length = SV_TAIL_MAX;
    }
    size_t at = proc->heard % SV_TAIL_MAX;
    size_t first = length < SV_TAIL_MAX - at ? length : SV_TAIL_MAX - at;
    memcpy(proc->tail + at, data, first);
    memcpy(proc->tail, data + first, length - first);
    proc->heard += length;
}

void
sv_crash_record(SvProc *proc, int status)
{
    SvCrash *crash = &proc->crash;
    size_t at = proc->heard % SV_TAIL_MAX;
    size_t length = proc->heard < SV_TAIL_MAX ? (size_t)proc->heard : SV_TAIL_MAX;

    crash->count++;
    crash->when = proc->last_stop;
    crash->pid = proc->pid;
    crash->status = status;
    crash->seconds = (int64_t)((sv_now() - proc->started) / SV_SECOND);
    crash->problem = proc->problem;
    crash->problem_detail = proc->problem_detail;
    crash->length = length;
    if (proc->heard <= SV_TAIL_MAX) {
        memcpy(crash->output, proc->tail, length);
        return;
    }
    memcpy(crash->output, proc->tail + at, SV_TAIL_MAX - at);
    memcpy(crash->output + SV_TAIL_MAX - at, proc->tail, at);
    /* It begins with a whole line. */
    const char *newline = memchr(crash->output, '\n', length);
    if (newline && newline + 1 < crash->output + length) {
        crash->length = length - (size_t)(newline + 1 - crash->output);
        memmove(crash->output, newline + 1, crash->length);
    }
}

static void
write_crash(SvRpc *rpc, const SvProc *proc)
{
    const SvCrash *crash = &proc->crash;
    SvProc then = {.conf = proc->conf,
                   .group = proc->group,
                   .problem = crash->problem,
                   .problem_detail = crash->problem_detail};
    bool killed = crash->count > 0 && WIFSIGNALED(crash->status);
    SvBuf *out = rpc->out;
    char text[4096];

    sv_xml_begin_struct(out);
    sv_xml_member_string(out, "name", proc->conf->name);
    sv_xml_member_string(out, "group", proc->group->conf->name);
    sv_xml_member_int(out, "crashes", crash->count);
    sv_xml_member_int(out, "when", crash->when);
    sv_xml_member_int(out, "pid", crash->pid);
    sv_xml_member_int(out, "seconds", crash->seconds);
    sv_xml_member_int(out, "exitstatus", killed ? -1 : WEXITSTATUS(crash->status));
    sv_xml_member_string(out, "signal",
                         killed ? sv_signal_name(WTERMSIG(crash->status), text, sizeof text) : "");
    sv_xml_member_bool(out, "core", killed && WCOREDUMP(crash->status));
    sv_xml_member_string(out, "reason", sv_proc_problem(&then, text, sizeof text));
    sv_xml_member_bytes(out, "output", crash->output, crash->length);
    sv_xml_end_struct(out);
}

SvOutcome
sv_rpc_crashes(SvRpc *rpc, const SvValue *params)
{
    const char *name = params->count > 0 ? sv_rpc_string(rpc, params, 0) : NULL;
    SvGroup *only = NULL;
    SvProc *one = NULL;

    if (params->count > 0 && (!name || sv_rpc_find(rpc, name, &only, &one) == SV_FAILED))
        return SV_FAILED;
    sv_xml_begin_array(rpc->out);
    for (SvGroup *group = rpc->super->groups; group; group = group->next)
        for (size_t i = 0; (!only || group == only) && i < group->count; i++)
            if (one ? &group->procs[i] == one : only || group->procs[i].crash.count > 0)
                write_crash(rpc, &group->procs[i]);
    sv_xml_end_array(rpc->out);
    return SV_DONE;
}
