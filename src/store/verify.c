#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
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

/* A published build and what it should hold. */
typedef struct Build {
    char *name;
    FaDigest digest;
    FaTree *tree; /* (nullable) its manifest is lost */
} Build;

typedef struct Verify {
    FaStore *store;
    FaDamageFunc report;
    void *data;
    FaCancel *cancel;
    FaHasher *hasher;
    int objects_fd;
    GPtrArray *builds;   /* of Build */
    GHashTable *damaged; /* name of an object, without repeats */
} Verify;

static void
free_build(gpointer data)
{
    Build *build = data;
    g_free(build->name);
    fa_tree_free(build->tree);
    g_free(build);
}

static int
compare_builds(gconstpointer a, gconstpointer b)
{
    return strcmp((*(const Build *const *)a)->name, (*(const Build *const *)b)->name);
}

static bool
is_intact(Verify *verify, const char *name, const FaDigest *digest)
{
    FaDigest found;
    return fa_object_hash_file(verify->hasher, verify->objects_fd, name, &found) == 0 &&
           fa_digest_is_equal(&found, digest);
}

/* A manifest, however it is held. */
static bool
is_readable(Verify *verify, const FaDigest *digest)
{
    g_autofree char *text = NULL;
    size_t length;
    return fa_object_read(verify->store, digest, FA_TREE_TEXT_MAX, &text, &length, NULL);
}

/* A damaged object is as good as none: without its name, an import puts a whole one there. */
static bool
drop_object(Verify *verify, const char *name, GError **error)
{
    g_hash_table_add(verify->damaged, g_strdup(name));
    if (unlinkat(verify->objects_fd, name, 0) == 0 || errno == ENOENT)
        return true;
    return fa_fail_errno(error, errno, "cannot remove the damaged object '%s'", name);
}

static bool
read_shard(Verify *verify, const char *folder, const char *shard, GError **error)
{
    g_autofree char *path = g_build_filename(folder, shard, NULL);
    g_auto(GStrv) names = fa_fs_list(path, error);
    for (char **rest = names; rest != NULL && *rest != NULL; rest++) {
        g_autofree char *name = g_build_filename(shard, *rest, NULL);
        FaDigest digest;
        bool is_program;
        bool is_object = fa_object_parse_name(shard, *rest, &digest, &is_program);
        if (!is_object && !fa_delta_parse_name(shard, *rest, &digest))
            continue;
        if (!fa_cancel_check(verify->cancel, error))
            return false;
        bool is_good = is_object ? is_intact(verify, name, &digest) : is_readable(verify, &digest);
        if (!is_good && !drop_object(verify, name, error))
            return false;
    }
    return names != NULL;
}

static bool
read_objects(Verify *verify, GError **error)
{
    g_autofree char *folder = fa_store_path(verify->store, "objects");
    g_auto(GStrv) shards = fa_fs_list(folder, error);
    for (char **shard = shards; shard != NULL && *shard != NULL; shard++) {
        if (!read_shard(verify, folder, *shard, error))
            return false;
    }
    return shards != NULL;
}

/* What a build still holds whole becomes objects again, its manifest too when it holds all. */
static void
import_build(Verify *verify, const char *name)
{
    const FaImportOptions options = {.cancel = verify->cancel};
    g_autofree char *path = fa_store_path(verify->store, name);
    FaDigest tree;
    fa_store_import(verify->store, path, &options, &tree, NULL, NULL);
}

static bool
read_builds(Verify *verify, GError **error)
{
    g_autofree char *folder = fa_store_path(verify->store, "keys");
    g_auto(GStrv) keys = fa_fs_list(folder, error);
    for (char **key = keys; key != NULL && *key != NULL; key++) {
        g_autofree Build *build = g_new0(Build, 1);
        if (!fa_store_read_key(verify->store, *key, &build->name, &build->digest))
            continue;
        build->tree = fa_checkout_read_tree(verify->store, &build->digest, NULL);
        if (build->tree == NULL) {
            char name[FA_OBJECT_NAME_SIZE];
            fa_object_name(&build->digest, false, name);
            g_hash_table_add(verify->damaged, g_strdup(name));
            import_build(verify, build->name);
            build->tree = fa_checkout_read_tree(verify->store, &build->digest, NULL);
        }
        g_ptr_array_add(verify->builds, g_steal_pointer(&build));
    }
    g_ptr_array_sort(verify->builds, compare_builds);
    return keys != NULL;
}

static void
object_of(const FaEntry *entry, char name[FA_OBJECT_NAME_SIZE])
{
    fa_object_name(&entry->digest, entry->kind == FA_ENTRY_PROGRAM, name);
}

/* Finds what is missing of @build's objects, and takes from it what it has of those that are not whole. */
static void
restore_objects(Verify *verify, const Build *build)
{
    bool is_needed = false;
    for (size_t i = 0; build->tree != NULL && i < build->tree->entries->len; i++) {
        const FaEntry *entry = fa_tree_get(build->tree, i);
        char name[FA_OBJECT_NAME_SIZE];
        if (!fa_entry_is_file(entry) ||
            fa_object_is_whole(verify->objects_fd, &entry->digest, entry->kind == FA_ENTRY_PROGRAM,
                               entry->size))
            continue;
        object_of(entry, name);
        g_hash_table_add(verify->damaged, g_strdup(name));
        is_needed = true;
    }
    if (is_needed)
        import_build(verify, build->name);
}

