/*
 * status, start, stop, restart, signal, clear.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "supervise/ctl/ctl.h"
#include "supervise/rpc.h"

/* A process as "name", or "group:name" where the two differ. */
static const char *
namespec(const char *group, const char *name, char *buffer, size_t size)
{
    if (strcmp(group, name) == 0)
        snprintf(buffer, size, "%s", name);
    else
        snprintf(buffer, size, "%s:%s", group, name);
    return buffer;
}

static bool
is_whole_group(const char *name, char *group, size_t size)
{
    const char *colon = strchr(name, ':');

    snprintf(group, size, "%.*s", (int)(colon ? colon - name : (ptrdiff_t)strlen(name)), name);
    return colon && (colon[1] == '\0' || strcmp(colon + 1, "*") == 0);
}

typedef struct Line {
    char *group, *name, *state, *description;
    bool shown;
} Line;

/* The compact answer of our own supervisor, cut into lines in place. */
static size_t
cut_lines(char *text, Line *lines, size_t max)
{
    size_t count = 0;

    while (*text != '\0' && count < max) {
        char **fields[] = {&lines[count].group, &lines[count].name, &lines[count].state,
                           &lines[count].description};
        for (size_t i = 0; i < 4; i++) {
            *fields[i] = text;
            text += strcspn(text, i < 3 ? "\t" : "\n");
            if (*text != '\0')
                *text++ = '\0';
        }
        count++;
    }
    return count;
}

static size_t
lines_of_info(const SvValue *value, Line *lines, size_t max)
{
    size_t count = 0;

    for (const SvValue *one = value->first; one && count < max; one = one->next) {
        const SvValue *members[] = {sv_value_member(one, "group"), sv_value_member(one, "name"),
                                    sv_value_member(one, "statename"),
                                    sv_value_member(one, "description")};
        char **fields[] = {&lines[count].group, &lines[count].name, &lines[count].state,
                           &lines[count].description};
        for (size_t i = 0; i < 4; i++)
            *fields[i] = (char *)(members[i] && members[i]->text ? members[i]->text : "");
        count++;
    }
    return count;
}

static bool
matches(const Line *line, const char *name)
{
    char group[512];
    bool whole = is_whole_group(name, group, sizeof group);
    const char *colon = strchr(name, ':');

    if (strcmp(line->group, group) != 0)
        return false;
    return whole || strcmp(line->name, colon ? colon + 1 : name) == 0;
}

static void
print_lines(SvCtl *ctl, Line **lines, size_t count)
{
    char spec[1024];
    int width = 30;

    for (size_t i = 0; i < count; i++) {
        int length = (int)strlen(namespec(lines[i]->group, lines[i]->name, spec, sizeof spec));
        width = length > width ? length : width;
    }
    for (size_t i = 0; i < count; i++) {
        const char *state = lines[i]->state;
        printf("%-*s%-10s%s\n", width + 3,
               namespec(lines[i]->group, lines[i]->name, spec, sizeof spec), state,
               lines[i]->description);
        if (strcmp(state, "STOPPED") == 0 || strcmp(state, "EXITED") == 0 ||
            strcmp(state, "FATAL") == 0 || strcmp(state, "UNKNOWN") == 0)
            ctl->exit_code = SV_EXIT_STATUS_NOT_RUNNING;
    }
}

static void
show_status(SvCtl *ctl, Line *lines, size_t count, char *args)
{
    Line **shown = calloc(count * 64 + 1, sizeof *shown);
    size_t shown_count = 0;
    char *names[64];
    size_t name_count = 0;
    char group[512];

    if (!shown)
        return;
    for (char *name; name_count < 64 && (name = sv_next_word(&args));)
        names[name_count++] = name;
    for (size_t i = 0; i < name_count; i++)
        if (strcmp(names[i], "all") == 0)
            name_count = 0;
    for (size_t j = 0; name_count == 0 && j < count; j++)
        shown[shown_count++] = &lines[j];
    for (size_t i = 0; i < name_count; i++) {
        bool found = false;
        for (size_t j = 0; j < count; j++)
            if (matches(&lines[j], names[i])) {
                shown[shown_count++] = &lines[j];
                found = true;
            }
        if (found)
            continue;
        if (is_whole_group(names[i], group, sizeof group))
            sv_ctl_error(ctl, SV_EXIT_STATUS_UNKNOWN, "%s: ERROR (no such group)", group);
        else
            sv_ctl_error(ctl, SV_EXIT_STATUS_UNKNOWN, "%s: ERROR (no such process)", names[i]);
    }
    print_lines(ctl, shown, shown_count);
    free(shown);
}

