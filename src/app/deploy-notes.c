#include "app/deploy-private.h"

/* Where no release runs, what counts is what the new one brought itself. */
static const FaRelease *
find_running(const FaDeployWork *work)
{
    const FaStanding *standing = fa_running_find(work->state->running, work->name);
    return standing != NULL && standing->release != NULL
               ? fa_releases_find(work->state->releases, standing->release)
               : NULL;
}

static void
list_to_do(const FaDeployWork *work, FaDeployPlan *plan)
{
    plan->to_do = g_ptr_array_new();
    for (guint i = 0; i < plan->notes->list->len; i++) {
        FaNote *note = g_ptr_array_index(plan->notes->list, i);
        if (note->kind == FA_NOTE_MANUAL &&
            !fa_notes_is_executed(plan->notes->all, work->name, note->id))
            g_ptr_array_add(plan->to_do, note);
    }
}

bool
fa_deploy_find_notes(const FaDeployWork *work, const FaRelease *release, FaDeployPlan *plan,
                     GError **error)
{
    if (work->options->kind != FA_DEPLOY_DEPLOY)
        return true;
    plan->notes = fa_notes_find_between(work->host, work->state, find_running(work), release,
                                        work->options->assemble.cancel, error);
    if (plan->notes == NULL)
        return false;
    list_to_do(work, plan);
    for (guint i = 0; i < plan->notes->missing->len; i++) {
        const FaReason *reason = g_ptr_array_index(plan->notes->missing, i);
        fa_reasons_add(plan->reasons, reason->code, reason->subject, reason->detail);
    }
    return true;
}

static void
tell(const FaDeployWork *work, const FaDeployPlan *plan)
{
    for (guint i = 0; i < plan->notes->list->len; i++) {
        const FaNote *note = g_ptr_array_index(plan->notes->list, i);
        if (note->kind != FA_NOTE_NONE)
            fa_deploy_work_say(work, "note: %s (%s): %s", note->component,
                               fa_note_kind_to_string(note->kind), note->text);
    }
    for (guint i = 0; i < plan->notes->problems->len; i++)
        fa_deploy_work_say(work, "whether notes are missing is not known: %s",
                           (const char *)g_ptr_array_index(plan->notes->problems, i));
}

typedef struct Executed {
    const FaDeployWork *work;
    const FaDeployPlan *plan;
} Executed;

static FaDecision *
decide_executed(const FaState *state, void *data)
{
    const Executed *facts = data;
    FaAsker asker = fa_state_asker(facts->work->host);
    return fa_notes_decide_executed(facts->plan->notes->all, facts->plan->to_do, facts->work->name,
                                    facts->plan->release, &asker);
}

bool
fa_deploy_carry_out_notes(FaDeployWork *work, const FaDeployPlan *plan, GError **error)
{
    const FaDeployOptions *options = work->options;
    g_autoptr(GPtrArray) reasons = fa_reasons_new();
    if (plan->notes == NULL)
        return true;
    tell(work, plan);
    for (guint i = 0; i < plan->to_do->len; i++) {
        const FaNote *note = g_ptr_array_index(plan->to_do, i);
        bool is_done = options->notes_done || (options->is_note_done != NULL &&
                                               options->is_note_done(note, options->data));
        if (!is_done)
            fa_reasons_add(reasons, FA_REASON_NOTE_OPEN, note->component, note->text);
    }
    Executed facts = {.work = work, .plan = plan};
    return fa_cancel_check(options->assemble.cancel, error) && fa_state_check(reasons, error) &&
           fa_state_decide(work->state, decide_executed, &facts, error);
}
