#pragma once
/*
 * A product's folder: fassembler.yaml, components/NAME.yaml and sites/SITE.yaml, read whole and held to each other.
 */
#include "config/schema.h"
#include "domain/product.h"

/* NULL-ended, in the order of the reference. */
extern const FaSchema *const fa_product_schemas[];

/*
 * (transfer full) (nullable) NULL, with @error, only when a file cannot be read (NOT_FOUND: @directory holds no
 * fassembler.yaml). All mistakes of all files go to @diags, with the texts of the files; then the product is as much as
 * could be read. Without mistakes every name that a file uses exists, and fa_plan_order() and fa_ports_assign() succeed:
 * they were asked. The values of settings are left to fa_values_resolve().
 */
FaProduct *fa_config_load_product(const char *directory, FaDiags *diags, GError **error);
