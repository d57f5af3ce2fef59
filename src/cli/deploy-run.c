#include "cli/deploy-run.h"

#include <string.h>

#include "base/error.h"
#include "cli/build-events.h"
#include "cli/edit-questions.h"
#include "cli/confirm.h"
#include "cli/environment.h"
#include "cli/note-text.h"
#include "sys/tty.h"
#include "view/migrations.h"
#include "view/reasons.h"
#include "view/release.h"

#define JOBS_DEFAULT 2
#define REFUSED      3

static void
set_text(JsonObject *object, const char *member, const char *text)
{
    if (text != NULL)
        json_object_set_string_member(object, member, text);
    else
        json_object_set_null_member(object, member);
}

/* Null for what is not known. */
static void
set_number(JsonObject *object, const char *member, int64_t number)
{
    if (number >= 0)
        json_object_set_int_member(object, member, number);
    else
        json_object_set_null_member(object, member);
}

static bool
print_plan(const FaInvocation *invocation, const FaDeployPlan *plan, GError **error)
{
    g_autoptr(JsonObject) document = json_object_new();
    set_text(document, "release", plan->release);
    set_text(document, "from", plan->from);
    set_text(document, "build", plan->build_now);
    set_text(document, "slot", plan->slot);
    set_text(document, "plan", plan->id);
    if (plan->migrations != NULL)
        json_object_set_object_member(document, "migrations", json_object_ref(plan->migrations));
    else
        json_object_set_null_member(document, "migrations");
    json_object_set_array_member(document, "reasons", fa_view_reasons(plan->reasons));
    if (plan->notes != NULL) {
        fa_note_text_describe(document, plan->notes);
        json_object_set_array_member(document, "to-do", fa_view_notes(plan->to_do));
    }
    if (invocation->json)
        return fa_answer_json(document, error);
    if (plan->notes != NULL && !fa_note_text_print(plan->notes, error))
        return false;
    if (plan->to_do != NULL && plan->to_do->len > 0 &&
        !fa_answer_text(error, "%u to be carried out by hand, then --notes-done\n",
                        plan->to_do->len))
        return false;
    for (guint i = 0; i < plan->reasons->len; i++) {
        g_autofree char *text = fa_view_reason_text(g_ptr_array_index(plan->reasons, i));
        if (!fa_answer_text(error, "refused: %s\n", text))
            return false;
    }
    g_autofree char *migrations = plan->migrations != NULL
                                      ? fa_view_migrations_text(plan->migrations)
                                      : g_strdup("what it migrates is known once it is built\n");
    return fa_answer_text(error, "%s in place of %s (%s), started in slot %s\n%splan %s\n",
                          plan->release, plan->from != NULL ? plan->from : "nothing",
                          plan->build_now != NULL ? plan->build_now : "no build", plan->slot,
                          migrations, plan->id);
}

/* What the callbacks of a deployment are given. */
typedef struct Talk {
    const FaInvocation *invocation;
    FaProgress *progress;
} Talk;

static bool
ask_note(const FaNote *note, void *data)
{
    const Talk *talk = data;
    g_autofree char *line = fa_note_text_line(note);
    g_autofree char *prompt = g_strdup_printf("%s\nis this done? [y/N] ", line);
    fa_progress_pause(talk->progress);
    g_autofree char *answer = fa_confirm_ask(talk->invocation, prompt);
    fa_progress_resume(talk->progress);
    return answer != NULL && g_ascii_tolower(*answer) == 'y';
}

/* All others of a deployment are over before anybody wonders; what they find to do they say. */
static bool
is_of_interest(const char *step)
{
    static const FaDeployStep of_interest[] = {FA_DEPLOY_STEP_BUILD, FA_DEPLOY_STEP_CHECK,
                                               FA_DEPLOY_STEP_SWITCH};
    for (size_t i = 0; i < G_N_ELEMENTS(of_interest); i++) {
        if (strcmp(step, fa_deploy_step_to_string(of_interest[i])) == 0)
            return true;
    }
    return false;
}

static void
tell_step(const char *step, bool is_undone, void *data)
{
    const Talk *talk = data;
    g_autofree char *name = g_strdup_printf("%s%s", is_undone ? "undo " : "", step);
    fa_progress_add(talk->progress, name, 0);
    if (is_undone || is_of_interest(step))
        fa_progress_begin(talk->progress, name);
    else
        fa_progress_begin_quietly(talk->progress, name);
}

static void
tell_done(const char *step, bool is_undone, int64_t took, const GError *failure, void *data)
{
    const Talk *talk = data;
    g_autofree char *name = g_strdup_printf("%s%s", is_undone ? "undo " : "", step);
    bool is_short = took < G_USEC_PER_SEC;
    g_autofree char *note = failure != NULL ? g_strdup(failure->message)
                            : is_short ? g_strdup_printf("%" G_GINT64_FORMAT " ms", took / 1000)
                                       : NULL;
    fa_progress_end(talk->progress, name, failure != NULL ? FA_STEP_FAILED : FA_STEP_DONE, note);
}

static void
tell(const char *text, void *data)
{
    const Talk *talk = data;
    fa_progress_say(talk->progress, "%s", text);
}

