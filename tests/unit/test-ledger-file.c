#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "ledger/ledger.h"
#include "sys/fs.h"

/* What can be wrong with the file of a ledger, and what somebody else may do to it by SQLite's own means. */
typedef struct Fixture {
    char *root;
    char *path;
} Fixture;

static void
append(FaLedger *ledger, unsigned count)
{
    FaLedgerHead head;
    g_assert_true(fa_ledger_get_head(ledger, &head, NULL));
    for (unsigned i = 0; i < count; i++) {
        const FaEvent event = {.time = 1000 + i,
                               .actor = "ana",
                               .kind = "environment.down",
                               .version = 1,
                               .subject = i % 2 == 0 ? "dev.a" : "dev.b",
                               .payload = "{\"build\":\"dev-1\"}"};
        g_autoptr(GError) error = NULL;
        g_assert_true(fa_ledger_append(ledger, head.position, &event, 1, &head, &error));
    }
}

static void
set_up(Fixture *fixture, gconstpointer data)
{
    fixture->root = fa_fs_make_temporary(g_get_tmp_dir(), "test-ledger-file-", NULL);
    g_assert_nonnull(fixture->root);
    fixture->path = g_build_filename(fixture->root, "ledger.db", NULL);
    g_autoptr(FaLedger) ledger = fa_ledger_open(fixture->path, true, NULL);
    g_assert_nonnull(ledger);
    append(ledger, 10);
}

static void
tear_down(Fixture *fixture, gconstpointer data)
{
    g_assert_true(fa_fs_remove_tree(fixture->root, NULL));
    g_free(fixture->root);
    g_free(fixture->path);
}

static void
change(const Fixture *fixture, const char *sql)
{
    sqlite3 *database = NULL;
    char *message = NULL;
    g_assert_cmpint(sqlite3_open(fixture->path, &database), ==, SQLITE_OK);
    sqlite3_exec(database, sql, NULL, NULL, &message);
    g_assert_cmpstr(message, ==, NULL);
    g_assert_cmpint(sqlite3_close(database), ==, SQLITE_OK);
}

#define UNLOCK "DROP TRIGGER event_never_changes; DROP TRIGGER event_never_goes; "

static void
assert_flaw(const Fixture *fixture, FaLedgerFlaw flaw, uint64_t position)
{
    g_autoptr(GError) error = NULL;
    g_auto(FaLedgerReport) report = {0};
    g_autoptr(FaLedger) ledger = fa_ledger_open(fixture->path, false, &error);
    g_assert_no_error(error);
    g_assert_true(fa_ledger_verify(ledger, NULL, &report, &error));
    g_assert_cmpstr(fa_ledger_flaw_to_string(report.flaw), ==, fa_ledger_flaw_to_string(flaw));
    g_assert_cmpuint(report.position, ==, position);
}

static void
assert_not_opened(const char *path, FaErrorCode code, const char *because)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(FaLedger) ledger = fa_ledger_open(path, true, &error);
    g_assert_null(ledger);
    if (!fa_error_is(error, code) || strstr(error->message, because) == NULL)
        g_error("'%s' (%d) is not '%s'", error->message, error->code, because);
}

static void
test_changed(Fixture *fixture, gconstpointer data)
{
    static const char *const changes[] = {
        "actor = 'eva'",
        "kind = 'environment.up'",
        "subject = 'live.a'",
        "payload = '{}'",
        "payload = cast(payload || x'00' || 'more' AS text)",
        "time = time + 1",
        "time = 9e15",
        "version = 2",
        "hash = zeroblob(32)",
    };
    change(fixture, UNLOCK);
    assert_flaw(fixture, FA_LEDGER_FLAW_NONE, 0);
    for (size_t i = 0; i < G_N_ELEMENTS(changes); i++) {
        g_autofree char *sql =
            g_strdup_printf("CREATE TABLE kept AS SELECT * FROM event WHERE position = 4; "
                            "UPDATE event SET %s WHERE position = 4",
                            changes[i]);
        bool is_unreadable =
            strstr(changes[i], "more") != NULL || strstr(changes[i], "9e15") != NULL;
        change(fixture, sql);
        assert_flaw(fixture, is_unreadable ? FA_LEDGER_FLAW_UNREADABLE : FA_LEDGER_FLAW_CHANGED, 4);
        change(fixture, "REPLACE INTO event SELECT * FROM kept; DROP TABLE kept");
        assert_flaw(fixture, FA_LEDGER_FLAW_NONE, 0);
    }
}

