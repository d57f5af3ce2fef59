#include "cli/progress-view.h"

#include <string.h>

#include "base/text.h"
#include "cli/colour.h"

#define SECOND         1000000
#define NAME_WIDTH_MAX 24
#define BAR_WIDTH      16
#define BAR_NEEDS      72 /* columns of a terminal, before there is room for a bar */

typedef struct Mark {
    const char *utf8;
    const char *ascii;
    FaStyle style;
} Mark;

static const Mark *
mark_of(FaStepState state)
{
    static const Mark marks[] = {
        [FA_STEP_WAITING] = {"⏸", ".", FA_STYLE_DIM},
        [FA_STEP_RUNNING] = {"⏵", ">", FA_STYLE_INFO},
        [FA_STEP_DONE] = {"✔", "+", FA_STYLE_GOOD},
        [FA_STEP_CACHED] = {"=", "=", FA_STYLE_DIM},
        [FA_STEP_FAILED] = {"✗", "x", FA_STYLE_BAD},
        [FA_STEP_SKIPPED] = {"–", "-", FA_STYLE_DIM},
    };
    return &marks[state];
}

const char *
fa_step_state_to_string(FaStepState state)
{
    static const char *const names[] = {
        [FA_STEP_WAITING] = "waiting", [FA_STEP_RUNNING] = "running", [FA_STEP_DONE] = "done",
        [FA_STEP_CACHED] = "cached",   [FA_STEP_FAILED] = "failed",   [FA_STEP_SKIPPED] = "skipped",
    };
    return names[state];
}

static bool
is_ended(const FaProgressStep *step)
{
    return step->state != FA_STEP_WAITING && step->state != FA_STEP_RUNNING;
}

static int64_t
elapsed_of(const FaProgressStep *step, int64_t now)
{
    return step->state == FA_STEP_RUNNING ? MAX(now - step->started, 0) : step->elapsed;
}

static size_t
name_width(const FaProgressFrame *frame)
{
    size_t width = 0;
    for (guint i = 0; i < frame->steps->len; i++) {
        const FaProgressStep *step = g_ptr_array_index(frame->steps, i);
        width = MAX(width, fa_text_width(step->name));
    }
    return MIN(width, NAME_WIDTH_MAX);
}

/* "  MARK name   note       time": the note is cut, the time stands at the right. */
static void
append_step(const FaProgressFrame *frame, const FaProgressStep *step, const char *time,
            GString *out)
{
    const Mark *mark = mark_of(step->state);
    size_t width = name_width(frame);
    g_autofree char *name = fa_text_fit(step->name, width);
    size_t used = 4 + width + 2 + fa_text_width(time) + 1;
    size_t room = frame->width > used + 1 ? frame->width - used - 1 : 0;
    g_autofree char *raw =
        g_strdelimit(g_strdup(step->note != NULL ? step->note : ""), "\n\t", ' ');
    g_autofree char *note = fa_text_fit(raw, MIN(room, 60));

    g_string_append_printf(out, "  %s%s%s %s", fa_style_on(mark->style, frame->colour),
                           frame->is_utf8 ? mark->utf8 : mark->ascii,
                           fa_style_off(mark->style, frame->colour), name);
    if (*note != '\0' || *time != '\0')
        g_string_append_printf(out, "%*s%s", (int)(width - fa_text_width(name) + 2), "", note);
    if (*time != '\0')
        g_string_append_printf(out, "%*s%s", (int)(MIN(room, 60) - fa_text_width(note) + 1), "",
                               time);
    g_string_append_c(out, '\n');
}

static char *
running_time(const FaProgressStep *step, int64_t now)
{
    g_autofree char *elapsed = fa_text_format_span(elapsed_of(step, now) / SECOND);
    if (step->estimate <= 0)
        return g_steal_pointer(&elapsed);

    g_autofree char *estimate = fa_text_format_span((step->estimate + SECOND - 1) / SECOND);
    return g_strdup_printf("%s of about %s", elapsed, estimate);
}

int64_t
fa_progress_view_remaining(const FaProgressFrame *frame)
{
    int64_t total = 0, longest = 0;

    for (guint i = 0; i < frame->steps->len; i++) {
        const FaProgressStep *step = g_ptr_array_index(frame->steps, i);
        if (is_ended(step))
            continue;
        if (step->estimate <= 0)
            return -1;
        int64_t left = MAX(step->estimate - elapsed_of(step, frame->now), 0);
        total += left;
        longest = MAX(longest, left);
    }
    return MAX(total / MAX(frame->jobs, 1), longest);
}

static void
append_bar(const FaProgressFrame *frame, unsigned ended, GString *out)
{
    unsigned total = frame->steps->len;
    unsigned filled = total > 0 ? ended * BAR_WIDTH / total : 0;

    g_string_append_c(out, '[');
    for (unsigned i = 0; i < BAR_WIDTH; i++) {
        if (frame->is_utf8)
            g_string_append(out, i < filled ? "█" : "░");
        else
            g_string_append_c(out, i < filled ? '#' : '.');
    }
    g_string_append_c(out, ']');
}

