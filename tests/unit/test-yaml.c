#include <string.h>

#include "config/yaml.h"

static FaYamlDocument *
parse(const char *text, FaDiags *diags)
{
    return fa_yaml_parse("f.yaml", text, strlen(text), diags);
}

static void
check_place(const FaYaml *node, unsigned line, unsigned column)
{
    g_assert_nonnull(node);
    g_assert_cmpuint(node->place.line, ==, line);
    g_assert_cmpuint(node->place.column, ==, column);
}

static void
test_tree(void)
{
    g_autoptr(FaDiags) diags = fa_diags_new();
    g_autoptr(FaYamlDocument) document =
        parse("version: 0.10\nlist: [a, 'b c', {k: no}]\nempty:\nrun: |\n\n    one\n    two\n"
              "base: &b {x: 1}\nagain: *b\n\xc3\xa9: \"\"\n",
              diags);
    g_assert_cmpuint(fa_diags_length(diags), ==, 0);
    const FaYaml *root = fa_yaml_root(document);
    const FaYaml *version = fa_yaml_get(root, "version");
    g_assert_cmpstr(version->text, ==, "0.10");
    check_place(version, 1, 10);
    g_assert_cmpuint(version->length, ==, 4);
    const FaYaml *list = fa_yaml_get(root, "list");
    g_assert_cmpint(list->kind, ==, FA_YAML_LIST);
    check_place(g_ptr_array_index(list->values, 1), 2, 12);
    g_assert_cmpstr(fa_yaml_get(g_ptr_array_index(list->values, 2), "k")->text, ==, "no");
    g_assert_true(fa_yaml_get(root, "empty")->is_empty);
    g_assert_cmpstr(fa_yaml_get(root, "run")->text, ==, "\none\ntwo\n");
    check_place(fa_yaml_get(root, "run"), 5, 5);
    g_assert_true(fa_yaml_get(root, "again") == fa_yaml_get(root, "base"));
    g_assert_false(fa_yaml_get(root, "\xc3\xa9")->is_empty);
    g_assert_null(fa_yaml_get(root, "nothing"));
}

static void
test_nothing(void)
{
    static const char *const texts[] = {"", "\n", "# only this\n", "---\n"};
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(FaDiags) diags = fa_diags_new();
        g_autoptr(FaYamlDocument) document = parse(texts[i], diags);
        g_assert_nonnull(document);
        g_assert_cmpint(fa_yaml_root(document)->kind, ==, FA_YAML_MAP);
        g_assert_cmpuint(fa_diags_length(diags), ==, 0);
    }
}

static void
test_twice(void)
{
    g_autoptr(FaDiags) diags = fa_diags_new();
    g_autoptr(FaYamlDocument) document = parse("a: 1\nb: 2\na: 3\n", diags);
    g_assert_cmpstr(fa_yaml_get(fa_yaml_root(document), "a")->text, ==, "1");
    const FaDiag *diag = fa_diags_get(diags, 0);
    g_assert_cmpstr(diag->message, ==, "'a' is given twice");
    g_assert_cmpuint(diag->place.line, ==, 3);
    g_assert_cmpstr(diag->note, ==, "first given here");
    g_assert_cmpuint(diag->note_at.line, ==, 1);
}

static void
test_refused(void)
{
    static const struct {
        const char *text;
        const char *message;
        unsigned line, column;
    } cases[] = {
        {"a: [1,\nb: 2\n", "did not find expected ',' or ']'", 3, 1},
        {"a: *b\n", "there is no anchor 'b' above", 1, 4},
        {"a: &a [*a]\n", "there is no anchor 'a' above", 1, 8},
        {"a: !!int 1\n", "a value cannot have a tag", 1, 4},
        {"a: 1\n---\nb: 2\n", "a second document begins here", 2, 1},
        {"[a]: 1\n", "a key must be a text", 1, 1},
        {"a: \"x\\0y\"\n", "a text cannot hold the character '\\0'", 1, 4},
        {"a: \xc3\xa9 \xff\n", "byte 0xff is not UTF-8 text", 1, 6},
        {"\ta: 1\n", "found character that cannot start any token", 1, 1},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(FaDiags) diags = fa_diags_new();
        g_autoptr(FaYamlDocument) document = parse(cases[i].text, diags);
        g_assert_null(document);
        g_assert_cmpuint(fa_diags_length(diags), ==, 1);
        g_assert_cmpstr(fa_diags_get(diags, 0)->message, ==, cases[i].message);
        g_assert_cmpuint(fa_diags_get(diags, 0)->place.line, ==, cases[i].line);
        g_assert_cmpuint(fa_diags_get(diags, 0)->place.column, ==, cases[i].column);
    }
}

static void
test_braces(void)
{
    g_autoptr(FaDiags) diags = fa_diags_new();
    g_autoptr(FaYamlDocument) document = parse("tests: [run http://${host}/]\n", diags);
    g_assert_null(document);
    g_assert_nonnull(strstr(fa_diags_get(diags, 0)->help, "needs quotes"));
}

static void
test_limits(void)
{
    g_autoptr(FaDiags) diags = fa_diags_new();
    g_autofree char *deep = g_strnfill(65, '[');
    g_assert_null(parse(deep, diags));
    g_assert_cmpstr(fa_diags_get(diags, 0)->message, ==,
                    "more than 64 maps and lists in each other");

    g_autoptr(FaDiags) bomb_diags = fa_diags_new();
    g_autoptr(GString) bomb = g_string_new("a0: &a0 [x,x,x,x,x,x,x,x,x]\n");
    for (int i = 1; i < 9; i++) {
        g_string_append_printf(bomb, "a%d: &a%d [", i, i);
        for (int j = 0; j < 9; j++)
            g_string_append_printf(bomb, "%s*a%d", j > 0 ? "," : "", i - 1);
        g_string_append(bomb, "]\n");
    }
    g_assert_null(parse(bomb->str, bomb_diags));
    g_assert_cmpstr(fa_diags_get(bomb_diags, 0)->message, ==, "the file has too many values");

    g_autoptr(FaDiags) long_diags = fa_diags_new();
    g_autofree char *longer = g_strnfill(FA_YAML_SIZE_MAX + 1, '#');
    g_assert_null(parse(longer, long_diags));
    g_assert_cmpuint(fa_diags_length(long_diags), ==, 1);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/yaml/every-value-is-text-and-knows-its-place", test_tree);
    g_test_add_func("/yaml/a-file-without-content-is-an-empty-map", test_nothing);
    g_test_add_func("/yaml/a-key-given-twice-is-said-with-both-places", test_twice);
    g_test_add_func("/yaml/what-is-no-tree-of-texts-is-refused", test_refused);
    g_test_add_func("/yaml/a-name-to-fill-in-needs-quotes-in-a-list", test_braces);
    g_test_add_func("/yaml/what-grows-without-end-is-refused", test_limits);
    return g_test_run();
}
