#pragma once
/*
 * The edge of this host: an nginx in HOME/edge, under a supervisor of its own, that maps the host names of all
 * environments that were composed to the slot that serves each (site/edge.h).
 */
#include <stdbool.h>

#include "app/context.h"
#include "base/json.h"
#include "sys/cancel.h"

typedef struct FaEdgeResult {
    bool is_changed; /* its configuration is another than before */
    bool is_started; /* it did not run */
    char *conf;      /* the configuration, whole */
} FaEdgeResult;

void fa_edge_result_clear(FaEdgeResult *result);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(FaEdgeResult, fa_edge_result_clear)

/*
 * Writes the configuration, has nginx check it, and starts or gracefully reloads it. What nginx refuses does not take the
 * place of what it runs with: FAILED, with its own words. CONFIG when the product has no `edge:`.
 */
bool fa_edge_apply(FaContext *context, bool dry_run, FaCancel *cancel, FaEdgeResult *ret_result,
                   GError **error);
/* The same when it runs and what it serves has changed; else nothing, and true. */
bool fa_edge_follow(FaContext *context, FaCancel *cancel, GError **error);
/* Stops it; *ret_was_up tells whether there was anything to stop. */
bool fa_edge_stop(FaContext *context, FaCancel *cancel, bool *ret_was_up, GError **error);
/*
 * *ret_state (transfer full): { "listen", "running": bool, "hosts": [{ "host", "environment", "url", "slot", "port",
 * "build", "maintenance": bool }] }
 */
bool fa_edge_show(FaContext *context, FaCancel *cancel, JsonObject **ret_state, GError **error);
