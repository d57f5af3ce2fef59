#include "domain/product.h"

#include <string.h>

#include "domain/access.h"

static const char *const tracks[] = {
    [FA_TRACK_TRUNK] = "trunk",
    [FA_TRACK_RELEASE] = "release",
    [FA_TRACK_LIVE_FIX] = "live+fix",
    [FA_TRACK_ANYTHING] = "anything",
};

void
fa_given_free(FaGiven *given)
{
    if (given == NULL)
        return;
    g_free(given->component);
    g_free(given->setting);
    fa_text_clear(&given->value);
    g_free(given);
}

FaSiteSpec *
fa_site_spec_new(const char *name)
{
    FaSiteSpec *site = g_new0(FaSiteSpec, 1);
    site->name = g_strdup(name);
    site->given = g_ptr_array_new_with_free_func((GDestroyNotify)fa_given_free);
    site->environments =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_ptr_array_unref);
    return site;
}

void
fa_site_spec_free(FaSiteSpec *site)
{
    if (site == NULL)
        return;
    g_free(site->name);
    g_free(site->domain);
    g_ptr_array_unref(site->given);
    g_hash_table_unref(site->environments);
    g_free(site);
}

FaStoreSpec *
fa_store_spec_new(void)
{
    FaStoreSpec *store = g_new0(FaStoreSpec, 1);
    store->pull = g_ptr_array_new_with_free_func(g_free);
    store->keys = g_ptr_array_new_with_free_func(g_free);
    return store;
}

void
fa_store_spec_free(FaStoreSpec *store)
{
    if (store == NULL)
        return;
    g_ptr_array_unref(store->pull);
    g_ptr_array_unref(store->keys);
    g_free(store);
}

void
fa_environment_spec_free(FaEnvironmentSpec *environment)
{
    if (environment == NULL)
        return;
    g_free(environment->name);
    g_free(environment->host);
    g_free(environment->refresh);
    g_free(environment);
}

FaProduct *
fa_product_new(void)
{
    FaProduct *product = g_new0(FaProduct, 1);
    product->components = g_ptr_array_new_with_free_func((GDestroyNotify)fa_recipe_free);
    product->environments =
        g_ptr_array_new_with_free_func((GDestroyNotify)fa_environment_spec_free);
    product->sites = g_ptr_array_new_with_free_func((GDestroyNotify)fa_site_spec_free);
    product->given = g_ptr_array_new_with_free_func((GDestroyNotify)fa_given_free);
    product->people = fa_grants_new();
    product->store = fa_store_spec_new();
    return product;
}

void
fa_product_free(FaProduct *product)
{
    if (product == NULL)
        return;
    g_free(product->name);
    g_free(product->directory);
    g_free(product->sources);
    g_free(product->version);
    g_ptr_array_unref(product->components);
    g_ptr_array_unref(product->environments);
    g_ptr_array_unref(product->sites);
    g_ptr_array_unref(product->given);
    g_array_unref(product->people);
    g_free(product->edge.listen);
    g_free(product->edge.scheme);
    fa_store_spec_free(product->store);
    g_free(product);
}

FaRecipe *
fa_product_find_component(const FaProduct *product, const char *name)
{
    for (unsigned i = 0; i < product->components->len; i++) {
        FaRecipe *recipe = g_ptr_array_index(product->components, i);
        if (strcmp(recipe->name, name) == 0)
            return recipe;
    }
    return NULL;
}

const FaSiteSpec *
fa_product_find_site(const FaProduct *product, const char *name)
{
    for (unsigned i = 0; i < product->sites->len; i++) {
        const FaSiteSpec *site = g_ptr_array_index(product->sites, i);
        if (strcmp(site->name, name) == 0)
            return site;
    }
    return NULL;
}

const FaEnvironmentSpec *
fa_product_find_environment(const FaProduct *product, const char *name)
{
    for (unsigned i = 0; i < product->environments->len; i++) {
        const FaEnvironmentSpec *environment = g_ptr_array_index(product->environments, i);
        if (strcmp(environment->name, name) == 0)
            return environment;
    }
    return NULL;
}

/* NULL-ended, borrowed: the words among which the nearest to a mistyped one is looked for. */
const char **
fa_product_component_names(const FaProduct *product)
{
    const char **names = g_new0(const char *, product->components->len + 1);
    for (unsigned i = 0; i < product->components->len; i++)
        names[i] = ((const FaRecipe *)g_ptr_array_index(product->components, i))->name;
    return names;
}

char *
fa_product_get_host(const FaSiteSpec *site, const FaEnvironmentSpec *environment)
{
    return g_strdup_printf("%s.%s", environment->host, site->domain);
}

char *
fa_product_get_url(const FaProduct *product, const FaSiteSpec *site,
                   const FaEnvironmentSpec *environment)
{
    const FaEdgeSpec *edge = &product->edge;
    if (edge->listen == NULL)
        return NULL;

    const char *scheme = edge->scheme != NULL ? edge->scheme : "http";
    const char *standard = strcmp(scheme, "https") == 0 ? "443" : "80";
    const char *listened = strrchr(edge->listen, ':') + 1;
    g_autofree char *host = fa_product_get_host(site, environment);
    g_autofree char *port = edge->port > 0                 ? g_strdup_printf("%u", edge->port)
                            : strcmp(scheme, "https") == 0 ? g_strdup(standard)
                                                           : g_strdup(listened);
    if (strcmp(port, standard) == 0)
        return g_strdup_printf("%s://%s", scheme, host);
    return g_strdup_printf("%s://%s:%s", scheme, host, port);
}

const char *
fa_track_to_string(FaTrack track)
{
    return tracks[track];
}

bool
fa_track_from_string(const char *text, FaTrack *ret_track)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(tracks); i++) {
        if (strcmp(tracks[i], text) == 0) {
            *ret_track = i;
            return true;
        }
    }
    return false;
}
