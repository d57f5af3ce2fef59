#pragma once
/*
 * Copies of SQLite databases that may be in use: as each was at one moment, whoever writes meanwhile, by the library's own
 * online backup. The library is loaded when the first is copied.
 */
#include <glib.h>
#include <stdbool.h>

#include "sys/cancel.h"

/* By its first bytes. */
bool fa_sqlite_is_database(const char *path);
/* (transfer full) (nullable) The database that @path, named so beside it, belongs to: its log, its journal. */
char *fa_sqlite_find_owner(const char *path);
/*
 * Makes @to the same as @from. A @to that is there, and may be in use, is overwritten in a transaction of its own; one that
 * is not is made, for its owner alone. Who writes one without a write-ahead
 * log waits as long as the copy takes; with one nobody waits. CONFLICT when somebody keeps one locked.
 */
bool fa_sqlite_copy(const char *from, const char *to, FaCancel *cancel, GError **error);
