#include <string.h>

#include "base/error.h"
#include "ledger/ledger.h"
#include "sys/fs.h"

/* One suite for every backend: what is not here, a backend may do as it likes. */
typedef struct Fixture {
    char *root;
    char *address; /* of the file; FA_LEDGER_MEMORY for the other */
    FaLedger *ledger;
} Fixture;

static void
set_up(Fixture *fixture, gconstpointer in_file)
{
    fixture->root = fa_fs_make_temporary(g_get_tmp_dir(), "test-ledger-", NULL);
    g_assert_nonnull(fixture->root);
    fixture->address = in_file != NULL ? g_build_filename(fixture->root, "ledger.db", NULL)
                                       : g_strdup(FA_LEDGER_MEMORY);
    g_autoptr(GError) error = NULL;
    fixture->ledger = fa_ledger_open(fixture->address, true, &error);
    g_assert_no_error(error);
}

static void
tear_down(Fixture *fixture, gconstpointer in_file)
{
    fa_ledger_free(fixture->ledger);
    g_assert_true(fa_fs_remove_tree(fixture->root, NULL));
    g_free(fixture->root);
    g_free(fixture->address);
}

static FaEvent
down(const char *subject, FaTime time)
{
    return (FaEvent){.time = time,
                     .actor = "ana",
                     .kind = "environment.down",
                     .version = 1,
                     .subject = subject,
                     .payload = "{\"build\":\"dev-1\"}"};
}

static FaEvent
gc(FaTime time)
{
    return (FaEvent){.time = time,
                     .actor = "ben",
                     .kind = "store.gc",
                     .version = 1,
                     .subject = "store",
                     .payload = "{\"names-removed\":1,\"objects-removed\":2,\"bytes-freed\":3}"};
}

/* Five events of two kinds about three subjects. */
static void
fill(FaLedger *ledger)
{
    const FaEvent events[] = {down("dev.a", 100), gc(200), down("dev.b", 300), down("dev.a", 250),
                              gc(400)};
    g_autoptr(GError) error = NULL;
    FaLedgerHead head;
    g_assert_true(fa_ledger_append(ledger, 0, events, 2, &head, &error));
    g_assert_cmpuint(head.position, ==, 2);
    g_assert_true(fa_ledger_append(ledger, 2, events + 2, 3, &head, &error));
    g_assert_cmpuint(head.position, ==, 5);
}

static bool
note_position(const FaEvent *event, void *data, GError **error)
{
    g_string_append_printf(data, "%" G_GUINT64_FORMAT " ", event->position);
    return true;
}

static void
assert_read(FaLedger *ledger, FaLedgerQuery query, const char *expected)
{
    g_autoptr(GString) positions = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    g_assert_true(fa_ledger_read(ledger, &query, note_position, positions, &error));
    g_assert_cmpstr(positions->str, ==, expected);
}

static void
test_read(Fixture *fixture, gconstpointer in_file)
{
    fill(fixture->ledger);
    assert_read(fixture->ledger, (FaLedgerQuery){0}, "1 2 3 4 5 ");
    assert_read(fixture->ledger, (FaLedgerQuery){.after = 3}, "4 5 ");
    assert_read(fixture->ledger, (FaLedgerQuery){.after = UINT64_MAX}, "");
    assert_read(fixture->ledger, (FaLedgerQuery){.subject = "dev.a"}, "1 4 ");
    assert_read(fixture->ledger, (FaLedgerQuery){.kind = "store.gc"}, "2 5 ");
    assert_read(fixture->ledger, (FaLedgerQuery){.kind = "store.gc", .after = 2}, "5 ");
    assert_read(fixture->ledger, (FaLedgerQuery){.kind = "environment.down", .subject = "dev.b"},
                "3 ");
    assert_read(fixture->ledger, (FaLedgerQuery){.is_backward = true, .limit = 2}, "5 4 ");
    assert_read(fixture->ledger, (FaLedgerQuery){.subject = "' OR 1 --"}, "");
}

