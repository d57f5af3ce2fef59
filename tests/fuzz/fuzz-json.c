#include "fuzz.h"

#include "base/json.h"

/* Laws: any bytes are read or refused; what was read is the same when printed and read again. */
int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(JsonNode) node = fa_json_from_text((const char *)bytes, (gssize)length, &error);

    g_assert_true((node == NULL) == (error != NULL));
    if (node == NULL)
        return 0;

    g_autofree char *text = fa_json_to_text(node, true);
    g_autoptr(JsonNode) again = fa_json_from_text(text, -1, NULL);
    g_assert_nonnull(again);
    g_autofree char *same = fa_json_to_text(again, true);
    g_assert_cmpstr(text, ==, same);
    return 0;
}
