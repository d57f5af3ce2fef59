#pragma once
/*
 * How progress looks: pure functions from steps and a time to text. progress.c keeps the steps and decides when to draw.
 */
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* What became of a step. */
typedef enum FaStepState {
    FA_STEP_WAITING,
    FA_STEP_RUNNING,
    FA_STEP_DONE,
    FA_STEP_CACHED, /* there was nothing to do */
    FA_STEP_FAILED,
    FA_STEP_SKIPPED, /* what it needs failed, or the work was stopped */
} FaStepState;

const char *fa_step_state_to_string(FaStepState state);

/* All times are microseconds. */
typedef struct FaProgressStep {
    char *name;
    char *note;     /* (nullable) what it is doing, or a few words on what it did */
    char *log;      /* (nullable) of a failed one: the end of its log */
    char *log_path; /* (nullable) where the whole is */
    FaStepState state;
    int64_t started;  /* of a monotonic clock */
    int64_t elapsed;  /* once ended */
    int64_t estimate; /* 0: unknown */
    bool is_quiet;    /* nobody asks for it as long as it is quick and well */
} FaProgressStep;

typedef struct FaProgressFrame {
    const char *title;
    const GPtrArray *steps; /* of FaProgressStep */
    int64_t started;
    int64_t now;
    unsigned jobs; /* that run at once, at least 1 */
    unsigned width;
    unsigned rows; /* at most; at least 2 */
    bool colour;
    bool is_utf8;
} FaProgressFrame;

/* Appends the lines that are redrawn: what runs, what waits, a bar. Returns their number, at most @frame->rows. */
unsigned fa_progress_view_frame(const FaProgressFrame *frame, GString *out);
/* Appends the line that stays when @step has ended: "  ✔ fetch    shop@9f31c2e    0:02". */
void fa_progress_view_ended(const FaProgressFrame *frame, const FaProgressStep *step, GString *out);
/* Appends what stays about the failed steps at the very end: the ends of their logs and where the whole is. */
void fa_progress_view_failures(const FaProgressFrame *frame, GString *out);
/* Appends "fetch: done in 2 s (shop@9f31c2e)", for where there is no terminal. */
void fa_progress_view_line(const FaProgressStep *step, GString *out);
/* What is left, in microseconds; -1 when a step that has not ended has no estimate. */
int64_t fa_progress_view_remaining(const FaProgressFrame *frame);
