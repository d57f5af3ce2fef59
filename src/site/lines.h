#pragma once
/*
 * Texts cut into lines, and which lines of two texts are the same: what merge.c stands on. Pure.
 */
#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct FaLine {
    const char *bytes; /* borrowed from the text; with the newline, where there is one */
    size_t length;
    int id; /* the same for the same bytes, among lines cut with the same names */
} FaLine;

/* The lines of several texts that are to be compared. */
typedef struct FaLineNames FaLineNames;

FaLineNames *fa_line_names_new(void);
void fa_line_names_free(FaLineNames *names);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FaLineNames, fa_line_names_free)

/* (transfer full) of FaLine. */
GArray *fa_lines_cut(FaLineNames *names, const char *bytes, size_t length);

/*
 * (transfer full) For each line of @a the line of @b that it is kept as, or -1. Rising: a common subsequence, a longest
 * one unless the texts differ in more than @limit lines.
 */
int *fa_lines_match(const GArray *a, const GArray *b, size_t limit);
