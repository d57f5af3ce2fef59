#include "cli/build-events.h"

#include <string.h>

#include "base/text.h"
#include "cli/answer.h"
#include "cli/confirm.h"
#include "cli/failure.h"
#include "cli/viewer.h"
#include "sys/fs.h"
#include "sys/tty.h"

#define LOG_SHOWN (64 * 1024 * 1024)

static void
tell_planned(const FaAssembled *component, void *data)
{
    FaProgress *progress = data;
    fa_progress_add(progress, component->component, component->estimate);
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

/* (transfer full) The whole is the command's error, or in the list of all that failed. */
static char *
first_line(const char *component, const char *message)
{
    g_autofree char *prefix = g_strdup_printf("cannot build '%s': ", component);
    const char *rest = g_str_has_prefix(message, prefix) ? message + strlen(prefix) : message;
    return g_strndup(rest, strcspn(rest, "\n"));
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
    if (log != NULL)
        fa_fs_read(log, LOG_SHOWN, &text, &length, NULL);
    fa_progress_log(data, component, text, text != NULL ? log : NULL);
    g_autofree char *note = first_line(component, failure->message);
    fa_progress_end(data, component, FA_STEP_FAILED, note);
}

static void
tell_pulled(const char *component, const char *place, uint64_t bytes, void *data)
{
    g_autofree char *size = fa_text_format_size(bytes);
    g_autofree char *note = place != NULL ? g_strdup_printf("pulled from %s, %s", place, size)
                                          : g_strdup("pulled by somebody else");
    fa_progress_end(data, component, FA_STEP_DONE, note);
}

static void
tell_note(const char *text, void *data)
{
    fa_progress_say(data, "%s", text);
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

static char *
ask(const FaFailure *failure, const char *prompt, void *data)
{
    return fa_tty_ask(prompt, failure->cancel);
}

static void
show(const char *text, void *data)
{
    fputs(text, stderr);
}

static bool
view(const FaFailure *failure, GError **error, void *data)
{
    return fa_viewer_show_file(failure->log, error);
}

static bool
open_shell(const FaFailure *failure, GError **error, void *data)
{
    fprintf(stderr, "this is the sandbox of '%s'; 'exit' comes back\n", failure->component);
    return fa_assemble_shell(failure, error);
}

static FaFailureAnswer
ask_failed(const FaFailure *failure, void *data)
{
    static const FaFailureDialogue dialogue = {
        .ask = ask, .show = show, .view = view, .shell = open_shell};

    fa_progress_pause(data);
    FaFailureAnswer answer = fa_failure_ask(&dialogue, failure);
    fa_progress_resume(data);
    if (answer == FA_FAILURE_RETRY)
        fa_progress_begin(data, failure->component);
    return answer;
}

FaAssembleEvents
fa_build_events(const FaInvocation *invocation, FaProgress *progress)
{
    return (FaAssembleEvents){
        .planned = tell_planned,
        .begun = tell_begun,
        .step = tell_step,
        .failed = fa_confirm_can_lend(invocation) ? ask_failed : NULL,
        .ended = tell_ended,
        .pulled = tell_pulled,
        .note = tell_note,
        .skipped = tell_skipped,
        .waiting = tell_waiting,
        .data = progress,
    };
}

static void
warn(const char *text, void *data)
{
    fa_say(data, "%s", text);
}

FaAssembleEvents
fa_preview_events(const FaInvocation *invocation)
{
    return (FaAssembleEvents){.note = warn, .data = (void *)invocation};
}
