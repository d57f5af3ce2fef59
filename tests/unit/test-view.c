#include <string.h>

#include "fold.h"
#include "view/board.h"
#include "view/reasons.h"
#include "view/release.h"

typedef struct Fixture {
    FaRunning *running;
    FaReleases *releases;
    FaHistory *history;
    uint64_t position;
} Fixture;

static void
set_up(Fixture *fixture, gconstpointer data)
{
    fixture->running = fa_running_new();
    fixture->releases = fa_releases_new();
    fixture->history = fa_history_new("live.nyc");
}

static void
tear_down(Fixture *fixture, gconstpointer data)
{
    fa_running_free(fixture->running);
    fa_releases_free(fixture->releases);
    fa_history_free(fixture->history);
}

static void
apply(Fixture *fixture, const char *kind, const char *subject, const char *payload)
{
    FaEvent event = fold_event(++fixture->position, kind, subject, payload);
    fold_check(&event);
    fa_running_apply(fixture->running, &event);
    fa_releases_apply(fixture->releases, &event);
    fa_history_apply(fixture->history, &event);
}

static void
cut(Fixture *fixture, const char *label, const char *revision)
{
    g_autofree char *payload = g_strdup_printf(
        "{\"kind\":\"train\",\"line\":\"%s\",\"from\":\"trunk\",\"digest\":\"d\",\"pins\":{"
        "\"wiki\":{\"revision\":\"%s\",\"digest\":\"d\",\"location\":\"l\"},\"blog\":{\"revision\":"
        "\"b1\",\"digest\":\"d\",\"location\":\"l\"}},\"tool\":\"t\",\"settings\":\"s\",\"pushed\":"
        "false}",
        label, revision);
    apply(fixture, "release.cut", label, payload);
}

static void
deploy(Fixture *fixture, const char *id, const char *label)
{
    g_autofree char *begun = g_strdup_printf(
        "{\"id\":\"%s\",\"deploy-kind\":\"deploy\",\"release\":\"%s\",\"expects\":\"\",\"slot\":"
        "\"a\",\"plan\":\"p\",\"pid\":1,\"host\":\"h\",\"lifetime\":60,\"why\":\"train\"}",
        id, label);
    g_autofree char *switched = g_strdup_printf(
        "{\"id\":\"%s\",\"release\":\"%s\",\"build\":\"%s-1\",\"slot\":\"a\",\"bits\":\"x\"}", id,
        label, label);
    g_autofree char *ended = g_strdup_printf("{\"id\":\"%s\",\"outcome\":\"done\"}", id);
    apply(fixture, "deploy.begun", "live.nyc", begun);
    apply(fixture, "deploy.switched", "live.nyc", switched);
    apply(fixture, "deploy.ended", "live.nyc", ended);
}

/* (transfer full) @object (transfer full) as text, for strstr() */
static char *
print(JsonObject *object)
{
    g_autoptr(JsonNode) node = json_node_alloc();
    json_node_init_object(node, object);
    json_object_unref(object);
    return fa_json_to_canonical(node);
}

static void
assert_has(const char *text, const char *part)
{
    if (strstr(text, part) == NULL)
        g_error("'%s' is not in %s", part, text);
}

static FaBoardFacts
facts_of(Fixture *fixture)
{
    return (FaBoardFacts){
        .running = fixture->running, .releases = fixture->releases, .now = FOLD_START + 1000000};
}

static void
test_board(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GHashTable) health = g_hash_table_new(g_str_hash, g_str_equal);
    g_hash_table_insert(health, (gpointer) "live.nyc", (gpointer) "well");
    apply(fixture, "environment.created", "live.nyc",
          "{\"track\":\"release\",\"host\":\"www.nyc.example\"}");
    apply(fixture, "environment.created", "dev.openplans",
          "{\"track\":\"anything\",\"host\":\"dev.openplans.example\"}");
    apply(fixture, "environment.created", "old.openplans", "{\"track\":\"trunk\",\"host\":\"x\"}");
    apply(fixture, "environment.retired", "old.openplans", "{}");
    cut(fixture, "0.6", "w1");
    deploy(fixture, "d1", "0.6");
    FaBoardFacts facts = facts_of(fixture);
    facts.health = health;
    g_autofree char *board = print(fa_view_board(&facts));
    assert_has(board, "\"position\":8,\"sites\":[{\"environments\":[{");
    assert_has(board, "\"environment\":\"dev.openplans\",\"health\":null");
    assert_has(board, "\"state\":\"empty\"");
    assert_has(board, "\"environment\":\"live.nyc\",\"health\":\"well\",\"host\":"
                      "\"www.nyc.example\",\"in-the-way\":[],\"kind\":\"train\",\"name\":\"live\","
                      "\"on-its-way\":null,\"release\":\"0.6\",\"since\":\"2023-11-15T05:13:20Z\","
                      "\"slot\":\"a\",\"state\":\"up\",\"track\":\"release\",\"why\":\"train\"}");
    g_assert_null(strstr(board, "old.openplans"));
    facts.with_retired = true;
    g_autofree char *all = print(fa_view_board(&facts));
    assert_has(all, "\"environment\":\"old.openplans\"");
}

