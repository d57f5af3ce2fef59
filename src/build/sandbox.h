#pragma once
/*
 * The sandbox of a build step: what it sees, what it may change, and its environment.
 *
 * A step sees /usr, a few files of /etc, the store and its own files read-only; it may change $build, $out and /tmp,
 * all else is not there or refuses. No network unless asked for, no processes but its own, no capabilities, never root;
 * the same for root and for a user, by user namespaces. A sandbox is data: what is to be done is made from it by a pure
 * function, and only fa_sandbox_run() starts anything. No value stands in an argument list, all are in the environment.
 *
 * It is made by fassembler-sandbox, a program of our own that is started once for many steps (FA_SANDBOX_NAMESPACES), or
 * by bubblewrap, started for each, which a machine's policy may allow where it allows nobody else.
 *
 * With FA_SANDBOX_NONE there is no protection, only the clean environment: it is for machines without user namespaces,
 * and whoever uses it records that. There @out_staging must be @out_final, for nothing can be mounted.
 */
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include "sys/spawn.h"

/* PATH inside: programs of the system, never those of whoever builds. */
#define FA_SANDBOX_PATH "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin"

typedef enum FaSandboxMode {
    FA_SANDBOX_NAMESPACES,
    FA_SANDBOX_BWRAP,
    FA_SANDBOX_NONE,
} FaSandboxMode;

typedef struct FaSandbox {
    FaSandboxMode mode;
    FaServant
        *servant; /* (nullable) NAMESPACES: of fa_sandbox_start(); NULL starts one for this alone */
    const char *home_store;  /* (nullable) the store, absolute: seen read-only at its own path */
    const char *build;       /* absolute: the step's working directory, writable */
    const char *out_staging; /* (nullable) absolute: what is written to $out */
    const char *out_final;   /* $out; an empty directory in the store */
    const char *files;       /* (nullable) absolute: components/NAME/, seen read-only */
    const char *npm_cache;   /* (nullable) absolute: npm's cache, writable, only with network */
    const char *scratch;     /* NONE: an empty directory for HOME and TMPDIR */
    const char *const *etc;  /* (nullable) paths below /etc seen beside the usual few */
    const char *const *environment; /* (nullable) "NAME=value", more of them */
    bool network;
    unsigned jobs; /* $jobs; 0: 1 */
    int64_t
        source_date_epoch; /* SOURCE_DATE_EPOCH; 0 is 1 January 1980, the oldest that zip can say */
} FaSandbox;

const char *fa_sandbox_mode_to_string(FaSandboxMode mode);
bool fa_sandbox_mode_from_string(const char *text, FaSandboxMode *ret_mode);

/* CONFIG when a path is not what it must be, or a part of /etc is asked for that holds secrets. */
bool fa_sandbox_check(const FaSandbox *sandbox, GError **error);
/* (transfer full) What is started for @script, but with NAMESPACES: a shell with -eu and umask 022, whatever the
 * caller's. */
char **fa_sandbox_argv(const FaSandbox *sandbox, const char *script);
/* (transfer full) The same for fassembler-sandbox, with all of the environment. */
GString *fa_sandbox_order(const FaSandbox *sandbox, const char *script,
                          const char *const *environment);
/* (transfer full) All of the environment. */
char **fa_sandbox_environment(const FaSandbox *sandbox);
/* What $build and $files are inside: the same in every build, where there is a sandbox. */
const char *fa_sandbox_get_build(const FaSandbox *sandbox);
const char *fa_sandbox_get_files(const FaSandbox *sandbox);

/* (transfer full) (nullable) What makes sandboxes, for as many steps as one likes, several at once. */
FaServant *fa_sandbox_start(GError **error);

/*
 * Runs @script inside. With network, the variables by which this machine reaches it (proxies, certificates) are passed
 * on. @options gives input, limits, log, timeout, cancel and the like; its argv, environment and
 * directory are not used. True when it was started and ended by itself, like fa_spawn_run().
 */
bool fa_sandbox_run(const FaSandbox *sandbox, const char *script, const FaSpawn *options,
                    FaSpawnResult *ret_result, GError **error);

/* Where fa_sandbox_probe() looks; the zero value is this machine. */
typedef struct FaSandboxProbe {
    FaSandboxMode mode;
    FaServant *servant;   /* (nullable) as in a sandbox */
    const char *program;  /* fassembler-sandbox or bwrap */
    const char *settings; /* /proc/sys */
} FaSandboxProbe;

/* Does a sandbox work here? If not FAILED (NOT_FOUND without bwrap), with why and with what cures it. */
bool fa_sandbox_probe(const FaSandboxProbe *probe, GError **error);
