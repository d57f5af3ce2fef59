#pragma once
/*
 * Removing from a home what nothing uses any more.
 */
#include <stdbool.h>

#include "base/json.h"
#include "sys/cancel.h"

/*
 * Removes from the store at @home what no environment, pin or running command keeps; with @dry_run only says what it would.
 * *ret_report (transfer full): { "dry-run", "names-removed", "objects-removed", "leftovers-removed", "bytes-freed",
 * "bytes-kept", "kept": [{"name", "by"}] }. What was removed is recorded for @actor; *ret_warning (transfer full) (nullable)
 * tells when it could not be: there may be no room left for it; or that a ledger that cannot be read kept all backups.
 */
bool fa_gc(const char *home, const char *actor, bool dry_run, FaCancel *cancel,
           JsonObject **ret_report, char **ret_warning, GError **error);
