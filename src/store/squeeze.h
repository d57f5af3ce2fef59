#pragma once
/*
 * zstd, loaded when it is needed: frames of a known size, made against a prefix that both sides have, and streams.
 *
 * What is read back comes from anywhere: its size is told by the reader, never by the frame.
 */
#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct FaSqueeze FaSqueeze;

/* (transfer full) (nullable) For one thread at a time. */
FaSqueeze *fa_squeeze_open(GError **error);
void fa_squeeze_free(FaSqueeze *squeeze);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FaSqueeze, fa_squeeze_free)

/* No frame of @length bytes is larger. */
uint64_t fa_squeeze_bound(uint64_t length);
/* Appends to @out one frame; who reads it needs the same @prefix (nullable). */
bool fa_squeeze_frame(FaSqueeze *squeeze, int level, GBytes *prefix, const void *bytes,
                      size_t length, GByteArray *out, GError **error);
/* Fills @into, of exactly @length bytes. FAILED for anything that is not one frame of that many. */
bool fa_squeeze_read_frame(FaSqueeze *squeeze, GBytes *prefix, const void *frame,
                           size_t frame_length, void *into, size_t length, GError **error);

typedef bool (*FaSqueezeFunc)(const void *bytes, size_t length, void *data, GError **error);

/* A stream: feed it, the last time with @is_last, and @take is called with what comes out. */
typedef struct FaSqueezer FaSqueezer;
FaSqueezer *fa_squeezer_new(const FaSqueeze *squeeze, int level);
void fa_squeezer_free(FaSqueezer *squeezer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FaSqueezer, fa_squeezer_free)
bool fa_squeezer_feed(FaSqueezer *squeezer, const void *bytes, size_t length, bool is_last,
                      FaSqueezeFunc take, void *data, GError **error);

typedef struct FaUnsqueezer FaUnsqueezer;
FaUnsqueezer *fa_unsqueezer_new(const FaSqueeze *squeeze);
void fa_unsqueezer_free(FaUnsqueezer *unsqueezer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FaUnsqueezer, fa_unsqueezer_free)
/* Bytes behind the end of the frame are FAILED. */
bool fa_unsqueezer_feed(FaUnsqueezer *unsqueezer, const void *bytes, size_t length,
                        FaSqueezeFunc take, void *data, GError **error);
/* The frame has ended. */
bool fa_unsqueezer_is_done(const FaUnsqueezer *unsqueezer);
