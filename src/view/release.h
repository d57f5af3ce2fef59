#pragma once
/*
 * Releases as documents: one, and all; and notes. The fields are in docs/api.md.
 */
#include "base/json.h"
#include "domain/note.h"
#include "domain/release.h"

/* (transfer full) */
JsonObject *fa_view_release(const FaRelease *release);
/* (transfer full) { "releases": [...] }, the newest cut first. */
JsonObject *fa_view_releases(const FaReleases *releases);
/* (transfer full) @notes: of FaNote */
JsonArray *fa_view_notes(const GPtrArray *notes);
