#include "app/state.h"

#include "app/ledger.h"
#include "base/error.h"
#include "base/text.h"
#include "ledger/fold.h"
#include "sys/clock.h"
#include "view/reasons.h"

#define TRIES 20 /* appends lost to somebody who was first */

void
fa_state_free(FaState *state)
{
    if (state == NULL)
        return;
    g_clear_pointer(&state->releases, fa_releases_free);
    g_clear_pointer(&state->running, fa_running_free);
    g_clear_pointer(&state->ledger, fa_ledger_free);
    g_free(state->home);
    g_free(state);
}

static bool
fold(const FaEvent *event, void *data, GError **error)
{
    FaState *state = data;
    fa_releases_apply(state->releases, event);
    fa_running_apply(state->running, event);
    state->head = (FaLedgerHead){.position = event->position, .hash = event->hash};
    return true;
}

bool
fa_state_catch_up(FaState *state, GError **error)
{
    const FaLedgerQuery query = {.after = state->head.position};
    return state->ledger == NULL || fa_ledger_read(state->ledger, &query, fold, state, error);
}

FaState *
fa_state_open(const FaContext *context, GError **error)
{
    g_autoptr(FaState) state = g_new0(FaState, 1);
    g_autoptr(GError) failure = NULL;
    state->home = g_strdup(fa_context_get_home(context));
    state->ledger = fa_home_ledger_open(state->home, false, &failure);
    if (state->ledger != NULL)
        return fa_ledger_fold(state->ledger, &state->running, &state->releases, &state->head, error)
                   ? g_steal_pointer(&state)
                   : NULL;
    state->releases = fa_releases_new();
    state->running = fa_running_new();
    if (fa_error_is(failure, FA_ERROR_NOT_FOUND))
        return g_steal_pointer(&state);
    g_propagate_error(error, g_steal_pointer(&failure));
    return NULL;
}

bool
fa_state_check(const GPtrArray *reasons, GError **error)
{
    if (reasons->len == 0)
        return true;
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; i < reasons->len; i++) {
        g_autofree char *line = fa_view_reason_text(g_ptr_array_index(reasons, i));
        g_autofree char *help = fa_view_reason_help(g_ptr_array_index(reasons, i));
        g_string_append_printf(text, "%s%s%s%s", text->len > 0 ? "\n" : "", line,
                               help != NULL ? "\nhelp: " : "", help != NULL ? help : "");
    }
    return fa_fail(error, FA_ERROR_REFUSED, "%s", text->str);
}

static bool
need_ledger(FaState *state, GError **error)
{
    if (state->ledger == NULL)
        state->ledger = fa_home_ledger_open(state->home, true, error);
    return state->ledger != NULL;
}

bool
fa_state_commit(FaState *state, const FaDecision *decision, GError **error)
{
    if (!fa_state_check(decision->reasons, error))
        return false;
    if (decision->events->len == 0)
        return true;
    const FaEvent *events = (const FaEvent *)(const void *)decision->events->data;
    return need_ledger(state, error) &&
           fa_ledger_append(state->ledger, state->head.position, events, decision->events->len,
                            NULL, error) &&
           fa_state_catch_up(state, error);
}

bool
fa_state_decide(FaState *state, FaStateDecide decide, void *data, GError **error)
{
    for (unsigned tries = TRIES;; tries--) {
        g_autoptr(GError) failure = NULL;
        g_autoptr(FaDecision) decision = decide(state, data);
        if (fa_state_commit(state, decision, &failure))
            return true;
        if (tries == 1 || !fa_error_is(failure, FA_ERROR_CONFLICT)) {
            g_propagate_error(error, g_steal_pointer(&failure));
            return false;
        }
        if (!fa_state_catch_up(state, error))
            return false;
    }
}

const FaRelease *
fa_state_find_release(const FaState *state, const char *label, GError **error)
{
    const FaRelease *release = fa_releases_find(state->releases, label);
    if (release != NULL)
        return release;
    const GPtrArray *list = fa_releases_list(state->releases);
    g_autofree const char **labels = g_new0(const char *, list->len + 1);
    for (guint i = 0; i < list->len; i++)
        labels[i] = ((const FaRelease *)g_ptr_array_index(list, i))->label;
    const char *nearest = fa_text_nearest(label, labels);
    if (nearest != NULL)
        fa_fail(error, FA_ERROR_NOT_FOUND, "no release '%s'\nhelp: did you mean '%s'?", label,
                nearest);
    else
        fa_fail(error, FA_ERROR_NOT_FOUND,
                "no release '%s'\nhelp: 'fassembler release list' shows all", label);
    return NULL;
}

FaAsker
fa_state_asker(const FaContext *context)
{
    return (FaAsker){.actor = fa_context_get_actor(context), .now = MAX(fa_clock_now(), 0)};
}
