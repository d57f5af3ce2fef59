#include "base/diag.h"

#include <string.h>

#include "base/error.h"
#include "base/text.h"

/* A longer line is shown as a window of this many characters around the mark. */
#define LINE_MAX_SHOWN 120

struct FaDiags {
    GPtrArray *list;   /* of FaDiag, in the order of their discovery */
    GHashTable *texts; /* file name to its text */
    FaDiag overflow;   /* what the caller is given when the list is full */
    size_t counts[2];  /* per severity, with those that found no room */
};

static void
diag_clear(FaDiag *diag)
{
    g_clear_pointer(&diag->message, g_free);
    g_clear_pointer(&diag->help, g_free);
    g_clear_pointer(&diag->note, g_free);
}

static void
diag_free(gpointer data)
{
    if (data == NULL) /* it was moved elsewhere */
        return;
    diag_clear(data);
    g_free(data);
}

FaDiags *
fa_diags_new(void)
{
    FaDiags *diags = g_new0(FaDiags, 1);
    diags->list = g_ptr_array_new_with_free_func(diag_free);
    diags->texts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    return diags;
}

void
fa_diags_free(FaDiags *diags)
{
    if (diags == NULL)
        return;
    g_ptr_array_unref(diags->list);
    g_hash_table_unref(diags->texts);
    diag_clear(&diags->overflow);
    g_free(diags);
}

static FaDiag *
add(FaDiags *diags, FaSeverity severity, const FaPlace *place, char *message)
{
    FaDiag *diag = &diags->overflow;

    diags->counts[severity]++;
    if (diags->list->len < FA_DIAGS_MAX) {
        diag = g_new0(FaDiag, 1);
        g_ptr_array_add(diags->list, diag);
    }
    diag_clear(diag);
    diag->severity = severity;
    diag->place = place != NULL ? *place : (FaPlace){0};
    diag->length = 1;
    diag->message = message;
    return diag;
}

FaDiag *
fa_diags_error(FaDiags *diags, const FaPlace *place, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    return add(diags, FA_SEVERITY_ERROR, place, message);
}

FaDiag *
fa_diags_warning(FaDiags *diags, const FaPlace *place, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    return add(diags, FA_SEVERITY_WARNING, place, message);
}

void
fa_diag_help(FaDiag *diag, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_free(diag->help);
    diag->help = g_strdup_vprintf(format, arguments);
    va_end(arguments);
}

void
fa_diag_note(FaDiag *diag, const FaPlace *place, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_free(diag->note);
    diag->note = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    diag->note_at = place != NULL ? *place : (FaPlace){0};
}

void
fa_diag_hide_line(FaDiag *diag)
{
    diag->hides_line = true;
}

size_t
fa_diags_count(const FaDiags *diags, FaSeverity severity)
{
    return diags->counts[severity];
}

size_t
fa_diags_length(const FaDiags *diags)
{
    return diags->list->len;
}

const FaDiag *
fa_diags_get(const FaDiags *diags, size_t index)
{
    g_assert(index < diags->list->len);
    return g_ptr_array_index(diags->list, index);
}

void
fa_diags_add_text(FaDiags *diags, const char *file, const char *text, size_t length)
{
    /* A NUL would cut the text for us; the place of what follows it cannot be shown, which is all that is lost. */
    g_hash_table_replace(diags->texts, g_strdup(file), g_strndup(text, length));
}

void
fa_diags_take(FaDiags *diags, FaDiags *from)
{
    GHashTableIter iter;
    gpointer file, text;

    for (guint i = 0; i < from->list->len && diags->list->len < FA_DIAGS_MAX; i++)
        g_ptr_array_add(diags->list, g_steal_pointer(&from->list->pdata[i]));
    g_ptr_array_set_size(from->list, 0);
    for (size_t i = 0; i < G_N_ELEMENTS(diags->counts); i++) {
        diags->counts[i] += from->counts[i];
        from->counts[i] = 0;
    }
    g_hash_table_iter_init(&iter, from->texts);
    while (g_hash_table_iter_next(&iter, &file, &text)) {
        g_hash_table_iter_steal(&iter);
        g_hash_table_replace(diags->texts, file, text);
    }
}

