#include "fuzz.h"

#include "proc/xmlrpc.h"

/* Law: any bytes are a value, a fault or an error, one of them and never two. */
int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    g_autoptr(GError) error = NULL;
    FaFault fault = {0, NULL};
    g_autoptr(JsonNode) node =
        fa_xmlrpc_parse_response((const char *)bytes, length, &fault, &error);

    g_assert_cmpint((node != NULL) + (fault.code != 0) + (error != NULL), ==, 1);
    g_free(fault.text);
    return 0;
}
