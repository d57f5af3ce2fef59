#include "fuzz.h"

#include "store/listing.h"

/* Laws: any bytes are read or refused; what was read prints as the very same bytes. */
int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *text = g_strndup((const char *)bytes, length);
    g_autoptr(FaListing) listing = fa_listing_parse((const char *)bytes, length, &error);

    g_assert_true((listing == NULL) == (error != NULL));
    if (listing == NULL)
        return 0;
    g_autofree char *again = fa_listing_print(listing);
    g_assert_cmpstr(again, ==, text);
    return 0;
}
