#include "store/listing.h"

#include <string.h>

#include "base/error.h"
#include "base/text.h"

#define BUILD_HEADING  "fassembler-build 1"
#define OFFER_HEADING  "fassembler-offer 1"
#define PACKS_MAX      64
#define SIGNATURES_MAX 16
#define HEX_MAX        (2 * FA_SIGNATURE_SIZE)

static void
free_note(gpointer data)
{
    FaPackNote *note = data;
    g_array_unref(note->frames);
    g_free(note);
}

FaListing *
fa_listing_new(void)
{
    FaListing *listing = g_new0(FaListing, 1);
    listing->packs = g_ptr_array_new_with_free_func(free_note);
    listing->signatures = g_array_new(FALSE, FALSE, sizeof(FaSignature));
    return listing;
}

void
fa_listing_free(FaListing *listing)
{
    if (listing == NULL)
        return;
    g_free(listing->name);
    g_ptr_array_unref(listing->packs);
    g_array_unref(listing->signatures);
    g_free(listing);
}

FaPackNote *
fa_listing_add_pack(FaListing *listing, const FaDigest *base)
{
    FaPackNote *note = g_new0(FaPackNote, 1);
    note->base = *base;
    note->frames = g_array_new(FALSE, FALSE, sizeof(uint64_t));
    g_ptr_array_add(listing->packs, note);
    return note;
}

FaPackNote *
fa_listing_find_pack(const FaListing *listing, const FaDigest *base)
{
    for (size_t i = 0; i < listing->packs->len; i++) {
        FaPackNote *note = g_ptr_array_index(listing->packs, i);
        if (fa_digest_is_equal(&note->base, base))
            return note;
    }
    return NULL;
}

void
fa_listing_add_signature(FaListing *listing, const FaSignature *signature)
{
    for (size_t i = 0; i < listing->signatures->len; i++) {
        FaSignature *old = &g_array_index(listing->signatures, FaSignature, i);
        if (fa_digest_is_equal(&old->key, &signature->key)) {
            *old = *signature;
            return;
        }
    }
    g_array_append_val(listing->signatures, *signature);
}

char *
fa_listing_get_statement(const FaListing *listing)
{
    char tree[FA_DIGEST_HEX_SIZE], key[FA_DIGEST_HEX_SIZE];
    fa_digest_to_hex(&listing->tree, tree);
    fa_digest_to_hex(&listing->key, key);
    if (listing->name == NULL)
        return g_strdup_printf(OFFER_HEADING "\ntree\t%s\n", tree);
    return g_strdup_printf(BUILD_HEADING "\nbuild\t%s\t%s\t%s\n", listing->name, key, tree);
}

static void
print_signature(GString *text, const FaSignature *signature)
{
    char key[FA_DIGEST_HEX_SIZE];
    fa_digest_to_hex(&signature->key, key);
    g_string_append_printf(text, "signature\t%s\t", key);
    for (size_t i = 0; i < FA_SIGNATURE_SIZE; i++)
        g_string_append_printf(text, "%02x", signature->bytes[i]);
    g_string_append_c(text, '\n');
}

static void
print_pack(GString *text, const FaPackNote *note)
{
    char base[FA_DIGEST_HEX_SIZE];
    fa_digest_to_hex(&note->base, base);
    g_string_append_printf(text, "pack\t%s\t%" G_GUINT64_FORMAT, base, note->manifest);
    for (size_t i = 0; i < note->frames->len; i++)
        g_string_append_printf(text, "\t%" G_GUINT64_FORMAT,
                               g_array_index(note->frames, uint64_t, i));
    g_string_append_c(text, '\n');
}

char *
fa_listing_print(const FaListing *listing)
{
    g_autofree char *statement = fa_listing_get_statement(listing);
    GString *text = g_string_new(statement);
    if (listing->name == NULL)
        g_string_append_printf(text, "manifest\t%" G_GUINT64_FORMAT "\t%" G_GUINT64_FORMAT "\n",
                               listing->manifest_packed, listing->manifest_size);
    for (size_t i = 0; i < listing->packs->len; i++)
        print_pack(text, g_ptr_array_index(listing->packs, i));
    for (size_t i = 0; i < listing->signatures->len; i++)
        print_signature(text, &g_array_index(listing->signatures, FaSignature, i));
    return g_string_free(text, FALSE);
}

