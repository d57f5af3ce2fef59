/*
 * An update that restarts only what changed: what would change of a group, and the change itself.
 */
#include <errno.h>
#include <string.h>

#include "supervise/rpc.h"

static SvGroup *
candidate(const SvSuper *super, const char *name)
{
    for (size_t i = 0; i < super->candidate->group_count; i++)
        if (strcmp(super->candidate->groups[i].name, name) == 0)
            return &super->candidate_runtime->groups[i];
    return NULL;
}

/* The group that runs and the one that is to take its place. */
static SvOutcome
find_pair(SvRpc *rpc, const SvValue *params, SvGroup **ret_old, SvGroup **ret_new)
{
    const char *name = sv_rpc_string(rpc, params, 0);

    if (!name)
        return SV_FAILED;
    *ret_old = sv_super_group(rpc->super, name);
    *ret_new = candidate(rpc->super, name);
    return *ret_old && *ret_new ? SV_DONE : sv_rpc_fail(rpc, SV_FAULT_BAD_NAME, "%s", name);
}

static void
write_change(SvRpc *rpc, const char *name, const char *change, const char *why)
{
    sv_xml_begin_struct(rpc->out);
    sv_xml_member_string(rpc->out, "name", name);
    sv_xml_member_string(rpc->out, "change", change);
    sv_xml_member_string(rpc->out, "why", why);
    sv_xml_end_struct(rpc->out);
}

static void
write_changes(SvRpc *rpc, const SvGroup *old, const SvGroup *group)
{
    for (size_t i = 0; i < old->count; i++)
        if (!sv_group_proc(group, old->procs[i].conf->name))
            write_change(rpc, old->procs[i].conf->name, "removed", "");
    for (size_t i = 0; i < group->count; i++) {
        const SvProgram *program = group->procs[i].conf;
        const SvProc *before = sv_group_proc(old, program->name);
        bool live = true;
        const char *why = before ? sv_program_difference(before->conf, program, &live) : NULL;
        if (!before)
            write_change(rpc, program->name, "added", "");
        else if (why)
            write_change(rpc, program->name, live ? "settings" : "restart", why);
    }
}

SvOutcome
sv_rpc_changes(SvRpc *rpc, const SvValue *params)
{
    SvGroup *old;
    SvGroup *group;
    char why[512];

    if (find_pair(rpc, params, &old, &group) == SV_FAILED)
        return SV_FAILED;
    sv_xml_begin_array(rpc->out);
    if (old->conf->class == SV_CLASS_PROGRAM && group->conf->class == SV_CLASS_PROGRAM)
        write_changes(rpc, old, group);
    else if (!sv_group_conf_equal(old->conf, group->conf, why, sizeof why))
        write_change(rpc, old->conf->name, "group", why);
    sv_xml_end_array(rpc->out);
    return SV_DONE;
}

SvOutcome
sv_rpc_replace_group(SvRpc *rpc, const SvValue *params)
{
    SvGroup *old;
    SvGroup *group;

    if (find_pair(rpc, params, &old, &group) == SV_FAILED)
        return SV_FAILED;
    const char *name = group->conf->name;
    int r = sv_group_replace(rpc->super, old, group);
    if (r == -EBUSY)
        return sv_rpc_fail(rpc, SV_FAULT_STILL_RUNNING, "%s", name);
    if (r < 0)
        return sv_rpc_fail(rpc, SV_FAULT_FAILED, "%s: %s", name, strerror(-r));
    sv_xml_bool(rpc->out, true);
    return SV_DONE;
}
