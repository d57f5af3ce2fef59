#include "store/store.h"

#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "store/private.h"
#include "sys/fs.h"

#define NAME_MAX_LENGTH 200
#define RECORD_MAX      1024
#define PATIENCE        250000 /* of who waits for the disk with others, microseconds */

/* Everything in the store that is no build. */
static const char *const folders[] = {"objects", "keys", "roots", "sessions", "tmp", "locks", NULL};

FaStore *
fa_store_open(const char *home, GError **error)
{
    g_autofree char *absolute = fa_fs_absolute(home);
    if (fa_fs_exists(absolute) && !fa_fs_is_directory(absolute)) {
        fa_fail(error, FA_ERROR_FAILED, "'%s' is not a directory", absolute);
        return NULL;
    }
    FaStore *store = g_new0(FaStore, 1);
    store->path = g_build_filename(absolute, "store", NULL);
    g_mutex_init(&store->mutex);
    g_cond_init(&store->synced);
    g_cond_init(&store->placed_more);
    g_mutex_init(&store->committing);
    store->patience = PATIENCE;
    return store;
}

void
fa_store_leave_untouched(FaStore *store)
{
    store->is_left_untouched = true;
}

void
fa_store_free(FaStore *store)
{
    if (store == NULL)
        return;
    fa_store_close_commits(store);
    /* A cache that cannot be saved costs time only. Nobody makes a store for it. */
    if (store->cache != NULL && !store->is_left_untouched && fa_fs_is_directory(store->path))
        fa_cache_save(store->cache, NULL);
    fa_cache_free(store->cache);
    fa_hash_free(store->hash);
    if (store->session != NULL) {
        g_autofree char *trees = g_strconcat(store->session_path, ".trees", NULL);
        g_autofree char *names = g_strconcat(store->session_path, ".names", NULL);
        if (fa_fs_remove_tree(trees, NULL) && fa_fs_remove_tree(names, NULL))
            fa_fs_remove_tree(store->session_path, NULL);
    }
    fa_lock_release(store->session);
    g_free(store->session_path);
    g_clear_error(&store->commit_failed);
    g_mutex_clear(&store->committing);
    g_cond_clear(&store->placed_more);
    g_cond_clear(&store->synced);
    g_mutex_clear(&store->mutex);
    g_free(store->path);
    g_free(store);
}

char *
fa_store_path(const FaStore *store, const char *name)
{
    return name == NULL ? g_strdup(store->path) : g_build_filename(store->path, name, NULL);
}

bool
fa_store_make(FaStore *store, GError **error)
{
    bool ok = true;
    g_mutex_lock(&store->mutex);
    for (size_t i = 0; !store->is_made && ok && folders[i] != NULL; i++) {
        g_autofree char *path = g_build_filename(store->path, folders[i], NULL);
        ok = fa_fs_make_directory(path, 0755, error);
    }
    store->is_made = ok;
    g_mutex_unlock(&store->mutex);
    return ok;
}

const FaHash *
fa_store_get_hash(FaStore *store, GError **error)
{
    g_mutex_lock(&store->mutex);
    if (store->hash == NULL)
        store->hash = fa_hash_open(error);
    g_mutex_unlock(&store->mutex);
    return store->hash;
}

FaCache *
fa_store_get_cache(FaStore *store)
{
    g_mutex_lock(&store->mutex);
    if (store->cache == NULL) {
        g_autofree char *path = g_build_filename(store->path, "stat-cache", NULL);
        store->cache = fa_cache_open(path);
    }
    g_mutex_unlock(&store->mutex);
    return store->cache;
}

FaLock *
fa_store_hold(FaStore *store, FaLockMode mode, const char *what, FaCancel *cancel, GError **error)
{
    g_autofree char *path = g_build_filename(store->path, "gc.lock", NULL);
    return fa_lock_take(path, mode, what, -1, NULL, NULL, cancel, error);
}

/* The caller holds the mutex, and nobody else is at it. */
static bool
sync_now(FaStore *store, GError **error)
{
    uint64_t mine = ++store->syncs_begun;
    store->is_syncing = true;
    g_mutex_unlock(&store->mutex);
    bool ok = fa_fs_sync_all(store->path, error);
    g_mutex_lock(&store->mutex);
    store->is_syncing = false;
    if (ok)
        store->syncs_done = mine;
    else
        store->sync_failed = mine;
    g_cond_broadcast(&store->synced);
    return ok;
}

bool
fa_store_sync(FaStore *store, GError **error)
{
    g_mutex_lock(&store->mutex);
    /* One that is under way may have passed by what was just written. */
    uint64_t wanted = store->syncs_begun + 1;
    bool ok = true;
    while (ok && store->syncs_done < wanted) {
        if (store->sync_failed >= wanted)
            ok = fa_fail(error, FA_ERROR_FAILED, "cannot write out '%s'", store->path);
        else if (store->is_syncing)
            g_cond_wait(&store->synced, &store->mutex);
        else
            ok = sync_now(store, error);
    }
    g_mutex_unlock(&store->mutex);
    return ok;
}

