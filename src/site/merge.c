#include "site/merge.h"

#include <string.h>

#include "site/lines.h"

#define CONTEXT 3

void
fa_merge_clear(FaMerge *merge)
{
    g_clear_pointer(&merge->text, g_free);
    merge->length = 0;
    merge->conflicts = 0;
}

/* One side of a merge: its lines, and which of them each line of the base is kept as. */
typedef struct Side {
    GArray *lines;
    int *match;
    const char *label;
    int begin; /* of the piece that is looked at */
    int end;
} Side;

static const FaLine *
line_at(const GArray *lines, int index)
{
    return &g_array_index(lines, FaLine, index);
}

static void
put_lines(GString *out, const GArray *lines, int begin, int end)
{
    for (int i = begin; i < end; i++)
        g_string_append_len(out, line_at(lines, i)->bytes, (gssize)line_at(lines, i)->length);
}

static bool
is_same_piece(const Side *a, const Side *b)
{
    if (a->end - a->begin != b->end - b->begin)
        return false;
    for (int i = 0; i < a->end - a->begin; i++)
        if (line_at(a->lines, a->begin + i)->id != line_at(b->lines, b->begin + i)->id)
            return false;
    return true;
}

/* A mark stands on a line of its own, also behind a text that ends without a newline. */
static void
put_mark(GString *out, const char *mark, const char *label)
{
    if (out->len > 0 && out->str[out->len - 1] != '\n')
        g_string_append_c(out, '\n');
    g_string_append(out, mark);
    if (label != NULL && label[0] != '\0')
        g_string_append_printf(out, " %s", label);
    g_string_append_c(out, '\n');
}

static void
put_piece(GString *out, const Side *base, const Side *ours, const Side *theirs, unsigned *conflicts)
{
    if (is_same_piece(base, ours)) {
        put_lines(out, theirs->lines, theirs->begin, theirs->end);
        return;
    }
    if (is_same_piece(base, theirs) || is_same_piece(ours, theirs)) {
        put_lines(out, ours->lines, ours->begin, ours->end);
        return;
    }
    ++*conflicts;
    put_mark(out, "<<<<<<<", ours->label);
    put_lines(out, ours->lines, ours->begin, ours->end);
    put_mark(out, "|||||||", base->label);
    put_lines(out, base->lines, base->begin, base->end);
    put_mark(out, "=======", NULL);
    put_lines(out, theirs->lines, theirs->begin, theirs->end);
    put_mark(out, ">>>>>>>", theirs->label);
}

/* A piece ends where a line of the base is kept by both sides. */
static void
find_piece(Side *base, Side *ours, Side *theirs)
{
    int count = (int)base->lines->len;
    int i = base->begin;

    while (i < count && (ours->match[i] < 0 || theirs->match[i] < 0))
        i++;
    base->end = i;
    ours->end = i < count ? ours->match[i] : (int)ours->lines->len;
    theirs->end = i < count ? theirs->match[i] : (int)theirs->lines->len;
}

