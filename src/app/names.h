#pragma once
/*
 * The names that every template sees without a setting: what the product, the site, the environment and the component
 * are called, and where their folders, sockets and ports are.
 */
#include <stdbool.h>

#include "app/context.h"
#include "domain/template.h"
#include "site/layout.h"

/*
 * (transfer full) (nullable) Names of the whole environment (product, site, environment, domain, url, host, home), and
 * COMPONENT.NAME for each component: port, var, etc, run, log, and out where @plan (nullable, of FaAssembled) tells. @slot
 * is 0 or 1.
 */
FaScope *fa_names_of_environment(FaContext *context, const FaChoice *choice, unsigned slot,
                                 const GPtrArray *plan, GError **error);

/* (transfer full) (nullable) Where the environment is on disk. */
FaLayout *fa_names_layout(const FaContext *context, const FaChoice *choice, GError **error);