typedef struct Colours {
    const char *bold;
    const char *error;
    const char *warning;
    const char *help;
    const char *mark;
    const char *off;
} Colours;

static const Colours no_colours = {"", "", "", "", "", ""};
static const Colours ansi_colours = {"\033[1m",    "\033[1;31m", "\033[1;33m",
                                     "\033[1;36m", "\033[1;31m", "\033[0m"};

static void
append_clean(GString *out, const char *text)
{
    g_autofree char *clean = fa_text_sanitize(text, strlen(text));
    g_string_append(out, clean);
}

static void
append_place(GString *out, const FaPlace *place, const Colours *colours)
{
    if (place->file == NULL)
        return;

    g_string_append(out, colours->bold);
    append_clean(out, place->file);
    if (place->line > 0)
        g_string_append_printf(out, ":%u", place->line);
    if (place->line > 0 && place->column > 0)
        g_string_append_printf(out, ":%u", place->column);
    g_string_append_printf(out, ":%s ", colours->off);
}

/* (transfer full) (nullable) Line @number of @text, without its end, safe to print. */
static char *
get_line(const char *text, unsigned number)
{
    for (; number > 1; number--) {
        text = strchr(text, '\n');
        if (text == NULL)
            return NULL;
        text++;
    }
    size_t length = strcspn(text, "\n");
    if (length > 0 && text[length - 1] == '\r')
        length--;
    return fa_text_sanitize(text, length);
}

/* Blanks as wide as the @count characters at @line, with its tabs, so that the mark stands right below. */
static void
append_blanks(GString *out, const char *line, size_t count)
{
    for (; count > 0 && *line != '\0'; count--, line = g_utf8_next_char(line)) {
        gunichar character = g_utf8_get_char(line);
        if (character == '\t')
            g_string_append_c(out, '\t');
        else if (!g_unichar_iszerowidth(character))
            g_string_append(out, g_unichar_iswide(character) ? "  " : " ");
    }
}

/* '^~~~' below @length characters, but not beyond the end of the line. */
static void
append_mark(GString *out, const char *marked, size_t length)
{
    g_string_append_c(out, '^');
    for (size_t i = 0; i < length && *marked != '\0'; i++, marked = g_utf8_next_char(marked)) {
        gunichar character = g_utf8_get_char(marked);
        size_t width = g_unichar_iszerowidth(character) ? 0 : g_unichar_iswide(character) ? 2 : 1;
        for (size_t j = i == 0 ? 1 : 0; j < width; j++)
            g_string_append_c(out, '~');
    }
}

static bool
is_hidden(const FaDiags *diags, const FaPlace *place)
{
    for (guint i = 0; i < diags->list->len; i++) {
        const FaDiag *diag = g_ptr_array_index(diags->list, i);
        if (diag->hides_line && diag->place.line == place->line &&
            g_strcmp0(diag->place.file, place->file) == 0)
            return true;
    }
    return false;
}

static void
append_excerpt(GString *out, const FaDiags *diags, const FaPlace *place, unsigned length,
               const Colours *colours)
{
    if (is_hidden(diags, place))
        return;
    const char *text = place->file == NULL || place->line == 0
                           ? NULL
                           : g_hash_table_lookup(diags->texts, place->file);
    g_autofree char *line = text == NULL ? NULL : get_line(text, place->line);
    if (line == NULL)
        return;

    size_t characters = (size_t)g_utf8_strlen(line, -1);
    size_t before = place->column > 0 ? MIN(place->column - 1, characters) : 0;
    size_t first = 0;
    if (characters > LINE_MAX_SHOWN && before > LINE_MAX_SHOWN / 2)
        first = MIN(before - LINE_MAX_SHOWN / 2, characters - LINE_MAX_SHOWN);
    g_autofree char *shown =
        g_utf8_substring(line, (glong)first, (glong)MIN(characters, first + LINE_MAX_SHOWN));

    g_string_append_printf(out, "%5u | %s\n", place->line, shown);
    if (place->column == 0)
        return;
    g_string_append(out, "      | ");
    append_blanks(out, shown, before - first);
    g_string_append(out, colours->mark);
    append_mark(out, g_utf8_offset_to_pointer(shown, (glong)(before - first)), length);
    g_string_append_printf(out, "%s\n", colours->off);
}