static void
side_clear(Side *side)
{
    g_clear_pointer(&side->lines, g_array_unref);
    g_clear_pointer(&side->match, g_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Side, side_clear)

static void
side_read(Side *side, FaLineNames *names, const FaMergeText *text, const Side *base)
{
    side->lines = fa_lines_cut(names, text->bytes, text->length);
    side->label = text->label;
    if (base != NULL)
        side->match = fa_lines_match(base->lines, side->lines, FA_MERGE_DIFFERENCES_MAX);
}

void
fa_merge_texts(const FaMergeText *base_text, const FaMergeText *our_text,
               const FaMergeText *their_text, FaMerge *ret_merge)
{
    g_autoptr(FaLineNames) names = fa_line_names_new();
    g_auto(Side) base = {0}, ours = {0}, theirs = {0};
    GString *out = g_string_new(NULL);
    unsigned conflicts = 0;

    side_read(&base, names, base_text, NULL);
    side_read(&ours, names, our_text, &base);
    side_read(&theirs, names, their_text, &base);
    for (;;) {
        find_piece(&base, &ours, &theirs);
        put_piece(out, &base, &ours, &theirs, &conflicts);
        if (base.end == (int)base.lines->len)
            break;
        put_lines(out, base.lines, base.end, base.end + 1);
        base.begin = base.end + 1;
        ours.begin = ours.end + 1;
        theirs.begin = theirs.end + 1;
    }
    ret_merge->length = out->len;
    ret_merge->text = g_string_free(out, FALSE);
    ret_merge->conflicts = conflicts;
}

/* One line of a difference: ' ', '-' or '+', and where both texts are before it. */
typedef struct Change {
    char kind;
    const FaLine *line;
    int old_at;
    int new_at;
} Change;

static GArray *
list_changes(const Side *old, const Side *fresh)
{
    GArray *changes = g_array_new(FALSE, FALSE, sizeof(Change));
    int i = 0;
    int j = 0;

    while (i < (int)old->lines->len || j < (int)fresh->lines->len) {
        Change change = {.old_at = i, .new_at = j};
        if (i < (int)old->lines->len && fresh->match[i] < 0) {
            change.kind = '-';
            change.line = line_at(old->lines, i++);
        } else if (i >= (int)old->lines->len || fresh->match[i] > j) {
            change.kind = '+';
            change.line = line_at(fresh->lines, j++);
        } else {
            change.kind = ' ';
            change.line = line_at(old->lines, i++);
            j++;
        }
        g_array_append_val(changes, change);
    }
    return changes;
}

static const Change *
change_at(const GArray *changes, guint index)
{
    return &g_array_index(changes, Change, index);
}

static void
put_hunk(GString *out, const GArray *changes, guint begin, guint end)
{
    int old_count = 0;
    int new_count = 0;

    for (guint i = begin; i < end; i++) {
        old_count += change_at(changes, i)->kind != '+';
        new_count += change_at(changes, i)->kind != '-';
    }
    const Change *first = change_at(changes, begin);
    g_string_append_printf(out, "@@ -%d,%d +%d,%d @@\n", first->old_at + (old_count > 0), old_count,
                           first->new_at + (new_count > 0), new_count);
    for (guint i = begin; i < end; i++) {
        const Change *change = change_at(changes, i);
        g_string_append_c(out, change->kind);
        g_string_append_len(out, change->line->bytes, (gssize)change->line->length);
        if (change->line->bytes[change->line->length - 1] != '\n')
            g_string_append(out, "\n\\ No newline at end of file\n");
    }
}

/* Where the hunk ends that has a change at @at: behind CONTEXT lines that are followed by as many that are kept. */
static guint
end_of_hunk(const GArray *changes, guint at)
{
    guint end = at;

    for (guint i = at; i < changes->len && i < end + 2 * CONTEXT + 1; i++)
        if (change_at(changes, i)->kind != ' ')
            end = i + 1;
    return MIN(end + CONTEXT, changes->len);
}

char *
fa_merge_diff(const FaMergeText *old_text, const FaMergeText *new_text)
{
    g_autoptr(FaLineNames) names = fa_line_names_new();
    g_auto(Side) old = {0}, fresh = {0};
    GString *out = g_string_new(NULL);

    side_read(&old, names, old_text, NULL);
    side_read(&fresh, names, new_text, &old);
    g_autoptr(GArray) changes = list_changes(&old, &fresh);
    for (guint i = 0; i < changes->len; i++) {
        if (change_at(changes, i)->kind == ' ')
            continue;
        if (out->len == 0)
            g_string_append_printf(out, "--- %s\n+++ %s\n", old_text->label, new_text->label);
        guint end = end_of_hunk(changes, i);
        put_hunk(out, changes, i > CONTEXT ? i - CONTEXT : 0, end);
        i = end - 1;
    }
    return g_string_free(out, FALSE);
}

void
fa_merge_count(const FaMergeText *old_text, const FaMergeText *new_text, size_t *ret_removed,
               size_t *ret_added)
{
    g_autoptr(FaLineNames) names = fa_line_names_new();
    g_auto(Side) old = {0}, fresh = {0};
    size_t kept = 0;

    side_read(&old, names, old_text, NULL);
    side_read(&fresh, names, new_text, &old);
    for (guint i = 0; i < old.lines->len; i++)
        kept += fresh.match[i] >= 0;
    *ret_removed = old.lines->len - kept;
    *ret_added = fresh.lines->len - kept;
}

bool
fa_merge_has_marks(const char *text, size_t length)
{
    static const char *const marks[] = {"<<<<<<<", "|||||||", "=======", ">>>>>>>"};

    for (size_t at = 0; at + 7 <= length;) {
        for (size_t i = 0; i < G_N_ELEMENTS(marks); i++)
            if (memcmp(text + at, marks[i], 7) == 0 &&
                (at + 7 == length || text[at + 7] == ' ' || text[at + 7] == '\n'))
                return true;
        const char *end = memchr(text + at, '\n', length - at);
        if (end == NULL)
            return false;
        at = (size_t)(end - text) + 1;
    }
    return false;
}
