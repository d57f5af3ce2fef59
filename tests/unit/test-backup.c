#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "site/backup.h"
#include "site/sqlite-copy.h"
#include "sys/fs.h"

/* An environment with the data of one component. */
typedef struct Fixture {
    char *root;
    FaLayout *layout;
    GPtrArray *paths;
    GArray *parts;
} Fixture;

static const char *const migrations[] = {"tasks/002-fold", NULL};
static const char *const elsewhere[] = {"the database 'tasks' on 'mariadb'", NULL};

static void
set_up(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    fixture->root = fa_fs_make_temporary(g_get_tmp_dir(), "fa-backup-", &error);
    g_assert_no_error(error);
    fixture->layout = fa_layout_new(fixture->root, "nyc", "live", fixture->root, &error);
    g_assert_no_error(error);
    g_assert_true(fa_layout_make(fixture->layout, &error));
    fixture->paths = g_ptr_array_new();
    g_ptr_array_add(fixture->paths, (gpointer) "uploads");
    g_ptr_array_add(fixture->paths, (gpointer) "tasks.db");
    const FaBackupPart part = {"tasks", fixture->paths, elsewhere};
    fixture->parts = g_array_new(FALSE, FALSE, sizeof(FaBackupPart));
    g_array_append_val(fixture->parts, part);
}

static void
tear_down(Fixture *fixture, gconstpointer data)
{
    fa_fs_remove_tree(fixture->root, NULL);
    g_free(fixture->root);
    fa_layout_free(fixture->layout);
    g_ptr_array_unref(fixture->paths);
    g_array_unref(fixture->parts);
}

static char *
path_of(const Fixture *fixture, const char *name)
{
    return g_build_filename(fixture->layout->data, "tasks", name, NULL);
}

static void
put(const Fixture *fixture, const char *name, const char *text)
{
    g_autofree char *path = path_of(fixture, name);
    g_autofree char *parent = g_path_get_dirname(path);
    g_assert_true(fa_fs_make_directory(parent, 0755, NULL));
    g_assert_true(fa_fs_write(path, text, strlen(text), 0640, FA_WRITE_NONE, NULL));
}

static char *
get(const Fixture *fixture, const char *name)
{
    g_autofree char *path = path_of(fixture, name);
    char *text = NULL;
    return fa_fs_read(path, 1000, &text, NULL, NULL) ? text : NULL;
}

static sqlite3 *
open_tasks(const Fixture *fixture, const char *sql)
{
    g_autofree char *path = path_of(fixture, "tasks.db");
    g_autofree char *parent = g_path_get_dirname(path);
    sqlite3 *database = NULL;
    g_assert_true(fa_fs_make_directory(parent, 0755, NULL));
    g_assert_cmpint(sqlite3_open(path, &database), ==, SQLITE_OK);
    sqlite3_busy_timeout(database, 10000);
    g_assert_cmpint(sqlite3_exec(database, sql, NULL, NULL, NULL), ==, SQLITE_OK);
    return database;
}

static int
count_rows(sqlite3 *database, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    g_assert_cmpint(sqlite3_prepare_v2(database, sql, -1, &statement, NULL), ==, SQLITE_OK);
    g_assert_cmpint(sqlite3_step(statement), ==, SQLITE_ROW);
    int count = sqlite3_column_int(statement, 0);
    sqlite3_finalize(statement);
    return count;
}

static FaBackup *
make(const Fixture *fixture, const char *id, GError **error)
{
    const FaBackupRequest request = {.layout = fixture->layout,
                                     .id = id,
                                     .deployment = "d7",
                                     .migrations = migrations,
                                     .parts = fixture->parts,
                                     .now = 1700000000};
    return fa_backup_make(&request, error);
}

static mode_t
mode_of(const char *path)
{
    struct stat status;
    g_assert_cmpint(stat(path, &status), ==, 0);
    return status.st_mode & 07777;
}

