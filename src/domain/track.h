#pragma once
/*
 * May this release go to that environment?
 *
 *   trunk      only snapshots of trunk
 *   release    releases, but no rejected one
 *   live+fix   what live of the same site runs, and leapfrogs from it
 *   anything   anything, rejected releases too: somebody has to find out what is wrong with them
 *
 * Live never loses a fix: what goes there has every change that runs there now, whatever their numbers say. Going back is
 * exempt, to a release that ran there before. Whether a change is in a release is the caller's to find out; what it could
 * not find out is refused, too.
 */
#include <glib.h>
#include <stdbool.h>

#include "domain/decision.h"
#include "domain/product.h"
#include "domain/release.h"

typedef enum FaDeployKind {
    FA_DEPLOY_DEPLOY,
    FA_DEPLOY_ROLLBACK,
    FA_DEPLOY_REFRESH, /* by a rule: of backstage from trunk, of leapfrog from live */
} FaDeployKind;

const char *fa_deploy_kind_to_string(FaDeployKind kind);
bool fa_deploy_kind_from_string(const char *text, FaDeployKind *ret_kind);

/* May a snapshot of trunk run there? */
bool fa_track_takes_snapshots(FaTrack track);
/* Is ENV.SITE (or ENV) what users see? That is the environment called "live". */
bool fa_track_is_live(const char *environment);
/* (transfer full) (nullable) ENV.SITE of what is live where @environment is: "live.nyc" for "leapfrog.nyc". */
char *fa_track_live_of(const char *environment);

typedef struct FaTrackFacts {
    const char *environment; /* ENV.SITE */
    FaTrack track;
    FaDeployKind kind;
    const char *release; /* (nullable) NULL or FA_RELEASE_TRUNK: a snapshot of trunk */
    const char *live;    /* (nullable) the release that live of the same site runs */
    const GPtrArray *
        lost; /* (nullable) of char *: changes that run there now, are not in @release, and nobody waived */
    const GPtrArray
        *unknown; /* (nullable) of char *: components for which that could not be found out */
} FaTrackFacts;

/* (transfer full) of FaReason; none: it may. */
GPtrArray *fa_track_check(const FaReleases *releases, const FaTrackFacts *facts);
/*
 * (transfer full) of char *, sorted: what is in @now, not in @next, and not in @waived (nullable). The keys of all are
 * changes, by a name that is the same wherever the change went, as "COMPONENT ID".
 */
GPtrArray *fa_track_lost(GHashTable *now, GHashTable *next, GHashTable *waived);
