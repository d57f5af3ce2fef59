#pragma once
/*
 * Rows in aligned columns, for people. Widths are those of a terminal, not of bytes; the last column is cut when the
 * row would be wider than the terminal, the others never are. A column with nothing in it is left out.
 */
#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

#include "cli/colour.h"

#define FA_TABLE_COLUMNS_MAX 16

typedef struct FaTable FaTable;

/* @headings is NULL-ended, one a column; an empty table prints nothing, not even them. */
FaTable *fa_table_new(const char *const *headings);
void fa_table_free(FaTable *table);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FaTable, fa_table_free)
void fa_table_align_right(FaTable *table, size_t column);
/* One row: the cells (copied), NULL at the end; missing ones are empty. */
void fa_table_add(FaTable *table, ...) G_GNUC_NULL_TERMINATED;
/* Style of a cell of the row that was added last. */
void fa_table_style(FaTable *table, size_t column, FaStyle style);
/* (transfer full) @width 0: as wide as need be. */
char *fa_table_format(const FaTable *table, unsigned width, bool colour);
