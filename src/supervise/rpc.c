#include "supervise/rpc.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "supervise/values.h"

#define API_VERSION        "3.0"
#define SUPERVISOR_VERSION "4.2.5" /* whose behaviour clients may count on */

static SvOutcome
done_true(SvRpc *rpc)
{
    sv_xml_bool(rpc->out, true);
    return SV_DONE;
}

static SvOutcome
get_version(SvRpc *rpc, const SvValue *params)
{
    sv_xml_string(rpc->out, API_VERSION);
    return SV_DONE;
}

static SvOutcome
get_supervisor_version(SvRpc *rpc, const SvValue *params)
{
    sv_xml_string(rpc->out, SUPERVISOR_VERSION);
    return SV_DONE;
}

static SvOutcome
get_identification(SvRpc *rpc, const SvValue *params)
{
    sv_xml_string(rpc->out, rpc->super->config->identifier);
    return SV_DONE;
}

static SvOutcome
get_state(SvRpc *rpc, const SvValue *params)
{
    sv_xml_begin_struct(rpc->out);
    sv_xml_member_int(rpc->out, "statecode", rpc->super->mood);
    sv_xml_member_string(rpc->out, "statename", "RUNNING");
    sv_xml_end_struct(rpc->out);
    return SV_DONE;
}

static SvOutcome
get_pid(SvRpc *rpc, const SvValue *params)
{
    sv_xml_int(rpc->out, getpid());
    return SV_DONE;
}

static SvOutcome
shut_down(SvRpc *rpc, const SvValue *params)
{
    sv_super_set_mood(rpc->super, SV_MOOD_SHUTDOWN);
    return done_true(rpc);
}

static SvOutcome
restart(SvRpc *rpc, const SvValue *params)
{
    sv_super_set_mood(rpc->super, SV_MOOD_RESTARTING);
    return done_true(rpc);
}

static const SvGroupConf *
candidate_group(const SvSuper *super, const char *name)
{
    for (size_t i = 0; i < super->candidate->group_count; i++)
        if (strcmp(super->candidate->groups[i].name, name) == 0)
            return &super->candidate->groups[i];
    return NULL;
}

static SvOutcome
reload_config(SvRpc *rpc, const SvValue *params)
{
    SvSuper *super = rpc->super;
    char *problem = NULL;
    char why[512];

    if (sv_super_reread(super, &problem) < 0) {
        sv_rpc_fail(rpc, SV_FAULT_CANT_REREAD, "%s", problem ? problem : "");
        free(problem);
        return SV_FAILED;
    }
    sv_xml_begin_array(rpc->out);
    sv_xml_begin_array(rpc->out);
    sv_xml_begin_array(rpc->out);
    for (size_t i = 0; i < super->candidate->group_count; i++)
        if (!sv_super_group(super, super->candidate->groups[i].name))
            sv_xml_string(rpc->out, super->candidate->groups[i].name);
    sv_xml_end_array(rpc->out);
    sv_xml_begin_array(rpc->out);
    for (size_t i = 0; i < super->candidate->group_count; i++) {
        const SvGroupConf *conf = &super->candidate->groups[i];
        const SvGroup *group = sv_super_group(super, conf->name);
        if (!group || sv_group_conf_equal(group->conf, conf, why, sizeof why))
            continue;
        sv_log(super, SV_INFO, "the configuration of %s has changed: %s", conf->name, why);
        sv_xml_string(rpc->out, conf->name);
    }
    sv_xml_end_array(rpc->out);
    sv_xml_begin_array(rpc->out);
    for (const SvGroup *group = super->groups; group; group = group->next)
        if (!candidate_group(super, group->conf->name))
            sv_xml_string(rpc->out, group->conf->name);
    for (int i = 0; i < 3; i++)
        sv_xml_end_array(rpc->out);
    return SV_DONE;
}

