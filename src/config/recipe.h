#pragma once
/*
 * components/NAME.yaml: the recipe of a component.
 *
 * Every key is in a table with its meaning, from which docs/recipe.md is made. What a recipe says of others (needs,
 * processes to wait for) is checked by config/product.h, which knows them all.
 */
#include "config/schema.h"

/* (transfer full) (not nullable) As much as could be read; mistakes go to @diags. */
FaRecipe *fa_config_read_recipe(const char *name, const FaYaml *value, FaDiags *diags);

/* NULL-ended, in the order of the reference. */
extern const FaSchema *const fa_recipe_schemas[];
extern const FaSchema *const fa_step_schemas[];
extern const FaSchema *const fa_service_schemas[];

/* For recipe.c: the lists whose items are maps of their own. @object is the FaRecipe. */
void fa_config_read_steps(const FaYaml *value, void *object, FaDiags *diags);
void fa_config_read_processes(const FaYaml *value, void *object, FaDiags *diags);
void fa_config_read_setup(const FaYaml *value, void *object, FaDiags *diags);
void fa_config_read_databases(const FaYaml *value, void *object, FaDiags *diags);
void fa_config_read_routes(const FaYaml *value, void *object, FaDiags *diags);
