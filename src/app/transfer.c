#include "app/transfer.h"

#include <string.h>

#include "base/error.h"
#include "config/store.h"
#include "store/store.h"
#include "sys/fs.h"

#define KEYS_FILE "trusted-keys"
#define KEYS_MAX  (64 * 1024)
#define KEY_MAX   256
#define WHITE     " \t\r"

static bool
read_secret(const char *file, FaDigest *ret_secret, GError **error)
{
    g_autofree char *text = NULL;
    struct stat status;
    if (!fa_fs_read(file, KEY_MAX, &text, NULL, error))
        return false;
    if (stat(file, &status) == 0 && (status.st_mode & 077) != 0)
        return fa_fail(error, FA_ERROR_REFUSED,
                       "others may read the secret key '%s'\nhelp: chmod 600, or make another one",
                       file);
    return fa_digest_from_hex(g_strchomp(text), ret_secret) ||
           fa_fail(error, FA_ERROR_CONFIG, "'%s' is not a secret key", file);
}

bool
fa_transfer_key(const char *file, char **ret_public, GError **error)
{
    FaDigest secret, public;
    if (!fa_fs_exists(file)) {
        char hex[FA_DIGEST_HEX_SIZE + 1];
        if (!fa_store_make_key(&secret, error))
            return false;
        fa_digest_to_hex(&secret, hex);
        hex[FA_DIGEST_HEX_SIZE - 1] = '\n';
        if (!fa_fs_write(file, hex, FA_DIGEST_HEX_SIZE, 0600,
                         (FaWriteFlags)(FA_WRITE_SYNC | FA_WRITE_EXCLUSIVE), error))
            return false;
    }
    if (!read_secret(file, &secret, error) || !fa_store_get_public_key(&secret, &public, error))
        return false;
    *ret_public = fa_digest_to_string(&public);
    return true;
}

/* (transfer full) An environment is all that it was built from last. */
static char **
list_builds(FaStore *store, const char *const *names)
{
    g_autoptr(GStrvBuilder) builds = g_strv_builder_new();
    for (; *names != NULL; names++) {
        g_auto(GStrv) of_environment = fa_store_list_root(store, "built", *names);
        if (of_environment != NULL)
            g_strv_builder_addv(builds, (const char **)of_environment);
        else
            g_strv_builder_add(builds, *names);
    }
    return g_strv_builder_end(builds);
}

bool
fa_transfer_offer(const FaOffering *offering, JsonObject **ret_report, GError **error)
{
    FaDigest secret;
    FaOfferStats stats;
    if (offering->sign != NULL && !read_secret(offering->sign, &secret, error))
        return false;
    g_autoptr(FaStore) store = fa_store_open(offering->home, error);
    if (store == NULL)
        return false;
    g_auto(GStrv) names = list_builds(store, offering->names);
    const FaOfferOptions options = {
        .folder = offering->folder,
        .names = (const char *const *)names,
        .bases = offering->bases,
        .secret = offering->sign != NULL ? &secret : NULL,
        .cancel = offering->cancel,
    };
    if (!fa_store_offer(store, &options, &stats, error))
        return false;

    JsonObject *report = json_object_new();
    json_object_set_int_member(report, "trees", (gint64)stats.trees);
    json_object_set_int_member(report, "files-written", (gint64)stats.files_written);
    json_object_set_int_member(report, "bytes-written", (gint64)stats.bytes_written);
    *ret_report = report;
    return true;
}

/* Adds the keys of the product's file to @keys (of char). */
static bool
read_trusted(const FaContext *context, GPtrArray *keys, GError **error)
{
    g_autofree char *path =
        g_build_filename(fa_context_get_product(context)->directory, KEYS_FILE, NULL);
    g_autofree char *text = NULL;
    if (!fa_fs_exists(path))
        return true;
    if (!fa_fs_read(path, KEYS_MAX, &text, NULL, error))
        return false;
    g_auto(GStrv) lines = g_strsplit(text, "\n", 0);
    for (unsigned i = 0; lines[i] != NULL; i++) {
        char *line = g_strstrip(lines[i]);
        FaDigest key;
        if (line[0] == '#' || line[0] == '\0')
            continue;
        line[strcspn(line, WHITE)] = '\0';
        if (!fa_digest_from_hex(line, &key))
            return fa_fail(error, FA_ERROR_CONFIG, "line %u of '%s' is not a public key", i + 1,
                           path);
        g_ptr_array_add(keys, g_strdup(line));
    }
    return true;
}

