#pragma once
/*
 * Environments as documents: what one is, where it is, and what runs there. The fields are in docs/api.md.
 */
#include "base/json.h"
#include "domain/product.h"
#include "domain/running.h"

typedef struct FaEnvironmentFacts {
    const char *name; /* ENV.SITE */
    const FaSiteSpec *site;
    const FaEnvironmentSpec *spec; /* (nullable) NULL, as site: the product has it no more */
    const FaStanding *standing;    /* (nullable) the ledger knows nothing of it */
    const char *url;               /* (nullable) where the public reaches it */
    const char *directory;         /* (nullable) */
    const char *health;            /* (nullable) not asked */
} FaEnvironmentFacts;

/* (transfer full) */
JsonObject *fa_view_environment(const FaEnvironmentFacts *facts);
/* (transfer full) (nullable) { "what", "reason", "revision", "since" } of a refresh that failed. */
JsonObject *fa_view_broken(const FaStanding *standing);
