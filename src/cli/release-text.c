#include "cli/release-text.h"

#include <string.h>

#define SHORT_REVISION 12

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

static const char *
shorten(char *buffer, size_t size, const char *revision)
{
    bool is_hex = strlen(revision) >= 40 && strspn(revision, "0123456789abcdef") >= 40;
    g_strlcpy(buffer, revision, is_hex ? SHORT_REVISION + 1 : size);
    return buffer;
}

static bool
print_change(const FaChange *change, GError **error)
{
    char before[80] = "", after[80] = "";
    if (change->before != NULL)
        shorten(before, sizeof before, change->before);
    if (change->after != NULL)
        shorten(after, sizeof after, change->after);
    if (!fa_answer_text(error, "%s  %s%s%s%s\n", change->component, before,
                        change->before != NULL ? " -> " : "new: ",
                        change->after != NULL ? after : "gone", change->is_back ? "  (back)" : ""))
        return false;
    if (change->problem != NULL &&
        !fa_answer_text(error, "    its history cannot be read: %s\n", change->problem))
        return false;
    for (guint i = 0; i < change->commits->len; i++) {
        const FaChangeCommit *commit = g_ptr_array_index(change->commits, i);
        if (!fa_answer_text(error, "    %s %s (%s)\n", commit->short_id, commit->subject,
                            commit->author))
            return false;
        for (char **trailer = commit->trailers; *trailer != NULL; trailer++) {
            if (!fa_answer_text(error, "        %s\n", *trailer))
                return false;
        }
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
        else if (!print_change(change, error))
            return false;
    }
    return same == 0 || fa_answer_text(error, "%u as before\n", same);
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
