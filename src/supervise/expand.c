#include "supervise/expand.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "supervise/text.h"

#define NUMBER_MAX 512 /* characters of one number */
#define WIDTH_MAX  65536

typedef struct Format {
    const char *value; /* the whole format string */
    SvArena *arena;
    const SvNames *global, *names; /* either may be NULL */
    SvBuf out;
    char why[256]; /* what is badly formatted, set on failure */
    const char *missing;
    bool have;         /* an argument is left to convert */
    const SvName *arg; /* or NULL: the mapping itself */
    bool minus, plus, space, zero, alternate;
    int width, precision; /* -1: none */
} Format;

static SvName *
find_or_add(SvNames *names, const char *name, uint32_t hash)
{
    SvName **link = &names->first;

    while (*link && ((*link)->hash != hash || strcmp((*link)->name, name) != 0))
        link = &(*link)->next;
    if (*link)
        return *link;
    SvName *entry = sv_arena_alloc(names->arena, sizeof *entry);
    if (!entry)
        return NULL;
    entry->name = name;
    entry->hash = hash;
    *link = entry;
    return entry;
}

static SvName *
set(SvNames *names, const char *name)
{
    const char *copy = sv_arena_strdup(names->arena, name);

    return copy ? find_or_add(names, copy, sv_text_hash(copy)) : NULL;
}

void
sv_names_set(SvNames *names, const char *name, const char *text)
{
    SvName *entry = set(names, name);

    if (entry)
        entry->text = text ? sv_arena_strdup(names->arena, text) : NULL;
}

void
sv_names_set_number(SvNames *names, const char *name, int64_t number)
{
    SvName *entry = set(names, name);

    if (!entry)
        return;
    entry->text = NULL;
    entry->number = number;
}

void
sv_names_update(SvNames *names, const SvNames *others)
{
    for (const SvName *other = others->first; other; other = other->next) {
        SvName *entry = find_or_add(names, other->name, other->hash);
        if (!entry)
            return;
        entry->text = other->text;
        entry->number = other->number;
    }
}

const SvName *
sv_names_get(const SvNames *names, const char *name)
{
    uint32_t hash = sv_text_hash(name);

    for (const SvName *entry = names ? names->first : NULL; entry; entry = entry->next)
        if (entry->hash == hash && strcmp(entry->name, name) == 0)
            return entry;
    return NULL;
}

static int
bad(Format *format, const char *text)
{
    snprintf(format->why, sizeof format->why, "%s", text);
    return -EINVAL;
}

static const SvName *
look_up(const Format *format, const char *name)
{
    const SvName *found = sv_names_get(format->names, name);

    return found ? found : sv_names_get(format->global, name);
}

/* The whole mapping is made only for who wants to see it. */
static SvNames
whole_mapping(const Format *format)
{
    SvNames all = {.arena = format->arena};

    if (format->global)
        sv_names_update(&all, format->global);
    if (format->names)
        sv_names_update(&all, format->names);
    return all;
}

/* Writes the mapping as str(dict) does: a stray %s is replaced by all of it. */
static void
write_mapping(Format *format, SvBuf *out)
{
    SvNames all = whole_mapping(format);

    sv_buf_puts(out, "{");
    for (const SvName *entry = all.first; entry; entry = entry->next) {
        sv_buf_repr(out, entry->name);
        sv_buf_puts(out, ": ");
        if (entry->text)
            sv_buf_repr(out, entry->text);
        else
            sv_buf_printf(out, "%" PRId64, entry->number);
        if (entry->next)
            sv_buf_puts(out, ", ");
    }
    sv_buf_puts(out, "}");
}

static size_t
characters(const char *text)
{
    size_t count = 0;

    for (size_t n; (n = sv_utf8_length(text)) > 0; text += n)
        count++;
    return count;
}

static void
write_padded(Format *format, const char *text)
{
    size_t count = characters(text);
    size_t length = strlen(text);

    if (format->precision >= 0 && count > (size_t)format->precision) {
        const char *end = text;
        for (count = 0; count < (size_t)format->precision; count++)
            end += sv_utf8_length(end);
        length = (size_t)(end - text);
    }
    size_t pad =
        format->width > 0 && (size_t)format->width > count ? (size_t)format->width - count : 0;
    for (size_t i = 0; !format->minus && i < pad; i++)
        sv_buf_puts(&format->out, " ");
    sv_buf_add(&format->out, text, length);
    for (size_t i = 0; format->minus && i < pad; i++)
        sv_buf_puts(&format->out, " ");
}

static const char *
arg_type(const Format *format)
{
    return !format->arg ? "dict" : format->arg->text ? "str" : "int";
}

static int
write_text(Format *format, char conversion)
{
    static char scratch[SV_EXPANDED_MAX];
    SvBuf buf;

    sv_buf_init(&buf, scratch, sizeof scratch);
    if (!format->arg)
        write_mapping(format, &buf);
    else if (!format->arg->text)
        sv_buf_printf(&buf, "%" PRId64, format->arg->number);
    else if (conversion == 's')
        sv_buf_puts(&buf, format->arg->text);
    else
        sv_buf_repr(&buf, format->arg->text);
    write_padded(format, buf.data);
    return 0;
}

