#include "source/message.h"

#include <string.h>

#include "base/text.h"
#include "source/backend.h"

static const char *const kind_names[] = {
    [FA_TRAILER_NOTE] = "note",         [FA_TRAILER_FIXES] = "fixes",
    [FA_TRAILER_REFERS] = "refers",     [FA_TRAILER_PICKED] = "picked",
    [FA_TRAILER_BACKPORT] = "backport", [FA_TRAILER_PAID] = "paid",
    [FA_TRAILER_REVERTS] = "reverts",
};

/* How a line begins; a sentence has its value up to what is not of a revision. */
static const struct {
    const char *start;
    FaTrailerKind kind;
    bool is_sentence;
} starts[] = {
    {"Deployment-Note:", FA_TRAILER_NOTE, false},
    {"Fixes:", FA_TRAILER_FIXES, false},
    {"Refs:", FA_TRAILER_REFERS, false},
    {"Cherry-picked-from:", FA_TRAILER_PICKED, false},
    {"Backport-of:", FA_TRAILER_BACKPORT, false},
    {"Paid-by:", FA_TRAILER_PAID, false},
    {"Reverts:", FA_TRAILER_REVERTS, false},
    {"(cherry picked from commit ", FA_TRAILER_PICKED, true},
    {"This reverts commit ", FA_TRAILER_REVERTS, true},
};

const char *
fa_trailer_kind_to_string(FaTrailerKind kind)
{
    return kind_names[kind];
}

static void
trailer_free(gpointer data)
{
    FaTrailer *trailer = data;
    g_free(trailer->value);
    g_free(trailer);
}

char *
fa_message_line(const char *text, size_t length, size_t limit)
{
    g_autofree char *clean = fa_text_sanitize(text, length);
    g_strdelimit(clean, "\n\t", ' ');
    g_strstrip(clean);
    if (strlen(clean) <= limit)
        return g_steal_pointer(&clean);

    const char *end = g_utf8_find_prev_char(clean, clean + limit + 1);
    return g_strndup(clean, end != NULL ? (gsize)(end - clean) : 0);
}

char *
fa_message_subject(const char *message)
{
    while (*message == '\n' || *message == '\r' || *message == ' ' || *message == '\t')
        message++;

    return fa_message_line(message, strnlen(message, strcspn(message, "\n")), FA_SUBJECT_MAX);
}

static void
add(GPtrArray *trailers, FaTrailerKind kind, const char *value, size_t length)
{
    if (trailers->len >= FA_TRAILERS_MAX)
        return;

    FaTrailer *trailer = g_new0(FaTrailer, 1);
    trailer->kind = kind;
    trailer->value = fa_message_line(value, length, FA_TRAILER_MAX);
    if (*trailer->value != '\0')
        g_ptr_array_add(trailers, trailer);
    else
        trailer_free(trailer);
}

/* "#12, #13 and another" has two. */
static void
add_numbers(GPtrArray *trailers, FaTrailerKind kind, const char *text)
{
    for (const char *hash = strchr(text, '#'); hash != NULL; hash = strchr(hash + 1, '#')) {
        size_t digits = strspn(hash + 1, "0123456789");
        if (digits > 0 && digits <= 18)
            add(trailers, kind, hash + 1, digits);
    }
}

/* A revision is one word: "trunk@12", "r12", a commit. */
static void
add_word(GPtrArray *trailers, FaTrailerKind kind, const char *text)
{
    text += strspn(text, " ");
    add(trailers, kind, text, strcspn(text, " ,;)"));
}

static void
add_value(GPtrArray *trailers, FaTrailerKind kind, const char *text)
{
    switch (kind) {
    case FA_TRAILER_NOTE:
        add(trailers, kind, text, strlen(text));
        return;
    case FA_TRAILER_FIXES:
    case FA_TRAILER_REFERS:
        add_numbers(trailers, kind, text);
        return;
    case FA_TRAILER_PICKED:
    case FA_TRAILER_BACKPORT:
    case FA_TRAILER_PAID:
    case FA_TRAILER_REVERTS:
        add_word(trailers, kind, text);
        return;
    }
}

static void
add_sentence(GPtrArray *trailers, FaTrailerKind kind, const char *text)
{
    g_autofree char *word = g_strndup(text, strspn(text, "0123456789abcdef"));
    add_word(trailers, kind, word);
}

static void
read_line(GPtrArray *trailers, const char *line)
{
    for (size_t i = 0; i < G_N_ELEMENTS(starts); i++) {
        size_t length = strlen(starts[i].start);
        if (g_ascii_strncasecmp(line, starts[i].start, length) != 0)
            continue;
        if (starts[i].is_sentence)
            add_sentence(trailers, starts[i].kind, line + length);
        else
            add_value(trailers, starts[i].kind, line + length);
        return;
    }
}

GPtrArray *
fa_message_trailers(const char *message)
{
    GPtrArray *trailers = g_ptr_array_new_with_free_func(trailer_free);
    g_autofree char *text = fa_text_sanitize(message, strnlen(message, FA_MESSAGE_MAX));
    g_auto(GStrv) lines = g_strsplit(g_strstrip(text), "\n", -1);
    g_autoptr(GString) whole = g_string_new(NULL);

    if (*lines == NULL)
        return trailers;
    for (char **line = lines + 1; *line != NULL; line++) {
        bool goes_on = (**line == ' ' || **line == '\t') && whole->len > 0;
        if (!goes_on) {
            read_line(trailers, whole->str);
            g_string_truncate(whole, 0);
        }
        g_string_append(whole, *line);
    }
    read_line(trailers, whole->str);
    return trailers;
}

static void
commit_free(gpointer data)
{
    FaSourceCommit *commit = data;
    g_free(commit->id);
    g_free(commit->short_id);
    g_free(commit->author);
    g_free(commit->subject);
    g_ptr_array_unref(commit->trailers);
    g_ptr_array_unref(commit->files);
    g_free(commit);
}

FaSourceCommit *
fa_source_commit_new(const char *id, const char *shown, const char *author, FaTime time,
                     const char *message)
{
    FaSourceCommit *commit = g_new0(FaSourceCommit, 1);
    commit->id = g_strdup(id);
    commit->short_id = g_strdup(shown);
    commit->author = fa_message_line(author, strlen(author), FA_SUBJECT_MAX);
    commit->time = time;
    commit->subject = fa_message_subject(message);
    commit->trailers = fa_message_trailers(message);
    commit->files = g_ptr_array_new_with_free_func(g_free);
    return commit;
}

FaSourceLog *
fa_source_log_new(void)
{
    FaSourceLog *log = g_new0(FaSourceLog, 1);
    log->commits = g_ptr_array_new_with_free_func(commit_free);
    return log;
}

void
fa_source_log_free(FaSourceLog *log)
{
    if (log == NULL)
        return;

    g_ptr_array_unref(log->commits);
    g_free(log);
}
