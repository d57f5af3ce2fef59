#pragma once
/*
 * Frames: how messages follow each other on a stream of bytes. A frame is one byte that says what it is, a small letter or a
 * capital, its length in four bytes, the lowest first, and as many bytes.
 */
#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FA_FRAME_HEADER 5

typedef struct FaFrame {
    char kind;
    const char *bytes; /* borrowed; not NUL-terminated */
    size_t length;
} FaFrame;

typedef enum FaFrameState {
    FA_FRAME_WHOLE,   /* there is one */
    FA_FRAME_PARTIAL, /* more bytes are needed */
    FA_FRAME_WRONG,   /* no letter, or longer than allowed: nothing that follows can be trusted */
} FaFrameState;

void fa_frame_append(GByteArray *out, char kind, const void *bytes, size_t length);
/* The frame that @bytes begin with, whose own length is at most @max; *ret_used is how many bytes it has in all. */
FaFrameState fa_frame_read(const uint8_t *bytes, size_t length, size_t max, FaFrame *ret_frame,
                           size_t *ret_used);