static void
append_summary(const FaProgressFrame *frame, unsigned ended, GString *out)
{
    int64_t remaining = fa_progress_view_remaining(frame);
    g_autofree char *elapsed = fa_text_format_span((frame->now - frame->started) / SECOND);
    g_autofree char *left = fa_text_format_span((remaining + SECOND - 1) / SECOND);
    g_autoptr(GString) line = g_string_new("  ");

    if (frame->title != NULL)
        g_string_append_printf(line, "%s  ", frame->title);
    g_string_append_printf(line, "%u of %u steps  ", ended, frame->steps->len);
    if (frame->width >= BAR_NEEDS)
        append_bar(frame, ended, line);
    g_string_append_printf(line, "%s%s", frame->width >= BAR_NEEDS ? " " : "", elapsed);
    if (remaining > 0)
        g_string_append_printf(line, ", about %s to go", left);

    g_autofree char *fitting = fa_text_fit(line->str, frame->width - 1);
    g_string_append_printf(out, "%s\n", fitting);
}

/* Appends up to @rows lines for the steps in @state; returns how many. */
static unsigned
append_in_state(const FaProgressFrame *frame, FaStepState state, unsigned rows, GString *out)
{
    unsigned lines = 0;
    for (guint i = 0; i < frame->steps->len && lines < rows; i++) {
        const FaProgressStep *step = g_ptr_array_index(frame->steps, i);
        if (step->state != state)
            continue;
        g_autofree char *time =
            state == FA_STEP_RUNNING ? running_time(step, frame->now) : g_strdup("");
        append_step(frame, step, time, out);
        lines++;
    }
    return lines;
}

unsigned
fa_progress_view_frame(const FaProgressFrame *frame, GString *out)
{
    unsigned ended = 0, running = 0, waiting = 0;
    for (guint i = 0; i < frame->steps->len; i++) {
        const FaProgressStep *step = g_ptr_array_index(frame->steps, i);
        ended += is_ended(step);
        running += step->state == FA_STEP_RUNNING;
        waiting += step->state == FA_STEP_WAITING;
    }

    /* One row for the summary, one for what found no room; waiting steps get what the running ones leave. */
    unsigned rows = MAX(frame->rows, 2) - 1;
    bool is_crowded = running + waiting > rows;
    unsigned room = is_crowded ? rows - 1 : rows;
    unsigned lines = append_in_state(frame, FA_STEP_RUNNING, room, out);
    unsigned shown = lines + append_in_state(frame, FA_STEP_WAITING, room - lines, out);
    if (is_crowded)
        g_string_append_printf(out, "    and %u more\n", running + waiting - shown);
    append_summary(frame, ended, out);
    return shown + is_crowded + 1;
}

void
fa_progress_view_ended(const FaProgressFrame *frame, const FaProgressStep *step, GString *out)
{
    g_autofree char *time = step->state == FA_STEP_DONE || step->state == FA_STEP_FAILED
                                ? fa_text_format_span(step->elapsed / SECOND)
                                : g_strdup(fa_step_state_to_string(step->state));
    append_step(frame, step, time, out);
}

void
fa_progress_view_failures(const FaProgressFrame *frame, GString *out)
{
    const char *rule = frame->is_utf8 ? "──" : "--";

    for (guint i = 0; i < frame->steps->len; i++) {
        const FaProgressStep *step = g_ptr_array_index(frame->steps, i);
        if (step->state != FA_STEP_FAILED)
            continue;
        if (step->log != NULL) {
            g_string_append_printf(out, "%s%s the end of the log of '%s' %s%s\n",
                                   fa_style_on(FA_STYLE_BOLD, frame->colour), rule, step->name,
                                   rule, fa_style_off(FA_STYLE_BOLD, frame->colour));
            g_autofree char *log = fa_text_sanitize(step->log, strlen(step->log));
            g_string_append_printf(out, "%s\n", g_strchomp(log));
        }
        if (step->log_path != NULL)
            g_string_append_printf(out, "%s the whole log: %s\n", rule, step->log_path);
    }
}

/* "2 s", "12:05". */
static char *
spoken_span(int64_t microseconds)
{
    int64_t seconds = microseconds / SECOND;
    return seconds < 60 ? g_strdup_printf("%d s", (int)seconds) : fa_text_format_span(seconds);
}

void
fa_progress_view_line(const FaProgressStep *step, GString *out)
{
    g_autofree char *span = spoken_span(step->elapsed);
    bool has_note = step->note != NULL && *step->note != '\0';

    switch (step->state) {
    case FA_STEP_WAITING:
        return;
    case FA_STEP_RUNNING:
        g_string_append_printf(out, "%s: started\n", step->name);
        return;
    case FA_STEP_DONE:
    case FA_STEP_FAILED:
        g_string_append_printf(out, "%s: %s %s %s", step->name,
                               fa_step_state_to_string(step->state),
                               step->state == FA_STEP_DONE ? "in" : "after", span);
        break;
    case FA_STEP_CACHED:
    case FA_STEP_SKIPPED:
        g_string_append_printf(out, "%s: %s", step->name, fa_step_state_to_string(step->state));
        break;
    }
    g_string_append_printf(out, has_note ? " (%s)\n" : "\n%s", has_note ? step->note : "");
}
