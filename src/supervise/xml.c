#include "supervise/xml.h"

#include <errno.h>
#include <expat.h>
#include <inttypes.h>
#include <stdint.h>
#include <string.h>

#define DEPTH_MAX 64

typedef struct Reader {
    SvArena *arena;
    XML_Parser parser;
    SvValue *stack[DEPTH_MAX]; /* the values that are open */
    size_t depth;
    SvValue top; /* what is outermost, as an array */
    const char *method;
    const char *member; /* name of the next value */
    char *text;
    size_t text_length, text_size;
    bool typed[DEPTH_MAX]; /* a type was named inside the value */
    bool fault;
    bool bad;
    bool too_big;
} Reader;

/* expat frees and resizes: a block carries its size, and the last one grows where it stands. The arena is global to one
 * parse, which is all there ever is at a time; expat's hooks take no argument. */
static SvArena *parse_arena;

static void *
arena_malloc(size_t size)
{
    size_t *block = sv_arena_alloc(parse_arena, size + 16);

    if (!block)
        return NULL;
    *block = size;
    return (char *)block + 16;
}

static void
arena_free(void *pointer)
{
    if (!pointer)
        return;
    size_t *block = (size_t *)(void *)((char *)pointer - 16);
    if ((char *)pointer + *block == parse_arena->base + parse_arena->used) {
        size_t start = (size_t)((char *)block - parse_arena->base);
        memset(block, 0, parse_arena->used - start);
        parse_arena->used = start;
    }
}

static void *
arena_realloc(void *pointer, size_t size)
{
    if (!pointer)
        return arena_malloc(size);
    size_t old = *(size_t *)(void *)((char *)pointer - 16);
    if (size <= old)
        return pointer;
    void *grown = arena_malloc(size);
    if (grown)
        memcpy(grown, pointer, old);
    return grown;
}

static void
stop(Reader *reader, bool too_big)
{
    reader->bad = true;
    reader->too_big |= too_big;
    XML_StopParser(reader->parser, XML_FALSE);
}

static void
doctype(void *data, const XML_Char *name, const XML_Char *sysid, const XML_Char *pubid,
        int has_subset)
{
    stop(data, false);
}

static void
open_value(Reader *reader)
{
    SvValue *value = sv_arena_alloc(reader->arena, sizeof *value);

    if (!value || reader->depth + 1 >= DEPTH_MAX) {
        stop(reader, true);
        return;
    }
    SvValue *parent = reader->stack[reader->depth - 1];
    value->name = reader->member;
    value->text = ""; /* whatever stands in it */
    reader->member = NULL;
    if (parent->last)
        parent->last->next = value;
    else
        parent->first = value;
    parent->last = value;
    parent->count++;
    reader->typed[reader->depth] = false;
    reader->stack[reader->depth++] = value;
}

static void
start_element(void *data, const XML_Char *name, const XML_Char **attributes)
{
    Reader *reader = data;
    SvValue *value = reader->stack[reader->depth - 1];

    if (reader->bad)
        return;
    reader->text_length = 0;
    if (strcmp(name, "value") == 0) {
        open_value(reader);
        return;
    }
    if (strcmp(name, "fault") == 0)
        reader->fault = true;
    if (reader->depth <= 1)
        return;
    if (strcmp(name, "array") == 0)
        value->kind = SV_KIND_ARRAY;
    else if (strcmp(name, "struct") == 0)
        value->kind = SV_KIND_STRUCT;
    if (strcmp(name, "member") != 0 && strcmp(name, "name") != 0 && strcmp(name, "data") != 0)
        reader->typed[reader->depth - 1] = true;
}

static char *
keep_text(Reader *reader)
{
    char *text =
        sv_arena_strndup(reader->arena, reader->text ? reader->text : "", reader->text_length);

    if (!text)
        stop(reader, true);
    return text;
}

static size_t
decode_base64(char *text)
{
    size_t out = 0;
    unsigned bits = 0;
    int count = 0;

    for (const char *p = text; *p != '\0' && *p != '='; p++) {
        int v = *p >= 'A' && *p <= 'Z'   ? *p - 'A'
                : *p >= 'a' && *p <= 'z' ? *p - 'a' + 26
                : *p >= '0' && *p <= '9' ? *p - '0' + 52
                : *p == '+'              ? 62
                : *p == '/'              ? 63
                                         : -1;
        if (v < 0)
            continue;
        bits = bits << 6 | (unsigned)v;
        count += 6;
        if (count >= 8) {
            count -= 8;
            text[out++] = (char)(bits >> count);
        }
    }
    text[out] = '\0';
    return out;
}

