#pragma once
/*
 * Turns at the processor: so many threads may have one at a time, the others wait. A component takes one for its
 * steps only, so that it waits for the disk before and after them while another's steps run.
 */
#include <glib.h>

typedef struct FaTurns FaTurns;

FaTurns *fa_turns_new(unsigned count);
/* Nobody may have one, or wait for one. */
void fa_turns_free(FaTurns *turns);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FaTurns, fa_turns_free)

/* From any thread. @turns may be NULL: then there is always one. */
void fa_turns_take(FaTurns *turns);
void fa_turns_give(FaTurns *turns);