static void
test_missing(Fixture *fixture, gconstpointer data)
{
    change(fixture, UNLOCK "DELETE FROM event WHERE position = 10");
    assert_flaw(fixture, FA_LEDGER_FLAW_MISSING, 10);
    change(fixture, "DELETE FROM event WHERE position = 5");
    assert_flaw(fixture, FA_LEDGER_FLAW_MISSING, 5);
    /* Who closes the gap is found all the same. */
    change(fixture, "UPDATE event SET position = position - 1 WHERE position > 5");
    assert_flaw(fixture, FA_LEDGER_FLAW_CHANGED, 5);
    change(fixture, "DELETE FROM event");
    assert_flaw(fixture, FA_LEDGER_FLAW_MISSING, 1);
}

static void
test_reordered(Fixture *fixture, gconstpointer data)
{
    change(fixture, UNLOCK "UPDATE event SET position = 99 WHERE position = 3; "
                           "UPDATE event SET position = 3 WHERE position = 4; "
                           "UPDATE event SET position = 4 WHERE position = 99");
    assert_flaw(fixture, FA_LEDGER_FLAW_CHANGED, 3);
}

static void
test_added(Fixture *fixture, gconstpointer data)
{
    change(fixture, "INSERT INTO event SELECT 11, time, actor, kind, version, subject, payload, "
                    "hash FROM event WHERE position = 10");
    assert_flaw(fixture, FA_LEDGER_FLAW_CHANGED, 11);
    change(fixture, UNLOCK "DELETE FROM event WHERE position = 11; "
                           "UPDATE head SET position = 9, hash = (SELECT hash FROM event WHERE "
                           "position = 9)");
    assert_flaw(fixture, FA_LEDGER_FLAW_CHANGED, 10);
}

static void
test_locked(Fixture *fixture, gconstpointer data)
{
    static const char *const changes[] = {"UPDATE event SET actor = 'eva'", "DELETE FROM event"};
    sqlite3 *database = NULL;
    g_assert_cmpint(sqlite3_open(fixture->path, &database), ==, SQLITE_OK);
    for (size_t i = 0; i < G_N_ELEMENTS(changes); i++)
        g_assert_cmpint(sqlite3_exec(database, changes[i], NULL, NULL, NULL), ==,
                        SQLITE_CONSTRAINT);
    sqlite3_close(database);
    assert_flaw(fixture, FA_LEDGER_FLAW_NONE, 0);
}

/* A snapshot of a history that was exchanged is not taken for one of this. */
static void
test_other_history(Fixture *fixture, gconstpointer data)
{
    uint64_t position = 99;
    g_autoptr(GBytes) state = g_bytes_new_static("abc", 3), found = NULL;
    g_autoptr(FaLedger) ledger = fa_ledger_open(fixture->path, false, NULL);
    g_assert_true(fa_ledger_save_snapshot(ledger, "board", 1, 5, state, NULL));
    change(fixture, UNLOCK "UPDATE event SET hash = zeroblob(32) WHERE position = 5");
    g_assert_true(fa_ledger_load_snapshot(ledger, "board", 1, &position, &found, NULL));
    g_assert_null(found);
    g_assert_cmpuint(position, ==, 0);
}

static void
test_truncated(Fixture *fixture, gconstpointer data)
{
    struct stat status;
    g_assert_cmpint(stat(fixture->path, &status), ==, 0);
    for (off_t size = status.st_size - 1; size >= 0; size -= MIN(size, 777) + (size == 0)) {
        g_assert_cmpint(truncate(fixture->path, size), ==, 0);
        assert_not_opened(fixture->path, FA_ERROR_FAILED, "truncated");
    }
}

static void
test_newer(Fixture *fixture, gconstpointer data)
{
    change(fixture, "PRAGMA user_version = 99");
    assert_not_opened(fixture->path, FA_ERROR_REFUSED, "is of version 99");
}

static void
test_no_ledger(Fixture *fixture, gconstpointer data)
{
    g_autofree char *other = g_build_filename(fixture->root, "other.db", NULL);
    g_autofree char *text = g_build_filename(fixture->root, "text.db", NULL);
    g_autofree char *content = g_strnfill(5000, 'x');
    g_autoptr(GError) error = NULL;
    change(fixture, "PRAGMA application_id = 0");
    assert_not_opened(fixture->path, FA_ERROR_FAILED, "no ledger");
    g_assert_true(fa_fs_write(text, content, 5000, 0600, FA_WRITE_NONE, NULL));
    assert_not_opened(text, FA_ERROR_FAILED, "");
    assert_not_opened(fixture->root, FA_ERROR_FAILED, "no file");
    g_autoptr(FaLedger) none = fa_ledger_open(other, false, &error);
    g_assert_null(none);
    g_assert_true(fa_error_is(error, FA_ERROR_NOT_FOUND));
    g_assert_false(fa_fs_exists(other));
}

