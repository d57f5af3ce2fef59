#include "base/frame.h"

void
fa_frame_append(GByteArray *out, char kind, const void *bytes, size_t length)
{
    const guint8 header[FA_FRAME_HEADER] = {
        (guint8)kind,           (guint8)length,         (guint8)(length >> 8),
        (guint8)(length >> 16), (guint8)(length >> 24),
    };
    g_assert(length <= G_MAXUINT32);
    g_byte_array_append(out, header, sizeof header);
    if (length > 0)
        g_byte_array_append(out, bytes, (guint)length);
}

FaFrameState
fa_frame_read(const uint8_t *bytes, size_t length, size_t max, FaFrame *ret_frame, size_t *ret_used)
{
    if (length > 0 && !g_ascii_isalpha((gchar)bytes[0]))
        return FA_FRAME_WRONG;
    if (length < FA_FRAME_HEADER)
        return FA_FRAME_PARTIAL;
    size_t size =
        (size_t)bytes[1] | (size_t)bytes[2] << 8 | (size_t)bytes[3] << 16 | (size_t)bytes[4] << 24;
    if (size > max)
        return FA_FRAME_WRONG;
    if (length - FA_FRAME_HEADER < size)
        return FA_FRAME_PARTIAL;
    *ret_frame = (FaFrame){
        .kind = (char)bytes[0],
        .bytes = (const char *)bytes + FA_FRAME_HEADER,
        .length = size,
    };
    *ret_used = FA_FRAME_HEADER + size;
    return FA_FRAME_WHOLE;
}
