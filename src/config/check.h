#pragma once
/*
 * What the files of a product say of each other: needs, processes to wait for, servers, secrets, ports.
 */
#include "base/diag.h"
#include "domain/product.h"

void fa_config_check_product(const FaProduct *product, FaDiags *diags);
