#include "app/supervisor.h"

#include "base/error.h"
#include "build/component.h"
#include "store/store.h"
#include "sys/fs.h"

#define DAEMON "fassembler-supervisord"
#define CLIENT "fassembler-supervisorctl"

static const char *const programs[] = {DAEMON, CLIENT, NULL};

/* (transfer full) (nullable) The folder of the program that runs, where ours lie beside each other. */
static char *
find_folder(GError **error)
{
    g_autofree char *self = fa_fs_read_symlink("/proc/self/exe", error);
    if (self == NULL)
        return NULL;
    g_autofree char *folder = g_path_get_dirname(self);
    for (const char *const *program = programs; *program != NULL; program++) {
        g_autofree char *path = g_build_filename(folder, *program, NULL);
        if (!fa_fs_exists(path)) {
            fa_fail(error, FA_ERROR_NOT_FOUND,
                    "no '%s' beside '%s'\nhelp: install fassembler whole", *program, self);
            return NULL;
        }
    }
    return g_steal_pointer(&folder);
}

static void
make_key(const FaDigest *tree, FaDigest *ret_key)
{
    g_autoptr(FaKeyHasher) hasher = fa_key_hasher_new("supervisor");
    fa_key_hasher_add_digest(hasher, "tree", tree);
    fa_key_hasher_finish(hasher, ret_key);
}

/* The root comes first: what is published without one may be collected at once. */
static bool
publish(FaStore *store, const char *folder, const FaImportOptions *reading, const char *name,
        const FaDigest *key, GError **error)
{
    const char *const names[] = {name, NULL};
    FaDigest tree;
    return fa_store_add_root(store, "program", FA_SUPERVISOR_LINK, names, error) &&
           fa_store_import(store, folder, reading, &tree, NULL, error) &&
           fa_store_publish(store, name, key, &tree, error);
}

bool
fa_supervisor_provide(const FaContext *context, bool dry_run, char **ret_out, GError **error)
{
    FaImportOptions reading = {.paths = programs};
    FaDigest tree, key;
    g_autofree char *folder = find_folder(error);
    g_autoptr(FaStore) store =
        folder != NULL ? fa_store_open(fa_context_get_home(context), error) : NULL;
    if (store == NULL)
        return false;
    if (dry_run)
        fa_store_leave_untouched(store);
    if (!fa_store_digest(store, folder, &reading, &tree, NULL, error))
        return false;

    make_key(&tree, &key);
    g_autofree char *name = fa_component_name(FA_SUPERVISOR_LINK, FA_VERSION, &key);
    if (!dry_run && !fa_store_lookup(store, &key, NULL, NULL) &&
        !publish(store, folder, &reading, name, &key, error))
        return false;
    *ret_out = fa_store_path(store, name);
    return true;
}
