#pragma once
/*
 * Releases of the product: cutting them from its repositories, and what becomes of them.
 *
 * A cut finds the exact revision of every component, makes the release branch and the tag in its repository, freezes the
 * product's folder and every source in the store, and writes the pins to the ledger. Until then nothing of it counts: a cut
 * that was interrupted is done again under the same label.
 */
#include <stdbool.h>

#include "app/context.h"
#include "app/state.h"
#include "sys/cancel.h"

typedef struct FaCutOptions {
    const char *label; /* (nullable) NULL: the next one */
    const char
        *from; /* (nullable) NULL or "trunk": the trunks; else a release, whose line is cut */
    const char *const *pins; /* (nullable) "COMPONENT=REVISION", NULL-ended */
    const char *why;         /* (nullable) */
    bool push;               /* branches and tags go to the real repositories */
    bool dry_run;            /* only what it would be */
    void (*say)(const char *text, void *data);
    void *data;
    FaCancel *cancel;
} FaCutOptions;

/* What somebody changed in a component. */
typedef struct FaChangeCommit {
    char *id;
    char *short_id; /* what people call it */
    char *author;
    FaTime time;
    char *subject;
    GStrv trailers;    /* "KIND VALUE": "note run the migration", "fixes 12" */
    bool is_migrating; /* it touches the folder that the component's migrations are in */
} FaChangeCommit;

/* One component of a release beside the release before. */
typedef struct FaChange {
    char *component;
    char *before;       /* (nullable) revision; NULL: it is new */
    char *after;        /* (nullable) NULL: it is gone */
    char *problem;      /* (nullable) why its history cannot be read */
    GPtrArray *commits; /* of FaChangeCommit, the newest last */
    bool is_back;       /* @after is older than @before */
} FaChange;

void fa_change_free(FaChange *change);

typedef struct FaCutResult {
    char *label;
    char *parent; /* (nullable) */
    char *line;
    bool is_pushed;
    GPtrArray *changes;         /* of FaChange, in the product's order */
    struct FaNotesFound *notes; /* app/note.h: what its deployer must know, beside the parent */
} FaCutResult;

void fa_cut_result_clear(FaCutResult *result);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(FaCutResult, fa_cut_result_clear)

/* REFUSED, with every reason, or CONFLICT when somebody else cut at the same time; then nothing is in the ledger. */
bool fa_release_cut(FaContext *context, const FaCutOptions *options, FaCutResult *ret_result,
                    GError **error);
/* It goes nowhere any more; what runs goes on. */
bool fa_release_reject(FaContext *context, const char *label, const char *why, GError **error);
/* (transfer full) (nullable) of FaChange: what is different in @after beside @before (nullable: everything is new). */
GPtrArray *fa_release_list_changes(FaContext *context, const FaRelease *before,
                                   const FaRelease *after, FaCancel *cancel, GError **error);

/* Writes the bundle of app/bundle.h; *ret_bytes of it. */
bool fa_release_export(FaContext *context, const char *label, const char *file, FaCancel *cancel,
                       uint64_t *ret_bytes, GError **error);

typedef struct FaReleaseCheck {
    char *component; /* or "product" */
    char *problem;   /* (nullable) NULL: all is well */
} FaReleaseCheck;

/* *ret_checks (transfer full): of FaReleaseCheck. Are its pins what was cut, its files in the store, its sources too? */
bool fa_release_verify(FaContext *context, const char *label, FaCancel *cancel,
                       GPtrArray **ret_checks, GError **error);
