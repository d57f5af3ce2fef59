#pragma once
/*
 * Trees of data that may be in use, copied (site/backup.h).
 */
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "sys/cancel.h"

typedef struct FaBackupCount {
    uint64_t files;
    uint64_t databases;
    uint64_t bytes;
} FaBackupCount;

/* Adds to @count (nullable). What vanishes meanwhile is left out; @ret_is_there: was there anything at @from? */
bool fa_backup_copy(const char *from, const char *to, FaCancel *cancel, FaBackupCount *count,
                    bool *ret_is_there, GError **error);
/* (transfer full) (nullable) A digest over all of @directory: names, kinds, permissions and contents. */
char *fa_backup_digest(const char *directory, FaCancel *cancel, GError **error);
