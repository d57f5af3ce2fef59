#pragma once
/*
 * Ports: site + environment + slot + the component's own offset. No two components share one.
 */
#include <glib.h>
#include <stdbool.h>
#include "base/diag.h"
#include "domain/product.h"

#define FA_PORTS_PER_ENVIRONMENT 100
#define FA_PORTS_PER_SLOT        50

/*
 * True when every component that has processes got an offset: its own port_offset, else the next free one in the
 * product's order (the first without one gets 0). A component without processes has only a port that it asks for. Two
 * that claim the same, more than 50, overlapping environments or a port above 65535 are mistakes.
 */
bool fa_ports_assign(const FaProduct *product, FaDiags *diags,
                     GHashTable **ret_offsets /* name -> GUINT offset */);
unsigned fa_ports_get(const FaSiteSpec *site, const FaEnvironmentSpec *environment, unsigned slot,
                      unsigned offset);
