#include "store/sign.h"

#include <dlfcn.h>
#include <sodium.h>
#include <string.h>

#include "base/error.h"

#define LIBRARY "libsodium.so.23"

struct FaSigner {
    void *library;
    __typeof__(&sodium_init) init;
    __typeof__(&sodium_memzero) forget;
    __typeof__(&crypto_sign_seed_keypair) make_pair;
    __typeof__(&crypto_sign_detached) sign;
    __typeof__(&crypto_sign_verify_detached) verify;
};

static bool
load(FaSigner *signer)
{
    signer->library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (signer->library == NULL)
        return false;

    const struct {
        void *slot;
        const char *name;
    } symbols[] = {
        {&signer->init, "sodium_init"},
        {&signer->forget, "sodium_memzero"},
        {&signer->make_pair, "crypto_sign_seed_keypair"},
        {&signer->sign, "crypto_sign_detached"},
        {&signer->verify, "crypto_sign_verify_detached"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(symbols); i++) {
        void *found = dlsym(signer->library, symbols[i].name);
        if (found == NULL)
            return false;
        *(void **)symbols[i].slot = found;
    }
    return signer->init() >= 0;
}

FaSigner *
fa_signer_open(GError **error)
{
    FaSigner *signer = g_new0(FaSigner, 1);
    if (load(signer))
        return signer;

    const char *why = dlerror();
    fa_fail(error, FA_ERROR_FAILED, "cannot load '%s': %s", LIBRARY,
            why != NULL ? why : "it does not start");
    fa_signer_free(signer);
    return NULL;
}

void
fa_signer_free(FaSigner *signer)
{
    if (signer == NULL)
        return;
    if (signer->library != NULL)
        dlclose(signer->library);
    g_free(signer);
}

void
fa_signer_get_public(const FaSigner *signer, const FaDigest *secret, FaDigest *ret_public)
{
    uint8_t whole[crypto_sign_SECRETKEYBYTES];
    int failed = signer->make_pair(ret_public->bytes, whole, secret->bytes);
    g_assert(failed == 0);
    signer->forget(whole, sizeof whole);
}

void
fa_signer_sign(const FaSigner *signer, const FaDigest *secret, const char *text,
               FaSignature *ret_signature)
{
    uint8_t whole[crypto_sign_SECRETKEYBYTES];
    int failed = signer->make_pair(ret_signature->key.bytes, whole, secret->bytes);
    g_assert(failed == 0);
    failed = signer->sign(ret_signature->bytes, NULL, (const uint8_t *)text, strlen(text), whole);
    g_assert(failed == 0);
    signer->forget(whole, sizeof whole);
}

bool
fa_signer_verify(const FaSigner *signer, const FaSignature *signature, const char *text)
{
    return signer->verify(signature->bytes, (const uint8_t *)text, strlen(text),
                          signature->key.bytes) == 0;
}
