#include "domain/template.h"

#include <string.h>

struct FaScope {
    GHashTable *texts; /* name to text, or to NULL: known, without a value */
    GHashTable *lists; /* name to GPtrArray of FaScope */
    const FaScope *parent;
    char *prefix;
    unsigned references; /* lists are shared by copies */
};

FaScope *
fa_scope_new(void)
{
    FaScope *scope = g_new0(FaScope, 1);
    scope->texts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    scope->lists =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_ptr_array_unref);
    scope->references = 1;
    return scope;
}

FaScope *
fa_scope_new_view(const FaScope *parent, const char *prefix)
{
    FaScope *scope = fa_scope_new();
    scope->parent = parent;
    scope->prefix = g_strdup(prefix);
    return scope;
}

void
fa_scope_free(FaScope *scope)
{
    if (scope == NULL || --scope->references > 0)
        return;
    g_hash_table_unref(scope->texts);
    g_hash_table_unref(scope->lists);
    g_free(scope->prefix);
    g_free(scope);
}

static GPtrArray *
new_list(void)
{
    return g_ptr_array_new_with_free_func((GDestroyNotify)fa_scope_free);
}

FaScope *
fa_scope_copy(const FaScope *scope)
{
    FaScope *copy = fa_scope_new_view(scope->parent, scope->prefix);
    GHashTableIter iter;
    gpointer name, value;

    g_hash_table_iter_init(&iter, scope->texts);
    while (g_hash_table_iter_next(&iter, &name, &value))
        g_hash_table_insert(copy->texts, g_strdup(name), g_strdup(value));
    g_hash_table_iter_init(&iter, scope->lists);
    while (g_hash_table_iter_next(&iter, &name, &value)) {
        const GPtrArray *items = value;
        GPtrArray *list = new_list();
        for (unsigned i = 0; i < items->len; i++) {
            FaScope *item = g_ptr_array_index(items, i);
            item->references++;
            g_ptr_array_add(list, item);
        }
        g_hash_table_insert(copy->lists, g_strdup(name), list);
    }
    return copy;
}

void
fa_scope_set(FaScope *scope, const char *name, const char *value)
{
    g_hash_table_replace(scope->texts, g_strdup(name), g_strdup(value));
}

void
fa_scope_ensure_list(FaScope *scope, const char *list)
{
    if (!g_hash_table_contains(scope->lists, list))
        g_hash_table_insert(scope->lists, g_strdup(list), new_list());
}

void
fa_scope_append(FaScope *scope, const char *list, FaScope *item)
{
    fa_scope_ensure_list(scope, list);
    g_ptr_array_add(g_hash_table_lookup(scope->lists, list), item);
}

/* The table that answers for @name, and under which name: the scope's own, else the parent's. */
static bool
find(const FaScope *scope, const char *name, bool is_list, gpointer *ret_value)
{
    if (g_hash_table_lookup_extended(is_list ? scope->lists : scope->texts, name, NULL, ret_value))
        return true;
    if (scope->parent == NULL)
        return false;
    if (scope->prefix != NULL) {
        g_autofree char *full = g_strconcat(scope->prefix, ".", name, NULL);
        if (find(scope->parent, full, is_list, ret_value))
            return true;
    }
    return find(scope->parent, name, is_list, ret_value);
}

const char *
fa_scope_get(const FaScope *scope, const char *name)
{
    gpointer value = NULL;
    return find(scope, name, false, &value) ? value : NULL;
}

const GPtrArray *
fa_scope_get_list(const FaScope *scope, const char *name)
{
    gpointer value = NULL;
    return find(scope, name, true, &value) ? value : NULL;
}

bool
fa_scope_has(const FaScope *scope, const char *name)
{
    gpointer value = NULL;
    return find(scope, name, false, &value) || find(scope, name, true, &value);
}

static int
compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void
add_names(const FaScope *scope, GHashTable *names)
{
    GHashTable *tables[] = {scope->texts, scope->lists};
    for (size_t i = 0; i < G_N_ELEMENTS(tables); i++) {
        GHashTableIter iter;
        gpointer name;
        g_hash_table_iter_init(&iter, tables[i]);
        while (g_hash_table_iter_next(&iter, &name, NULL))
            g_hash_table_add(names, g_strdup(name));
    }
}

static void
add_view_names(const FaScope *scope, GHashTable *names)
{
    add_names(scope, names);
    if (scope->parent == NULL)
        return;
    g_autoptr(GPtrArray) outer = fa_scope_names(scope->parent);
    g_autofree char *start = g_strconcat(scope->prefix != NULL ? scope->prefix : "", ".", NULL);
    for (unsigned i = 0; i < outer->len; i++) {
        const char *name = g_ptr_array_index(outer, i);
        g_hash_table_add(names, g_strdup(name));
        if (scope->prefix != NULL && g_str_has_prefix(name, start))
            g_hash_table_add(names, g_strdup(name + strlen(start)));
    }
}

GPtrArray *
fa_scope_names(const FaScope *scope)
{
    g_autoptr(GHashTable) names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    add_view_names(scope, names);

    GPtrArray *list = g_ptr_array_new_with_free_func(g_free);
    GHashTableIter iter;
    gpointer name;
    g_hash_table_iter_init(&iter, names);
    while (g_hash_table_iter_next(&iter, &name, NULL)) {
        g_ptr_array_add(list, name);
        g_hash_table_iter_steal(&iter);
    }
    g_ptr_array_sort(list, compare_names);
    return list;
}
