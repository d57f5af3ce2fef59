#include "domain/track.h"

#include <string.h>

#define LIVE "live"

static const char *const kind_names[] = {
    [FA_DEPLOY_DEPLOY] = "deploy",
    [FA_DEPLOY_ROLLBACK] = "rollback",
    [FA_DEPLOY_REFRESH] = "refresh",
};

const char *
fa_deploy_kind_to_string(FaDeployKind kind)
{
    return kind_names[kind];
}

bool
fa_deploy_kind_from_string(const char *text, FaDeployKind *ret_kind)
{
    for (size_t i = 0; i < G_N_ELEMENTS(kind_names); i++) {
        if (strcmp(kind_names[i], text) == 0) {
            *ret_kind = (FaDeployKind)i;
            return true;
        }
    }
    return false;
}

bool
fa_track_takes_snapshots(FaTrack track)
{
    return track == FA_TRACK_TRUNK || track == FA_TRACK_ANYTHING;
}

bool
fa_track_is_live(const char *environment)
{
    size_t length = strlen(LIVE);
    return strncmp(environment, LIVE, length) == 0 &&
           (environment[length] == '\0' || environment[length] == '.');
}

char *
fa_track_live_of(const char *environment)
{
    const char *dot = strchr(environment, '.');
    return dot != NULL ? g_strconcat(LIVE, dot, NULL) : NULL;
}

/* Leapfrog is like live, or like live with a fix. */
static void
check_live_fix(const FaReleases *releases, const FaTrackFacts *facts, GPtrArray *reasons)
{
    if (facts->live == NULL || !fa_releases_is_from(releases, facts->release, facts->live))
        fa_reasons_add(reasons, FA_REASON_NOT_WHAT_LIVE_RUNS, facts->release, facts->live);
}

static void
check_track(const FaReleases *releases, const FaTrackFacts *facts, GPtrArray *reasons)
{
    bool is_allowed = true;
    switch (facts->track) {
    case FA_TRACK_TRUNK:
        is_allowed = facts->release == NULL;
        break;
    case FA_TRACK_RELEASE:
        is_allowed = facts->release != NULL;
        break;
    case FA_TRACK_LIVE_FIX:
        is_allowed = facts->release != NULL;
        if (is_allowed)
            check_live_fix(releases, facts, reasons);
        break;
    case FA_TRACK_ANYTHING:
        break;
    }
    if (!is_allowed)
        fa_reasons_add(reasons, FA_REASON_TRACK_FORBIDS, facts->environment,
                       fa_track_to_string(facts->track));
}

static void
check_rejected(const FaTrackFacts *facts, const FaRelease *release, GPtrArray *reasons)
{
    bool is_like_live = facts->track == FA_TRACK_LIVE_FIX && facts->live != NULL &&
                        strcmp(facts->live, release->label) == 0;
    if (release->is_rejected && facts->track != FA_TRACK_ANYTHING && !is_like_live)
        fa_reasons_add(reasons, FA_REASON_RELEASE_REJECTED, release->label, release->rejected_why);
}

static void
check_changes(const FaTrackFacts *facts, GPtrArray *reasons)
{
    for (guint i = 0; facts->lost != NULL && i < facts->lost->len; i++)
        fa_reasons_add(reasons, FA_REASON_FIX_LOST, g_ptr_array_index(facts->lost, i), NULL);
    for (guint i = 0; facts->unknown != NULL && i < facts->unknown->len; i++)
        fa_reasons_add(reasons, FA_REASON_FIXES_UNKNOWN, g_ptr_array_index(facts->unknown, i),
                       NULL);
}

static GPtrArray *
check(const FaReleases *releases, const FaTrackFacts *facts)
{
    GPtrArray *reasons = fa_reasons_new();
    const FaRelease *release = fa_releases_find(releases, facts->release);
    if (facts->release != NULL && release == NULL) {
        fa_reasons_add(reasons, FA_REASON_RELEASE_UNKNOWN, facts->release, NULL);
        return reasons;
    }
    check_track(releases, facts, reasons);
    if (release != NULL)
        check_rejected(facts, release, reasons);
    if (facts->kind == FA_DEPLOY_ROLLBACK) {
        if (release != NULL && !fa_release_was_at(release, facts->environment))
            fa_reasons_add(reasons, FA_REASON_NEVER_RAN_HERE, facts->environment, facts->release);
        return reasons;
    }
    if (fa_track_is_live(facts->environment))
        check_changes(facts, reasons);
    return reasons;
}

GPtrArray *
fa_track_check(const FaReleases *releases, const FaTrackFacts *facts)
{
    FaTrackFacts without = *facts;
    if (facts->release != NULL && strcmp(facts->release, FA_RELEASE_TRUNK) == 0)
        without.release = NULL;
    return check(releases, &without);
}

static int
compare_texts(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

GPtrArray *
fa_track_lost(GHashTable *now, GHashTable *next, GHashTable *waived)
{
    GPtrArray *lost = g_ptr_array_new_with_free_func(g_free);
    GHashTableIter iter;
    gpointer change;
    g_hash_table_iter_init(&iter, now);
    while (g_hash_table_iter_next(&iter, &change, NULL)) {
        if (!g_hash_table_contains(next, change) &&
            (waived == NULL || !g_hash_table_contains(waived, change)))
            g_ptr_array_add(lost, g_strdup(change));
    }
    g_ptr_array_sort(lost, compare_texts);
    return lost;
}
