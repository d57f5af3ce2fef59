#include "source/message.h"

#include <string.h>

#include "fuzz.h"

static void
check_line(const char *text, size_t limit)
{
    g_assert_true(g_utf8_validate(text, -1, NULL));
    g_assert_cmpuint(strlen(text), <=, limit);
    for (const char *c = text; *c != '\0'; c++)
        g_assert_true((unsigned char)*c >= ' ' && *c != 127);
}

/* Whatever a message is, what comes of it is lines that may be shown; and a value that is read again stays as it is. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *message = g_strndup((const char *)data, size);
    g_autofree char *subject = fa_message_subject(message);
    g_autoptr(GPtrArray) trailers = fa_message_trailers(message);

    check_line(subject, FA_SUBJECT_MAX);
    g_assert_cmpuint(trailers->len, <=, FA_TRAILERS_MAX);
    for (guint i = 0; i < trailers->len; i++) {
        const FaTrailer *trailer = g_ptr_array_index(trailers, i);
        check_line(trailer->value, FA_TRAILER_MAX);
        g_assert_cmpstr(trailer->value, !=, "");
        g_assert_nonnull(fa_trailer_kind_to_string(trailer->kind));
        g_autofree char *again =
            fa_message_line(trailer->value, strlen(trailer->value), FA_TRAILER_MAX);
        g_assert_cmpstr(again, ==, trailer->value);
    }
    return 0;
}
