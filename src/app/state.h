#pragma once
/*
 * What the ledger of a home says as of now: releases, and what runs where, folded from its events. Who decides something appends what was decided at
 * the very position that it was decided from, so that nobody else can have decided meanwhile.
 */
#include <stdbool.h>

#include "app/context.h"
#include "domain/decision.h"
#include "domain/release.h"
#include "domain/running.h"
#include "ledger/ledger.h"

typedef struct FaState {
    char *home;
    FaLedger *ledger; /* (nullable) */
    FaLedgerHead head;
    FaReleases *releases;
    FaRunning *running;
} FaState;

/* (transfer full) (nullable) A home without a ledger is as one with an empty ledger, and is given it by the first commit. */
FaState *fa_state_open(const FaContext *context, GError **error);
void fa_state_free(FaState *state);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FaState, fa_state_free)

/* Folds in what was appended since. */
bool fa_state_catch_up(FaState *state, GError **error);
/*
 * Appends what was decided, and folds it in. REFUSED with every reason, in words, when it was refused; CONFLICT when
 * somebody else was first.
 */
bool fa_state_commit(FaState *state, const FaDecision *decision, GError **error);
/* (transfer full) What to append, decided from the state as it is. */
typedef FaDecision *(*FaStateDecide)(const FaState *state, void *data);
/* The same, decided anew whenever somebody else wrote something to the ledger meanwhile. */
bool fa_state_decide(FaState *state, FaStateDecide decide, void *data, GError **error);
/* REFUSED, with every reason, when there are any. */
bool fa_state_check(const GPtrArray *reasons, GError **error);

/* (transfer none) (nullable) NOT_FOUND with the nearest label. */
const FaRelease *fa_state_find_release(const FaState *state, const char *label, GError **error);
/* Who asks now. */
FaAsker fa_state_asker(const FaContext *context);
