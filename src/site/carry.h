#pragma once
/*
 * The etc/ of a new build: what is rendered now, and what a person did to the etc/ of the build before.
 *
 * etc/.rendered/ (mode 0700) keeps what was rendered, so that the next build knows what was edited. Files that a person
 * put there are copied; an edited file that is not rendered any more is kept as NAME.bak.
 */
#include <glib.h>
#include <stdbool.h>

#include "site/edits.h"

#define FA_CARRY_FILE_MAX  ((size_t)16 << 20)
#define FA_CARRY_FILES_MAX 10000
#define FA_CARRY_DEPTH_MAX 32

typedef struct FaRendered {
    char *path; /* below etc/: COMPONENT/... */
    GBytes *content;
    bool is_private;    /* mode 0600: it holds a secret */
    bool is_executable; /* its template was */
} FaRendered;

/* @content is taken. */
FaRendered *fa_rendered_new(const char *path, GBytes *content, bool is_private, bool is_executable);
void fa_rendered_free(FaRendered *rendered);

typedef struct FaCarried {
    char *path;
    FaEditOutcome outcome;
    char *backup; /* (nullable) where the edited file was kept, below etc/ */
} FaCarried;

void fa_carried_free(FaCarried *carried);
/* Is any of @carried (of FaCarried) below @folder ("front") another file than before? */
bool fa_carried_is_changed_in(const GPtrArray *carried, const char *folder);

/* *ret_is_other: some file below @folder ("mariadb") is not in both of @before and @after, each an etc/, or is not the same. */
bool fa_carry_compare(const char *before, const char *after, const char *folder, bool *ret_is_other,
                      GError **error);

/* (transfer full) (nullable) The paths below @etc of all that a person changed, added or removed since it was written. */
GPtrArray *fa_carry_list_edited(const char *etc, GError **error);

/*
 * Writes @files (of FaRendered) into the new directory @etc; @old (nullable) is the etc/ of the build before, which is
 * only read. *ret_carried: of FaCarried, in the order of @files, then what else was carried over.
 */
bool fa_carry(const char *old, const char *etc, const GPtrArray *files, FaEdits *edits,
              GPtrArray **ret_carried, GError **error);
