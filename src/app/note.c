#include "app/note.h"

#include <string.h>

#include "base/error.h"
#include "source/source.h"

#define NOTE_TRAILER "note "

void
fa_notes_found_free(FaNotesFound *found)
{
    if (found == NULL)
        return;
    g_clear_pointer(&found->list, g_ptr_array_unref);
    g_clear_pointer(&found->missing, g_ptr_array_unref);
    g_clear_pointer(&found->problems, g_ptr_array_unref);
    g_clear_pointer(&found->all, fa_notes_free);
    g_free(found);
}

static bool
apply(const FaEvent *event, void *data, GError **error)
{
    fa_notes_apply(data, event);
    return true;
}

FaNotes *
fa_notes_read(const FaState *state, GError **error)
{
    g_autoptr(FaNotes) notes = fa_notes_new();
    const FaLedgerQuery added = {.kind = fa_event_kind_to_string(FA_EVENT_NOTE_ADDED)};
    const FaLedgerQuery executed = {.kind = fa_event_kind_to_string(FA_EVENT_NOTE_EXECUTED)};
    if (state->ledger != NULL && (!fa_ledger_read(state->ledger, &added, apply, notes, error) ||
                                  !fa_ledger_read(state->ledger, &executed, apply, notes, error)))
        return NULL;
    return g_steal_pointer(&notes);
}

/* *ret_revision (transfer full): exact. */
static bool
resolve(FaContext *context, const FaRecipe *recipe, const char *revision, FaCancel *cancel,
        char **ret_revision, GError **error)
{
    const FaProduct *product = fa_context_get_product(context);
    g_autoptr(FaSource) source =
        recipe->source.kind != FA_SOURCE_NONE
            ? fa_source_open(&recipe->source, product->sources, fa_context_get_home(context), error)
            : NULL;
    if (source == NULL && recipe->source.kind != FA_SOURCE_NONE)
        return false;
    if (source == NULL || !fa_source_has_history(source))
        return fa_fail(error, FA_ERROR_USAGE,
                       "component '%s' has no revisions\nhelp: without --revision the note is of "
                       "the next release, or name one: --release LABEL",
                       recipe->name);
    return fa_source_resolve(source, revision, false, cancel, ret_revision, error);
}

typedef struct Add {
    const FaContext *context;
    FaNote *note;
} Add;

static FaDecision *
decide_add(const FaState *state, void *data)
{
    const Add *add = data;
    FaAsker asker = fa_state_asker(add->context);
    g_autoptr(FaNotes) none = fa_notes_new();
    g_free(add->note->id);
    add->note->id = g_strdup_printf("n%" G_GUINT64_FORMAT, state->head.position + 1);
    return fa_note_decide_add(none, add->note, &asker);
}

bool
fa_note_add(FaContext *context, const FaNoteWords *words, FaCancel *cancel, char **ret_id,
            GError **error)
{
    const FaRecipe *recipe = fa_context_find_component(context, words->component, error);
    g_autoptr(FaState) state = recipe != NULL ? fa_state_open(context, error) : NULL;
    if (state == NULL)
        return false;
    g_autoptr(FaNote) note = fa_note_new(recipe->name, words->kind, words->text);
    if (words->revision != NULL &&
        !resolve(context, recipe, words->revision, cancel, &note->revision, error))
        return false;
    const FaRelease *release =
        words->release != NULL ? fa_state_find_release(state, words->release, error) : NULL;
    if (words->release != NULL && release == NULL)
        return false;
    if (release != NULL)
        note->release = g_strdup(release->label);
    Add add = {.context = context, .note = note};
    if (!fa_state_decide(state, decide_add, &add, error))
        return false;
    *ret_id = g_strdup(note->id);
    return true;
}

static GHashTable *
new_set(void)
{
    return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
}

/* Which commits there are, and which of them touch what migrates. */
static void
list_commits(const GPtrArray *changes, GHashTable *commits, GPtrArray *touched, GPtrArray *problems)
{
    for (guint i = 0; i < changes->len; i++) {
        const FaChange *change = g_ptr_array_index(changes, i);
        if (change->problem != NULL)
            g_ptr_array_add(problems,
                            g_strdup_printf("%s: %s", change->component, change->problem));
        for (guint k = 0; k < change->commits->len; k++) {
            const FaChangeCommit *commit = g_ptr_array_index(change->commits, k);
            g_autofree char *key = g_strdup_printf("%s %s", change->component, commit->id);
            if (commit->is_migrating)
                g_ptr_array_add(touched, g_strdup(key));
            g_hash_table_add(commits, g_steal_pointer(&key));
        }
    }
}

