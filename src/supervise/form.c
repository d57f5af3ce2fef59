#include "supervise/form.h"

#include <ctype.h>
#include <string.h>

static int
hex(char c)
{
    return isdigit((unsigned char)c)    ? c - '0'
           : isxdigit((unsigned char)c) ? tolower((unsigned char)c) - 'a' + 10
                                        : -1;
}

/* The character at @at of @length bytes; *ret_used is how many it takes. */
static char
unescape(const char *at, size_t length, size_t *ret_used)
{
    *ret_used = 1;
    if (*at == '+')
        return ' ';
    if (*at != '%' || length < 3 || hex(at[1]) < 0 || hex(at[2]) < 0)
        return *at;
    *ret_used = 3;
    return (char)(hex(at[1]) << 4 | hex(at[2]));
}

static bool
copy_value(const char *data, size_t length, char *buffer, size_t size)
{
    size_t n = 0;

    for (size_t i = 0, used; i < length; i += used) {
        char c = unescape(data + i, length - i, &used);
        if (c == '\0' || n + 1 >= size)
            return false;
        buffer[n++] = c;
    }
    buffer[n] = '\0';
    return true;
}

static bool
is_name(const char *data, size_t length, const char *name)
{
    for (size_t i = 0, used; i < length; i += used) {
        char c = unescape(data + i, length - i, &used);
        if (c == '\0' || c != *name++)
            return false;
    }
    return *name == '\0';
}

bool
sv_form_get(const char *data, size_t length, const char *name, char *buffer, size_t size)
{
    const char *end = data + length;

    while (data < end) {
        const char *ampersand = memchr(data, '&', (size_t)(end - data));
        const char *stop = ampersand ? ampersand : end;
        const char *equals = memchr(data, '=', (size_t)(stop - data));
        if (equals && is_name(data, (size_t)(equals - data), name))
            return copy_value(equals + 1, (size_t)(stop - equals - 1), buffer, size);
        data = stop + (ampersand != NULL);
    }
    return false;
}

void
sv_form_escape(SvBuf *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (isalnum((unsigned char)*text) || strchr("-._~", *text))
            sv_buf_add(out, text, 1);
        else
            sv_buf_printf(out, "%%%02X", (unsigned)(unsigned char)*text);
    }
}
