#pragma once
/*
 * Configuration files that a person edited since they were rendered: nothing of such an edit is ever lost.
 *
 * Three texts meet: what was rendered last (base), what stands there now (current) and what is rendered this time. A
 * file that nobody edited is replaced without a word; an edit whose template did not change stays; where both changed,
 * their changes are merged. Only where that is a conflict does the policy decide: ask, keep, replace, back up, or
 * refuse. Questions go through a dialogue, so that no terminal is needed to test them; without a dialogue `ask` is a
 * refusal that shows the difference (never of files that hold secrets) and names the flag that decides.
 */
#include <glib.h>
#include <stdbool.h>

typedef enum FaEditPolicy {
    FA_EDIT_ASK,
    FA_EDIT_KEEP,    /* the edited file stays as it is */
    FA_EDIT_REPLACE, /* the new rendering is written over it */
    FA_EDIT_BACKUP,  /* the same, and the edited file stays beside it as NAME.bak, NAME.bak1 ... */
    FA_EDIT_MERGE,   /* merge; refuse where that is a conflict */
} FaEditPolicy;

const char *fa_edit_policy_to_string(FaEditPolicy policy);
bool fa_edit_policy_from_string(const char *text, FaEditPolicy *ret_policy);

typedef struct FaEditDialogue {
    /* (transfer full) (nullable) The line that was answered, NULL at the end of input. */
    char *(*ask)(const char *prompt, void *data);
    void (*show)(const char *text, void *data);
    /* (nullable) Lets a person resolve a text with marks, in an editor. (transfer full) (nullable) */
    char *(*resolve)(const char *path, const char *text, void *data);
    void *data;
} FaEditDialogue;

typedef struct FaEditFile {
    const char *path; /* as a person knows it: front/nginx.conf */
    GBytes *base;     /* (nullable) unknown: it was not rendered by us */
    GBytes *current;  /* (nullable) no such file yet */
    GBytes *rendered;
    bool is_private; /* holds secrets */
} FaEditFile;

typedef enum FaEditOutcome {
    FA_EDIT_NEW,
    FA_EDIT_SAME,
    FA_EDIT_RENDERED, /* it was not edited, and its content changed */
    FA_EDIT_KEPT,
    FA_EDIT_REPLACED,
    FA_EDIT_BACKED_UP,
    FA_EDIT_MERGED,
} FaEditOutcome;

const char *fa_edit_outcome_to_string(FaEditOutcome outcome);

/* Remembers what was answered for all files. */
typedef struct FaEdits FaEdits;

/* @dialogue (nullable) is copied. */
FaEdits *fa_edits_new(FaEditPolicy policy, const FaEditDialogue *dialogue);
void fa_edits_free(FaEdits *edits);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FaEdits, fa_edits_free)
FaEditPolicy fa_edits_get_policy(const FaEdits *edits);

/* What has to stand in the file: *ret_content (transfer full). REFUSED when nobody decided. Writes nothing. */
bool fa_edits_decide(FaEdits *edits, const FaEditFile *file, FaEditOutcome *ret_outcome,
                     GBytes **ret_content, GError **error);