static void
add_keys(GPtrArray *keys, const FaStoreSpec *store)
{
    for (guint i = 0; i < store->keys->len; i++)
        g_ptr_array_add(keys, g_strdup(g_ptr_array_index(store->keys, i)));
}

bool
fa_transfer_add_trusted(const FaContext *context, GPtrArray *keys, GError **error)
{
    add_keys(keys, fa_context_get_home_store(context));
    add_keys(keys, fa_context_get_product(context)->store);
    return read_trusted(context, keys, error);
}

/* Outside of any product, the home says whom it trusts. */
static bool
add_trusted_of_home(const char *home, GPtrArray *keys, GError **error)
{
    g_autoptr(FaStoreSpec) store = fa_store_spec_new();
    g_autoptr(FaDiags) diags = fa_diags_new();
    if (!fa_config_load_store(home, store, diags, error) || !fa_diags_check(diags, error))
        return false;
    add_keys(keys, store);
    return true;
}

bool
fa_transfer_pull(const FaPulling *pulling, JsonObject **ret_report, GError **error)
{
    g_autoptr(GPtrArray) keys = g_ptr_array_new_with_free_func(g_free);
    FaPullStats stats;
    FaDigest tree;
    for (const char *const *key = pulling->trusted; key != NULL && *key != NULL; key++)
        g_ptr_array_add(keys, g_strdup(*key));
    if (pulling->context != NULL ? !fa_transfer_add_trusted(pulling->context, keys, error)
                                 : !add_trusted_of_home(pulling->home, keys, error))
        return false;
    bool is_trusting = keys->len > 0;
    g_ptr_array_add(keys, NULL);
    const FaPullOptions options = {
        .from = pulling->from,
        .what = pulling->what,
        .trusted = is_trusting ? (const char *const *)keys->pdata : NULL,
        .patience = pulling->patience,
        .bytes_max = pulling->bytes_max,
        .cancel = pulling->cancel,
    };
    g_autoptr(FaStore) store = fa_store_open(pulling->home, error);
    if (store == NULL || !fa_store_pull(store, &options, &tree, &stats, error))
        return false;

    g_autofree char *hex = fa_digest_to_string(&tree);
    JsonObject *report = json_object_new();
    json_object_set_string_member(report, "what", pulling->what);
    json_object_set_string_member(report, "tree", hex);
    json_object_set_int_member(report, "requests", (gint64)stats.requests);
    json_object_set_int_member(report, "bytes-received", (gint64)stats.bytes_received);
    json_object_set_int_member(report, "objects-added", (gint64)stats.objects_added);
    json_object_set_int_member(report, "bytes-added", (gint64)stats.bytes_added);
    json_object_set_boolean_member(report, "by-difference", stats.by_difference);
    *ret_report = report;
    return true;
}

typedef struct Found {
    JsonArray *damage;
    bool is_whole;
} Found;

static void
add_damage(const FaDamage *damage, void *data)
{
    Found *found = data;
    JsonObject *one = json_object_new();
    JsonArray *builds = json_array_new();
    for (const char *const *name = damage->names; *name != NULL; name++)
        json_array_add_string_element(builds, *name);
    json_object_set_string_member(one, "path", damage->path);
    json_object_set_array_member(one, "builds", builds);
    json_object_set_boolean_member(one, "restored", damage->restored);
    json_array_add_object_element(found->damage, one);
    found->is_whole = found->is_whole && damage->restored;
}

bool
fa_transfer_verify(const char *home, FaCancel *cancel, JsonObject **ret_report, GError **error)
{
    g_autoptr(FaStore) store = fa_store_open(home, error);
    g_autoptr(JsonArray) damage = json_array_new();
    Found found = {.damage = damage, .is_whole = true};
    if (store == NULL || !fa_store_verify(store, add_damage, &found, cancel, error))
        return false;
    JsonObject *report = json_object_new();
    json_object_set_boolean_member(report, "is-whole", found.is_whole);
    json_object_set_array_member(report, "damage", g_steal_pointer(&damage));
    *ret_report = report;
    return true;
}