static bool
compare_with_gc(const FaEvent *event, void *data, GError **error)
{
    g_assert_cmpint(event->time, ==, 200);
    g_assert_cmpstr(event->actor, ==, "ben");
    g_assert_cmpstr(event->kind, ==, "store.gc");
    g_assert_cmpuint(event->version, ==, 1);
    g_assert_cmpstr(event->subject, ==, "store");
    g_assert_cmpstr(event->payload, ==,
                    "{\"bytes-freed\":3,\"names-removed\":1,\"objects-removed\":2}");
    g_assert_false(fa_digest_is_zero(&event->hash));
    return fa_fail(error, FA_ERROR_REFUSED, "enough");
}

static void
test_event(Fixture *fixture, gconstpointer in_file)
{
    g_autoptr(GError) error = NULL;
    FaLedgerQuery query = {.after = 1};
    fill(fixture->ledger);
    g_assert_false(fa_ledger_read(fixture->ledger, &query, compare_with_gc, NULL, &error));
    g_assert_true(fa_error_is(error, FA_ERROR_REFUSED));
    assert_read(fixture->ledger, query, "2 3 4 5 ");
}

static void
test_conflict(Fixture *fixture, gconstpointer in_file)
{
    const FaEvent event = gc(500);
    static const uint64_t wrong[] = {0, 4, 6, UINT64_MAX};
    FaLedgerHead before, after;
    fill(fixture->ledger);
    g_assert_true(fa_ledger_get_head(fixture->ledger, &before, NULL));
    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_false(fa_ledger_append(fixture->ledger, wrong[i], &event, 1, NULL, &error));
        g_assert_true(fa_error_is(error, FA_ERROR_CONFLICT));
    }
    g_assert_true(fa_ledger_get_head(fixture->ledger, &after, NULL));
    g_assert_cmpuint(after.position, ==, 5);
    g_assert_true(fa_digest_is_equal(&before.hash, &after.hash));
}

static void
test_batch(Fixture *fixture, gconstpointer in_file)
{
    FaEvent events[] = {gc(500), gc(501), gc(502)};
    g_autoptr(GError) error = NULL;
    fill(fixture->ledger);
    events[2].payload = "{}";
    g_assert_false(fa_ledger_append(fixture->ledger, 5, events, 3, NULL, &error));
    g_assert_true(fa_error_is(error, FA_ERROR_CONFIG));
    assert_read(fixture->ledger, (FaLedgerQuery){.after = 4}, "5 ");
    g_assert_true(fa_ledger_append(fixture->ledger, 5, events, 0, NULL, NULL));
    g_assert_true(fa_ledger_append(fixture->ledger, 5, events, 2, NULL, NULL));
}

static void
test_verify(Fixture *fixture, gconstpointer in_file)
{
    g_auto(FaLedgerReport) empty = {0}, full = {0};
    FaLedgerHead head;
    g_assert_true(fa_ledger_verify(fixture->ledger, NULL, &empty, NULL));
    g_assert_cmpint(empty.flaw, ==, FA_LEDGER_FLAW_NONE);
    g_assert_cmpuint(empty.head.position, ==, 0);
    fill(fixture->ledger);
    g_assert_true(fa_ledger_get_head(fixture->ledger, &head, NULL));
    g_assert_true(fa_ledger_verify(fixture->ledger, NULL, &full, NULL));
    g_assert_cmpint(full.flaw, ==, FA_LEDGER_FLAW_NONE);
    g_assert_cmpuint(full.head.position, ==, 5);
    g_assert_true(fa_digest_is_equal(&full.head.hash, &head.hash));
}

static void
test_cancel(Fixture *fixture, gconstpointer in_file)
{
    g_autoptr(FaCancel) cancel = fa_cancel_new();
    g_auto(FaLedgerReport) report = {0};
    g_autoptr(GError) error = NULL;
    fill(fixture->ledger);
    fa_cancel_set(cancel);
    g_assert_false(fa_ledger_verify(fixture->ledger, cancel, &report, &error));
    g_assert_true(fa_error_is(error, FA_ERROR_CANCELLED));
}

