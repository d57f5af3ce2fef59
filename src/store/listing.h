#pragma once
/*
 * The two small texts of a folder that is pulled from. Fields are parted by tabs; what is printed and read again is
 * the same, and the reader refuses what the printer would not print.
 *
 *   builds/NAME          fassembler-build 1 / build NAME KEY TREE / signatures
 *   trees/DIGEST/offer   fassembler-offer 1 / tree DIGEST / manifest PACKED SIZE / packs / signatures
 *
 * A `pack BASE MANIFEST FRAME...` line has the sizes of files and of the frames in one of them: see pack.h. A
 * `signature KEY BYTES` is over the two first lines.
 */
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include "base/digest.h"
#include "store/sign.h"

#define FA_LISTING_MAX (4u * 1024 * 1024)

typedef struct FaPackNote {
    FaDigest base;     /* all zero: of nothing */
    uint64_t manifest; /* compressed against the base's; 0: of nothing */
    GArray *frames;    /* of uint64_t, compressed sizes */
} FaPackNote;

typedef struct FaListing {
    char *name; /* of a build; NULL: the offer of a tree */
    FaDigest key;
    FaDigest tree;
    uint64_t manifest_packed;
    uint64_t manifest_size;
    GPtrArray *packs;   /* of FaPackNote */
    GArray *signatures; /* of FaSignature */
} FaListing;

FaListing *fa_listing_new(void);
void fa_listing_free(FaListing *listing);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FaListing, fa_listing_free)
/* (transfer none) Added to @listing. */
FaPackNote *fa_listing_add_pack(FaListing *listing, const FaDigest *base);
/* (transfer none) (nullable) */
FaPackNote *fa_listing_find_pack(const FaListing *listing, const FaDigest *base);
/* Replaces what the same key signed before. */
void fa_listing_add_signature(FaListing *listing, const FaSignature *signature);
/* (transfer full) The lines that are signed. */
char *fa_listing_get_statement(const FaListing *listing);
/* (transfer full) */
char *fa_listing_print(const FaListing *listing);
/* (transfer full) (nullable) */
FaListing *fa_listing_parse(const char *text, size_t length, GError **error);
