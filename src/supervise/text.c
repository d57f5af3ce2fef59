#include "supervise/text.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

void
sv_buf_init(SvBuf *buf, char *data, size_t size)
{
    *buf = (SvBuf){.data = data, .size = size};
    if (size > 0)
        data[0] = '\0';
}

void
sv_buf_add(SvBuf *buf, const void *data, size_t length)
{
    size_t room = buf->size > buf->length ? buf->size - buf->length - 1 : 0;

    if (length > room) {
        buf->full = true;
        length = room;
    }
    if (buf->size == 0)
        return;
    memcpy(buf->data + buf->length, data, length);
    buf->length += length;
    buf->data[buf->length] = '\0';
}

void
sv_buf_puts(SvBuf *buf, const char *text)
{
    sv_buf_add(buf, text, strlen(text));
}

void
sv_buf_vprintf(SvBuf *buf, const char *format, va_list args)
{
    size_t room = buf->size - buf->length;
    int length = vsnprintf(buf->data + buf->length, room, format, args);

    if (length < 0)
        return;
    if ((size_t)length >= room) {
        buf->full = true;
        length = room > 0 ? (int)room - 1 : 0;
    }
    buf->length += (size_t)length;
}

void
sv_buf_printf(SvBuf *buf, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    sv_buf_vprintf(buf, format, args);
    va_end(args);
}

