/*
 * What the processes are doing, and what they are configured to do.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "supervise/rpc.h"
#include "supervise/values.h"

static int64_t
capped(int64_t number)
{
    return number > INT32_MAX ? INT32_MAX : number < INT32_MIN ? INT32_MIN : number;
}

static void
describe_uptime(SvBuf *out, const SvProc *proc)
{
    /* The clock of the day may have jumped since. */
    int64_t seconds = (int64_t)((sv_now() - proc->started) / SV_SECOND);
    long long days = (long long)(seconds / 86400);

    sv_buf_printf(out, "pid %d, uptime ", (int)proc->pid);
    if (days > 0)
        sv_buf_printf(out, "%lld day%s, ", days, days == 1 ? "" : "s");
    sv_buf_printf(out, "%d:%02d:%02d", (int)(seconds % 86400 / 3600), (int)(seconds % 3600 / 60),
                  (int)(seconds % 60));
}

static void
describe_stop(SvBuf *out, const SvProc *proc)
{
    struct tm tm;
    time_t when = (time_t)proc->last_stop;
    char text[64];

    if (proc->last_start == 0) {
        sv_buf_puts(out, "Not started");
        return;
    }
    localtime_r(&when, &tm);
    strftime(text, sizeof text, "%b %d %I:%M %p", &tm);
    sv_buf_puts(out, text);
}

static void
describe_schedule(const SvProc *proc, SvBuf *out)
{
    char text[64];

    if (!proc->conf->schedule_text || !sv_state_is_stopped(proc->machine.state))
        return;
    if (proc->suspended)
        sv_buf_puts(out, ", no next run until it is started");
    else if (proc->due != 0)
        sv_buf_printf(out, ", next run at %s", sv_cron_time(proc->due, text, sizeof text));
}

void
sv_rpc_describe(const SvSuper *super, const SvProc *proc, SvBuf *out)
{
    char text[PATH_MAX + 128];
    bool failed;
    const SvProc *blocker;

    switch (proc->machine.state) {
    case SV_RUNNING:
        describe_uptime(out, proc);
        break;
    case SV_FATAL:
    case SV_BACKOFF:
        if (proc->problem != SV_PROBLEM_NONE)
            sv_buf_puts(out, sv_proc_problem(proc, text, sizeof text));
        else
            sv_buf_printf(out, "unknown error (try \"tail %s\")", proc->conf->name);
        break;
    case SV_STOPPED:
    case SV_EXITED:
        describe_stop(out, proc);
        break;
    case SV_WAITING:
        blocker = sv_proc_blocker(super, proc, &failed);
        if (blocker)
            sv_buf_printf(out, "waiting for %s", blocker->conf->name);
        else
            sv_buf_puts(out, "waiting for its turn to start");
        break;
    case SV_STARTING:
    case SV_STOPPING:
    case SV_UNKNOWN:
        break;
    }
    describe_schedule(proc, out);
}

static void
write_info(SvRpc *rpc, const SvProc *proc, int64_t now)
{
    char text[PATH_MAX + 256];
    const char *out_path = sv_channel_path(&proc->channels[SV_STDOUT]);
    const char *err_path = sv_channel_path(&proc->channels[SV_STDERR]);
    SvBuf *out = rpc->out;
    SvBuf buf;

    sv_xml_begin_struct(out);
    sv_xml_member_string(out, "name", proc->conf->name);
    sv_xml_member_string(out, "group", proc->group->conf->name);
    sv_xml_member_int(out, "start", capped(proc->last_start));
    sv_xml_member_int(out, "stop", capped(proc->last_stop));
    sv_xml_member_int(out, "now", capped(now));
    sv_xml_member_int(out, "state", sv_state_code(proc->machine.state));
    sv_xml_member_string(out, "statename", sv_state_name(proc->machine.state));
    sv_xml_member_string(out, "spawnerr", sv_proc_problem(proc, text, sizeof text));
    sv_xml_member_int(out, "exitstatus", proc->exit_status);
    sv_xml_member_string(out, "logfile", out_path ? out_path : "");
    sv_xml_member_string(out, "stdout_logfile", out_path ? out_path : "");
    sv_xml_member_string(out, "stderr_logfile", err_path ? err_path : "");
    sv_xml_member_int(out, "pid", proc->pid);
    sv_buf_init(&buf, text, sizeof text);
    sv_rpc_describe(rpc->super, proc, &buf);
    sv_xml_member_string(out, "description", text);
    sv_xml_end_struct(out);
}

