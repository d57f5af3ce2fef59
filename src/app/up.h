#pragma once
/*
 * Starting, stopping and asking an environment.
 */
#include <stdbool.h>

#include "app/assemble.h"
#include "base/json.h"
#include "site/edits.h"

typedef struct FaUpOptions {
    FaAssembleOptions assemble;
    const char *on_edit;            /* (nullable) ask, keep, replace, backup or merge */
    const FaEditDialogue *dialogue; /* (nullable) who is asked about edits in conflict */
    const char
        *why; /* (nullable) that it is to be done though the environment's track is not for it */
    bool goes_back; /* what does not come up makes room for the build that ran */
    /* Each may be NULL. What is being done now, one line. */
    void (*say)(const char *text, void *data);
    void *data;
} FaUpOptions;

/*
 * What stands in the way: REFUSED for one that is retired, and for a snapshot of trunk where the track is for releases;
 * CONFLICT during a deployment. *ret_release (transfer full) (nullable): what was deployed there, which then is started as it is.
 */
bool fa_up_check(FaContext *context, const FaChoice *choice, const FaUpOptions *options,
                 char **ret_release, GError **error);

/*
 * Builds what is missing, composes the environment, starts its supervisor or brings the one that runs up to date, waits
 * until every process runs and is ready, and does the set-up steps that are not done yet. Of older builds the last few stay. CONFLICT when a port is
 * taken, or when somebody else is changing the environment. A ledger that cannot be opened stops it before anything is changed.
 * *ret_url (transfer full): where the site answers.
 */
bool fa_up(FaContext *context, const FaChoice *choice, const FaUpOptions *options, char **ret_url,
           GError **error);

/* Stops all processes and the supervisor; true also when it did not run. *ret_warning (transfer full) (nullable) tells when it
 * could not be recorded, which stops nothing. */
bool fa_down(FaContext *context, const FaChoice *choice, FaCancel *cancel, bool *ret_was_up,
             char **ret_warning, GError **error);

/*
 * *ret_status (transfer full): { "environment", "url", "build", "running": bool, "broken": null or as in view/environment.h, "processes": [{"name", "state", "pid",
 * "is-scheduled", "description"}] }; no processes when the supervisor does not run.
 */
bool fa_status(FaContext *context, const FaChoice *choice, FaCancel *cancel,
               JsonObject **ret_status, GError **error);

/* Restarts the processes that @names (NULL-ended) name, all for an empty list. NOT_FOUND for an unknown one. */
bool fa_restart(FaContext *context, const FaChoice *choice, const char *const *names,
                FaCancel *cancel, GError **error);
