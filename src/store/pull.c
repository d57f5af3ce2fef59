#include "store/store.h"

#include <string.h>

#include "base/error.h"
#include "store/checkout.h"
#include "store/fetch.h"
#include "store/listing.h"
#include "store/private.h"
#include "store/receive.h"
#include "store/supplier.h"
#include "store/trust.h"

#define PATH_MAX_CHARS 256
/* What an object costs that comes by itself: a request and its answer's head. */
#define REQUEST_COST 600

typedef struct Pull {
    FaStore *store;
    const FaPullOptions *options;
    FaFetcher *fetcher; /* the supplier's */
    uint64_t requests;  /* that it had made before, and what had come */
    uint64_t bytes;
    FaReceiver *receiver;
    FaListing *build; /* (nullable) when a name was given */
    FaListing *offer;
    FaDigest digest;
    char hex[FA_DIGEST_HEX_SIZE];
    GBytes *manifest;
    FaTree *tree;
    FaTree *base; /* of the chosen pack; NULL: of nothing */
    FaPackPlan *plan;
    const FaPackNote *note; /* (nullable) the chosen pack */
} Pull;

/* (transfer full) (nullable) */
static FaListing *
fetch_listing(Pull *pull, const char *path, GError **error)
{
    g_autoptr(GByteArray) text = fa_fetcher_read(pull->fetcher, path, FA_LISTING_MAX, error);
    FaListing *listing =
        text == NULL ? NULL : fa_listing_parse((const char *)text->data, text->len, error);
    if (text != NULL && listing == NULL)
        g_prefix_error(error, "cannot take '%s' from '%s': ", path,
                       fa_fetcher_get_address(pull->fetcher));
    return listing;
}

static bool
check_signed(const Pull *pull, const FaListing *listing, GError **error)
{
    return pull->options->trusted == NULL ||
           fa_trust_check(listing, pull->options->trusted, pull->options->what, error);
}

/* A name has only the beginning of a key. */
static bool
is_right(const Pull *pull, const FaListing *build)
{
    const FaDigest *key = pull->options->key;
    return g_strcmp0(build->name, pull->options->what) == 0 &&
           (key == NULL || fa_digest_is_equal(key, &build->key));
}

/* Finds which tree is wanted, and what is offered of it. */
static bool
resolve(Pull *pull, GError **error)
{
    const char *what = pull->options->what;
    char path[PATH_MAX_CHARS];
    if (!fa_digest_from_hex(what, &pull->digest)) {
        g_snprintf(path, sizeof path, "builds/%s", what);
        pull->build = fetch_listing(pull, path, error);
        if (pull->build == NULL || !check_signed(pull, pull->build, error))
            return false;
        if (!is_right(pull, pull->build))
            return fa_fail(error, FA_ERROR_FAILED, "'%s' has something else as '%s'",
                           fa_fetcher_get_address(pull->fetcher), what);
        pull->digest = pull->build->tree;
    }
    fa_digest_to_hex(&pull->digest, pull->hex);
    g_snprintf(path, sizeof path, "trees/%s/offer", pull->hex);
    pull->offer = fetch_listing(pull, path, error);
    if (pull->offer == NULL)
        return false;
    if (pull->offer->name != NULL || !fa_digest_is_equal(&pull->offer->tree, &pull->digest))
        return fa_fail(error, FA_ERROR_FAILED, "'%s' has something else as '%s'",
                       fa_fetcher_get_address(pull->fetcher), pull->hex);
    return pull->build != NULL || check_signed(pull, pull->offer, error);
}

/* (transfer full) (nullable) The manifest of a tree that is here; no error when it is not. */
static GBytes *
read_manifest(Pull *pull, const FaDigest *digest)
{
    char *text;
    size_t length;
    if (!fa_object_read(pull->store, digest, FA_TREE_TEXT_MAX, &text, &length, NULL))
        return NULL;
    return g_bytes_new_take(text, length);
}

/* Decompresses the manifest, and looks whether it is the one that was asked for. */
static bool
unpack_manifest(Pull *pull, const GByteArray *packed, GBytes *base, GError **error)
{
    uint64_t size = pull->offer->manifest_size;
    g_autofree char *text = g_malloc(size + 1);
    FaDigest found;
    if (!fa_squeeze_read_frame(fa_receiver_get_squeeze(pull->receiver), base, packed->data,
                               packed->len, text, size, error)) {
        g_prefix_error(error, "cannot read the manifest of '%s': ", pull->hex);
        return false;
    }
    fa_receiver_digest(pull->receiver, text, size, &found);
    if (!fa_digest_is_equal(&found, &pull->digest))
        return fa_fail(error, FA_ERROR_FAILED, "the manifest from '%s' is not that of '%s'",
                       fa_fetcher_get_address(pull->fetcher), pull->hex);
    pull->manifest = g_bytes_new_take(g_steal_pointer(&text), size);
    return true;
}