static void
set_scalar(Reader *reader, SvValue *value, const char *type)
{
    char *text = keep_text(reader);

    if (!text)
        return;
    value->text = text;
    value->length = reader->text_length;
    if (strcmp(type, "int") == 0 || strcmp(type, "i4") == 0 || strcmp(type, "i8") == 0) {
        value->kind = SV_KIND_INT;
        if (sv_parse_int(text, 10, &value->number) < 0)
            stop(reader, false);
    } else if (strcmp(type, "boolean") == 0) {
        value->kind = SV_KIND_BOOL;
        value->number = strcmp(text, "1") == 0;
    } else if (strcmp(type, "double") == 0) {
        value->kind = SV_KIND_DOUBLE;
    } else if (strcmp(type, "nil") == 0) {
        value->kind = SV_KIND_NIL;
    } else if (strcmp(type, "base64") == 0) {
        value->length = decode_base64(text);
    }
}

static void
end_element(void *data, const XML_Char *name)
{
    Reader *reader = data;
    SvValue *value = reader->stack[reader->depth - 1];

    if (reader->bad)
        return;
    if (strcmp(name, "methodName") == 0 && reader->depth == 1) {
        reader->method = keep_text(reader);
    } else if (strcmp(name, "name") == 0) {
        reader->member = keep_text(reader);
    } else if (strcmp(name, "value") == 0) {
        if (!reader->typed[reader->depth - 1])
            set_scalar(reader, value, "string");
        reader->depth--;
    } else if (reader->depth > 1 && strcmp(name, "array") != 0 && strcmp(name, "struct") != 0 &&
               strcmp(name, "data") != 0 && strcmp(name, "member") != 0) {
        set_scalar(reader, value, name);
    }
    reader->text_length = 0;
}

static void
characters(void *data, const XML_Char *text, int length)
{
    Reader *reader = data;

    if (reader->bad)
        return;
    if (reader->text_length + (size_t)length > reader->text_size) {
        stop(reader, true);
        return;
    }
    memcpy(reader->text + reader->text_length, text, (size_t)length);
    reader->text_length += (size_t)length;
}

static int
parse(SvArena *arena, const char *data, size_t length, Reader *reader)
{
    static const XML_Memory_Handling_Suite memory = {arena_malloc, arena_realloc, arena_free};

    *reader = (Reader){.arena = arena, .depth = 1, .text_size = length + 1};
    reader->stack[0] = &reader->top;
    reader->top.kind = SV_KIND_ARRAY;
    reader->text = sv_arena_alloc(arena, reader->text_size);
    parse_arena = arena;
    reader->parser = reader->text ? XML_ParserCreate_MM("UTF-8", &memory, NULL) : NULL;
    if (!reader->parser)
        return -E2BIG;
    XML_SetUserData(reader->parser, reader);
    XML_SetElementHandler(reader->parser, start_element, end_element);
    XML_SetCharacterDataHandler(reader->parser, characters);
    XML_SetStartDoctypeDeclHandler(reader->parser, doctype);
    enum XML_Status status = XML_Parse(reader->parser, data, (int)length, 1);
    bool exhausted = XML_GetErrorCode(reader->parser) == XML_ERROR_NO_MEMORY;
    /* The parser is not freed: its arena goes as a whole, and values lie between its blocks. */
    if (reader->too_big || exhausted || arena->full)
        return -E2BIG;
    return status == XML_STATUS_ERROR || reader->bad ? -EINVAL : 0;
}

int
sv_xml_read_call(SvArena *arena, const char *data, size_t length, SvCall *ret_call)
{
    Reader reader;
    int r = parse(arena, data, length, &reader);

    if (r < 0)
        return r;
    if (!reader.method || *reader.method == '\0')
        return -EINVAL;
    *ret_call = (SvCall){.method = reader.method, .params = reader.top};
    return 0;
}

int
sv_xml_read_response(SvArena *arena, const char *data, size_t length, SvValue *ret_value,
                     int64_t *ret_fault)
{
    Reader reader;
    int r = parse(arena, data, length, &reader);

    if (r < 0)
        return r;
    if (!reader.top.first)
        return -EINVAL;
    *ret_value = *reader.top.first;
    *ret_fault = 0;
    if (reader.fault) {
        const SvValue *code = sv_value_member(reader.top.first, "faultCode");
        const SvValue *text = sv_value_member(reader.top.first, "faultString");
        if (!code || !text)
            return -EINVAL;
        *ret_fault = code->number;
        *ret_value = *text;
    }
    return 0;
}

const SvValue *
sv_value_member(const SvValue *value, const char *name)
{
    for (const SvValue *member = value->first; member; member = member->next)
        if (member->name && strcmp(member->name, name) == 0)
            return member;
    return NULL;
}

