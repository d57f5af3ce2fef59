#include "fuzz.h"

#include <string.h>

#include "app/call.h"

/* Law: what was read, written and read again is the same. */
static void
check_call(const FaFrame *frame)
{
    g_auto(FaCall) call = {0}, again = {0};
    g_autoptr(GError) error = NULL;
    g_autoptr(GByteArray) out = g_byte_array_new();
    FaFrame written;
    size_t used;

    bool is_read = fa_call_read(frame, &call, &error);
    g_assert_true(is_read == (error == NULL));
    if (!is_read)
        return;
    fa_call_append(out, &call);
    g_assert_cmpint(fa_frame_read(out->data, out->len, SIZE_MAX, &written, &used), ==,
                    FA_FRAME_WHOLE);
    g_assert_cmpuint(used, ==, out->len);
    g_assert_true(fa_call_read(&written, &again, NULL));
    g_assert_true(g_strv_equal((const char *const *)call.words, (const char *const *)again.words));
    g_assert_true(call.can_ask == again.can_ask && call.colour_out == again.colour_out &&
                  call.colour_err == again.colour_err && call.columns == again.columns);
}

static void
check_caller(const FaFrame *frame)
{
    g_auto(FaCaller) caller = {0};
    g_autoptr(GError) error = NULL;
    bool is_read = fa_caller_read(frame, &caller, &error);
    g_assert_true(is_read == (error == NULL));
    if (is_read)
        g_assert_true(*caller.name != '\0' && g_path_is_absolute(caller.home));
}

/*
 * Laws: frames are found in any bytes, none longer than allowed, each where the last one ended, and no later for coming byte
 * by byte; a call in one is read or refused.
 */
int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    size_t at = 0, used = 0;
    FaFrame frame;
    while (fa_frame_read(bytes + at, length - at, FA_CALL_MAX, &frame, &used) == FA_FRAME_WHOLE) {
        g_assert_true(g_ascii_isalpha(frame.kind));
        g_assert_cmpuint(frame.length, <=, FA_CALL_MAX);
        g_assert_cmpuint(used, ==, frame.length + FA_FRAME_HEADER);
        g_assert_cmpuint(used, <=, length - at);
        g_assert_cmpint(fa_frame_read(bytes + at, used - 1, FA_CALL_MAX, &frame, &used), ==,
                        FA_FRAME_PARTIAL);
        check_call(&frame);
        check_caller(&frame);
        at += used;
    }
    return 0;
}
