#include "store/trust.h"

#include "base/error.h"
#include "store/sign.h"

static bool
is_trusted(const char *const *trusted, const FaDigest *key)
{
    for (; *trusted != NULL; trusted++) {
        FaDigest known;
        if (fa_digest_from_hex(*trusted, &known) && fa_digest_is_equal(&known, key))
            return true;
    }
    return false;
}

bool
fa_trust_check(const FaListing *listing, const char *const *trusted, const char *what,
               GError **error)
{
    bool was_signed = false;
    g_autoptr(FaSigner) signer = fa_signer_open(error);
    if (signer == NULL)
        return false;
    g_autofree char *statement = fa_listing_get_statement(listing);
    for (guint i = 0; i < listing->signatures->len; i++) {
        const FaSignature *signature = &g_array_index(listing->signatures, FaSignature, i);
        if (!is_trusted(trusted, &signature->key))
            continue;
        if (fa_signer_verify(signer, signature, statement))
            return true;
        was_signed = true;
    }
    return fa_fail(error, FA_ERROR_REFUSED,
                   was_signed ? "the signature of '%s' is wrong"
                              : "nobody who is trusted has signed '%s'",
                   what);
}
