#include "ledger/sqlite-file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "ledger/migrations.h"
#include "sys/fd.h"
#include "sys/fs.h"
#include "sys/lock.h"

#define BUSY_MS       10000
#define APPLICATION   "1178686244" /* "FAld": PRAGMA application_id */
#define HEADER_SIZE   100
#define PAGE_SIZE_AT  16
#define PAGE_COUNT_AT 28
#define NEWEST        ((sqlite3_int64)G_N_ELEMENTS(migrations))
#define SETTINGS                                                                                   \
    "PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA cell_size_check=ON; "                 \
    "PRAGMA cache_size=-16384; PRAGMA wal_autocheckpoint=8192;"

/* The n-th brings a ledger from version n to n + 1. They are only ever added to. */
static const char *const migrations[] = {fa_sqlite_1};

static const char *
reason_of(const FaSqliteFile *file, int code)
{
    if (code == SQLITE_FULL)
        return "the disk is full";
    return file->database != NULL ? file->library.errmsg(file->database)
                                  : file->library.errstr(code);
}

static bool
fail_with(const FaSqliteFile *file, int code, const char *what, GError **error)
{
    int number = file->database != NULL ? file->library.system_errno(file->database) : 0;
    switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return fa_fail(error, FA_ERROR_CONFLICT,
                       "cannot %s the ledger '%s': another process is writing to it", what,
                       file->path);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return fa_fail(error, FA_ERROR_FAILED,
                       "cannot %s the ledger '%s': the file is damaged\n"
                       "help: 'fassembler ledger verify' says where; 'ledger import' makes a new "
                       "one of what was exported",
                       what, file->path);
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return fa_fail(error, FA_ERROR_DENIED, "cannot %s the ledger '%s': %s", what, file->path,
                       reason_of(file, code));
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
        /* What could not be made or found is beside it: nobody is to think that there is no ledger. */
        if (number != 0 && number != ENOENT)
            return fa_fail_errno(error, number, "cannot %s the ledger '%s'", what, file->path);
        break;
    default:
        break;
    }
    return fa_fail(error, FA_ERROR_FAILED, "cannot %s the ledger '%s': %s", what, file->path,
                   reason_of(file, code));
}

bool
fa_sqlite_file_fail(const FaSqliteFile *file, const char *what, GError **error)
{
    return fail_with(file, file->library.extended_errcode(file->database), what, error);
}

bool
fa_sqlite_file_run(FaSqliteFile *file, const char *sql, const char *what, GError **error)
{
    int code = file->library.exec(file->database, sql, NULL, NULL, NULL);
    return code == SQLITE_OK || fail_with(file, code, what, error);
}

sqlite3_stmt *
fa_sqlite_file_prepare(FaSqliteFile *file, const char *sql, const char *what, GError **error)
{
    sqlite3_stmt *statement = NULL;
    int code = file->library.prepare_v3(file->database, sql, -1, SQLITE_PREPARE_PERSISTENT,
                                        &statement, NULL);
    if (code != SQLITE_OK)
        fail_with(file, code, what, error);
    return statement;
}

static bool
ask_number(FaSqliteFile *file, const char *sql, sqlite3_int64 *ret_number, GError **error)
{
    sqlite3_stmt *statement = fa_sqlite_file_prepare(file, sql, "open", error);
    if (statement == NULL)
        return false;
    int code = file->library.step(statement);
    sqlite3_int64 number = file->library.column_int64(statement, 0);
    file->library.finalize(statement);
    if (code != SQLITE_ROW)
        return fail_with(file, code, "open", error);
    *ret_number = number;
    return true;
}

