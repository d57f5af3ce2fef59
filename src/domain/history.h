#pragma once
/*
 * What ran in one environment, and when: folded from its own events, in order, oldest first.
 *
 * A row is one attempt to change what runs there, whether or not it did. Where to go back to follows from them as well:
 * what ran before, which is not what somebody came back from.
 */
#include <glib.h>
#include <stdbool.h>

#include "domain/deployment.h"
#include "domain/event.h"

typedef enum FaHistoryKind {
    FA_HISTORY_UP, /* a snapshot was composed and started */
    FA_HISTORY_DOWN,
    FA_HISTORY_DEPLOY,
    FA_HISTORY_ROLLBACK,
    FA_HISTORY_REFRESH,
    FA_HISTORY_BROKEN, /* a refresh that did not come to a deployment */
} FaHistoryKind;

const char *fa_history_kind_to_string(FaHistoryKind kind);
bool fa_history_kind_from_string(const char *text, FaHistoryKind *ret_kind);

typedef struct FaHistoryRow {
    FaHistoryKind kind;
    uint64_t position; /* of its first event */
    char *id;          /* (nullable) of the deployment */
    char *release;     /* (nullable) FA_RELEASE_TRUNK for a snapshot */
    char *from;        /* (nullable) what ran before */
    char *build;       /* (nullable) NULL: it never served */
    char *slot;        /* (nullable) as bits, why, step and reason */
    char *bits;
    char *by;
    char *why;
    FaTime begun_at;
    FaTime switched_at; /* 0: never */
    FaTime ended_at;    /* 0: not yet */
    bool is_over;
    bool is_back; /* it served, and what ran before serves again */
    FaDeployOutcome outcome;
    char *step; /* that failed, and its reason */
    char *reason;
    GPtrArray
        *migrations; /* of char *: "+wiki/0001" run, "-wiki/0001" undone, "!wiki/0001" failed */
} FaHistoryRow;

typedef struct FaHistory FaHistory;
/* @environment: ENV.SITE; events of others are left out. */
FaHistory *fa_history_new(const char *environment);
void fa_history_free(FaHistory *history);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FaHistory, fa_history_free)
/* The next state, in place. Total. */
void fa_history_apply(FaHistory *history, const FaEvent *event);
/* (transfer none) of FaHistoryRow */
const GPtrArray *fa_history_rows(const FaHistory *history);
const char *fa_history_environment(const FaHistory *history);
/*
 * (transfer none) (nullable) The row that brought what a rollback goes back to: @to (nullable: what ran before) as it last
 * ran there. NULL: there is none.
 */
const FaHistoryRow *fa_history_find_target(const FaHistory *history, const char *to);