static bool
parse_number(const char *text, uint64_t *number)
{
    return fa_parse_uint64(text, 0, INT64_MAX, number);
}

static bool
parse_signature(char **fields, guint count, FaListing *listing)
{
    FaSignature signature;
    if (count != 3 || listing->signatures->len >= SIGNATURES_MAX ||
        !fa_digest_from_hex(fields[1], &signature.key) || strlen(fields[2]) != HEX_MAX)
        return false;
    for (size_t i = 0; i < HEX_MAX; i += 2) {
        int high = g_ascii_xdigit_value(fields[2][i]), low = g_ascii_xdigit_value(fields[2][i + 1]);
        if (high < 0 || low < 0)
            return false;
        signature.bytes[i / 2] = (uint8_t)(high << 4 | low);
    }
    fa_listing_add_signature(listing, &signature);
    return true;
}

static bool
parse_pack(char **fields, guint count, FaListing *listing)
{
    FaDigest base;
    if (count < 3 || listing->packs->len >= PACKS_MAX || !fa_digest_from_hex(fields[1], &base))
        return false;
    FaPackNote *note = fa_listing_add_pack(listing, &base);
    if (!parse_number(fields[2], &note->manifest))
        return false;
    for (guint i = 3; i < count; i++) {
        uint64_t size;
        if (!parse_number(fields[i], &size))
            return false;
        g_array_append_val(note->frames, size);
    }
    return true;
}

/* The first line after the heading says what it is about. */
static bool
parse_subject(char **fields, guint count, bool is_build, FaListing *listing)
{
    if (!is_build)
        return count == 2 && strcmp(fields[0], "tree") == 0 &&
               fa_digest_from_hex(fields[1], &listing->tree);
    if (count != 4 || strcmp(fields[0], "build") != 0 || !fa_text_is_version(fields[1]))
        return false;
    listing->name = g_strdup(fields[1]);
    return fa_digest_from_hex(fields[2], &listing->key) &&
           fa_digest_from_hex(fields[3], &listing->tree);
}

static bool
parse_line(const char *line, size_t number, bool is_build, FaListing *listing)
{
    g_auto(GStrv) fields = g_strsplit(line, "\t", 0);
    guint count = g_strv_length(fields);
    if (number == 1)
        return parse_subject(fields, count, is_build, listing);
    if (number == 2 && !is_build)
        return count == 3 && strcmp(fields[0], "manifest") == 0 &&
               parse_number(fields[1], &listing->manifest_packed) &&
               parse_number(fields[2], &listing->manifest_size);
    if (count > 0 && strcmp(fields[0], "pack") == 0)
        return !is_build && parse_pack(fields, count, listing);
    return count > 0 && strcmp(fields[0], "signature") == 0 &&
           parse_signature(fields, count, listing);
}

FaListing *
fa_listing_parse(const char *text, size_t length, GError **error)
{
    g_autoptr(FaListing) listing = fa_listing_new();
    bool ok = length <= FA_LISTING_MAX && memchr(text, '\0', length) == NULL;
    g_autofree char *copy = g_strndup(text, ok ? length : 0);
    g_auto(GStrv) lines = g_strsplit(copy, "\n", 0);
    guint count = g_strv_length(lines);
    bool is_build = count > 0 && strcmp(lines[0], BUILD_HEADING) == 0;

    ok = ok && count >= 3 && (is_build || strcmp(lines[0], OFFER_HEADING) == 0) &&
         lines[count - 1][0] == '\0';
    for (guint i = 1; ok && i + 1 < count; i++)
        ok = parse_line(lines[i], i, is_build, listing);
    if (ok) {
        /* Anything else (order, leading zeros, capitals, repeats) is not what is printed. */
        g_autofree char *again = fa_listing_print(listing);
        if (strcmp(again, copy) == 0)
            return g_steal_pointer(&listing);
    }
    fa_fail(error, FA_ERROR_FAILED, "it is not valid");
    return NULL;
}
