#pragma once
/*
 * `people:` of fassembler.yaml: who has which role, for all sites or for some.
 *
 *     people:
 *       ana: admin
 *       ben: {"*": viewer, nycstreets: release-manager}
 */
#include "base/diag.h"
#include "config/yaml.h"
#include "domain/product.h"

/* The sites of @product must be known. Each mistake goes to @diags, the rest to product->people. */
void fa_config_read_people(const FaYaml *value, FaProduct *product, FaDiags *diags);
