/* XML-RPC to and from JSON values. */
#include <string.h>

#include "base/error.h"
#include "proc/xmlrpc.h"

static JsonNode *
parse(const char *value, GError **error)
{
    FaFault fault = {0, NULL};
    g_autofree char *text = g_strdup_printf(
        "<?xml version='1.0'?><methodResponse><params><param>%s</param></params></methodResponse>",
        value);
    JsonNode *node = fa_xmlrpc_parse_response(text, strlen(text), &fault, error);
    g_assert_cmpint(fault.code, ==, 0);
    return node;
}

static void
assert_reads(const char *value, const char *json)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(JsonNode) node = parse(value, &error);
    g_assert_no_error(error);
    g_autofree char *text = fa_json_to_text(node, false);
    g_assert_cmpstr(text, ==, json);
}

static void
test_types(void)
{
    assert_reads("<value><int>7</int></value>", "7");
    assert_reads("<value><i4> -7 </i4></value>", "-7");
    assert_reads("<value><i8>4294967296</i8></value>", "4294967296");
    assert_reads("<value><boolean>1</boolean></value>", "true");
    assert_reads("<value><string>a &lt;b&gt; \xc3\xa9</string></value>", "\"a <b> \xc3\xa9\"");
    assert_reads("<value>bare</value>", "\"bare\"");
    assert_reads("<value><string></string></value>", "\"\"");
    assert_reads("<value><nil/></value>", "null");
    assert_reads(
        "<value><array><data> <value><int>1</int></value> <value>x</value></data></array></value>",
        "[1,\"x\"]");
    assert_reads("<value><struct><member><name>pid</name><value><int>3</int></value></member></"
                 "struct></value>",
                 "{\"pid\":3}");
    assert_reads("<value><array><data></data></array></value>", "[]");
}

static void
test_fault(void)
{
    g_autoptr(GError) error = NULL;
    FaFault fault = {0, NULL};
    const char *text =
        "<methodResponse><fault><value><struct><member><name>faultCode</name><value><int>10</int>"
        "</value></member><member><name>faultString</name><value><string>BAD_NAME: x</string>"
        "</value></member></struct></value></fault></methodResponse>";
    g_assert_null(fa_xmlrpc_parse_response(text, strlen(text), &fault, &error));
    g_assert_no_error(error);
    g_assert_cmpint(fault.code, ==, 10);
    g_assert_cmpstr(fault.text, ==, "BAD_NAME: x");
    g_free(fault.text);
}

static void
test_garbage(void)
{
    const char *const bad[] = {
        "",
        "<",
        "<value><int>x</int></value>",
        "<value><int>1</value>",
        "<value><value>1</value></value>",
    };
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_null(parse(bad[i], &error));
        g_assert_true(fa_error_is(error, FA_ERROR_FAILED));
    }
}

static void
test_doctype(void)
{
    g_autoptr(GError) error = NULL;
    FaFault fault = {0, NULL};
    const char *text =
        "<!DOCTYPE a [<!ENTITY b \"c\">]><methodResponse><value>&b;</value></methodResponse>";
    g_assert_null(fa_xmlrpc_parse_response(text, strlen(text), &fault, &error));
    g_assert_nonnull(strstr(error->message, "document type"));
}

static void
test_depth(void)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (int i = 0; i <= FA_XMLRPC_DEPTH_MAX; i++)
        g_string_append(text, "<value><array><data>");
    for (int i = 0; i <= FA_XMLRPC_DEPTH_MAX; i++)
        g_string_append(text, "</data></array></value>");
    g_autoptr(GError) error = NULL;
    g_assert_null(parse(text->str, &error));
    g_assert_nonnull(strstr(error->message, "nested too deeply"));
}

static void
test_call(void)
{
    g_autoptr(JsonArray) parameters = json_array_new();
    json_array_add_string_element(parameters, "a<b");
    json_array_add_boolean_element(parameters, TRUE);
    json_array_add_int_element(parameters, 5);
    g_autofree char *call = fa_xmlrpc_format_call("supervisor.stopProcess", parameters);
    g_assert_nonnull(strstr(call, "<methodName>supervisor.stopProcess</methodName>"));
    g_assert_nonnull(strstr(call, "<string>a&lt;b</string>"));
    g_assert_nonnull(strstr(call, "<boolean>1</boolean>"));
    g_assert_nonnull(strstr(call, "<int>5</int>"));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/xmlrpc/every-type-is-read", test_types);
    g_test_add_func("/xmlrpc/a-fault-is-no-value", test_fault);
    g_test_add_func("/xmlrpc/garbage-is-refused", test_garbage);
    g_test_add_func("/xmlrpc/a-document-type-is-refused", test_doctype);
    g_test_add_func("/xmlrpc/nesting-has-a-limit", test_depth);
    g_test_add_func("/xmlrpc/a-call-escapes-its-values", test_call);
    return g_test_run();
}
