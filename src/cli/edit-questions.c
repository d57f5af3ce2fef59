#include "cli/edit-questions.h"

#include <stdio.h>

#include "cli/confirm.h"
#include "cli/viewer.h"
#include "sys/tty.h"

static char *
ask(const char *prompt, void *data)
{
    const FaEditQuestions *questions = data;
    fa_progress_pause(questions->progress);
    char *answer = fa_tty_ask(prompt, questions->invocation->cancel);
    fa_progress_resume(questions->progress);
    return answer;
}

static void
show(const char *text, void *data)
{
    const FaEditQuestions *questions = data;
    fa_progress_pause(questions->progress);
    fputs(text, stderr);
    fa_progress_resume(questions->progress);
}

static char *
resolve(const char *path, const char *text, void *data)
{
    const FaEditQuestions *questions = data;
    g_autoptr(GError) error = NULL;

    fa_progress_pause(questions->progress);
    char *edited = fa_viewer_edit(path, text, &error);
    if (edited == NULL)
        fprintf(stderr, "%s\n", error->message);
    fa_progress_resume(questions->progress);
    return edited;
}

const FaEditDialogue *
fa_edit_questions_init(FaEditQuestions *questions, const FaInvocation *invocation,
                       FaProgress *progress)
{
    *questions = (FaEditQuestions){
        .dialogue = {.ask = ask, .show = show, .resolve = resolve, .data = questions},
        .invocation = invocation,
        .progress = progress,
    };
    return fa_confirm_can_lend(invocation) ? &questions->dialogue : NULL;
}