/* What was changed, removed and added since is as it was; an open database sees it. */
static void
test_whole(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    put(fixture, "uploads/a/one", "first");
    put(fixture, "uploads/two", "second");
    sqlite3 *database = open_tasks(fixture, "PRAGMA journal_mode = WAL; CREATE TABLE t (n);"
                                            "INSERT INTO t VALUES (1), (2)");
    g_autoptr(FaBackup) backup = make(fixture, "d7-before", &error);
    g_assert_no_error(error);
    g_assert_cmpuint(mode_of(backup->path), ==, 0700);
    g_autofree char *record = g_build_filename(backup->path, "backup.json", NULL);
    g_assert_cmpuint(mode_of(record), ==, 0600);
    g_assert_true(fa_backup_has(backup, "tasks"));
    g_assert_false(fa_backup_has(backup, "wiki"));

    put(fixture, "uploads/a/one", "changed");
    put(fixture, "uploads/three", "new");
    g_autofree char *gone = path_of(fixture, "uploads/two");
    g_assert_cmpint(unlink(gone), ==, 0);
    g_assert_cmpint(
        sqlite3_exec(database, "DELETE FROM t; ALTER TABLE t ADD COLUMN m", NULL, NULL, NULL), ==,
        SQLITE_OK);
    /* Put back twice is put back. */
    for (int i = 0; i < 2; i++) {
        g_assert_true(fa_backup_restore(backup, fixture->layout, "tasks", NULL, &error));
        g_assert_no_error(error);
        g_autofree char *one = get(fixture, "uploads/a/one"), *two = get(fixture, "uploads/two"),
                        *three = get(fixture, "uploads/three");
        g_assert_cmpstr(one, ==, "first");
        g_assert_cmpstr(two, ==, "second");
        g_assert_null(three);
        g_assert_cmpuint(mode_of(gone), ==, 0640);
        g_assert_cmpint(count_rows(database, "SELECT sum(n) FROM t"), ==, 3);
        g_assert_cmpint(count_rows(database, "SELECT count(*) FROM pragma_table_info('t')"), ==, 1);
    }
    sqlite3_close(database);
}

/* What was not there is not there again. */
static void
test_nothing(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(FaBackup) backup = make(fixture, "d7-before", &error);
    g_assert_no_error(error);
    put(fixture, "uploads/one", "first");
    sqlite3_close(open_tasks(fixture, "CREATE TABLE t (n)"));
    g_assert_true(fa_backup_restore(backup, fixture->layout, "tasks", NULL, &error));
    g_autofree char *uploads = path_of(fixture, "uploads"), *tasks = path_of(fixture, "tasks.db");
    g_assert_false(fa_fs_exists(uploads));
    g_assert_false(fa_fs_exists(tasks));
}

/* A database that nobody can read any more is replaced; a log of the broken one must not be played into the good one. */
static void
test_broken_database(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    sqlite3_close(open_tasks(fixture, "CREATE TABLE t (n); INSERT INTO t VALUES (5)"));
    g_autoptr(FaBackup) backup = make(fixture, "d7-before", &error);
    g_assert_no_error(error);
    put(fixture, "tasks.db", "SQLite format 3");
    put(fixture, "tasks.db-journal", "rubbish");
    g_assert_true(fa_backup_restore(backup, fixture->layout, "tasks", NULL, &error));
    g_assert_no_error(error);
    sqlite3 *database = open_tasks(fixture, "");
    g_assert_cmpint(count_rows(database, "SELECT n FROM t"), ==, 5);
    sqlite3_close(database);
}

