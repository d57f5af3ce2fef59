#pragma once
/*
 * The order of work: components after what they need.
 */
#include <glib.h>
#include <stdbool.h>
#include "base/diag.h"
#include "domain/product.h"

/*
 * (transfer container) (nullable) FaRecipe of @product in an order in which every component comes after all it needs,
 * otherwise in the product's order. Only @wanted (nullable: all) and what they need. A missing need or a cycle is a
 * mistake at the place of the need, the cycle's members named in order; then NULL.
 */
GPtrArray *fa_plan_order(const FaProduct *product, const char *const *wanted, FaDiags *diags);
