#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "store/checkout.h"
#include "store/delta.h"
#include "store/object.h"
#include "store/private.h"
#include "sys/fd.h"
#include "sys/fs.h"

#define ROOT_MAX   (1024 * 1024)
#define BLOCK_SIZE 512
#define RUNNING    "a running command"

/* Nothing is made while it runs, since it alone holds the store; and it makes nothing, since the disk may be full. */
typedef struct Gc {
    FaStore *store;
    bool dry_run;
    FaCancel *cancel;
    GHashTable *roots;  /* name of a build -> who keeps it */
    GHashTable *trees;  /* hexadecimal digest -> who keeps it */
    GHashTable *marked; /* FaDigest, of objects that stay */
    GHashTable *bases;  /* FaDigest, of manifests that others are held as differences from */
    FaGcStats stats;
} Gc;

static void
free_kept(gpointer data)
{
    FaKept *kept = data;
    g_free(kept->name);
    g_free(kept->by);
    g_free(kept);
}

void
fa_gc_stats_clear(FaGcStats *stats)
{
    g_clear_pointer(&stats->kept, g_ptr_array_unref);
}

static bool
remove_path(Gc *gc, const char *path, uint64_t *counter, GError **error)
{
    if (!gc->dry_run && !fa_fs_remove_tree(path, error))
        return false;
    (*counter)++;
    return true;
}

/* Each line of the file at @path is a name that is kept. What cannot be read must not be taken for nothing. */
static bool
read_names(const char *path, const char *by, GHashTable *names, GError **error)
{
    g_autofree char *text = NULL;
    size_t length;
    if (!fa_fs_read(path, ROOT_MAX, &text, &length, error))
        return false;
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line != NULL; line++) {
        if (**line != '\0')
            g_hash_table_insert(names, g_strdup(*line), g_strdup(by));
    }
    return true;
}

static bool
read_roots_of(Gc *gc, const char *folder, const char *kind, GError **error)
{
    g_autofree char *path = g_build_filename(folder, kind, NULL);
    g_auto(GStrv) ids = fa_fs_list(path, error);
    if (ids == NULL)
        return false;
    for (char **id = ids; *id != NULL; id++) {
        g_autofree char *file = g_build_filename(path, *id, NULL);
        g_autofree char *plain = g_uri_unescape_string(*id, NULL);
        g_autofree char *by = g_strdup_printf("%s %s", kind, plain != NULL ? plain : *id);
        bool ok = (*id)[0] == '.' ? remove_path(gc, file, &gc->stats.leftovers_removed, error)
                                  : read_names(file, by, gc->roots, error);
        if (!ok)
            return false;
    }
    return true;
}

static bool
read_roots(Gc *gc, GError **error)
{
    g_autofree char *folder = fa_store_path(gc->store, "roots");
    g_auto(GStrv) kinds = fa_fs_list(folder, error);
    for (char **kind = kinds; kind != NULL && *kind != NULL; kind++) {
        if (!read_roots_of(gc, folder, *kind, error))
            return false;
    }
    return kinds != NULL;
}

