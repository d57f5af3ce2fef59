#include "domain/note.h"

#include <string.h>

struct FaNotes {
    GPtrArray *list;      /* of FaNote */
    GHashTable *trailers; /* "COMPONENT REVISION: TEXT" of those that are trailers */
    GHashTable *executed; /* "ENV.SITE ID" */
};

static const char *const kind_names[] = {
    [FA_NOTE_MIGRATION] = "migration",
    [FA_NOTE_CONFIG] = "config",
    [FA_NOTE_MANUAL] = "manual",
    [FA_NOTE_NONE] = "none",
};

const char *
fa_note_kind_to_string(FaNoteKind kind)
{
    return kind_names[kind];
}

bool
fa_note_kind_from_string(const char *text, FaNoteKind *ret_kind)
{
    for (size_t i = 0; i < G_N_ELEMENTS(kind_names); i++) {
        if (strcmp(kind_names[i], text) == 0) {
            *ret_kind = (FaNoteKind)i;
            return true;
        }
    }
    return false;
}

const char *
fa_note_read_trailer(const char *trailer, FaNoteKind *ret_kind)
{
    size_t length = strcspn(trailer, ": ");
    g_autofree char *word = g_ascii_strdown(trailer, (gssize)length);
    bool is_kind = (trailer[length] == ':' || trailer[length] == '\0') &&
                   fa_note_kind_from_string(word, ret_kind);
    if (!is_kind) {
        *ret_kind = FA_NOTE_MANUAL;
        return trailer;
    }
    const char *rest = trailer + length + (trailer[length] == ':');
    return rest + strspn(rest, " ");
}

FaNote *
fa_note_new(const char *component, FaNoteKind kind, const char *text)
{
    FaNote *note = g_new0(FaNote, 1);
    note->component = g_strdup(component);
    note->kind = kind;
    note->text = g_strdup(text);
    return note;
}

void
fa_note_free(FaNote *note)
{
    if (note == NULL)
        return;
    g_free(note->id);
    g_free(note->component);
    g_free(note->text);
    g_free(note->revision);
    g_free(note->release);
    g_free(note->by);
    g_free(note);
}

FaNotes *
fa_notes_new(void)
{
    FaNotes *notes = g_new0(FaNotes, 1);
    notes->list = g_ptr_array_new_with_free_func((GDestroyNotify)fa_note_free);
    notes->trailers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    notes->executed = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    return notes;
}

void
fa_notes_free(FaNotes *notes)
{
    if (notes == NULL)
        return;
    g_hash_table_unref(notes->trailers);
    g_hash_table_unref(notes->executed);
    g_ptr_array_unref(notes->list);
    g_free(notes);
}

const GPtrArray *
fa_notes_list(const FaNotes *notes)
{
    return notes->list;
}

static char *
commit_of(const FaNote *note)
{
    return g_strconcat(note->component, " ", note->revision, NULL);
}

/* A commit may have several trailers. */
static char *
trailer_of(const FaNote *note)
{
    return g_strconcat(note->component, " ", note->revision, ": ", kind_names[note->kind], " ",
                       note->text, NULL);
}

static void
apply_added(FaNotes *notes, const FaEvent *event, JsonObject *payload)
{
    const char *text = fa_json_get_string(payload, "text");
    const char *what = fa_json_get_string(payload, "note-kind");
    FaNote *note = fa_note_new(event->subject, FA_NOTE_MANUAL, text != NULL ? text : "");
    if (what != NULL)
        fa_note_kind_from_string(what, &note->kind);
    note->id = g_strdup(fa_json_get_string(payload, "id"));
    note->revision = g_strdup(fa_json_get_string(payload, "revision"));
    note->release = g_strdup(fa_json_get_string(payload, "release"));
    note->is_from_commit = fa_json_get_bool(payload, "commit", false);
    note->by = g_strdup(event->actor);
    note->at = event->time;
    note->position = event->position;
    g_ptr_array_add(notes->list, note);
    if (note->is_from_commit && note->revision != NULL)
        g_hash_table_add(notes->trailers, trailer_of(note));
}

static void
apply_executed(FaNotes *notes, const FaEvent *event, JsonObject *payload)
{
    const char *id = fa_json_get_string(payload, "id");
    if (id != NULL)
        g_hash_table_add(notes->executed, g_strconcat(event->subject, " ", id, NULL));
}

void
fa_notes_apply(FaNotes *notes, const FaEvent *event)
{
    FaEventKind kind;
    if (!fa_event_kind_from_string(event->kind, &kind) ||
        (kind != FA_EVENT_NOTE_ADDED && kind != FA_EVENT_NOTE_EXECUTED))
        return;
    g_autoptr(JsonNode) node = fa_json_from_text(event->payload, -1, NULL);
    if (node == NULL || !JSON_NODE_HOLDS_OBJECT(node))
        return;
    JsonObject *payload = json_node_get_object(node);
    if (kind == FA_EVENT_NOTE_ADDED)
        apply_added(notes, event, payload);
    else
        apply_executed(notes, event, payload);
}