/* @notes is (transfer full). */
static FaNotesFound *
find(FaNotes *notes, const FaState *state, GHashTable *releases, bool takes_pending,
     const GPtrArray *changes)
{
    g_autoptr(GHashTable) commits = new_set();
    g_autoptr(GPtrArray) touched = g_ptr_array_new_with_free_func(g_free);
    FaNotesFound *found = g_new0(FaNotesFound, 1);
    found->all = notes;
    found->problems = g_ptr_array_new_with_free_func(g_free);
    list_commits(changes, commits, touched, found->problems);
    const FaNoteRange range = {.commits = commits,
                               .releases = releases,
                               .cuts = state->releases,
                               .with_pending = takes_pending};
    found->list = fa_notes_between(notes, &range);
    found->missing = fa_notes_check(notes, &range, touched);
    return found;
}

FaNotesFound *
fa_notes_find(const FaState *state, const char *before, const char *after, const GPtrArray *changes,
              GError **error)
{
    FaNotes *notes = fa_notes_read(state, error);
    if (notes == NULL)
        return NULL;
    g_autoptr(GHashTable) releases = fa_notes_releases_between(state->releases, before, after);
    return find(notes, state, releases, false, changes);
}

FaNotesFound *
fa_notes_find_between(FaContext *context, const FaState *state, const FaRelease *before,
                      const FaRelease *after, FaCancel *cancel, GError **error)
{
    const FaRelease *base =
        before != NULL ? before : fa_releases_find(state->releases, after->parent);
    g_autoptr(GPtrArray) changes = fa_release_list_changes(context, base, after, cancel, error);
    return changes != NULL ? fa_notes_find(state, base != NULL ? base->label : NULL, after->label,
                                           changes, error)
                           : NULL;
}

/* Calls @each with every note that a commit carries. */
static void
read_trailers(const GPtrArray *changes, const char *label, void (*each)(FaNote *note, void *data),
              void *data)
{
    for (guint i = 0; i < changes->len; i++) {
        const FaChange *change = g_ptr_array_index(changes, i);
        for (guint k = 0; k < change->commits->len; k++) {
            const FaChangeCommit *commit = g_ptr_array_index(change->commits, k);
            for (char **trailer = commit->trailers; *trailer != NULL; trailer++) {
                FaNoteKind kind;
                if (!g_str_has_prefix(*trailer, NOTE_TRAILER))
                    continue;
                const char *text = fa_note_read_trailer(*trailer + strlen(NOTE_TRAILER), &kind);
                g_autoptr(FaNote) note = fa_note_new(change->component, kind, text);
                note->revision = g_strdup(commit->id);
                note->release = g_strdup(label);
                note->is_from_commit = true;
                each(note, data);
            }
        }
    }
}

typedef struct Trailers {
    const FaNotes *notes;
    const FaAsker *asker;
    FaDecision *decision;
    uint64_t head;
} Trailers;

static void
add_trailer(FaNote *note, void *data)
{
    const Trailers *trailers = data;
    note->id = g_strdup_printf("n%" G_GUINT64_FORMAT,
                               trailers->head + trailers->decision->events->len + 1);
    fa_note_add_to(trailers->decision, trailers->notes, note, trailers->asker);
}

void
fa_notes_add_trailers(const FaState *state, const FaNotes *notes, const char *label,
                      const GPtrArray *changes, const FaAsker *asker, FaDecision *decision)
{
    Trailers trailers = {
        .notes = notes, .asker = asker, .decision = decision, .head = state->head.position};
    read_trailers(changes, label, add_trailer, &trailers);
}

/* Of what is in no ledger yet. */
static void
forget_ids(const FaNotes *notes)
{
    const GPtrArray *list = fa_notes_list(notes);
    for (guint i = 0; i < list->len; i++) {
        FaNote *note = g_ptr_array_index(list, i);
        if (note->position == 0)
            g_clear_pointer(&note->id, g_free);
    }
}

FaNotesFound *
fa_notes_find_for_cut(const FaState *state, bool takes_pending, const GPtrArray *changes,
                      GError **error)
{
    g_autoptr(FaNotes) notes = fa_notes_read(state, error);
    if (notes == NULL)
        return NULL;
    g_autoptr(GHashTable) releases = new_set();
    g_autoptr(FaDecision) decision = fa_decision_new();
    const FaAsker asker = {.actor = ""};
    fa_notes_add_trailers(state, notes, NULL, changes, &asker, decision);
    for (guint i = 0; i < decision->events->len; i++)
        fa_notes_apply(notes, &g_array_index(decision->events, FaEvent, i));
    forget_ids(notes);
    return find(g_steal_pointer(&notes), state, releases, takes_pending, changes);
}