static SvOutcome
add_group(SvRpc *rpc, const SvValue *params)
{
    SvSuper *super = rpc->super;
    const char *name = sv_rpc_string(rpc, params, 0);

    if (!name)
        return SV_FAILED;
    for (size_t i = 0; i < super->candidate->group_count; i++) {
        SvGroup *group = &super->candidate_runtime->groups[i];
        if (strcmp(group->conf->name, name) != 0)
            continue;
        int r = sv_group_add(super, group);
        if (r == -EEXIST)
            return sv_rpc_fail(rpc, SV_FAULT_ALREADY_ADDED, "%s", name);
        if (r < 0)
            return sv_rpc_fail(rpc, SV_FAULT_FAILED, "%s: %s", name, strerror(-r));
        sv_group_autostart(super, group);
        return done_true(rpc);
    }
    return sv_rpc_fail(rpc, SV_FAULT_BAD_NAME, "%s", name);
}

static SvOutcome
remove_group(SvRpc *rpc, const SvValue *params)
{
    const char *name = sv_rpc_string(rpc, params, 0);
    SvGroup *group = name ? sv_super_group(rpc->super, name) : NULL;

    if (!name)
        return SV_FAILED;
    if (!group)
        return sv_rpc_fail(rpc, SV_FAULT_BAD_NAME, "%s", name);
    if (sv_group_remove(rpc->super, group) < 0)
        return sv_rpc_fail(rpc, SV_FAULT_STILL_RUNNING, "%s", name);
    return done_true(rpc);
}

static SvOutcome
send_stdin(SvRpc *rpc, const SvValue *params)
{
    const char *name = sv_rpc_string(rpc, params, 0);
    const SvValue *chars = sv_rpc_param(params, 1);
    SvGroup *group;
    SvProc *proc;

    if (!name || !sv_rpc_string(rpc, params, 1))
        return SV_FAILED;
    if (sv_rpc_find(rpc, name, &group, &proc) == SV_FAILED)
        return SV_FAILED;
    if (!proc)
        return sv_rpc_fail(rpc, SV_FAULT_BAD_NAME, "%s", name);
    if (proc->pid == 0 || proc->killing)
        return sv_rpc_fail(rpc, SV_FAULT_NOT_RUNNING, "%s", name);
    int r = sv_proc_write(rpc->super, proc, chars->text, chars->length);
    if (r == -EAGAIN)
        return sv_rpc_fail(rpc, SV_FAULT_FAILED, "%s does not read its input", name);
    if (r < 0)
        return sv_rpc_fail(rpc, SV_FAULT_NO_FILE, "%s", name);
    return done_true(rpc);
}

static SvOutcome
send_comm_event(SvRpc *rpc, const SvValue *params)
{
    const char *type = sv_rpc_string(rpc, params, 0);
    const SvValue *data = sv_rpc_param(params, 1);
    char head[1024];

    if (!type || !sv_rpc_string(rpc, params, 1))
        return SV_FAILED;
    snprintf(head, sizeof head, "type:%s\n", type);
    sv_notify(rpc->super, SV_EVENT_REMOTE_COMMUNICATION, head, data->text, data->length);
    return done_true(rpc);
}

static SvOutcome list_methods(SvRpc *rpc, const SvValue *params);
static SvOutcome method_help(SvRpc *rpc, const SvValue *params);
static SvOutcome method_signature(SvRpc *rpc, const SvValue *params);