SvOutcome
sv_rpc_process_info(SvRpc *rpc, const SvValue *params)
{
    const char *name = sv_rpc_string(rpc, params, 0);
    SvGroup *group;
    SvProc *proc;

    if (!name || sv_rpc_find(rpc, name, &group, &proc) == SV_FAILED)
        return SV_FAILED;
    if (!proc)
        return sv_rpc_fail(rpc, SV_FAULT_BAD_NAME, "%s", name);
    write_info(rpc, proc, time(NULL));
    return SV_DONE;
}

/* The group that comes next by name, so that no list has to be made and sorted; groups are few or hold one each. */
static int
compare_procs(const void *a, const void *b)
{
    const SvProc *x = *(const SvProc *const *)a;
    const SvProc *y = *(const SvProc *const *)b;
    int order = strcmp(x->group->conf->name, y->group->conf->name);

    return order != 0 ? order : strcmp(x->conf->name, y->conf->name);
}

size_t
sv_rpc_sorted_procs(const SvSuper *super, SvBuf *out, const SvProc ***ret_list)
{
    size_t count = 0;

    for (const SvGroup *group = super->groups; group; group = group->next)
        count += group->count;
    char *end = out->data + out->size;
    const SvProc **list =
        (const SvProc **)(void *)(end - count * sizeof *list - ((uintptr_t)end % sizeof(void *)));
    size_t i = 0;
    for (const SvGroup *group = super->groups; group; group = group->next)
        for (size_t j = 0; j < group->count; j++)
            list[i++] = &group->procs[j];
    qsort(list, count, sizeof *list, compare_procs);
    *ret_list = list;
    return count;
}

SvOutcome
sv_rpc_all_process_info(SvRpc *rpc, const SvValue *params)
{
    const SvProc **list;
    size_t count = sv_rpc_sorted_procs(rpc->super, rpc->out, &list);
    int64_t now = time(NULL);

    sv_xml_begin_array(rpc->out);
    for (size_t i = 0; i < count; i++)
        write_info(rpc, list[i], now);
    sv_xml_end_array(rpc->out);
    return SV_DONE;
}

SvOutcome
sv_rpc_compact_status(SvRpc *rpc, const SvValue *params)
{
    const SvProc **list;
    size_t count = sv_rpc_sorted_procs(rpc->super, rpc->out, &list);
    char text[PATH_MAX + 256];
    SvBuf buf;

    sv_xml_begin_string(rpc->out);
    for (size_t i = 0; i < count; i++) {
        const SvProc *proc = list[i];
        sv_buf_init(&buf, text, sizeof text);
        sv_rpc_describe(rpc->super, proc, &buf);
        const char *const parts[] = {proc->group->conf->name,
                                     "\t",
                                     proc->conf->name,
                                     "\t",
                                     sv_state_name(proc->machine.state),
                                     "\t",
                                     text,
                                     "\n"};
        for (size_t j = 0; j < sizeof parts / sizeof *parts; j++)
            sv_xml_text(rpc->out, parts[j], strlen(parts[j]));
    }
    sv_xml_end_string(rpc->out);
    return SV_DONE;
}

static void
optional(SvBuf *out, const char *name, const char *text)
{
    sv_xml_member_string(out, name, text ? text : "none");
}

static void
write_log_conf(SvRpc *rpc, const char *channel, const SvLogConf *log, const SvProc *proc)
{
    const char *path = log->kind == SV_LOG_NONE   ? "none"
                       : log->kind == SV_LOG_FILE ? log->path
                                                  : "auto";
    char key[64];

    if (log->kind == SV_LOG_AUTO && proc) {
        const char *made = sv_channel_path(
            &proc->channels[strcmp(channel, "stdout") == 0 ? SV_STDOUT : SV_STDERR]);
        path = made && *made != '\0' ? made : "auto";
    }
    snprintf(key, sizeof key, "%s_capture_maxbytes", channel);
    sv_xml_member_int(rpc->out, key, log->capture_maxbytes);
    snprintf(key, sizeof key, "%s_events_enabled", channel);
    sv_xml_member_bool(rpc->out, key, log->events);
    snprintf(key, sizeof key, "%s_logfile", channel);
    sv_xml_member_string(rpc->out, key, path);
    snprintf(key, sizeof key, "%s_logfile_backups", channel);
    sv_xml_member_int(rpc->out, key, log->backups);
    snprintf(key, sizeof key, "%s_logfile_maxbytes", channel);
    sv_xml_member_int(rpc->out, key, log->maxbytes);
    snprintf(key, sizeof key, "%s_syslog", channel);
    sv_xml_member_bool(rpc->out, key, log->syslog);
}

