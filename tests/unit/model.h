#pragma once
/*
 * Products for tests, made by hand: a component a call, a setting a call.
 */
#include "domain/product.h"

static inline FaRecipe *
add_component(FaProduct *product, const char *name, const char *needs)
{
    FaRecipe *recipe = fa_recipe_new(name);
    unsigned line = product->components->len + 1;
    recipe->place = (FaPlace){"fassembler.yaml", line, 1};
    g_auto(GStrv) words = g_strsplit(needs, " ", -1);
    for (unsigned i = 0; words[i] != NULL && *words[i] != '\0'; i++) {
        FaText *need = g_new0(FaText, 1);
        need->text = g_strdup(words[i]);
        need->place = (FaPlace){"need", line, i + 1};
        g_ptr_array_add(recipe->components, need);
    }
    g_ptr_array_add(product->components, recipe);
    return recipe;
}

static inline FaSetting *
add_setting(FaRecipe *recipe, const char *name, FaSettingType type, const char *value)
{
    FaSetting *setting = g_new0(FaSetting, 1);
    setting->name = g_strdup(name);
    setting->type = type;
    setting->value.text = g_strdup(value);
    setting->place = setting->value.place = (FaPlace){recipe->name, recipe->settings->len + 1, 1};
    g_ptr_array_add(recipe->settings, setting);
    return setting;
}

static inline void
add_given(GPtrArray *list, const char *component, const char *setting, const char *value)
{
    FaGiven *given = g_new0(FaGiven, 1);
    given->component = g_strdup(component);
    given->setting = g_strdup(setting);
    given->value.text = g_strdup(value);
    given->value.place = (FaPlace){"given", list->len + 1, 1};
    g_ptr_array_add(list, given);
}

static inline FaSiteSpec *
add_site(FaProduct *product, const char *name, unsigned base_port)
{
    FaSiteSpec *site = fa_site_spec_new(name);
    site->base_port = base_port;
    site->place = (FaPlace){"site", product->sites->len + 1, 1};
    g_ptr_array_add(product->sites, site);
    return site;
}

static inline FaEnvironmentSpec *
add_environment(FaProduct *product, const char *name, unsigned ports)
{
    FaEnvironmentSpec *environment = g_new0(FaEnvironmentSpec, 1);
    environment->name = g_strdup(name);
    environment->ports = ports;
    environment->place = (FaPlace){"environment", product->environments->len + 1, 1};
    g_ptr_array_add(product->environments, environment);
    return environment;
}
