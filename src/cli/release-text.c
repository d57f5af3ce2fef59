#include "cli/release-text.h"

#include <string.h>

#include "base/error.h"
#include "cli/cells.h"

static void
set_text(JsonObject *object, const char *member, const char *text)
{
    if (text != NULL)
        json_object_set_string_member(object, member, text);
    else
        json_object_set_null_member(object, member);
}

static JsonArray *
describe_commits(const GPtrArray *commits)
{
    JsonArray *array = json_array_new();
    for (guint i = 0; i < commits->len; i++) {
        const FaChangeCommit *commit = g_ptr_array_index(commits, i);
        char time[FA_TIME_UTC_SIZE];
        JsonObject *one = json_object_new();
        JsonArray *trailers = json_array_new();
        fa_time_to_utc(CLAMP(commit->time, 0, FA_TIME_MAX), time);
        for (char **trailer = commit->trailers; *trailer != NULL; trailer++)
            json_array_add_string_element(trailers, *trailer);
        json_object_set_string_member(one, "id", commit->id);
        json_object_set_string_member(one, "author", commit->author);
        json_object_set_string_member(one, "time", time);
        json_object_set_string_member(one, "subject", commit->subject);
        json_object_set_array_member(one, "trailers", trailers);
        json_array_add_object_element(array, one);
    }
    return array;
}

JsonArray *
fa_release_text_describe_changes(const GPtrArray *changes)
{
    JsonArray *array = json_array_new();
    for (guint i = 0; i < changes->len; i++) {
        const FaChange *change = g_ptr_array_index(changes, i);
        JsonObject *one = json_object_new();
        json_object_set_string_member(one, "component", change->component);
        set_text(one, "before", change->before);
        set_text(one, "after", change->after);
        set_text(one, "problem", change->problem);
        json_object_set_boolean_member(one, "is-back", change->is_back);
        json_object_set_array_member(one, "commits", describe_commits(change->commits));
        json_array_add_object_element(array, one);
    }
    return array;
}

static bool
is_note(const char *trailer)
{
    return g_str_has_prefix(trailer, "note ");
}

/* "fixes 31" is of a ticket, "picked 9ab4f0d..." of a commit. */
static void
append_trailer(GString *text, const char *trailer)
{
    size_t length = strcspn(trailer, " ");
    const char *value = trailer[length] == ' ' ? trailer + length + 1 : "";
    g_autofree char *shown = fa_cell_revision(value);
    bool is_number = *value != '\0' && strspn(value, "0123456789") == strlen(value);
    g_string_append_len(text, trailer, (gssize)length);
    g_string_append_printf(text, " %s%s", is_number ? "#" : "", shown);
}

/* (transfer full) "  (Tools Team, fixes #31)"; a note for the deployer gets a line of its own. */
static char *
describe_commit(const FaChangeCommit *commit)
{
    g_autoptr(GString) text = g_string_new(NULL);
    g_string_append_printf(text, "  (%s", commit->author);
    for (char **trailer = commit->trailers; *trailer != NULL; trailer++) {
        if (is_note(*trailer))
            continue;
        g_string_append(text, ", ");
        append_trailer(text, *trailer);
    }
    g_string_append_c(text, ')');
    return g_string_free(g_steal_pointer(&text), FALSE);
}

static bool
print_commit(const FaInvocation *invocation, const FaChangeCommit *commit, GError **error)
{
    bool colour = invocation->colour_out;
    g_autofree char *more = describe_commit(commit);
    if (!fa_answer_text(error, "    %s%s%s %s%s%s%s\n", fa_style_on(FA_STYLE_INFO, colour),
                        commit->short_id, fa_style_off(FA_STYLE_INFO, colour), commit->subject,
                        fa_style_on(FA_STYLE_DIM, colour), more,
                        fa_style_off(FA_STYLE_DIM, colour)))
        return false;
    for (char **trailer = commit->trailers; *trailer != NULL; trailer++) {
        if (is_note(*trailer) && !fa_answer_text(error, "        %s\n", *trailer))
            return false;
    }
    return true;
}

