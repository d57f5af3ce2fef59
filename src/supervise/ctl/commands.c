/*
 * The table of commands, and those that ask one thing.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "supervise/ctl/ctl.h"
#include "supervise/rpc.h"

char *
sv_next_word(char **rest)
{
    char *word = *rest + strspn(*rest, " \t\n");

    if (*word == '\0')
        return NULL;
    *rest = word + strcspn(word, " \t\n");
    if (**rest != '\0')
        *(*rest)++ = '\0';
    return word;
}

void
sv_ctl_error(SvCtl *ctl, int exit_code, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    putchar('\n');
    ctl->exit_code = exit_code;
}

void
sv_ctl_unexpected(SvCtl *ctl, int r, int64_t fault, const SvValue *value)
{
    if (r == -EACCES)
        sv_ctl_error(ctl, SV_EXIT_GENERIC, "Server requires authentication");
    else if (r < 0)
        sv_ctl_error(ctl, SV_EXIT_GENERIC, "error: %s", ctl->problem);
    else
        sv_ctl_error(ctl, SV_EXIT_GENERIC, "error: <Fault %d: '%s'>", (int)fault,
                     value->text ? value->text : "");
}

bool
sv_ctl_is_up(SvCtl *ctl)
{
    SvValue value;
    int64_t fault;
    int r = sv_ctl_call(ctl, &value, &fault, "supervisor.getVersion", "");

    if (r == -ECONNREFUSED)
        sv_ctl_error(ctl, SV_EXIT_DENIED, "%s refused connection", ctl->url);
    else if (r == -ENOENT)
        sv_ctl_error(ctl, SV_EXIT_NOT_RUNNING, "%s no such file", ctl->url);
    else if (r < 0)
        sv_ctl_unexpected(ctl, r, 0, NULL);
    else if (fault == SV_FAULT_UNKNOWN_METHOD)
        sv_ctl_error(ctl, SV_EXIT_STATUS_NOT_RUNNING,
                     "Sorry, supervisord responded but did not recognize the supervisor namespace "
                     "commands that "
                     "supervisorctl uses to control it.  Please check that the "
                     "[rpcinterface:supervisor] section is "
                     "enabled in the configuration file (see sample.conf).");
    else if (fault != 0)
        sv_ctl_unexpected(ctl, 0, fault, &value);
    else if (strcmp(value.text ? value.text : "", "3.0") != 0)
        sv_ctl_error(ctl, SV_EXIT_NOT_INSTALLED,
                     "Sorry, this version of supervisorctl expects to talk to a server with API "
                     "version 3.0, but the "
                     "remote version is %s.",
                     value.text ? value.text : "");
    else
        return true;
    return false;
}

/* Commands that take nothing say so. */
static bool
takes_nothing(SvCtl *ctl, const char *name, char *args)
{
    if (!sv_next_word(&args))
        return true;
    sv_ctl_error(ctl, SV_EXIT_GENERIC, "Error: %s accepts no arguments", name);
    puts(sv_command_find(name)->help);
    return false;
}

static void
cmd_avail(SvCtl *ctl, char *args)
{
    SvValue value;
    int64_t fault;

    if (!takes_nothing(ctl, "avail", args))
        return;
    int r = sv_ctl_call(ctl, &value, &fault, "supervisor.getAllConfigInfo", "");
    if (r == 0 && fault == SV_FAULT_SHUTDOWN_STATE) {
        sv_ctl_error(ctl, SV_EXIT_GENERIC, "ERROR: supervisor shutting down");
        return;
    }
    if (r < 0 || fault != 0) {
        sv_ctl_unexpected(ctl, r, fault, &value);
        return;
    }
    for (const SvValue *one = value.first; one; one = one->next) {
        char name[1024];
        char priority[64];
        const SvValue *group = sv_value_member(one, "group");
        const SvValue *process = sv_value_member(one, "name");
        const SvValue *in_use = sv_value_member(one, "inuse");
        const SvValue *automatic = sv_value_member(one, "autostart");
        const SvValue *group_priority = sv_value_member(one, "group_prio");
        const SvValue *process_priority = sv_value_member(one, "process_prio");
        if (!group || !process || !in_use || !automatic || !group_priority || !process_priority)
            continue;
        bool same = strcmp(group->text, process->text) == 0;
        snprintf(name, sizeof name, "%s%s%s", same ? "" : group->text, same ? "" : ":",
                 process->text);
        snprintf(priority, sizeof priority, "%lld:%lld", (long long)group_priority->number,
                 (long long)process_priority->number);
        printf("%-32s %-9s %-9s %s\n", name, in_use->number ? "in use" : "avail",
               automatic->number ? "auto" : "manual", priority);
    }
}

