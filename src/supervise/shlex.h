#pragma once
/*
 * Python's shlex: the POSIX splitting of a command line, and the older tokens of environment= values.
 */
#include "supervise/error.h"

/* Splits @command into words. @ret_problem is set instead of @ret_argv where it cannot be split: "No closing quotation".
 * Returns 0 or -ENOMEM. */
int sv_shlex_split(SvArena *arena, const char *command, const char *const **ret_argv,
                   const char **ret_problem);

typedef struct SvEnv {
    const char *name;
    const char *value;
    struct SvEnv *next;
} SvEnv;

/* KEY=val,KEY2="val 2" as supervisord reads it. A key that comes twice keeps its place and has its last value. */
int sv_env_parse(SvArena *arena, const char *text, SvEnv **ret_env, SvError *error);
void sv_env_set(SvArena *arena, SvEnv **env, const char *name, const char *value);
const char *sv_env_get(const SvEnv *env, const char *name);