static bool
fetch_manifest(Pull *pull, GError **error)
{
    const FaListing *offer = pull->offer;
    g_autoptr(GBytes) base = NULL;
    char path[PATH_MAX_CHARS];
    uint64_t limit = offer->manifest_packed;

    g_snprintf(path, sizeof path, "trees/%s/manifest", pull->hex);
    for (guint i = 0; base == NULL && i < offer->packs->len; i++) {
        const FaPackNote *note = g_ptr_array_index(offer->packs, i);
        char hex[FA_DIGEST_HEX_SIZE];
        if (note->manifest == 0)
            continue;
        fa_digest_to_hex(&note->base, hex);
        base = read_manifest(pull, &note->base);
        if (base == NULL)
            continue;
        g_snprintf(path, sizeof path, "trees/%s/%s.manifest", pull->hex, hex);
        limit = note->manifest;
    }
    limit = MIN(limit, fa_squeeze_bound(offer->manifest_size));
    g_autoptr(GByteArray) packed = fa_fetcher_read(pull->fetcher, path, limit, error);
    return packed != NULL && unpack_manifest(pull, packed, base, error);
}

static bool
get_tree(Pull *pull, GError **error)
{
    if (pull->offer->manifest_size > FA_TREE_TEXT_MAX)
        return fa_fail(error, FA_ERROR_FAILED, "the manifest of '%s' is too large", pull->hex);
    pull->manifest = read_manifest(pull, &pull->digest);
    if (pull->manifest == NULL && !fetch_manifest(pull, error))
        return false;

    gsize length;
    const char *text = g_bytes_get_data(pull->manifest, &length);
    pull->tree = fa_tree_parse(text, length, error);
    if (pull->tree == NULL)
        return false;
    uint64_t total = 0, limit = pull->options->bytes_max;
    for (guint i = 0; i < pull->tree->entries->len; i++) {
        const FaEntry *entry = fa_tree_get(pull->tree, i);
        if (fa_entry_is_file(entry) && limit != 0 && (total += entry->size) > limit)
            return fa_fail(error, FA_ERROR_REFUSED,
                           "'%s' holds more than %" G_GUINT64_FORMAT " bytes", pull->options->what,
                           limit);
    }
    return fa_receiver_want(pull->receiver, pull->tree, error);
}

static uint64_t
cost_alone(const FaEntry *entry)
{
    return entry->size + REQUEST_COST;
}

/* Bytes that it costs to take the wanted objects out of a pack; G_MAXUINT64 when that cannot be done here. */
static uint64_t
cost_of(const Pull *pull, const FaPackNote *note, const FaPackPlan *plan)
{
    uint64_t cost = fa_receiver_sum(pull->receiver, cost_alone);
    if (plan->groups->len != note->frames->len)
        return G_MAXUINT64;
    for (guint i = 0; i < plan->groups->len; i++) {
        const FaPackGroup *group = fa_pack_plan_group(plan, i);
        uint64_t frame = g_array_index(note->frames, uint64_t, i);
        if (frame > fa_squeeze_bound(group->size))
            return G_MAXUINT64;
        if (!fa_receiver_wants_group(pull->receiver, plan, i))
            continue;
        cost += frame;
        for (guint j = group->first; j < group->first + group->count; j++) {
            const FaPackItem *item = fa_pack_plan_item(plan, j);
            if (item->base != NULL && !fa_receiver_has(pull->receiver, item->base))
                return G_MAXUINT64;
            if (fa_receiver_wants(pull->receiver, item->entry))
                cost -= cost_alone(item->entry);
        }
    }
    return cost;
}

static void
choose_pack(Pull *pull)
{
    uint64_t best = fa_receiver_sum(pull->receiver, cost_alone);
    for (guint i = 0; i < pull->offer->packs->len; i++) {
        const FaPackNote *note = g_ptr_array_index(pull->offer->packs, i);
        bool is_whole = fa_digest_is_zero(&note->base);
        g_autoptr(FaTree) base =
            is_whole ? NULL : fa_checkout_read_tree(pull->store, &note->base, NULL);
        if (base == NULL && !is_whole)
            continue;
        g_autoptr(FaPackPlan) plan = fa_pack_plan(pull->tree, base);
        uint64_t cost = cost_of(pull, note, plan);
        if (cost > best)
            continue;
        best = cost;
        g_clear_pointer(&pull->plan, fa_pack_plan_free);
        g_clear_pointer(&pull->base, fa_tree_free);
        pull->plan = g_steal_pointer(&plan);
        pull->base = g_steal_pointer(&base);
        pull->note = note;
    }
}