static void
cmd_pid(SvCtl *ctl, char *args)
{
    SvValue value;
    int64_t fault;

    if (!sv_ctl_is_up(ctl))
        return;
    char *name = sv_next_word(&args);
    if (!name) {
        int r = sv_ctl_call(ctl, &value, &fault, "supervisor.getPID", "");
        if (r < 0 || fault != 0)
            sv_ctl_unexpected(ctl, r, fault, &value);
        else
            printf("%lld\n", (long long)value.number);
        return;
    }
    for (; name; name = sv_next_word(&args)) {
        bool all = strcmp(name, "all") == 0;
        int r = all ? sv_ctl_call(ctl, &value, &fault, "supervisor.getAllProcessInfo", "")
                    : sv_ctl_call(ctl, &value, &fault, "supervisor.getProcessInfo", "s", name);
        if (r == 0 && fault == SV_FAULT_BAD_NAME) {
            sv_ctl_error(ctl, SV_EXIT_GENERIC, "No such process %s", name);
            continue;
        }
        if (r < 0 || fault != 0) {
            sv_ctl_unexpected(ctl, r, fault, &value);
            return;
        }
        for (const SvValue *one = all ? value.first : &value; one; one = all ? one->next : NULL) {
            const SvValue *pid = sv_value_member(one, "pid");
            printf("%lld\n", pid ? (long long)pid->number : 0);
            if (!all && (!pid || pid->number == 0))
                ctl->exit_code = SV_EXIT_NOT_RUNNING;
        }
        if (all)
            return;
    }
}

static bool
is_sure(const SvCtl *ctl, const char *question)
{
    char answer[64] = "";

    if (!ctl->interactive)
        return true;
    printf("%s", question);
    fflush(stdout);
    return fgets(answer, sizeof answer, stdin) && (answer[0] == 'y' || answer[0] == 'Y');
}

static void
cmd_shutdown(SvCtl *ctl, char *args)
{
    SvValue value;
    int64_t fault;

    if (!takes_nothing(ctl, "shutdown", args) ||
        !is_sure(ctl, "Really shut the remote supervisord process down y/N? "))
        return;
    int r = sv_ctl_call(ctl, &value, &fault, "supervisor.shutdown", "");
    if (r == -ECONNREFUSED)
        sv_ctl_error(ctl, SV_EXIT_GENERIC, "ERROR: %s refused connection (already shut down?)",
                     ctl->url);
    else if (r == -ENOENT)
        sv_ctl_error(ctl, SV_EXIT_GENERIC, "ERROR: %s no such file (already shut down?)", ctl->url);
    else if (r == 0 && fault == SV_FAULT_SHUTDOWN_STATE)
        puts("ERROR: already shutting down");
    else if (r < 0 || fault != 0)
        sv_ctl_unexpected(ctl, r, fault, &value);
    else
        puts("Shut down");
}

static void
cmd_reload(SvCtl *ctl, char *args)
{
    SvValue value;
    int64_t fault;

    if (!takes_nothing(ctl, "reload", args) ||
        !is_sure(ctl, "Really restart the remote supervisord process y/N? "))
        return;
    int r = sv_ctl_call(ctl, &value, &fault, "supervisor.restart", "");
    if (r == 0 && fault == SV_FAULT_SHUTDOWN_STATE)
        sv_ctl_error(ctl, SV_EXIT_GENERIC, "ERROR: already shutting down");
    else if (r < 0 || fault != 0)
        sv_ctl_unexpected(ctl, r, fault, &value);
    else
        puts("Restarted supervisord");
}

