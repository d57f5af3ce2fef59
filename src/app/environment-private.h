#pragma once
/*
 * What the files of an environment share. Nobody else includes this.
 */
#include "app/environment.h"

/* Where its programs are looked for. */
#define FA_ENVIRONMENT_PATH "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin"

struct FaEnvironment {
    FaContext *context;
    FaChoice choice;
    FaSlot slot;
    FaInstance instance; /* its slot is the one above */
    FaLayout *layout;
    FaLock *lock;
    FaSecrets *secrets;
    char *password; /* of the first administrator */
    FaValues *values;
    FaScope *names;
};

/* (transfer full) (nullable) NULL with a mistake in the context's diags. $out and its like need no braces. */
char *fa_environment_expand(const FaEnvironment *environment, const FaScope *scope,
                            const FaText *text);
