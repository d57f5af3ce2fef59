#pragma once
/*
 * Texts compared and merged by lines: what a person changed and what a new rendering changed, put together.
 *
 * Pure: bytes in, bytes out. Any bytes are valid, a line ends with its newline or with the text. A merge of three texts
 * loses no line of either side: what only one side changed is taken, what both changed alike is taken once, all else is
 * a conflict and stands between marks. Changes that touch are a conflict too. Where two texts differ in more than
 * FA_MERGE_DIFFERENCES_MAX lines, the differing middle counts as changed whole: the result is coarser, never wrong.
 */
#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

#define FA_MERGE_DIFFERENCES_MAX 2000

/* A borrowed piece of text, and what to call it in marks and headers. */
typedef struct FaMergeText {
    const char *bytes;
    size_t length;
    const char *label;
} FaMergeText;

typedef struct FaMerge {
    char *text; /* NUL-terminated */
    size_t length;
    unsigned conflicts;
} FaMerge;

void fa_merge_clear(FaMerge *merge);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(FaMerge, fa_merge_clear)

void fa_merge_texts(const FaMergeText *base, const FaMergeText *ours, const FaMergeText *theirs,
                    FaMerge *ret_merge);

/* (transfer full) Unified, three lines of context; "" when they are the same. */
char *fa_merge_diff(const FaMergeText *old, const FaMergeText *fresh);

/* How many lines were taken away and how many put in. */
void fa_merge_count(const FaMergeText *old, const FaMergeText *fresh, size_t *ret_removed,
                    size_t *ret_added);

/* True when @text still holds a line that begins like a mark of fa_merge_texts(). */
bool fa_merge_has_marks(const char *text, size_t length);
