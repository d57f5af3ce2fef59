#pragma once
/*
 * One environment made from components that were built: its folders, secrets and rendered files, and the build that its
 * supervisor runs.
 */
#include <glib.h>
#include <stdbool.h>

#include "app/context.h"
#include "app/names.h"
#include "domain/settings.h"
#include "site/compose.h"
#include "sys/lock.h"
#include "sys/spawn.h"

typedef struct FaEnvironment FaEnvironment;

/*
 * (transfer full) (nullable) Makes the folders and secrets of @choice and settles its values. All of the instance's
 * plan is built. Holds the environment's lock until it is freed: CONFLICT when somebody else has it.
 */
FaEnvironment *fa_environment_open(FaContext *context, const FaChoice *choice,
                                   const char *const *assignments, const FaInstance *instance,
                                   GError **error);
/*
 * (transfer full) (nullable) The same of an environment that was composed before, to look at: makes nothing, holds no
 * lock. NOT_FOUND when a folder or a secret of it is still to be made.
 */
FaEnvironment *fa_environment_look(FaContext *context, const FaChoice *choice,
                                   const char *const *assignments, const FaInstance *instance,
                                   GError **error);
void fa_environment_free(FaEnvironment *environment);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FaEnvironment, fa_environment_free)

const FaLayout *fa_environment_get_layout(const FaEnvironment *environment);
FaSlot fa_environment_get_slot(const FaEnvironment *environment);
const FaProduct *fa_environment_get_product(const FaEnvironment *environment);
/* Renders, composes the next build for its slot unless the current one is the same, and puts it into the slot; does not
 * switch. @sandbox (nullable): how steps were kept apart, which is recorded. */
bool fa_environment_compose(FaEnvironment *environment, const char *sandbox, FaEditPolicy policy,
                            const FaEditDialogue *dialogue, FaComposed *ret_composed,
                            GError **error);
/* Whether fa_environment_compose() would make another build. Writes nothing. */
bool fa_environment_is_outdated(FaEnvironment *environment, const char *sandbox,
                                FaEditPolicy policy, bool *ret_outdated, GError **error);

/* (transfer full) What the supervisor calls a process of @recipe in this slot. */
char *fa_environment_name_process(const FaEnvironment *environment, const FaRecipe *recipe,
                                  const FaProcess *process);

/*
 * (transfer full) (nullable) The environment that set-up steps and tests of @recipe run in: PATH, out, etc, var, run, log,
 * "NAME=value", NULL-ended.
 */
char **fa_environment_list_variables(const FaEnvironment *environment, const FaRecipe *recipe);
/* Makes the databases that @recipe asks for where they are not there yet; their servers run. See site/database.h. */
bool fa_environment_make_databases(const FaEnvironment *environment, const FaRecipe *recipe,
                                   FaCancel *cancel, GError **error);

/*
 * Runs @text of @recipe (a set-up step, a test) in a shell, in the folder of all data. Settings are variables of it, so
 * that no value is read by a shell. True when it ended by itself, like fa_spawn_run(); what it said is in the output.
 */
bool fa_environment_run_text(const FaEnvironment *environment, const FaRecipe *recipe,
                             const FaText *text, int64_t timeout, FaCancel *cancel,
                             FaSpawnResult *ret_result, GError **error);

/* A file for /bin/sh -eu. */
typedef struct FaEnvironmentScript {
    const char *path;
    int64_t timeout; /* seconds; 0: none */
    int log_fd;      /* > 0: what it says is also written there */
    int held_fd;     /* > 0: a lock that it holds as well */
    FaCancel *cancel;
} FaEnvironmentScript;

/* The same for a file, with the paths of @recipe as variables; what it says is in the output and in its log. */
bool fa_environment_run_script(const FaEnvironment *environment, const FaRecipe *recipe,
                               const FaEnvironmentScript *script, FaSpawnResult *ret_result,
                               GError **error);
