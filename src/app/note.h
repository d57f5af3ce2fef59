#pragma once
/*
 * Notes of the product's changes: written by hand or taken out of commits, found again for what is between two releases.
 */
#include <stdbool.h>

#include "app/context.h"
#include "app/release.h"
#include "app/state.h"
#include "domain/note.h"
#include "sys/cancel.h"

typedef struct FaNoteWords {
    const char *component;
    FaNoteKind kind;
    const char *text;
    const char *revision; /* (nullable) a branch, tag or revision of the component */
    const char *release;  /* (nullable) a label; NULL, as revision: the next that is cut */
} FaNoteWords;

/* *ret_id (transfer full). NOT_FOUND for a component, a revision or a release that is not there. */
bool fa_note_add(FaContext *context, const FaNoteWords *words, FaCancel *cancel, char **ret_id,
                 GError **error);

/* What is new between two releases. */
typedef struct FaNotesFound {
    FaNotes *all;
    GPtrArray *list;     /* of FaNote, borrowed from all, oldest first */
    GPtrArray *missing;  /* of FaReason: NOTE_MISSING */
    GPtrArray *problems; /* of char *: histories that cannot be read, so that more may be missing */
} FaNotesFound;

void fa_notes_found_free(FaNotesFound *found);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FaNotesFound, fa_notes_found_free)

/* (transfer full) (nullable) All notes that the ledger has. */
FaNotes *fa_notes_read(const FaState *state, GError **error);
/*
 * (transfer full) (nullable) Those of @changes (of FaChange), and those of the releases that @after goes on from and @before (nullable) does not.
 */
FaNotesFound *fa_notes_find(const FaState *state, const char *before, const char *after,
                            const GPtrArray *changes, GError **error);
/* The same between two releases of the ledger; @before (nullable): the one that @after was made from. */
FaNotesFound *fa_notes_find_between(FaContext *context, const FaState *state,
                                    const FaRelease *before, const FaRelease *after,
                                    FaCancel *cancel, GError **error);

/*
 * For a release that is to be cut, and is not in the ledger yet: the notes of its @changes, trailers that are not in the
 * ledger either (they have no id), and what was noted for the next one where it @takes_pending.
 */
FaNotesFound *fa_notes_find_for_cut(const FaState *state, bool takes_pending,
                                    const GPtrArray *changes, GError **error);
/* Adds the trailers of @changes to @decision, whose events go behind the ledger's head, as notes of @label. */
void fa_notes_add_trailers(const FaState *state, const FaNotes *notes, const char *label,
                           const GPtrArray *changes, const FaAsker *asker, FaDecision *decision);
