#include <glib.h>
#include <string.h>

#include "base/error.h"
#include "domain/event.h"

static FaEvent
good(void)
{
    return (FaEvent){.position = 7,
                     .time = 1700000000,
                     .actor = "ana",
                     .kind = "store.gc",
                     .version = 1,
                     .subject = "store",
                     .payload =
                         "{ \"objects-removed\": 2, \"bytes-freed\": 3, \"names-removed\": 1 }"};
}

static void
assert_refused(const FaEvent *event, bool must_be_known, const char *because)
{
    g_autoptr(GError) error = NULL;
    char *payload = NULL;
    g_assert_false(fa_event_check(event, must_be_known, &payload, &error));
    g_assert_true(fa_error_is(error, FA_ERROR_CONFIG));
    if (strstr(error->message, because) == NULL)
        g_error("'%s' does not say '%s'", error->message, because);
    g_assert_null(payload);
}

static void
test_canonical(void)
{
    FaEvent event = good();
    g_autofree char *payload = NULL;
    g_assert_true(fa_event_check(&event, true, &payload, NULL));
    g_assert_cmpstr(payload, ==, "{\"bytes-freed\":3,\"names-removed\":1,\"objects-removed\":2}");
}

static void
test_schema(void)
{
    static const struct {
        const char *payload, *because;
    } bad[] = {
        {"{}", "needs 'names-removed'"},
        {"[]", "is no object"},
        {"{", "not valid JSON"},
        {"{\"names-removed\":1,\"objects-removed\":1,\"bytes-freed\":\"1\"}", "of another type"},
        {"{\"names-removed\":1,\"objects-removed\":1,\"bytes-freed\":1.5}", "of another type"},
        {"{\"names-removed\":1,\"objects-removed\":1,\"bytes-freed\":1,\"more\":1}", "has members"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        FaEvent event = good();
        event.payload = bad[i].payload;
        assert_refused(&event, true, bad[i].because);
    }
}

static void
test_nested(void)
{
    static const struct {
        const char *kind, *payload, *because; /* NULL: good */
    } cases[] = {
        {"release.built", "{\"bits\":\"b\",\"components\":{\"c\":{\"name\":\"n\",\"tree\":\"t\"}}}",
         NULL},
        {"release.built", "{\"bits\":\"b\",\"components\":{}}", NULL},
        {"release.built", "{\"bits\":\"b\",\"components\":{\"c\":{\"name\":\"n\"}}}",
         "needs 'tree'"},
        {"release.built", "{\"bits\":\"b\",\"components\":{\"c\":1}}", "'c' in 'components'"},
        {"deploy.ended", "{\"id\":\"d\",\"outcome\":\"rolled-back\"}", NULL},
        {"deploy.ended", "{\"id\":\"d\",\"outcome\":\"rolled\"}", "none of: done failed undone"},
        {"deploy.ended", "{\"id\":\"d\",\"outcome\":\"back\"}", "none of"},
        {"deploy.ended", "{\"id\":\"d\",\"outcome\":\"\"}", "none of"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        FaEvent event = good();
        event.kind = cases[i].kind;
        event.payload = cases[i].payload;
        g_autofree char *payload = NULL;
        if (cases[i].because != NULL)
            assert_refused(&event, true, cases[i].because);
        else
            g_assert_true(fa_event_check(&event, true, &payload, NULL));
    }
}

static void
test_form(void)
{
    g_autofree char *long_text = g_strnfill(FA_EVENT_SUBJECT_MAX + 1, 'x');
    static const char *const kinds[] = {"store",     "Store.gc", ".gc",           "store.",
                                        "store..gc", "s t.gc",   "store.\xc3\xa9"};
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
        FaEvent event = good();
        event.kind = kinds[i];
        assert_refused(&event, false, "no kind of event");
    }
    FaEvent event = good();
    event.actor = "";
    assert_refused(&event, true, "needs its actor");
    event = good();
    event.subject = long_text;
    assert_refused(&event, true, "more than 1000 bytes");
    event = good();
    event.subject = "\xff";
    assert_refused(&event, true, "not UTF-8");
    event = good();
    event.time = -1;
    assert_refused(&event, true, "out of range");
    event = good();
    event.time = FA_TIME_MAX + 1;
    assert_refused(&event, true, "out of range");
    event = good();
    event.version = 0;
    assert_refused(&event, true, "needs its version");
}

static void
test_unknown(void)
{
    g_autofree char *payload = NULL;
    FaEvent event = good();
    event.version = 99;
    assert_refused(&event, true, "is not known here");
    event = good();
    event.kind = "moon.landing";
    event.payload = "{\"z\":1,\"a\":2}";
    assert_refused(&event, true, "is not known here");
    g_assert_true(fa_event_check(&event, false, &payload, NULL));
    g_assert_cmpstr(payload, ==, "{\"a\":2,\"z\":1}");
}

static void
test_line(void)
{
    FaEvent event = good();
    event.subject = "a \"b\"\n\xc3\xa9";
    event.payload = "{\"bytes-freed\":3,\"names-removed\":1,\"objects-removed\":2}";
    fa_digest_of_bytes("x", 1, &event.hash);
    g_autoptr(GString) line = g_string_new(NULL), again = g_string_new(NULL);
    fa_event_append_line(&event, line);
    g_assert_true(g_str_has_prefix(line->str,
                                   "{\"position\":7,\"time\":\"2023-11-14T22:13:20Z\","
                                   "\"actor\":\"ana\",\"kind\":\"store.gc\","
                                   "\"version\":1,\"subject\":\"a \\\"b\\\"\\n\xc3\xa9\","
                                   "\"payload\":{\"bytes-freed\":3,"));
    g_autoptr(FaEvent) read = fa_event_from_line(line->str, (gssize)line->len, NULL);
    g_assert_nonnull(read);
    fa_event_append_line(read, again);
    g_assert_cmpstr(again->str, ==, line->str);
    g_assert_true(fa_digest_is_equal(&read->hash, &event.hash));
}

static void
test_bad_lines(void)
{
    static const char *const bad[] = {
        "",
        "{}",
        "[]",
        "null",
        "{\"position\":1}",
        "{\"position\":0,\"time\":\"2023-11-14T22:13:20Z\",\"actor\":\"a\",\"kind\":\"a.b\","
        "\"version\":1,\"subject\":\"s\",\"payload\":{},\"hash\":"
        "\"2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881\"}",
        "{\"position\":1,\"time\":\"yesterday\",\"actor\":\"a\",\"kind\":\"a.b\","
        "\"version\":1,\"subject\":\"s\",\"payload\":{},\"hash\":"
        "\"2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881\"}",
        "{\"position\":1,\"time\":\"2023-11-14T22:13:20Z\",\"actor\":\"a\",\"kind\":\"a.b\","
        "\"version\":1,\"subject\":\"s\",\"payload\":{},\"hash\":\"2d\"}",
        "{\"position\":1,\"time\":\"2023-11-14T22:13:20Z\",\"actor\":1,\"kind\":\"a.b\","
        "\"version\":1,\"subject\":\"s\",\"payload\":{},\"hash\":"
        "\"2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881\"}",
    };
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_null(fa_event_from_line(bad[i], -1, &error));
        g_assert_true(fa_error_is(error, FA_ERROR_CONFIG));
    }
}

static void
test_names(void)
{
    for (FaEventKind kind = 0; kind < FA_EVENT_KINDS; kind++) {
        FaEventKind again;
        g_assert_true(fa_event_kind_from_string(fa_event_kind_to_string(kind), &again));
        g_assert_cmpint(again, ==, kind);
        g_assert_cmpuint(fa_event_kind_get_version(kind), >=, 1);
    }
    FaEventKind none = FA_EVENT_STORE_GC;
    g_assert_false(fa_event_kind_from_string("moon.landing", &none));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/event/a-payload-is-made-canonical", test_canonical);
    g_test_add_func("/event/a-payload-has-to-fit-its-schema", test_schema);
    g_test_add_func("/event/what-is-inside-of-a-payload-has-to-fit-too", test_nested);
    g_test_add_func("/event/what-is-no-event-is-refused", test_form);
    g_test_add_func("/event/an-unknown-kind-is-kept-but-not-written", test_unknown);
    g_test_add_func("/event/a-line-is-read-as-it-was-written", test_line);
    g_test_add_func("/event/what-is-no-line-of-an-export-is-refused", test_bad_lines);
    g_test_add_func("/event/a-kind-is-its-name", test_names);
    return g_test_run();
}
