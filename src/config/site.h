#pragma once
/*
 * sites/SITE.yaml: what differs in one site and its environments; and the settings that any file gives.
 */
#include "config/schema.h"
#include "domain/product.h"

/* NULL-ended, in the order of the reference. */
extern const FaSchema *const fa_site_schemas[];

/* Reads `COMPONENT: {setting: value}` and appends to @list, of FaGiven. What they name is checked by domain/settings.h. */
void fa_config_read_given(const FaYaml *value, GPtrArray *list, FaDiags *diags);
/* Fills in @site. @product has its environments already. */
void fa_config_read_site(const FaYaml *value, FaSiteSpec *site, const FaProduct *product,
                         FaDiags *diags);
