#pragma once
/*
 * What is where: the board of all environments, the history of one, and which of them have something. The fields are in
 * docs/api.md.
 */
#include "base/json.h"
#include "domain/history.h"
#include "domain/release.h"
#include "domain/running.h"

typedef struct FaBoardFacts {
    const FaRunning *running;
    const FaReleases *releases;
    FaTime now;
    GHashTable *
        health; /* (nullable) ENV.SITE to a word: "well", "ill", "down"; what is not in it is not known */
    bool with_retired;
} FaBoardFacts;

/* (transfer full) */
JsonObject *fa_view_board(const FaBoardFacts *facts);

/* (transfer full) The newest first; at most @limit rows (0: all). */
JsonObject *fa_view_history(const FaHistory *history, guint limit);

/* Has what runs there a revision? */
typedef enum FaWhereAnswer {
    FA_WHERE_UNKNOWN,
    FA_WHERE_YES,
    FA_WHERE_NO,
} FaWhereAnswer;

typedef struct FaWhereFacts {
    const FaRunning *running;
    const FaReleases *releases;
    const char *component; /* (nullable) all */
    const char *revision;  /* (nullable) */
    /* (nullable) Asked for each release that runs somewhere; with @revision alone. */
    FaWhereAnswer (*has)(const FaRelease *release, const char *component, void *data);
    void *data;
} FaWhereFacts;

/* (transfer full) */
JsonObject *fa_view_where(const FaWhereFacts *facts);
