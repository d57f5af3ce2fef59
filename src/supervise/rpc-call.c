/*
 * What the methods share: their parameters, their faults, and how processes are named.
 */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "supervise/rpc.h"
#include "supervise/values.h"

static const struct {
    int code;
    const char *name;
} faults[] = {
    {SV_FAULT_UNKNOWN_METHOD, "UNKNOWN_METHOD"},
    {SV_FAULT_INCORRECT_PARAMETERS, "INCORRECT_PARAMETERS"},
    {SV_FAULT_BAD_ARGUMENTS, "BAD_ARGUMENTS"},
    {SV_FAULT_SIGNATURE_UNSUPPORTED, "SIGNATURE_UNSUPPORTED"},
    {SV_FAULT_SHUTDOWN_STATE, "SHUTDOWN_STATE"},
    {SV_FAULT_BAD_NAME, "BAD_NAME"},
    {SV_FAULT_BAD_SIGNAL, "BAD_SIGNAL"},
    {SV_FAULT_NO_FILE, "NO_FILE"},
    {SV_FAULT_NOT_EXECUTABLE, "NOT_EXECUTABLE"},
    {SV_FAULT_FAILED, "FAILED"},
    {SV_FAULT_ABNORMAL_TERMINATION, "ABNORMAL_TERMINATION"},
    {SV_FAULT_SPAWN_ERROR, "SPAWN_ERROR"},
    {SV_FAULT_ALREADY_STARTED, "ALREADY_STARTED"},
    {SV_FAULT_NOT_RUNNING, "NOT_RUNNING"},
    {SV_FAULT_SUCCESS, "SUCCESS"},
    {SV_FAULT_ALREADY_ADDED, "ALREADY_ADDED"},
    {SV_FAULT_STILL_RUNNING, "STILL_RUNNING"},
    {SV_FAULT_CANT_REREAD, "CANT_REREAD"},
};

#define NUMBER_MAX (INT64_C(1) << 52)

const char *
sv_fault_name(int code)
{
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        if (faults[i].code == code)
            return faults[i].name;
    return "UNKNOWN";
}

void
sv_rpc_fault_string(const SvRpc *rpc, char *buffer, size_t size)
{
    snprintf(buffer, size, "%s%s%s", sv_fault_name(rpc->fault), rpc->explained ? ": " : "",
             rpc->text);
}

SvOutcome
sv_rpc_fail(SvRpc *rpc, int fault, const char *format, ...)
{
    va_list args;

    rpc->fault = fault;
    rpc->explained = true;
    va_start(args, format);
    vsnprintf(rpc->text, sizeof rpc->text, format, args);
    va_end(args);
    return SV_FAILED;
}

SvOutcome
sv_rpc_refuse(SvRpc *rpc, int fault)
{
    rpc->fault = fault;
    rpc->explained = false;
    rpc->text[0] = '\0';
    return SV_FAILED;
}

const SvValue *
sv_rpc_param(const SvValue *params, unsigned index)
{
    const SvValue *value = params->first;

    while (value && index-- > 0)
        value = value->next;
    return value;
}

const char *
sv_rpc_string(SvRpc *rpc, const SvValue *params, unsigned index)
{
    const SvValue *value = sv_rpc_param(params, index);

    if (value && value->kind == SV_KIND_STRING)
        return value->text;
    sv_rpc_refuse(rpc, SV_FAULT_INCORRECT_PARAMETERS);
    return NULL;
}

bool
sv_rpc_number(SvRpc *rpc, const SvValue *params, unsigned index, int64_t *ret_number)
{
    const SvValue *value = sv_rpc_param(params, index);
    bool whole = value && (value->kind == SV_KIND_INT || value->kind == SV_KIND_BOOL);

    if (whole) {
        *ret_number = value->number;
    } else if (value && value->kind == SV_KIND_DOUBLE && strtod(value->text, NULL) < NUMBER_MAX &&
               strtod(value->text, NULL) > -NUMBER_MAX) {
        *ret_number = (int64_t)strtod(value->text, NULL);
    } else if (!value || value->kind != SV_KIND_STRING ||
               sv_parse_int(value->text, 10, ret_number) < 0) {
        sv_rpc_refuse(rpc, SV_FAULT_INCORRECT_PARAMETERS);
        return false;
    }
    /* Sums of what clients send do not overflow. */
    *ret_number = *ret_number > NUMBER_MAX    ? NUMBER_MAX
                  : *ret_number < -NUMBER_MAX ? -NUMBER_MAX
                                              : *ret_number;
    return true;
}

bool
sv_rpc_flag(const SvValue *params, unsigned index, bool fallback)
{
    const SvValue *value = sv_rpc_param(params, index);

    if (!value)
        return fallback;
    return value->kind == SV_KIND_STRING ? value->length > 0 : value->number != 0;
}

SvOutcome
sv_rpc_find(SvRpc *rpc, const char *name, SvGroup **ret_group, SvProc **ret_proc)
{
    const char *colon = strchr(name, ':');
    char group_name[512];

    snprintf(group_name, sizeof group_name, "%.*s",
             (int)(colon ? colon - name : (ptrdiff_t)strlen(name)), name);
    SvGroup *group = sv_super_group(rpc->super, group_name);
    const char *process = colon ? colon + 1 : name;
    bool all = colon && (*process == '\0' || strcmp(process, "*") == 0);
    SvProc *proc = group && !all ? sv_group_proc(group, process) : NULL;
    if (!group || (!all && !proc))
        return sv_rpc_fail(rpc, SV_FAULT_BAD_NAME, "%s", name);
    *ret_group = group;
    *ret_proc = proc;
    return SV_DONE;
}

void
sv_rpc_result(SvRpc *rpc, const SvProc *proc, int status, const char *description)
{
    sv_xml_begin_struct(rpc->out);
    sv_xml_member_string(rpc->out, "name", proc->conf->name);
    sv_xml_member_string(rpc->out, "group", proc->group->conf->name);
    sv_xml_member_int(rpc->out, "status", status);
    sv_xml_member_string(rpc->out, "description", description);
    sv_xml_end_struct(rpc->out);
}
