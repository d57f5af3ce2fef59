#include "app/names.h"

#include "domain/ports.h"

/* Servers listen on loopback only; the front of the host is what the public meets. */
#define LISTEN_HOST "127.0.0.1"

static void
add_component(FaScope *scope, const char *component, const char *environment_directory,
              unsigned port)
{
    g_autofree char *port_name = g_strdup_printf("%s.port", component);
    g_autofree char *port_text = g_strdup_printf("%u", port);
    g_autofree char *var_name = g_strdup_printf("%s.var", component);
    g_autofree char *var = g_build_filename(environment_directory, "var", component, NULL);
    g_autofree char *run_name = g_strdup_printf("%s.run", component);
    g_autofree char *run = g_build_filename(environment_directory, "var", "run", NULL);
    g_autofree char *log_name = g_strdup_printf("%s.log", component);
    g_autofree char *log = g_build_filename(environment_directory, "var", "log", NULL);

    fa_scope_set(scope, port_name, port_text);
    fa_scope_set(scope, var_name, var);
    fa_scope_set(scope, run_name, run);
    fa_scope_set(scope, log_name, log);
}

FaScope *
fa_names_of_environment(FaContext *context, const FaChoice *choice, unsigned slot)
{
    const FaProduct *product = fa_context_get_product(context);
    g_autoptr(GHashTable) offsets = NULL;
    if (!fa_ports_assign(product, fa_context_get_diags(context), &offsets))
        return NULL;

    FaScope *scope = fa_scope_new();
    g_autofree char *directory = g_build_filename(
        fa_context_get_home(context), "sites", choice->site->name, choice->environment->name, NULL);
    g_autofree char *url = g_strdup_printf(
        "http://" LISTEN_HOST ":%u", fa_ports_get(choice->site, choice->environment, slot, 0));

    fa_scope_set(scope, "product", product->name);
    fa_scope_set(scope, "site", choice->site->name);
    fa_scope_set(scope, "environment", choice->environment->name);
    fa_scope_set(scope, "domain", choice->site->domain);
    fa_scope_set(scope, "home", fa_context_get_home(context));
    fa_scope_set(scope, "host", LISTEN_HOST);
    fa_scope_set(scope, "url", url);
    for (guint i = 0; i < product->components->len; i++) {
        const FaRecipe *recipe = g_ptr_array_index(product->components, i);
        unsigned offset = GPOINTER_TO_UINT(g_hash_table_lookup(offsets, recipe->name));
        add_component(scope, recipe->name, directory,
                      fa_ports_get(choice->site, choice->environment, slot, offset));
    }
    return scope;
}
