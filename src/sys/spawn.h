#pragma once
/*
 * Starts programs and waits for them. Never through a shell, never with inherited descriptors but those named.
 *
 * The environment is exactly what is given (NULL: the caller's own). A program runs in a process group of its own; when
 * it has to be stopped (timeout, cancel), the group gets SIGTERM and, FA_SPAWN_KILL_AFTER seconds later, SIGKILL.
 * Blocking, thread-safe: several threads may each run one.
 */
#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "sys/cancel.h"
#include "sys/servant.h"

#define FA_SPAWN_KILL_AFTER 5

typedef void (*FaSpawnOutputFunc)(const char *bytes, size_t length, void *data);

typedef struct FaSpawn {
    const char *const
        *argv; /* argv[0] is searched in the given environment's PATH when it has no '/' */
    const char *const *environment; /* (nullable) "NAME=value", NULL-ended */
    const char *directory;          /* (nullable) working directory */
    const char *input;              /* (nullable) text for standard input; otherwise /dev/null */
    size_t input_length;
    size_t
        output_limit;  /* bytes kept of stdout and of stderr; 0: 1 MiB. More is read and dropped */
    bool merge_stderr; /* stderr goes where stdout goes */
    int log_fd;        /* > 0: both are also copied there (a build log) */
    int output_fd;     /* > 0: stdout goes straight there, nothing of it is captured */
    int held_fd;       /* > 0: is 3 in it and in what it starts: a lock for as long as they run */
    bool inherit_tty;  /* the caller's stdin, stdout, stderr and group: for editors and shells */
    int64_t timeout;   /* seconds; 0: none */
    FaCancel *cancel;  /* (nullable) */
    FaSpawnOutputFunc on_output; /* (nullable) each piece of output as it comes */
    void *on_output_data;
    /* (nullable) Who starts it as @order says; of @argv only the first is used, in messages, of @environment and
     * @directory nothing. */
    FaServant *servant;
    const GString *order;
} FaSpawn;

typedef struct FaSpawnResult {
    int status; /* exit status, or 128 + signal */
    int signal; /* 0, or the signal that it died of */
    bool timed_out;
    char *output; /* NUL-terminated */
    size_t output_length;
    char *error_output;
    size_t error_output_length;
    int64_t elapsed; /* microseconds */
} FaSpawnResult;

void fa_spawn_result_clear(FaSpawnResult *result);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(FaSpawnResult, fa_spawn_result_clear)

/* True when the program was started and ended by itself, with whatever status. Fails with NOT_FOUND when there is no
 * such program, FAILED on timeout (the result is filled all the same), CANCELLED. */
bool fa_spawn_run(const FaSpawn *spawn, FaSpawnResult *ret_result, GError **error);

/* The same, and a status other than 0 is FAILED, with the last lines of its stderr in the message. */
bool fa_spawn_check(const FaSpawn *spawn, FaSpawnResult *ret_result, GError **error);

/* (transfer full) (nullable) A program of our own that is not for people: beside this one, or in libexec. */
char *fa_spawn_find_helper(const char *name, GError **error);
/* (transfer full) (nullable) Where @program is in @path_variable (NULL: the caller's PATH). */
char *fa_spawn_find(const char *program, const char *path_variable);
