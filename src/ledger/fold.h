#pragma once
/*
 * The state that all events amount to, read in as little time as the ledger needs to say what is new: from the snapshot that
 * it keeps, and the events since. When those are many a new snapshot is left behind; that one could not be left is no
 * failure. One that is damaged, or of another version, is made again.
 */
#include <stdbool.h>

#include "domain/release.h"
#include "domain/running.h"
#include "ledger/ledger.h"

/*
 * *ret_running, *ret_releases (each nullable: not asked for) (transfer full). Both are as of *ret_head (nullable): what is
 * decided from them is appended with its position as the one expected.
 */
bool fa_ledger_fold(FaLedger *ledger, FaRunning **ret_running, FaReleases **ret_releases,
                    FaLedgerHead *ret_head, GError **error);
