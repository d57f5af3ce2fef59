#pragma once
/*
 * What was decided or happened: plain facts, kept for ever by the ledger, from which all state is folded.
 *
 * An event has a kind, and each version of a kind a schema: which members its payload has, and of what type. A version is
 * never changed; what needs other members gets a new version, and folds go on reading the old ones. An event that comes
 * from elsewhere may be of a kind that is not known here: it is kept and shown like any other.
 *
 * Written as one line of JSON, with its members in this order and the payload in canonical form, an event has one
 * spelling only, which is what is hashed:
 *
 *   {"position":1,"time":"2026-11-23T03:34:00Z","actor":"ana","kind":"store.gc","version":1,"subject":"store","payload":{}}
 */
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/time.h"

#define FA_EVENT_ACTOR_MAX   200 /* bytes */
#define FA_EVENT_KIND_MAX    100
#define FA_EVENT_SUBJECT_MAX 1000
#define FA_EVENT_PAYLOAD_MAX (1024 * 1024)
#define FA_EVENT_LINE_MAX    (8 * 1024 * 1024)

typedef enum FaEventKind {
    FA_EVENT_ENVIRONMENT_UP,      /* subject: ENVIRONMENT.SITE; a snapshot runs there */
    FA_EVENT_ENVIRONMENT_DOWN,    /* the same */
    FA_EVENT_ENVIRONMENT_CREATED, /* the same */
    FA_EVENT_ENVIRONMENT_RETIRED, /* the same */
    FA_EVENT_ENVIRONMENT_BROKEN,  /* the same: a refresh failed, the last good build goes on */
    FA_EVENT_COMPONENT_DEVELOP,   /* subject: the component, which is worked on in a checkout now */
    FA_EVENT_COMPONENT_PINNED,    /* the same, which is at its pinned revision again */
    FA_EVENT_STORE_GC,            /* subject: "store" */
    FA_EVENT_RELEASE_CUT,         /* subject: the label of the release */
    FA_EVENT_RELEASE_BUILT,    /* the same: for the first time, and these are its bits for ever */
    FA_EVENT_RELEASE_REJECTED, /* the same: it goes nowhere any more */
    FA_EVENT_NOTE_ADDED,       /* subject: the component */
    FA_EVENT_NOTE_EXECUTED,    /* subject: ENVIRONMENT.SITE, where somebody did what a note says */
    FA_EVENT_DEPLOY_BEGUN, /* subject: ENVIRONMENT.SITE, as for all of deploy, migration, backup */
    FA_EVENT_DEPLOY_STEP,
    FA_EVENT_DEPLOY_SWITCHED, /* from now on the release runs there */
    FA_EVENT_DEPLOY_ENDED,
    FA_EVENT_MIGRATION_RAN,
    FA_EVENT_BACKUP_MADE,
    FA_EVENT_ACTOR_ACTED_AS, /* subject: who may; every use of --as */
} FaEventKind;

#define FA_EVENT_KINDS (FA_EVENT_ACTOR_ACTED_AS + 1)

const char *fa_event_kind_to_string(FaEventKind kind);
/* The newest version of its schema: what is written. */
unsigned fa_event_kind_get_version(FaEventKind kind);
bool fa_event_kind_from_string(const char *text, FaEventKind *ret_kind);

/* The texts are borrowed, but those of fa_event_copy(). */
typedef struct FaEvent {
    uint64_t position; /* 1 for the first; 0 for one that is still to be appended */
    FaTime time;
    const char *actor;
    const char *kind; /* as text: it may be of a newer version */
    unsigned version; /* of the payload's schema, at least 1 */
    const char *subject;
    const char *payload; /* a JSON object */
    FaDigest hash;       /* over this event and the hash of the one before */
} FaEvent;

/* (transfer full) One block of memory, with all texts. */
FaEvent *fa_event_copy(const FaEvent *event);
void fa_event_free(FaEvent *event);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FaEvent, fa_event_free)

/*
 * Is @event well formed: limits, UTF-8, names, the payload a JSON object? *ret_payload (transfer full) is its canonical
 * form. When @must_be_known, kind and version have to be known here; the payload of a known one has to fit its schema.
 * CONFIG otherwise.
 */
bool fa_event_check(const FaEvent *event, bool must_be_known, char **ret_payload, GError **error);

/* Appends the line that is hashed, without a newline. The payload must be canonical. */
void fa_event_append_canonical(const FaEvent *event, GString *text);
/* Appends the same with the hash as its last member: what is exported. */
void fa_event_append_line(const FaEvent *event, GString *text);
/* (transfer full) (nullable) Reads such a line. Its hash is read, not checked. CONFIG for anything else. */
FaEvent *fa_event_from_line(const char *line, gssize length, GError **error);
