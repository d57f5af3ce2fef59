#include <string.h>

#include "domain/template.h"

static char *
expand(const char *text, const FaScope *scope, FaDiags *diags)
{
    FaPlace place = {"nginx.conf", 1, 1};
    return fa_template_expand(text, &place, scope, diags);
}

static FaScope *
route(const char *path)
{
    FaScope *item = fa_scope_new();
    fa_scope_set(item, "path", path);
    return item;
}

static FaScope *
example(void)
{
    FaScope *scope = fa_scope_new();
    fa_scope_set(scope, "port", "8000");
    fa_scope_set(scope, "mariadb.socket", "/run/db");
    fa_scope_set(scope, "off", "no");
    fa_scope_set(scope, "empty", NULL);
    fa_scope_append(scope, "routes", route("/"));
    fa_scope_append(scope, "routes", route("/blog/"));
    fa_scope_ensure_list(scope, "none");
    return scope;
}

static void
test_expand(void)
{
    static const char *const cases[][2] = {
        {"", ""},
        {"listen ${port};", "listen 8000;"},
        {"$host ${mariadb.socket}", "$host /run/db"},
        {"${empty:-x}${nothing:-}${port:-1}", "x8000"},
        {"$${port} $$${port}", "${port} $${port}"},
        {"a\n%% for r in routes\nroute ${r.path}\n%% end\nb\n", "a\nroute /\nroute /blog/\nb\n"},
        {"  %% if port\nyes\n  %% else\nno\n%% end", "yes\n"},
        {"%% if not off\nA\n%% end\n%% if nothing\nB\n%% end\n%% if none\nC\n%% else\nD\n%% end\n",
         "A\nD\n"},
        {" %%% not ours\n", " %% not ours\n"},
        {"%% for r in none\n${r.nothing}\n%% end\n", ""},
    };
    g_autoptr(FaScope) scope = example();

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(FaDiags) diags = fa_diags_new();
        g_autofree char *result = expand(cases[i][0], scope, diags);
        g_assert_cmpstr(result, ==, cases[i][1]);
        g_assert_cmpuint(fa_diags_length(diags), ==, 0);
    }
}

static void
test_mistakes(void)
{
    static const struct {
        const char *text;
        const char *message;
        unsigned line, column;
        const char *help;
    } cases[] = {
        {"a\nb ${prt}", "there is no name 'prt'", 2, 3, "did you mean 'port'?"},
        {"${empty}", "'empty' has no value", 1, 1, NULL},
        {"${routes}", "'routes' is a list, not a text", 1, 1, NULL},
        {"\xc3\xa9 ${port", "this '${' has no '}' on its line", 1, 3,
         "write '$${' for a '${' that stays as it is"},
        {"${port%.*}", "'${port%.*}' is not a name to fill in", 1, 1,
         "write '$${' for a '${' that the program itself reads"},
        {"${a:-${b}}", "the text after ':-' cannot use a name", 1, 1, "use 'if' and 'else' lines"},
        {"x\n  %% if port\n", "this block has no '%% end'", 2, 3, NULL},
        {"%% end\n", "'end' outside of any 'for' or 'if'", 1, 1, NULL},
        {"%% for r in routes\n%% else\n%% end\n", "this 'else' belongs to no 'if'", 2, 1, NULL},
        {"%% for r in ports\n%% end\n", "there is no list 'ports'", 1, 1, NULL},
        {"%% for r in routes\n${r.pth}\n%% end\n", "there is no name 'r.pth'", 2, 1,
         "did you mean 'r.path'?"},
    };
    g_autoptr(FaScope) scope = example();

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(FaDiags) diags = fa_diags_new();
        g_autofree char *result = expand(cases[i].text, scope, diags);
        g_assert_null(result);
        g_assert_cmpuint(fa_diags_length(diags), ==, 1);
        const FaDiag *diag = fa_diags_get(diags, 0);
        g_assert_cmpstr(diag->message, ==, cases[i].message);
        g_assert_cmpuint(diag->place.line, ==, cases[i].line);
        g_assert_cmpuint(diag->place.column, ==, cases[i].column);
        g_assert_cmpstr(diag->help, ==, cases[i].help);
    }
}