static void
test_mode(Fixture *fixture, gconstpointer data)
{
    struct stat status;
    g_assert_cmpint(stat(fixture->path, &status), ==, 0);
    g_assert_cmpint(status.st_mode & 07777, ==, 0600);
    g_assert_cmpint(chmod(fixture->path, 0644), ==, 0);
    g_autoptr(FaLedger) ledger = fa_ledger_open(fixture->path, false, NULL);
    g_assert_nonnull(ledger);
    append(ledger, 1);
    g_assert_cmpint(stat(fixture->path, &status), ==, 0);
    g_assert_cmpint(status.st_mode & 07777, ==, 0600);
    g_autofree char *log = g_strconcat(fixture->path, "-wal", NULL);
    g_assert_cmpint(stat(log, &status), ==, 0);
    g_assert_cmpint(status.st_mode & 07777, ==, 0600);
}

static void
test_owner(Fixture *fixture, gconstpointer data)
{
    if (geteuid() != 0) {
        g_test_skip("only root can give a file away");
        return;
    }
    g_assert_cmpint(chown(fixture->path, 65534, 65534), ==, 0);
    assert_not_opened(fixture->path, FA_ERROR_DENIED, "belongs to user 65534");
}

static void
test_gone(Fixture *fixture, gconstpointer data)
{
    g_autofree char *log = g_strconcat(fixture->path, "-wal", NULL);
    g_assert_true(fa_fs_write(log, "x", 1, 0600, FA_WRITE_NONE, NULL));
    g_assert_cmpint(unlink(fixture->path), ==, 0);
    assert_not_opened(fixture->path, FA_ERROR_FAILED, "is gone");
}

/* A ledger that was being made when its maker was killed. */
static void
test_half_made(Fixture *fixture, gconstpointer data)
{
    g_autofree char *path = g_build_filename(fixture->root, "second.db", NULL);
    g_autofree char *rest = g_strconcat(path, ".new", NULL);
    g_assert_true(fa_fs_write(rest, "half", 4, 0600, FA_WRITE_NONE, NULL));
    g_autoptr(FaLedger) ledger = fa_ledger_open(path, true, NULL);
    g_assert_nonnull(ledger);
    append(ledger, 1);
    g_assert_false(fa_fs_exists(rest));
}

#define WRITERS 4
#define EACH    25

static gpointer
write_some(gpointer data)
{
    const Fixture *fixture = data;
    g_autoptr(FaLedger) ledger = fa_ledger_open(fixture->path, false, NULL);
    for (unsigned done = 0; done < EACH;) {
        const FaEvent event = {.time = done,
                               .actor = "ana",
                               .kind = "environment.down",
                               .version = 1,
                               .subject = "dev.a",
                               .payload = "{}"};
        g_autoptr(GError) error = NULL;
        FaLedgerHead head;
        g_assert_true(fa_ledger_get_head(ledger, &head, NULL));
        if (fa_ledger_append(ledger, head.position, &event, 1, NULL, &error))
            done++;
        else
            g_assert_true(fa_error_is(error, FA_ERROR_CONFLICT));
    }
    return NULL;
}

static void
test_writers(Fixture *fixture, gconstpointer data)
{
    GThread *threads[WRITERS];
    g_auto(FaLedgerReport) report = {0};
    for (size_t i = 0; i < WRITERS; i++)
        threads[i] = g_thread_new("writer", write_some, fixture);
    for (size_t i = 0; i < WRITERS; i++)
        g_thread_join(threads[i]);
    g_autoptr(FaLedger) ledger = fa_ledger_open(fixture->path, false, NULL);
    g_assert_true(fa_ledger_verify(ledger, NULL, &report, NULL));
    g_assert_cmpint(report.flaw, ==, FA_LEDGER_FLAW_NONE);
    g_assert_cmpuint(report.head.position, ==, 10 + WRITERS * EACH);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(name, function)                                                                        \
    g_test_add("/ledger-file/" name, Fixture, NULL, set_up, function, tear_down)
    ADD("a-changed-event-is-found", test_changed);
    ADD("a-missing-event-is-found", test_missing);
    ADD("reordered-events-are-found", test_reordered);
    ADD("an-event-too-many-is-found", test_added);
    ADD("events-are-not-changed-by-mistake", test_locked);
    ADD("a-snapshot-of-another-history-is-none", test_other_history);
    ADD("a-truncated-ledger-is-refused", test_truncated);
    ADD("a-ledger-of-a-newer-version-is-refused", test_newer);
    ADD("what-is-no-ledger-is-refused", test_no_ledger);
    ADD("a-ledger-is-its-owner-s-alone", test_mode);
    ADD("a-ledger-of-somebody-else-is-refused", test_owner);
    ADD("a-ledger-that-is-gone-is-not-made-anew-beside-its-log", test_gone);
    ADD("what-was-half-made-is-made-again", test_half_made);
    ADD("several-writers-are-one-after-the-other", test_writers);
    return g_test_run();
}
