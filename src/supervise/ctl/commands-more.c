/*
 * What supervisorctl does not have: crash, upgrade.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "supervise/ctl/ctl.h"
#include "supervise/rpc.h"

static const char *
text_of(const SvValue *one, const char *name)
{
    const SvValue *value = sv_value_member(one, name);

    return value && value->text ? value->text : "";
}

static long long
number_of(const SvValue *one, const char *name)
{
    const SvValue *value = sv_value_member(one, name);

    return value ? (long long)value->number : 0;
}

static void
print_output(const char *text)
{
    while (*text != '\0') {
        size_t n = strcspn(text, "\n");
        printf("    %.*s\n", (int)n, text);
        text += n + (text[n] == '\n');
    }
}

static void
print_crash(const SvValue *one)
{
    const char *group = text_of(one, "group");
    const char *name = text_of(one, "name");
    bool same = strcmp(group, name) == 0;
    long long count = number_of(one, "crashes");
    time_t when = (time_t)number_of(one, "when");
    const char *signal = text_of(one, "signal");
    char day[64];
    struct tm tm;

    printf("%s%s%s: ", same ? "" : group, same ? "" : ":", name);
    if (count == 0) {
        puts("has not crashed");
        return;
    }
    localtime_r(&when, &tm);
    strftime(day, sizeof day, "%Y-%m-%d %H:%M:%S", &tm);
    printf("%lld crash%s, the last at %s after %lld s, pid %lld, ", count, count == 1 ? "" : "es",
           day, number_of(one, "seconds"), number_of(one, "pid"));
    if (*signal != '\0')
        printf("terminated by %s%s\n", signal, number_of(one, "core") != 0 ? " (core dumped)" : "");
    else
        printf("exit status %lld\n", number_of(one, "exitstatus"));
    printf("  %s\n", text_of(one, "reason"));
    print_output(text_of(one, "output"));
}

static bool
print_crashes(SvCtl *ctl, const char *name)
{
    SvValue value;
    int64_t fault;
    int r = name ? sv_ctl_call(ctl, &value, &fault, "fassembler.getCrashes", "s", name)
                 : sv_ctl_call(ctl, &value, &fault, "fassembler.getCrashes", "");

    if (r == 0 && fault == SV_FAULT_BAD_NAME) {
        sv_ctl_error(ctl, SV_EXIT_GENERIC, "%s: ERROR (no such process)", name);
        return true;
    }
    if (r == 0 && fault == SV_FAULT_UNKNOWN_METHOD) {
        sv_ctl_error(ctl, SV_EXIT_GENERIC, "ERROR: this supervisor keeps no record of crashes");
        return false;
    }
    if (r < 0 || fault != 0) {
        sv_ctl_unexpected(ctl, r, fault, &value);
        return false;
    }
    for (const SvValue *one = value.first; one; one = one->next)
        print_crash(one);
    if (!name && !value.first)
        puts("no crashes");
    return true;
}

void
sv_cmd_crash(SvCtl *ctl, char *args)
{
    char *name = sv_next_word(&args);

    if (!sv_ctl_is_up(ctl))
        return;
    if (!name || strcmp(name, "all") == 0) {
        print_crashes(ctl, NULL);
        return;
    }
    for (; name && print_crashes(ctl, name); name = sv_next_word(&args))
        continue;
}

void
sv_cmd_upgrade(SvCtl *ctl, char *args)
{
    char *path = sv_next_word(&args);
    char absolute[PATH_MAX];
    SvValue value;
    int64_t fault;

    if (path && sv_next_word(&args)) {
        sv_ctl_error(ctl, SV_EXIT_GENERIC, "Error: upgrade takes one path");
        return;
    }
    if (path && !realpath(path, absolute)) {
        sv_ctl_error(ctl, SV_EXIT_GENERIC, "ERROR: %s: %m", path);
        return;
    }
    if (!sv_ctl_is_up(ctl))
        return;
    int r = path ? sv_ctl_call(ctl, &value, &fault, "fassembler.upgrade", "s", absolute)
                 : sv_ctl_call(ctl, &value, &fault, "fassembler.upgrade", "");
    if (r == 0 && fault == SV_FAULT_UNKNOWN_METHOD)
        sv_ctl_error(ctl, SV_EXIT_GENERIC,
                     "ERROR: this supervisor cannot be upgraded while it runs");
    else if (r == 0 && fault == SV_FAULT_SHUTDOWN_STATE)
        sv_ctl_error(ctl, SV_EXIT_GENERIC, "ERROR: supervisor shutting down");
    else if (r == 0 && fault != 0)
        sv_ctl_error(ctl, SV_EXIT_GENERIC, "ERROR: %s", value.text ? value.text : "");
    else if (r < 0)
        sv_ctl_unexpected(ctl, r, fault, &value);
    else
        printf("upgraded from %s to %s: %lld processes went on, %lld ms\n", text_of(&value, "from"),
               text_of(&value, "to"), number_of(&value, "processes"),
               number_of(&value, "milliseconds"));
}
