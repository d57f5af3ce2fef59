#include "cli/note-text.h"

#include <string.h>

#include "base/text.h"
#include "view/reasons.h"
#include "view/release.h"

#define SHORT_REVISION 12

char *
fa_note_text_line(const FaNote *note)
{
    g_autofree char *text = fa_text_sanitize(note->text, strlen(note->text));
    g_strdelimit(text, "\n\t", ' ');
    return g_strdup_printf("%s (%s)%s%s", note->component, fa_note_kind_to_string(note->kind),
                           *text != '\0' ? ": " : "", text);
}

static int
compare_components(gconstpointer a, gconstpointer b)
{
    const FaNote *one = *(FaNote *const *)a, *other = *(FaNote *const *)b;
    int order = strcmp(one->component, other->component);
    return order != 0 ? order
                      : (one->position > other->position) - (one->position < other->position);
}

bool
fa_note_text_print(const FaNotesFound *found, GError **error)
{
    g_autoptr(GPtrArray) sorted = g_ptr_array_copy(found->list, NULL, NULL);
    g_ptr_array_sort(sorted, compare_components);
    for (guint i = 0; i < sorted->len; i++) {
        const FaNote *note = g_ptr_array_index(sorted, i);
        g_autofree char *line = fa_note_text_line(note);
        g_autofree char *revision =
            note->revision != NULL ? g_strdup_printf("  [%.*s]", SHORT_REVISION, note->revision)
                                   : g_strdup("");
        if (!fa_answer_text(error, "note: %s%s\n", line, revision))
            return false;
    }
    return true;
}

void
fa_note_text_warn(const FaInvocation *invocation, const FaNotesFound *found)
{
    for (guint i = 0; i < found->missing->len; i++) {
        g_autofree char *text = fa_view_reason_text(g_ptr_array_index(found->missing, i));
        g_autofree char *help = fa_view_reason_help(g_ptr_array_index(found->missing, i));
        g_autofree char *warning = g_strdup_printf("%s\nhelp: %s", text, help);
        fa_warn(invocation, warning);
    }
    for (guint i = 0; i < found->problems->len; i++) {
        g_autofree char *warning =
            g_strdup_printf("whether notes are missing is not known: %s",
                            (const char *)g_ptr_array_index(found->problems, i));
        fa_warn(invocation, warning);
    }
}

void
fa_note_text_describe(JsonObject *document, const FaNotesFound *found)
{
    json_object_set_array_member(document, "notes", fa_view_notes(found->list));
    json_object_set_array_member(document, "missing", fa_view_reasons(found->missing));
}