/* Sorted, as system.listMethods gives them. system.multicall is the server's: it is made of calls. */
static const SvMethod methods[] = {
    {"fassembler.getChanges", "array string", 1, 1, sv_rpc_changes,
     "What of a group would change by the configuration that was read last"},
    {"fassembler.getCrashes", "array string", 0, 1, sv_rpc_crashes,
     "How processes ended that should not have: of one, of a group, or of all that did"},
    {"fassembler.replaceGroup", "boolean string", 1, 1, sv_rpc_replace_group,
     "Take a group by the configuration that was read last; what is the same goes on"},
    {"fassembler.status", "string", 0, 0, sv_rpc_compact_status,
     "All processes: a line each, with tabs between group, name, state and description"},
    {"fassembler.upgrade", "struct string", 0, 1, sv_rpc_upgrade,
     "Go on as the program of this path, or as what is now where we were started from"},
    {"supervisor.addProcessGroup", "boolean string", 1, 1, add_group,
     "Update the config for a running process from config file."},
    {"supervisor.clearAllProcessLogs", "array", 0, 0, sv_rpc_clear_all_logs,
     "Clear all process log files"},
    {"supervisor.clearLog", "boolean", 0, 0, sv_rpc_clear_log, "Clear the main log."},
    {"supervisor.clearProcessLog", "boolean string", 1, 1, sv_rpc_clear_process_logs,
     "Clear the stdout and stderr logs for the named process and reopen them."},
    {"supervisor.clearProcessLogs", "boolean string", 1, 1, sv_rpc_clear_process_logs,
     "Clear the stdout and stderr logs for the named process and reopen them."},
    {"supervisor.getAPIVersion", "string", 0, 0, get_version,
     "Return the version of the RPC API used by supervisord"},
    {"supervisor.getAllConfigInfo", "array", 0, 0, sv_rpc_all_config_info,
     "Get info about all available process configurations."},
    {"supervisor.getAllProcessInfo", "array", 0, 0, sv_rpc_all_process_info,
     "Get info about all processes"},
    {"supervisor.getIdentification", "string", 0, 0, get_identification,
     "Return identifying string of supervisord"},
    {"supervisor.getPID", "int", 0, 0, get_pid, "Return the PID of supervisord"},
    {"supervisor.getProcessInfo", "struct string", 1, 1, sv_rpc_process_info,
     "Get info about a process named name"},
    {"supervisor.getState", "struct", 0, 0, get_state,
     "Return current state of supervisord as a struct"},
    {"supervisor.getSupervisorVersion", "string", 0, 0, get_supervisor_version,
     "Return the version of the supervisor package in use by supervisord"},
    {"supervisor.getVersion", "string", 0, 0, get_version,
     "Return the version of the RPC API used by supervisord"},
    {"supervisor.readLog", "string int int", 2, 2, sv_rpc_read_log,
     "Read length bytes from the main log starting at offset"},
    {"supervisor.readMainLog", "string int int", 2, 2, sv_rpc_read_log,
     "Read length bytes from the main log starting at offset"},
    {"supervisor.readProcessLog", "string string int int", 3, 3, sv_rpc_read_stdout,
     "Read length bytes from name's stdout log starting at offset"},
    {"supervisor.readProcessStderrLog", "string string int int", 3, 3, sv_rpc_read_stderr,
     "Read length bytes from name's stderr log starting at offset"},
    {"supervisor.readProcessStdoutLog", "string string int int", 3, 3, sv_rpc_read_stdout,
     "Read length bytes from name's stdout log starting at offset"},
    {"supervisor.reloadConfig", "array", 0, 0, reload_config,
     "Reload the configuration: [[added, changed, removed]], names of groups."},
    {"supervisor.removeProcessGroup", "boolean string", 1, 1, remove_group,
     "Remove a stopped process from the active configuration."},
    {"supervisor.restart", "boolean", 0, 0, restart, "Restart the supervisor process"},
    {"supervisor.sendProcessStdin", "boolean string string", 2, 2, send_stdin,
     "Send a string of chars to the stdin of the process name."},
    {"supervisor.sendRemoteCommEvent", "boolean string string", 2, 2, send_comm_event,
     "Send an event that will be received by event listeners that subscribe to "
     "REMOTE_COMMUNICATION."},
    {"supervisor.shutdown", "boolean", 0, 0, shut_down, "Shut down the supervisor process"},
    {"supervisor.signalAllProcesses", "array string", 1, 1, sv_rpc_signal_all,
     "Send a signal to all processes in the process list"},
    {"supervisor.signalProcess", "boolean string string", 2, 2, sv_rpc_signal,
     "Send an arbitrary UNIX signal to the process named by name"},
    {"supervisor.signalProcessGroup", "array string string", 2, 2, sv_rpc_signal_group,
     "Send a signal to all processes in the group named 'name'"},
    {"supervisor.startAllProcesses", "array boolean", 0, 1, sv_rpc_start_all,
     "Start all processes listed in the configuration file"},
    {"supervisor.startProcess", "boolean string boolean", 1, 2, sv_rpc_start, "Start a process"},
    {"supervisor.startProcessGroup", "array string boolean", 1, 2, sv_rpc_start_group,
     "Start all processes in the group named 'name'"},
    {"supervisor.stopAllProcesses", "array boolean", 0, 1, sv_rpc_stop_all,
     "Stop all processes in the process list"},
    {"supervisor.stopProcess", "boolean string boolean", 1, 2, sv_rpc_stop,
     "Stop a process named by name"},
    {"supervisor.stopProcessGroup", "array string boolean", 1, 2, sv_rpc_stop_group,
     "Stop all processes in the process group named 'name'"},
    {"supervisor.tailProcessLog", "array string int int", 3, 3, sv_rpc_tail_stdout,
     "Read the end of name's stdout log: [string bytes, int offset, bool overflow]"},
    {"supervisor.tailProcessStderrLog", "array string int int", 3, 3, sv_rpc_tail_stderr,
     "Read the end of name's stderr log: [string bytes, int offset, bool overflow]"},
    {"supervisor.tailProcessStdoutLog", "array string int int", 3, 3, sv_rpc_tail_stdout,
     "Read the end of name's stdout log: [string bytes, int offset, bool overflow]"},
    {"system.listMethods", "array", 0, 0, list_methods,
     "Return an array listing the available method names"},
    {"system.methodHelp", "string string", 1, 1, method_help,
     "Return a string showing the method's documentation"},
    {"system.methodSignature", "array string", 1, 1, method_signature,
     "Return an array describing the method signature"},
    {"system.multicall", "array array", 1, 1, NULL,
     "Process an array of calls, and return an array of results."},
};