static void
cmd_version(SvCtl *ctl, char *args)
{
    SvValue value;
    int64_t fault;

    if (!takes_nothing(ctl, "version", args) || !sv_ctl_is_up(ctl))
        return;
    int r = sv_ctl_call(ctl, &value, &fault, "supervisor.getSupervisorVersion", "");
    if (r < 0 || fault != 0)
        sv_ctl_unexpected(ctl, r, fault, &value);
    else
        puts(value.text);
}

static void
cmd_open(SvCtl *ctl, char *args)
{
    char *url = sv_next_word(&args);
    int exit_code = ctl->exit_code;

    if (!url || (strncmp(url, "unix://", 7) != 0 && strncmp(url, "http://", 7) != 0)) {
        sv_ctl_error(ctl, SV_EXIT_GENERIC, "ERROR: url must be http:// or unix://");
        return;
    }
    sv_ctl_disconnect(ctl);
    ctl->url = strdup(url);
    char none[1] = "";
    sv_cmd_status(ctl, none);
    ctl->exit_code = exit_code;
}

static void
cmd_quit(SvCtl *ctl, char *args)
{
    putchar('\n');
    ctl->leave = true;
}

static void
list_commands(void)
{
    static const char *const names[] = {
        "add",   "exit",     "open", "reload", "restart",  "start",  "tail",
        "avail", "fg",       "pid",  "remove", "shutdown", "status", "update",
        "clear", "maintail", "quit", "reread", "signal",   "stop",   "version"};
    static const int widths[] = {7, 10, 6, 8, 10, 8, 8};

    puts("\ndefault commands (type help <topic>):\n=====================================");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (i % 7 == 6)
            printf("%-7s\n", names[i]);
        else
            printf("%-*s", widths[i % 7], names[i]);
    }
    puts("\nmore commands (type help <topic>):\n==================================");
    puts("crash  upgrade");
    putchar('\n');
}

static void
cmd_help(SvCtl *ctl, char *args)
{
    const char *name = sv_strip(args);
    const SvCommand *command = sv_command_find(name);

    if (*name == '\0')
        list_commands();
    else if (command)
        puts(command->help);
    else
        printf("*** No help on %s\n", name);
}

