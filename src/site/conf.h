#pragma once
/*
 * The supervisor's configuration of an environment: stock supervisord INI, and `depends_on` and `ready` of our own, which
 * a stock supervisord passes over with a warning.
 *
 * A process is called COMPONENT, or COMPONENT-PROCESS where a component has several. The format has no way to write a
 * line break, nor a `;` or `#` behind a space; values with them are refused. So are command lines that hold a secret:
 * anybody may read those.
 */
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "site/layout.h"
#include "site/secrets.h"
#include "site/slot.h"

#define FA_CONF_PROCESSES_MAX  1000
#define FA_CONF_FIRST_PRIORITY 100
#define FA_CONF_REFRESH        "fassembler-refresh" /* runs when it is due, and not all the time */

/* All texts are borrowed; expanded, ready to run. */
typedef struct FaConfProcess {
    const char *name;      /* fa_conf_process_name(), without the slot */
    bool is_slotted;       /* it is a release's: one in each slot */
    const char *command;   /* absolute program, words as a shell quotes them, no variables */
    const char *directory; /* (nullable) the environment's */
    const char *const *environment; /* (nullable) "NAME=value", NULL-ended */
    const char *const *depends_on;  /* (nullable) names of processes, NULL-ended */
    const char *ready;       /* (nullable) http://..., tcp:HOST:PORT, unix:PATH, command:WORDS */
    const char *stop_signal; /* (nullable) TERM */
    int64_t stop_wait;
    int64_t start_seconds;
    unsigned instances;   /* 0: 1 */
    const char *schedule; /* (nullable) five fields of a crontab: it runs when it is due */
} FaConfProcess;

/* (transfer full) COMPONENT when @process is NULL or the component's only one, else COMPONENT-PROCESS. */
char *fa_conf_process_name(const char *component, const char *process, bool is_only);

/*
 * (transfer full) (nullable) The text of supervisord.conf with the processes (of FaConfProcess) as @slot has them, by
 * priority and name, a process after all that it depends on. CONFIG for names that are none, taken or missing, and for circles; REFUSED for a secret
 * on a command line.
 */
char *fa_conf_write(const FaLayout *layout, FaSlot slot, const GPtrArray *processes,
                    const FaSecrets *secrets, GError **error);
/* (transfer full) What the supervisor calls it in @slot. */
char *fa_conf_name_in(FaSlot slot, const FaConfProcess *process);