void
sv_cmd_status(SvCtl *ctl, char *args)
{
    static const size_t max = 65536;
    SvValue value;
    int64_t fault;

    if (!sv_ctl_is_up(ctl)) {
        ctl->exit_code = SV_EXIT_STATUS_UNKNOWN;
        return;
    }
    Line *lines = calloc(max, sizeof *lines);
    int r = sv_ctl_call(ctl, &value, &fault, "fassembler.status", "");
    size_t count = 0;
    if (r == 0 && fault == 0) {
        count = cut_lines((char *)value.text, lines, max);
    } else if (r == 0) {
        /* Another supervisor: it has the long way only. */
        r = sv_ctl_call(ctl, &value, &fault, "supervisor.getAllProcessInfo", "");
        count = r == 0 && fault == 0 ? lines_of_info(&value, lines, max) : 0;
    }
    if (r < 0 || fault != 0)
        sv_ctl_unexpected(ctl, r, fault, &value);
    else
        show_status(ctl, lines, count, args);
    free(lines);
}

typedef struct Verb {
    const char *one, *group, *all; /* methods */
    const char *done;
    int fine; /* a fault that is no failure of the command */
    int no_group;
    const char *signal; /* or NULL */
} Verb;

static const char *
error_words(const Verb *verb, int code, const char *description)
{
    bool start = strcmp(verb->done, "started") == 0;

    switch (code) {
    case SV_FAULT_BAD_NAME:
        return "no such process";
    case SV_FAULT_NO_FILE:
        return "no such file";
    case SV_FAULT_NOT_EXECUTABLE:
        return "file is not executable";
    case SV_FAULT_ALREADY_STARTED:
        return "already started";
    case SV_FAULT_SPAWN_ERROR:
        return "spawn error";
    case SV_FAULT_ABNORMAL_TERMINATION:
        return "abnormal termination";
    case SV_FAULT_BAD_SIGNAL:
        return "bad signal name";
    case SV_FAULT_NOT_RUNNING:
        return "not running";
    case SV_FAULT_FAILED:
        return strcmp(verb->done, "cleared") == 0 ? "failed" : description;
    default:
        return start ? "abnormal termination" : description;
    }
}

static void
print_result(SvCtl *ctl, const Verb *verb, const char *spec, int code, const char *description)
{
    if (code == SV_FAULT_SUCCESS)
        printf("%s: %s\n", spec, verb->done);
    else
        printf("%s: ERROR (%s)\n", spec, error_words(verb, code, description));
    if (code == SV_FAULT_SUCCESS || code == verb->fine)
        return;
    bool dead = code == SV_FAULT_SPAWN_ERROR || code == SV_FAULT_ABNORMAL_TERMINATION ||
                code == SV_FAULT_NOT_RUNNING;
    ctl->exit_code = dead ? SV_EXIT_NOT_RUNNING : SV_EXIT_GENERIC;
}

static void
print_results(SvCtl *ctl, const Verb *verb, const SvValue *list)
{
    char spec[1024];

    for (const SvValue *one = list->first; one; one = one->next) {
        const SvValue *name = sv_value_member(one, "name");
        const SvValue *group = sv_value_member(one, "group");
        const SvValue *status = sv_value_member(one, "status");
        const SvValue *description = sv_value_member(one, "description");
        if (name && group && status)
            print_result(ctl, verb, namespec(group->text, name->text, spec, sizeof spec),
                         (int)status->number,
                         description && description->text ? description->text : "");
    }
}

static bool
do_group(SvCtl *ctl, const Verb *verb, const char *group)
{
    SvValue value;
    int64_t fault;
    int r = verb->signal ? sv_ctl_call(ctl, &value, &fault, verb->group, "ss", group, verb->signal)
                         : sv_ctl_call(ctl, &value, &fault, verb->group, "s", group);

    if (r == 0 && fault == SV_FAULT_BAD_NAME) {
        sv_ctl_error(ctl, verb->no_group, "%s: ERROR (no such group)", group);
    } else if (r < 0 || fault != 0) {
        sv_ctl_unexpected(ctl, r, fault, &value);
        return false;
    } else {
        print_results(ctl, verb, &value);
    }
    return true;
}

