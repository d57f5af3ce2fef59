#include "app/names.h"

#include "app/assemble.h"
#include "domain/ports.h"
#include "site/layout.h"

/* Servers listen on loopback only; the front of the host is what the public meets. */
#define LISTEN_HOST  "127.0.0.1"
#define SHORT_PARENT "/tmp"

static void
set(FaScope *scope, const char *component, const char *name, const char *value)
{
    g_autofree char *whole = g_strdup_printf("%s.%s", component, name);
    fa_scope_set(scope, whole, value);
}

static void
add_component(FaScope *scope, const char *component, const FaLayout *layout, unsigned port)
{
    g_autofree char *number = g_strdup_printf("%u", port);
    g_autofree char *var = g_build_filename(layout->data, component, NULL);
    g_autofree char *etc = g_build_filename(layout->current, "etc", component, NULL);

    set(scope, component, "port", number);
    set(scope, component, "var", var);
    set(scope, component, "etc", etc);
    set(scope, component, "run", layout->run);
    set(scope, component, "log", layout->log);
}

FaLayout *
fa_names_layout(const FaContext *context, const FaChoice *choice, GError **error)
{
    return fa_layout_new(fa_context_get_home(context), choice->site->name,
                         choice->environment->name, SHORT_PARENT, error);
}

FaScope *
fa_names_of_environment(FaContext *context, const FaChoice *choice, unsigned slot,
                        const GPtrArray *plan, GError **error)
{
    const FaProduct *product = fa_context_get_product(context);
    g_autoptr(FaLayout) layout = fa_names_layout(context, choice, error);
    g_autoptr(GHashTable) offsets = NULL;
    if (layout == NULL)
        return NULL;
    if (!fa_ports_assign(product, fa_context_get_diags(context), &offsets)) {
        fa_context_check(context, error);
        return NULL;
    }

    FaScope *scope = fa_scope_new();
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
        add_component(scope, recipe->name, layout,
                      fa_ports_get(choice->site, choice->environment, slot, offset));
    }
    for (guint i = 0; plan != NULL && i < plan->len; i++) {
        const FaAssembled *built = g_ptr_array_index(plan, i);
        set(scope, built->component, "out", built->path);
    }
    return scope;
}
