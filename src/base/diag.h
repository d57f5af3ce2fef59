#pragma once
/*
 * Mistakes in files that people write: all of them in one go, each with its place and what would cure it.
 *
 * A parser adds a mistake and goes on to the next key. The list is limited to FA_DIAGS_MAX; later ones are only
 * counted. Printing needs the files' texts, which the caller adds with fa_diags_add_text() so that the line can be
 * shown with a mark under it.
 */
#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

#define FA_DIAGS_MAX 200

/* A place in a text: line and column count from 1, columns in characters; line 0 means the file as a whole. */
typedef struct FaPlace {
    const char *file; /* interned by who reads files; NULL: built in or from the command line */
    unsigned line;
    unsigned column;
} FaPlace;

typedef enum FaSeverity { FA_SEVERITY_ERROR, FA_SEVERITY_WARNING } FaSeverity;

typedef struct FaDiag {
    FaSeverity severity;
    FaPlace place;
    unsigned length; /* characters to underline, at least 1 */
    bool hides_line; /* its line may hold a secret: no listing shows it */
    char *message;
    char *help;      /* (nullable) */
    FaPlace note_at; /* a second place, when note is set */
    char *note;      /* (nullable) */
} FaDiag;

typedef struct FaDiags FaDiags;

FaDiags *fa_diags_new(void);
void fa_diags_free(FaDiags *diags);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FaDiags, fa_diags_free)

/* (transfer none) (not nullable) The entry is the list's own; set length, help or note on it right away. */
FaDiag *fa_diags_error(FaDiags *diags, const FaPlace *place, const char *format, ...)
    G_GNUC_PRINTF(3, 4);
FaDiag *fa_diags_warning(FaDiags *diags, const FaPlace *place, const char *format, ...)
    G_GNUC_PRINTF(3, 4);
void fa_diag_help(FaDiag *diag, const char *format, ...) G_GNUC_PRINTF(2, 3);
void fa_diag_note(FaDiag *diag, const FaPlace *place, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* What stands on its line is perhaps a secret: it is never shown, whatever else is wrong there. */
void fa_diag_hide_line(FaDiag *diag);

size_t fa_diags_count(const FaDiags *diags, FaSeverity severity);
size_t fa_diags_length(const FaDiags *diags);
const FaDiag *fa_diags_get(const FaDiags *diags, size_t index);

/* Remembers @text (copied) as the content of @file, for fa_diags_format(). */
void fa_diags_add_text(FaDiags *diags, const char *file, const char *text, size_t length);

/* Moves all of @from, and its texts, behind what is here. */
void fa_diags_take(FaDiags *diags, FaDiags *from);

/* (transfer full) Compiler style: place, severity, message, the line, a mark under it, notes and help; then a count. */
char *fa_diags_format(const FaDiags *diags, bool colour);

/* False, with the errors as a CONFIG error whose message is fa_diags_format() without colour, when there are any. */
bool fa_diags_check(const FaDiags *diags, GError **error);
