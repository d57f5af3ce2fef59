#pragma once
/*
 * SQLite, loaded when the first ledger is opened: most commands open none, and start without it.
 */
#include <glib.h>
#include <sqlite3.h>
#include <stdbool.h>

#define FA_SQLITE_FUNCTIONS(X)                                                                     \
    X(bind_blob)                                                                                   \
    X(bind_int64)                                                                                  \
    X(bind_text)                                                                                   \
    X(busy_timeout)                                                                                \
    X(clear_bindings)                                                                              \
    X(close_v2)                                                                                    \
    X(column_blob)                                                                                 \
    X(column_bytes)                                                                                \
    X(column_int64)                                                                                \
    X(column_text)                                                                                 \
    X(db_config)                                                                                   \
    X(errmsg)                                                                                      \
    X(errstr)                                                                                      \
    X(exec)                                                                                        \
    X(extended_errcode)                                                                            \
    X(file_control)                                                                                \
    X(finalize)                                                                                    \
    X(get_autocommit)                                                                              \
    X(open_v2)                                                                                     \
    X(prepare_v3)                                                                                  \
    X(reset)                                                                                       \
    X(step)                                                                                        \
    X(system_errno)                                                                                \
    X(wal_checkpoint_v2)

/* Every function under its name without "sqlite3_". */
typedef struct FaSqliteLibrary {
    void *handle;
#define FA_SQLITE_MEMBER(name) __typeof__(&sqlite3_##name) name;
    FA_SQLITE_FUNCTIONS(FA_SQLITE_MEMBER)
#undef FA_SQLITE_MEMBER
} FaSqliteLibrary;

bool fa_sqlite_library_load(FaSqliteLibrary *library, GError **error);
void fa_sqlite_library_clear(FaSqliteLibrary *library);
