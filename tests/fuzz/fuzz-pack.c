#include "fuzz.h"

#include <string.h>

#include "store/pack.h"

#define OBJECT "f\t100\t%064u\t%s\n"

typedef struct Case {
    const uint8_t *bytes;
    size_t length;
    unsigned taken;
} Case;

/* (transfer full) Files @first to @first + 2, of 100 bytes each. */
static FaTree *
tree_from(unsigned first)
{
    g_autofree char *text = g_strdup_printf("fassembler-tree 1\n" OBJECT OBJECT OBJECT, first, "a",
                                            first + 1, "b", first + 2, "c");
    FaTree *tree = fa_tree_parse(text, strlen(text), NULL);
    g_assert_nonnull(tree);
    return tree;
}

/* The input, over and over, for the objects on both sides. */
static bool
load(const FaEntry *entry, void *into, void *data, GError **error)
{
    const Case *given = data;
    for (size_t i = 0; i < entry->size; i++)
        ((uint8_t *)into)[i] = given->length > 0 ? given->bytes[i % given->length] : 0;
    return true;
}

static bool
count(const FaEntry *entry, const void *bytes, void *data, GError **error)
{
    ((Case *)data)->taken++;
    return true;
}

static bool
compare(const FaEntry *entry, const void *bytes, void *data, GError **error)
{
    uint8_t expected[100];
    load(entry, expected, data, error);
    g_assert_cmpmem(bytes, entry->size, expected, sizeof expected);
    return count(entry, bytes, data, error);
}

/* Laws: any bytes are refused, or are a frame of all objects of a group; what is written is read again. */
int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(FaSqueeze) squeeze = fa_squeeze_open(&error);
    g_assert_no_error(error);
    g_autoptr(FaTree) tree = tree_from(3);
    g_autoptr(FaTree) base = tree_from(1);
    g_autoptr(FaPackPlan) plan = fa_pack_plan(tree, base);
    g_autoptr(GByteArray) frame = g_byte_array_new();
    Case given = {.bytes = bytes, .length = length};

    g_assert_cmpuint(plan->groups->len, ==, 1);
    bool ok = fa_pack_read(plan, 0, squeeze, bytes, length, load, count, &given, &error);
    g_assert_true(ok == (error == NULL));
    g_assert_cmpuint(given.taken, ==, ok ? plan->items->len : 0);

    given.taken = 0;
    g_assert_true(fa_pack_write(plan, 0, squeeze, 1, load, &given, frame, NULL));
    g_assert_true(
        fa_pack_read(plan, 0, squeeze, frame->data, frame->len, load, compare, &given, NULL));
    g_assert_cmpuint(given.taken, ==, plan->items->len);
    return 0;
}
