#include <string.h>

#include "domain/settings.h"
#include "model.h"

static void
check(const FaValues *values, const char *component, const char *setting, const char *text,
      FaOrigin origin)
{
    const FaValue *value = fa_values_get(values, component, setting);
    g_assert_nonnull(value);
    g_assert_cmpstr(value->text, ==, text);
    g_assert_cmpstr(fa_origin_to_string(value->origin), ==, fa_origin_to_string(origin));
}

static bool
is_said(const FaDiags *diags, const char *message)
{
    for (size_t i = 0; i < fa_diags_length(diags); i++) {
        if (strcmp(fa_diags_get(diags, i)->message, message) == 0)
            return true;
    }
    return false;
}

static void
test_precedence(void)
{
    static const char *const names[] = {"a", "b", "c", "d", "e", "f"};
    g_autoptr(FaProduct) product = fa_product_new();
    g_autoptr(FaDiags) diags = fa_diags_new();
    g_autoptr(GPtrArray) command_line =
        g_ptr_array_new_with_free_func((GDestroyNotify)fa_given_free);
    FaRecipe *recipe = add_component(product, "web", "");
    FaSiteSpec *site = add_site(product, "s", 8000);
    const FaEnvironmentSpec *live = add_environment(product, "live", 0);
    GPtrArray *environment = g_ptr_array_new_with_free_func((GDestroyNotify)fa_given_free);
    g_hash_table_insert(site->environments, g_strdup("live"), environment);
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        add_setting(recipe, names[i], FA_SETTING_TEXT, "default");
    for (size_t i = 1; i < G_N_ELEMENTS(names); i++)
        add_given(product->given, i == 1 ? "*" : "web", names[i], "product");
    for (size_t i = 2; i < G_N_ELEMENTS(names); i++)
        add_given(site->given, "web", names[i], "site");
    for (size_t i = 3; i < G_N_ELEMENTS(names); i++)
        add_given(environment, "web", names[i], "environment");
    add_given(environment, "*", "d", "beaten by what is given for one");
    add_given(command_line, "web", "e", "line");
    add_given(command_line, "*", "f", "line");

    g_autoptr(FaValues) values = fa_values_resolve(product, site, live, command_line, NULL, diags);
    g_assert_cmpuint(fa_diags_length(diags), ==, 0);
    check(values, "web", "a", "default", FA_ORIGIN_COMPONENT);
    check(values, "web", "b", "product", FA_ORIGIN_PRODUCT);
    check(values, "web", "c", "site", FA_ORIGIN_SITE);
    check(values, "web", "d", "environment", FA_ORIGIN_ENVIRONMENT);
    check(values, "web", "e", "line", FA_ORIGIN_COMMAND_LINE);
    check(values, "web", "f", "line", FA_ORIGIN_COMMAND_LINE);
    g_autoptr(GPtrArray) list = fa_values_list(values, "web");
    g_assert_cmpuint(list->len, ==, 6);
    g_assert_cmpstr(((FaValue *)g_ptr_array_index(list, 5))->setting, ==, "f");
}

static void
test_names(void)
{
    g_autoptr(FaProduct) product = fa_product_new();
    g_autoptr(FaDiags) diags = fa_diags_new();
    g_autoptr(FaScope) built_in = fa_scope_new();
    const FaSiteSpec *site = add_site(product, "s", 8000);
    const FaEnvironmentSpec *live = add_environment(product, "live", 0);
    fa_scope_set(built_in, "host", "www");
    fa_scope_set(built_in, "blog.port", "8001");
    fa_scope_append(built_in, "routes", fa_scope_new());
    FaRecipe *blog = add_component(product, "blog", "");
    FaRecipe *front = add_component(product, "front", "");
    add_setting(blog, "address", FA_SETTING_TEXT, "${host}:${port}");
    add_setting(blog, "url", FA_SETTING_TEXT, "http://${address}/");
    add_setting(front, "backend", FA_SETTING_TEXT, "${blog.url}");
    add_setting(front, "title", FA_SETTING_TEXT, "x")->inherit = g_strdup("blog.url");

    g_autoptr(FaValues) values = fa_values_resolve(product, site, live, NULL, built_in, diags);
    g_assert_cmpuint(fa_diags_length(diags), ==, 0);
    check(values, "front", "backend", "http://www:8001/", FA_ORIGIN_COMPONENT);
    check(values, "front", "title", "http://www:8001/", FA_ORIGIN_INHERITED);
    check(values, "blog", "port", "8001", FA_ORIGIN_BUILT_IN);
    check(values, "front", "host", "www", FA_ORIGIN_BUILT_IN);
    g_autoptr(FaScope) scope = fa_values_scope(values, "blog");
    g_assert_cmpstr(fa_scope_get(scope, "port"), ==, "8001");
    g_assert_cmpstr(fa_scope_get(scope, "url"), ==, "http://www:8001/");
    g_assert_cmpstr(fa_scope_get(scope, "front.title"), ==, "http://www:8001/");
    g_assert_cmpuint(fa_scope_get_list(scope, "routes")->len, ==, 1);
}