void
sv_xml_escape(SvBuf *out, const char *text, size_t length)
{
    for (size_t i = 0, n; i < length; i += n) {
        unsigned char c = (unsigned char)text[i];
        n = c == 0 ? 1 : sv_utf8_valid(text + i, length - i);
        if (n == 0 || (c < 0x20 && c != '\n' && c != '\t' && c != '\r')) {
            /* XML has no such character; a log that holds one must still be readable. */
            sv_buf_puts(out, n == 0 ? "\xef\xbf\xbd" : "?");
            n = 1;
        } else if (c == '&' || c == '<' || c == '>') {
            sv_buf_puts(out, c == '&' ? "&amp;" : c == '<' ? "&lt;" : "&gt;");
        } else {
            size_t run = n;
            while (i + run < length && (unsigned char)text[i + run] >= 0x20 &&
                   (unsigned char)text[i + run] < 0x7f && !strchr("&<>", text[i + run]))
                run++;
            sv_buf_add(out, text + i, run);
            n = run;
        }
    }
}

/* Between two values of an array or two members of a struct stands a comma. */
static void
separate(SvBuf *out)
{
    if (out->json && out->length > 0 && !strchr("[{:", out->data[out->length - 1]))
        sv_buf_add(out, ",", 1);
}

static void
begin_member(SvBuf *out, const char *name)
{
    separate(out);
    sv_buf_printf(out, out->json ? "\"%s\":" : "<member><name>%s</name>", name);
}

static void
end_member(SvBuf *out)
{
    sv_buf_puts(out, out->json ? "" : "</member>\n");
}

void
sv_xml_begin_array(SvBuf *out)
{
    separate(out);
    sv_buf_puts(out, out->json ? "[" : "<value><array><data>\n");
}

void
sv_xml_end_array(SvBuf *out)
{
    sv_buf_puts(out, out->json ? "]" : "</data></array></value>\n");
}

void
sv_xml_begin_struct(SvBuf *out)
{
    separate(out);
    sv_buf_puts(out, out->json ? "{" : "<value><struct>\n");
}

void
sv_xml_end_struct(SvBuf *out)
{
    sv_buf_puts(out, out->json ? "}" : "</struct></value>\n");
}

void
sv_xml_begin_string(SvBuf *out)
{
    separate(out);
    sv_buf_puts(out, out->json ? "\"" : "<value><string>");
}

void
sv_xml_text(SvBuf *out, const char *text, size_t length)
{
    if (out->json)
        sv_buf_json_text(out, text, length);
    else
        sv_xml_escape(out, text, length);
}

void
sv_xml_end_string(SvBuf *out)
{
    sv_buf_puts(out, out->json ? "\"" : "</string></value>");
}

void
sv_xml_bytes(SvBuf *out, const char *text, size_t length)
{
    sv_xml_begin_string(out);
    sv_xml_text(out, text, length);
    sv_xml_end_string(out);
}

void
sv_xml_string(SvBuf *out, const char *text)
{
    sv_xml_bytes(out, text, strlen(text));
}

void
sv_xml_int(SvBuf *out, int64_t number)
{
    const char *type = number > INT32_MAX || number < INT32_MIN ? "i8" : "int";

    separate(out);
    if (out->json)
        sv_buf_printf(out, "%" PRId64, number);
    else
        sv_buf_printf(out, "<value><%s>%" PRId64 "</%s></value>", type, number, type);
}

void
sv_xml_bool(SvBuf *out, bool value)
{
    separate(out);
    if (out->json)
        sv_buf_puts(out, value ? "true" : "false");
    else
        sv_buf_printf(out, "<value><boolean>%d</boolean></value>", value);
}

void
sv_xml_member_array(SvBuf *out, const char *name)
{
    begin_member(out, name);
    sv_xml_begin_array(out);
}

void
sv_xml_end_member_array(SvBuf *out)
{
    sv_xml_end_array(out);
    end_member(out);
}

void
sv_xml_member_bytes(SvBuf *out, const char *name, const char *text, size_t length)
{
    begin_member(out, name);
    sv_xml_bytes(out, text, length);
    end_member(out);
}

void
sv_xml_member_string(SvBuf *out, const char *name, const char *text)
{
    sv_xml_member_bytes(out, name, text, strlen(text));
}

void
sv_xml_member_int(SvBuf *out, const char *name, int64_t number)
{
    begin_member(out, name);
    sv_xml_int(out, number);
    end_member(out);
}

void
sv_xml_member_bool(SvBuf *out, const char *name, bool value)
{
    begin_member(out, name);
    sv_xml_bool(out, value);
    end_member(out);
}
