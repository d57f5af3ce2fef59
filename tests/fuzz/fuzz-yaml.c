#include "fuzz.h"

#include "config/recipe.h"
#include "config/site.h"

/* Laws: any bytes are a tree or a mistake; any tree is read as a recipe and as a site, and its mistakes can be shown. */
int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    const char *text = (const char *)bytes;
    g_autoptr(FaDiags) diags = fa_diags_new();
    g_autoptr(FaYamlDocument) document = fa_yaml_parse("input", text, length, diags);

    fa_diags_add_text(diags, "input", text, length);
    if (document == NULL) {
        g_assert_cmpuint(fa_diags_count(diags, FA_SEVERITY_ERROR), >, 0);
        return 0;
    }
    g_autoptr(FaRecipe) recipe = fa_config_read_recipe("input", fa_yaml_root(document), diags);
    g_assert_nonnull(recipe);
    g_autoptr(FaProduct) product = fa_product_new();
    FaSiteSpec *site = fa_site_spec_new("input");
    fa_config_read_site(fa_yaml_root(document), site, product, diags);
    fa_site_spec_free(site);
    g_autofree char *said = fa_diags_format(diags, false);
    g_assert_nonnull(said);
    return 0;
}