static bool
begin_session(FaStore *store, GError **error)
{
    if (store->session != NULL)
        return true;
    g_autofree char *id = g_uuid_string_random();
    g_autofree char *path = g_build_filename(store->path, "sessions", id, NULL);
    store->session = fa_lock_take(path, FA_LOCK_EXCLUSIVE, "importing", 0, NULL, NULL, NULL, error);
    if (store->session == NULL)
        return false;
    store->session_path = g_steal_pointer(&path);
    return true;
}

bool
fa_store_keep(FaStore *store, const FaDigest *tree, GError **error)
{
    char hex[FA_DIGEST_HEX_SIZE];
    fa_digest_to_hex(tree, hex);

    g_mutex_lock(&store->mutex);
    bool ok = begin_session(store, error);
    if (ok) {
        g_autofree char *path = g_strconcat(store->session_path, ".trees", NULL);
        g_autofree char *old = NULL;
        size_t length = 0;
        if (!fa_fs_read(path, G_MAXINT32, &old, &length, NULL))
            old = g_strdup("");
        g_autofree char *text = g_strconcat(old, hex, "\n", NULL);
        ok = strstr(old, hex) != NULL ||
             fa_fs_write(path, text, strlen(text), 0600, FA_WRITE_NONE, error);
    }
    g_mutex_unlock(&store->mutex);
    return ok;
}

bool
fa_store_use(FaStore *store, const char *const *names, GError **error)
{
    if (!fa_store_make(store, error))
        return false;
    g_autofree char *text = g_strjoinv("\n", (char **)names);
    /* A collection that is under way would not see it. */
    g_autoptr(FaLock) hold = fa_store_hold(store, FA_LOCK_SHARED, "using builds", NULL, error);
    if (hold == NULL)
        return false;

    g_mutex_lock(&store->mutex);
    bool ok = begin_session(store, error);
    if (ok) {
        g_autofree char *path = g_strconcat(store->session_path, ".names", NULL);
        ok = fa_fs_write(path, text, strlen(text), 0600, FA_WRITE_NONE, error);
    }
    g_mutex_unlock(&store->mutex);
    return ok;
}

bool
fa_store_is_name(const char *name)
{
    if (!fa_text_is_version(name) || strlen(name) > NAME_MAX_LENGTH)
        return false;
    return !g_strv_contains(folders, name) && strcmp(name, "stat-cache") != 0 &&
           strcmp(name, "gc.lock") != 0;
}

bool
fa_store_read_key(FaStore *store, const char *hex, char **ret_name, FaDigest *ret_tree)
{
    g_autofree char *path = g_build_filename(store->path, "keys", hex, NULL);
    g_autofree char *text = NULL;
    size_t length;
    FaDigest key, tree;
    /* A name that is no digest is a file that somebody was killed over. */
    if (!fa_digest_from_hex(hex, &key) || !fa_fs_read(path, RECORD_MAX, &text, &length, NULL))
        return false;
    g_auto(GStrv) lines = g_strsplit(text, "\n", 4);
    if (g_strv_length(lines) < 3 || !fa_store_is_name(lines[0]) ||
        !fa_digest_from_hex(lines[1], &tree))
        return false;
    if (ret_name != NULL)
        *ret_name = g_strdup(lines[0]);
    if (ret_tree != NULL)
        *ret_tree = tree;
    return true;
}

bool
fa_store_lookup(FaStore *store, const FaDigest *key, char **ret_name, FaDigest *ret_tree)
{
    char hex[FA_DIGEST_HEX_SIZE];
    g_autofree char *name = NULL;
    FaDigest tree;
    fa_digest_to_hex(key, hex);
    if (!fa_store_read_key(store, hex, &name, &tree))
        return false;
    g_autofree char *path = fa_store_path(store, name);
    if (!fa_fs_is_directory(path))
        return false;
    if (ret_name != NULL)
        *ret_name = g_steal_pointer(&name);
    if (ret_tree != NULL)
        *ret_tree = tree;
    return true;
}

FaLock *
fa_store_lock_key(FaStore *store, const FaDigest *key, const char *what, int64_t wait,
                  FaLockWaitFunc on_wait, void *data, FaCancel *cancel, GError **error)
{
    char hex[FA_DIGEST_HEX_SIZE];
    fa_digest_to_hex(key, hex);
    if (!fa_store_make(store, error))
        return NULL;
    g_autofree char *path = g_build_filename(store->path, "locks", hex, NULL);
    return fa_lock_take(path, FA_LOCK_EXCLUSIVE, what, wait, on_wait, data, cancel, error);
}
