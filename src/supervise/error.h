#pragma once
/*
 * What is wrong with a configuration, in the words of supervisord. The text lives in an arena that outlives the reader's
 * work; the first error wins, since a reader stops there.
 */
#include "supervise/arena.h"

typedef struct SvError {
    SvArena *arena;
    const char *text; /* NULL while all is well */
} SvError;

/* Sets the text and returns -EINVAL, so that a reader may `return sv_fail(...)`. */
int sv_fail(SvError *error, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The same, for a text with values quoted as Python's repr() does it: %r takes a string, %s and %d as usual. */
int sv_fail_repr(SvError *error, const char *format, ...);
