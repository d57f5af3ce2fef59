#include "domain/plan.h"

#include <string.h>

#include "base/text.h"

typedef enum State { STATE_NEW, STATE_OPEN, STATE_DONE } State;

typedef struct Walk {
    const FaProduct *product;
    GHashTable *by_name; /* name to FaRecipe */
    GHashTable *states;  /* name to State */
    GPtrArray *path;     /* of FaRecipe: from the component asked for to the one at hand */
    GPtrArray *order;
    FaDiags *diags;
    bool is_wrong;
} Walk;

static void
say_unknown(Walk *walk, const FaPlace *place, const char *name)
{
    g_autofree const char **names = fa_product_component_names(walk->product);
    const char *nearest = fa_text_nearest(name, names);
    FaDiag *diag = fa_diags_error(walk->diags, place, "there is no component '%s'", name);
    diag->length = (unsigned)g_utf8_strlen(name, -1);
    if (nearest != NULL)
        fa_diag_help(diag, "did you mean '%s'?", nearest);
    walk->is_wrong = true;
}

static void
say_cycle(Walk *walk, const FaText *need)
{
    g_autoptr(GString) members = g_string_new(NULL);
    bool is_inside = false;

    for (unsigned i = 0; i < walk->path->len; i++) {
        const FaRecipe *recipe = g_ptr_array_index(walk->path, i);
        is_inside = is_inside || strcmp(recipe->name, need->text) == 0;
        if (is_inside)
            g_string_append_printf(members, "'%s' needs ", recipe->name);
    }
    FaDiag *diag = fa_diags_error(walk->diags, &need->place, "%s'%s'", members->str, need->text);
    diag->length = (unsigned)g_utf8_strlen(need->text, -1);
    fa_diag_help(diag, "what needs itself can never be built: take out one of these needs");
    walk->is_wrong = true;
}

static void
visit(Walk *walk, FaRecipe *recipe)
{
    g_hash_table_insert(walk->states, recipe->name, GINT_TO_POINTER(STATE_OPEN));
    g_ptr_array_add(walk->path, recipe);
    for (unsigned i = 0; i < recipe->components->len; i++) {
        const FaText *need = g_ptr_array_index(recipe->components, i);
        FaRecipe *needed = g_hash_table_lookup(walk->by_name, need->text);
        if (needed == NULL) {
            say_unknown(walk, &need->place, need->text);
            continue;
        }
        State state = GPOINTER_TO_INT(g_hash_table_lookup(walk->states, need->text));
        if (state == STATE_OPEN)
            say_cycle(walk, need);
        else if (state == STATE_NEW)
            visit(walk, needed);
    }
    g_ptr_array_set_size(walk->path, (int)walk->path->len - 1);
    g_ptr_array_add(walk->order, recipe);
    g_hash_table_insert(walk->states, recipe->name, GINT_TO_POINTER(STATE_DONE));
}

static bool
is_wanted(const char *const *wanted, const char *name)
{
    for (size_t i = 0; wanted != NULL && wanted[i] != NULL; i++) {
        if (strcmp(wanted[i], name) == 0)
            return true;
    }
    return wanted == NULL;
}

GPtrArray *
fa_plan_order(const FaProduct *product, const char *const *wanted, FaDiags *diags)
{
    g_autoptr(GHashTable) by_name = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GHashTable) states = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GPtrArray) path = g_ptr_array_new();
    g_autoptr(GPtrArray) order = g_ptr_array_new();
    Walk walk = {.product = product,
                 .by_name = by_name,
                 .states = states,
                 .path = path,
                 .order = order,
                 .diags = diags};

    for (unsigned i = 0; i < product->components->len; i++) {
        FaRecipe *recipe = g_ptr_array_index(product->components, i);
        g_hash_table_insert(by_name, recipe->name, recipe);
    }
    for (size_t i = 0; wanted != NULL && wanted[i] != NULL; i++) {
        if (!g_hash_table_contains(by_name, wanted[i]))
            say_unknown(&walk, NULL, wanted[i]);
    }
    for (unsigned i = 0; i < product->components->len; i++) {
        FaRecipe *recipe = g_ptr_array_index(product->components, i);
        State state = GPOINTER_TO_INT(g_hash_table_lookup(states, recipe->name));
        if (state == STATE_NEW && is_wanted(wanted, recipe->name))
            visit(&walk, recipe);
    }
    return walk.is_wrong ? NULL : g_steal_pointer(&order);
}