static int
write_char(Format *format)
{
    char text[8] = "";

    if (!format->arg || (format->arg->text && characters(format->arg->text) != 1))
        return bad(format, "%c requires int or char");
    if (format->arg->text) {
        snprintf(text, sizeof text, "%s", format->arg->text);
    } else {
        int64_t c = format->arg->number;
        if (c < 0 || c > 0x10ffff)
            return bad(format, "%c arg not in range(0x110000)");
        if (c == 0)
            snprintf(text, sizeof text, "\xc0\x80"); /* NUL, in a form that a C string can hold */
        else if (c < 0x80)
            snprintf(text, sizeof text, "%c", (char)c);
        else if (c < 0x800)
            snprintf(text, sizeof text, "%c%c", (char)(0xc0 | c >> 6), (char)(0x80 | (c & 0x3f)));
        else
            snprintf(text, sizeof text, "%c%c%c", (char)(0xe0 | c >> 12),
                     (char)(0x80 | ((c >> 6) & 0x3f)), (char)(0x80 | (c & 0x3f)));
    }
    format->precision = -1;
    write_padded(format, text);
    return 0;
}

/* Digits, sign and prefix, then zeros or blanks up to the width. */
static void
write_signed(Format *format, bool negative, const char *prefix, const char *digits)
{
    const char *sign = negative ? "-" : format->plus ? "+" : format->space ? " " : "";
    size_t used = strlen(sign) + strlen(prefix) + strlen(digits);
    size_t pad =
        format->width > 0 && (size_t)format->width > used ? (size_t)format->width - used : 0;

    for (size_t i = 0; !format->minus && !format->zero && i < pad; i++)
        sv_buf_puts(&format->out, " ");
    sv_buf_puts(&format->out, sign);
    sv_buf_puts(&format->out, prefix);
    for (size_t i = 0; format->zero && !format->minus && i < pad; i++)
        sv_buf_puts(&format->out, "0");
    sv_buf_puts(&format->out, digits);
    for (size_t i = 0; format->minus && i < pad; i++)
        sv_buf_puts(&format->out, " ");
}

static int
write_integer(Format *format, char conversion)
{
    bool decimal = conversion == 'd' || conversion == 'i' || conversion == 'u';
    char digits[NUMBER_MAX];
    int precision = format->precision < 0 ? 1 : format->precision > 400 ? 400 : format->precision;

    if (!format->arg || format->arg->text) {
        snprintf(format->why, sizeof format->why, "%%%c format: %s is required, not %s", conversion,
                 decimal ? "a real number" : "an integer", arg_type(format));
        return -EINVAL;
    }
    bool negative = format->arg->number < 0;
    uint64_t number = negative ? -(uint64_t)format->arg->number : (uint64_t)format->arg->number;
    const char *prefix = "";
    if (decimal)
        snprintf(digits, sizeof digits, "%.*" PRIu64, precision, number);
    else if (conversion == 'o')
        snprintf(digits, sizeof digits, "%.*" PRIo64, precision, number);
    else if (conversion == 'x')
        snprintf(digits, sizeof digits, "%.*" PRIx64, precision, number);
    else
        snprintf(digits, sizeof digits, "%.*" PRIX64, precision, number);
    if (format->alternate && !decimal)
        prefix = conversion == 'o' ? "0o" : conversion == 'x' ? "0x" : "0X";
    write_signed(format, negative, prefix, digits);
    return 0;
}

static int
write_float(Format *format, char conversion)
{
    char digits[NUMBER_MAX];
    int precision = format->precision < 0 ? 6 : format->precision > 100 ? 100 : format->precision;

    if (!format->arg || format->arg->text) {
        snprintf(format->why, sizeof format->why, "must be real number, not %s", arg_type(format));
        return -EINVAL;
    }
    double number = (double)format->arg->number;
    bool negative = number < 0;
    number = negative ? -number : number;
    if (conversion == 'e' || conversion == 'E')
        snprintf(digits, sizeof digits, conversion == 'e' ? "%.*e" : "%.*E", precision, number);
    else if (conversion == 'f' || conversion == 'F')
        snprintf(digits, sizeof digits, "%.*f", precision, number);
    else
        snprintf(digits, sizeof digits, conversion == 'g' ? "%.*g" : "%.*G", precision, number);
    write_signed(format, negative, "", digits);
    return 0;
}

static int
convert(Format *format, const char *at)
{
    char c = *at;

    if (strchr("diuoxXeEfFgGcrsa", c) == NULL) {
        size_t index = 0;
        for (const char *p = format->value; p < at; p += sv_utf8_length(p))
            index++;
        snprintf(format->why, sizeof format->why,
                 "unsupported format character '%c' (0x%x) at index %zu",
                 c > 0x1f && c < 0x7f ? c : '?', (unsigned char)c, index);
        if (!format->have)
            return bad(format, "not enough arguments for format string");
        return -EINVAL;
    }
    if (!format->have)
        return bad(format, "not enough arguments for format string");
    format->have = false;
    if (c == 's' || c == 'r' || c == 'a')
        return write_text(format, c);
    if (c == 'c')
        return write_char(format);
    return strchr("diuoxX", c) ? write_integer(format, c) : write_float(format, c);
}

