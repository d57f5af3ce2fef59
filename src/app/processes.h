#pragma once
/*
 * The processes of an environment, by way of its supervisor: is it there, start, stop, restart, wait until they are up.
 *
 * Names are the supervisor's: those of slot b end in ".b" (site/slot.h).
 */
#include <glib.h>
#include <stdbool.h>

#include "base/json.h"
#include "site/layout.h"
#include "sys/cancel.h"

/* One method of the supervisor; like fa_proc_call(). */
bool fa_processes_call(const FaLayout *layout, const char *method, JsonArray *parameters,
                       FaCancel *cancel, JsonNode **ret_value, GError **error);
/* True for a supervisor that is shutting down too: it refuses, and runs still. */
bool fa_processes_is_running(const FaLayout *layout, FaCancel *cancel);
/* Starts the supervisor, with all its processes. It is to be that of the current build. */
bool fa_processes_start_supervisor(const FaLayout *layout, FaCancel *cancel, GError **error);
/* The supervisor reads its files anew, and starts, stops and restarts what that changes. */
bool fa_processes_update(const FaLayout *layout, FaCancel *cancel, GError **error);

/* Each waits until it is done. What runs already is started, what is stopped is stopped. */
bool fa_processes_start(const FaLayout *layout, const char *name, FaCancel *cancel, GError **error);
bool fa_processes_stop(const FaLayout *layout, const char *name, FaCancel *cancel, GError **error);
bool fa_processes_restart(const FaLayout *layout, const char *name, FaCancel *cancel,
                          GError **error);
/* All that run all the time, one after the other: the last is stopped first. */
bool fa_processes_restart_all(const FaLayout *layout, FaCancel *cancel, GError **error);
/* Is it one that runs when it is due, and is not up at other times? */
bool fa_processes_is_scheduled(const char *name);
/* What is in a bad way, or was stopped by a person, is given another try. */
bool fa_processes_start_stopped(const FaLayout *layout, FaCancel *cancel, GError **error);

/*
 * Waits, @patience seconds at most (0: two minutes), until those that @names (nullable, NULL-ended: all) name run and are ready. FAILED, with what it said last, when one
 * does not stay up or takes too long.
 */
bool fa_processes_wait(const FaLayout *layout, const char *const *names, int64_t patience,
                       FaCancel *cancel, GError **error);
/* FAILED when one of them does not run now. */
bool fa_processes_check(const FaLayout *layout, const char *const *names, FaCancel *cancel,
                        GError **error);
/* A moment between two looks. False when cancelled. */
bool fa_processes_pause(FaCancel *cancel, GError **error);