/* The same id is the same backup: it is not made again from what was changed since. */
static void
test_again(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    put(fixture, "uploads/one", "first");
    g_autoptr(FaBackup) first = make(fixture, "d7-before", &error);
    put(fixture, "uploads/one", "second");
    g_autoptr(FaBackup) second = make(fixture, "d7-before", &error);
    g_assert_no_error(error);
    g_assert_cmpstr(first->digest, ==, second->digest);
    g_autoptr(FaBackup) third = make(fixture, "d8-before", &error);
    g_assert_cmpstr(first->digest, !=, third->digest);
    g_autoptr(GPtrArray) list = fa_backup_list(fixture->root, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(list->len, ==, 2);
    g_assert_cmpstr(((FaBackup *)g_ptr_array_index(list, 0))->id, ==, "d8-before");
    g_assert_true(fa_backup_remove(third, &error));
    g_autoptr(FaBackup) gone = fa_backup_open(fixture->layout, "d8-before", &error);
    g_assert_null(gone);
    g_assert_error(error, FA_ERROR, FA_ERROR_NOT_FOUND);
}

/* Nothing is touched by a backup that is not what it was. */
static void
test_damaged(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    put(fixture, "uploads/one", "first");
    g_autoptr(FaBackup) backup = make(fixture, "d7-before", &error);
    g_assert_no_error(error);
    put(fixture, "uploads/one", "second");
    g_autofree char *path = g_build_filename(backup->path, "tasks/uploads/one", NULL);
    g_assert_true(fa_fs_write(path, "firsd", 5, 0640, FA_WRITE_NONE, NULL));
    g_assert_false(fa_backup_restore(backup, fixture->layout, "tasks", NULL, &error));
    g_assert_error(error, FA_ERROR, FA_ERROR_FAILED);
    g_assert_nonnull(strstr(error->message, "damaged"));
    g_autofree char *one = get(fixture, "uploads/one");
    g_assert_cmpstr(one, ==, "second");
}

/* A leftover of somebody who was killed is not in the way, and is no backup. */
static void
test_leftover(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *left =
        g_build_filename(fixture->root, "backups/nyc/live/.d7-before-abc", NULL);
    g_assert_true(fa_fs_make_directory(left, 0700, NULL));
    g_autoptr(GPtrArray) list = fa_backup_list(fixture->root, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(list->len, ==, 0);
    g_autoptr(FaBackup) backup = make(fixture, "d7-before", &error);
    g_assert_no_error(error);
    g_assert_false(fa_fs_exists(left));
}

typedef struct Writer {
    const Fixture *fixture;
    atomic_bool is_over;
    atomic_int written;
} Writer;

/* Two tables that are equal at each moment. */
static void *
write_on(void *data)
{
    Writer *writer = data;
    sqlite3 *database = open_tasks(writer->fixture, "");
    while (!atomic_load(&writer->is_over)) {
        int status = sqlite3_exec(database,
                                  "BEGIN IMMEDIATE; INSERT INTO a VALUES (zeroblob(3000));"
                                  "INSERT INTO b VALUES (zeroblob(3000)); COMMIT",
                                  NULL, NULL, NULL);
        g_assert_cmpint(status, ==, SQLITE_OK);
        atomic_fetch_add(&writer->written, 1);
    }
    sqlite3_close(database);
    return NULL;
}

/* A law: however somebody writes, a copy is of one moment, and no write fails. */
static void
test_writer(Fixture *fixture, gconstpointer data)
{
    const char *mode = data;
    g_autofree char *sql =
        g_strdup_printf("PRAGMA journal_mode = %s; CREATE TABLE a (x); CREATE TABLE b (x);", mode);
    sqlite3 *database = open_tasks(fixture, sql);
    Writer writer = {.fixture = fixture};
    pthread_t thread;
    g_assert_cmpint(pthread_create(&thread, NULL, write_on, &writer), ==, 0);
    for (int i = 0; i < 5; i++) {
        g_autoptr(GError) error = NULL;
        int before = atomic_load(&writer.written);
        while (atomic_load(&writer.written) == before)
            sched_yield();
        g_autofree char *id = g_strdup_printf("d%d-before", i);
        g_autoptr(FaBackup) backup = make(fixture, id, &error);
        g_assert_no_error(error);
        g_autofree char *path = g_build_filename(backup->path, "tasks/tasks.db", NULL);
        sqlite3 *copy = NULL;
        g_assert_cmpint(sqlite3_open_v2(path, &copy, SQLITE_OPEN_READONLY, NULL), ==, SQLITE_OK);
        int rows = count_rows(copy, "SELECT count(*) FROM a");
        g_assert_cmpint(rows, >, before);
        g_assert_cmpint(count_rows(copy, "SELECT count(*) FROM b"), ==, rows);
        sqlite3_close(copy);
    }
    atomic_store(&writer.is_over, true);
    pthread_join(thread, NULL);
    sqlite3_close(database);
}

int
main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*run)(Fixture *fixture, gconstpointer data);
        const char *data;
    } tests[] = {
        {"what-was-saved-comes-back-whole", test_whole, NULL},
        {"what-was-not-there-is-gone-again", test_nothing, NULL},
        {"a-database-that-cannot-be-read-is-replaced", test_broken_database, NULL},
        {"one-id-is-one-backup", test_again, NULL},
        {"a-damaged-backup-touches-nothing", test_damaged, NULL},
        {"what-was-half-made-is-no-backup", test_leftover, NULL},
        {"a-copy-is-of-one-moment-however-somebody-writes", test_writer, "WAL"},
        {"a-copy-is-of-one-moment-with-a-journal-too", test_writer, "DELETE"},
    };
    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(tests); i++) {
        g_autofree char *path = g_strconcat("/backup/", tests[i].name, NULL);
        g_test_add_vtable(path, sizeof(Fixture), tests[i].data,
                          (GTestFixtureFunc)(void (*)(void))set_up,
                          (GTestFixtureFunc)(void (*)(void))tests[i].run,
                          (GTestFixtureFunc)(void (*)(void))tear_down);
    }
    return g_test_run();
}
