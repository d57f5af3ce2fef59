#include "site/lines.h"

#include <string.h>

/* Two lines with the same bytes share the name that the first of them was given. */
struct FaLineNames {
    GHashTable *ids; /* GBytes -> id + 1 */
};

FaLineNames *
fa_line_names_new(void)
{
    FaLineNames *names = g_new0(FaLineNames, 1);
    names->ids =
        g_hash_table_new_full(g_bytes_hash, g_bytes_equal, (GDestroyNotify)g_bytes_unref, NULL);
    return names;
}

void
fa_line_names_free(FaLineNames *names)
{
    if (names == NULL)
        return;
    g_hash_table_unref(names->ids);
    g_free(names);
}

static int
id_of(FaLineNames *names, const char *bytes, size_t length)
{
    g_autoptr(GBytes) key = g_bytes_new_static(bytes, length);
    int id = GPOINTER_TO_INT(g_hash_table_lookup(names->ids, key));

    if (id != 0)
        return id - 1;
    id = (int)g_hash_table_size(names->ids);
    g_hash_table_insert(names->ids, g_steal_pointer(&key), GINT_TO_POINTER(id + 1));
    return id;
}

GArray *
fa_lines_cut(FaLineNames *names, const char *bytes, size_t length)
{
    GArray *lines = g_array_new(FALSE, FALSE, sizeof(FaLine));
    size_t at = 0;

    while (at < length) {
        const char *end = memchr(bytes + at, '\n', length - at);
        size_t size = end != NULL ? (size_t)(end - bytes) + 1 - at : length - at;
        FaLine line = {.bytes = bytes + at, .length = size, .id = id_of(names, bytes + at, size)};
        g_array_append_val(lines, line);
        at += size;
    }
    return lines;
}

/* What is left of two texts to compare, once their common beginning and end are taken away. */
typedef struct Span {
    const FaLine *a;
    const FaLine *b;
    int a_count;
    int b_count;
} Span;

/* How far one can go with @d edits on each diagonal k, at index k + d. */
static int *
step(const Span *span, const int *before, int d, bool *ret_done)
{
    int *far = g_new(int, 2 * (size_t)d + 1);

    *ret_done = false;
    for (int k = -d; k <= d; k += 2) {
        int x = 0;
        if (d > 0) {
            /* @before has the diagonals -(d-1) to d-1, of which k-1 and k+1 are neighbours. */
            int down = k < d - 1 ? before[k + 1 + d - 1] : -1;
            int right = k > -d + 1 ? before[k - 1 + d - 1] : -1;
            x = k == -d || (k != d && right < down) ? down : right + 1;
        }
        while (x < span->a_count && x - k < span->b_count && x - k >= 0 &&
               span->a[x].id == span->b[x - k].id)
            x++;
        far[k + d] = x;
        if (k == span->a_count - span->b_count && x >= span->a_count)
            *ret_done = true;
    }
    return far;
}

/* Goes back from the end along the steps, noting the lines that are kept. */
static void
trace_back(const Span *span, const GPtrArray *steps, int *match)
{
    int x = span->a_count;
    int y = span->b_count;

    for (int d = (int)steps->len - 1; d > 0; d--) {
        const int *before = g_ptr_array_index(steps, d - 1);
        int k = x - y;
        int down = k < d - 1 ? before[k + 1 + d - 1] : -1;
        int right = k > -d + 1 ? before[k - 1 + d - 1] : -1;
        bool is_down = k == -d || (k != d && right < down);
        int begin_x = is_down ? down : right + 1;

        while (x > begin_x) {
            x--;
            y--;
            match[x] = y;
        }
        if (is_down)
            y--;
        else
            x--;
    }
    while (x > 0) {
        x--;
        match[x] = x;
    }
}

/* Myers' greedy search for the least number of edits. */
static void
match_span(const Span *span, size_t limit, int *match)
{
    g_autoptr(GPtrArray) steps = g_ptr_array_new_with_free_func(g_free);
    int most = (int)MIN((size_t)span->a_count + (size_t)span->b_count, limit);

    for (int d = 0; d <= most; d++) {
        const int *before = d > 0 ? g_ptr_array_index(steps, d - 1) : NULL;
        bool done;
        g_ptr_array_add(steps, step(span, before, d, &done));
        if (done) {
            trace_back(span, steps, match);
            return;
        }
    }
}

int *
fa_lines_match(const GArray *a, const GArray *b, size_t limit)
{
    const FaLine *left = (const FaLine *)(const void *)a->data;
    const FaLine *right = (const FaLine *)(const void *)b->data;
    int *match = g_new(int, (size_t)a->len + 1);
    int a_end = (int)a->len;
    int b_end = (int)b->len;
    int begin = 0;

    for (int i = 0; i < a_end; i++)
        match[i] = -1;
    while (begin < a_end && begin < b_end && left[begin].id == right[begin].id) {
        match[begin] = begin;
        begin++;
    }
    while (a_end > begin && b_end > begin && left[a_end - 1].id == right[b_end - 1].id)
        match[--a_end] = --b_end;

    if (begin == a_end || begin == b_end)
        return match;

    Span span = {left + begin, right + begin, a_end - begin, b_end - begin};
    match_span(&span, limit, match + begin);
    for (int i = begin; i < a_end; i++)
        match[i] += match[i] >= 0 ? begin : 0;
    return match;
}
