#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "store/checkout.h"
#include "store/import.h"
#include "store/object.h"
#include "store/placed.h"
#include "store/private.h"
#include "sys/fs.h"

/* True when some key says that @name is its build. */
static bool
is_claimed(FaStore *store, const char *name)
{
    g_autofree char *folder = fa_store_path(store, "keys");
    g_auto(GStrv) keys = fa_fs_list(folder, NULL);
    for (char **key = keys; key != NULL && *key != NULL; key++) {
        g_autofree char *claimed = NULL;
        if (fa_store_read_key(store, *key, &claimed, NULL) && strcmp(claimed, name) == 0)
            return true;
    }
    return false;
}

/*
 * The name is taken. By the same tree: another was first, or was killed before it wrote the key. By another one: it
 * belongs to another key, or is what somebody's broken build left there.
 */
static bool
settle(FaStore *store, const char *name, const char *path, const char *made, const FaDigest *tree,
       GError **error)
{
    FaDigest there;
    g_autoptr(GError) problem = NULL;
    if (fa_store_digest(store, path, NULL, &there, NULL, &problem) &&
        fa_digest_is_equal(&there, tree))
        return fa_fs_remove_tree(made, error);
    if (is_claimed(store, name))
        return fa_fail(error, FA_ERROR_CONFLICT, "'%s' is another build", path);

    if (renameat2(AT_FDCWD, made, AT_FDCWD, path, RENAME_EXCHANGE) != 0)
        return fa_fail_errno(error, errno, "cannot replace '%s'", path);
    return fa_fs_remove_tree(made, error);
}

static bool
put_in_place(FaStore *store, const char *name, const char *made, const FaDigest *tree,
             GError **error)
{
    g_autofree char *path = fa_store_path(store, name);
    if (rename(made, path) == 0)
        return true;
    if (errno == ENOTEMPTY || errno == EEXIST)
        return settle(store, name, path, made, tree, error);
    return fa_fail_errno(error, errno, "cannot publish '%s'", path);
}

/* Everything else is on the disk before the key says so. A key that a power cut takes, or leaves empty, or whose build
 * it takes, means that the same is built again. */
bool
fa_store_remember(FaStore *store, const char *name, const FaDigest *key, const FaDigest *tree,
                  GError **error)
{
    char key_hex[FA_DIGEST_HEX_SIZE], tree_hex[FA_DIGEST_HEX_SIZE];
    fa_digest_to_hex(key, key_hex);
    fa_digest_to_hex(tree, tree_hex);
    g_autofree char *path = g_build_filename(store->path, "keys", key_hex, NULL);
    g_autofree char *text = g_strdup_printf("%s\n%s\n", name, tree_hex);
    return fa_fs_write(path, text, strlen(text), 0644, FA_WRITE_NONE, error);
}

static bool
is_known(FaStore *store, const char *name, const FaDigest *key, const FaDigest *tree)
{
    g_autofree char *known = NULL;
    FaDigest known_tree;
    return fa_store_lookup(store, key, &known, &known_tree) && strcmp(known, name) == 0 &&
           fa_digest_is_equal(&known_tree, tree);
}

static bool
check_name(const char *name, GError **error)
{
    return fa_store_is_name(name) ||
           fa_fail(error, FA_ERROR_USAGE, "'%s' is not a name of a build", name);
}

static bool
check_out_and_show(FaStore *store, const char *name, const FaDigest *key, const FaDigest *tree,
                   const FaCheckout *what, GError **error)
{
    g_autofree char *made = fa_checkout_make(store, what, store->path, ".new-", error);
    if (made == NULL)
        return false;
    bool ok = fa_store_sync(store, error) && put_in_place(store, name, made, tree, error) &&
              fa_store_remember(store, name, key, tree, error);
    if (!ok)
        fa_fs_remove_tree(made, NULL);
    return ok;
}

bool
fa_store_publish(FaStore *store, const char *name, const FaDigest *key, const FaDigest *tree,
                 GError **error)
{
    if (!check_name(name, error) || !fa_store_make(store, error))
        return false;
    g_autoptr(FaLock) hold = fa_store_hold(store, FA_LOCK_SHARED, "publishing", NULL, error);
    if (hold == NULL || !fa_store_keep(store, tree, error))
        return false;
    if (is_known(store, name, key, tree))
        return true;
    g_autoptr(FaTree) entries = fa_checkout_read_tree(store, tree, error);
    const FaCheckout what = {.tree = entries, .read_only = true};
    return entries != NULL && check_out_and_show(store, name, key, tree, &what, error);
}

