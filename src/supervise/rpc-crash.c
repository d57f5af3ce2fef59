#include <string.h>
#include <sys/wait.h>

#include "supervise/rpc.h"
#include "supervise/values.h"

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
