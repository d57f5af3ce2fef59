#include "config/check.h"

#include <string.h>

#include "base/text.h"
#include "domain/plan.h"
#include "domain/ports.h"

#define SECRET_PREFIX "secret:"

static void
help_nearest(FaDiag *diag, const char *word, const char *const *words)
{
    const char *nearest = fa_text_nearest(word, words);
    if (nearest != NULL)
        fa_diag_help(diag, "did you mean '%s'?", nearest);
}

/* @name is PROCESS of @recipe or COMPONENT:PROCESS. */
static void
check_process(const FaProduct *product, const FaRecipe *recipe, const char *name,
              const FaPlace *place, FaDiags *diags)
{
    const char *colon = strchr(name, ':');
    const char *process = colon != NULL ? colon + 1 : name;
    g_autofree char *component =
        colon != NULL ? g_strndup(name, (size_t)(colon - name)) : g_strdup(recipe->name);
    const FaRecipe *owner = fa_product_find_component(product, component);

    if (owner == NULL) {
        g_autofree const char **names = fa_product_component_names(product);
        help_nearest(fa_diags_error(diags, place,
                                    "'after' names '%s', but there is no component '%s'", name,
                                    component),
                     component, names);
        return;
    }
    if (fa_recipe_find_process(owner, process) != NULL)
        return;
    g_autofree const char **names = g_new0(const char *, owner->processes->len + 1);
    for (unsigned i = 0; i < owner->processes->len; i++)
        names[i] = ((const FaProcess *)g_ptr_array_index(owner->processes, i))->name;
    help_nearest(fa_diags_error(diags, place, "'after' names '%s', but '%s' has no process '%s'",
                                name, component, process),
                 process, names);
}

static void
check_after(const FaProduct *product, const FaRecipe *recipe, FaDiags *diags)
{
    for (unsigned i = 0; i < recipe->processes->len; i++) {
        const FaProcess *process = g_ptr_array_index(recipe->processes, i);
        for (unsigned j = 0; j < process->after->len; j++)
            check_process(product, recipe, g_ptr_array_index(process->after, j), &process->place,
                          diags);
    }
    for (unsigned i = 0; i < recipe->setup->len; i++) {
        const FaSetup *setup = g_ptr_array_index(recipe->setup, i);
        for (unsigned j = 0; j < setup->after->len; j++)
            check_process(product, recipe, g_ptr_array_index(setup->after, j), &setup->place,
                          diags);
    }
}

/* A component is in a slot, or it is in none. */
static void
check_lifetimes(const FaRecipe *recipe, FaDiags *diags)
{
    bool is_lasting = fa_recipe_is_lasting(recipe);
    for (unsigned i = 1; i < recipe->processes->len; i++) {
        const FaProcess *process = g_ptr_array_index(recipe->processes, i);
        if ((process->lifetime == FA_LIFETIME_ENVIRONMENT) == is_lasting)
            continue;
        fa_diag_help(fa_diags_error(diags, &process->place,
                                    "'%s' has another lifetime than the other processes of '%s'",
                                    process->name, recipe->name),
                     "make a component of its own for what outlives releases");
    }
}

/* (transfer container) All secrets of all components, NULL-ended: they belong to the environment. */
static const char **
list_secrets(const FaProduct *product)
{
    GPtrArray *names = g_ptr_array_new();
    for (unsigned i = 0; i < product->components->len; i++) {
        const FaRecipe *recipe = g_ptr_array_index(product->components, i);
        for (unsigned j = 0; j < recipe->secrets->len; j++)
            g_ptr_array_add(names, g_ptr_array_index(recipe->secrets, j));
    }
    g_ptr_array_add(names, NULL);
    return (const char **)g_ptr_array_free(names, FALSE);
}

static void
check_secret(const char *name, const FaPlace *place, const char *const *secrets, FaDiags *diags)
{
    if (g_strv_contains(secrets, name))
        return;
    FaDiag *diag = fa_diags_error(diags, place, "no component has a secret '%s'", name);
    fa_diag_help(diag, "list it under 'secrets:' of the component");
    help_nearest(diag, name, secrets);
}

static void
check_databases(const FaProduct *product, const FaRecipe *recipe, const char *const *secrets,
                FaDiags *diags)
{
    for (unsigned i = 0; i < recipe->databases->len; i++) {
        const FaDatabase *database = g_ptr_array_index(recipe->databases, i);
        if (database->secret != NULL)
            check_secret(database->secret, &database->place, secrets, diags);
        if (database->server == NULL ||
            fa_product_find_component(product, database->server) != NULL)
            continue;
        g_autofree const char **names = fa_product_component_names(product);
        help_nearest(
            fa_diags_error(diags, &database->place, "there is no component '%s'", database->server),
            database->server, names);
    }
}

static void
check_setting_secrets(const FaRecipe *recipe, const char *const *secrets, FaDiags *diags)
{
    for (unsigned i = 0; i < recipe->settings->len; i++) {
        const FaSetting *setting = g_ptr_array_index(recipe->settings, i);
        if (setting->type == FA_SETTING_SECRET && setting->value.text != NULL &&
            g_str_has_prefix(setting->value.text, SECRET_PREFIX))
            check_secret(setting->value.text + strlen(SECRET_PREFIX), &setting->value.place,
                         secrets, diags);
    }
}

static void
check_given_secrets(const GPtrArray *list, const char *const *secrets, FaDiags *diags)
{
    for (unsigned i = 0; i < list->len; i++) {
        const FaText *value = &((const FaGiven *)g_ptr_array_index(list, i))->value;
        if (g_str_has_prefix(value->text, SECRET_PREFIX))
            check_secret(value->text + strlen(SECRET_PREFIX), &value->place, secrets, diags);
    }
}

static void
check_site(const FaSiteSpec *site, const char *const *secrets, FaDiags *diags)
{
    GHashTableIter iter;
    gpointer list;

    check_given_secrets(site->given, secrets, diags);
    g_hash_table_iter_init(&iter, site->environments);
    while (g_hash_table_iter_next(&iter, NULL, &list))
        check_given_secrets(list, secrets, diags);
}

void
fa_config_check_product(const FaProduct *product, FaDiags *diags)
{
    g_autofree const char **secrets = list_secrets(product);
    g_autoptr(GHashTable) offsets = NULL;

    for (unsigned i = 0; i < product->components->len; i++) {
        const FaRecipe *recipe = g_ptr_array_index(product->components, i);
        check_after(product, recipe, diags);
        check_lifetimes(recipe, diags);
        check_databases(product, recipe, secrets, diags);
        check_setting_secrets(recipe, secrets, diags);
    }
    check_given_secrets(product->given, secrets, diags);
    for (unsigned i = 0; i < product->sites->len; i++)
        check_site(g_ptr_array_index(product->sites, i), secrets, diags);
    g_autoptr(GPtrArray) order = fa_plan_order(product, NULL, diags);
    fa_ports_assign(product, diags, &offsets);
}
