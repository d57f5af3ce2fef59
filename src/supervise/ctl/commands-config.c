/*
 * reread, update, add, remove.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "supervise/ctl/ctl.h"
#include "supervise/rpc.h"

#define NAMES_MAX 4096

typedef struct Changes {
    char *names[NAMES_MAX];
    const char *kinds[NAMES_MAX]; /* available, changed, disappeared */
    size_t count;
} Changes;

static const char *const kinds[3] = {"available", "changed", "disappeared"};

static bool
ask_changes(SvCtl *ctl, Changes *changes, const char *stopping)
{
    SvValue value;
    int64_t fault;
    int r = sv_ctl_call(ctl, &value, &fault, "supervisor.reloadConfig", "");

    changes->count = 0;
    if (r == 0 && fault == SV_FAULT_SHUTDOWN_STATE) {
        sv_ctl_error(ctl, SV_EXIT_GENERIC, "ERROR: %s", stopping);
        return false;
    }
    if (r == 0 && fault == SV_FAULT_CANT_REREAD) {
        sv_ctl_error(ctl, SV_EXIT_GENERIC, "ERROR: %s", value.text);
        return false;
    }
    if (r < 0 || fault != 0 || !value.first) {
        sv_ctl_unexpected(ctl, r, fault, &value);
        return false;
    }
    const SvValue *list = value.first->first;
    for (size_t i = 0; i < 3 && list; i++, list = list->next)
        for (const SvValue *name = list->first; name && changes->count < NAMES_MAX;
             name = name->next) {
            changes->kinds[changes->count] = kinds[i];
            changes->names[changes->count++] = strdup(name->text);
        }
    return true;
}

static void
forget(Changes *changes)
{
    for (size_t i = 0; i < changes->count; i++)
        free(changes->names[i]);
    free(changes);
}

void
sv_cmd_reread(SvCtl *ctl, char *args)
{
    if (sv_next_word(&args)) {
        sv_ctl_error(ctl, SV_EXIT_GENERIC, "Error: reread accepts no arguments");
        puts(sv_command_find("reread")->help);
        return;
    }
    Changes *changes = calloc(1, sizeof *changes);
    if (!changes)
        return;
    if (ask_changes(ctl, changes, "supervisor shutting down")) {
        if (changes->count == 0)
            puts("No config updates to processes");
        /* In the order of the names, each found by looking for the next one. */
        for (const char *last = NULL;;) {
            size_t next = NAMES_MAX;
            for (size_t i = 0; i < changes->count; i++)
                if ((!last || strcmp(changes->names[i], last) > 0) &&
                    (next == NAMES_MAX || strcmp(changes->names[i], changes->names[next]) < 0))
                    next = i;
            if (next == NAMES_MAX)
                break;
            last = changes->names[next];
            printf("%s: %s\n", last, changes->kinds[next]);
        }
    }
    forget(changes);
}

static bool
call_group(SvCtl *ctl, const char *method, const char *name, SvValue *ret_value)
{
    int64_t fault;
    int r = sv_ctl_call(ctl, ret_value, &fault, method, "s", name);

    if (r == 0 && fault == 0)
        return true;
    sv_ctl_unexpected(ctl, r, fault, ret_value);
    return false;
}

static bool
has_failed(const SvValue *results)
{
    for (const SvValue *one = results->first; one; one = one->next) {
        const SvValue *status = sv_value_member(one, "status");
        if (status && status->number == SV_FAULT_FAILED)
            return true;
    }
    return false;
}

static void
stop_process(SvCtl *ctl, const char *name)
{
    SvValue value;
    int64_t fault;
    int r = sv_ctl_call(ctl, &value, &fault, "supervisor.stopProcess", "s", name);

    if (r == 0 && fault == 0)
        printf("%s: stopped\n", name);
}

/* Says what changes of a group and why, and lists what has to stop for it. Returns false where the group must go as a
 * whole: one of another kind, or a supervisor that knows no better. */
static bool
explain_changes(SvCtl *ctl, const char *group, Changes *stop)
{
    SvValue value;
    int64_t fault;
    char text[1024];

    stop->count = 0;
    if (sv_ctl_call(ctl, &value, &fault, "fassembler.getChanges", "s", group) < 0 || fault != 0)
        return false;
    for (const SvValue *one = value.first; one; one = one->next) {
        const SvValue *name = sv_value_member(one, "name");
        const SvValue *change = sv_value_member(one, "change");
        const SvValue *why = sv_value_member(one, "why");
        if (!name || !change || !why || !name->text || !change->text || !why->text)
            return false;
        bool same = strcmp(group, name->text) == 0;
        snprintf(text, sizeof text, "%s%s%s", group, same ? "" : ":", same ? "" : name->text);
        bool gone = strcmp(change->text, "removed") == 0;
        if (gone || strcmp(change->text, "added") == 0)
            printf("%s: %s\n", text, gone ? "no longer configured" : "new");
        else
            printf("%s: %s has changed%s\n", text, why->text,
                   strcmp(change->text, "settings") == 0 ? ", goes on" : "");
        if (strcmp(change->text, "group") == 0)
            return false;
        if ((gone || strcmp(change->text, "restart") == 0) && stop->count < NAMES_MAX)
            stop->names[stop->count++] = strdup(text);
    }
    return true;
}

