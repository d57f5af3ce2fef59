#pragma once
/*
 * How long the components took when they were built last: estimates for the next time, kept in a small file of the
 * home. Nothing depends on it: what cannot be read counts as unknown, and two runs at once may lose each other's times.
 */
#include <glib.h>
#include <stdint.h>

#define FA_TIMES_MAX 1000 /* components; the oldest go first */

typedef struct FaTimes FaTimes;

/* (transfer full) (not nullable) */
FaTimes *fa_times_read(const char *home);
void fa_times_free(FaTimes *times);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FaTimes, fa_times_free)

/* Microseconds; 0 when unknown. */
int64_t fa_times_get(const FaTimes *times, const char *component);
/* From any thread. Times below a millisecond are none. */
void fa_times_set(FaTimes *times, const char *component, int64_t elapsed);
/* Writes what was set beside what others wrote meanwhile; does nothing when nothing was set. */
void fa_times_write(FaTimes *times);