static void
write_config(SvRpc *rpc, const SvGroup *group, const SvProc *proc)
{
    const SvProgram *program = proc->conf;
    SvBuf *out = rpc->out;

    sv_xml_begin_struct(out);
    sv_xml_member_bool(out, "autostart", program->autostart);
    optional(out, "directory", program->directory);
    if (program->uid >= 0)
        sv_xml_member_int(out, "uid", program->uid);
    else
        sv_xml_member_string(out, "uid", "none");
    sv_xml_member_string(out, "command", program->command);
    sv_xml_member_array(out, "exitcodes");
    for (size_t i = 0; i < program->exitcode_count; i++)
        sv_xml_int(out, program->exitcodes[i]);
    sv_xml_end_member_array(out);
    sv_xml_member_string(out, "group", group->conf->name);
    sv_xml_member_int(out, "group_prio", group->conf->priority);
    sv_xml_member_bool(out, "inuse", sv_super_group(rpc->super, group->conf->name) != NULL);
    sv_xml_member_bool(out, "killasgroup", program->killasgroup);
    sv_xml_member_string(out, "name", program->name);
    sv_xml_member_int(out, "process_prio", program->priority);
    sv_xml_member_bool(out, "redirect_stderr", program->redirect_stderr);
    sv_xml_member_int(out, "startretries", program->startretries);
    sv_xml_member_int(out, "startsecs", program->startsecs);
    write_log_conf(rpc, "stdout", &program->log[SV_STDOUT], proc);
    sv_xml_member_int(out, "stopsignal", program->stopsignal);
    sv_xml_member_int(out, "stopwaitsecs", program->stopwaitsecs);
    write_log_conf(rpc, "stderr", &program->log[SV_STDERR], proc);
    optional(out, "serverurl", program->serverurl);
    sv_xml_end_struct(out);
}

static int
compare_names(const void *a, const void *b)
{
    const SvProc *x = *(const SvProc *const *)a;
    const SvProc *y = *(const SvProc *const *)b;
    int order = strcmp(x->conf->name, y->conf->name);

    /* As a stable sort leaves them. */
    return order != 0 ? order : (x->group > y->group) - (x->group < y->group);
}

SvOutcome
sv_rpc_all_config_info(SvRpc *rpc, const SvValue *params)
{
    const SvRuntime *runtime = rpc->super->candidate_runtime;
    size_t groups = rpc->super->candidate->group_count;
    size_t count = 0;

    for (size_t i = 0; i < groups; i++)
        count += runtime->groups[i].count;
    char *end = rpc->out->data + rpc->out->size;
    const SvProc **list =
        (const SvProc **)(void *)(end - count * sizeof *list - ((uintptr_t)end % sizeof(void *)));
    size_t n = 0;
    for (size_t i = 0; i < groups; i++)
        for (size_t j = 0; j < runtime->groups[i].count; j++)
            list[n++] = &runtime->groups[i].procs[j];
    qsort(list, count, sizeof *list, compare_names);
    sv_xml_begin_array(rpc->out);
    for (size_t i = 0; i < count; i++)
        write_config(rpc, list[i]->group, list[i]);
    sv_xml_end_array(rpc->out);
    return SV_DONE;
}

void
sv_rpc_describe_upgrade(const SvSuper *super, SvBuf *out)
{
    int64_t count = 0;

    for (const SvGroup *group = super->groups; group; group = group->next)
        for (size_t i = 0; i < group->count; i++)
            count += group->procs[i].pid > 0;
    sv_xml_begin_struct(out);
    sv_xml_member_string(out, "from", super->upgrade.version);
    sv_xml_member_string(out, "to", FA_VERSION);
    sv_xml_member_int(out, "processes", count);
    sv_xml_member_int(out, "milliseconds",
                      (int64_t)((sv_now() - super->upgrade.began) / (SV_SECOND / 1000)));
    sv_xml_end_struct(out);
}
