#include "config/people.h"

#include <string.h>

#include "base/text.h"
#include "config/schema.h"
#include "domain/access.h"

#define PEOPLE_MAX 1000
#define USER_MAX   64 /* bytes of a user's name */

static const char *const roles[] = {"viewer", "developer", "release-manager", "admin", NULL};

/* As systems name their users; "user 4711", which stands for somebody without a name, is none. */
static bool
is_user_name(const char *text)
{
    static const char others[] = "_.@-";
    if (*text == '-' || *text == '\0' || strlen(text) > USER_MAX)
        return false;
    for (const char *at = text; *at != '\0'; at++) {
        if (!g_ascii_isalnum(*at) && strchr(others, *at) == NULL)
            return false;
    }
    return true;
}

static bool
check_name(const FaYaml *name, FaDiags *diags)
{
    if (is_user_name(name->text))
        return true;
    g_autofree char *shown = fa_text_sanitize(name->text, strlen(name->text));
    fa_diag_help(fa_schema_mistake(diags, name, "'%s' is not the name of a user", shown),
                 "what 'id -un' prints for that person on this host");
    return false;
}

static void
grant(FaProduct *product, const char *actor, const char *site, const FaYaml *value, FaDiags *diags)
{
    unsigned index;
    FaGrant one = {.role = FA_ROLE_NONE};
    if (!fa_schema_word(value, roles, "role", diags, &index) ||
        !fa_role_from_string(roles[index], &one.role))
        return;
    one.actor = g_strdup(actor);
    one.site = g_strdup(site);
    g_array_append_val(product->people, one);
}

/* (transfer none) (nullable) The site that was meant by a mistyped name. */
static const char *
nearest_site(const FaProduct *product, const char *name)
{
    g_autofree const char **names = g_new0(const char *, product->sites->len + 1);
    for (guint i = 0; i < product->sites->len; i++)
        names[i] = ((const FaSiteSpec *)g_ptr_array_index(product->sites, i))->name;
    return fa_text_nearest(name, names);
}

static bool
check_site(const FaProduct *product, const FaYaml *site, FaDiags *diags)
{
    if (strcmp(site->text, FA_ACCESS_ALL_SITES) == 0 ||
        fa_product_find_site(product, site->text) != NULL)
        return true;
    g_autofree char *shown = fa_text_sanitize(site->text, strlen(site->text));
    FaDiag *diag = fa_schema_mistake(diags, site, "there is no site '%s'", shown);
    const char *nearest = nearest_site(product, site->text);
    if (nearest != NULL)
        fa_diag_help(diag, "did you mean '%s'?", nearest);
    else
        fa_diag_help(diag, "a name under 'sites:', or \"*\" for all");
    return false;
}

static void
read_person(const FaYaml *name, const FaYaml *value, FaProduct *product, FaDiags *diags)
{
    if (!check_name(name, diags))
        return;
    if (value->kind != FA_YAML_MAP) {
        grant(product, name->text, FA_ACCESS_ALL_SITES, value, diags);
        return;
    }
    for (guint i = 0; i < value->keys->len; i++) {
        const FaYaml *site = g_ptr_array_index(value->keys, i);
        if (check_site(product, site, diags))
            grant(product, name->text, site->text, g_ptr_array_index(value->values, i), diags);
    }
}

void
fa_config_read_people(const FaYaml *value, FaProduct *product, FaDiags *diags)
{
    if (value->keys->len > PEOPLE_MAX) {
        fa_schema_mistake(diags, value, "more than %d people", PEOPLE_MAX);
        return;
    }
    for (guint i = 0; i < value->keys->len; i++)
        read_person(g_ptr_array_index(value->keys, i), g_ptr_array_index(value->values, i), product,
                    diags);
}
