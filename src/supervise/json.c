#include "supervise/json.h"

#include <errno.h>
#include <string.h>

#define DEPTH_MAX 32

typedef struct Json {
    SvArena *arena;
    const char *p;
    const char *end;
    unsigned depth;
} Json;

static int read_value(Json *json, SvValue *value);

static char
look(Json *json)
{
    while (json->p < json->end && strchr(" \t\r\n", *json->p) && *json->p != '\0')
        json->p++;
    return json->p < json->end ? *json->p : '\0';
}

static bool
take(Json *json, char c)
{
    if (c == '\0' || look(json) != c)
        return false;
    json->p++;
    return true;
}

static bool
take_word(Json *json, const char *word)
{
    size_t n = strlen(word);

    if ((size_t)(json->end - json->p) < n || memcmp(json->p, word, n) != 0)
        return false;
    json->p += n;
    return true;
}

static int
read_hex(Json *json, uint32_t *ret_unit)
{
    uint32_t unit = 0;

    if (json->end - json->p < 4)
        return -EINVAL;
    for (int i = 0; i < 4; i++) {
        char c = *json->p++;
        char low = (char)(c | 0x20);
        if (c >= '0' && c <= '9')
            unit = unit << 4 | (uint32_t)(c - '0');
        else if (low >= 'a' && low <= 'f')
            unit = unit << 4 | (uint32_t)(low - 'a' + 10);
        else
            return -EINVAL;
    }
    *ret_unit = unit;
    return 0;
}

static size_t
put_utf8(char *out, uint32_t c)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = n - 1; i > 0; i--, c >>= 6)
        out[i] = (char)(0x80 | (c & 0x3f));
    out[0] = (char)((n == 2 ? 0xc0 : n == 3 ? 0xe0 : 0xf0) | c);
    return n;
}

/* What stands behind a backslash. Returns bytes written or -EINVAL. */
static int
read_escape(Json *json, char *out)
{
    static const char letters[] = "\"\\/bfnrt";
    static const char meant[] = "\"\\/\b\f\n\r\t";
    uint32_t unit;
    uint32_t low;

    if (json->p == json->end)
        return -EINVAL;
    char c = *json->p++;
    const char *found = c != '\0' ? strchr(letters, c) : NULL;
    if (found) {
        *out = meant[found - letters];
        return 1;
    }
    if (c != 'u' || read_hex(json, &unit) < 0 || unit == 0 || (unit >= 0xdc00 && unit < 0xe000))
        return -EINVAL;
    if (unit >= 0xd800 && unit < 0xdc00) {
        if (!take_word(json, "\\u") || read_hex(json, &low) < 0 || low < 0xdc00 || low >= 0xe000)
            return -EINVAL;
        unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
    }
    return (int)put_utf8(out, unit);
}

/* Nothing that is escaped becomes longer by being read. */
static int
read_string(Json *json, const char **ret_text, size_t *ret_length)
{
    if (!take(json, '"'))
        return -EINVAL;
    const char *close = json->p;
    while (close < json->end && *close != '"')
        close += *close == '\\' ? 2 : 1;
    if (close >= json->end)
        return -EINVAL;
    char *text = sv_arena_alloc(json->arena, (size_t)(close - json->p) + 1);
    size_t length = 0;
    if (!text)
        return -E2BIG;
    while (json->p < close) {
        if (*json->p == '\\') {
            json->p++;
            int n = read_escape(json, text + length);
            if (n < 0)
                return n;
            length += (size_t)n;
            continue;
        }
        size_t n = sv_utf8_valid(json->p, (size_t)(close - json->p));
        if (n == 0 || (unsigned char)*json->p < 0x20)
            return -EINVAL;
        memcpy(text + length, json->p, n);
        length += n;
        json->p += n;
    }
    json->p = close + 1;
    *ret_text = text;
    *ret_length = length;
    return 0;
}

static int
read_number(Json *json, SvValue *value)
{
    uint64_t number;
    bool negative = take(json, '-');
    size_t digits = 0;

    while (json->p + digits < json->end && json->p[digits] >= '0' && json->p[digits] <= '9')
        digits++;
    if (digits == 0 || (digits > 1 && *json->p == '0') ||
        sv_parse_digits(json->p, digits, &number) < 0 || number > INT64_MAX)
        return -EINVAL;
    json->p += digits;
    /* No method takes a fraction. */
    if (json->p < json->end && (*json->p == '.' || *json->p == 'e' || *json->p == 'E'))
        return -EINVAL;
    value->kind = SV_KIND_INT;
    value->number = negative ? -(int64_t)number : (int64_t)number;
    return 0;
}

static int
read_child(Json *json, SvValue *value, const char *name)
{
    SvValue *child = sv_arena_alloc(json->arena, sizeof *child);

    if (!child)
        return -E2BIG;
    child->name = name;
    int r = read_value(json, child);
    if (r < 0)
        return r;
    if (value->last)
        value->last->next = child;
    else
        value->first = child;
    value->last = child;
    value->count++;
    return 0;
}

static int
read_children(Json *json, SvValue *value, char close)
{
    if (take(json, close))
        return 0;
    while (true) {
        const char *name = NULL;
        size_t length;
        int r = 0;
        if (value->kind == SV_KIND_STRUCT) {
            look(json);
            r = read_string(json, &name, &length);
            if (r == 0 && !take(json, ':'))
                r = -EINVAL;
        }
        if (r == 0)
            r = read_child(json, value, name);
        if (r < 0)
            return r;
        if (take(json, close))
            return 0;
        if (!take(json, ','))
            return -EINVAL;
    }
}

static int
read_value(Json *json, SvValue *value)
{
    char c = look(json);

    if (c == '[' || c == '{') {
        json->p++;
        value->kind = c == '[' ? SV_KIND_ARRAY : SV_KIND_STRUCT;
        if (++json->depth > DEPTH_MAX)
            return -EINVAL;
        int r = read_children(json, value, c == '[' ? ']' : '}');
        json->depth--;
        return r;
    }
    if (c == '"') {
        value->kind = SV_KIND_STRING;
        return read_string(json, &value->text, &value->length);
    }
    if (take_word(json, "true") || take_word(json, "false")) {
        value->kind = SV_KIND_BOOL;
        value->number = c == 't';
        return 0;
    }
    return read_number(json, value);
}

int
sv_json_read(SvArena *arena, const char *data, size_t length, SvValue *ret_value)
{
    Json json = {.arena = arena, .p = data, .end = data + length};

    *ret_value = (SvValue){0};
    int r = read_value(&json, ret_value);
    if (r < 0)
        return r;
    look(&json);
    return json.p == json.end ? 0 : -EINVAL;
}
