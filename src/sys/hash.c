#include "sys/hash.h"

#include <dlfcn.h>
#include <openssl/evp.h>

#include "base/error.h"

#define LIBRARY "libcrypto.so.3"

struct FaHash {
    void *library;
    EVP_MD *algorithm; /* looked up once: OpenSSL would search for it again at every beginning */
    __typeof__(&EVP_MD_fetch) fetch;
    __typeof__(&EVP_MD_free) release;
    __typeof__(&EVP_MD_CTX_new) context_new;
    __typeof__(&EVP_MD_CTX_free) context_free;
    __typeof__(&EVP_DigestInit_ex) init;
    __typeof__(&EVP_DigestUpdate) update;
    __typeof__(&EVP_DigestFinal_ex) final;
};

struct FaHasher {
    const FaHash *hash;
    EVP_MD_CTX *context;
};

static bool
load(FaHash *hash)
{
    hash->library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (hash->library == NULL)
        return false;

    const struct {
        void *slot;
        const char *name;
    } symbols[] = {
        {&hash->fetch, "EVP_MD_fetch"},         {&hash->release, "EVP_MD_free"},
        {&hash->context_new, "EVP_MD_CTX_new"}, {&hash->context_free, "EVP_MD_CTX_free"},
        {&hash->init, "EVP_DigestInit_ex"},     {&hash->update, "EVP_DigestUpdate"},
        {&hash->final, "EVP_DigestFinal_ex"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(symbols); i++) {
        void *found = dlsym(hash->library, symbols[i].name);
        if (found == NULL)
            return false;
        *(void **)symbols[i].slot = found;
    }
    hash->algorithm = hash->fetch(NULL, "SHA256", NULL);
    return hash->algorithm != NULL;
}

FaHash *
fa_hash_open(GError **error)
{
    FaHash *hash = g_new0(FaHash, 1);
    if (load(hash))
        return hash;

    const char *why = dlerror();
    fa_fail(error, FA_ERROR_FAILED, "cannot load '%s': %s", LIBRARY,
            why != NULL ? why : "it has no SHA-256");
    fa_hash_free(hash);
    return NULL;
}

void
fa_hash_free(FaHash *hash)
{
    if (hash == NULL)
        return;
    if (hash->algorithm != NULL)
        hash->release(hash->algorithm);
    if (hash->library != NULL)
        dlclose(hash->library);
    g_free(hash);
}

FaHasher *
fa_hasher_new(const FaHash *hash)
{
    FaHasher *hasher = g_new0(FaHasher, 1);
    hasher->hash = hash;
    hasher->context = hash->context_new();
    g_assert(hasher->context != NULL);
    return hasher;
}

void
fa_hasher_free(FaHasher *hasher)
{
    if (hasher == NULL)
        return;
    hasher->hash->context_free(hasher->context);
    g_free(hasher);
}

void
fa_hasher_begin(FaHasher *hasher)
{
    int ok = hasher->hash->init(hasher->context, hasher->hash->algorithm, NULL);
    g_assert(ok == 1);
}

void
fa_hasher_add(FaHasher *hasher, const void *bytes, size_t length)
{
    int ok = hasher->hash->update(hasher->context, bytes, length);
    g_assert(ok == 1);
}

void
fa_hasher_finish(FaHasher *hasher, FaDigest *ret_digest)
{
    int ok = hasher->hash->final(hasher->context, ret_digest->bytes, NULL);
    g_assert(ok == 1);
}

void
fa_hash_bytes(const FaHash *hash, const void *bytes, size_t length, FaDigest *ret_digest)
{
    g_autoptr(FaHasher) hasher = fa_hasher_new(hash);
    fa_hasher_begin(hasher);
    fa_hasher_add(hasher, bytes, length);
    fa_hasher_finish(hasher, ret_digest);
}
