#pragma once
/*
 * What the fold of all releases is made of. For release.c and release-state.c alone.
 */
#include "domain/release.h"

struct FaReleases {
    uint64_t position;
    GHashTable *by_label; /* borrowed label to borrowed FaRelease */
    GPtrArray *list;      /* of FaRelease */
};

/* @label (transfer full). */
FaRelease *fa_release_new(char *label);