static bool
keep_line(const char *line, size_t length, void *data, GError **error)
{
    g_assert_cmpuint(strlen(line), ==, length);
    g_ptr_array_add(data, g_strdup(line));
    return true;
}

typedef struct Lines {
    const GPtrArray *lines;
    guint at;
} Lines;

static bool
next_line(const char **ret_line, size_t *ret_length, void *data, GError **error)
{
    Lines *lines = data;
    if (lines->at == lines->lines->len)
        return true;
    *ret_line = g_ptr_array_index(lines->lines, lines->at++);
    *ret_length = strlen(*ret_line);
    return true;
}

static GPtrArray *
export_all(FaLedger *ledger)
{
    GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);
    g_assert_true(fa_ledger_export(ledger, keep_line, lines, NULL));
    return lines;
}

static bool
import_all(FaLedger *ledger, const GPtrArray *lines, uint64_t *ret_added, GError **error)
{
    Lines source = {.lines = lines};
    return fa_ledger_import(ledger, next_line, &source, NULL, ret_added, error);
}

static void
test_import(Fixture *fixture, gconstpointer in_file)
{
    g_autoptr(FaLedger) other = fa_ledger_open(FA_LEDGER_MEMORY, true, NULL);
    uint64_t added = 0;
    FaLedgerHead head, copied;
    fill(other);
    g_autoptr(GPtrArray) lines = export_all(other);
    g_assert_cmpuint(lines->len, ==, 5);
    g_assert_true(import_all(fixture->ledger, lines, &added, NULL));
    g_assert_cmpuint(added, ==, 5);
    g_assert_true(fa_ledger_get_head(other, &head, NULL));
    g_assert_true(fa_ledger_get_head(fixture->ledger, &copied, NULL));
    g_assert_true(fa_digest_is_equal(&head.hash, &copied.hash));

    /* Again, and with one more: only that is added; also from an export that begins later. */
    const FaEvent event = gc(600);
    g_assert_true(import_all(fixture->ledger, lines, &added, NULL));
    g_assert_cmpuint(added, ==, 0);
    g_assert_true(fa_ledger_append(other, 5, &event, 1, NULL, NULL));
    g_autoptr(GPtrArray) more = export_all(other);
    g_ptr_array_remove_range(more, 0, 3);
    g_assert_true(import_all(fixture->ledger, more, &added, NULL));
    g_assert_cmpuint(added, ==, 1);
    assert_read(fixture->ledger, (FaLedgerQuery){0}, "1 2 3 4 5 6 ");
}

static void
assert_not_imported(FaLedger *ledger, const GPtrArray *lines, FaErrorCode code, const char *because)
{
    g_autoptr(GError) error = NULL;
    FaLedgerHead before, after;
    uint64_t added = 77;
    g_assert_true(fa_ledger_get_head(ledger, &before, NULL));
    g_assert_false(import_all(ledger, lines, &added, &error));
    if (!fa_error_is(error, code) || strstr(error->message, because) == NULL)
        g_error("'%s' (%d) is not '%s'", error->message, error->code, because);
    g_assert_cmpuint(added, ==, 77);
    g_assert_true(fa_ledger_get_head(ledger, &after, NULL));
    g_assert_cmpuint(before.position, ==, after.position);
}

static void
test_bad_import(Fixture *fixture, gconstpointer in_file)
{
    g_autoptr(FaLedger) other = fa_ledger_open(FA_LEDGER_MEMORY, true, NULL);
    fill(other);
    g_autoptr(GPtrArray) lines = export_all(other);
    gpointer third = lines->pdata[2];

    lines->pdata[2] = lines->pdata[3];
    assert_not_imported(fixture->ledger, lines, FA_ERROR_CONFIG, "line 3: event 4 is where 3");
    g_autofree char *changed = g_strdup(third), *nothing = g_strdup("{}");
    memcpy(strstr(changed, "ana"), "eva", 3);
    lines->pdata[2] = changed;
    assert_not_imported(fixture->ledger, lines, FA_ERROR_CONFIG, "line 3: event 3 or one before");
    lines->pdata[2] = nothing;
    assert_not_imported(fixture->ledger, lines, FA_ERROR_CONFIG, "line 3: not an event");
    lines->pdata[2] = third;

    const FaEvent event = gc(1);
    g_assert_true(fa_ledger_append(fixture->ledger, 0, &event, 1, NULL, NULL));
    assert_not_imported(fixture->ledger, lines, FA_ERROR_CONFLICT, "two histories");
}

