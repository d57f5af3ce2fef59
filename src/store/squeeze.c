#include "store/squeeze.h"

#include <dlfcn.h>
#include <zstd.h>

#include "base/error.h"

#define LIBRARY    "libzstd.so.1"
#define WINDOW_MIN 10
#define WINDOW_MAX 27
/* Streams are read several at once, and their window is memory that the sender chooses: 8 MB. */
#define STREAM_WINDOW 23
#define BUFFER        (128 * 1024)

struct FaSqueeze {
    void *library;
    ZSTD_CCtx *compressor;
    ZSTD_DCtx *decompressor;
    __typeof__(&ZSTD_createCCtx) create_c;
    __typeof__(&ZSTD_freeCCtx) free_c;
    __typeof__(&ZSTD_CCtx_reset) reset_c;
    __typeof__(&ZSTD_CCtx_setParameter) set_c;
    __typeof__(&ZSTD_CCtx_refPrefix) prefix_c;
    __typeof__(&ZSTD_compress2) compress;
    __typeof__(&ZSTD_compressStream2) compress_stream;
    __typeof__(&ZSTD_createDCtx) create_d;
    __typeof__(&ZSTD_freeDCtx) free_d;
    __typeof__(&ZSTD_DCtx_reset) reset_d;
    __typeof__(&ZSTD_DCtx_setParameter) set_d;
    __typeof__(&ZSTD_DCtx_refPrefix) prefix_d;
    __typeof__(&ZSTD_decompressDCtx) decompress;
    __typeof__(&ZSTD_decompressStream) decompress_stream;
    __typeof__(&ZSTD_isError) is_error;
    __typeof__(&ZSTD_getErrorName) error_name;
};

struct FaSqueezer {
    const FaSqueeze *squeeze;
    ZSTD_CCtx *context;
    char buffer[BUFFER];
};

struct FaUnsqueezer {
    const FaSqueeze *squeeze;
    ZSTD_DCtx *context;
    bool is_done;
    char buffer[BUFFER];
};

