#include "fuzz.h"

#include <string.h>

#include "store/tree.h"

/* Laws: any bytes are read or refused; what was read prints as the very same bytes, since a tree has one digest. */
int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(FaTree) tree = fa_tree_parse((const char *)bytes, length, &error);

    g_assert_true((tree == NULL) == (error != NULL));
    if (tree == NULL)
        return 0;
    GString *text = fa_tree_print(tree);
    g_assert_cmpmem(text->str, text->len, bytes, length);
    g_string_free(text, TRUE);
    return 0;
}
