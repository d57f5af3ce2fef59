#include "domain/ports.h"
#include "model.h"

static FaRecipe *
add_server(FaProduct *product, const char *name, int port)
{
    FaRecipe *recipe = add_component(product, name, "");
    recipe->port_offset = port;
    g_ptr_array_add(recipe->processes, fa_process_new("web"));
    return recipe;
}

static void
test_assign(void)
{
    g_autoptr(FaProduct) product = fa_product_new();
    g_autoptr(FaDiags) diags = fa_diags_new();
    g_autoptr(GHashTable) offsets = NULL;
    const FaSiteSpec *site = add_site(product, "s", 8000);
    const FaEnvironmentSpec *stage = add_environment(product, "stage", 100);
    add_server(product, "a", -1);
    add_server(product, "b", 1);
    add_component(product, "library", "");
    add_server(product, "c", -1);

    g_assert_true(fa_ports_assign(product, diags, &offsets));
    g_assert_cmpuint(g_hash_table_size(offsets), ==, 3);
    g_assert_cmpuint(GPOINTER_TO_UINT(g_hash_table_lookup(offsets, "a")), ==, 0);
    g_assert_cmpuint(GPOINTER_TO_UINT(g_hash_table_lookup(offsets, "b")), ==, 1);
    g_assert_cmpuint(GPOINTER_TO_UINT(g_hash_table_lookup(offsets, "c")), ==, 2);
    g_assert_cmpuint(fa_ports_get(site, stage, 1, 2), ==, 8152);
}

static void
test_mistakes(void)
{
    g_autoptr(FaProduct) product = fa_product_new();
    g_autoptr(FaDiags) diags = fa_diags_new();
    GHashTable *offsets = NULL;
    add_site(product, "s", 8000);
    add_site(product, "t", 8050);
    add_site(product, "u", 65500);
    add_environment(product, "live", 0);
    add_server(product, "a", 3);
    add_server(product, "b", 3);
    add_server(product, "c", 50);

    g_assert_false(fa_ports_assign(product, diags, &offsets));
    g_assert_null(offsets);
    g_assert_cmpuint(fa_diags_length(diags), ==, 4);
    g_assert_cmpstr(fa_diags_get(diags, 0)->message, ==, "'a' and 'b' both claim port 3");
    g_assert_cmpstr(fa_diags_get(diags, 1)->message, ==, "port 50 of 'c' is not between 0 and 49");
    g_assert_cmpstr(fa_diags_get(diags, 2)->message, ==, "the ports of 'live.u' end above 65535");
    g_assert_cmpstr(fa_diags_get(diags, 3)->message, ==,
                    "'live.s' and 'live.t' share ports, from 8050 on");
}

static void
test_too_many(void)
{
    g_autoptr(FaProduct) product = fa_product_new();
    g_autoptr(FaDiags) diags = fa_diags_new();
    GHashTable *offsets = NULL;
    for (int i = 0; i < 51; i++) {
        g_autofree char *name = g_strdup_printf("c%d", i);
        add_server(product, name, -1);
    }
    g_assert_false(fa_ports_assign(product, diags, &offsets));
    g_assert_cmpstr(fa_diags_get(diags, 0)->message, ==,
                    "there is no port left for 'c50': an environment has 50 of them");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/ports/each-server-gets-its-own", test_assign);
    g_test_add_func("/ports/two-never-share-one", test_mistakes);
    g_test_add_func("/ports/the-fifty-first-is-refused", test_too_many);
    return g_test_run();
}
