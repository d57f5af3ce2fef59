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

/* What is printed of a table, and how wide. */
typedef struct Shape {
    size_t columns[FA_TABLE_COLUMNS_MAX]; /* those that have something in them */
    size_t widths[FA_TABLE_COLUMNS_MAX];
    size_t count;
} Shape;

/* 0: there is nothing in it. */
static size_t
column_width(const FaTable *table, size_t column)
{
    size_t width = 0;
    for (guint i = 0; i < table->rows->len; i++) {
        const Row *row = g_ptr_array_index(table->rows, i);
        width = MAX(width, fa_text_width(row->cells[column]));
    }
    return width > 0 ? MAX(width, fa_text_width(table->headings.cells[column])) : 0;
}

static Shape
find_shape(const FaTable *table, unsigned width)
{
    Shape shape = {0};
    size_t used = 0;
    for (size_t i = 0; i < table->columns; i++) {
        size_t wide = column_width(table, i);
        if (wide == 0)
            continue;
        shape.columns[shape.count] = i;
        shape.widths[shape.count++] = wide;
        used += wide + GAP;
    }
    if (shape.count == 0)
        return shape;
    /* A terminal too narrow for anything is left to wrap. */
    size_t *last = &shape.widths[shape.count - 1];
    used -= *last + GAP;
    if (width > 0 && used + 10 <= width)
        *last = MIN(*last, width - used);
    return shape;
}

static void
append_spaces(GString *out, size_t count)
{
    for (; count > 0; count--)
        g_string_append_c(out, ' ');
}

static void
append_row(GString *out, const FaTable *table, const Row *row, const Shape *shape, bool colour)
{
    for (size_t i = 0; i < shape->count; i++) {
        size_t column = shape->columns[i], width = shape->widths[i];
        bool is_last = i + 1 == shape->count;
        g_autofree char *cell =
            is_last ? fa_text_fit(row->cells[column], width) : g_strdup(row->cells[column]);
        size_t pad = width - MIN(width, fa_text_width(cell));

        if (table->is_right[column])
            append_spaces(out, pad);
        g_string_append_printf(out, "%s%s%s", fa_style_on(row->styles[column], colour), cell,
                               fa_style_off(row->styles[column], colour));
        if (!is_last)
            append_spaces(out, (table->is_right[column] ? 0 : pad) + GAP);
    }
    while (out->len > 0 && out->str[out->len - 1] == ' ')
        g_string_truncate(out, out->len - 1);
    g_string_append_c(out, '\n');
}

char *
fa_table_format(const FaTable *table, unsigned width, bool colour)
{
    GString *out = g_string_new(NULL);
    Shape shape = find_shape(table, width);

    if (shape.count == 0)
        return g_string_free(out, FALSE);
    append_row(out, table, &table->headings, &shape, colour);
    for (guint i = 0; i < table->rows->len; i++)
        append_row(out, table, g_ptr_array_index(table->rows, i), &shape, colour);
    return g_string_free(out, FALSE);
}
