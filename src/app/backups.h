#pragma once
/*
 * The backups of a home (site/backup.h): which there are, which are needed, and which go.
 *
 * Of each environment the newest FA_BACKUPS_KEPT stay, and every one from before a migration that was made there and cannot
 * be undone, or of a deployment that is open. All others go with `gc`; a deployment removes none.
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/json.h"

#define FA_BACKUPS_KEPT 5

/*
 * *ret_list (transfer full): { "backups": [{ "environment", "id", "deployment", "made-at", "bytes", "digest", "path",
 * "migrations", "components": [{ "component", "paths", "files", "databases", "bytes", "not-saved" }], "is-needed" }] }
 */
bool fa_backups_list(const char *home, JsonObject **ret_list, GError **error);
/* *ret_count, *ret_bytes: of those that went, or would with @dry_run. */
bool fa_backups_gc(const char *home, bool dry_run, uint64_t *ret_count, uint64_t *ret_bytes,
                   GError **error);
