#pragma once
/*
 * What a commit message says to those who release: its subject and the trailers that count. Pure; any bytes are a message.
 *
 * A trailer may stand on any line after the first, in any case of letters: a note that somebody wrote above the
 * sign-offs is still a note. Lines that begin with a blank go on the one before.
 */
#include <glib.h>
#include "source/source.h"

#define FA_MESSAGE_MAX  (64 * 1024) /* of a message; the rest is not read */
#define FA_SUBJECT_MAX  500
#define FA_TRAILER_MAX  4096
#define FA_TRAILERS_MAX 100 /* of a commit */

/* (transfer full) The first line that says something; "" when none does. */
char *fa_message_subject(const char *message);
/* (transfer full) Of FaTrailer. */
GPtrArray *fa_message_trailers(const char *message);
/* (transfer full) Empty. */
FaSourceLog *fa_source_log_new(void);
/* (transfer full) @text in one line, without control characters, of at most @limit bytes. */
char *fa_message_line(const char *text, size_t length, size_t limit);