static int
read_number(Format *format, const char **at, int *ret_number)
{
    int number = 0;

    for (; **at >= '0' && **at <= '9'; (*at)++) {
        number = number * 10 + (**at - '0');
        if (number > WIDTH_MAX)
            return bad(format, "width too big");
    }
    *ret_number = number;
    return 0;
}

static int
read_key(Format *format, const char **at)
{
    const char *start = *at + 1;
    const char *p = start;

    for (int depth = 1; depth > 0; p++) {
        if (*p == '\0')
            return bad(format, "incomplete format key");
        depth += *p == '(' ? 1 : *p == ')' ? -1 : 0;
    }
    char *key = sv_arena_strndup(format->arena, start, (size_t)(p - 1 - start));
    format->arg = key ? look_up(format, key) : NULL;
    format->have = true;
    *at = p;
    if (!format->arg) {
        format->missing = key ? key : "";
        return -EINVAL;
    }
    return 0;
}

/* One conversion; @at stands behind its %. */
static int
read_conversion(Format *format, const char **at)
{
    format->minus = format->plus = format->space = format->zero = format->alternate = false;
    format->width = format->precision = -1;
    if (**at == '(') {
        int r = read_key(format, at);
        if (r < 0)
            return r;
    }
    for (; **at != '\0' && strchr("-+ #0", **at); (*at)++) {
        format->minus |= **at == '-';
        format->plus |= **at == '+';
        format->space |= **at == ' ';
        format->alternate |= **at == '#';
        format->zero |= **at == '0';
    }
    if (**at == '*')
        return bad(format, "* wants int");
    int r = read_number(format, at, &format->width);
    if (r == 0 && **at == '.') {
        (*at)++;
        r = read_number(format, at, &format->precision);
    }
    if (r < 0)
        return r;
    if (**at == 'h' || **at == 'l' || **at == 'L')
        (*at)++;
    if (**at == '\0')
        return bad(format, "incomplete format");
    const char *conversion = (*at)++;
    if (*conversion == '%') {
        sv_buf_puts(&format->out, "%");
        return 0;
    }
    return convert(format, conversion);
}

static int
compare_names(const void *a, const void *b)
{
    return strcmp((*(const SvName *const *)a)->name, (*(const SvName *const *)b)->name);
}

static int
fail_missing(Format *format, const char *what, SvError *error)
{
    SvArena *arena = format->arena;
    SvNames all = whole_mapping(format);
    size_t count = 0;
    size_t size = 1;

    for (const SvName *entry = all.first; entry; entry = entry->next, count++)
        size += strlen(entry->name) + 2;
    const SvName **sorted = sv_arena_alloc(arena, (count + 1) * sizeof *sorted);
    char *list = sv_arena_alloc(arena, size + 1);
    if (!sorted || !list)
        return sv_fail(error, "the configuration is too large");
    count = 0;
    for (const SvName *entry = all.first; entry; entry = entry->next)
        sorted[count++] = entry;
    qsort(sorted, count, sizeof *sorted, compare_names);
    SvBuf buf;
    sv_buf_init(&buf, list, size + 1);
    for (size_t i = 0; i < count; i++)
        sv_buf_printf(&buf, "%s%s", i > 0 ? ", " : "", sorted[i]->name);
    return sv_fail_repr(error,
                        "Format string %r for %r contains names (%r) which cannot be expanded. "
                        "Available names: %s",
                        format->value, what, format->missing, list);
}

int
sv_expand(SvArena *arena, const char *value, const SvNames *global, const SvNames *names,
          const char *what, const char **ret_value, SvError *error)
{
    static char out[SV_EXPANDED_MAX];

    if (!strchr(value, '%')) {
        *ret_value = value;
        return 0;
    }
    Format format = {.value = value,
                     .arena = names ? names->arena : global->arena,
                     .global = global,
                     .names = names,
                     .have = true};
    sv_buf_init(&format.out, out, sizeof out);
    for (const char *at = value; *at != '\0';) {
        if (*at != '%') {
            sv_buf_add(&format.out, at++, 1);
            continue;
        }
        at++;
        int r = read_conversion(&format, &at);
        if (r < 0 && format.missing)
            return fail_missing(&format, what, error);
        if (r < 0)
            return sv_fail_repr(error, "Format string %r for %r is badly formatted: %s", value,
                                what, format.why);
    }
    *ret_value = sv_arena_strdup(arena, out);
    if (format.out.full || !*ret_value)
        return sv_fail_repr(error,
                            "Format string %r for %r is badly formatted: the value is too long",
                            value, what);
    return 0;
}