static void
assert_snapshot(FaLedger *ledger, const char *fold, unsigned version, uint64_t position,
                const char *state)
{
    uint64_t found_position = 99;
    g_autoptr(GBytes) found = NULL;
    g_autoptr(GError) error = NULL;
    g_assert_true(fa_ledger_load_snapshot(ledger, fold, version, &found_position, &found, &error));
    g_assert_cmpuint(found_position, ==, position);
    g_assert_true((found == NULL) == (state == NULL));
    if (state != NULL)
        g_assert_cmpmem(g_bytes_get_data(found, NULL), g_bytes_get_size(found), state,
                        strlen(state));
}

static void
test_snapshots(Fixture *fixture, gconstpointer in_file)
{
    g_autoptr(GBytes) state = g_bytes_new_static("abc", 3), none = g_bytes_new_static("", 0);
    g_autoptr(GError) error = NULL;
    fill(fixture->ledger);
    assert_snapshot(fixture->ledger, "board", 1, 0, NULL);
    g_assert_true(fa_ledger_save_snapshot(fixture->ledger, "board", 1, 3, state, NULL));
    assert_snapshot(fixture->ledger, "board", 1, 3, "abc");
    assert_snapshot(fixture->ledger, "board", 2, 0, NULL);
    assert_snapshot(fixture->ledger, "other", 1, 0, NULL);
    g_assert_true(fa_ledger_save_snapshot(fixture->ledger, "board", 2, 5, none, NULL));
    assert_snapshot(fixture->ledger, "board", 2, 5, "");
    assert_snapshot(fixture->ledger, "board", 1, 0, NULL);
    g_assert_false(fa_ledger_save_snapshot(fixture->ledger, "board", 2, 6, state, &error));
    g_assert_true(fa_error_is(error, FA_ERROR_NOT_FOUND));
    g_assert_true(fa_ledger_drop_snapshots(fixture->ledger, NULL));
    assert_snapshot(fixture->ledger, "board", 2, 0, NULL);
    assert_read(fixture->ledger, (FaLedgerQuery){0}, "1 2 3 4 5 ");
}

static void
test_clock_back(Fixture *fixture, gconstpointer in_file)
{
    const FaEvent events[] = {gc(FA_TIME_MAX), gc(0)};
    g_auto(FaLedgerReport) report = {0};
    g_assert_true(fa_ledger_append(fixture->ledger, 0, events, 2, NULL, NULL));
    assert_read(fixture->ledger, (FaLedgerQuery){0}, "1 2 ");
    g_assert_true(fa_ledger_verify(fixture->ledger, NULL, &report, NULL));
    g_assert_cmpint(report.flaw, ==, FA_LEDGER_FLAW_NONE);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(name, function)                                                                        \
    g_test_add("/ledger/memory/" name, Fixture, NULL, set_up, function, tear_down);                \
    g_test_add("/ledger/sqlite/" name, Fixture, "", set_up, function, tear_down)
    ADD("events-are-read-from-a-position-by-subject-by-kind", test_read);
    ADD("an-event-is-read-as-it-was-appended", test_event);
    ADD("an-append-that-expects-another-position-is-refused", test_conflict);
    ADD("a-batch-is-there-whole-or-not-at-all", test_batch);
    ADD("what-was-appended-verifies", test_verify);
    ADD("a-verification-can-be-stopped", test_cancel);
    ADD("an-import-has-the-same-hashes", test_import);
    ADD("an-import-of-something-else-is-refused", test_bad_import);
    ADD("a-snapshot-is-found-until-it-is-thrown-away", test_snapshots);
    ADD("a-clock-that-steps-back-changes-no-order", test_clock_back);
    return g_test_run();
}
