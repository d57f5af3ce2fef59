#include "domain/plan.h"
#include "model.h"

static char *
order(const FaProduct *product, const char *wanted, FaDiags *diags)
{
    g_auto(GStrv) words = wanted != NULL ? g_strsplit(wanted, " ", -1) : NULL;
    g_autoptr(GPtrArray) list = fa_plan_order(product, (const char *const *)words, diags);
    if (list == NULL)
        return NULL;
    GString *names = g_string_new(NULL);
    for (unsigned i = 0; i < list->len; i++)
        g_string_append_printf(names, "%s%s", i > 0 ? " " : "",
                               ((FaRecipe *)g_ptr_array_index(list, i))->name);
    return g_string_free(names, FALSE);
}

static void
test_order(void)
{
    g_autoptr(FaProduct) product = fa_product_new();
    g_autoptr(FaDiags) diags = fa_diags_new();
    add_component(product, "front", "wiki blog");
    add_component(product, "blog", "db");
    add_component(product, "db", "");
    add_component(product, "wiki", "db");

    g_autofree char *all = order(product, NULL, diags);
    g_assert_cmpstr(all, ==, "db wiki blog front");
    g_autofree char *some = order(product, "blog", diags);
    g_assert_cmpstr(some, ==, "db blog");
    g_autofree char *none = order(product, "blgo", diags);
    g_assert_null(none);
    g_assert_cmpstr(fa_diags_get(diags, 0)->message, ==, "there is no component 'blgo'");
    g_assert_cmpstr(fa_diags_get(diags, 0)->help, ==, "did you mean 'blog'?");
}

static void
test_mistakes(void)
{
    g_autoptr(FaProduct) product = fa_product_new();
    g_autoptr(FaDiags) diags = fa_diags_new();
    add_component(product, "a", "b");
    add_component(product, "b", "x c");
    add_component(product, "c", "b");
    add_component(product, "d", "d");

    g_assert_null(order(product, NULL, diags));
    g_assert_cmpuint(fa_diags_length(diags), ==, 3);
    g_assert_cmpstr(fa_diags_get(diags, 0)->message, ==, "there is no component 'x'");
    g_assert_cmpuint(fa_diags_get(diags, 0)->place.line, ==, 2);
    g_assert_cmpstr(fa_diags_get(diags, 1)->message, ==, "'b' needs 'c' needs 'b'");
    g_assert_cmpuint(fa_diags_get(diags, 1)->place.line, ==, 3);
    g_assert_cmpstr(fa_diags_get(diags, 2)->message, ==, "'d' needs 'd'");
}

/* Law: in any order without a cycle, each component stands once, after all it needs. */
static void
test_law(void)
{
    for (int round = 0; round < 200; round++) {
        g_autoptr(FaProduct) product = fa_product_new();
        g_autoptr(FaDiags) diags = fa_diags_new();
        int count = g_test_rand_int_range(1, 12);
        for (int i = 0; i < count; i++) {
            g_autoptr(GString) needs = g_string_new(NULL);
            for (int j = i + 1; j < count; j++) {
                if (g_test_rand_bit())
                    g_string_append_printf(needs, "%sc%d", needs->len > 0 ? " " : "", j);
            }
            g_autofree char *name = g_strdup_printf("c%d", i);
            add_component(product, name, needs->str);
        }
        g_autoptr(GPtrArray) list = fa_plan_order(product, NULL, diags);
        g_assert_cmpuint(list->len, ==, count);
        g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
        for (unsigned i = 0; i < list->len; i++) {
            const FaRecipe *recipe = g_ptr_array_index(list, i);
            for (unsigned j = 0; j < recipe->components->len; j++) {
                const FaText *need = g_ptr_array_index(recipe->components, j);
                g_assert_true(g_hash_table_contains(seen, need->text));
            }
            g_assert_true(g_hash_table_add(seen, recipe->name));
        }
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/plan/what-is-needed-comes-first", test_order);
    g_test_add_func("/plan/a-cycle-and-a-missing-need-are-named", test_mistakes);
    g_test_add_func("/plan/everything-stands-once-after-all-it-needs", test_law);
    return g_test_run();
}
