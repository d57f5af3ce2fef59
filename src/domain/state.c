#include "domain/state.h"

#include <string.h>

#define MORE 0x80

void
fa_state_put_number(GByteArray *state, uint64_t number)
{
    uint8_t bytes[10];
    guint count = 0;
    do {
        bytes[count] = (uint8_t)(number & (MORE - 1));
        number >>= 7;
        bytes[count++] |= number > 0 ? MORE : 0;
    } while (number > 0);
    g_byte_array_append(state, bytes, count);
}

void
fa_state_put_text(GByteArray *state, const char *text)
{
    size_t length = text != NULL ? strlen(text) : 0;
    fa_state_put_number(state, text != NULL ? length + 1 : 0);
    if (length > 0)
        g_byte_array_append(state, (const guint8 *)text, (guint)length);
}

FaStateReader
fa_state_read(GBytes *bytes)
{
    static const uint8_t nothing[1] = {0};
    gsize size;
    const uint8_t *data = g_bytes_get_data(bytes, &size);
    data = data != NULL ? data : nothing;
    return (FaStateReader){.at = data, .end = data + size};
}

static bool
fail(FaStateReader *reader)
{
    reader->is_bad = true;
    reader->at = reader->end;
    return false;
}

uint64_t
fa_state_get_number(FaStateReader *reader)
{
    uint64_t number = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        if (reader->at == reader->end)
            break;
        uint8_t byte = *reader->at++;
        number |= (uint64_t)(byte & (MORE - 1)) << shift;
        if ((byte & MORE) == 0)
            return number;
    }
    return fail(reader);
}

unsigned
fa_state_get_enum(FaStateReader *reader, unsigned max)
{
    uint64_t number = fa_state_get_number(reader);
    return number <= max ? (unsigned)number : fail(reader);
}

size_t
fa_state_get_count(FaStateReader *reader)
{
    uint64_t number = fa_state_get_number(reader);
    return number <= (uint64_t)(reader->end - reader->at) ? (size_t)number : fail(reader);
}

char *
fa_state_get_text(FaStateReader *reader)
{
    uint64_t length = fa_state_get_number(reader);
    if (length == 0)
        return NULL;
    const char *text = (const char *)reader->at;
    if (--length > (uint64_t)(reader->end - reader->at) || memchr(text, '\0', length) != NULL ||
        !g_utf8_validate_len(text, length, NULL)) {
        fail(reader);
        return NULL;
    }
    reader->at += length;
    return g_strndup(text, length);
}

char *
fa_state_get_set_text(FaStateReader *reader)
{
    char *text = fa_state_get_text(reader);
    if (text != NULL)
        return text;
    fail(reader);
    return g_strdup("");
}

bool
fa_state_is_over(const FaStateReader *reader)
{
    return !reader->is_bad && reader->at == reader->end;
}
