#include "cli/build-events.h"

#include "sys/fs.h"

#define LOG_SHOWN (64 * 1024 * 1024)

static void
tell_planned(const FaAssembled *component, void *data)
{
    FaProgress *progress = data;
    fa_progress_add(progress, component->component, 0);
    if (component->state == FA_PLAN_THERE)
        fa_progress_end(progress, component->component, FA_STEP_CACHED, component->name);
}

static void
tell_begun(const char *component, void *data)
{
    fa_progress_begin(data, component);
}

static void
tell_step(const char *component, const char *step, void *data)
{
    fa_progress_note(data, component, step);
}

static void
tell_ended(const char *component, const GError *failure, const char *log, void *data)
{
    if (failure == NULL) {
        fa_progress_end(data, component, FA_STEP_DONE, NULL);
        return;
    }
    g_autofree char *text = NULL;
    size_t length = 0;
    fa_fs_read(log, LOG_SHOWN, &text, &length, NULL);
    fa_progress_log(data, component, text, text != NULL ? log : NULL);
    fa_progress_end(data, component, FA_STEP_FAILED, failure->message);
}

static void
tell_skipped(const char *component, const char *because, void *data)
{
    g_autofree char *note =
        because != NULL ? g_strdup_printf("'%s' failed", because) : g_strdup("stopped");
    fa_progress_end(data, component, FA_STEP_SKIPPED, note);
}

static void
tell_waiting(const char *owner, void *data)
{
    fa_progress_say(data, "waiting for %s", owner);
}

FaAssembleEvents
fa_build_events(FaProgress *progress)
{
    return (FaAssembleEvents){
        .planned = tell_planned,
        .begun = tell_begun,
        .step = tell_step,
        .ended = tell_ended,
        .skipped = tell_skipped,
        .waiting = tell_waiting,
        .data = progress,
    };
}