static bool
print_change(const FaInvocation *invocation, const FaChange *change, GError **error)
{
    bool colour = invocation->colour_out;
    g_autofree char *before = fa_cell_revision(change->before);
    g_autofree char *after = fa_cell_revision(change->after);
    if (!fa_answer_text(error, "%s%s%s  %s%s%s%s%s%s\n", fa_style_on(FA_STYLE_BOLD, colour),
                        change->component, fa_style_off(FA_STYLE_BOLD, colour), before,
                        change->before != NULL ? " -> " : "new: ",
                        change->after != NULL ? after : "gone", fa_style_on(FA_STYLE_WARN, colour),
                        change->is_back ? "  goes back" : "", fa_style_off(FA_STYLE_WARN, colour)))
        return false;
    if (change->problem != NULL &&
        !fa_answer_text(error, "    its history cannot be read: %s\n", change->problem))
        return false;
    for (guint i = 0; i < change->commits->len; i++) {
        if (!print_commit(invocation, g_ptr_array_index(change->commits, i), error))
            return false;
    }
    return true;
}

bool
fa_release_text_print_changes(const FaInvocation *invocation, const GPtrArray *changes,
                              GError **error)
{
    unsigned same = 0;
    for (guint i = 0; i < changes->len; i++) {
        const FaChange *change = g_ptr_array_index(changes, i);
        if (change->before != NULL && g_strcmp0(change->before, change->after) == 0)
            same++;
        else if (!print_change(invocation, change, error))
            return false;
    }
    if (same == changes->len)
        return fa_answer_text(error, "nothing changed\n");
    return same == 0 || fa_answer_text(error, "%u as before\n", same);
}

/* (transfer full) (nullable) The first environment of the product that takes releases of @kind before the users get them. */
static char *
find_next_stop(const FaProduct *product, FaReleaseKind kind)
{
    FaTrack wanted = kind == FA_RELEASE_LEAPFROG ? FA_TRACK_LIVE_FIX : FA_TRACK_RELEASE;
    const FaEnvironmentSpec *found = NULL;
    for (guint i = 0; i < product->environments->len && found == NULL; i++) {
        const FaEnvironmentSpec *one = g_ptr_array_index(product->environments, i);
        if (one->track == wanted && !fa_track_is_live(one->name))
            found = one;
    }
    for (guint i = 0; i < product->environments->len && found == NULL; i++) {
        const FaEnvironmentSpec *one = g_ptr_array_index(product->environments, i);
        found = fa_track_is_live(one->name) ? one : NULL;
    }
    if (found == NULL || product->sites->len == 0)
        return NULL;
    return g_strdup_printf("%s.%s", found->name,
                           ((const FaSiteSpec *)g_ptr_array_index(product->sites, 0))->name);
}

void
fa_release_text_say_next(const FaInvocation *invocation, const FaProduct *product,
                         const char *label)
{
    FaLabel number;
    if (!fa_label_parse(label, &number, NULL))
        return;
    g_autofree char *stop = find_next_stop(
        product, fa_label_is_leapfrog(&number) ? FA_RELEASE_LEAPFROG : FA_RELEASE_TRAIN);
    if (stop != NULL)
        fa_say(invocation, "next: fassembler deploy %s %s", label, stop);
}

const FaRelease *
fa_release_text_find(FaContext *context, const FaState *state, const char *word, GError **error)
{
    FaChoice choice;
    if (g_ascii_isdigit(*word) || strchr(word, '.') == NULL)
        return fa_state_find_release(state, word, error);
    if (!fa_context_choose(context, word, &choice, error))
        return NULL;
    const FaStanding *standing = fa_running_find(state->running, word);
    const FaRelease *release = standing != NULL && standing->release != NULL
                                   ? fa_releases_find(state->releases, standing->release)
                                   : NULL;
    if (release == NULL)
        fa_fail(error, FA_ERROR_NOT_FOUND,
                "'%s' runs no release\nhelp: 'fassembler board' shows what runs where", word);
    return release;
}

void
fa_release_text_complete(FaCompletion *completion)
{
    const FaInvocation *invocation = fa_completion_get_invocation(completion);
    g_autoptr(FaContext) context = fa_context_open(invocation->home, NULL);
    g_autoptr(FaState) state = context != NULL ? fa_state_open(context, NULL) : NULL;
    const GPtrArray *list = state != NULL ? fa_releases_list(state->releases) : NULL;
    for (guint i = 0; list != NULL && i < list->len; i++)
        fa_completion_add(completion, ((const FaRelease *)g_ptr_array_index(list, i))->label, NULL);
}
