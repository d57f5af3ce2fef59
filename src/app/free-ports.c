#include "app/free-ports.h"

#include "domain/ports.h"
#include "site/portcheck.h"

bool
fa_free_ports_require(FaContext *context, const FaChoice *choice, FaSlot slot, bool and_lasting,
                      GError **error)
{
    const FaProduct *product = fa_context_get_product(context);
    g_autoptr(GHashTable) offsets = NULL;
    g_autoptr(GArray) uses = g_array_new(FALSE, TRUE, sizeof(FaPortUse));
    if (!fa_ports_assign(product, fa_context_get_diags(context), &offsets))
        return fa_context_check(context, error);
    for (guint i = 0; i < product->components->len; i++) {
        const FaRecipe *recipe = g_ptr_array_index(product->components, i);
        bool is_lasting = fa_recipe_is_lasting(recipe);
        if (!g_hash_table_contains(offsets, recipe->name) || (is_lasting && !and_lasting))
            continue;
        unsigned offset = GPOINTER_TO_UINT(g_hash_table_lookup(offsets, recipe->name));
        FaSlot own = is_lasting ? FA_SLOT_A : slot;
        FaPortUse use = {.port =
                             fa_ports_get(choice->site, choice->environment, (unsigned)own, offset),
                         .purpose = recipe->name};
        g_array_append_val(uses, use);
    }
    return fa_portcheck_require_free((const FaPortUse *)(const void *)uses->data, uses->len, error);
}