/* Restarts only what changed of a group. Returns false where that is not possible. */
static bool
replace_group(SvCtl *ctl, const char *name, bool *ret_going)
{
    Changes *stop = calloc(1, sizeof *stop);
    SvValue value;

    if (!stop)
        return false;
    bool possible = explain_changes(ctl, name, stop);
    for (size_t i = 0; possible && i < stop->count; i++)
        stop_process(ctl, stop->names[i]);
    forget(stop);
    if (!possible)
        return false;
    *ret_going = call_group(ctl, "fassembler.replaceGroup", name, &value);
    if (*ret_going)
        printf("%s: updated process group\n", name);
    return true;
}

static bool
update_one(SvCtl *ctl, const char *name, const char *kind)
{
    SvValue value;
    bool going;

    if (strcmp(kind, "changed") == 0 && replace_group(ctl, name, &going))
        return going;
    if (strcmp(kind, "available") != 0) {
        if (!call_group(ctl, "supervisor.stopProcessGroup", name, &value))
            return false;
        printf("%s: stopped\n", name);
        if (strcmp(kind, "disappeared") == 0 && has_failed(&value)) {
            sv_ctl_error(ctl, SV_EXIT_GENERIC, "%s: has problems; not removing", name);
            return true;
        }
        if (!call_group(ctl, "supervisor.removeProcessGroup", name, &value))
            return false;
    }
    if (strcmp(kind, "disappeared") == 0) {
        printf("%s: removed process group\n", name);
        return true;
    }
    if (!call_group(ctl, "supervisor.addProcessGroup", name, &value))
        return false;
    printf("%s: %s process group\n", name, strcmp(kind, "changed") == 0 ? "updated" : "added");
    return true;
}

static bool
is_named(char *const *names, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return count == 0;
}

static bool
group_exists(SvCtl *ctl, const Changes *changes, const char *name)
{
    SvValue value;
    int64_t fault;

    for (size_t i = 0; i < changes->count; i++)
        if (strcmp(changes->names[i], name) == 0 && strcmp(changes->kinds[i], "available") == 0)
            return true;
    if (sv_ctl_call(ctl, &value, &fault, "supervisor.getAllProcessInfo", "") < 0 || fault != 0)
        return false;
    for (const SvValue *one = value.first; one; one = one->next) {
        const SvValue *group = sv_value_member(one, "group");
        if (group && strcmp(group->text, name) == 0)
            return true;
    }
    return false;
}

void
sv_cmd_update(SvCtl *ctl, char *args)
{
    static const int order[3] = {2, 1, 0};
    char *names[256];
    size_t count = 0;
    bool going = true;

    for (char *name; count < 256 && (name = sv_next_word(&args));)
        names[count++] = name;
    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i], "all") == 0)
            count = 0;
    Changes *changes = calloc(1, sizeof *changes);
    if (!changes)
        return;
    if (ask_changes(ctl, changes, "already shutting down")) {
        for (size_t i = 0; i < count; i++)
            if (!group_exists(ctl, changes, names[i]))
                sv_ctl_error(ctl, SV_EXIT_GENERIC, "ERROR: no such group: %s", names[i]);
        for (size_t k = 0; k < 3; k++)
            for (size_t i = 0; going && i < changes->count; i++)
                if (changes->kinds[i] == kinds[order[k]] &&
                    is_named(names, count, changes->names[i]))
                    going = update_one(ctl, changes->names[i], changes->kinds[i]);
    }
    forget(changes);
}

void
sv_cmd_add(SvCtl *ctl, char *args)
{
    SvValue value;
    int64_t fault;

    for (char *name; (name = sv_next_word(&args));) {
        int r = sv_ctl_call(ctl, &value, &fault, "supervisor.addProcessGroup", "s", name);
        if (r == 0 && fault == 0) {
            printf("%s: added process group\n", name);
        } else if (r == 0 && fault == SV_FAULT_SHUTDOWN_STATE) {
            sv_ctl_error(ctl, SV_EXIT_GENERIC, "ERROR: shutting down");
        } else if (r == 0 && fault == SV_FAULT_ALREADY_ADDED) {
            puts("ERROR: process group already active");
        } else if (r == 0 && fault == SV_FAULT_BAD_NAME) {
            sv_ctl_error(ctl, SV_EXIT_GENERIC, "ERROR: no such process/group: %s", name);
        } else {
            sv_ctl_unexpected(ctl, r, fault, &value);
            return;
        }
    }
}

void
sv_cmd_remove(SvCtl *ctl, char *args)
{
    SvValue value;
    int64_t fault;

    for (char *name; (name = sv_next_word(&args));) {
        int r = sv_ctl_call(ctl, &value, &fault, "supervisor.removeProcessGroup", "s", name);
        if (r == 0 && fault == 0) {
            printf("%s: removed process group\n", name);
        } else if (r == 0 && fault == SV_FAULT_STILL_RUNNING) {
            sv_ctl_error(ctl, SV_EXIT_GENERIC, "ERROR: process/group still running: %s", name);
        } else if (r == 0 && fault == SV_FAULT_BAD_NAME) {
            sv_ctl_error(ctl, SV_EXIT_GENERIC, "ERROR: no such process/group: %s", name);
        } else {
            sv_ctl_unexpected(ctl, r, fault, &value);
            return;
        }
    }
}