static bool
do_one(SvCtl *ctl, const Verb *verb, const char *name)
{
    SvValue value;
    int64_t fault;
    char group[512];
    char spec[1024];

    if (is_whole_group(name, group, sizeof group) && verb->group)
        return do_group(ctl, verb, group);
    int r = verb->signal ? sv_ctl_call(ctl, &value, &fault, verb->one, "ss", name, verb->signal)
                         : sv_ctl_call(ctl, &value, &fault, verb->one, "s", name);
    if (r < 0 || fault == SV_FAULT_SHUTDOWN_STATE) {
        sv_ctl_unexpected(ctl, r, fault, &value);
        return false;
    }
    const char *colon = strchr(name, ':');
    namespec(group, colon ? colon + 1 : name, spec, sizeof spec);
    print_result(ctl, verb, spec, fault == 0 ? SV_FAULT_SUCCESS : (int)fault,
                 value.text ? value.text : "");
    return true;
}

static void
do_all(SvCtl *ctl, const Verb *verb)
{
    SvValue value;
    int64_t fault;
    int r = verb->signal ? sv_ctl_call(ctl, &value, &fault, verb->all, "s", verb->signal)
                         : sv_ctl_call(ctl, &value, &fault, verb->all, "");

    if (r < 0 || fault != 0)
        sv_ctl_unexpected(ctl, r, fault, &value);
    else
        print_results(ctl, verb, &value);
}

static void
do_verb(SvCtl *ctl, const Verb *verb, char *args)
{
    char *names[256];
    size_t count = 0;

    for (char *name; count < 256 && (name = sv_next_word(&args));)
        names[count++] = name;
    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i], "all") == 0) {
            do_all(ctl, verb);
            return;
        }
    for (size_t i = 0; i < count; i++)
        if (!do_one(ctl, verb, names[i]))
            return;
}

static const Verb start_verb = {.one = "supervisor.startProcess",
                                .group = "supervisor.startProcessGroup",
                                .all = "supervisor.startAllProcesses",
                                .done = "started",
                                .fine = SV_FAULT_ALREADY_STARTED,
                                .no_group = SV_EXIT_INVALID_ARGS};
static const Verb stop_verb = {.one = "supervisor.stopProcess",
                               .group = "supervisor.stopProcessGroup",
                               .all = "supervisor.stopAllProcesses",
                               .done = "stopped",
                               .fine = SV_FAULT_NOT_RUNNING,
                               .no_group = SV_EXIT_GENERIC};

static bool
needs_name(SvCtl *ctl, const char *command, const char *args, int exit_code)
{
    if (args[strspn(args, " \t\n")] != '\0')
        return true;
    sv_ctl_error(ctl, exit_code, "Error: %s requires a process name", command);
    puts(sv_command_find(command)->help);
    return false;
}

void
sv_cmd_start(SvCtl *ctl, char *args)
{
    if (sv_ctl_is_up(ctl) && needs_name(ctl, "start", args, SV_EXIT_INVALID_ARGS))
        do_verb(ctl, &start_verb, args);
}

void
sv_cmd_stop(SvCtl *ctl, char *args)
{
    if (sv_ctl_is_up(ctl) && needs_name(ctl, "stop", args, SV_EXIT_GENERIC))
        do_verb(ctl, &stop_verb, args);
}

void
sv_cmd_restart(SvCtl *ctl, char *args)
{
    if (!sv_ctl_is_up(ctl) || !needs_name(ctl, "restart", args, SV_EXIT_GENERIC))
        return;
    char *copy = strdup(args);
    do_verb(ctl, &stop_verb, args);
    if (copy)
        do_verb(ctl, &start_verb, copy);
    free(copy);
}

void
sv_cmd_signal(SvCtl *ctl, char *args)
{
    if (!sv_ctl_is_up(ctl))
        return;
    char *number = sv_next_word(&args);
    if (!number || args[strspn(args, " \t\n")] == '\0') {
        sv_ctl_error(ctl, SV_EXIT_GENERIC,
                     "Error: signal requires a signal name and a process name");
        puts(sv_command_find("signal")->help);
        return;
    }
    Verb verb = {.one = "supervisor.signalProcess",
                 .group = "supervisor.signalProcessGroup",
                 .all = "supervisor.signalAllProcesses",
                 .done = "signalled",
                 .no_group = SV_EXIT_GENERIC,
                 .signal = number};
    do_verb(ctl, &verb, args);
}

void
sv_cmd_clear(SvCtl *ctl, char *args)
{
    static const Verb verb = {.one = "supervisor.clearProcessLogs",
                              .all = "supervisor.clearAllProcessLogs",
                              .done = "cleared",
                              .no_group = SV_EXIT_GENERIC};

    if (sv_ctl_is_up(ctl) && needs_name(ctl, "clear", args, SV_EXIT_GENERIC))
        do_verb(ctl, &verb, args);
}
