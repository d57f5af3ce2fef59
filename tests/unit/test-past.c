#include "domain/history.h"
#include "fold.h"

typedef struct Fixture {
    FaHistory *history;
    uint64_t position;
} Fixture;

static void
set_up(Fixture *fixture, gconstpointer data)
{
    fixture->history = fa_history_new("live.nyc");
}

static void
tear_down(Fixture *fixture, gconstpointer data)
{
    fa_history_free(fixture->history);
}

/* @payload (transfer full) */
static void
apply_at(Fixture *fixture, const char *kind, const char *subject, char *payload)
{
    FaEvent event = fold_event(++fixture->position, kind, subject, payload);
    fold_check(&event);
    fa_history_apply(fixture->history, &event);
    g_free(payload);
}

static void
begin(Fixture *fixture, const char *kind, const char *release)
{
    apply_at(fixture, "deploy.begun", "live.nyc",
             g_strdup_printf("{\"id\":\"%s-%s\",\"deploy-kind\":\"%s\",\"release\":\"%s\","
                             "\"expects\":\"\",\"slot\":\"a\",\"plan\":\"p\",\"pid\":1,"
                             "\"host\":\"h\",\"lifetime\":1}",
                             kind, release, kind, release));
}

static void
switched(Fixture *fixture, const char *id, const char *release)
{
    apply_at(fixture, "deploy.switched", "live.nyc",
             g_strdup_printf("{\"id\":\"%s\",\"release\":\"%s\",\"build\":\"b-%s\",\"slot\":\"a\","
                             "\"bits\":\"x\"}",
                             id, release, release));
}

static void
end(Fixture *fixture, const char *id, const char *outcome)
{
    apply_at(fixture, "deploy.ended", "live.nyc",
             g_strdup_printf("{\"id\":\"%s\",\"outcome\":\"%s\"}", id, outcome));
}

static void
run(Fixture *fixture, const char *kind, const char *release)
{
    g_autofree char *id = g_strconcat(kind, "-", release, NULL);
    begin(fixture, kind, release);
    switched(fixture, id, release);
    end(fixture, id, "done");
}

static void
assert_target(Fixture *fixture, const char *to, const char *release)
{
    const FaHistoryRow *row = fa_history_find_target(fixture->history, to);
    g_assert_cmpstr(row != NULL ? row->release : NULL, ==, release);
}

static void
test_rows(Fixture *fixture, gconstpointer data)
{
    apply_at(fixture, "environment.up", "live.nyc",
             g_strdup("{\"build\":\"b0\",\"is-new\":true,\"components\":{}}"));
    apply_at(fixture, "environment.up", "live.other",
             g_strdup("{\"build\":\"b9\",\"is-new\":true,\"components\":{}}"));
    begin(fixture, "deploy", "0.6");
    apply_at(fixture, "migration.ran", "live.nyc",
             g_strdup("{\"id\":\"deploy-0.6\",\"component\":\"wiki\",\"migration\":\"1\","
                      "\"direction\":\"up\",\"mode\":\"online\",\"reversible\":true,"
                      "\"outcome\":\"done\",\"took-ms\":1}"));
    switched(fixture, "deploy-0.6", "0.6");
    end(fixture, "deploy-0.6", "done");
    apply_at(fixture, "environment.down", "live.nyc", g_strdup("{}"));
    apply_at(fixture, "environment.broken", "live.nyc",
             g_strdup("{\"what\":\"build\",\"reason\":\"it does not compile\"}"));

    const GPtrArray *rows = fa_history_rows(fixture->history);
    g_assert_cmpuint(rows->len, ==, 4);
    const FaHistoryRow *up = rows->pdata[0], *deploy = rows->pdata[1], *broken = rows->pdata[3];
    g_assert_cmpint(up->kind, ==, FA_HISTORY_UP);
    g_assert_cmpstr(up->release, ==, FA_RELEASE_TRUNK);
    g_assert_cmpint(deploy->kind, ==, FA_HISTORY_DEPLOY);
    g_assert_cmpstr(deploy->build, ==, "b-0.6");
    g_assert_cmpstr(deploy->migrations->pdata[0], ==, "+wiki/1");
    g_assert_cmpint(deploy->begun_at, <, deploy->switched_at);
    g_assert_cmpint(deploy->switched_at, <, deploy->ended_at);
    g_assert_cmpstr(broken->reason, ==, "it does not compile");
}

/* What somebody came back from is no place to go back to. */
static void
test_targets(Fixture *fixture, gconstpointer data)
{
    assert_target(fixture, NULL, NULL);
    run(fixture, "deploy", "0.6");
    assert_target(fixture, NULL, NULL);
    run(fixture, "deploy", "0.6.1");
    run(fixture, "deploy", "0.6.2");
    assert_target(fixture, NULL, "0.6.1");
    run(fixture, "rollback", "0.6.1");
    assert_target(fixture, NULL, "0.6");
    run(fixture, "refresh", "0.6.1");
    assert_target(fixture, NULL, "0.6");
    run(fixture, "deploy", "0.6.3");
    assert_target(fixture, NULL, "0.6.1");
    assert_target(fixture, "0.6.2", "0.6.2");
    assert_target(fixture, "0.9", NULL);
}

/* One that failed, or went back by itself, never counts as having run. */
static void
test_failed(Fixture *fixture, gconstpointer data)
{
    run(fixture, "deploy", "0.6");
    run(fixture, "deploy", "0.6.1");
    begin(fixture, "deploy", "0.6.2");
    end(fixture, "deploy-0.6.2", "failed");
    assert_target(fixture, NULL, "0.6");
    begin(fixture, "deploy", "0.6.3");
    switched(fixture, "deploy-0.6.3", "0.6.3");
    switched(fixture, "deploy-0.6.3", "0.6.1");
    end(fixture, "deploy-0.6.3", "rolled-back");
    assert_target(fixture, NULL, "0.6");
    begin(fixture, "deploy", "0.6.4");
    switched(fixture, "deploy-0.6.4", "0.6.4");
    end(fixture, "deploy-0.6.4", "failed");
    assert_target(fixture, NULL, "0.6.1");
}

#define ADD(name, function) g_test_add(name, Fixture, NULL, set_up, function, tear_down)

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("/history/each-attempt-is-a-row", test_rows);
    ADD("/history/one-goes-back-to-what-ran-before", test_targets);
    ADD("/history/what-failed-is-no-place-to-go-back-to", test_failed);
    return g_test_run();
}
