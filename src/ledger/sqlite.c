#include <string.h>

#include "base/error.h"
#include "ledger/backend.h"
#include "ledger/sqlite-file.h"

typedef enum Statement {
    STATEMENT_BEGIN_READING,
    STATEMENT_BEGIN_WRITING,
    STATEMENT_COMMIT,
    STATEMENT_GET_HEAD,
    STATEMENT_SET_HEAD,
    STATEMENT_ADD,
    STATEMENT_SAVE,
    STATEMENT_LOAD,
    STATEMENT_DROP,
    STATEMENT_COUNT,
} Statement;

static const char *const statements[] = {
    [STATEMENT_BEGIN_READING] = "BEGIN",
    [STATEMENT_BEGIN_WRITING] = "BEGIN IMMEDIATE",
    [STATEMENT_COMMIT] = "COMMIT",
    [STATEMENT_GET_HEAD] = "SELECT position, hash FROM head WHERE id = 1",
    [STATEMENT_SET_HEAD] = "UPDATE head SET position = ?1, hash = ?2 WHERE id = 1",
    [STATEMENT_ADD] = "INSERT INTO event (position, time, actor, kind, version, subject, payload, "
                      "hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    [STATEMENT_SAVE] = "INSERT INTO snapshot (fold, version, position, hash, state) "
                       "VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (fold) DO UPDATE SET version = "
                       "excluded.version, position = excluded.position, hash = excluded.hash, "
                       "state = excluded.state",
    [STATEMENT_LOAD] = "SELECT version, position, hash, state FROM snapshot WHERE fold = ?1",
    [STATEMENT_DROP] = "DELETE FROM snapshot",
};

typedef struct Sqlite {
    FaSqliteFile file;
    sqlite3_stmt *prepared[STATEMENT_COUNT]; /* each when it is first used */
} Sqlite;

/* (transfer none) (nullable) Ready to be bound. */
static sqlite3_stmt *
get(Sqlite *self, Statement which, const char *what, GError **error)
{
    if (self->prepared[which] == NULL)
        self->prepared[which] = fa_sqlite_file_prepare(&self->file, statements[which], what, error);
    return self->prepared[which];
}

/* Runs what answers nothing. */
static bool
run(Sqlite *self, sqlite3_stmt *statement, const char *what, GError **error)
{
    bool is_done = self->file.library.step(statement) == SQLITE_DONE ||
                   fa_sqlite_file_fail(&self->file, what, error);
    self->file.library.reset(statement);
    self->file.library.clear_bindings(statement);
    return is_done;
}

static bool
run_plain(Sqlite *self, Statement which, const char *what, GError **error)
{
    sqlite3_stmt *statement = get(self, which, what, error);
    return statement != NULL && run(self, statement, what, error);
}

/* What is bound is borrowed: it stays until the statement was run. */
static void
bind_text(Sqlite *self, sqlite3_stmt *statement, int at, const char *text)
{
    self->file.library.bind_text(statement, at, text, (int)strlen(text), SQLITE_STATIC);
}

static void
bind_number(Sqlite *self, sqlite3_stmt *statement, int at, uint64_t number)
{
    self->file.library.bind_int64(statement, at, (sqlite3_int64)number);
}

static void
bind_digest(Sqlite *self, sqlite3_stmt *statement, int at, const FaDigest *digest)
{
    self->file.library.bind_blob(statement, at, digest->bytes, FA_DIGEST_SIZE, SQLITE_STATIC);
}

static bool
begin(void *data, FaLedgerAccess access, GError **error)
{
    bool is_writing = access == FA_LEDGER_WRITING;
    return run_plain(data, is_writing ? STATEMENT_BEGIN_WRITING : STATEMENT_BEGIN_READING,
                     is_writing ? "append to" : "read", error);
}

static bool
end(void *data, bool keep, GError **error)
{
    Sqlite *self = data;
    if (keep && run_plain(self, STATEMENT_COMMIT, "append to", error))
        return true;
    if (!self->file.library.get_autocommit(self->file.database))
        self->file.library.exec(self->file.database, "ROLLBACK", NULL, NULL, NULL);
    return !keep;
}

static bool
column_digest(Sqlite *self, sqlite3_stmt *statement, int at, FaDigest *ret_digest)
{
    const void *bytes = self->file.library.column_blob(statement, at);
    if (bytes == NULL || self->file.library.column_bytes(statement, at) != FA_DIGEST_SIZE)
        return false;
    memcpy(ret_digest->bytes, bytes, FA_DIGEST_SIZE);
    return true;
}