static bool
load(FaSqueeze *squeeze)
{
    squeeze->library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (squeeze->library == NULL)
        return false;

    const struct {
        void *slot;
        const char *name;
    } symbols[] = {
        {&squeeze->create_c, "ZSTD_createCCtx"},
        {&squeeze->free_c, "ZSTD_freeCCtx"},
        {&squeeze->reset_c, "ZSTD_CCtx_reset"},
        {&squeeze->set_c, "ZSTD_CCtx_setParameter"},
        {&squeeze->prefix_c, "ZSTD_CCtx_refPrefix"},
        {&squeeze->compress, "ZSTD_compress2"},
        {&squeeze->compress_stream, "ZSTD_compressStream2"},
        {&squeeze->create_d, "ZSTD_createDCtx"},
        {&squeeze->free_d, "ZSTD_freeDCtx"},
        {&squeeze->reset_d, "ZSTD_DCtx_reset"},
        {&squeeze->set_d, "ZSTD_DCtx_setParameter"},
        {&squeeze->prefix_d, "ZSTD_DCtx_refPrefix"},
        {&squeeze->decompress, "ZSTD_decompressDCtx"},
        {&squeeze->decompress_stream, "ZSTD_decompressStream"},
        {&squeeze->is_error, "ZSTD_isError"},
        {&squeeze->error_name, "ZSTD_getErrorName"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(symbols); i++) {
        void *found = dlsym(squeeze->library, symbols[i].name);
        if (found == NULL)
            return false;
        *(void **)symbols[i].slot = found;
    }
    squeeze->compressor = squeeze->create_c();
    squeeze->decompressor = squeeze->create_d();
    return squeeze->compressor != NULL && squeeze->decompressor != NULL;
}

FaSqueeze *
fa_squeeze_open(GError **error)
{
    FaSqueeze *squeeze = g_new0(FaSqueeze, 1);
    if (load(squeeze))
        return squeeze;

    const char *why = dlerror();
    fa_fail(error, FA_ERROR_FAILED, "cannot load '%s': %s", LIBRARY,
            why != NULL ? why : "it is too old");
    fa_squeeze_free(squeeze);
    return NULL;
}

void
fa_squeeze_free(FaSqueeze *squeeze)
{
    if (squeeze == NULL)
        return;
    if (squeeze->compressor != NULL)
        squeeze->free_c(squeeze->compressor);
    if (squeeze->decompressor != NULL)
        squeeze->free_d(squeeze->decompressor);
    if (squeeze->library != NULL)
        dlclose(squeeze->library);
    g_free(squeeze);
}

uint64_t
fa_squeeze_bound(uint64_t length)
{
    return length + length / 128 + 1024;
}

static bool
fail(const FaSqueeze *squeeze, size_t code, const char *what, GError **error)
{
    return fa_fail(error, FA_ERROR_FAILED, "cannot %s: %s", what, squeeze->error_name(code));
}

/* Wide enough to reach from the last byte to the first of the prefix. */
static int
window_for(size_t length)
{
    int window = WINDOW_MIN;
    while (window < WINDOW_MAX && (size_t)1 << window < length)
        window++;
    return window;
}

bool
fa_squeeze_frame(FaSqueeze *squeeze, int level, GBytes *prefix, const void *bytes, size_t length,
                 GByteArray *out, GError **error)
{
    ZSTD_CCtx *context = squeeze->compressor;
    gsize known = 0;
    const void *before = prefix != NULL ? g_bytes_get_data(prefix, &known) : NULL;
    guint at = out->len;

    squeeze->reset_c(context, ZSTD_reset_session_and_parameters);
    squeeze->set_c(context, ZSTD_c_compressionLevel, level);
    squeeze->set_c(context, ZSTD_c_contentSizeFlag, 0);
    squeeze->set_c(context, ZSTD_c_windowLog, window_for(known + length));
    if (known > 0)
        squeeze->prefix_c(context, before, known);
    g_byte_array_set_size(out, at + (guint)fa_squeeze_bound(length));
    size_t made = squeeze->compress(context, out->data + at, out->len - at, bytes, length);
    g_byte_array_set_size(out, squeeze->is_error(made) ? at : at + (guint)made);
    return !squeeze->is_error(made) || fail(squeeze, made, "compress", error);
}

bool
fa_squeeze_read_frame(FaSqueeze *squeeze, GBytes *prefix, const void *frame, size_t frame_length,
                      void *into, size_t length, GError **error)
{
    ZSTD_DCtx *context = squeeze->decompressor;
    gsize known = 0;
    const void *before = prefix != NULL ? g_bytes_get_data(prefix, &known) : NULL;

    squeeze->reset_d(context, ZSTD_reset_session_and_parameters);
    if (known > 0)
        squeeze->prefix_d(context, before, known);
    size_t made = squeeze->decompress(context, into, length, frame, frame_length);
    if (squeeze->is_error(made))
        return fail(squeeze, made, "decompress", error);
    return made == length || fa_fail(error, FA_ERROR_FAILED,
                                     "cannot decompress: %zu bytes instead of %zu", made, length);
}

FaSqueezer *
fa_squeezer_new(const FaSqueeze *squeeze, int level)
{
    FaSqueezer *squeezer = g_new(FaSqueezer, 1);
    squeezer->squeeze = squeeze;
    squeezer->context = squeeze->create_c();
    g_assert(squeezer->context != NULL);
    squeeze->set_c(squeezer->context, ZSTD_c_compressionLevel, level);
    return squeezer;
}

void
fa_squeezer_free(FaSqueezer *squeezer)
{
    if (squeezer == NULL)
        return;
    squeezer->squeeze->free_c(squeezer->context);
    g_free(squeezer);
}

bool
fa_squeezer_feed(FaSqueezer *squeezer, const void *bytes, size_t length, bool is_last,
                 FaSqueezeFunc take, void *data, GError **error)
{
    const FaSqueeze *squeeze = squeezer->squeeze;
    ZSTD_inBuffer in = {.src = bytes, .size = length};
    size_t left = 1;

    while (in.pos < in.size || (is_last && left != 0)) {
        ZSTD_outBuffer out = {.dst = squeezer->buffer, .size = BUFFER};
        left = squeeze->compress_stream(squeezer->context, &out, &in,
                                        is_last ? ZSTD_e_end : ZSTD_e_continue);
        if (squeeze->is_error(left))
            return fail(squeeze, left, "compress", error);
        if (out.pos > 0 && !take(squeezer->buffer, out.pos, data, error))
            return false;
    }
    return true;
}

FaUnsqueezer *
fa_unsqueezer_new(const FaSqueeze *squeeze)
{
    FaUnsqueezer *unsqueezer = g_new(FaUnsqueezer, 1);
    unsqueezer->squeeze = squeeze;
    unsqueezer->is_done = false;
    unsqueezer->context = squeeze->create_d();
    g_assert(unsqueezer->context != NULL);
    squeeze->set_d(unsqueezer->context, ZSTD_d_windowLogMax, STREAM_WINDOW);
    return unsqueezer;
}

void
fa_unsqueezer_free(FaUnsqueezer *unsqueezer)
{
    if (unsqueezer == NULL)
        return;
    unsqueezer->squeeze->free_d(unsqueezer->context);
    g_free(unsqueezer);
}

bool
fa_unsqueezer_feed(FaUnsqueezer *unsqueezer, const void *bytes, size_t length, FaSqueezeFunc take,
                   void *data, GError **error)
{
    const FaSqueeze *squeeze = unsqueezer->squeeze;
    ZSTD_inBuffer in = {.src = bytes, .size = length};
    bool is_full = false;

    while (!unsqueezer->is_done && (in.pos < in.size || is_full)) {
        ZSTD_outBuffer out = {.dst = unsqueezer->buffer, .size = BUFFER};
        size_t left = squeeze->decompress_stream(unsqueezer->context, &out, &in);
        if (squeeze->is_error(left))
            return fail(squeeze, left, "decompress", error);
        unsqueezer->is_done = left == 0;
        is_full = out.pos == out.size;
        if (out.pos > 0 && !take(unsqueezer->buffer, out.pos, data, error))
            return false;
    }
    return in.pos == in.size ||
           fa_fail(error, FA_ERROR_FAILED, "cannot decompress: more than one frame");
}

bool
fa_unsqueezer_is_done(const FaUnsqueezer *unsqueezer)
{
    return unsqueezer->is_done;
}
