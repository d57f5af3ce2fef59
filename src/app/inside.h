#pragma once
/*
 * Looking into an environment: its logs, its paths, and programs run as if they were of it.
 */
#include <stdbool.h>

#include "app/context.h"
#include "sys/cancel.h"

/*
 * Runs @argv (NULL-ended) on the caller's terminal, in the environment's folder, with its bin/ first in PATH and
 * FASSEMBLER_ENVIRONMENT, etc, var, run and log set; everything else is the caller's. *ret_status is how it ended.
 */
bool fa_inside_run(const FaContext *context, const FaChoice *choice, const char *const *argv,
                   FaCancel *cancel, int *ret_status, GError **error);

/* (transfer full) (nullable) The log of @process (as status names it). NOT_FOUND, with the nearest, when there is none. */
char *fa_inside_log(const FaContext *context, const FaChoice *choice, const char *process,
                    GError **error);

/* (transfer full) (nullable) Where what runs of @component is; of the environment when NULL. NOT_FOUND when it was not
 * composed yet or has no such component. */
char *fa_inside_path(const FaContext *context, const FaChoice *choice, const char *component,
                     GError **error);

/* (transfer full) The names of the processes that have logs, NULL-ended; empty when nothing was started yet. */
char **fa_inside_list_logs(const FaContext *context, const FaChoice *choice);
