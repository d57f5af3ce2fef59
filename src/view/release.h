#pragma once
/*
 * Releases as documents: one, all, and what differs between two. The fields are in docs/api.md.
 */
#include "base/json.h"
#include "domain/note.h"
#include "domain/release.h"

/* (transfer full) */
JsonObject *fa_view_release(const FaRelease *release);
/* (transfer full) { "releases": [...] }, the newest cut first. */
JsonObject *fa_view_releases(const FaReleases *releases);
/* (transfer full) What changes for who runs @from (nullable: nothing) and gets @to. */
JsonObject *fa_view_release_diff(const FaRelease *from, const FaRelease *to);
/* (transfer full) @notes: of FaNote */
JsonArray *fa_view_notes(const GPtrArray *notes);
