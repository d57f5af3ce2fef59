#pragma once
/*
 * The ledger: every event that was decided or happened, in order, never changed.
 *
 * Positions count from 1 without a gap. The hash of an event is SHA-256 over the hash of the one before (32 bytes, zero
 * for the first) and its canonical line (domain/event.h), so that whoever knows the last hash knows all of them. An
 * append names the position that it expects the ledger to be at, and is there whole and durable or not at all.
 *
 * Times are those that the writers' clocks said; the order of events is that of their positions alone.
 *
 * A handle is for one thread; several, and several processes, may have the same ledger open.
 */
#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "domain/event.h"
#include "sys/cancel.h"

#define FA_LEDGER_MEMORY    ":memory:"
#define FA_LEDGER_BATCH_MAX 1000000

typedef struct FaLedger FaLedger;

typedef struct FaLedgerHead {
    uint64_t position; /* of the last event; 0: none yet */
    FaDigest hash;
} FaLedgerHead;

/*
 * (transfer full) (nullable) @address: an absolute path, or FA_LEDGER_MEMORY for one that goes with its handle. What is
 * not there is made when @make, else NOT_FOUND. REFUSED for the ledger of a newer version, DENIED for somebody else's,
 * FAILED for one that is truncated or none at all.
 */
FaLedger *fa_ledger_open(const char *address, bool make, GError **error);
void fa_ledger_free(FaLedger *ledger);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FaLedger, fa_ledger_free)

/* May @event be appended? NULL stands for an import, whose events are others'. False, with an error, appends nothing. */
typedef bool (*FaLedgerGuard)(const FaEvent *event, GError **error);
/* Asked about all that is appended by this handle from now on. */
void fa_ledger_set_guard(FaLedger *ledger, FaLedgerGuard guard);

bool fa_ledger_get_head(FaLedger *ledger, FaLedgerHead *ret_head, GError **error);

/*
 * Appends @count events, whose position and hash are not looked at; their payloads are made canonical. CONFLICT when the
 * ledger is not at @expected, CONFIG for an event that is not as its kind demands. *ret_head (nullable) is where it is then.
 * When the disk fails in the very last moment this fails, and the events may be there all the same: look again.
 */
bool fa_ledger_append(FaLedger *ledger, uint64_t expected, const FaEvent *events, size_t count,
                      FaLedgerHead *ret_head, GError **error);

/* All members may be zero: then all events, oldest first. */
typedef struct FaLedgerQuery {
    uint64_t after; /* only those behind this position */
    const char *subject;
    const char *kind;
    bool is_backward; /* newest first */
    uint64_t limit;   /* 0: none */
} FaLedgerQuery;

/* @event is good for the call only. False, with an error, ends the reading. It may not use the ledger. */
typedef bool (*FaLedgerFunc)(const FaEvent *event, void *data, GError **error);

bool fa_ledger_read(FaLedger *ledger, const FaLedgerQuery *query, FaLedgerFunc each, void *data,
                    GError **error);

typedef enum FaLedgerFlaw {
    FA_LEDGER_FLAW_NONE,
    FA_LEDGER_FLAW_MISSING,    /* there is no such event */
    FA_LEDGER_FLAW_CHANGED,    /* it is not what was appended, or not there */
    FA_LEDGER_FLAW_UNREADABLE, /* the file is damaged there */
} FaLedgerFlaw;

const char *fa_ledger_flaw_to_string(FaLedgerFlaw flaw);
bool fa_ledger_flaw_from_string(const char *text, FaLedgerFlaw *ret_flaw);

typedef struct FaLedgerReport {
    FaLedgerHead head; /* what is whole ends here */
    FaLedgerFlaw flaw; /* the first one */
    uint64_t position; /* of the flaw; 0 when there is none */
    char *reason;      /* (nullable) why it cannot be read */
} FaLedgerReport;

void fa_ledger_report_clear(FaLedgerReport *report);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(FaLedgerReport, fa_ledger_report_clear)

/* Reads and hashes everything. True when that was done, whatever was found. */
bool fa_ledger_verify(FaLedger *ledger, FaCancel *cancel, FaLedgerReport *ret_report,
                      GError **error);

/* A line without its newline. False, with an error, ends the export. */
typedef bool (*FaLedgerLineFunc)(const char *line, size_t length, void *data, GError **error);
/* *ret_line (nullable) is the next line, good until the next call; NULL: there is none. */
typedef bool (*FaLedgerNextFunc)(const char **ret_line, size_t *ret_length, void *data,
                                 GError **error);

/* One line of JSON for each event, with its hash: fa_event_append_line(). */
bool fa_ledger_export(FaLedger *ledger, FaLedgerLineFunc each, void *data, GError **error);
/*
 * Appends what is exported and not here yet: all of it or nothing. Every hash must follow from the one before. CONFLICT
 * when an event that is here already is another there; CONFIG, naming the line, for what is no export. *ret_added: events.
 */
bool fa_ledger_import(FaLedger *ledger, FaLedgerNextFunc next, void *data, FaCancel *cancel,
                      uint64_t *ret_added, GError **error);

/*
 * What a fold made of all events up to a position, to begin from there the next time. @version is that of the fold: of
 * another version nothing is found, and nothing when the events before were exchanged. The newest of a fold is kept.
 */
bool fa_ledger_save_snapshot(FaLedger *ledger, const char *fold, unsigned version,
                             uint64_t position, GBytes *state, GError **error);
/* *ret_state (transfer full) (nullable): NULL, and *ret_position 0, when there is none. */
bool fa_ledger_load_snapshot(FaLedger *ledger, const char *fold, unsigned version,
                             uint64_t *ret_position, GBytes **ret_state, GError **error);
bool fa_ledger_drop_snapshots(FaLedger *ledger, GError **error);
