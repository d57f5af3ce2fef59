#pragma once
/*
 * Text in buffers of a fixed size, and the few habits of Python that users of supervisord see.
 *
 * A buffer that is full drops what does not fit and says so in @full; it is always terminated. sv_buf_repr() writes a
 * string as Python's repr() does, since the messages of supervisord quote values so.
 */
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct SvBuf {
    char *data;
    size_t length;
    size_t size;
    bool full;
    bool json; /* what is written as a value becomes JSON, not XML */
} SvBuf;

void sv_buf_init(SvBuf *buf, char *data, size_t size);
void sv_buf_add(SvBuf *buf, const void *data, size_t length);
void sv_buf_puts(SvBuf *buf, const char *text);
void sv_buf_printf(SvBuf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
void sv_buf_vprintf(SvBuf *buf, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));
void sv_buf_repr(SvBuf *buf, const char *text);
/* A JSON string with its quotes. Bytes that are not UTF-8 become U+FFFD. */
void sv_buf_json(SvBuf *buf, const char *text);
/* The same without the quotes, for a string in pieces. */
void sv_buf_json_text(SvBuf *buf, const char *text, size_t length);

/* Bytes of the character at @text, 1 for a byte that begins none; 0 at the end. */
size_t sv_utf8_length(const char *text);
/* Length of the valid character at @text within @length bytes, 0 where there is none. */
size_t sv_utf8_valid(const char *text, size_t length);
/* Bytes of the white space character (in Python's sense) at @text, or 0. */
size_t sv_space_length(const char *text);
/* Strips white space at both ends, in place. Returns where the text begins. */
char *sv_strip(char *text);

/* For comparing many names: those of equal texts are equal. */
uint32_t sv_text_hash(const char *text);

/* What int() takes: signs, underscores between digits, white space around. @base is 8 or 10; base 8 takes 0o too.
 * Numbers beyond 64 bits are held at the limit. Returns 0 or -EINVAL. */
int sv_parse_int(const char *text, int base, int64_t *ret_number);
/* Plain decimal digits only, up to @length bytes, for protocols. Returns 0, -EINVAL or -ERANGE. */
int sv_parse_digits(const char *text, size_t length, uint64_t *ret_number);
