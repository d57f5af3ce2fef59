#include "fuzz.h"

#include <errno.h>
#include <string.h>

#include "supervise/xml.h"

#define ARENA_SIZE ((size_t)4 << 20)
#define DEPTH_MAX  4096

static void
walk(const SvValue *value, unsigned depth)
{
    size_t count = 0;

    g_assert_cmpuint(depth, <, DEPTH_MAX);
    if (value->kind == SV_KIND_STRING)
        g_assert_cmpuint(strlen(value->text), <=, value->length);
    for (const SvValue *child = value->first; child; child = child->next) {
        walk(child, depth + 1);
        count++;
    }
    g_assert_cmpuint(count, ==, value->count);
}

/* Law: a text that was read, written as an answer and read again is the same. */
static void
check_text(SvArena *arena, const SvValue *value)
{
    size_t size = value->length * 6 + 256;
    g_autofree char *room = g_malloc(size);
    SvBuf out;
    SvValue again = {0};
    int64_t fault = 0;

    sv_buf_init(&out, room, size);
    sv_buf_puts(&out, "<?xml version='1.0'?><methodResponse><params><param><value><string>");
    sv_xml_escape(&out, value->text, value->length);
    sv_buf_puts(&out, "</string></value></param></params></methodResponse>");
    g_assert_false(out.full);
    int r = sv_xml_read_response(arena, out.data, out.length, &again, &fault);
    if (r == -E2BIG)
        return;
    g_assert_cmpint(r, ==, 0);
    g_assert_cmpmem(again.text, again.length, value->text, value->length);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static SvArena arena;
    SvCall call;
    SvValue value = {0};
    int64_t fault = 0;

    if (!arena.base)
        g_assert_cmpint(sv_arena_init(&arena, ARENA_SIZE), ==, 0);
    sv_arena_reset(&arena);
    if (sv_xml_read_call(&arena, (const char *)bytes, length, &call) == 0) {
        g_assert_nonnull(call.method);
        walk(&call.params, 0);
        if (call.params.first && call.params.first->kind == SV_KIND_STRING)
            check_text(&arena, call.params.first);
    }
    sv_arena_reset(&arena);
    if (sv_xml_read_response(&arena, (const char *)bytes, length, &value, &fault) == 0)
        walk(&value, 0);
    return 0;
}