static FaProduct *
broken_product(void)
{
    FaProduct *product = fa_product_new();
    FaRecipe *web = add_component(product, "web", "");
    add_setting(web, "workers", FA_SETTING_NUMBER, "two");
    add_setting(web, "debug", FA_SETTING_BOOLEAN, "perhaps");
    add_setting(web, "password", FA_SETTING_SECRET, "hunter2");
    add_setting(web, "plain", FA_SETTING_TEXT, "secret:admin");
    add_setting(web, "must", FA_SETTING_TEXT, NULL);
    add_setting(web, "a", FA_SETTING_TEXT, "${b}");
    add_setting(web, "b", FA_SETTING_TEXT, "${web.c}");
    add_setting(web, "c", FA_SETTING_TEXT, "${a}");
    add_setting(web, "typo", FA_SETTING_TEXT, "${wrokers}");
    add_setting(web, "mode", FA_SETTING_TEXT, "fats")->choices = g_strsplit("fast slow", " ", -1);
    add_setting(web, "heir", FA_SETTING_TEXT, "x")->inherit = g_strdup("web.nobody");
    add_given(product->given, "wbe", "workers", "1");
    add_given(product->given, "web", "worker", "1");
    add_given(product->given, "*", "nothing", "1");
    return product;
}

static void
test_mistakes(void)
{
    static const char *const messages[] = {
        "'two' is not a number, as 'web.workers' must be",
        "'perhaps' is not true or false, as 'web.debug' must be",
        "the value of 'web.password' is not a reference 'secret:NAME'",
        "'web.plain' cannot hold a secret",
        "'web.must' has no value",
        "'web.a' uses 'web.b' uses 'web.c' uses 'web.a'",
        "there is no name 'wrokers'",
        "'fats' is not a choice of 'web.mode'",
        "'web.heir' inherits from 'web.nobody', which does not exist",
        "there is no component 'wbe'",
        "'web' has no setting 'worker'",
        "no component has a setting 'nothing'",
    };
    g_autoptr(FaProduct) product = broken_product();
    g_autoptr(FaDiags) diags = fa_diags_new();
    const FaSiteSpec *site = add_site(product, "s", 8000);
    const FaEnvironmentSpec *live = add_environment(product, "live", 0);

    for (int i = 0; i < 2; i++) {
        g_autoptr(FaValues) values = fa_values_resolve(product, site, live, NULL, NULL, diags);
        g_assert_nonnull(values);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(messages); i++) {
        if (!is_said(diags, messages[i]))
            g_test_message("not said: %s", messages[i]);
        g_assert_true(is_said(diags, messages[i]));
    }
    g_autofree char *all = fa_diags_format(diags, false);
    g_assert_null(strstr(all, "hunter2"));
    for (size_t i = 0; i < fa_diags_length(diags); i++) {
        const FaDiag *diag = fa_diags_get(diags, i);
        if (strcmp(diag->message, "there is no name 'wrokers'") == 0)
            g_assert_cmpuint(diag->length, ==, strlen("${wrokers}"));
    }
    /* The two others of the cycle have no value, and say so; nothing is said twice. */
    g_assert_cmpuint(fa_diags_length(diags), <=, G_N_ELEMENTS(messages) + 2);
}

static void
test_partial(void)
{
    g_autoptr(FaProduct) product = fa_product_new();
    g_autoptr(FaDiags) diags = fa_diags_new();
    FaRecipe *web = add_component(product, "web", "");
    add_setting(web, "must", FA_SETTING_TEXT, NULL);
    add_setting(web, "url", FA_SETTING_TEXT, "http://${domain}/");
    g_autoptr(FaValues) values = fa_values_resolve(product, NULL, NULL, NULL, NULL, diags);
    g_assert_cmpuint(fa_diags_length(diags), ==, 0);
    g_assert_null(fa_values_get(values, "web", "url")->text);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/settings/later-beats-earlier", test_precedence);
    g_test_add_func("/settings/values-use-each-other", test_names);
    g_test_add_func("/settings/all-mistakes-are-said-once", test_mistakes);
    g_test_add_func("/settings/without-a-site-values-may-wait", test_partial);
    return g_test_run();
}
