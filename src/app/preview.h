#pragma once
/*
 * What `up` would do, found out without touching anything.
 */
#include <glib.h>
#include <stdbool.h>

#include "app/up.h"

typedef enum FaPreviewBuild {
    FA_PREVIEW_BUILD_SAME, /* the current build stays */
    FA_PREVIEW_BUILD_NEW,
    FA_PREVIEW_BUILD_UNKNOWN, /* a source has to be fetched first */
} FaPreviewBuild;

typedef struct FaPreview {
    GPtrArray *plan; /* of FaAssembled */
    FaPreviewBuild build;
    char *release;     /* (nullable) what was deployed there: it is only started */
    GPtrArray *edited; /* of char *: paths below etc/ that a person changed, added or removed */
} FaPreview;

void fa_preview_clear(FaPreview *preview);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(FaPreview, fa_preview_clear)

/* *ret_preview is the caller's to clear. */
bool fa_preview(FaContext *context, const FaChoice *choice, const FaUpOptions *options,
                FaPreview *ret_preview, GError **error);
