#pragma once
/*
 * Does tasks that need each other, several at once, each after all that it needs and each once.
 *
 * A task that fails holds up only what needs it: that is skipped, everything else is still done. Tasks start in the
 * order of the list as far as their needs allow, so that two runs with one job are the same. All callbacks are made in
 * the caller's thread, one after the other; the tasks run in others.
 */
#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include "sys/cancel.h"

#define FA_SCHEDULE_JOBS_MAX 256

/* False with @error when it failed. Runs in a thread of its own choosing beside other tasks. */
typedef bool (*FaTaskFunc)(void *data, FaCancel *cancel, GError **error);

typedef struct FaTask {
    const char *id;           /* unique */
    const char *const *needs; /* (nullable) ids, NULL-ended */
    FaTaskFunc run;
    void *data;
} FaTask;

typedef struct FaSchedule {
    const FaTask *tasks;
    size_t length;
} FaSchedule;

typedef enum FaAfterFailure {
    FA_AFTER_FAILURE_CONTINUE, /* with what does not depend on it */
    FA_AFTER_FAILURE_RETRY,
    FA_AFTER_FAILURE_STOP, /* what runs is finished, nothing more is begun */
} FaAfterFailure;

/* Each may be NULL. */
typedef struct FaScheduleEvents {
    void (*begun)(const FaTask *task, void *data);
    /* @error is NULL when it went well; a failure is told once it is not tried again. */
    void (*ended)(const FaTask *task, const GError *error, void *data);
    /* @because failed, or is NULL when all was stopped. */
    void (*skipped)(const FaTask *task, const FaTask *because, void *data);
    /* What to do about it; a person may be asked. Others go on running meanwhile. NULL: continue. */
    FaAfterFailure (*failed)(const FaTask *task, const GError *error, void *data);
    void *data;
} FaScheduleEvents;

/*
 * True when every task went well. A cycle, an unknown need and an id given twice are CONFIG before anything is begun. A
 * single failure is passed on as it is, of several the list is FAILED; CANCELLED when @cancel was set.
 */
bool fa_schedule_run(const FaSchedule *schedule, unsigned jobs, FaCancel *cancel,
                     const FaScheduleEvents *events, GError **error);
