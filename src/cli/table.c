#include "cli/table.h"

#include <string.h>

#include "base/text.h"

#define GAP 2

typedef struct Row {
    char *cells[FA_TABLE_COLUMNS_MAX];
    FaStyle styles[FA_TABLE_COLUMNS_MAX];
} Row;

struct FaTable {
    size_t columns;
    bool is_right[FA_TABLE_COLUMNS_MAX];
    Row headings;
    GPtrArray *rows;
};

static void
clear_row(Row *row)
{
    for (size_t i = 0; i < FA_TABLE_COLUMNS_MAX; i++)
        g_clear_pointer(&row->cells[i], g_free);
}

static void
free_row(gpointer row)
{
    clear_row(row);
    g_free(row);
}

FaTable *
fa_table_new(const char *const *headings)
{
    FaTable *table = g_new0(FaTable, 1);
    table->rows = g_ptr_array_new_with_free_func(free_row);
    for (; headings[table->columns] != NULL; table->columns++) {
        g_assert(table->columns < FA_TABLE_COLUMNS_MAX);
        table->headings.cells[table->columns] = g_strdup(headings[table->columns]);
        table->headings.styles[table->columns] = FA_STYLE_DIM;
    }
    return table;
}

void
fa_table_free(FaTable *table)
{
    if (table == NULL)
        return;
    clear_row(&table->headings);
    g_ptr_array_unref(table->rows);
    g_free(table);
}

void
fa_table_align_right(FaTable *table, size_t column)
{
    g_assert(column < table->columns);
    table->is_right[column] = true;
}

/* A cell is one line whatever it is made of. */
static char *
clean_cell(const char *text)
{
    char *clean = fa_text_sanitize(text, strlen(text));
    return g_strdelimit(clean, "\n\t", ' ');
}

void
fa_table_add(FaTable *table, ...)
{
    Row *row = g_new0(Row, 1);
    va_list cells;

    va_start(cells, table);
    const char *cell = va_arg(cells, const char *);
    for (size_t i = 0; i < table->columns; i++) {
        row->cells[i] = clean_cell(cell != NULL ? cell : "");
        if (cell != NULL)
            cell = va_arg(cells, const char *);
    }
    va_end(cells);
    g_assert(cell == NULL);
    g_ptr_array_add(table->rows, row);
}

void
fa_table_style(FaTable *table, size_t column, FaStyle style)
{
    g_assert(table->rows->len > 0 && column < table->columns);
    Row *row = g_ptr_array_index(table->rows, table->rows->len - 1);
    row->styles[column] = style;
}

static size_t
column_width(const FaTable *table, size_t column)
{
    size_t width = fa_text_width(table->headings.cells[column]);
    for (guint i = 0; i < table->rows->len; i++) {
        const Row *row = g_ptr_array_index(table->rows, i);
        width = MAX(width, fa_text_width(row->cells[column]));
    }
    return width;
}

static void
append_spaces(GString *out, size_t count)
{
    for (; count > 0; count--)
        g_string_append_c(out, ' ');
}

static void
append_row(GString *out, const FaTable *table, const Row *row, const size_t *widths, size_t room,
           bool colour)
{
    for (size_t i = 0; i < table->columns; i++) {
        bool is_last = i + 1 == table->columns;
        g_autofree char *cell =
            is_last ? fa_text_fit(row->cells[i], room) : g_strdup(row->cells[i]);
        size_t pad = widths[i] - MIN(widths[i], fa_text_width(cell));

        if (table->is_right[i])
            append_spaces(out, pad);
        g_string_append_printf(out, "%s%s%s", fa_style_on(row->styles[i], colour), cell,
                               fa_style_off(row->styles[i], colour));
        if (!is_last)
            append_spaces(out, (table->is_right[i] ? 0 : pad) + GAP);
    }
    while (out->len > 0 && out->str[out->len - 1] == ' ')
        g_string_truncate(out, out->len - 1);
    g_string_append_c(out, '\n');
}

char *
fa_table_format(const FaTable *table, unsigned width, bool colour)
{
    GString *out = g_string_new(NULL);
    size_t widths[FA_TABLE_COLUMNS_MAX], used = 0;

    if (table->rows->len == 0)
        return g_string_free(out, FALSE);
    for (size_t i = 0; i < table->columns; i++) {
        widths[i] = column_width(table, i);
        used += i + 1 < table->columns ? widths[i] + GAP : 0;
    }

    /* A terminal too narrow for anything is left to wrap. */
    size_t last = widths[table->columns - 1];
    size_t room = width == 0 || used + 10 > width ? last : MIN(last, width - used);
    widths[table->columns - 1] = room;
    append_row(out, table, &table->headings, widths, room, colour);
    for (guint i = 0; i < table->rows->len; i++)
        append_row(out, table, g_ptr_array_index(table->rows, i), widths, room, colour);
    return g_string_free(out, FALSE);
}
