#pragma once
/*
 * Signatures (ed25519, by libsodium, loaded when it is needed). Keys are 32 bytes and are written as digests are: 64
 * hexadecimal digits. A secret key is the seed that its pair is made from.
 */
#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/digest.h"

#define FA_SIGNATURE_SIZE 64

typedef struct FaSignature {
    FaDigest key; /* public, of who signed */
    uint8_t bytes[FA_SIGNATURE_SIZE];
} FaSignature;

typedef struct FaSigner FaSigner;

/* (transfer full) (nullable) */
FaSigner *fa_signer_open(GError **error);
void fa_signer_free(FaSigner *signer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FaSigner, fa_signer_free)

void fa_signer_get_public(const FaSigner *signer, const FaDigest *secret, FaDigest *ret_public);
void fa_signer_sign(const FaSigner *signer, const FaDigest *secret, const char *text,
                    FaSignature *ret_signature);
bool fa_signer_verify(const FaSigner *signer, const FaSignature *signature, const char *text);
