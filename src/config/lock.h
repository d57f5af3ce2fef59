#pragma once
/*
 * fassembler.lock: which exact revision each component is at, and the digest of what that gave. People commit it, so that
 * everyone builds the same.
 *
 * A header line, then one line a component, sorted: NAME KIND REVISION sha256:DIGEST, with `-` for a digest that is not
 * known yet. Blanks and '%' in a revision are written as %XX. Lines that begin with '#' and empty lines are skipped, and
 * not kept. What is printed and read again is the same.
 */
#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include "base/diag.h"
#include "base/digest.h"
#include "domain/recipe.h"

#define FA_LOCK_FILE_NAME "fassembler.lock"

typedef struct FaLockEntry {
    char *component;
    FaSourceKind kind;
    char *revision;
    FaDigest digest; /* zero: not known yet */
    FaPlace place;
} FaLockEntry;

typedef struct FaLockFile FaLockFile;

FaLockFile *fa_lock_file_new(void);
void fa_lock_file_free(FaLockFile *lock);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FaLockFile, fa_lock_file_free)

/*
 * (transfer full) (not nullable) What could be read of @text; mistakes go to @diags. @components (nullable,
 * NULL-ended) are the names that there are: another is an error. @file is interned by the caller.
 */
FaLockFile *fa_lock_file_parse(const char *text, size_t length, const char *file,
                               const char *const *components, FaDiags *diags);
/* (transfer full) */
char *fa_lock_file_format(const FaLockFile *lock);

/* (transfer full) (nullable) A file that is not there is an empty lock. Fails when the file cannot be read; mistakes in
 * it are in @diags only. */
FaLockFile *fa_lock_file_read(const char *path, const char *const *components, FaDiags *diags,
                              GError **error);
/* Whole or not at all; untouched when nothing changed. */
bool fa_lock_file_write(const FaLockFile *lock, const char *path, bool *ret_changed,
                        GError **error);

size_t fa_lock_file_count(const FaLockFile *lock);
/* (transfer none) (nullable) */
const FaLockEntry *fa_lock_file_find(const FaLockFile *lock, const char *component);
/* (transfer none) Sorted by name. */
const FaLockEntry *fa_lock_file_get(const FaLockFile *lock, size_t index);
/* Adds or replaces. @digest (nullable). */
void fa_lock_file_set(FaLockFile *lock, const char *component, FaSourceKind kind,
                      const char *revision, const FaDigest *digest);
/* False when it was not there. */
bool fa_lock_file_remove(FaLockFile *lock, const char *component);