static bool
connect_to(FaSqliteFile *file, const char *path, GError **error)
{
    FaSqliteLibrary *library = &file->library;
    int code =
        library->open_v2(path, &file->database,
                         SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
    if (code != SQLITE_OK)
        return fail_with(file, code, "open", error);
    library->busy_timeout(file->database, BUSY_MS);
    library->db_config(file->database, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    library->db_config(file->database, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    library->db_config(file->database, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    library->db_config(file->database, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
    return true;
}

static bool
migrate(FaSqliteFile *file, GError **error)
{
    sqlite3_int64 version = 0;
    if (!ask_number(file, "PRAGMA user_version", &version, error))
        return false;
    for (; version < NEWEST; version++) {
        g_autofree char *mark = g_strdup_printf("PRAGMA user_version=%d", (int)version + 1);
        if (!fa_sqlite_file_run(file, migrations[version], "update", error) ||
            !fa_sqlite_file_run(file, mark, "update", error))
            return false;
    }
    return true;
}

/* All of them or none. The version is asked for again inside: somebody else may have been first. */
static bool
migrate_whole(FaSqliteFile *file, GError **error)
{
    if (!fa_sqlite_file_run(file, "BEGIN IMMEDIATE", "update", error))
        return false;
    if (migrate(file, error) && fa_sqlite_file_run(file, "COMMIT", "update", error))
        return true;
    file->library.exec(file->database, "ROLLBACK", NULL, NULL, NULL);
    return false;
}

static bool
check_version(FaSqliteFile *file, GError **error)
{
    sqlite3_int64 application = 0, version = 0;
    if (!ask_number(file, "PRAGMA application_id", &application, error) ||
        !ask_number(file, "PRAGMA user_version", &version, error))
        return false;
    g_autofree char *is = g_strdup_printf("%" G_GINT64_FORMAT, (gint64)application);
    if (strcmp(is, APPLICATION) != 0 || version < 1)
        return fa_fail(error, FA_ERROR_FAILED, "'%s' is a database, but no ledger", file->path);
    if (version > NEWEST)
        return fa_fail(error, FA_ERROR_REFUSED,
                       "the ledger '%s' is of version %" G_GINT64_FORMAT
                       ", and this program knows those up to %" G_GINT64_FORMAT
                       "\nhelp: use the fassembler that wrote it, or a newer one",
                       file->path, (gint64)version, (gint64)NEWEST);
    return version == NEWEST || migrate_whole(file, error);
}

/* Through SQLite's own descriptor: closing another one of the same file would drop its locks. */
static bool
is_long_enough(FaSqliteFile *file)
{
    sqlite3_file *raw = NULL;
    unsigned char header[HEADER_SIZE];
    sqlite3_int64 size = 0;
    file->library.file_control(file->database, "main", SQLITE_FCNTL_FILE_POINTER, &raw);
    if (raw == NULL || raw->pMethods == NULL || raw->pMethods->xFileSize(raw, &size) != SQLITE_OK ||
        size < HEADER_SIZE || raw->pMethods->xRead(raw, header, HEADER_SIZE, 0) != SQLITE_OK)
        return false;

    sqlite3_int64 page = header[PAGE_SIZE_AT] << 8 | header[PAGE_SIZE_AT + 1];
    guint32 count;
    memcpy(&count, header + PAGE_COUNT_AT, sizeof count);
    return size >= (page == 1 ? 65536 : page) * (sqlite3_int64)GUINT32_FROM_BE(count);
}

/* A file may be shorter than it says while it is being written to; what it lacks is then in its log. */
static bool
check_length(FaSqliteFile *file, GError **error)
{
    int in_log = 0, moved = 0;
    if (is_long_enough(file))
        return true;
    /* The log is looked at with the first page that is read, which this one may be too short for as well. */
    file->library.exec(file->database, "SELECT count(*) FROM sqlite_schema", NULL, NULL, NULL);
    int code = file->library.wal_checkpoint_v2(file->database, "main", SQLITE_CHECKPOINT_PASSIVE,
                                               &in_log, &moved);
    if (is_long_enough(file) || (code == SQLITE_OK && moved < in_log))
        return true;
    if (code == SQLITE_FULL || (code & 0xff) == SQLITE_IOERR)
        return fail_with(file, code, "open", error);
    return fa_fail(error, FA_ERROR_FAILED,
                   "the ledger '%s' is truncated\n"
                   "help: 'ledger import' makes a new one of what was exported",
                   file->path);
}

static bool
check_owner(const char *path, const struct stat *status, GError **error)
{
    if (!S_ISREG(status->st_mode))
        return fa_fail(error, FA_ERROR_FAILED, "the ledger '%s' is no file", path);
    if (status->st_uid != geteuid())
        return fa_fail(error, FA_ERROR_DENIED,
                       "the ledger '%s' belongs to user %u, who alone may use it", path,
                       (unsigned)status->st_uid);
    if ((status->st_mode & 077) != 0 && chmod(path, 0600) != 0)
        return fa_fail_errno(error, errno, "cannot close '%s' to others", path);
    return true;
}

static void
remove_rests(const char *path)
{
    static const char *const ends[] = {"", "-journal", "-wal", "-shm"};
    for (size_t i = 0; i < G_N_ELEMENTS(ends); i++) {
        g_autofree char *rest = g_strconcat(path, ends[i], NULL);
        unlink(rest);
    }
}

/* It has no name that counts yet, so that nothing of it need be safe before it is whole. */
static bool
fill_new(FaSqliteFile *file, const char *path, GError **error)
{
    fa_autofd int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return fa_fail_errno(error, errno, "cannot make '%s'", path);
    bool is_filled = connect_to(file, path, error) &&
                     fa_sqlite_file_run(file,
                                        "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; "
                                        "PRAGMA application_id=" APPLICATION,
                                        "make", error) &&
                     migrate_whole(file, error) &&
                     fa_sqlite_file_run(file, "PRAGMA journal_mode=WAL", "make", error);
    file->library.close_v2(file->database);
    file->database = NULL;
    if (is_filled && fsync(fd) != 0)
        return fa_fail_errno(error, errno, "cannot write '%s'", path);
    return is_filled;
}

static bool
make_file(FaSqliteFile *file, GError **error)
{
    g_autofree char *lock_path = g_strconcat(file->path, ".lock", NULL);
    g_autofree char *new_path = g_strconcat(file->path, ".new", NULL);
    g_autofree char *log = g_strconcat(file->path, "-wal", NULL);
    g_autofree char *folder = g_path_get_dirname(file->path);
    struct stat status;

    g_autoptr(FaLock) lock = fa_lock_take(lock_path, FA_LOCK_EXCLUSIVE, "making the ledger", -1,
                                          NULL, NULL, NULL, error);
    if (lock == NULL)
        return false;
    if (fa_fs_exists(file->path))
        return true;
    if (stat(log, &status) == 0 && status.st_size > 0)
        return fa_fail(error, FA_ERROR_FAILED,
                       "the ledger '%s' is gone, but what was appended last is in '%s'", file->path,
                       log);
    remove_rests(new_path);
    bool is_made = fill_new(file, new_path, error);
    if (is_made && rename(new_path, file->path) != 0)
        is_made = fa_fail_errno(error, errno, "cannot make '%s'", file->path);
    if (!is_made)
        remove_rests(new_path);
    return is_made && fa_fs_sync_directory(folder, error);
}

bool
fa_sqlite_file_open(FaSqliteFile *file, const char *path, bool make, GError **error)
{
    struct stat status;
    file->path = g_strdup(path);
    bool is_there = stat(path, &status) == 0;
    if (!is_there && errno != ENOENT)
        return fa_fail_errno(error, errno, "cannot open the ledger '%s'", path);
    if (!is_there && !make)
        return fa_fail(error, FA_ERROR_NOT_FOUND, "no ledger '%s'", path);
    if (!fa_sqlite_library_load(&file->library, error) || (!is_there && !make_file(file, error)))
        return false;

    if (stat(path, &status) != 0)
        return fa_fail_errno(error, errno, "cannot open the ledger '%s'", path);
    return check_owner(path, &status, error) && connect_to(file, path, error) &&
           check_length(file, error) && fa_sqlite_file_run(file, SETTINGS, "open", error) &&
           check_version(file, error);
}

void
fa_sqlite_file_clear(FaSqliteFile *file)
{
    if (file->database != NULL)
        file->library.close_v2(file->database);
    file->database = NULL;
    fa_sqlite_library_clear(&file->library);
    g_clear_pointer(&file->path, g_free);
}
