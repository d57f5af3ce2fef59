#pragma once
/*
 * The edge of a host: the configuration of an nginx that maps host names to environments.
 *
 * At each request it looks for `current/slot-b` of the environment and passes the request to the front in that slot, so
 * that nothing is reloaded when an environment is switched, and nothing waits. Where `var/maintenance` is, it answers 503
 * with Retry-After. Connections to a front are not kept: a request after a switch never meets the old one.
 */
#include <glib.h>
#include <stdbool.h>

#include "site/layout.h"

#define FA_EDGE_SLOTS 2

/* One environment. Borrowed. */
typedef struct FaEdgeHost {
    const char *host; /* www.openplans.example */
    const FaLayout *layout;
    unsigned ports[FA_EDGE_SLOTS]; /* of the front, by slot */
} FaEdgeHost;

typedef struct FaEdge {
    const char *directory; /* HOME/edge: everything that it writes is below */
    const char *listen;    /* ADDRESS:PORT */
    const char *scheme;    /* what the public sees */
    const char *user;      /* (nullable) whose workers they are, where root starts it */
    const GArray *hosts;   /* of FaEdgeHost */
} FaEdge;

/* (transfer full) (nullable) The whole of nginx.conf. CONFIG for a host name that is none, or is there twice. */
char *fa_edge_write(const FaEdge *edge, GError **error);

/* (transfer full) What makes the edge answer 503, with Retry-After, while it is there (site/maintenance.h). */
char *fa_edge_get_maintenance(const FaLayout *layout);
