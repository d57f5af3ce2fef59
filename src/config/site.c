#include "config/site.h"

#include <string.h>

#include "base/text.h"

static void
read_component(const FaYaml *name, const FaYaml *values, GPtrArray *list, FaDiags *diags)
{
    for (unsigned i = 0; i < values->keys->len; i++) {
        const FaYaml *setting = g_ptr_array_index(values->keys, i);
        const FaYaml *value = g_ptr_array_index(values->values, i);
        if (!fa_schema_is_name(setting, "setting", diags) ||
            !fa_schema_is(value, FA_YAML_TEXT, setting->text, diags))
            continue;
        FaGiven *given = g_new0(FaGiven, 1);
        given->component = g_strdup(name->text);
        given->setting = g_strdup(setting->text);
        fa_schema_text(value, &given->value);
        g_ptr_array_add(list, given);
    }
}

void
fa_config_read_given(const FaYaml *value, GPtrArray *list, FaDiags *diags)
{
    for (unsigned i = 0; i < value->keys->len; i++) {
        const FaYaml *name = g_ptr_array_index(value->keys, i);
        const FaYaml *values = g_ptr_array_index(value->values, i);
        if (strcmp(name->text, "*") != 0 && !fa_schema_is_name(name, "component", diags))
            continue;
        if (fa_schema_is(values, FA_YAML_MAP, name->text, diags))
            read_component(name, values, list, diags);
    }
}

static void
read_given(const FaYaml *value, void *object, FaDiags *diags)
{
    fa_config_read_given(value, object, diags);
}

static const FaKey environment_keys[] = {
    {"settings", FA_KEY_MAP, .read = read_given, .kind = "map of maps",
     .help = "`COMPONENT: {setting: value}`, for this environment of this site"},
    {0},
};
static const FaSchema environment_schema = {"environment of a site",
                                            "One of `environments` in `sites/SITE.yaml`, by name.",
                                            environment_keys};

typedef struct Target {
    FaSiteSpec *site;
    const FaProduct *product;
} Target;

static void
say_unknown(const Target *target, const FaYaml *name, FaDiags *diags)
{
    const GPtrArray *list = target->product->environments;
    g_autofree const char **words = g_new0(const char *, list->len + 1);
    for (unsigned i = 0; i < list->len; i++)
        words[i] = ((const FaEnvironmentSpec *)g_ptr_array_index(list, i))->name;
    FaDiag *diag = fa_schema_mistake(diags, name, "there is no environment '%s'", name->text);
    const char *nearest = fa_text_nearest(name->text, words);
    if (nearest != NULL)
        fa_diag_help(diag, "did you mean '%s'?", nearest);
}

static void
read_environments(const FaYaml *value, void *object, FaDiags *diags)
{
    const Target *target = object;

    for (unsigned i = 0; i < value->keys->len; i++) {
        const FaYaml *name = g_ptr_array_index(value->keys, i);
        if (!fa_schema_is_name(name, "environment", diags))
            continue;
        if (fa_product_find_environment(target->product, name->text) == NULL) {
            say_unknown(target, name, diags);
            continue;
        }
        GPtrArray *list = g_ptr_array_new_with_free_func((GDestroyNotify)fa_given_free);
        g_hash_table_insert(target->site->environments, g_strdup(name->text), list);
        fa_schema_read(&environment_schema, g_ptr_array_index(value->values, i), list, diags);
    }
}

static void
read_site_given(const FaYaml *value, void *object, FaDiags *diags)
{
    fa_config_read_given(value, ((const Target *)object)->site->given, diags);
}

static const FaKey file_keys[] = {
    {"settings", FA_KEY_MAP, .read = read_site_given, .kind = "map of maps",
     .help = "`COMPONENT: {setting: value}`, for all environments of the site"},
    {"environments", FA_KEY_MAP, .read = read_environments, .help = "See *Environment of a site*"},
    {0},
};
static const FaSchema file_schema = {
    "site file", "The file `sites/SITE.yaml`, where there is one: what differs in this site.",
    file_keys};

const FaSchema *const fa_site_schemas[] = {&file_schema, &environment_schema, NULL};

void
fa_config_read_site(const FaYaml *value, FaSiteSpec *site, const FaProduct *product, FaDiags *diags)
{
    Target target = {.site = site, .product = product};
    fa_schema_read(&file_schema, value, &target, diags);
}
