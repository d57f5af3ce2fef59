/*
 * tail, maintail, fg.
 */
#include <ctype.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "supervise/ctl/ctl.h"
#include "supervise/rpc.h"

#define DEFAULT_BYTES 1600

static void
on_interrupt(int number)
{
}

/* Ctrl-C ends what is followed, not the program. */
static void
follow(SvCtl *ctl, const char *path, bool (*also)(SvCtl *ctl, void *data), void *data)
{
    struct sigaction action = {.sa_handler = on_interrupt};
    struct sigaction old;

    puts("==> Press Ctrl-C to exit <==");
    fflush(stdout);
    sigaction(SIGINT, &action, &old);
    int r = sv_ctl_follow(ctl, path, also, data);
    sigaction(SIGINT, &old, NULL);
    /* A log that cannot be followed is no failure for supervisorctl. */
    if (r > 0 && !also)
        putchar('\n');
}

/* "-100", "-f" and, as int() reads it, "--100", which is where to begin. */
static bool
read_modifier(SvCtl *ctl, const char *word, int *ret_bytes, bool *ret_follow)
{
    int64_t bytes;

    *ret_follow = strcmp(word, "-f") == 0;
    if (*ret_follow)
        return true;
    if (sv_parse_int(word + 1, 10, &bytes) < 0 || bytes < -INT32_MAX || bytes > INT32_MAX) {
        sv_ctl_error(ctl, SV_EXIT_GENERIC, "Error: bad argument %s", word);
        return false;
    }
    *ret_bytes = (int)bytes;
    return true;
}

static void
print_log(SvCtl *ctl, const char *name, int r, int64_t fault, const SvValue *value)
{
    if (r == 0 && fault == 0) {
        fwrite(value->text, 1, value->length, stdout);
        putchar('\n');
    } else if (r == 0 && fault == SV_FAULT_NO_FILE) {
        sv_ctl_error(ctl, SV_EXIT_GENERIC, "%s: ERROR (no log file)", name);
    } else if (r == 0 && fault == SV_FAULT_FAILED) {
        sv_ctl_error(ctl, SV_EXIT_GENERIC, "%s: ERROR (unknown error reading log)", name);
    } else if (r == 0 && fault == SV_FAULT_BAD_NAME) {
        sv_ctl_error(ctl, SV_EXIT_GENERIC, "%s: ERROR (no such process name)", name);
    } else {
        sv_ctl_unexpected(ctl, r, fault, value);
    }
}

static void
wrong_tail(SvCtl *ctl, const char *why)
{
    sv_ctl_error(ctl, SV_EXIT_GENERIC, "Error: %s", why);
    puts(sv_command_find("tail")->help);
}

static void
bad_channel(SvCtl *ctl, const char *channel)
{
    char lower[256];
    size_t n = 0;

    for (; channel[n] != '\0' && n + 1 < sizeof lower; n++)
        lower[n] = (char)tolower((unsigned char)channel[n]);
    lower[n] = '\0';
    sv_ctl_error(ctl, SV_EXIT_GENERIC, "Error: bad channel '%s'", lower);
}

void
sv_cmd_tail(SvCtl *ctl, char *args)
{
    char *words[4];
    size_t count = 0;
    size_t first = 0;
    int bytes = DEFAULT_BYTES;
    bool following = false;
    const char *channel = "stdout";
    char path[1024];
    SvValue value;
    int64_t fault = 0;

    if (!sv_ctl_is_up(ctl))
        return;
    for (char *word; count < 4 && (word = sv_next_word(&args));)
        words[count++] = word;
    if (count < 1 || count > 3) {
        wrong_tail(ctl, count < 1 ? "too few arguments" : "too many arguments");
        return;
    }
    if (words[0][0] == '-' && !read_modifier(ctl, words[first++], &bytes, &following))
        return;
    if (first == count) {
        sv_ctl_error(ctl, SV_EXIT_GENERIC, "Error: tail requires process name");
        return;
    }
    const char *name = words[first];
    if (count - first > 1)
        channel = words[count - 1];
    bool out = strcasecmp(channel, "stdout") == 0;
    if (!out && strcasecmp(channel, "stderr") != 0) {
        bad_channel(ctl, channel);
        return;
    }
    channel = out ? "stdout" : "stderr";
    if (following) {
        snprintf(path, sizeof path, "/logtail/%s/%s", name, channel);
        follow(ctl, path, NULL, NULL);
        return;
    }
    int r = sv_ctl_call(ctl, &value, &fault,
                        out ? "supervisor.readProcessStdoutLog" : "supervisor.readProcessStderrLog",
                        "sii", name, -bytes, 0);
    print_log(ctl, name, r, fault, &value);
}