static void
append_diag(GString *out, const FaDiags *diags, const FaDiag *diag, const Colours *colours)
{
    bool is_error = diag->severity == FA_SEVERITY_ERROR;

    append_place(out, &diag->place, colours);
    g_string_append_printf(out, "%s%s:%s ", is_error ? colours->error : colours->warning,
                           is_error ? "error" : "warning", colours->off);
    append_clean(out, diag->message);
    g_string_append_c(out, '\n');
    append_excerpt(out, diags, &diag->place, diag->length, colours);

    if (diag->note != NULL) {
        append_place(out, &diag->note_at, colours);
        g_string_append_printf(out, "%snote:%s ", colours->help, colours->off);
        append_clean(out, diag->note);
        g_string_append_c(out, '\n');
        append_excerpt(out, diags, &diag->note_at, 1, colours);
    }
    if (diag->help != NULL) {
        g_string_append_printf(out, "%shelp:%s ", colours->help, colours->off);
        append_clean(out, diag->help);
        g_string_append_c(out, '\n');
    }
}

static void
append_count(GString *out, const FaDiags *diags)
{
    size_t errors = diags->counts[FA_SEVERITY_ERROR], warnings = diags->counts[FA_SEVERITY_WARNING];
    size_t hidden = errors + warnings - diags->list->len;
    guint files = g_hash_table_size(diags->texts);

    if (errors > 0 || warnings == 0)
        g_string_append_printf(out, "%zu error%s", errors, errors == 1 ? "" : "s");
    if (warnings > 0)
        g_string_append_printf(out, "%s%zu warning%s", errors > 0 ? ", " : "", warnings,
                               warnings == 1 ? "" : "s");
    if (files > 0)
        g_string_append_printf(out, " in %u file%s", files, files == 1 ? "" : "s");
    if (hidden > 0)
        g_string_append_printf(out, ", the first %u shown", diags->list->len);
    g_string_append_c(out, '\n');
}

static int
compare_places(gconstpointer a, gconstpointer b)
{
    const FaPlace *first = &(*(FaDiag *const *)a)->place, *second = &(*(FaDiag *const *)b)->place;
    int by_file = g_strcmp0(first->file, second->file);

    if (by_file != 0)
        return by_file;
    if (first->line != second->line)
        return first->line < second->line ? -1 : 1;
    if (first->column != second->column)
        return first->column < second->column ? -1 : 1;
    return 0;
}

char *
fa_diags_format(const FaDiags *diags, bool colour)
{
    const Colours *colours = colour ? &ansi_colours : &no_colours;
    GString *out = g_string_new(NULL);

    if (diags->counts[FA_SEVERITY_ERROR] + diags->counts[FA_SEVERITY_WARNING] == 0)
        return g_string_free(out, FALSE);

    /* Found in several passes, read from top to bottom. g_ptr_array_sort() is stable. */
    g_autoptr(GPtrArray) sorted = g_ptr_array_new();
    for (guint i = 0; i < diags->list->len; i++)
        g_ptr_array_add(sorted, g_ptr_array_index(diags->list, i));
    g_ptr_array_sort(sorted, compare_places);

    for (guint i = 0; i < sorted->len; i++)
        append_diag(out, diags, g_ptr_array_index(sorted, i), colours);
    append_count(out, diags);
    return g_string_free(out, FALSE);
}

bool
fa_diags_check(const FaDiags *diags, GError **error)
{
    if (diags->counts[FA_SEVERITY_ERROR] == 0)
        return true;

    g_autofree char *text = fa_diags_format(diags, false);
    return fa_fail(error, FA_ERROR_CONFIG, "%s", g_strchomp(text));
}