const SvCommand sv_commands[] = {
    {"add", sv_cmd_add, "add <name> [...]\tActivates any updates in config for process/group", 'g'},
    {"avail", cmd_avail, "avail\t\t\tDisplay all configured processes", '\0'},
    {"clear", sv_cmd_clear,
     "clear <name>\t\tClear a process' log files.\nclear <name> <name>\tClear multiple process' "
     "log files\n"
     "clear all\t\tClear all process' log files",
     'p'},
    {"crash", sv_cmd_crash,
     "crash\t\t\tShow how programs ended that should not have, and what they wrote last\n"
     "crash <name> [...]\tShow it of these",
     'p'},
    {"exit", cmd_quit, "exit\tExit the supervisor shell.", '\0'},
    {"fg", sv_cmd_fg, "fg <process>\tConnect to a process in foreground mode\n\t\tCtrl-C to exit",
     'p'},
    {"help", cmd_help,
     "help\t\tPrint a list of available actions\nhelp <action>\tPrint help for <action>", 'a'},
    {"maintail", sv_cmd_maintail,
     "maintail -f \tContinuous tail of supervisor main log file (Ctrl-C to exit)\n"
     "maintail -100\tlast 100 *bytes* of supervisord main log file\n"
     "maintail\tlast 1600 *bytes* of supervisor main log file\n",
     '\0'},
    {"open", cmd_open,
     "open <url>\tConnect to a remote supervisord process.\n\t\t(for UNIX domain socket, use "
     "unix:///socket/path)",
     '\0'},
    {"pid", cmd_pid,
     "pid\t\t\tGet the PID of supervisord.\npid <name>\t\tGet the PID of a single child process by "
     "name.\n"
     "pid all\t\t\tGet the PID of every child process, one per line.",
     'p'},
    {"quit", cmd_quit, "quit\tExit the supervisor shell.", '\0'},
    {"reload", cmd_reload, "reload \t\tRestart the remote supervisord.", '\0'},
    {"remove", sv_cmd_remove, "remove <name> [...]\tRemoves process/group from active config", 'g'},
    {"reread", sv_cmd_reread,
     "reread \t\t\tReload the daemon's configuration files without add/remove", '\0'},
    {"restart", sv_cmd_restart,
     "restart <name>\t\tRestart a process\nrestart <gname>:*\tRestart all processes in a group\n"
     "restart <name> <name>\tRestart multiple processes or groups\nrestart all\t\tRestart all "
     "processes\n"
     "Note: restart does not reread config files. For that, see reread and update.",
     'p'},
    {"shutdown", cmd_shutdown, "shutdown \tShut the remote supervisord down.", '\0'},
    {"signal", sv_cmd_signal,
     "signal <signal name> <name>\t\tSignal a process\n"
     "signal <signal name> <gname>:*\t\tSignal all processes in a group\n"
     "signal <signal name> <name> <name>\tSignal multiple processes or groups\n"
     "signal <signal name> all\t\tSignal all processes",
     'p'},
    {"start", sv_cmd_start,
     "start <name>\t\tStart a process\nstart <gname>:*\t\tStart all processes in a group\n"
     "start <name> <name>\tStart multiple processes or groups\nstart all\t\tStart all processes",
     'p'},
    {"status", sv_cmd_status,
     "status <name>\t\tGet status for a single process\nstatus <gname>:*\tGet status for all "
     "processes in a group\n"
     "status <name> <name>\tGet status for multiple named processes\nstatus\t\t\tGet all process "
     "status info",
     'p'},
    {"stop", sv_cmd_stop,
     "stop <name>\t\tStop a process\nstop <gname>:*\t\tStop all processes in a group\n"
     "stop <name> <name>\tStop multiple processes or groups\nstop all\t\tStop all processes",
     'p'},
    {"tail", sv_cmd_tail,
     "tail [-f] <name> [stdout|stderr] (default stdout)\nEx:\n"
     "tail -f <name>\t\tContinuous tail of named process stdout\n\t\t\tCtrl-C to exit.\n"
     "tail -100 <name>\tlast 100 *bytes* of process stdout\n"
     "tail <name> stderr\tlast 1600 *bytes* of process stderr",
     'p'},
    {"update", sv_cmd_update,
     "update\t\t\tReload config and add/remove as necessary, and will restart affected programs\n"
     "update all\t\tReload config and add/remove as necessary, and will restart affected programs\n"
     "update <gname> [...]\tUpdate specific groups",
     'g'},
    {"upgrade", sv_cmd_upgrade,
     "upgrade\t\t\tReplace the program of the supervisor while everything it runs goes on\n"
     "upgrade <path>\t\tReplace it by this program",
     '\0'},
    {"version", cmd_version, "version\t\t\tShow the version of the remote supervisord process",
     '\0'},
    {NULL, NULL, NULL, '\0'},
};

const SvCommand *
sv_command_find(const char *name)
{
    for (const SvCommand *command = sv_commands; command->name; command++)
        if (strcmp(command->name, name) == 0)
            return command;
    return NULL;
}

void
sv_ctl_run_line(SvCtl *ctl, char *line)
{
    char whole[1024];

    snprintf(whole, sizeof whole, "%s", line);
    char *rest = line;
    char *name = sv_next_word(&rest);
    if (!name)
        return;
    const SvCommand *command = sv_command_find(strcmp(name, "?") == 0 ? "help" : name);
    if (command)
        command->run(ctl, rest);
    else if (strcmp(name, "EOF") == 0)
        cmd_quit(ctl, rest);
    else
        sv_ctl_error(ctl, SV_EXIT_GENERIC, "*** Unknown syntax: %s", whole);
    fflush(stdout);
}
