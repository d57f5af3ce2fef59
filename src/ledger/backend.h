#pragma once
/*
 * What a place for events does; everything that is the same for all of them is in ledger.c. Nobody else includes this.
 *
 * All but free are called between begin and end, one after the other.
 */
#include "ledger/ledger.h"

typedef enum FaLedgerAccess { FA_LEDGER_READING, FA_LEDGER_WRITING } FaLedgerAccess;

typedef struct FaLedgerSnapshot {
    unsigned version;
    FaLedgerHead head; /* the event that it goes up to */
    GBytes *state;     /* (nullable) */
} FaLedgerSnapshot;

typedef struct FaLedgerBackend {
    /* WRITING keeps all other writers out; READING sees the ledger as it is now until the end. */
    bool (*begin)(void *self, FaLedgerAccess access, GError **error);
    /* Makes what was written durable when @keep, else forgets it. After a failure it is forgotten too. */
    bool (*end)(void *self, bool keep, GError **error);
    bool (*get_head)(void *self, FaLedgerHead *ret_head, GError **error);
    bool (*set_head)(void *self, const FaLedgerHead *head, GError **error);
    bool (*add)(void *self, const FaEvent *event, GError **error);
    bool (*read)(void *self, const FaLedgerQuery *query, FaLedgerFunc each, void *data,
                 GError **error);
    bool (*save)(void *self, const char *fold, const FaLedgerSnapshot *snapshot, GError **error);
    /* ret_snapshot->state (transfer full) is NULL when there is none. */
    bool (*load)(void *self, const char *fold, FaLedgerSnapshot *ret_snapshot, GError **error);
    bool (*drop)(void *self, GError **error);
    void (*free)(void *self);
} FaLedgerBackend;

/* (transfer full) */
FaLedger *fa_ledger_new(const FaLedgerBackend *backend, void *self);
/* (transfer full) (nullable) */
FaLedger *fa_ledger_open_memory(void);
FaLedger *fa_ledger_open_sqlite(const char *path, bool make, GError **error);

bool fa_ledger_begin(FaLedger *ledger, FaLedgerAccess access, FaLedgerHead *ret_head,
                     GError **error);
/* Ends well when @is_well so far, else forgets what was written and leaves @error alone. */
bool fa_ledger_end(FaLedger *ledger, bool is_well, GError **error);
/* Adds one event behind @head, which moves on. @event has its position and hash then. */
bool fa_ledger_add(FaLedger *ledger, FaLedgerHead *head, FaEvent *event, GError **error);
/* @event (nullable): an import. */
bool fa_ledger_ask_guard(const FaLedger *ledger, const FaEvent *event, GError **error);
/* The hash of @event, whose position is set, behind one with the hash @before. */
bool fa_ledger_hash(FaLedger *ledger, const FaDigest *before, const FaEvent *event,
                    FaDigest *ret_hash, GError **error);
bool fa_ledger_set_head(FaLedger *ledger, const FaLedgerHead *head, GError **error);
bool fa_ledger_scan(FaLedger *ledger, const FaLedgerQuery *query, FaLedgerFunc each, void *data,
                    GError **error);
