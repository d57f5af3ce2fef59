#include <string.h>

#include "base/error.h"
#include "base/json.h"

static void
test_again(void)
{
    const char *text = "{\"a\":[1,-2.5,true,null],\"b\":{\"c\":\"x\\\"[\\\\\"}}";
    g_autoptr(GError) error = NULL;
    g_autoptr(JsonNode) node = fa_json_from_text(text, -1, &error);
    g_assert_no_error(error);
    g_autofree char *compact = fa_json_to_text(node, false), *pretty = fa_json_to_text(node, true);

    g_assert_cmpstr(compact, ==, text);
    g_assert_true(g_str_has_suffix(pretty, "}\n") &&
                  strstr(pretty, "\n  \"a\": [\n    1,\n") != NULL);
    g_autoptr(JsonNode) again = fa_json_from_text(pretty, -1, &error);
    g_assert_no_error(error);
    g_assert_true(json_node_equal(node, again));
}

/* Law: a number printed is read the same, and stays whole or not. */
static void
test_numbers(void)
{
    for (int i = 0; i < 2000; i++) {
        gint64 bits =
            (gint64)((guint64)(guint32)g_test_rand_int() << 32 | (guint32)g_test_rand_int());
        double drawn = g_test_rand_bit() ? (double)bits : g_test_rand_double_range(-1e-5, 1e-5);
        g_autoptr(JsonNode) number = json_node_init_double(json_node_alloc(), drawn);
        g_autofree char *text = fa_json_to_text(number, false);
        g_autoptr(JsonNode) again = fa_json_from_text(text, -1, NULL);
        g_assert_true(json_node_get_value_type(again) == G_TYPE_DOUBLE);
        g_assert_true(json_node_get_double(again) == drawn);
    }
    g_autoptr(JsonNode) tenth = json_node_init_double(json_node_alloc(), 0.1);
    g_autoptr(JsonNode) endless = json_node_init_double(json_node_alloc(), 1e308 * 10);
    g_autofree char *short_text = fa_json_to_text(tenth, false),
                    *null_text = fa_json_to_text(endless, false);
    g_assert_cmpstr(short_text, ==, "0.1");
    g_assert_cmpstr(null_text, ==, "null");
}

static void
test_bad(void)
{
    static const char *const bad[] = {"",           " ",        "{",         "{\"a\":}",
                                      "[1,]",       "// c\n1",  "/* [ */ 1", "'a'",
                                      "{\"a\":1}}", "\"\xff\"", "[",         "\"abc",
                                      "01",         "1.",       "\"\\x\"",   "\"\\u0000\"",
                                      "\"\n\"",     "{}{}",     "1e999",     "99999999999999999999",
                                      "\"\\",       "# x"};

    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(JsonNode) node = fa_json_from_text(bad[i], -1, &error);
        if (node != NULL)
            g_test_message("accepted: %s", bad[i]);
        g_assert_null(node);
        g_assert_true(fa_error_is(error, FA_ERROR_FAILED));
    }
}

static void
test_deep(void)
{
    for (size_t depth = 1; depth <= 1000000; depth *= 10) {
        g_autoptr(GString) text = g_string_new(NULL);
        for (size_t i = 0; i < depth; i++)
            g_string_append_c(text, '[');
        for (size_t i = 0; i < depth; i++)
            g_string_append_c(text, ']');
        g_autoptr(JsonNode) node = fa_json_from_text(text->str, (gssize)text->len, NULL);
        g_assert_cmpint(node != NULL, ==, depth <= 100);
    }
}

static void
test_members(void)
{
    g_autoptr(JsonNode) node = fa_json_from_text(
        "{\"s\":\"x\",\"i\":5,\"b\":true,\"o\":{},\"a\":[],\"n\":null}", -1, NULL);
    JsonObject *object = json_node_get_object(node);

    g_assert_cmpstr(fa_json_get_string(object, "s"), ==, "x");
    g_assert_null(fa_json_get_string(object, "i"));
    g_assert_null(fa_json_get_string(object, "n"));
    g_assert_null(fa_json_get_string(object, "none"));
    g_assert_cmpint(fa_json_get_int(object, "i", 9), ==, 5);
    g_assert_cmpint(fa_json_get_int(object, "s", 9), ==, 9);
    g_assert_true(fa_json_get_bool(object, "b", false));
    g_assert_true(fa_json_get_bool(object, "i", true));
    g_assert_nonnull(fa_json_get_object(object, "o"));
    g_assert_null(fa_json_get_object(object, "a"));
    g_assert_nonnull(fa_json_get_array(object, "a"));
    g_assert_null(fa_json_get_array(object, "o"));
}

static void
test_canonical(void)
{
    static const char *const same[] = {
        "{\"b\":[1,{\"y\":null,\"x\":1.5}],\"B\":\"\\u00e9\\n\",\"a\":{}}",
        " { \"a\" : {} , \"B\" : \"\303\251\\u000a\", \"b\" : [ 1, {\"x\":15e-1, \"y\":null} ] } ",
    };
    for (size_t i = 0; i < G_N_ELEMENTS(same); i++) {
        g_autoptr(JsonNode) node = fa_json_from_text(same[i], -1, NULL);
        g_autofree char *text = fa_json_to_canonical(node);
        g_assert_cmpstr(text, ==,
                        "{\"B\":\"\303\251\\n\",\"a\":{},\"b\":[1,{\"x\":1.5,\"y\":null}]}");
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/json/what-is-printed-is-read-the-same", test_again);
    g_test_add_func("/json/a-number-printed-is-read-the-same", test_numbers);
    g_test_add_func("/json/what-is-not-json-is-refused", test_bad);
    g_test_add_func("/json/nesting-has-a-limit", test_deep);
    g_test_add_func("/json/a-member-of-another-type-counts-as-missing", test_members);
    g_test_add_func("/json/equal-values-have-equal-canonical-bytes", test_canonical);
    return g_test_run();
}
