#pragma once
/*
 * A program that is talked with: what is written goes to its standard input, what is read is its standard output. Its
 * last words on standard error are kept for a message.
 *
 * It has a session of its own, so that it cannot ask at the terminal, and is ended when it is freed. One thread at a
 * time. Nothing blocks but fa_peer_wait().
 */
#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "sys/cancel.h"

typedef struct FaPeer FaPeer;

/* (transfer full) (nullable) NOT_FOUND when there is no such program. */
FaPeer *fa_peer_start(const char *const *argv, GError **error);
void fa_peer_free(FaPeer *peer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FaPeer, fa_peer_free)

/* As write(2) and read(2): -1 with EAGAIN when it would block; no signal when the program has ended. */
ssize_t fa_peer_write(FaPeer *peer, const void *bytes, size_t length);
ssize_t fa_peer_read(FaPeer *peer, void *bytes, size_t length);
/* Until something can be read, or also written for @to_write, or @milliseconds have passed. CANCELLED. */
bool fa_peer_wait(FaPeer *peer, bool to_write, int milliseconds, FaCancel *cancel, GError **error);
/* (transfer full) The last line that it wrote to standard error once it has ended its output, in plain characters; ""
 * when there was none. */
char *fa_peer_get_last_words(FaPeer *peer);
