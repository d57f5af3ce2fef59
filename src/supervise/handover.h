#pragma once
/*
 * The whole supervisor as a state, and back: configurations, groups, processes, sockets, connections.
 *
 * What is written changes nothing but the close-on-exec flags of the descriptors, where they are to be kept. What is read
 * is memory only, so that a state can be checked by a process that has none of the descriptors; sv_handover_resume()
 * then watches the descriptors and sets the timers. In between the loop must have been made.
 */
#include "supervise/super.h"

/* At once: of all groups that are in use. */
#define SV_CONFIGS_MAX 256

/* Returns 0 or negative errno. */
int sv_handover_give(SvSuper *super, int fd, bool keep);
/* Fills @super, of which read_buffer, strip_buffer and overrides are set. @take: the descriptors must be ours. Returns 0,
 * or negative errno with the reason in @why; @super is of no use then. */
int sv_handover_take(SvSuper *super, const void *data, size_t length, bool take, char *why,
                     size_t size);
void sv_handover_resume(SvSuper *super);
/* Lets go of the configurations of a state that was only looked at. */
void sv_handover_drop(SvSuper *super);
