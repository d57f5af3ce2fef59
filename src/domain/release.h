#pragma once
/*
 * Releases: a label and what it pins, for ever.
 *
 *        cut ──► built ──► went somewhere ──► went live
 *          └───────┴──────────┴──────────────────┴────► rejected: it goes nowhere any more
 *
 * The pins of a release never change, nor do the bits that were made of them the first time: all that is deployed later
 * under its label are these. What needs other pins or bits is another release. All of it is folded from events; one that
 * contradicts an earlier one (as an import may bring) changes nothing.
 */
#include <glib.h>
#include <stdbool.h>

#include "domain/decision.h"
#include "domain/event.h"
#include "domain/version.h"

#define FA_RELEASE_TRUNK "trunk" /* in the place of a label: a snapshot of trunk */

typedef enum FaReleaseKind {
    FA_RELEASE_TRAIN,
    FA_RELEASE_REBUILD,  /* its parent, once more, before that went live */
    FA_RELEASE_LEAPFROG, /* its parent, which is live, with fixes */
} FaReleaseKind;

const char *fa_release_kind_to_string(FaReleaseKind kind);
bool fa_release_kind_from_string(const char *text, FaReleaseKind *ret_kind);

typedef struct FaPin {
    char *component;
    char *revision;
    char *digest;  /* of the source at that revision */
    char *version; /* (nullable) as are branch and tag */
    char *branch;
    char *tag;
    char *location;
} FaPin;

void fa_pin_free(FaPin *pin);
/* (transfer full) */
FaPin *fa_pin_copy(const FaPin *pin);
/* (transfer full) H of @pins (of FaPin), in whatever order: component, revision, digest, version and location of each. */
char *fa_pins_digest(const GPtrArray *pins);

/* What was made of a component. */
typedef struct FaMade {
    char *component;
    char *name; /* in the store */
    char *tree; /* its digest */
} FaMade;

void fa_made_free(FaMade *made);
/* (transfer full) */
FaMade *fa_made_new(const char *component, const char *name, const char *tree);
/* (transfer full) H of @made (of FaMade), in whatever order: component and tree of each. A name may change, bytes not. */
char *fa_made_digest(const GPtrArray *made);

/* Where a release went. */
typedef struct FaReleasePlace {
    char *environment; /* ENV.SITE */
    char *deployment;  /* the first that brought it there */
    FaTime since;
    char *by;
} FaReleasePlace;

typedef struct FaRelease {
    char *label;
    FaReleaseKind kind;
    char *parent; /* (nullable) the label of the release before */
    char *line;
    char *from;
    char *digest;    /* of the pins */
    GPtrArray *pins; /* of FaPin, by component */
    char *tool;
    char *settings;
    bool is_pushed;
    char *why; /* (nullable) */
    char *cut_by;
    FaTime cut_at;
    uint64_t position; /* of its cut: the only order that there is among releases */
    char *bits;        /* (nullable) NULL: not built yet */
    GPtrArray *made;   /* of FaMade, by component */
    bool is_rejected;
    char *rejected_why; /* (nullable), as are the next two */
    char *rejected_by;
    FaTime rejected_at;
    GPtrArray *places; /* of FaReleasePlace, in order; each environment once */
} FaRelease;

/* (transfer none) (nullable) */
const FaPin *fa_release_find_pin(const FaRelease *release, const char *component);
/* Was it ever live on any site? */
bool fa_release_was_live(const FaRelease *release);
bool fa_release_was_at(const FaRelease *release, const char *environment);
/* Is the digest that of the pins? */
bool fa_release_is_whole(const FaRelease *release);

/* Of the fold as it is kept in a snapshot. A change of what fa_releases_apply() does needs the next number, too. */
#define FA_RELEASES_FOLD    "releases"
#define FA_RELEASES_VERSION 1

typedef struct FaReleases FaReleases;
FaReleases *fa_releases_new(void);
void fa_releases_free(FaReleases *releases);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FaReleases, fa_releases_free)
/* The next state, in place: a fold belongs to who folds. Total: what is not about releases is left out. */
void fa_releases_apply(FaReleases *releases, const FaEvent *event);
/* The position of the last event that was applied, whatever it was about. */
uint64_t fa_releases_get_position(const FaReleases *releases);
/* (transfer full) */
GBytes *fa_releases_to_bytes(const FaReleases *releases);
/* (transfer full) (nullable) NULL: these are none of this version; fold again. */
FaReleases *fa_releases_from_bytes(GBytes *bytes);
/* (transfer none) (nullable) */
const FaRelease *fa_releases_find(const FaReleases *releases, const char *label);
/* The same for another spelling of its number: 0.6 is found by 0.6.0. */
const FaRelease *fa_releases_find_number(const FaReleases *releases, const FaLabel *label);
/* (transfer none) of FaRelease, in the order in which they were cut */
const GPtrArray *fa_releases_list(const FaReleases *releases);
/* (transfer none) (nullable) The train, or rebuild of one, that was cut last. */
const FaRelease *fa_releases_newest_train(const FaReleases *releases);
/* Is @ancestor the release @label itself or what it was cut from, by leapfrogs and rebuilds alone? */
bool fa_releases_is_from(const FaReleases *releases, const char *label, const char *ancestor);
/* (transfer full) (nullable) The next free label of @kind; NULL when @parent (nullable for a train) is none that has one. */
char *fa_releases_propose(const FaReleases *releases, FaReleaseKind kind, const char *parent);

typedef struct FaCutPin {
    FaPin pin; /* borrowed */
    const char
        *branch_now;     /* (nullable) where the branch is at this moment; NULL: it is not there */
    const char *tag_now; /* (nullable) the revision of the tag, where it exists */
} FaCutPin;

typedef struct FaCut {
    const char *label;
    FaReleaseKind kind;
    const char *parent; /* (nullable) */
    const char *line;
    const char *from;
    const char *const *components; /* all of the product, NULL-ended */
    const FaCutPin *pins;
    size_t pin_count;
    const char *tool;
    const char *settings;
    bool is_pushed;
    const char *why; /* (nullable) */
} FaCut;

/* (transfer full) release.cut */
FaDecision *fa_release_decide_cut(const FaReleases *releases, const FaCut *cut,
                                  const FaAsker *asker);
/* (transfer full) release.rejected */
FaDecision *fa_release_decide_reject(const FaReleases *releases, const char *label, const char *why,
                                     const FaAsker *asker);
/*
 * (transfer full) @made (of FaMade) was built or found: release.built the first time, nothing to record when it is the
 * same again, refused when any byte differs.
 */
FaDecision *fa_release_decide_built(const FaReleases *releases, const char *label,
                                    const GPtrArray *made, const FaAsker *asker);
