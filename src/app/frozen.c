#include "app/frozen.h"

#include <string.h>

#include "app/kept.h"
#include "base/error.h"
#include "build/component.h"
#include "sys/fs.h"

#define ROOT   "release"
#define DIGEST "sha256:"

/* Of the product's folder; a home, repositories and whatever else lies in it belong to no release. */
static const char *const parts[] = {
    "fassembler.yaml", "fassembler.lock", "components", "etc", "sites", NULL};

char *
fa_frozen_copy(const FaContext *context, GError **error)
{
    const FaProduct *product = fa_context_get_product(context);
    g_autofree char *parent = g_build_filename(fa_context_get_home(context), "tmp", NULL);
    if (!fa_fs_make_directory(parent, 0755, error))
        return NULL;
    g_autofree char *room = fa_fs_make_temporary(parent, "release-", error);
    for (const char *const *part = parts; room != NULL && *part != NULL; part++) {
        g_autofree char *from = g_build_filename(product->directory, *part, NULL);
        g_autofree char *to = g_build_filename(room, *part, NULL);
        if (!fa_fs_exists(from))
            continue;
        if (!(fa_fs_is_directory(from) ? fa_fs_copy_tree : fa_fs_copy_file)(from, to, error)) {
            fa_fs_remove_tree(room, NULL);
            return NULL;
        }
    }
    return g_steal_pointer(&room);
}

/* The root comes first: what is published without one may be collected at once. */
static bool
add_to_root(FaStore *store, const char *label, const char *const *names, GError **error)
{
    g_auto(GStrv) before = fa_store_list_root(store, ROOT, label);
    g_autoptr(GPtrArray) all = g_ptr_array_new();
    for (char **name = before; name != NULL && *name != NULL; name++)
        g_ptr_array_add(all, *name);
    for (; *names != NULL; names++) {
        if (before == NULL || !g_strv_contains((const char *const *)before, *names))
            g_ptr_array_add(all, (gpointer)*names);
    }
    g_ptr_array_add(all, NULL);
    return fa_store_add_root(store, ROOT, label, (const char *const *)all->pdata, error);
}

static bool
keep_tree(FaStore *store, const char *label, const char *what, const char *name,
          const FaDigest *tree, GError **error)
{
    FaDigest key;
    fa_kept_key(what, tree, &key);
    g_autofree char *whole = fa_component_name(name, NULL, &key);
    const char *const names[] = {whole, NULL};
    return add_to_root(store, label, names, error) &&
           (fa_store_lookup(store, &key, NULL, NULL) ||
            fa_store_publish(store, whole, &key, tree, error));
}

bool
fa_frozen_keep(FaStore *store, const char *label, const char *directory, const FaPins *pins,
               FaDigest *ret_digest, GError **error)
{
    FaDigest tree;
    for (size_t i = 0; i < fa_pins_count(pins); i++) {
        const FaSourcePin *pin = fa_pins_at(pins, i);
        g_autofree char *name = g_strconcat("source-", pin->recipe->name, NULL);
        if (pin->has_tree && !keep_tree(store, label, FA_KEPT_SOURCE, name, &pin->tree, error))
            return false;
    }
    if (!fa_store_import(store, directory, NULL, &tree, NULL, error) ||
        !keep_tree(store, label, FA_KEPT_PRODUCT, FA_KEPT_PRODUCT, &tree, error))
        return false;
    *ret_digest = tree;
    return true;
}

bool
fa_frozen_keep_built(FaStore *store, const char *label, const char *const *names, GError **error)
{
    return add_to_root(store, label, names, error);
}

FaContext *
fa_frozen_open(const FaContext *context, const char *label, const char *digest, GError **error)
{
    g_autoptr(FaStore) store = fa_store_open(fa_context_get_home(context), error);
    g_autofree char *name = NULL;
    FaDigest tree, key;
    if (store == NULL)
        return NULL;
    const char *hex = g_str_has_prefix(digest, DIGEST) ? digest + strlen(DIGEST) : digest;
    if (!fa_digest_from_hex(hex, &tree)) {
        fa_fail(error, FA_ERROR_FAILED, "the ledger has no digest of the files of '%s'", label);
        return NULL;
    }
    fa_kept_key(FA_KEPT_PRODUCT, &tree, &key);
    if (!fa_store_lookup(store, &key, &name, NULL)) {
        fa_fail(error, FA_ERROR_NOT_FOUND,
                "the files of release '%s' are not in the store\nhelp: 'fassembler store pull' "
                "brings them from a host that has them",
                label);
        return NULL;
    }
    g_autofree char *directory = fa_store_path(store, name);
    return fa_context_open_release(context, directory, label, true, error);
}
