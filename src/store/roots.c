#include "store/store.h"

#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "store/private.h"
#include "sys/fs.h"

#define ID_MAX   200
#define FILE_MAX (1024 * 1024)

/* (transfer full) (nullable) An id may be a path ("openplans/live"): it is one file all the same. */
static char *
root_path(FaStore *store, const char *kind, const char *id, GError **error)
{
    g_autofree char *escaped = g_uri_escape_string(id, NULL, FALSE);
    if (!fa_text_is_name(kind) || id[0] == '\0' || id[0] == '.' || strlen(escaped) > ID_MAX) {
        fa_fail(error, FA_ERROR_USAGE, "'%s %s' is not a name of a root", kind, id);
        return NULL;
    }
    return g_build_filename(store->path, "roots", kind, escaped, NULL);
}

bool
fa_store_add_root(FaStore *store, const char *kind, const char *id, const char *const *names,
                  GError **error)
{
    g_autofree char *path = root_path(store, kind, id, error);
    if (path == NULL || !fa_store_make(store, error))
        return false;
    for (const char *const *name = names; *name != NULL; name++) {
        if (!fa_store_is_name(*name))
            return fa_fail(error, FA_ERROR_USAGE, "'%s' is not a name of a build", *name);
    }

    /* A collection that is under way would not see it. */
    g_autoptr(FaLock) hold = fa_store_hold(store, FA_LOCK_SHARED, "adding a root", NULL, error);
    if (hold == NULL)
        return false;
    g_autofree char *folder = g_path_get_dirname(path);
    g_autofree char *lines = g_strjoinv("\n", (char **)names);
    g_autofree char *text = g_strconcat(lines, "\n", NULL);
    bool is_changed;
    if (!fa_fs_make_directory(folder, 0755, error) ||
        !fa_fs_write_if_changed(path, text, strlen(text), 0644, &is_changed, error))
        return false;
    /* With it, the keys of what was published just now. */
    return !is_changed || fa_fs_sync_all(folder, error);
}

char **
fa_store_list_root(FaStore *store, const char *kind, const char *id)
{
    g_autofree char *path = root_path(store, kind, id, NULL);
    g_autofree char *text = NULL;
    if (path == NULL || !fa_fs_read(path, FILE_MAX, &text, NULL, NULL))
        return NULL;
    return g_strsplit(g_strchomp(text), "\n", -1);
}

bool
fa_store_remove_root(FaStore *store, const char *kind, const char *id, GError **error)
{
    g_autofree char *path = root_path(store, kind, id, error);
    return path != NULL && fa_fs_remove_tree(path, error);
}
