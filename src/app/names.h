#pragma once
/*
 * The names that every template sees without a setting: what the product, the site, the environment and the component
 * are called, and where their folders, sockets and ports are.
 */
#include <stdbool.h>

#include "app/context.h"
#include "domain/template.h"
#include "site/layout.h"
#include "site/slot.h"

/* Which copy of an environment is meant. All may be zero. */
typedef struct FaInstance {
    const FaSlot *slot;    /* (nullable) NULL: the current one */
    const GPtrArray *plan; /* (nullable) of FaAssembled: where components were built */
    bool is_direct;        /* ${url} is the slot's own address, not the public one: for tests */
} FaInstance;

/*
 * (transfer full) (nullable) Names of the whole environment (product, release, site, environment, slot, domain, url,
 * slot-url, host, home), and COMPONENT.NAME for each component: port, var, etc, run, log, and out where the plan tells. A
 * component that outlives releases has the same of them in both slots.
 */
FaScope *fa_names_of_environment(FaContext *context, const FaChoice *choice,
                                 const FaInstance *instance, GError **error);
/* (transfer full) Where the environment's front listens in @slot: http://127.0.0.1:8400 */
char *fa_names_slot_url(const FaChoice *choice, FaSlot slot);
/* (transfer full) ENVIRONMENT.SITE */
char *fa_names_choice(const FaChoice *choice);

/* (transfer full) (nullable) Where the environment is on disk. */
FaLayout *fa_names_layout(const FaContext *context, const FaChoice *choice, GError **error);
