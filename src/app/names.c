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

/* What outlives releases must not change with the slot that they are in. */
static void
add_component(FaScope *scope, const FaRecipe *recipe, const FaLayout *layout, FaSlot slot,
              unsigned port)
{
    bool is_lasting = fa_recipe_is_lasting(recipe);
    g_autofree char *link = fa_slot_get_link(layout, slot);
    g_autofree char *number = g_strdup_printf("%u", port);
    g_autofree char *var = g_build_filename(layout->data, recipe->name, NULL);
    g_autofree char *etc =
        g_build_filename(is_lasting ? layout->current : link, "etc", recipe->name, NULL);
    g_autofree char *run = fa_slot_get_run(layout, is_lasting ? FA_SLOT_A : slot);

    set(scope, recipe->name, "port", number);
    set(scope, recipe->name, "var", var);
    set(scope, recipe->name, "etc", etc);
    set(scope, recipe->name, "run", run);
    set(scope, recipe->name, "log", layout->log);
}

char *
fa_names_slot_url(const FaChoice *choice, FaSlot slot)
{
    return g_strdup_printf("http://" LISTEN_HOST ":%u",
                           fa_ports_get(choice->site, choice->environment, (unsigned)slot, 0));
}

char *
fa_names_choice(const FaChoice *choice)
{
    return g_strdup_printf("%s.%s", choice->environment->name, choice->site->name);
}

static void
add_environment(FaScope *scope, const FaContext *context, const FaChoice *choice, FaSlot slot,
                bool is_direct)
{
    const FaProduct *product = fa_context_get_product(context);
    g_autofree char *own = fa_names_slot_url(choice, slot);
    g_autofree char *public = fa_product_get_url(product, choice->site, choice->environment);

    fa_scope_set(scope, "product", product->name);
    fa_scope_set(scope, "release", fa_context_get_release(context));
    fa_scope_set(scope, "site", choice->site->name);
    fa_scope_set(scope, "environment", choice->environment->name);
    fa_scope_set(scope, "slot", fa_slot_to_string(slot));
    fa_scope_set(scope, "domain", choice->site->domain);
    fa_scope_set(scope, "home", fa_context_get_home(context));
    fa_scope_set(scope, "host", LISTEN_HOST);
    fa_scope_set(scope, "url", is_direct || public == NULL ? own : public);
    fa_scope_set(scope, "slot-url", own);
}

FaLayout *
fa_names_layout(const FaContext *context, const FaChoice *choice, GError **error)
{
    return fa_layout_new(fa_context_get_home(context), choice->site->name,
                         choice->environment->name, SHORT_PARENT, error);
}

FaScope *
fa_names_of_environment(FaContext *context, const FaChoice *choice, const FaInstance *instance,
                        GError **error)
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
    FaSlot slot = instance->slot != NULL ? *instance->slot : fa_slot_get_current(layout);
    const GPtrArray *plan = instance->plan;
    add_environment(scope, context, choice, slot, instance->is_direct);
    for (guint i = 0; i < product->components->len; i++) {
        const FaRecipe *recipe = g_ptr_array_index(product->components, i);
        unsigned offset = GPOINTER_TO_UINT(g_hash_table_lookup(offsets, recipe->name));
        FaSlot own = fa_recipe_is_lasting(recipe) ? FA_SLOT_A : slot;
        add_component(scope, recipe, layout, slot,
                      fa_ports_get(choice->site, choice->environment, (unsigned)own, offset));
    }
    for (guint i = 0; plan != NULL && i < plan->len; i++) {
        const FaAssembled *built = g_ptr_array_index(plan, i);
        set(scope, built->component, "out", built->path);
    }
    return scope;
}
