/*
 * bench-ledger FOLDER [EVENTS]: what the ledger costs, beside plain SQLite, in FOLDER, which is made. Prints one figure a
 * line: its name, a tab, its value.
 */
#include <glib.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "ledger/fold.h"
#include "ledger/ledger.h"
#include "sys/fs.h"
#include "view/board.h"

#define ONE_BY_ONE   3000
#define BATCH        1000
#define ENVIRONMENTS 1000
#define STEPS        30 /* events of a deployment */

static const char step_payload[] = "{\"id\":\"d-2026-11-25-000001\",\"state\":\"done\",\"step\":"
                                   "\"migrate-online\",\"took-ms\":1234}";

static double
now(void)
{
    return (double)g_get_monotonic_time() / 1e6;
}

static void
print(const char *name, double value)
{
    printf("%s\t%.6f\n", name, value);
    fflush(stdout);
}

static void
stop(const char *what, const char *why)
{
    fprintf(stderr, "bench-ledger: %s: %s\n", what, why);
    exit(1);
}

static FaLedger *
open_ledger(const char *path)
{
    g_autoptr(GError) error = NULL;
    FaLedger *ledger = fa_ledger_open(path, true, &error);
    if (ledger == NULL)
        stop("open", error->message);
    return ledger;
}

static void
append(FaLedger *ledger, FaLedgerHead *head, const FaEvent *events, size_t count)
{
    g_autoptr(GError) error = NULL;
    if (!fa_ledger_append(ledger, head->position, events, count, head, &error))
        stop("append", error->message);
}

static FaEvent
event_of(const char *kind, const char *subject, const char *payload)
{
    return (FaEvent){.time = 1764000000,
                     .actor = "release-manager",
                     .kind = kind,
                     .version = 1,
                     .subject = subject,
                     .payload = payload};
}

/* The events of a thousand environments that are deployed to again and again, as many as they were. */
static void
fill(FaLedger *ledger, FaLedgerHead *head, unsigned count)
{
    g_autoptr(GArray) events = g_array_new(FALSE, FALSE, sizeof(FaEvent));
    g_autoptr(GStringChunk) texts = g_string_chunk_new(1 << 20);
    for (unsigned i = 0; i < count; i++) {
        unsigned at = i % STEPS, deployment = i / STEPS, environment = deployment % ENVIRONMENTS;
        g_autofree char *subject = g_strdup_printf("live.site%u", environment);
        g_autofree char *payload = NULL;
        const char *kind = "deploy.step";
        if (at == 0) {
            kind = "deploy.begun";
            payload = g_strdup_printf(
                "{\"id\":\"d%u\",\"deploy-kind\":\"deploy\",\"release\":\"0.6.%u\",\"expects\":"
                "\"\",\"slot\":\"a\",\"plan\":\"p\",\"pid\":1,\"host\":\"h\",\"lifetime\":600}",
                deployment, deployment / ENVIRONMENTS);
        } else if (at == STEPS - 5) {
            kind = "deploy.switched";
            payload = g_strdup_printf(
                "{\"id\":\"d%u\",\"release\":\"0.6.%u\",\"build\":\"live-%u\",\"slot\":\"a\","
                "\"bits\":\"5b0c9b5e\"}",
                deployment, deployment / ENVIRONMENTS, deployment);
        } else if (at == STEPS - 1) {
            kind = "deploy.ended";
            payload = g_strdup_printf("{\"id\":\"d%u\",\"outcome\":\"done\"}", deployment);
        } else {
            payload =
                g_strdup_printf("{\"id\":\"d%u\",\"state\":\"%s\",\"step\":\"%s\"%s}", deployment,
                                at % 2 == 1 ? "begun" : "done", at < 15 ? "build" : "check",
                                at % 2 == 1 ? "" : ",\"took-ms\":1234");
        }
        FaEvent event = event_of(kind, g_string_chunk_insert_const(texts, subject),
                                 g_string_chunk_insert(texts, payload));
        g_array_append_val(events, event);
        if (events->len < 20 * BATCH && i + 1 < count)
            continue;
        append(ledger, head, (const FaEvent *)events->data, events->len);
        g_array_set_size(events, 0);
        g_string_chunk_clear(texts);
    }
}

