#pragma once
/*
 * The file of a ledger in SQLite: made whole or not at all, looked at before it is used, brought to this version.
 *
 *   PATH         0600, its owner's alone; WAL, so that readers never wait for a writer
 *   PATH-wal     what was appended last; belongs to PATH
 *   PATH.new     one that is being made; nobody's when PATH.lock is free
 */
#include <stdbool.h>

#include "ledger/sqlite-library.h"

typedef struct FaSqliteFile {
    FaSqliteLibrary library;
    sqlite3 *database;
    char *path;
} FaSqliteFile;

/* Clear it after a failure too. */
bool fa_sqlite_file_open(FaSqliteFile *file, const char *path, bool make, GError **error);
void fa_sqlite_file_clear(FaSqliteFile *file);

/* Sets @error for what SQLite said last, and returns false. @what: "append to", "read". */
bool fa_sqlite_file_fail(const FaSqliteFile *file, const char *what, GError **error);
bool fa_sqlite_file_run(FaSqliteFile *file, const char *sql, const char *what, GError **error);
/* (transfer full) (nullable) */
sqlite3_stmt *fa_sqlite_file_prepare(FaSqliteFile *file, const char *sql, const char *what,
                                     GError **error);
