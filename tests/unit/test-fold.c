#include <string.h>

#include "fold.h"
#include "ledger/fold.h"

#define EVENTS 700

static const char up[] = "{\"build\":\"b%u\",\"is-new\":true,\"components\":{}}";
static const char cut[] = "{\"kind\":\"train\",\"line\":\"x\",\"from\":\"trunk\",\"digest\":\"x\","
                          "\"pins\":{\"wiki\":{\"revision\":\"r\",\"digest\":\"d\",\"location\":"
                          "\"l\"}},\"tool\":\"x\",\"settings\":\"x\",\"pushed\":true}";

/* Every third event cuts a release, the others start builds in nine environments. */
static void
append(FaLedger *ledger, unsigned from, unsigned to)
{
    g_autoptr(GError) error = NULL;
    for (unsigned i = from; i < to; i++) {
        bool is_cut = i % 3 == 0;
        g_autofree char *subject =
            is_cut ? g_strdup_printf("1.%u", i) : g_strdup_printf("live.site%u", i % 9);
        g_autofree char *payload = is_cut ? g_strdup(cut) : g_strdup_printf(up, i);
        FaEvent event = fold_event(0, is_cut ? "release.cut" : "environment.up", subject, payload);
        fa_ledger_append(ledger, i, &event, 1, NULL, &error);
        g_assert_no_error(error);
    }
}

static void
assert_folded(FaLedger *ledger, unsigned count)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(FaRunning) running = NULL;
    g_autoptr(FaReleases) releases = NULL;
    FaLedgerHead head, kept;
    g_assert_true(fa_ledger_fold(ledger, &running, &releases, &head, &error));
    g_assert_true(fa_ledger_get_head(ledger, &kept, &error));
    g_assert_no_error(error);
    g_assert_cmpuint(head.position, ==, count);
    g_assert_true(fa_digest_is_equal(&head.hash, &kept.hash));
    g_assert_cmpuint(fa_running_get_position(running), ==, count);
    g_assert_cmpuint(fa_releases_get_position(releases), ==, count);
    g_assert_cmpuint(fa_releases_list(releases)->len, ==, (count + 2) / 3);
    if (count < 20)
        return;
    unsigned last = (count - 1) % 3 == 0 ? count - 2 : count - 1;
    g_autofree char *environment = g_strdup_printf("live.site%u", last % 9);
    g_autofree char *build = g_strdup_printf("b%u", last);
    g_assert_cmpstr(fa_running_find(running, environment)->build, ==, build);
}

static uint64_t
snapshot_position(FaLedger *ledger, const char *fold)
{
    unsigned version =
        strcmp(fold, FA_RUNNING_FOLD) == 0 ? FA_RUNNING_VERSION : FA_RELEASES_VERSION;
    uint64_t position;
    g_autoptr(GBytes) state = NULL;
    g_assert_true(fa_ledger_load_snapshot(ledger, fold, version, &position, &state, NULL));
    return position;
}

static void
test_carried_on(void)
{
    g_autoptr(FaLedger) ledger = fa_ledger_open(FA_LEDGER_MEMORY, true, NULL);
    assert_folded(ledger, 0);
    append(ledger, 0, 20);
    assert_folded(ledger, 20);
    g_assert_cmpuint(snapshot_position(ledger, FA_RUNNING_FOLD), ==, 0);
    append(ledger, 20, EVENTS);
    assert_folded(ledger, EVENTS);
    g_assert_cmpuint(snapshot_position(ledger, FA_RUNNING_FOLD), ==, EVENTS);
    g_assert_cmpuint(snapshot_position(ledger, FA_RELEASES_FOLD), ==, EVENTS);
    assert_folded(ledger, EVENTS);
    append(ledger, EVENTS, EVENTS + 1);
    assert_folded(ledger, EVENTS + 1);
}

/* A snapshot is never needed, and one that is nonsense not believed. */
static void
test_without(void)
{
    g_autoptr(FaLedger) ledger = fa_ledger_open(FA_LEDGER_MEMORY, true, NULL);
    g_autoptr(GBytes) nonsense = g_bytes_new_static("\xff\xff\xff", 3);
    append(ledger, 0, EVENTS);
    assert_folded(ledger, EVENTS);
    fa_ledger_save_snapshot(ledger, FA_RUNNING_FOLD, FA_RUNNING_VERSION, 30, nonsense, NULL);
    assert_folded(ledger, EVENTS);
    fa_ledger_drop_snapshots(ledger, NULL);
    assert_folded(ledger, EVENTS);
}

/* Each of the two has a snapshot of its own, of whatever age. */
static void
test_two_ages(void)
{
    g_autoptr(FaLedger) ledger = fa_ledger_open(FA_LEDGER_MEMORY, true, NULL);
    g_autoptr(FaRunning) running = NULL;
    append(ledger, 0, EVENTS);
    g_assert_true(fa_ledger_fold(ledger, &running, NULL, NULL, NULL));
    g_assert_cmpuint(snapshot_position(ledger, FA_RELEASES_FOLD), ==, 0);
    assert_folded(ledger, EVENTS);
}

static void
test_bytes(void)
{
    g_autoptr(FaReleases) releases = fa_releases_new();
    static const struct {
        const char *kind, *payload;
    } events[] = {
        {"release.cut", cut},
        {"release.built",
         "{\"bits\":\"b\",\"components\":{\"wiki\":{\"name\":\"w\",\"tree\":\"t\"}}}"},
        {"release.rejected", "{\"why\":\"slow\"}"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(events); i++) {
        FaEvent event = fold_event(i + 1, events[i].kind, "0.6", events[i].payload);
        fa_releases_apply(releases, &event);
    }
    FaEvent event = fold_event(4, "deploy.switched", "live.nyc",
                               "{\"id\":\"d\",\"release\":\"0.6\",\"build\":\"b\",\"slot\":\"a\","
                               "\"bits\":\"b\"}");
    fa_releases_apply(releases, &event);
    g_autoptr(GBytes) bytes = fa_releases_to_bytes(releases);
    g_autoptr(FaReleases) read = fa_releases_from_bytes(bytes);
    g_assert_nonnull(read);
    g_autoptr(GBytes) again = fa_releases_to_bytes(read);
    g_assert_true(g_bytes_equal(bytes, again));
    const FaRelease *release = fa_releases_find(read, "0.6");
    g_assert_true(release->is_rejected && fa_release_was_live(release));
    g_assert_cmpstr(((FaMade *)release->made->pdata[0])->tree, ==, "t");
    gsize size;
    const uint8_t *whole = g_bytes_get_data(bytes, &size);
    for (gsize i = 0; i < size; i++) {
        g_autoptr(GBytes) part = g_bytes_new(whole, i);
        g_assert_null(fa_releases_from_bytes(part));
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/fold/it-is-carried-on-from-its-snapshot", test_carried_on);
    g_test_add_func("/fold/a-snapshot-can-be-thrown-away", test_without);
    g_test_add_func("/fold/each-fold-has-a-snapshot-of-its-own-age", test_two_ages);
    g_test_add_func("/fold/releases-are-read-back-as-they-were", test_bytes);
    return g_test_run();
}
