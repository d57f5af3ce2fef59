#pragma once
/*
 * What is different in one component between two releases. Used by app/release.c, which has the type.
 */
#include "app/release.h"

/* (transfer full) A history that cannot be read is said in it, and holds nothing up. Revisions are nullable. */
FaChange *fa_change_new(FaContext *context, const char *component, const char *before,
                        const char *after, FaCancel *cancel);
/* (transfer none) A folder has no revision of its own: its content tells. @digest is nullable. */
const char *fa_change_tell_revision(const char *revision, const char *digest);