size_t
sv_utf8_valid(const char *text, size_t length)
{
    const unsigned char *s = (const unsigned char *)text;
    size_t n = s[0] < 0x80   ? 1
               : s[0] < 0xc2 ? 0
               : s[0] < 0xe0 ? 2
               : s[0] < 0xf0 ? 3
               : s[0] < 0xf5 ? 4
                             : 0;

    if (length == 0 || n == 0 || n > length)
        return 0;
    for (size_t i = 1; i < n; i++)
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
        (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
        return 0;
    return n;
}

size_t
sv_utf8_length(const char *text)
{
    if (*text == '\0')
        return 0;
    size_t n = sv_utf8_valid(text, strlen(text));
    return n > 0 ? n : 1;
}

static void
repr_char(SvBuf *buf, const char *text, size_t length, char quote)
{
    unsigned char c = (unsigned char)*text;

    if (c == (unsigned char)quote || c == '\\')
        sv_buf_printf(buf, "\\%c", c);
    else if (c == '\n')
        sv_buf_puts(buf, "\\n");
    else if (c == '\r')
        sv_buf_puts(buf, "\\r");
    else if (c == '\t')
        sv_buf_puts(buf, "\\t");
    else if (c < 0x20 || c == 0x7f || (length == 1 && c >= 0x80))
        sv_buf_printf(buf, "\\x%02x", c);
    else if (length == 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
        sv_buf_puts(buf, "\\ufeff");
    else if (length == 2 && c == 0xc2 && (unsigned char)text[1] <= 0xa0)
        sv_buf_printf(buf, "\\x%02x", (unsigned char)text[1]);
    else
        sv_buf_add(buf, text, length);
}

void
sv_buf_repr(SvBuf *buf, const char *text)
{
    char quote = strchr(text, '\'') && !strchr(text, '"') ? '"' : '\'';
    size_t n;

    sv_buf_add(buf, &quote, 1);
    for (; (n = sv_utf8_length(text)) > 0; text += n)
        repr_char(buf, text, n, quote);
    sv_buf_add(buf, &quote, 1);
}

void
sv_buf_json_text(SvBuf *buf, const char *text, size_t length)
{
    for (size_t i = 0, n; i < length; i += n) {
        unsigned char c = (unsigned char)text[i];
        n = sv_utf8_valid(text + i, length - i);
        if (c == '"' || c == '\\') {
            sv_buf_printf(buf, "\\%c", c);
        } else if (c == 0xc0 && i + 1 < length && (unsigned char)text[i + 1] == 0x80) {
            sv_buf_puts(buf, "\\u0000");
            n = 2;
        } else if (c < 0x20 || c == 0x7f) {
            sv_buf_printf(buf, "\\u%04x", c);
        } else if (n == 0) {
            sv_buf_puts(buf, "\xef\xbf\xbd");
        } else {
            sv_buf_add(buf, text + i, n);
        }
        n = n > 0 ? n : 1;
    }
}

void
sv_buf_json(SvBuf *buf, const char *text)
{
    sv_buf_puts(buf, "\"");
    sv_buf_json_text(buf, text, strlen(text));
    sv_buf_puts(buf, "\"");
}

size_t
sv_space_length(const char *text)
{
    static const char *const wide[] = {"\xc2\x85",     "\xc2\xa0",     "\xe1\x9a\x80",
                                       "\xe2\x80\xa8", "\xe2\x80\xa9", "\xe2\x80\xaf",
                                       "\xe2\x81\x9f", "\xe3\x80\x80"};
    unsigned char c = (unsigned char)*text;

    if (c == ' ' || (c >= 0x09 && c <= 0x0d) || (c >= 0x1c && c <= 0x1f))
        return 1;
    if (c < 0x80)
        return 0;
    for (size_t i = 0; i < sizeof wide / sizeof *wide; i++)
        if (strncmp(text, wide[i], strlen(wide[i])) == 0)
            return strlen(wide[i]);
    if (strncmp(text, "\xe2\x80", 2) == 0 && (unsigned char)text[2] >= 0x80 &&
        (unsigned char)text[2] <= 0x8a)
        return 3;
    return 0;
}

static bool
is_black(char c)
{
    return c > ' ' && c < 0x7f;
}

char *
sv_strip(char *text)
{
    for (size_t n; !is_black(*text) && (n = sv_space_length(text)) > 0;)
        text += n;
    size_t end = strlen(text);
    /* Most text ends in a letter. */
    while (end > 0 && !is_black(text[end - 1])) {
        size_t start = end - 1;
        while (start > 0 && ((unsigned char)text[start] & 0xc0) == 0x80)
            start--;
        size_t n = sv_space_length(text + start);
        if (n == 0 || start + n != end)
            break;
        end = start;
        text[end] = '\0';
    }
    return text;
}

static int
digit_value(char c, int base)
{
    return c >= '0' && c < '0' + base ? c - '0' : -1;
}

int
sv_parse_int(const char *text, int base, int64_t *ret_number)
{
    bool negative = false;
    bool digits = false;
    uint64_t value = 0;

    for (size_t n; (n = sv_space_length(text)) > 0;)
        text += n;
    if (*text == '+' || *text == '-')
        negative = *text++ == '-';
    if (base == 8 && text[0] == '0' && (text[1] == 'o' || text[1] == 'O')) {
        text += 2;
        if (*text == '_')
            text++;
    }
    for (;; text++) {
        int digit = digit_value(*text, base);
        if (digit < 0 && *text == '_' && digits && digit_value(text[1], base) >= 0)
            continue;
        if (digit < 0)
            break;
        digits = true;
        bool fits = value <= (uint64_t)(INT64_MAX - digit) / (uint64_t)base;
        value = fits ? value * (uint64_t)base + (uint64_t)digit : INT64_MAX;
    }
    for (size_t n; (n = sv_space_length(text)) > 0;)
        text += n;
    if (!digits || *text != '\0')
        return -EINVAL;
    *ret_number = negative ? -(int64_t)value : (int64_t)value;
    return 0;
}

int
sv_parse_digits(const char *text, size_t length, uint64_t *ret_number)
{
    uint64_t value = 0;

    if (length == 0)
        return -EINVAL;
    for (size_t i = 0; i < length; i++) {
        if (!isdigit((unsigned char)text[i]))
            return -EINVAL;
        if (value > (UINT64_MAX - 9) / 10)
            return -ERANGE;
        value = value * 10 + (uint64_t)(text[i] - '0');
    }
    *ret_number = value;
    return 0;
}

uint32_t
sv_text_hash(const char *text)
{
    uint32_t hash = UINT32_C(2166136261);

    for (; *text != '\0'; text++)
        hash = (hash ^ (unsigned char)*text) * UINT32_C(16777619);
    return hash;
}