bool
fa_notes_is_executed(const FaNotes *notes, const char *environment, const char *id)
{
    g_autofree char *key = g_strconcat(environment, " ", id, NULL);
    return g_hash_table_contains(notes->executed, key);
}

GHashTable *
fa_notes_releases_between(const FaReleases *releases, const char *before, const char *after)
{
    GHashTable *labels = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    const FaRelease *release = fa_releases_find(releases, after);
    while (release != NULL && g_hash_table_add(labels, g_strdup(release->label)))
        release = fa_releases_find(releases, release->parent);
    release = fa_releases_find(releases, before);
    for (guint left = fa_releases_list(releases)->len; release != NULL && left > 0; left--) {
        g_hash_table_remove(labels, release->label);
        release = fa_releases_find(releases, release->parent);
    }
    return labels;
}

/* (nullable) The release that a note is about which names none: the first that was cut from the trunks after it. */
static const char *
find_release(const FaNote *note, const FaReleases *cuts)
{
    const GPtrArray *list = fa_releases_list(cuts);
    for (guint i = 0; i < list->len; i++) {
        const FaRelease *release = g_ptr_array_index(list, i);
        if (release->position > note->position && strcmp(release->from, FA_RELEASE_TRUNK) == 0)
            return release->label;
    }
    return NULL;
}

static bool
has(GHashTable *set, const char *text)
{
    return set != NULL && text != NULL && g_hash_table_contains(set, text);
}

GPtrArray *
fa_notes_between(const FaNotes *notes, const FaNoteRange *range)
{
    GPtrArray *found = g_ptr_array_new();
    for (guint i = 0; i < notes->list->len; i++) {
        FaNote *note = g_ptr_array_index(notes->list, i);
        g_autofree char *commit = note->revision != NULL ? commit_of(note) : NULL;
        bool is_loose = note->release == NULL && commit == NULL && range->cuts != NULL;
        const char *release = is_loose ? find_release(note, range->cuts) : note->release;
        if (has(range->commits, commit) || has(range->releases, release) ||
            (is_loose && release == NULL && range->with_pending))
            g_ptr_array_add(found, note);
    }
    return found;
}

static bool
has_note(const GPtrArray *found, const char *component, size_t length)
{
    for (guint i = 0; i < found->len; i++) {
        const FaNote *note = g_ptr_array_index(found, i);
        if (strlen(note->component) == length && memcmp(note->component, component, length) == 0)
            return true;
    }
    return false;
}

GPtrArray *
fa_notes_check(const FaNotes *notes, const FaNoteRange *range, const GPtrArray *touched)
{
    GPtrArray *reasons = fa_reasons_new();
    g_autoptr(GPtrArray) found = fa_notes_between(notes, range);
    for (guint i = 0; i < touched->len; i++) {
        const char *commit = g_ptr_array_index(touched, i);
        size_t length = strcspn(commit, " ");
        g_autofree char *component = g_strndup(commit, length);
        if (!has_note(found, commit, length) &&
            !fa_reasons_has(reasons, FA_REASON_NOTE_MISSING, component))
            fa_reasons_add(reasons, FA_REASON_NOTE_MISSING, component,
                           commit[length] != '\0' ? commit + length + 1 : NULL);
    }
    return reasons;
}

FaDecision *
fa_notes_decide_executed(const FaNotes *notes, const GPtrArray *list, const char *environment,
                         const char *release, const FaAsker *asker)
{
    FaDecision *decision = fa_decision_new();
    for (guint i = 0; i < list->len; i++) {
        const FaNote *note = g_ptr_array_index(list, i);
        if (fa_notes_is_executed(notes, environment, note->id))
            continue;
        JsonObject *payload = json_object_new();
        json_object_set_string_member(payload, "id", note->id);
        json_object_set_string_member(payload, "component", note->component);
        json_object_set_string_member(payload, "release", release);
        fa_decision_add_event(decision, asker, FA_EVENT_NOTE_EXECUTED, environment, payload);
    }
    return decision;
}

void
fa_note_add_to(FaDecision *decision, const FaNotes *notes, const FaNote *note, const FaAsker *asker)
{
    if (note->is_from_commit && note->revision != NULL) {
        g_autofree char *trailer = trailer_of(note);
        if (g_hash_table_contains(notes->trailers, trailer))
            return;
    }
    JsonObject *payload = json_object_new();
    json_object_set_string_member(payload, "id", note->id);
    json_object_set_string_member(payload, "note-kind", kind_names[note->kind]);
    json_object_set_string_member(payload, "text", note->text);
    if (note->revision != NULL)
        json_object_set_string_member(payload, "revision", note->revision);
    if (note->release != NULL)
        json_object_set_string_member(payload, "release", note->release);
    json_object_set_boolean_member(payload, "commit", note->is_from_commit);
    fa_decision_add_event(decision, asker, FA_EVENT_NOTE_ADDED, note->component, payload);
}

FaDecision *
fa_note_decide_add(const FaNotes *notes, const FaNote *note, const FaAsker *asker)
{
    FaDecision *decision = fa_decision_new();
    fa_note_add_to(decision, notes, note, asker);
    return decision;
}
