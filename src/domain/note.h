#pragma once
/*
 * Notes: what a deployer must know of a change, or the word that there is nothing to know. By hand, or out of a commit.
 *
 * A note is about a commit, or about a release; one that is about neither belongs to the next release that is cut from the
 * trunks. What is to be done by hand is done once in each environment, and that is an event too.
 */
#include <glib.h>
#include <stdbool.h>

#include "domain/decision.h"
#include "domain/event.h"
#include "domain/release.h"

typedef enum FaNoteKind {
    FA_NOTE_MIGRATION,
    FA_NOTE_CONFIG,
    FA_NOTE_MANUAL, /* somebody has to do something */
    FA_NOTE_NONE,   /* there is nothing to do, and somebody looked */
} FaNoteKind;

const char *fa_note_kind_to_string(FaNoteKind kind);
bool fa_note_kind_from_string(const char *text, FaNoteKind *ret_kind);
/*
 * (transfer none) What a trailer says behind "KIND:", as "migration: it takes an hour". Without such a word somebody has to read it, so that it is
 * a manual one.
 */
const char *fa_note_read_trailer(const char *trailer, FaNoteKind *ret_kind);

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
    uint64_t position; /* of its event */
} FaNote;

/* (transfer full) */
FaNote *fa_note_new(const char *component, FaNoteKind kind, const char *text);
void fa_note_free(FaNote *note);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FaNote, fa_note_free)

typedef struct FaNotes FaNotes;
FaNotes *fa_notes_new(void);
void fa_notes_free(FaNotes *notes);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FaNotes, fa_notes_free)
/* The next state, in place. Total: only note.added and note.executed matter. */
void fa_notes_apply(FaNotes *notes, const FaEvent *event);
/* (transfer none) of FaNote, oldest first */
const GPtrArray *fa_notes_list(const FaNotes *notes);

/* What is new between two releases; the caller found it out. All sets are of borrowed texts, and nullable: empty. */
typedef struct FaNoteRange {
    GHashTable *commits;    /* "COMPONENT REVISION" */
    GHashTable *releases;   /* labels */
    const FaReleases *cuts; /* (nullable) which tell what a note that names neither belongs to */
    bool with_pending;      /* those too that no release was cut for yet */
} FaNoteRange;

/* (transfer full) The labels that @after goes on from, itself included, and @before (nullable) does not. */
GHashTable *fa_notes_releases_between(const FaReleases *releases, const char *before,
                                      const char *after);
/* (transfer container) of FaNote, oldest first: those of a commit or a release in @range. */
GPtrArray *fa_notes_between(const FaNotes *notes, const FaNoteRange *range);
/*
 * (transfer full) of FaReason: NOTE_MISSING for each component of @touched (of char *: "COMPONENT REVISION", the commits in
 * @range that touch what migrations are made of) that has no note in @range, not even that there is none.
 */
GPtrArray *fa_notes_check(const FaNotes *notes, const FaNoteRange *range, const GPtrArray *touched);

/* Did somebody do what it says, in @environment (ENV.SITE)? */
bool fa_notes_is_executed(const FaNotes *notes, const char *environment, const char *id);

/* (transfer full) note.executed for each of @list (of FaNote) that was not yet. */
FaDecision *fa_notes_decide_executed(const FaNotes *notes, const GPtrArray *list,
                                     const char *environment, const char *release,
                                     const FaAsker *asker);
/* The same event as below, among others that are decided with it. */
void fa_note_add_to(FaDecision *decision, const FaNotes *notes, const FaNote *note,
                    const FaAsker *asker);
/* (transfer full) note.added; nothing to record for a trailer that is known already. @note's by and at are not looked at. */
FaDecision *fa_note_decide_add(const FaNotes *notes, const FaNote *note, const FaAsker *asker);
