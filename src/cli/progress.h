#pragma once
/*
 * Shows work of many steps while it is done: a live view on a terminal, a line per step elsewhere, a stream of events
 * with --json, and only what failed with --quiet. All goes to stderr but the events, which are the answer.
 *
 * The live view appears after a second, never takes more than a third of the screen, and is drawn by a thread of its
 * own, so that what is told here from any thread costs next to nothing. Between fa_progress_pause() and _resume() the
 * terminal is free for a question or a shell. Steps are known by name, each used once.
 */
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "cli/command.h"
#include "cli/progress-view.h"

typedef struct FaProgress FaProgress;

typedef enum FaProgressMode {
    FA_PROGRESS_LINES,
    FA_PROGRESS_TERMINAL,
    FA_PROGRESS_JSON,
    FA_PROGRESS_QUIET,
} FaProgressMode;

typedef struct FaProgressOptions {
    FaProgressMode mode;
    FILE *stream;      /* (not nullable) */
    const char *title; /* (nullable) */
    unsigned jobs;     /* that run at once, at least 1 */
    bool colour;
    bool is_utf8;
    bool is_verbose;        /* cached steps are shown however many there are */
    int64_t (*clock)(void); /* microseconds, never steps */
} FaProgressOptions;

/* As @invocation and the terminal ask for. */
FaProgress *fa_progress_new(const FaInvocation *invocation, const char *title, unsigned jobs);
FaProgress *fa_progress_new_with(const FaProgressOptions *options);
void fa_progress_free(FaProgress *progress);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FaProgress, fa_progress_free)

/* A step that will come. @estimate: microseconds, 0 when unknown. Adding one that is known changes nothing. */
void fa_progress_add(FaProgress *progress, const char *name, int64_t estimate);
void fa_progress_begin(FaProgress *progress, const char *name);
/* The same of a step that is told only when it takes long, or fails; and always in a stream of events. */
void fa_progress_begin_quietly(FaProgress *progress, const char *name);
/* What @name is doing now. */
void fa_progress_note(FaProgress *progress, const char *name, const char *note);
/* @note (nullable): a few words on what it did. */
void fa_progress_end(FaProgress *progress, const char *name, FaStepState state, const char *note);
/* Of a step that failed, told before its end: the end of its log, and the file that holds all of it. Both nullable. */
void fa_progress_log(FaProgress *progress, const char *name, const char *log, const char *path);
/* A line that stays, above the live view. Nothing with --quiet; an event "message" with --json. */
void fa_progress_say(FaProgress *progress, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* What is told meanwhile is shown afterwards. */
void fa_progress_pause(FaProgress *progress);
void fa_progress_resume(FaProgress *progress);
/* All has ended: the live view goes, the logs of the steps that failed are shown. Call once, before the command's own
 * last words. */
void fa_progress_finish(FaProgress *progress);
