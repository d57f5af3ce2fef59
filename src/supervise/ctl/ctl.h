#pragma once
/*
 * fassembler-supervisorctl: the commands of supervisorctl with its words and exit codes.
 *
 * One connection is made when it is needed and kept. Values live in an arena that is reset before each call, so what a
 * call returned is good until the next one.
 */
#include <stdbool.h>
#include <stdint.h>

#include "supervise/xml.h"

enum {
    SV_EXIT_OK = 0,
    SV_EXIT_GENERIC = 1,
    SV_EXIT_INVALID_ARGS = 2,
    SV_EXIT_STATUS_NOT_RUNNING = 3,
    SV_EXIT_DENIED = 4,
    SV_EXIT_STATUS_UNKNOWN = 4,
    SV_EXIT_NOT_INSTALLED = 5,
    SV_EXIT_NOT_RUNNING = 7
};

typedef struct SvCtl {
    const char *url;
    const char *username;
    const char *password;
    const char *prompt;
    const char *history;
    bool interactive;
    bool leave; /* quit was said */
    int exit_code;
    int fd;
    SvArena arena;
    char *reply; /* of SV_CTL_REPLY_MAX */
    char problem[512];
} SvCtl;

#define SV_CTL_REPLY_MAX ((size_t)64 << 20)

/* call.c. @format has a letter a parameter: s string, i int (as int), b bool (as int). *ret_fault is 0 or the code of the
 * fault whose text is the value. Returns 0, or negative errno with ctl->problem set; -EACCES asks for a password. */
int sv_ctl_call(SvCtl *ctl, SvValue *ret_value, int64_t *ret_fault, const char *method,
                const char *format, ...);
/* Shows what comes to @path on stdout. Returns 0 at its end, 1 when Ctrl-C was pressed, or negative errno. */
int sv_ctl_follow(SvCtl *ctl, const char *path, bool (*also)(SvCtl *ctl, void *data), void *data);
void sv_ctl_disconnect(SvCtl *ctl);

/* commands*.c */
typedef struct SvCommand {
    const char *name;
    void (*run)(SvCtl *ctl, char *args);
    const char *help;
    char completes; /* a actions, g groups, p processes, or NUL */
} SvCommand;

extern const SvCommand sv_commands[];
const SvCommand *sv_command_find(const char *name);
/* One line as typed. */
void sv_ctl_run_line(SvCtl *ctl, char *line);
/* Whether somebody answers there; says why not and sets the exit code. */
bool sv_ctl_is_up(SvCtl *ctl);
/* The next word of *@rest, or NULL. */
char *sv_next_word(char **rest);
void sv_ctl_error(SvCtl *ctl, int exit_code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* What supervisorctl shows as an exception: a fault or a broken connection that a command does not expect. */
void sv_ctl_unexpected(SvCtl *ctl, int r, int64_t fault, const SvValue *value);

void sv_cmd_status(SvCtl *ctl, char *args);
void sv_cmd_start(SvCtl *ctl, char *args);
void sv_cmd_stop(SvCtl *ctl, char *args);
void sv_cmd_restart(SvCtl *ctl, char *args);
void sv_cmd_signal(SvCtl *ctl, char *args);
void sv_cmd_reread(SvCtl *ctl, char *args);
void sv_cmd_update(SvCtl *ctl, char *args);
void sv_cmd_add(SvCtl *ctl, char *args);
void sv_cmd_remove(SvCtl *ctl, char *args);
void sv_cmd_clear(SvCtl *ctl, char *args);
void sv_cmd_tail(SvCtl *ctl, char *args);
void sv_cmd_maintail(SvCtl *ctl, char *args);
void sv_cmd_fg(SvCtl *ctl, char *args);
void sv_cmd_crash(SvCtl *ctl, char *args);
void sv_cmd_upgrade(SvCtl *ctl, char *args);

/* shell.c */
void sv_ctl_shell(SvCtl *ctl);