void
sv_cmd_maintail(SvCtl *ctl, char *args)
{
    int bytes = DEFAULT_BYTES;
    bool following = false;
    SvValue value;
    int64_t fault = 0;

    if (!sv_ctl_is_up(ctl))
        return;
    char *word = sv_next_word(&args);
    if (word && sv_next_word(&args)) {
        sv_ctl_error(ctl, SV_EXIT_GENERIC, "Error: too many arguments");
        puts(sv_command_find("maintail")->help);
        return;
    }
    if (word && *word != '-') {
        sv_ctl_error(ctl, SV_EXIT_GENERIC, "Error: bad argument %s", word);
        return;
    }
    if (word && !read_modifier(ctl, word, &bytes, &following))
        return;
    if (following) {
        follow(ctl, "/mainlogtail", NULL, NULL);
        return;
    }
    int r = sv_ctl_call(ctl, &value, &fault, "supervisor.readLog", "ii", -bytes, 0);
    print_log(ctl, "supervisord", r, fault, &value);
}

/* A line that was typed goes to the process. Returns false when there is no use in going on. */
static bool
pass_input(SvCtl *ctl, void *data)
{
    const char *name = data;
    char line[4096];
    SvValue value;
    int64_t fault = 0;

    ssize_t n = read(STDIN_FILENO, line, sizeof line - 1);
    if (n <= 0)
        return false;
    line[n] = '\0';
    int r = sv_ctl_call(ctl, &value, &fault, "supervisor.sendProcessStdin", "ss", name, line);
    if (r == 0 && fault == 0)
        return true;
    if (r == 0 && fault == SV_FAULT_NOT_RUNNING)
        puts("Process got killed");
    else
        printf("ERROR: %s\n", r < 0 ? ctl->problem : value.text);
    return false;
}

void
sv_cmd_fg(SvCtl *ctl, char *args)
{
    SvValue value;
    int64_t fault;
    char path[1024];

    if (!sv_ctl_is_up(ctl))
        return;
    char *name = sv_next_word(&args);
    if (!name) {
        sv_ctl_error(ctl, SV_EXIT_GENERIC, "ERROR: no process name supplied");
        puts(sv_command_find("fg")->help);
        return;
    }
    if (sv_next_word(&args)) {
        sv_ctl_error(ctl, SV_EXIT_GENERIC, "ERROR: too many process names supplied");
        return;
    }
    int r = sv_ctl_call(ctl, &value, &fault, "supervisor.getProcessInfo", "s", name);
    if (r == 0 && fault == SV_FAULT_BAD_NAME) {
        sv_ctl_error(ctl, SV_EXIT_GENERIC, "ERROR: bad process name supplied");
        return;
    }
    if (r < 0 || fault != 0) {
        sv_ctl_unexpected(ctl, r, fault, &value);
        return;
    }
    const SvValue *state = sv_value_member(&value, "statename");
    if (!state || strcmp(state->text, "RUNNING") != 0) {
        sv_ctl_error(ctl, SV_EXIT_GENERIC, "ERROR: process not running");
        return;
    }
    snprintf(path, sizeof path, "/logtail/%s/stdout", name);
    follow(ctl, path, pass_input, name);
    puts("Exiting foreground");
}
