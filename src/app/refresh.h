#pragma once
/*
 * Refreshing an environment by its rule, or because somebody asks: backstage gets what is on the trunks now, leapfrog what
 * live of its site runs.
 *
 * It is all built before anything is switched, and what does not come up is taken back: what ran goes on, and the ledger
 * says that the environment is broken, and why, until a refresh succeeds.
 */
#include <stdbool.h>

#include "app/up.h"

typedef struct FaRefreshed {
    char *release; /* a label; FA_RELEASE_TRUNK for a snapshot */
    char *build;
    char *url;
    bool is_new; /* it runs something else than before */
} FaRefreshed;

void fa_refreshed_clear(FaRefreshed *refreshed);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(FaRefreshed, fa_refreshed_clear)

/*
 * REFUSED where the track is for releases, which are deployed. @options: its assignments and `why` are not looked at. What
 * fails is an error, and recorded unless somebody cancelled.
 */
bool fa_refresh(FaContext *context, const FaChoice *choice, const FaUpOptions *options,
                FaRefreshed *ret_refreshed, GError **error);
