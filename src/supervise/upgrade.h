#pragma once
/*
 * One supervisor takes over from another in the same process: upgrade.c is the old one, takeover.c the new one.
 *
 * The new one is told by a variable of its environment which descriptors are the state and the old program. Until it has
 * made everything it can still go back: whatever it finds, and if it crashes or hangs, it executes the old program, which
 * takes over from the same state. What cannot be helped is said in docs/coming-from-supervisor.md.
 */
#include "supervise/rpc.h"

#define SV_STATE_VARIABLE "FASSEMBLER_SUPERVISORD_STATE"
#define SV_CHECK_STATE    "check-state"
/* What it says where it can: a program that ignores the option ends with 0 as well. */
#define SV_STATE_GOOD "can take over"

typedef struct SvTakeover {
    int state;
    int old;          /* the program to go back to, -1: we are it */
    char reason[512]; /* why we are back, or "" */
} SvTakeover;

/* Keeps how we were started. */
void sv_upgrade_init(SvSuper *super, char **argv);

/* Whether we are to take over. From here on crashes lead back. */
bool sv_takeover_begin(SvTakeover *takeover, char **argv);
/* Returns 0, or does not return, or 1 where there is no way back, after saying why. */
int sv_takeover_run(SvTakeover *takeover, SvSuper *super);
/* takeover-env.c; what is here may be called by a signal handler. */
/* Add to what ends at @at, up to @end, where there is room for a NUL. Return the new end. */
char *sv_add_text(char *at, const char *end, const char *text);
char *sv_add_number(char *at, const char *end, int number);
/* What the environment of the next program is; NULL where it has too many variables. It is good until the next call. */
char *const *sv_takeover_env(const SvTakeover *takeover, const char *reason);
/* All descriptors but the first three are closed by the next exec. */
void sv_takeover_close_on_exec(void);
/* --check-state: says on stdout whether we could take over from the state on our stdin. Returns what to exit with. */
int sv_takeover_check(SvSuper *super);