static void
test_limits(void)
{
    g_autoptr(FaScope) scope = fa_scope_new();
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(FaDiags) diags = fa_diags_new();
    for (int i = 0; i < 100; i++)
        fa_scope_append(scope, "l", fa_scope_new());

    for (int i = 0; i < 17; i++)
        g_string_append(text, "%% if l\n");
    for (int i = 0; i < 17; i++)
        g_string_append(text, "%% end\n");
    g_assert_null(expand(text->str, scope, diags));
    g_assert_cmpstr(fa_diags_get(diags, 0)->message, ==, "more than 16 blocks in each other");

    g_autoptr(FaDiags) bomb = fa_diags_new();
    const char *loops = "%% for a in l\n%% for b in l\n%% for c in l\n%% for d in l\nx\n"
                        "%% end\n%% end\n%% end\n%% end\n";
    g_assert_null(expand(loops, scope, bomb));
    g_assert_cmpuint(fa_diags_length(bomb), ==, 1);

    g_autoptr(FaDiags) longer = fa_diags_new();
    g_autofree char *value = g_strnfill(100000, 'x');
    fa_scope_set(scope, "v", value);
    g_assert_null(expand("%% for a in l\n${v}\n%% end\n", scope, longer));
    g_assert_cmpstr(fa_diags_get(longer, 0)->message, ==, "the template becomes longer than 1 MiB");
}

static void
test_names(void)
{
    g_autoptr(GPtrArray) names = fa_template_names(
        "${b} ${a.x:-1} ${b}\n%% for r in l\n${r.path} ${c}\n%% if r.hidden\n%% end\n%% end\n");
    g_ptr_array_add(names, NULL);
    g_autofree char *joined = g_strjoinv(" ", (char **)names->pdata);
    g_assert_cmpstr(joined, ==, "a.x b c l");
}

static void
test_view(void)
{
    g_autoptr(FaScope) scope = fa_scope_new();
    fa_scope_set(scope, "port", "1");
    fa_scope_set(scope, "blog.port", "2");
    g_autoptr(FaScope) blog = fa_scope_new_view(scope, "blog");
    g_autoptr(FaScope) wiki = fa_scope_new_view(scope, "wiki");
    g_assert_cmpstr(fa_scope_get(blog, "port"), ==, "2");
    g_assert_cmpstr(fa_scope_get(wiki, "port"), ==, "1");
    g_assert_cmpstr(fa_scope_get(wiki, "blog.port"), ==, "2");
    fa_scope_set(wiki, "port", "3");
    g_assert_cmpstr(fa_scope_get(wiki, "port"), ==, "3");
}

/* Law: any text, escaped, expands to itself, with whatever names; and reads no name. */
static void
test_escape_law(void)
{
    static const char *const parts[] = {"$",  "{",   "}",       "%",  "%%", "\n", " ",
                                        "\t", "end", "${port}", ":-", "x",  "if", "$$"};
    g_autoptr(FaScope) scope = example();

    for (int round = 0; round < 3000; round++) {
        g_autoptr(GString) text = g_string_new(NULL);
        int count = g_test_rand_int_range(0, 12);
        for (int i = 0; i < count; i++)
            g_string_append(text, parts[g_test_rand_int_range(0, G_N_ELEMENTS(parts))]);
        g_autofree char *escaped = fa_template_escape(text->str);
        g_autoptr(FaDiags) diags = fa_diags_new();
        g_autofree char *result = expand(escaped, scope, diags);
        g_assert_cmpstr(result, ==, text->str);
        g_autoptr(GPtrArray) names = fa_template_names(escaped);
        g_assert_cmpuint(names->len, ==, 0);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/template/names-loops-and-conditions-are-filled-in", test_expand);
    g_test_add_func("/template/a-mistake-has-its-place-and-a-cure", test_mistakes);
    g_test_add_func("/template/a-bomb-is-refused", test_limits);
    g_test_add_func("/template/the-names-that-it-reads-are-listed", test_names);
    g_test_add_func("/template/a-component-sees-its-own-names-first", test_view);
    g_test_add_func("/template/an-escaped-text-expands-to-itself", test_escape_law);
    return g_test_run();
}
