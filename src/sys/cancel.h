#pragma once
/*
 * "Please stop": one flag that many may wait for. Ctrl-C sets it; whoever waits for a child, a lock or a socket polls
 * its descriptor too, stops in good order and fails with FA_ERROR_CANCELLED. Safe to set from a signal handler and
 * from any thread. A NULL cancel never stops.
 */
#include <glib.h>
#include <stdbool.h>

typedef struct FaCancel FaCancel;

FaCancel *fa_cancel_new(void);
void fa_cancel_free(FaCancel *cancel);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FaCancel, fa_cancel_free)
void fa_cancel_set(FaCancel *cancel);
bool fa_cancel_is_set(const FaCancel *cancel);
/* Readable once set; -1 for NULL. */
int fa_cancel_get_fd(const FaCancel *cancel);
/* False with CANCELLED when set. */
bool fa_cancel_check(const FaCancel *cancel, GError **error);