/* Puts the object in the place of a file. The folder is read-only, and is so again afterwards. */
static bool
replace_file(Verify *verify, const Build *build, const char *path, const char *object)
{
    g_autofree char *full = g_build_filename(verify->store->path, build->name, path, NULL);
    g_autofree char *folder = g_path_get_dirname(full);
    g_autofree char *temporary = g_build_filename(folder, ".fassembler-restored", NULL);
    struct stat status;
    if (stat(folder, &status) != 0 || chmod(folder, (status.st_mode & 07777) | 0200) != 0)
        return false;
    bool ok = (unlink(temporary) == 0 || errno == ENOENT) &&
              linkat(verify->objects_fd, object, AT_FDCWD, temporary, 0) == 0 &&
              rename(temporary, full) == 0;
    /* The time of a folder is one for all. */
    utimensat(AT_FDCWD, folder, (struct timespec[]){status.st_mtim, status.st_mtim}, 0);
    return chmod(folder, status.st_mode & 07777) == 0 && ok;
}

static void
report_file(Verify *verify, const Build *build, const char *path, bool restored)
{
    const char *const names[] = {build->name, NULL};
    g_autofree char *full = g_build_filename(verify->store->path, build->name, path, NULL);
    const FaDamage damage = {.path = full, .names = names, .restored = restored};
    verify->report(&damage, verify->data);
}

static void
check_file(Verify *verify, const Build *build, int fd, const FaEntry *entry)
{
    char object[FA_OBJECT_NAME_SIZE];
    struct stat here, there;
    FaDigest found;
    object_of(entry, object);
    bool has_object = fstatat(verify->objects_fd, object, &there, AT_SYMLINK_NOFOLLOW) == 0;
    if (has_object && fstatat(fd, entry->path, &here, AT_SYMLINK_NOFOLLOW) == 0 &&
        here.st_ino == there.st_ino && here.st_dev == there.st_dev)
        return;
    if (fa_object_hash_file(verify->hasher, fd, entry->path, &found) == 0 &&
        fa_digest_is_equal(&found, &entry->digest))
        return;
    bool restored = has_object && replace_file(verify, build, entry->path, object);
    if (!g_hash_table_contains(verify->damaged, object))
        report_file(verify, build, entry->path, restored);
}

static bool
check_build(Verify *verify, const Build *build, GError **error)
{
    g_autofree char *path = fa_store_path(verify->store, build->name);
    fa_autofd int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) {
        report_file(verify, build, "", false);
        return true;
    }
    for (size_t i = 0; build->tree != NULL && i < build->tree->entries->len; i++) {
        const FaEntry *entry = fa_tree_get(build->tree, i);
        if (!fa_cancel_check(verify->cancel, error))
            return false;
        if (fa_entry_is_file(entry))
            check_file(verify, build, fd, entry);
    }
    return true;
}

static bool
uses(const Build *build, const FaDigest *digest)
{
    if (fa_digest_is_equal(&build->digest, digest))
        return true;
    for (size_t i = 0; build->tree != NULL && i < build->tree->entries->len; i++) {
        const FaEntry *entry = fa_tree_get(build->tree, i);
        if (fa_entry_is_file(entry) && fa_digest_is_equal(&entry->digest, digest))
            return true;
    }
    return false;
}

static void
report_object(Verify *verify, const char *name)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    g_autofree char *path = g_build_filename(verify->store->path, "objects", name, NULL);
    char shard[] = {name[0], name[1], '\0'};
    FaDigest digest;
    bool is_program;
    if (!fa_object_parse_name(shard, name + sizeof shard, &digest, &is_program) &&
        !fa_delta_parse_name(shard, name + sizeof shard, &digest))
        return;
    for (size_t i = 0; i < verify->builds->len; i++) {
        const Build *build = g_ptr_array_index(verify->builds, i);
        if (uses(build, &digest))
            g_ptr_array_add(names, build->name);
    }
    g_ptr_array_add(names, NULL);
    const FaDamage damage = {
        .path = path,
        .names = (const char *const *)names->pdata,
        .restored = is_intact(verify, name, &digest) || is_readable(verify, &digest),
    };
    verify->report(&damage, verify->data);
}

static bool
run(Verify *verify, GError **error)
{
    if (!read_objects(verify, error) || !read_builds(verify, error))
        return false;
    for (size_t i = 0; i < verify->builds->len; i++)
        restore_objects(verify, g_ptr_array_index(verify->builds, i));
    for (size_t i = 0; i < verify->builds->len; i++) {
        if (!check_build(verify, g_ptr_array_index(verify->builds, i), error))
            return false;
    }
    GHashTableIter iter;
    gpointer name;
    g_hash_table_iter_init(&iter, verify->damaged);
    while (g_hash_table_iter_next(&iter, &name, NULL))
        report_object(verify, name);
    return fa_cancel_check(verify->cancel, error);
}

bool
fa_store_verify(FaStore *store, FaDamageFunc report, void *data, FaCancel *cancel, GError **error)
{
    if (!fa_fs_is_directory(store->path))
        return true;
    const FaHash *hash = fa_store_get_hash(store, error);
    if (hash == NULL || !fa_store_make(store, error))
        return false;
    g_autoptr(FaLock) hold = fa_store_hold(store, FA_LOCK_SHARED, "verifying", cancel, error);
    if (hold == NULL)
        return false;
    fa_autofd int objects_fd = fa_object_open_folder(store, error);
    if (objects_fd < 0)
        return false;

    g_autoptr(FaHasher) hasher = fa_hasher_new(hash);
    g_autoptr(GPtrArray) builds = g_ptr_array_new_with_free_func(free_build);
    g_autoptr(GHashTable) damaged = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    Verify verify = {
        .store = store,
        .report = report,
        .data = data,
        .cancel = cancel,
        .hasher = hasher,
        .objects_fd = objects_fd,
        .builds = builds,
        .damaged = damaged,
    };
    return run(&verify, error);
}
