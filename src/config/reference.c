#include "config/reference.h"

#include "config/migration.h"
#include "config/product.h"
#include "config/recipe.h"
#include "config/site.h"
#include "config/store.h"

static const char introduction[] =
    "# What a team writes\n"
    "\n"
    "Every key of `fassembler.yaml`, `components/NAME.yaml` and `sites/SITE.yaml`. This page is "
    "made from the tables\n"
    "in `src/config/` by `test-reference --print`, and a test holds it to them.\n"
    "\n"
    "The files are YAML in UTF-8, at most 1 MiB each. Every value is text until its key gives it a "
    "type: the version\n"
    "`0.10` is never the number 0.1. A name is made of small letters, digits and `-`, at most 63 "
    "of them. A time span\n"
    "is a number and `s`, `m`, `h` or `d`. In a template `${name}` is filled in; `$${` stays "
    "`${`.\n";

static void
describe(const FaSchema *const *schemas, GString *page)
{
    for (size_t i = 0; schemas[i] != NULL; i++)
        fa_schema_describe(schemas[i], page);
}

char *
fa_config_reference(void)
{
    GString *page = g_string_new(introduction);
    describe(fa_product_schemas, page);
    describe(fa_site_schemas, page);
    describe(fa_store_schemas, page);
    describe(fa_recipe_schemas, page);
    describe(fa_step_schemas, page);
    describe(fa_service_schemas, page);
    describe(fa_migration_schemas, page);
    return g_string_free(page, FALSE);
}