static void
run_sql(sqlite3 *database, const char *sql)
{
    char *reason = NULL;
    if (sqlite3_exec(database, sql, NULL, NULL, &reason) != SQLITE_OK)
        stop(sql, reason);
}

/* The peer: the same text into a table without anything, each in a transaction of its own. */
static void
measure_sqlite(const char *folder)
{
    g_autofree char *path = g_build_filename(folder, "plain.db", NULL);
    sqlite3 *database = NULL;
    sqlite3_stmt *insert = NULL;
    if (sqlite3_open(path, &database) != SQLITE_OK)
        stop("open", path);
    run_sql(database, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
                      "CREATE TABLE event (position INTEGER PRIMARY KEY, payload TEXT)");
    sqlite3_prepare_v2(database, "INSERT INTO event (payload) VALUES (?1)", -1, &insert, NULL);
    double start = now();
    for (unsigned i = 0; i < ONE_BY_ONE; i++) {
        sqlite3_bind_text(insert, 1, step_payload, -1, SQLITE_STATIC);
        if (sqlite3_step(insert) != SQLITE_DONE)
            stop("insert", sqlite3_errmsg(database));
        sqlite3_reset(insert);
    }
    print("sqlite-one-by-one", ONE_BY_ONE / (now() - start));
    sqlite3_finalize(insert);
    sqlite3_close(database);
}

static void
measure_appends(const char *folder)
{
    g_autofree char *path = g_build_filename(folder, "appended.db", NULL);
    g_autoptr(FaLedger) ledger = open_ledger(path);
    FaLedgerHead head = {0};
    FaEvent batch[BATCH];
    for (unsigned i = 0; i < BATCH; i++)
        batch[i] = event_of("deploy.step", "live.openplans", step_payload);
    double start = now();
    for (unsigned i = 0; i < ONE_BY_ONE; i++)
        append(ledger, &head, batch, 1);
    print("one-by-one", ONE_BY_ONE / (now() - start));
    start = now();
    for (unsigned i = 0; i < 50; i++)
        append(ledger, &head, batch, BATCH);
    print("in-batches", 50 * BATCH / (now() - start));
}

static void
measure_reading(const char *path)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(FaRunning) running = NULL;
    g_autoptr(FaReleases) releases = NULL;
    double start = now();
    g_autoptr(FaLedger) ledger = open_ledger(path);
    if (!fa_ledger_fold(ledger, &running, &releases, NULL, &error))
        stop("fold", error->message);
    print("open", now() - start);
    const FaBoardFacts facts = {.running = running, .releases = releases, .now = 1764000000};
    g_autoptr(JsonNode) node = json_node_alloc();
    JsonObject *board = fa_view_board(&facts);
    json_node_init_object(node, board);
    json_object_unref(board);
    g_autofree char *text = fa_json_to_text(node, false);
    print("board", now() - start);
}

static void
measure_large(const char *folder, unsigned count)
{
    g_autofree char *path = g_build_filename(folder, "large.db", NULL);
    g_autoptr(GError) error = NULL;
    FaLedgerHead head = {0};
    g_auto(FaLedgerReport) report = {0};
    FaLedger *ledger = open_ledger(path);
    fill(ledger, &head, count);
    double start = now();
    g_autoptr(FaRunning) running = NULL;
    g_autoptr(FaReleases) releases = NULL;
    if (!fa_ledger_fold(ledger, &running, &releases, NULL, &error))
        stop("fold", error->message);
    print("fold-without-snapshot", now() - start);
    fa_ledger_free(ledger);

    measure_reading(path);
    ledger = open_ledger(path);
    start = now();
    if (!fa_ledger_verify(ledger, NULL, &report, &error) || report.flaw != FA_LEDGER_FLAW_NONE)
        stop("verify", error != NULL ? error->message : "there is a flaw");
    print("verify", now() - start);
    fa_ledger_free(ledger);
}

int
main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    unsigned count = 1000000;
    if (argc < 2 || argc > 3 || (argc == 3 && !fa_parse_uint(argv[2], STEPS, 100000000, &count)))
        stop("usage", "bench-ledger FOLDER [EVENTS]");
    g_autofree char *folder = g_canonicalize_filename(argv[1], NULL);
    if (!fa_fs_make_directory(folder, 0700, &error))
        stop("folder", error->message);
    measure_sqlite(folder);
    measure_appends(folder);
    measure_large(folder, count);
    return 0;
}
