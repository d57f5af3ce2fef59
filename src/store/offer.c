#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "store/checkout.h"
#include "store/listing.h"
#include "store/object.h"
#include "store/outbox.h"
#include "store/pack.h"
#include "store/private.h"
#include "sys/entropy.h"
#include "sys/fd.h"
#include "sys/fs.h"

#define BUFFER       (256 * 1024)
#define LEVEL_OBJECT 6
/* A difference is made once and sent often; what is large is not worth the minutes. */
#define LEVEL_BEST 19
#define BEST_UP_TO (64u * 1024 * 1024)
#define LEVEL_FAST 9

typedef struct Offer {
    FaStore *store;
    const FaOfferOptions *options;
    FaHasher *hasher;
    FaSqueeze *squeeze;
    FaSigner *signer; /* (nullable) */
    FaOutbox *outbox;
    int objects_fd;
} Offer;

/* What is being offered. */
typedef struct Subject {
    char *name; /* of a build; NULL: only a tree */
    FaDigest key;
    FaDigest digest;
    FaTree *tree;
    GBytes *manifest;
} Subject;

static void
clear_subject(Subject *subject)
{
    g_clear_pointer(&subject->name, g_free);
    g_clear_pointer(&subject->tree, fa_tree_free);
    g_clear_pointer(&subject->manifest, g_bytes_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Subject, clear_subject)

static bool
find_build(FaStore *store, const char *name, Subject *subject)
{
    g_autofree char *folder = fa_store_path(store, "keys");
    g_auto(GStrv) keys = fa_fs_list(folder, NULL);
    for (char **key = keys; key != NULL && *key != NULL; key++) {
        g_autofree char *found = NULL;
        if (!fa_store_read_key(store, *key, &found, &subject->digest) || strcmp(found, name) != 0)
            continue;
        subject->name = g_steal_pointer(&found);
        return fa_digest_from_hex(*key, &subject->key);
    }
    return false;
}

static bool
read_subject(FaStore *store, const char *what, Subject *subject, GError **error)
{
    char *text;
    size_t length;
    if (!fa_digest_from_hex(what, &subject->digest) && !find_build(store, what, subject))
        return fa_fail(
            error, FA_ERROR_NOT_FOUND,
            "there is no build '%s' in '%s'\nhelp: a name that 'fassembler build -n' shows, or an "
            "environment that was built",
            what, store->path);
    if (!fa_object_read(store, &subject->digest, FA_TREE_TEXT_MAX, &text, &length, error))
        return false;
    subject->manifest = g_bytes_new_take(text, length);
    subject->tree = fa_tree_parse(text, length, error);
    return subject->tree != NULL;
}

/* Reads an object, all of which passes @take and the digest. */
static bool
read_object(Offer *offer, const FaEntry *entry, FaSqueezeFunc take, void *data, GError **error)
{
    g_autofree char *buffer = g_malloc(BUFFER);
    char name[FA_OBJECT_NAME_SIZE];
    FaDigest found;
    uint64_t total = 0;
    ssize_t length;
    fa_object_name(&entry->digest, entry->kind == FA_ENTRY_PROGRAM, name);
    fa_autofd int fd = openat(offer->objects_fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return fa_fail_errno(error, errno, "cannot open object '%s'", name);
    fa_hasher_begin(offer->hasher);
    while ((length = read(fd, buffer, BUFFER)) != 0 && total <= entry->size) {
        if (length < 0 && errno == EINTR)
            continue;
        if (length < 0)
            return fa_fail_errno(error, errno, "cannot read object '%s'", name);
        total += (uint64_t)length;
        fa_hasher_add(offer->hasher, buffer, (size_t)length);
        if (total <= entry->size && !take(buffer, (size_t)length, data, error))
            return false;
    }
    fa_hasher_finish(offer->hasher, &found);
    return (total == entry->size && fa_digest_is_equal(&found, &entry->digest)) ||
           fa_fail(error, FA_ERROR_FAILED,
                   "object '%s' is damaged\nhelp: 'fassembler store verify' restores it where it "
                   "can",
                   name);
}

static bool
append_bytes(const void *bytes, size_t length, void *data, GError **error)
{
    char **into = data;
    memcpy(*into, bytes, length);
    *into += length;
    return true;
}

static bool
load_object(const FaEntry *entry, void *into, void *data, GError **error)
{
    char *next = into;
    return read_object(data, entry, append_bytes, &next, error);
}

typedef struct Squeezing {
    FaSqueezer *squeezer;
    int fd;
} Squeezing;

static bool
write_bytes(const void *bytes, size_t length, void *data, GError **error)
{
    return fa_write_all(((const Squeezing *)data)->fd, bytes, length) ||
           fa_fail_errno(error, errno, "cannot write an object");
}

static bool
squeeze_bytes(const void *bytes, size_t length, void *data, GError **error)
{
    Squeezing *squeezing = data;
    return fa_squeezer_feed(squeezing->squeezer, bytes, length, false, write_bytes, data, error);
}

static bool
offer_objects(Offer *offer, const FaTree *tree, GError **error)
{
    for (guint i = 0; i < tree->entries->len; i++) {
        const FaEntry *entry = fa_tree_get(tree, i);
        char name[FA_OBJECT_NAME_SIZE];
        if (!fa_cancel_check(offer->options->cancel, error))
            return false;
        if (!fa_entry_is_file(entry))
            continue;
        fa_object_name(&entry->digest, false, name);
        g_autofree char *path = g_strconcat("objects/", name, NULL);
        if (fa_outbox_has(offer->outbox, path))
            continue;
        fa_autofd int fd = fa_outbox_begin(offer->outbox, path, error);
        if (fd < 0)
            return false;
        g_autoptr(FaSqueezer) squeezer = fa_squeezer_new(offer->squeeze, LEVEL_OBJECT);
        Squeezing squeezing = {.squeezer = squeezer, .fd = fd};
        if (!read_object(offer, entry, squeeze_bytes, &squeezing, error) ||
            !fa_squeezer_feed(squeezer, "", 0, true, write_bytes, &squeezing, error))
            return false;
    }
    return true;
}

/* (transfer full) (nullable) */
static GByteArray *
squeeze_manifest(Offer *offer, const Subject *subject, GBytes *base, GError **error)
{
    g_autoptr(GByteArray) packed = g_byte_array_new();
    gsize length;
    const void *text = g_bytes_get_data(subject->manifest, &length);
    return fa_squeeze_frame(offer->squeeze, LEVEL_FAST, base, text, length, packed, error)
               ? g_steal_pointer(&packed)
               : NULL;
}

static int
level_for(const FaPackPlan *plan)
{
    uint64_t total = 0;
    for (guint i = 0; i < plan->groups->len; i++)
        total += fa_pack_plan_group(plan, i)->size;
    return total <= BEST_UP_TO ? LEVEL_BEST : LEVEL_FAST;
}

static bool
write_groups(Offer *offer, const FaPackPlan *plan, int level, const char *path, FaPackNote *note,
             GError **error)
{
    fa_autofd int fd = fa_outbox_begin(offer->outbox, path, error);
    if (fd < 0)
        return false;
    for (guint i = 0; i < plan->groups->len; i++) {
        g_autoptr(GByteArray) frame = g_byte_array_new();
        if (!fa_cancel_check(offer->options->cancel, error) ||
            !fa_pack_write(plan, i, offer->squeeze, level, load_object, offer, frame, error))
            return false;
        if (!fa_write_all(fd, frame->data, frame->len))
            return fa_fail_errno(error, errno, "cannot write '%s'", path);
        uint64_t size = frame->len;
        g_array_append_val(note->frames, size);
    }
    return true;
}

/* A pack of all that is small, for @base NULL; otherwise of what @base lacks. Not again when it is listed. */
static bool
offer_pack(Offer *offer, const Subject *subject, const Subject *base, FaListing *listing,
           GError **error)
{
    char tree[FA_DIGEST_HEX_SIZE], hex[FA_DIGEST_HEX_SIZE];
    FaDigest digest = {0};
    if (base != NULL)
        digest = base->digest;
    if (fa_listing_find_pack(listing, &digest) != NULL)
        return true;
    FaPackNote *note = fa_listing_add_pack(listing, &digest);
    fa_digest_to_hex(&subject->digest, tree);
    fa_digest_to_hex(&digest, hex);
    if (base != NULL) {
        g_autofree char *path = g_strdup_printf("trees/%s/%s.manifest", tree, hex);
        g_autoptr(GByteArray) packed = squeeze_manifest(offer, subject, base->manifest, error);
        if (packed == NULL ||
            !fa_outbox_write(offer->outbox, path, packed->data, packed->len, error))
            return false;
        note->manifest = packed->len;
    }
    g_autofree char *path = g_strdup_printf("trees/%s/%s.pack", tree, hex);
    g_autoptr(FaPackPlan) plan = fa_pack_plan(subject->tree, base != NULL ? base->tree : NULL);
    return write_groups(offer, plan, base != NULL ? level_for(plan) : LEVEL_OBJECT, path, note,
                        error);
}

static bool
offer_bases(Offer *offer, const Subject *subject, FaListing *listing, GError **error)
{
    const char *const *bases = offer->options->bases;
    for (; bases != NULL && *bases != NULL; bases++) {
        g_auto(Subject) base = {0};
        if (!read_subject(offer->store, *bases, &base, error))
            return false;
        if (!fa_digest_is_equal(&base.digest, &subject->digest) &&
            !offer_pack(offer, subject, &base, listing, error))
            return false;
    }
    return true;
}

static bool
offer_manifest(Offer *offer, const Subject *subject, const char *hex, FaListing *listing,
               GError **error)
{
    g_autofree char *path = g_strdup_printf("trees/%s/manifest", hex);
    if (listing->manifest_packed != 0)
        return true;
    g_autoptr(GByteArray) packed = squeeze_manifest(offer, subject, NULL, error);
    if (packed == NULL || !fa_outbox_write(offer->outbox, path, packed->data, packed->len, error))
        return false;
    listing->manifest_packed = packed->len;
    listing->manifest_size = g_bytes_get_size(subject->manifest);
    return true;
}

/* Signs the listing, and writes it unless it is there already. */
static bool
write_listing(Offer *offer, FaListing *listing, const char *path, GError **error)
{
    if (offer->signer != NULL) {
        g_autofree char *statement = fa_listing_get_statement(listing);
        FaSignature signature;
        fa_signer_sign(offer->signer, offer->options->secret, statement, &signature);
        fa_listing_add_signature(listing, &signature);
    }
    g_autofree char *full = g_build_filename(offer->options->folder, path, NULL);
    g_autofree char *text = fa_listing_print(listing), *old = NULL;
    size_t length = strlen(text);
    if (length > FA_LISTING_MAX)
        return fa_fail(error, FA_ERROR_FAILED, "cannot offer '%s': it has too many packs", path);
    if (fa_fs_read(full, FA_LISTING_MAX, &old, NULL, NULL) && strcmp(old, text) == 0)
        return true;
    return fa_outbox_write(offer->outbox, path, text, length, error);
}

/* (transfer full) What is listed at @path already; one that cannot be read is written anew. */
static FaListing *
read_listing(const Offer *offer, const char *path)
{
    g_autofree char *full = g_build_filename(offer->options->folder, path, NULL);
    g_autofree char *text = NULL;
    size_t length;
    if (!fa_fs_read(full, FA_LISTING_MAX, &text, &length, NULL))
        return NULL;
    return fa_listing_parse(text, length, NULL);
}

static bool
offer_build(Offer *offer, const Subject *subject, GError **error)
{
    g_autofree char *path = g_strconcat("builds/", subject->name, NULL);
    g_autoptr(FaListing) listing = read_listing(offer, path);
    if (listing == NULL || g_strcmp0(listing->name, subject->name) != 0 ||
        !fa_digest_is_equal(&listing->key, &subject->key) ||
        !fa_digest_is_equal(&listing->tree, &subject->digest)) {
        g_clear_pointer(&listing, fa_listing_free);
        listing = fa_listing_new();
        listing->name = g_strdup(subject->name);
        listing->key = subject->key;
        listing->tree = subject->digest;
    }
    return write_listing(offer, listing, path, error);
}

static bool
offer_one(Offer *offer, const char *what, GError **error)
{
    g_auto(Subject) subject = {0};
    char hex[FA_DIGEST_HEX_SIZE];
    if (!read_subject(offer->store, what, &subject, error))
        return false;
    fa_digest_to_hex(&subject.digest, hex);
    g_autofree char *path = g_strdup_printf("trees/%s/offer", hex);
    g_autoptr(FaListing) listing = read_listing(offer, path);
    if (listing == NULL || !fa_digest_is_equal(&listing->tree, &subject.digest)) {
        g_clear_pointer(&listing, fa_listing_free);
        listing = fa_listing_new();
        listing->tree = subject.digest;
    }
    /* The listings come last: who reads them finds all that they name. */
    return offer_objects(offer, subject.tree, error) &&
           offer_manifest(offer, &subject, hex, listing, error) &&
           offer_pack(offer, &subject, NULL, listing, error) &&
           offer_bases(offer, &subject, listing, error) &&
           write_listing(offer, listing, path, error) &&
           (subject.name == NULL || offer_build(offer, &subject, error)) &&
           fa_outbox_send(offer->outbox, error);
}

static bool
run(Offer *offer, FaOfferStats *stats, GError **error)
{
    const FaHash *hash = fa_store_get_hash(offer->store, error);
    if (hash == NULL)
        return false;
    offer->hasher = fa_hasher_new(hash);
    offer->squeeze = fa_squeeze_open(error);
    if (offer->squeeze == NULL)
        return false;
    if (offer->options->secret != NULL && (offer->signer = fa_signer_open(error)) == NULL)
        return false;
    offer->objects_fd = fa_object_open_folder(offer->store, error);
    if (offer->objects_fd < 0)
        return false;
    offer->outbox = fa_outbox_open(offer->options->folder, offer->options->cancel, error);
    if (offer->outbox == NULL)
        return false;
    for (const char *const *name = offer->options->names; *name != NULL; name++) {
        if (!offer_one(offer, *name, error))
            return false;
        stats->trees++;
    }
    stats->files_written = fa_outbox_get_files(offer->outbox);
    stats->bytes_written = fa_outbox_get_bytes(offer->outbox);
    return true;
}

bool
fa_store_offer(FaStore *store, const FaOfferOptions *options, FaOfferStats *ret_stats,
               GError **error)
{
    Offer offer = {.store = store, .options = options, .objects_fd = -1};
    FaOfferStats stats = {0};
    if (!fa_fs_is_directory(store->path))
        return fa_fail(error, FA_ERROR_NOT_FOUND, "there is no store at '%s'", store->path);
    g_autoptr(FaLock) hold =
        fa_store_hold(store, FA_LOCK_SHARED, "offering", options->cancel, error);
    if (hold == NULL)
        return false;

    bool ok = run(&offer, &stats, error);
    fa_outbox_free(offer.outbox);
    fa_fd_clear(&offer.objects_fd);
    fa_signer_free(offer.signer);
    fa_squeeze_free(offer.squeeze);
    fa_hasher_free(offer.hasher);
    if (ok && ret_stats != NULL)
        *ret_stats = stats;
    return ok;
}

bool
fa_store_make_key(FaDigest *ret_secret, GError **error)
{
    return fa_entropy_bytes(ret_secret->bytes, sizeof ret_secret->bytes, error);
}

bool
fa_store_get_public_key(const FaDigest *secret, FaDigest *ret_public, GError **error)
{
    g_autoptr(FaSigner) signer = fa_signer_open(error);
    if (signer == NULL)
        return false;
    fa_signer_get_public(signer, secret, ret_public);
    return true;
}