static bool
get_objects(Pull *pull, GError **error)
{
    choose_pack(pull);
    if (pull->note != NULL) {
        char base[FA_DIGEST_HEX_SIZE], path[PATH_MAX_CHARS];
        fa_digest_to_hex(&pull->note->base, base);
        g_snprintf(path, sizeof path, "trees/%s/%s.pack", pull->hex, base);
        if (!fa_receiver_take_pack(pull->receiver, pull->fetcher, path, pull->plan,
                                   pull->note->frames, error))
            return false;
    }
    return fa_receiver_take_rest(pull->receiver, pull->fetcher, error);
}

static bool
is_here(Pull *pull)
{
    g_autofree char *name = NULL;
    FaDigest tree;
    return pull->build != NULL && fa_store_lookup(pull->store, &pull->build->key, &name, &tree) &&
           strcmp(name, pull->build->name) == 0 && fa_digest_is_equal(&tree, &pull->digest);
}

/* What was verified is kept even when the rest could not be had, so that the next try goes on from there. */
static bool
fetch_all(Pull *pull, GError **error)
{
    g_autoptr(FaLock) hold =
        fa_store_hold(pull->store, FA_LOCK_SHARED, "pulling", pull->options->cancel, error);
    if (hold == NULL)
        return false;
    pull->receiver = fa_receiver_open(pull->store, pull->options->cancel, error);
    if (pull->receiver == NULL)
        return false;
    bool ok = get_tree(pull, error) && get_objects(pull, error) &&
              fa_receiver_take_manifest(pull->receiver, &pull->digest, pull->manifest, error);
    return fa_receiver_commit(pull->receiver, ok ? error : NULL) && ok &&
           fa_store_keep(pull->store, &pull->digest, error);
}

static bool
run(Pull *pull, GError **error)
{
    if (!resolve(pull, error))
        return false;
    if (is_here(pull))
        return true;
    if (!fa_store_make(pull->store, error) || !fetch_all(pull, error))
        return false;
    return pull->build == NULL || fa_store_publish(pull->store, pull->build->name,
                                                   &pull->build->key, &pull->digest, error);
}

static void
get_stats(const Pull *pull, FaPullStats *stats)
{
    *stats = (FaPullStats){
        .requests = fa_fetcher_get_requests(pull->fetcher) - pull->requests,
        .bytes_received = fa_fetcher_get_bytes(pull->fetcher) - pull->bytes,
        .by_difference = pull->base != NULL,
    };
    if (pull->receiver != NULL)
        fa_receiver_get_added(pull->receiver, &stats->objects_added, &stats->bytes_added);
}

static bool
check_options(const FaPullOptions *options, GError **error)
{
    FaDigest digest;
    for (const char *const *key = options->trusted; key != NULL && *key != NULL; key++) {
        if (!fa_digest_from_hex(*key, &digest))
            return fa_fail(error, FA_ERROR_USAGE, "'%s' is not a public key", *key);
    }
    if (fa_digest_from_hex(options->what, &digest))
        return true;
    if (!fa_store_is_name(options->what))
        return fa_fail(error, FA_ERROR_USAGE, "'%s' is neither a build nor a digest",
                       options->what);
    return options->trusted != NULL ||
           fa_fail(error, FA_ERROR_REFUSED,
                   "cannot pull '%s' by its name: no key is trusted\n"
                   "help: name the key of who signs it, or the digest of the tree",
                   options->what);
}

bool
fa_store_pull(FaStore *store, const FaPullOptions *options, FaDigest *ret_tree,
              FaPullStats *ret_stats, GError **error)
{
    Pull pull = {.store = store, .options = options};
    g_autoptr(FaSupplier) own = NULL;
    if (!check_options(options, error))
        return false;
    if (options->supplier == NULL) {
        own = fa_supplier_open(options->from, options->patience, options->cancel, error);
        if (own == NULL)
            return false;
    }
    pull.fetcher = fa_supplier_get_fetcher(own != NULL ? own : options->supplier);
    pull.requests = fa_fetcher_get_requests(pull.fetcher);
    pull.bytes = fa_fetcher_get_bytes(pull.fetcher);

    bool ok = run(&pull, error);
    if (ok) {
        *ret_tree = pull.digest;
        if (ret_stats != NULL)
            get_stats(&pull, ret_stats);
    }
    fa_receiver_free(pull.receiver);
    fa_listing_free(pull.build);
    fa_listing_free(pull.offer);
    fa_pack_plan_free(pull.plan);
    fa_tree_free(pull.base);
    fa_tree_free(pull.tree);
    g_clear_pointer(&pull.manifest, g_bytes_unref);
    return ok;
}
