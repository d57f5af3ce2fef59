#pragma once
/*
 * The answer to a command: the events to append, or the reasons why not. A refusal is an answer, not an error; words for
 * people are made elsewhere from a reason's code and subject.
 */
#include <glib.h>
#include <stdbool.h>

#include "base/json.h"
#include "domain/event.h"

typedef enum FaReasonCode {
    /* labels and cuts; subject: the label, or the component */
    FA_REASON_LABEL_MALFORMED,
    FA_REASON_LABEL_USED,
    FA_REASON_LABEL_NOT_OF_KIND,   /* a leapfrog has four fields, a rebuild -bN, a train neither */
    FA_REASON_LABEL_NOT_OF_PARENT, /* it does not go on from its parent's number */
    FA_REASON_PARENT_MISSING,
    FA_REASON_PARENT_UNKNOWN,
    FA_REASON_PARENT_WENT_LIVE, /* so what repairs it is a leapfrog, not a rebuild */
    FA_REASON_COMPONENT_NOT_PINNED,
    FA_REASON_COMPONENT_UNKNOWN,
    FA_REASON_COMPONENT_PINNED_TWICE,
    FA_REASON_PIN_INCOMPLETE,
    FA_REASON_BRANCH_MOVED,
    FA_REASON_TAG_ELSEWHERE, /* it exists, with another revision */
    /* what becomes of releases; subject: the label, or the component */
    FA_REASON_RELEASE_UNKNOWN,
    FA_REASON_RELEASE_REJECTED,
    FA_REASON_REJECTED_ALREADY,
    FA_REASON_WHY_MISSING,
    FA_REASON_BITS_DIFFER,
    FA_REASON_BITS_MISSING, /* not all components were built */
    FA_REASON_NOT_BUILT,
    /* deployments; subject: the environment, the change, the deployment, the migration */
    FA_REASON_TRACK_FORBIDS,
    FA_REASON_NOT_WHAT_LIVE_RUNS,
    FA_REASON_FIX_LOST,
    FA_REASON_FIXES_UNKNOWN, /* it could not be found out whether fixes would be lost */
    FA_REASON_NEVER_RAN_HERE,
    FA_REASON_DEPLOYMENT_OPEN,
    FA_REASON_NO_DEPLOYMENT_OPEN,
    FA_REASON_MOVED, /* something else runs there than what the plan was made from */
    FA_REASON_IRREVERSIBLE,
    FA_REASON_MIGRATION_CHANGED, /* it was made, and does something else now */
    FA_REASON_MIGRATION_LOST,    /* what would undo it is nowhere any more */
    FA_REASON_BACKUP_MISSING,    /* there is none to put back */
    FA_REASON_RETIRED,
    FA_REASON_STEP_OUT_OF_TURN,
    FA_REASON_NOTE_MISSING,
    FA_REASON_NOTE_OPEN, /* somebody has to do by hand what it says; subject: the component */
    /* people; subject: the least role that may */
    FA_REASON_ROLE_MISSING,
} FaReasonCode;

const char *fa_reason_code_to_string(FaReasonCode code);
bool fa_reason_code_from_string(const char *text, FaReasonCode *ret_code);

typedef struct FaReason {
    FaReasonCode code;
    char *subject;
    char *detail; /* (nullable) what was found instead */
} FaReason;

/* (transfer full) of FaReason */
GPtrArray *fa_reasons_new(void);
/* @detail is nullable. */
void fa_reasons_add(GPtrArray *reasons, FaReasonCode code, const char *subject, const char *detail);
bool fa_reasons_has(const GPtrArray *reasons, FaReasonCode code, const char *subject);

typedef struct FaDecision {
    GPtrArray *reasons;  /* of FaReason, in the order of the facts; none: it may be done */
    GArray *events;      /* of FaEvent, to be appended in one go; none when there are reasons */
    GStringChunk *texts; /* which the events borrow */
} FaDecision;

FaDecision *fa_decision_new(void);
void fa_decision_free(FaDecision *decision);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FaDecision, fa_decision_free)
bool fa_decision_is_refused(const FaDecision *decision);
/* Who asks, and when. */
typedef struct FaAsker {
    const char *actor;
    FaTime now;
} FaAsker;
/* @payload (transfer full). */
void fa_decision_add_event(FaDecision *decision, const FaAsker *asker, FaEventKind kind,
                           const char *subject, JsonObject *payload);
