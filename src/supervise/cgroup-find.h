#pragma once
/*
 * Where the control groups of this process are: read from what /proc/self/mountinfo and /proc/self/cgroup say, never
 * assumed. A controller is in a hierarchy of version 1, of which there may be many, or in the one of version 2.
 */
#include <stdbool.h>
#include <stddef.h>

typedef struct SvCgroupTexts {
    const char *mounts;  /* /proc/self/mountinfo */
    const char *members; /* /proc/self/cgroup */
} SvCgroupTexts;

/* The directory of our own group in the hierarchy of version 1 that has @controller ("name=x" for one with a name only), or
 * with NULL in that of version 2. Returns 0, -ENOENT where there is none or it is not to be seen from here, -ENAMETOOLONG. */
int sv_cgroup_find(const SvCgroupTexts *texts, const char *controller, char *path, size_t size);
/* Whether @word is among those of @text, which spaces, commas or newlines part. */
bool sv_cgroup_lists(const char *text, const char *word);
