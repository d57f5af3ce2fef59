#pragma once
/*
 * The names that every template sees without a setting: what the product, the site, the environment and the component
 * are called, and where their folders, sockets and ports are.
 */
#include <stdbool.h>

#include "app/context.h"
#include "domain/template.h"

/*
 * (transfer full) (nullable) Names of the whole environment (product, site, environment, domain, url, host, home), and
 * COMPONENT.NAME for each component (port, var, run, log). NULL, with a mistake in the context's diags, when the ports
 * cannot be given out. @slot is 0 or 1.
 */
FaScope *fa_names_of_environment(FaContext *context, const FaChoice *choice, unsigned slot);