/* (transfer full) (nullable) Where @directory was moved to, to become the build itself; NULL where it cannot. */
static char *
move_in(FaStore *store, const char *directory)
{
    g_autofree char *place = fa_fs_make_temporary(store->path, ".new-", NULL);
    if (place == NULL)
        return NULL;
    if (rename(directory, place) == 0)
        return g_steal_pointer(&place);
    rmdir(place);
    return NULL;
}

/* What import_and_place() is about. */
typedef struct Build {
    FaStore *store;
    const char *directory;
    const FaImportOptions *options;
    char *moved; /* (nullable) the directory, to become the build itself */
} Build;

static bool
check_out_and_place(const Build *build, FaPlaced *placed, const FaCheckout *what, GError **error)
{
    FaStore *store = build->store;
    g_autofree char *made = fa_checkout_make(store, what, store->path, ".new-", error);
    if (made == NULL)
        return false;
    if (put_in_place(store, placed->name, made, &placed->tree, error))
        return fa_fs_remove_tree(build->directory, error);
    fa_fs_remove_tree(made, NULL);
    return false;
}

static bool
import_and_place(const Build *build, FaPlaced *placed, FaImported *imported, GError **error)
{
    FaStore *store = build->store;
    const FaImport import = {
        .store = store,
        .directory = build->moved != NULL ? build->moved : build->directory,
        .shown = build->directory,
        .options = build->options,
        .staging = &placed->staging,
        .adopts = build->moved != NULL,
    };
    if (!fa_staging_open(store, &placed->staging, error) ||
        !fa_import_run(&import, imported, error) || !fa_store_keep(store, &imported->tree, error))
        return false;

    placed->tree = imported->tree;
    const FaCheckout what = {
        .tree = imported->entries, .staging = &placed->staging, .read_only = true};
    if (is_known(store, placed->name, &placed->key, &placed->tree))
        return fa_fs_remove_tree(import.directory, error);
    if (build->moved == NULL)
        return check_out_and_place(build, placed, &what, error);
    return fa_checkout_adopt(&what, build->moved, imported->adopted, error) &&
           put_in_place(store, placed->name, build->moved, &placed->tree, error);
}

FaPlaced *
fa_store_place_build(FaStore *store, const char *directory, const FaImportOptions *options,
                     const char *name, const FaDigest *key, FaDigest *ret_tree,
                     FaTreeStats *ret_stats, GError **error)
{
    g_auto(FaImported) imported = {0};
    FaCancel *cancel = options != NULL ? options->cancel : NULL;
    if (!check_name(name, error) || !fa_store_make(store, error))
        return NULL;
    g_autoptr(FaLock) hold = fa_store_hold(store, FA_LOCK_SHARED, "publishing", cancel, error);
    if (hold == NULL)
        return NULL;

    g_autoptr(FaPlaced) placed = fa_placed_new(name, key, g_steal_pointer(&hold));
    g_autofree char *moved = move_in(store, directory);
    const Build build = {store, directory, options, moved};
    if (!import_and_place(&build, placed, &imported, error)) {
        /* Who asks why may look at it, as long as nothing of it can have become an object. */
        bool is_read = imported.entries != NULL;
        if (moved != NULL && (is_read || rename(moved, directory) != 0))
            fa_fs_remove_tree(moved, NULL);
        return NULL;
    }
    imported.stats.objects_added = placed->staging.names->len;
    imported.stats.bytes_added = placed->staging.bytes;
    *ret_tree = imported.tree;
    if (ret_stats != NULL)
        *ret_stats = imported.stats;
    return g_steal_pointer(&placed);
}

bool
fa_store_import_build(FaStore *store, const char *directory, const FaImportOptions *options,
                      const char *name, const FaDigest *key, FaDigest *ret_tree,
                      FaTreeStats *ret_stats, GError **error)
{
    FaDigest tree;
    FaTreeStats stats;
    g_autoptr(FaPlaced) placed =
        fa_store_place_build(store, directory, options, name, key, &tree, &stats, error);
    if (placed == NULL)
        return false;
    /* What was there already has nothing that the disk could lack. */
    bool is_old = placed->staging.names->len == 0 && is_known(store, name, key, &tree);
    if ((!is_old && !fa_store_sync(store, error)) || !fa_placed_show(store, placed, error))
        return false;
    *ret_tree = tree;
    if (ret_stats != NULL)
        *ret_stats = stats;
    return true;
}