static bool
fail_damaged(const Sqlite *self, const char *what, GError **error)
{
    return fa_fail(error, FA_ERROR_FAILED, "%s of the ledger '%s' is damaged", what,
                   self->file.path);
}

static bool
get_head(void *data, FaLedgerHead *ret_head, GError **error)
{
    Sqlite *self = data;
    const FaSqliteLibrary *library = &self->file.library;
    sqlite3_stmt *statement = get(self, STATEMENT_GET_HEAD, "read", error);
    FaLedgerHead head = {0};
    bool is_good = false;
    if (statement == NULL)
        return false;

    int code = library->step(statement);
    if (code == SQLITE_ROW) {
        head.position = (uint64_t)library->column_int64(statement, 0);
        is_good = column_digest(self, statement, 1, &head.hash) && head.position <= INT64_MAX;
    }
    is_good = is_good || (code == SQLITE_ROW || code == SQLITE_DONE
                              ? fail_damaged(self, "the head", error)
                              : fa_sqlite_file_fail(&self->file, "read", error));
    library->reset(statement);
    if (is_good)
        *ret_head = head;
    return is_good;
}

static bool
set_head(void *data, const FaLedgerHead *head, GError **error)
{
    Sqlite *self = data;
    sqlite3_stmt *statement = get(self, STATEMENT_SET_HEAD, "append to", error);
    if (statement == NULL)
        return false;
    bind_number(self, statement, 1, head->position);
    bind_digest(self, statement, 2, &head->hash);
    return run(self, statement, "append to", error);
}

static bool
add(void *data, const FaEvent *event, GError **error)
{
    Sqlite *self = data;
    sqlite3_stmt *statement = get(self, STATEMENT_ADD, "append to", error);
    if (statement == NULL)
        return false;
    bind_number(self, statement, 1, event->position);
    bind_number(self, statement, 2, (uint64_t)event->time);
    bind_text(self, statement, 3, event->actor);
    bind_text(self, statement, 4, event->kind);
    bind_number(self, statement, 5, event->version);
    bind_text(self, statement, 6, event->subject);
    bind_text(self, statement, 7, event->payload);
    bind_digest(self, statement, 8, &event->hash);
    return run(self, statement, "append to", error);
}

/* NULL for what no event has: no text, or one that goes on behind a NUL. */
static const char *
column_text(Sqlite *self, sqlite3_stmt *row, int at)
{
    const char *text = (const char *)self->file.library.column_text(row, at);
    return text != NULL && strlen(text) == (size_t)self->file.library.column_bytes(row, at) ? text
                                                                                            : NULL;
}

/* The columns are as in `columns`; whatever somebody made of the file, only what an event can hold comes out. */
static bool
read_row(Sqlite *self, sqlite3_stmt *row, FaEvent *ret_event)
{
    const FaSqliteLibrary *library = &self->file.library;
    sqlite3_int64 position = library->column_int64(row, 0), version = library->column_int64(row, 4);
    FaEvent event = {
        .position = (uint64_t)position,
        .time = library->column_int64(row, 1),
        .actor = column_text(self, row, 2),
        .kind = column_text(self, row, 3),
        .version = (unsigned)version,
        .subject = column_text(self, row, 5),
        .payload = column_text(self, row, 6),
    };
    if (position < 1 || version < 1 || version > G_MAXINT || event.time < 0 ||
        event.time > FA_TIME_MAX || event.actor == NULL || event.kind == NULL ||
        event.subject == NULL || event.payload == NULL || !column_digest(self, row, 7, &event.hash))
        return false;
    *ret_event = event;
    return true;
}

/* (transfer full) Parts of a statement, none of which is anybody's text. */
static char *
query_text(const FaLedgerQuery *query)
{
    return g_strconcat(
        "SELECT position, time, actor, kind, version, subject, payload, hash FROM event WHERE "
        "position > ?1",
        query->subject != NULL ? " AND subject = ?2" : "",
        query->kind != NULL ? " AND kind = ?3" : "", " ORDER BY position",
        query->is_backward ? " DESC" : "", query->limit > 0 ? " LIMIT ?4" : "", NULL);
}