/* Why, and what people get now. */
static bool
fail(const FaDeployWords *words, const FaDeployed *deployed, GError **error)
{
    static const char *const what[] = {
        [FA_DEPLOY_OUTCOME_DONE] = "done",
        [FA_DEPLOY_OUTCOME_FAILED] = "the deployment failed",
        [FA_DEPLOY_OUTCOME_UNDONE] = "the deployment was given up",
        [FA_DEPLOY_OUTCOME_ROLLED_BACK] = "it was switched, and taken back",
    };
    /* After the switch it fails only where there was no way back. */
    bool is_new = deployed->outcome == FA_DEPLOY_OUTCOME_FAILED && deployed->switched_in >= 0;
    const char *serving = is_new ? deployed->release : deployed->from;
    return fa_fail(error, FA_ERROR_FAILED, "%s: %s\n%s%s%s\nhelp: see 'fassembler history %s'",
                   what[deployed->outcome], deployed->reason != NULL ? deployed->reason : "",
                   serving != NULL ? serving : "nothing serves there",
                   serving != NULL ? " serves" : "", is_new ? " all the same" : ", as before",
                   words->environment);
}

static bool
answer(FaInvocation *invocation, const FaDeployWords *words, const FaDeployed *deployed,
       GError **error)
{
    bool is_given_up = words->give_up && deployed->outcome == FA_DEPLOY_OUTCOME_UNDONE;
    bool is_done = deployed->outcome == FA_DEPLOY_OUTCOME_DONE || is_given_up;
    if (invocation->json) {
        g_autoptr(JsonObject) document = json_object_new();
        set_text(document, "deployment", deployed->id);
        set_text(document, "release", deployed->release);
        set_text(document, "from", deployed->from);
        set_text(document, "build", deployed->build);
        set_text(document, "url", deployed->url);
        set_text(document, "outcome", fa_deploy_outcome_to_string(deployed->outcome));
        set_text(document, "reason", deployed->reason);
        json_object_set_int_member(document, "switched-in-us", deployed->switched_in);
        set_number(document, "offline-ms",
                   deployed->offline_us >= 0 ? deployed->offline_us / 1000 : -1);
        set_number(document, "offline-requests", deployed->offline_requests);
        if (!is_done)
            invocation->exit_status = 1;
        return fa_answer_json(document, error);
    }
    if (!is_done)
        return fail(words, deployed, error);
    if (is_given_up)
        return fa_answer_text(error, "%s is undone, %s serves as before\n", deployed->release,
                              deployed->from != NULL ? deployed->from : "nothing");
    if (deployed->reason != NULL) {
        g_autofree char *warning = g_strdup_printf(
            "%s serves, but not all of the rest was done: %s\nhelp: see 'fassembler "
            "history %s'; the next deployment tries again",
            deployed->release, deployed->reason, words->environment);
        fa_warn(invocation, warning);
    }
    return fa_answer_text(error, "%s serves %s: %s\n", words->environment, deployed->release,
                          deployed->url);
}

static bool
deploy(FaInvocation *invocation, const FaDeployWords *words, FaContext *context,
       const FaChoice *choice, FaDeployed *deployed, GError **error)
{
    g_autofree char *title =
        g_strdup_printf("%s to %s", fa_deploy_kind_to_string(words->kind), words->environment);
    g_autoptr(FaProgress) progress = fa_progress_new(invocation, title, 1);
    FaEditQuestions questions;
    Talk talk = {.invocation = invocation, .progress = progress};
    FaDeployOptions options = {
        .release = words->release,
        .kind = words->kind,
        .why = words->why,
        .lost = words->lost,
        .migrations = words->migrations,
        .watch = words->watch,
        .patience = words->patience,
        .on_edit = words->on_edit,
        .dialogue = fa_edit_questions_init(&questions, invocation, progress),
        .assemble = {.jobs = words->jobs > 0 ? words->jobs : JOBS_DEFAULT,
                     .cancel = invocation->cancel,
                     .events = fa_build_events(invocation, progress)},
        .step = tell_step,
        .done = tell_done,
        .say = tell,
        .is_note_done = fa_confirm_can_ask(invocation) ? ask_note : NULL,
        .notes_done = words->notes_done || invocation->yes,
        .data = &talk,
    };
    bool is_done =
        words->resume || words->give_up
            ? fa_deploy_resume(context, choice, &options, words->give_up, deployed, error)
            : fa_deploy(context, choice, &options, words->plan, deployed, error);
    fa_progress_finish(progress);
    return is_done;
}

bool
fa_deploy_run(FaInvocation *invocation, const FaDeployWords *words, GError **error)
{
    g_autoptr(FaContext) context = NULL;
    g_auto(FaDeployed) deployed = {0};
    FaChoice choice;
    if (!fa_environment_find(invocation, words->environment, &context, &choice, error))
        return false;
    if (invocation->dry_run) {
        g_auto(FaDeployPlan) plan = {0};
        const FaDeployOptions options = {.release = words->release,
                                         .kind = words->kind,
                                         .lost = words->lost,
                                         .migrations = words->migrations,
                                         .assemble = {.cancel = invocation->cancel}};
        if (!fa_deploy_plan(context, &choice, &options, &plan, error))
            return false;
        if (plan.reasons->len > 0)
            invocation->exit_status = REFUSED;
        return print_plan(invocation, &plan, error);
    }
    return fa_context_require_home(context, error) &&
           deploy(invocation, words, context, &choice, &deployed, error) &&
           answer(invocation, words, &deployed, error);
}
