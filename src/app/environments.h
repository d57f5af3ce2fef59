#pragma once
/*
 * The environments of a product: which there are, new ones and new sites, and those that are given up.
 */
#include <stdbool.h>

#include "app/context.h"
#include "base/json.h"
#include "sys/cancel.h"

/* *ret_list (transfer full): { "environments": [...] } of view/environment.h. */
bool fa_environments_list(FaContext *context, bool with_retired, JsonObject **ret_list,
                          GError **error);
/* *ret_one (transfer full). @name: one that the product or the ledger has; NOT_FOUND with the nearest. */
bool fa_environments_show(FaContext *context, const char *name, FaCancel *cancel,
                          JsonObject **ret_one, GError **error);

typedef struct FaEnvironmentWords {
    const char *name;    /* ENV.SITE */
    const char *track;   /* (nullable) as are all: that which goes with the name */
    const char *host;    /* put before the domain: the name */
    const char *ports;   /* the next hundred */
    const char *refresh; /* never */
    const char *why;
} FaEnvironmentWords;

/*
 * Writes it into fassembler.yaml, unless it is there, and into the ledger; one that was retired is there again. *ret_added
 * tells whether the file was changed. @words that contradict the file are CONFLICT.
 */
bool fa_environments_create(FaContext *context, const FaEnvironmentWords *words, bool dry_run,
                            bool *ret_added, GError **error);

/*
 * Stops it, takes it off the edge, and from then on nothing is brought there; its data stays unless @delete_data. Done again,
 * it finishes what was interrupted. *ret_was_up tells whether anything ran.
 */
bool fa_environments_retire(FaContext *context, const FaChoice *choice, bool delete_data,
                            const char *why, FaCancel *cancel, bool *ret_was_up, GError **error);

typedef struct FaSiteWords {
    const char *name;
    const char
        *domain; /* (nullable) the name, and what is behind the first dot of another site's */
    const char *base_port; /* (nullable) the next thousand that is free */
} FaSiteWords;

/*
 * A new site of the product, with all its environments: in fassembler.yaml, sites/NAME.yaml and the ledger. *ret_domain
 * (transfer full).
 */
bool fa_site_create(FaContext *context, const FaSiteWords *words, bool dry_run, char **ret_domain,
                    unsigned *ret_base_port, GError **error);
