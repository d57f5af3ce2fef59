#pragma once
/*
 * The ledger of a home: HOME/ledger.db. What commands did is recorded by their use cases, with who did it and when.
 */
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/json.h"
#include "domain/event.h"
#include "sys/cancel.h"

typedef struct FaLedger FaLedger;

/*
 * (transfer full) (nullable) NOT_FOUND when there is none and it is not to be made. The only way to a home's ledger: whatever
 * is appended by it is held to what the one who is acted for may (app/acting.h).
 */
FaLedger *fa_home_ledger_open(const char *home, bool make, GError **error);

/* Appends one event about what has happened already, whoever else appends meanwhile. @payload (transfer full). */
bool fa_home_ledger_append(FaLedger *ledger, const char *actor, FaEventKind kind,
                           const char *subject, JsonObject *payload, GError **error);
/*
 * The same, for who must not fail for it. (transfer full) (nullable) What to warn of when it could not be recorded.
 */
char *fa_home_ledger_record(const char *home, const char *actor, FaEventKind kind,
                            const char *subject, JsonObject *payload);
/* (transfer full) @path as an event has it: below the home, when it is there. */
char *fa_home_ledger_path(const char *home, const char *path);

/* *ret_events (transfer full): of FaEvent, oldest first; the newest @limit (0: all) about @subject, of @kind (nullable). */
bool fa_home_ledger_log(const char *home, const char *subject, const char *kind, uint64_t limit,
                        GPtrArray **ret_events, GError **error);
/*
 * *ret_report (transfer full): { "is-whole", "events": of them, whole, from the first on, "hash": of the last of those,
 * "flaw": null or missing, changed, unreadable, "position": null or where, "reason": null or why }.
 */
bool fa_home_ledger_verify(const char *home, FaCancel *cancel, JsonObject **ret_report,
                           GError **error);

typedef bool (*FaHomeLedgerLine)(const char *line, void *data, GError **error);
/* Gives every line of an export to @each. */
bool fa_home_ledger_export(const char *home, FaHomeLedgerLine each, void *data, GError **error);
/* Writes an export to @file, 0600, whole or not at all. */
bool fa_home_ledger_export_to(const char *home, const char *file, GError **error);
/* Appends what @file ("-": standard input) has and the ledger has not; the home is made if need be. *ret_added: events. */
bool fa_home_ledger_import(const char *home, const char *file, FaCancel *cancel,
                           uint64_t *ret_added, GError **error);
