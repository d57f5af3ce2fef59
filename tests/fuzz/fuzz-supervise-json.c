#include "fuzz.h"

#include <errno.h>
#include <string.h>

#include "supervise/json.h"

#define ARENA_SIZE ((size_t)4 << 20)

static void
write_value(SvBuf *out, const SvValue *value)
{
    switch (value->kind) {
    case SV_KIND_STRING:
        sv_xml_bytes(out, value->text, value->length);
        break;
    case SV_KIND_INT:
        sv_xml_int(out, value->number);
        break;
    case SV_KIND_BOOL:
        sv_xml_bool(out, value->number != 0);
        break;
    case SV_KIND_ARRAY:
    case SV_KIND_STRUCT:
        sv_xml_begin_array(out);
        for (const SvValue *child = value->first; child; child = child->next)
            write_value(out, child);
        sv_xml_end_array(out);
        break;
    case SV_KIND_DOUBLE:
    case SV_KIND_NIL:
        g_assert_not_reached();
    }
}

static void
check_same(const SvValue *a, const SvValue *b)
{
    bool list = a->kind == SV_KIND_ARRAY || a->kind == SV_KIND_STRUCT;

    g_assert_true(list ? b->kind == SV_KIND_ARRAY : b->kind == a->kind);
    g_assert_cmpint(a->number, ==, b->number);
    g_assert_cmpuint(a->count, ==, b->count);
    if (a->kind == SV_KIND_STRING)
        g_assert_cmpmem(a->text, a->length, b->text, b->length);
    for (a = a->first, b = b->first; a; a = a->next, b = b->next)
        check_same(a, b);
}

/* Law: what was read, written and read again is the same. */
int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static SvArena arena;
    SvValue value;
    SvValue again;
    SvBuf out;

    if (!arena.base)
        g_assert_cmpint(sv_arena_init(&arena, ARENA_SIZE), ==, 0);
    sv_arena_reset(&arena);
    if (sv_json_read(&arena, (const char *)bytes, length, &value) != 0)
        return 0;
    size_t size = length * 8 + 64;
    g_autofree char *room = g_malloc(size);
    sv_buf_init(&out, room, size);
    out.json = true;
    write_value(&out, &value);
    g_assert_false(out.full);
    int r = sv_json_read(&arena, out.data, out.length, &again);
    if (r == -E2BIG)
        return 0;
    g_assert_cmpint(r, ==, 0);
    check_same(&value, &again);
    return 0;
}