static void
test_obstacles(Fixture *fixture, gconstpointer data)
{
    cut(fixture, "0.6", "w1");
    deploy(fixture, "d1", "0.6");
    apply(fixture, "release.rejected", "0.6", "{\"why\":\"it is slow\"}");
    apply(fixture, "environment.broken", "live.nyc",
          "{\"what\":\"build\",\"reason\":\"no compiler\"}");
    apply(fixture, "deploy.begun", "live.nyc",
          "{\"id\":\"d2\",\"deploy-kind\":\"deploy\",\"release\":\"0.6.1\",\"expects\":\"0.6-1\","
          "\"slot\":\"b\",\"plan\":\"p\",\"pid\":1,\"host\":\"h\",\"lifetime\":60}");
    apply(fixture, "deploy.step", "live.nyc",
          "{\"id\":\"d2\",\"step\":\"lock\",\"state\":\"done\",\"took-ms\":1}");
    FaBoardFacts facts = facts_of(fixture);
    g_autofree char *board = print(fa_view_board(&facts));
    assert_has(board, "\"in-the-way\":[{\"reason\":\"no compiler\",\"what\":\"broken\"},"
                      "{\"reason\":\"it is slow\",\"what\":\"rejected\"},"
                      "{\"reason\":\"d2\",\"what\":\"unfinished\"}]");
    assert_has(board, "\"on-its-way\":{\"by\":\"ana\",\"id\":\"d2\",\"is-expired\":true,"
                      "\"is-undoing\":false,\"kind\":\"deploy\",\"release\":\"0.6.1\"");
    assert_has(board, "\"step\":\"build\"");
}

static void
test_history(Fixture *fixture, gconstpointer data)
{
    deploy(fixture, "d1", "0.6");
    deploy(fixture, "d2", "0.6.1");
    g_autofree char *history = print(fa_view_history(fixture->history, 1));
    assert_has(history, "{\"environment\":\"live.nyc\",\"goes-back-to\":\"0.6\",\"rows\":[{");
    assert_has(history, "\"id\":\"d2\"");
    assert_has(history, "\"outcome\":\"done\"");
    g_assert_null(strstr(history, "\"id\":\"d1\""));
}

static FaWhereAnswer
has_it(const FaRelease *release, const char *component, void *data)
{
    return strcmp(component, "wiki") != 0                                         ? FA_WHERE_UNKNOWN
           : strcmp(fa_release_find_pin(release, component)->revision, data) == 0 ? FA_WHERE_YES
                                                                                  : FA_WHERE_NO;
}

static void
test_where(Fixture *fixture, gconstpointer data)
{
    cut(fixture, "0.6", "w1");
    deploy(fixture, "d1", "0.6");
    apply(fixture, "environment.up", "dev.nyc",
          "{\"build\":\"b\",\"is-new\":true,\"components\":{}}");
    FaWhereFacts facts = {.running = fixture->running,
                          .releases = fixture->releases,
                          .component = "wiki",
                          .revision = "w1",
                          .has = has_it,
                          .data = (gpointer) "w1"};
    g_autofree char *where = print(fa_view_where(&facts));
    assert_has(where, "\"environment\":\"live.nyc\",\"has-it\":\"yes\"");
    assert_has(where, "\"environment\":\"dev.nyc\",\"has-it\":\"unknown\"");
    facts.component = NULL;
    facts.data = (gpointer) "w2";
    g_autofree char *all = print(fa_view_where(&facts));
    assert_has(all, "{\"component\":\"blog\",\"environment\":\"live.nyc\",\"has-it\":\"unknown\"");
    assert_has(all, "{\"component\":\"wiki\",\"environment\":\"live.nyc\",\"has-it\":\"no\"");
}

static void
test_releases(Fixture *fixture, gconstpointer data)
{
    cut(fixture, "0.6", "w1");
    cut(fixture, "0.6.1", "w2");
    deploy(fixture, "d1", "0.6");
    g_autofree char *releases = print(fa_view_releases(fixture->releases));
    assert_has(releases, "{\"releases\":[{\"bits\":null");
    g_assert_true(strstr(releases, "\"label\":\"0.6.1\"") < strstr(releases, "\"label\":\"0.6\""));
    assert_has(releases, "\"state\":\"cut\"");
    assert_has(releases, "\"state\":\"live\"");
}

/* Each has a sentence, with and without a detail, and nothing of the pattern is left in it. */
static void
test_reasons(Fixture *fixture, gconstpointer data)
{
    for (FaReasonCode code = 0; code <= FA_REASON_ROLE_MISSING; code++) {
        FaReason reason = {.code = code, .subject = (char *)"SUBJECT"};
        g_autofree char *without = fa_view_reason_text(&reason);
        reason.detail = (char *)"DETAIL";
        g_autofree char *with = fa_view_reason_text(&reason);
        g_assert_null(strpbrk(without, "$[]"));
        g_assert_null(strpbrk(with, "$[]"));
        g_assert_cmpuint(strlen(with), >, 5);
        g_autofree char *help = fa_view_reason_help(&reason);
        g_assert_true(help == NULL || strpbrk(help, "$[]") == NULL);
    }
    g_autoptr(GPtrArray) reasons = fa_reasons_new();
    fa_reasons_add(reasons, FA_REASON_RELEASE_REJECTED, "0.6", "it is slow");
    JsonObject *object = json_object_new();
    json_object_set_array_member(object, "reasons", fa_view_reasons(reasons));
    g_autofree char *text = print(object);
    g_assert_cmpstr(
        text, ==,
        "{\"reasons\":[{\"code\":\"release-rejected\",\"detail\":\"it is slow\","
        "\"help\":\"'fassembler release show 0.6' says by "
        "whom\",\"subject\":\"0.6\",\"text\":\"release '0.6' was rejected: it is slow\"}]}");
}

#define ADD(name, function) g_test_add(name, Fixture, NULL, set_up, function, tear_down)

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("/view/the-board-says-what-is-where", test_board);
    ADD("/view/the-board-says-what-stands-in-the-way", test_obstacles);
    ADD("/view/the-history-is-newest-first", test_history);
    ADD("/view/where-says-which-have-it", test_where);
    ADD("/view/releases-differ-in-what-they-pin", test_releases);
    ADD("/view/a-reason-is-a-sentence", test_reasons);
    return g_test_run();
}