static bool
read_rows(Sqlite *self, sqlite3_stmt *statement, FaLedgerFunc each, void *data, GError **error)
{
    for (;;) {
        FaEvent event;
        int code = self->file.library.step(statement);
        if (code == SQLITE_DONE)
            return true;
        if (code != SQLITE_ROW)
            return fa_sqlite_file_fail(&self->file, "read", error);
        if (!read_row(self, statement, &event))
            return fail_damaged(self, "an event", error);
        if (!each(&event, data, error))
            return false;
    }
}

static bool
read_events(void *data, const FaLedgerQuery *query, FaLedgerFunc each, void *each_data,
            GError **error)
{
    Sqlite *self = data;
    g_autofree char *sql = query_text(query);
    sqlite3_stmt *statement = fa_sqlite_file_prepare(&self->file, sql, "read", error);
    if (statement == NULL)
        return false;

    bind_number(self, statement, 1, MIN(query->after, INT64_MAX));
    if (query->subject != NULL)
        bind_text(self, statement, 2, query->subject);
    if (query->kind != NULL)
        bind_text(self, statement, 3, query->kind);
    if (query->limit > 0)
        bind_number(self, statement, 4, MIN(query->limit, INT64_MAX));
    bool is_read = read_rows(self, statement, each, each_data, error);
    self->file.library.finalize(statement);
    return is_read;
}

static bool
save(void *data, const char *fold, const FaLedgerSnapshot *snapshot, GError **error)
{
    Sqlite *self = data;
    gsize size;
    const void *state = g_bytes_get_data(snapshot->state, &size);
    sqlite3_stmt *statement = get(self, STATEMENT_SAVE, "append to", error);
    if (statement == NULL)
        return false;
    bind_text(self, statement, 1, fold);
    bind_number(self, statement, 2, snapshot->version);
    bind_number(self, statement, 3, snapshot->head.position);
    bind_digest(self, statement, 4, &snapshot->head.hash);
    self->file.library.bind_blob(statement, 5, size > 0 ? state : "", (int)size, SQLITE_STATIC);
    return run(self, statement, "append to", error);
}

/* What is wrong with one counts as none: it is made again. */
static void
read_snapshot(Sqlite *self, sqlite3_stmt *row, FaLedgerSnapshot *ret_snapshot)
{
    const FaSqliteLibrary *library = &self->file.library;
    FaLedgerSnapshot snapshot = {
        .version = (unsigned)library->column_int64(row, 0),
        .head.position = (uint64_t)library->column_int64(row, 1),
    };
    const void *state = library->column_blob(row, 3);
    if (!column_digest(self, row, 2, &snapshot.head.hash) || snapshot.head.position > INT64_MAX)
        return;
    snapshot.state = g_bytes_new(state, (gsize)library->column_bytes(row, 3));
    *ret_snapshot = snapshot;
}

static bool
load(void *data, const char *fold, FaLedgerSnapshot *ret_snapshot, GError **error)
{
    Sqlite *self = data;
    sqlite3_stmt *statement = get(self, STATEMENT_LOAD, "read", error);
    if (statement == NULL)
        return false;
    bind_text(self, statement, 1, fold);
    int code = self->file.library.step(statement);
    if (code == SQLITE_ROW)
        read_snapshot(self, statement, ret_snapshot);
    bool is_read = code == SQLITE_ROW || code == SQLITE_DONE ||
                   fa_sqlite_file_fail(&self->file, "read", error);
    self->file.library.reset(statement);
    self->file.library.clear_bindings(statement);
    return is_read;
}

static bool
drop(void *data, GError **error)
{
    return run_plain(data, STATEMENT_DROP, "append to", error);
}

static void
free_sqlite(void *data)
{
    Sqlite *self = data;
    for (size_t i = 0; i < STATEMENT_COUNT; i++) {
        if (self->prepared[i] != NULL)
            self->file.library.finalize(self->prepared[i]);
    }
    fa_sqlite_file_clear(&self->file);
    g_free(self);
}

FaLedger *
fa_ledger_open_sqlite(const char *path, bool make, GError **error)
{
    static const FaLedgerBackend backend = {
        .begin = begin,
        .end = end,
        .get_head = get_head,
        .set_head = set_head,
        .add = add,
        .read = read_events,
        .save = save,
        .load = load,
        .drop = drop,
        .free = free_sqlite,
    };
    Sqlite *self = g_new0(Sqlite, 1);
    if (fa_sqlite_file_open(&self->file, path, make, error))
        return fa_ledger_new(&backend, self);
    free_sqlite(self);
    return NULL;
}