/* A session whose lock can be had is dead. */
static bool
read_session(Gc *gc, const char *path, GError **error)
{
    g_autoptr(GError) problem = NULL;
    g_autofree char *trees = g_strconcat(path, ".trees", NULL);
    g_autofree char *names = g_strconcat(path, ".names", NULL);
    g_autoptr(FaLock) lock =
        fa_lock_take(path, FA_LOCK_EXCLUSIVE, "collecting", 0, NULL, NULL, NULL, &problem);
    if (lock != NULL) {
        uint64_t files = 0;
        gc->stats.leftovers_removed++;
        return remove_path(gc, trees, &files, error) && remove_path(gc, names, &files, error) &&
               remove_path(gc, path, &files, error);
    }
    if (!fa_error_is(problem, FA_ERROR_CONFLICT)) {
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
    return (!fa_fs_exists(trees) || read_names(trees, RUNNING, gc->trees, error)) &&
           (!fa_fs_exists(names) || read_names(names, RUNNING, gc->roots, error));
}

static bool
read_sessions(Gc *gc, GError **error)
{
    g_autofree char *folder = fa_store_path(gc->store, "sessions");
    g_auto(GStrv) names = fa_fs_list(folder, error);
    for (char **name = names; name != NULL && *name != NULL; name++) {
        g_autofree char *path = g_build_filename(folder, *name, NULL);
        bool ok = true;
        if ((*name)[0] == '.')
            ok = remove_path(gc, path, &gc->stats.leftovers_removed, error);
        else if (!g_str_has_suffix(*name, ".trees") && !g_str_has_suffix(*name, ".names"))
            ok = read_session(gc, path, error);
        if (!ok)
            return false;
    }
    return names != NULL;
}

static void
mark(GHashTable *marked, const FaDigest *digest)
{
    if (!g_hash_table_contains(marked, digest))
        g_hash_table_add(marked, g_memdup2(digest, sizeof *digest));
}

static bool
mark_tree(Gc *gc, const FaDigest *digest, GError **error)
{
    if (g_hash_table_contains(gc->marked, digest))
        return true;
    g_autoptr(FaTree) tree = fa_checkout_read_tree(gc->store, digest, error);
    if (tree == NULL) {
        g_prefix_error(error, "cannot tell what is in use: ");
        return false;
    }
    mark(gc->marked, digest);
    FaDigest base;
    if (fa_delta_get_base(gc->store, digest, &base))
        mark(gc->bases, &base);
    for (size_t i = 0; i < tree->entries->len; i++) {
        const FaEntry *entry = fa_tree_get(tree, i);
        if (fa_entry_is_file(entry))
            mark(gc->marked, &entry->digest);
    }
    return fa_cancel_check(gc->cancel, error);
}

static void
note_kept(Gc *gc, const char *name, const char *by)
{
    FaKept *kept = g_new(FaKept, 1);
    *kept = (FaKept){.name = g_strdup(name), .by = g_strdup(by)};
    g_ptr_array_add(gc->stats.kept, kept);
}

/* Keeps a build that is a root, or whose tree a running command has. The key goes before the build does. */
static bool
visit_key(Gc *gc, const char *path, const char *hex, GError **error)
{
    g_autofree char *name = NULL;
    char tree_hex[FA_DIGEST_HEX_SIZE];
    FaDigest tree;
    const char *by = NULL;
    if (fa_store_read_key(gc->store, hex, &name, &tree)) {
        fa_digest_to_hex(&tree, tree_hex);
        by = g_hash_table_lookup(gc->roots, name);
        if (by == NULL)
            by = g_hash_table_lookup(gc->trees, tree_hex);
    }
    if (by == NULL) {
        uint64_t files = 0;
        return remove_path(gc, path, &files, error);
    }
    if (!g_hash_table_contains(gc->roots, name))
        g_hash_table_insert(gc->roots, g_strdup(name), g_strdup(by));
    return mark_tree(gc, &tree, error);
}

static bool
visit_keys(Gc *gc, GError **error)
{
    g_autofree char *folder = fa_store_path(gc->store, "keys");
    g_auto(GStrv) keys = fa_fs_list(folder, error);
    for (char **key = keys; key != NULL && *key != NULL; key++) {
        g_autofree char *path = g_build_filename(folder, *key, NULL);
        if (!visit_key(gc, path, *key, error))
            return false;
    }
    return keys != NULL;
}

/* Trees that are kept by their digest, with or without a build. */
static bool
mark_trees(Gc *gc, GHashTable *names, GError **error)
{
    GHashTableIter iter;
    gpointer name;
    g_hash_table_iter_init(&iter, names);
    while (g_hash_table_iter_next(&iter, &name, NULL)) {
        g_autoptr(GError) problem = NULL;
        FaDigest digest;
        if (!fa_digest_from_hex(name, &digest) || mark_tree(gc, &digest, &problem))
            continue;
        if (fa_error_is(problem, FA_ERROR_NOT_FOUND))
            continue;
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
    return true;
}

/* A build vanishes whole; what remains of it is a leftover for the next collection. */
static bool
remove_build(Gc *gc, const char *name, const char *path, GError **error)
{
    g_autofree char *hidden = g_strdup_printf(".dead-%s", name);
    g_autofree char *dead = fa_store_path(gc->store, hidden);
    gc->stats.names_removed++;
    if (gc->dry_run)
        return true;
    if (!fa_fs_remove_tree(dead, error))
        return false;
    if (rename(path, dead) != 0)
        return fa_fail_errno(error, errno, "cannot remove '%s'", path);
    return fa_fs_remove_tree(dead, error);
}

static bool
visit_builds(Gc *gc, GError **error)
{
    g_auto(GStrv) names = fa_fs_list(gc->store->path, error);
    for (char **name = names; name != NULL && *name != NULL; name++) {
        g_autofree char *path = fa_store_path(gc->store, *name);
        const char *by = g_hash_table_lookup(gc->roots, *name);
        bool ok = fa_cancel_check(gc->cancel, error);
        if (ok && by != NULL)
            note_kept(gc, *name, by);
        else if (ok && (*name)[0] == '.')
            ok = remove_path(gc, path, &gc->stats.leftovers_removed, error);
        else if (ok && fa_store_is_name(*name))
            ok = remove_build(gc, *name, path, error);
        if (!ok)
            return false;
    }
    return names != NULL;
}

static bool
remove_staging(Gc *gc, GError **error)
{
    g_autofree char *folder = fa_store_path(gc->store, "tmp");
    g_auto(GStrv) names = fa_fs_list(folder, error);
    for (char **name = names; name != NULL && *name != NULL; name++) {
        g_autofree char *path = g_build_filename(folder, *name, NULL);
        if (!remove_path(gc, path, &gc->stats.leftovers_removed, error))
            return false;
    }
    return names != NULL;
}

static bool
sweep_object(Gc *gc, int fd, const char *shard, const char *name, GError **error)
{
    FaDigest digest;
    bool is_program;
    struct stat status;
    if (fstatat(fd, name, &status, AT_SYMLINK_NOFOLLOW) != 0)
        return fa_fail_errno(error, errno, "cannot look at object '%s/%s'", shard, name);
    uint64_t bytes = (uint64_t)status.st_blocks * BLOCK_SIZE;
    bool is_object = fa_object_parse_name(shard, name, &digest, &is_program);
    if ((is_object || fa_delta_parse_name(shard, name, &digest)) &&
        (g_hash_table_contains(gc->marked, &digest) ||
         (is_object && g_hash_table_contains(gc->bases, &digest)))) {
        gc->stats.bytes_kept += bytes;
        return true;
    }
    if (!gc->dry_run && unlinkat(fd, name, 0) != 0)
        return fa_fail_errno(error, errno, "cannot remove object '%s/%s'", shard, name);
    gc->stats.objects_removed++;
    /* A checkout elsewhere may still hold it. */
    if (gc->dry_run || status.st_nlink == 1)
        gc->stats.bytes_freed += bytes;
    return true;
}

static bool
sweep(Gc *gc, GError **error)
{
    g_autofree char *folder = fa_store_path(gc->store, "objects");
    g_auto(GStrv) shards = fa_fs_list(folder, error);
    for (char **shard = shards; shard != NULL && *shard != NULL; shard++) {
        g_autofree char *path = g_build_filename(folder, *shard, NULL);
        fa_autofd int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        g_auto(GStrv) names = fa_fs_list(path, error);
        if (names == NULL || fd < 0 || !fa_cancel_check(gc->cancel, error))
            return names == NULL || fd >= 0 ? false
                                            : fa_fail_errno(error, errno, "cannot open '%s'", path);
        for (char **name = names; *name != NULL; name++) {
            if (!sweep_object(gc, fd, *shard, *name, error))
                return false;
        }
    }
    return shards != NULL;
}

static bool
collect(Gc *gc, GError **error)
{
    return read_roots(gc, error) && read_sessions(gc, error) && visit_keys(gc, error) &&
           mark_trees(gc, gc->trees, error) && mark_trees(gc, gc->roots, error) &&
           visit_builds(gc, error) && remove_staging(gc, error) && sweep(gc, error);
}

bool
fa_store_gc(FaStore *store, bool dry_run, FaCancel *cancel, FaGcStats *ret_stats, GError **error)
{
    Gc gc = {.store = store, .dry_run = dry_run, .cancel = cancel};
    gc.stats.kept = g_ptr_array_new_with_free_func(free_kept);
    if (!fa_fs_is_directory(store->path)) {
        *ret_stats = gc.stats;
        return true;
    }
    g_autoptr(FaLock) hold = NULL;
    if (fa_store_make(store, error))
        hold = fa_store_hold(store, FA_LOCK_EXCLUSIVE, "collecting", cancel, error);
    if (hold == NULL) {
        fa_gc_stats_clear(&gc.stats);
        return false;
    }

    gc.roots = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    gc.trees = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    gc.marked = g_hash_table_new_full(fa_digest_hash, fa_digest_equal_func, g_free, NULL);
    gc.bases = g_hash_table_new_full(fa_digest_hash, fa_digest_equal_func, g_free, NULL);
    bool ok = collect(&gc, error);
    g_hash_table_unref(gc.roots);
    g_hash_table_unref(gc.trees);
    g_hash_table_unref(gc.marked);
    g_hash_table_unref(gc.bases);
    if (ok)
        *ret_stats = gc.stats;
    else
        fa_gc_stats_clear(&gc.stats);
    return ok;
}
