#include "site/backup-copy.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/error.h"
#include "site/sqlite-copy.h"
#include "sys/fd.h"
#include "sys/fs.h"
#include "sys/hash.h"

#define DEPTH_MAX 200
#define BUFFER    ((size_t)256 << 10)

/* One walk. */
typedef struct Walk {
    FaCancel *cancel;
    FaBackupCount *count;
} Walk;

static bool copy_entry(const Walk *walk, const char *from, const char *to, unsigned depth,
                       bool *ret_is_there, GError **error);

static bool
copy_directory(const Walk *walk, const char *from, const char *to, unsigned depth, GError **error)
{
    g_autoptr(GError) failure = NULL;
    g_auto(GStrv) names = fa_fs_list(from, &failure);
    if (depth > DEPTH_MAX)
        return fa_fail(error, FA_ERROR_FAILED, "'%s' is more than %d folders deep", from,
                       DEPTH_MAX);
    if (names == NULL && !fa_error_is(failure, FA_ERROR_NOT_FOUND)) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return false;
    }
    if (!fa_fs_make_directory(to, 0700, error))
        return false;
    for (char **name = names; name != NULL && *name != NULL; name++) {
        g_autofree char *source = g_build_filename(from, *name, NULL);
        g_autofree char *target = g_build_filename(to, *name, NULL);
        bool is_there;
        if (!copy_entry(walk, source, target, depth + 1, &is_there, error))
            return false;
    }
    return true;
}

static bool
copy_link(const char *from, const char *to, GError **error)
{
    g_autofree char *target = fa_fs_read_symlink(from, error);
    return target != NULL &&
           (symlink(target, to) == 0 || fa_fail_errno(error, errno, "cannot make '%s'", to));
}

/* A database is one file, whatever lies beside it. */
static bool
copy_regular(const Walk *walk, const char *from, const char *to, bool *ret_is_there, GError **error)
{
    g_autofree char *owner = fa_sqlite_find_owner(from);
    struct stat status;
    *ret_is_there = owner == NULL;
    if (owner != NULL)
        return true;
    bool is_database = fa_sqlite_is_database(from);
    if (is_database ? !fa_sqlite_copy(from, to, walk->cancel, error)
                    : !fa_fs_copy_file(from, to, error))
        return false;
    if (walk->count == NULL || lstat(to, &status) != 0)
        return true;
    walk->count->files++;
    walk->count->databases += is_database;
    walk->count->bytes += (uint64_t)status.st_size;
    return true;
}

static bool
copy_entry(const Walk *walk, const char *from, const char *to, unsigned depth, bool *ret_is_there,
           GError **error)
{
    struct stat status;
    g_autoptr(GError) failure = NULL;
    bool is_done = true;
    *ret_is_there = false;
    if (!fa_cancel_check(walk->cancel, error))
        return false;
    if (lstat(from, &status) != 0)
        return errno == ENOENT || fa_fail_errno(error, errno, "cannot read '%s'", from);
    *ret_is_there = true;
    if (S_ISDIR(status.st_mode))
        is_done = copy_directory(walk, from, to, depth, &failure);
    else if (S_ISLNK(status.st_mode))
        is_done = copy_link(from, to, &failure);
    else if (S_ISREG(status.st_mode))
        is_done = copy_regular(walk, from, to, ret_is_there, &failure);
    else
        *ret_is_there = false;
    /* Somebody removed it meanwhile. */
    if (!is_done && lstat(from, &status) != 0 && errno == ENOENT) {
        *ret_is_there = false;
        return fa_fs_remove_tree(to, error);
    }
    if (!is_done) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return false;
    }
    return !*ret_is_there || S_ISLNK(status.st_mode) || chmod(to, status.st_mode & 0777) == 0 ||
           fa_fail_errno(error, errno, "cannot set the permissions of '%s'", to);
}

bool
fa_backup_copy(const char *from, const char *to, FaCancel *cancel, FaBackupCount *count,
               bool *ret_is_there, GError **error)
{
    const Walk walk = {.cancel = cancel, .count = count};
    return copy_entry(&walk, from, to, 0, ret_is_there, error);
}

typedef struct Digesting {
    FaHash *hash;
    FaHasher *hasher;
    FaKeyHasher *key;
    FaCancel *cancel;
    char *buffer;
} Digesting;

static void
digesting_clear(Digesting *digesting)
{
    g_clear_pointer(&digesting->hasher, fa_hasher_free);
    g_clear_pointer(&digesting->hash, fa_hash_free);
    g_clear_pointer(&digesting->key, fa_key_hasher_free);
    g_free(digesting->buffer);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Digesting, digesting_clear)

static bool
add_file(Digesting *digesting, const char *path, GError **error)
{
    fa_autofd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    FaDigest digest;
    ssize_t count = 0;
    if (fd < 0)
        return fa_fail_errno(error, errno, "cannot read '%s'", path);
    fa_hasher_begin(digesting->hasher);
    while (fa_cancel_check(digesting->cancel, error)) {
        count = read(fd, digesting->buffer, BUFFER);
        if (count <= 0)
            break;
        fa_hasher_add(digesting->hasher, digesting->buffer, (size_t)count);
    }
    if (count < 0)
        return fa_fail_errno(error, errno, "cannot read '%s'", path);
    fa_hasher_finish(digesting->hasher, &digest);
    fa_key_hasher_add_digest(digesting->key, "content", &digest);
    return fa_cancel_check(digesting->cancel, error);
}

static bool
add_tree(Digesting *digesting, const char *directory, const char *below, GError **error)
{
    g_auto(GStrv) names = fa_fs_list(directory, error);
    for (char **name = names; name != NULL && *name != NULL; name++) {
        g_autofree char *path = g_build_filename(directory, *name, NULL);
        g_autofree char *shown = g_build_filename(below, *name, NULL);
        struct stat status;
        if (lstat(path, &status) != 0)
            return fa_fail_errno(error, errno, "cannot read '%s'", path);
        g_autofree char *mode = g_strdup_printf("%o", (unsigned)status.st_mode);
        fa_key_hasher_add(digesting->key, "path", shown);
        if (S_ISLNK(status.st_mode)) {
            g_autofree char *target = fa_fs_read_symlink(path, error);
            if (target == NULL)
                return false;
            fa_key_hasher_add(digesting->key, "target", target);
            continue;
        }
        fa_key_hasher_add(digesting->key, "mode", mode);
        if (S_ISDIR(status.st_mode) ? !add_tree(digesting, path, shown, error)
                                    : !add_file(digesting, path, error))
            return false;
    }
    return names != NULL;
}

char *
fa_backup_digest(const char *directory, FaCancel *cancel, GError **error)
{
    g_auto(Digesting) digesting = {.cancel = cancel,
                                   .hash = fa_hash_open(error),
                                   .key = fa_key_hasher_new("backup"),
                                   .buffer = g_malloc(BUFFER)};
    FaDigest digest;
    if (digesting.hash == NULL)
        return NULL;
    digesting.hasher = fa_hasher_new(digesting.hash);
    if (!add_tree(&digesting, directory, "", error))
        return NULL;
    fa_key_hasher_finish(digesting.key, &digest);
    return fa_digest_to_string(&digest);
}
