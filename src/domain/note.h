#pragma once
/*
 * Notes: what a deployer must know of a change, or the word that there is nothing to know. By hand, or out of a commit.
 */
#include <glib.h>
#include <stdbool.h>

#include "domain/decision.h"
#include "domain/event.h"

typedef enum FaNoteKind {
    FA_NOTE_MIGRATION,
    FA_NOTE_CONFIG,
    FA_NOTE_MANUAL, /* somebody has to do something */
    FA_NOTE_NONE,   /* there is nothing to do, and somebody looked */
} FaNoteKind;

const char *fa_note_kind_to_string(FaNoteKind kind);
bool fa_note_kind_from_string(const char *text, FaNoteKind *ret_kind);

typedef struct FaNote {
    char *id;
    char *component;
    FaNoteKind kind;
    char *text;
    char *revision;      /* (nullable) the commit that it is about */
    char *release;       /* (nullable) the first that needs it */
    bool is_from_commit; /* it is a trailer of that commit */
    char *by;
    FaTime at;
} FaNote;

/* (transfer full) */
FaNote *fa_note_new(const char *component, FaNoteKind kind, const char *text);
void fa_note_free(FaNote *note);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FaNote, fa_note_free)

typedef struct FaNotes FaNotes;
FaNotes *fa_notes_new(void);
void fa_notes_free(FaNotes *notes);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FaNotes, fa_notes_free)
/* The next state, in place. Total: only note.added matters. */
void fa_notes_apply(FaNotes *notes, const FaEvent *event);
/* (transfer none) of FaNote, oldest first */
const GPtrArray *fa_notes_list(const FaNotes *notes);

/* What is new between two releases; the caller found it out. All sets are of borrowed texts, and nullable: empty. */
typedef struct FaNoteRange {
    GHashTable *commits;  /* "COMPONENT REVISION" */
    GHashTable *releases; /* labels */
} FaNoteRange;

/* (transfer container) of FaNote, oldest first: those of a commit or a release in @range. */
GPtrArray *fa_notes_between(const FaNotes *notes, const FaNoteRange *range);
/*
 * (transfer full) of FaReason: NOTE_MISSING for each component of @touched (of char *: "COMPONENT REVISION", the commits in
 * @range that touch what migrations are made of) that has no note in @range, not even that there is none.
 */
GPtrArray *fa_notes_check(const FaNotes *notes, const FaNoteRange *range, const GPtrArray *touched);

/* (transfer full) note.added; nothing to record for a trailer that is known already. @note's by and at are not looked at. */
FaDecision *fa_note_decide_add(const FaNotes *notes, const FaNote *note, const FaAsker *asker);