static const SvMethod *
find_method(const char *name)
{
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
        if (strcmp(methods[i].name, name) == 0)
            return &methods[i];
    return NULL;
}

static SvOutcome
list_methods(SvRpc *rpc, const SvValue *params)
{
    sv_xml_begin_array(rpc->out);
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
        sv_xml_string(rpc->out, methods[i].name);
    sv_xml_end_array(rpc->out);
    return SV_DONE;
}

static const SvMethod *
named_method(SvRpc *rpc, const SvValue *params)
{
    const char *name = sv_rpc_string(rpc, params, 0);
    const SvMethod *method = name ? find_method(name) : NULL;

    if (name && !method)
        sv_rpc_refuse(rpc, SV_FAULT_SIGNATURE_UNSUPPORTED);
    return method;
}

static SvOutcome
method_help(SvRpc *rpc, const SvValue *params)
{
    const SvMethod *method = named_method(rpc, params);

    if (!method)
        return SV_FAILED;
    sv_xml_string(rpc->out, method->help);
    return SV_DONE;
}

static SvOutcome
method_signature(SvRpc *rpc, const SvValue *params)
{
    const SvMethod *method = named_method(rpc, params);

    if (!method)
        return SV_FAILED;
    sv_xml_begin_array(rpc->out);
    for (const char *type = method->signature; *type != '\0';) {
        size_t n = strcspn(type, " ");
        sv_xml_bytes(rpc->out, type, n);
        type += n + (type[n] == ' ');
    }
    sv_xml_end_array(rpc->out);
    return SV_DONE;
}

SvOutcome
sv_rpc_call(SvRpc *rpc, const char *name, const SvValue *params)
{
    const SvMethod *method = find_method(name);

    rpc->many = rpc->building = false;
    rpc->pending = 0;
    if (!method)
        return sv_rpc_refuse(rpc, SV_FAULT_UNKNOWN_METHOD);
    if (!method->run || params->kind != SV_KIND_ARRAY)
        return sv_rpc_refuse(rpc, SV_FAULT_INCORRECT_PARAMETERS);
    if (params->count < method->min || params->count > method->max)
        return sv_rpc_refuse(rpc, SV_FAULT_INCORRECT_PARAMETERS);
    if (rpc->super->mood < SV_MOOD_RUNNING && strncmp(name, "supervisor.", 11) == 0 &&
        method->run != send_comm_event)
        return sv_rpc_refuse(rpc, SV_FAULT_SHUTDOWN_STATE);
    return method->run(rpc, params);
}
