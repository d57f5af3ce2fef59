#include "store/object.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "store/delta.h"
#include "store/private.h"
#include "store/scan.h"
#include "sys/fd.h"
#include "sys/fs.h"

#define EPOCH  946684800 /* 2000-01-01 */
#define SPREAD 0x1fffffffu
#define SHARD  2
#define BUFFER (256 * 1024)

void
fa_object_name(const FaDigest *digest, bool is_program, char ret_name[FA_OBJECT_NAME_SIZE])
{
    char hex[FA_DIGEST_HEX_SIZE];
    fa_digest_to_hex(digest, hex);
    memcpy(ret_name, hex, SHARD);
    ret_name[SHARD] = '/';
    memcpy(ret_name + SHARD + 1, hex + SHARD, sizeof hex - SHARD);
    if (is_program)
        memcpy(ret_name + sizeof hex, ".x", sizeof ".x");
}

bool
fa_object_parse_name(const char *shard, const char *rest, FaDigest *ret_digest,
                     bool *ret_is_program)
{
    char hex[FA_DIGEST_HEX_SIZE];
    size_t length = strlen(rest), digits = FA_DIGEST_HEX_SIZE - 1 - SHARD;
    bool is_program = length == digits + 2 && strcmp(rest + digits, ".x") == 0;
    if (strlen(shard) != SHARD || (length != digits && !is_program))
        return false;

    memcpy(hex, shard, SHARD);
    memcpy(hex + SHARD, rest, digits);
    hex[FA_DIGEST_HEX_SIZE - 1] = '\0';
    if (!fa_digest_from_hex(hex, ret_digest))
        return false;
    *ret_is_program = is_program;
    return true;
}

struct timespec
fa_object_time(const FaDigest *digest)
{
    uint32_t word;
    memcpy(&word, digest->bytes, sizeof word);
    return (struct timespec){.tv_sec = EPOCH + (GUINT32_FROM_BE(word) & SPREAD)};
}

mode_t
fa_object_mode(bool is_program)
{
    return is_program ? 0555 : 0444;
}

int
fa_object_open_folder(FaStore *store, GError **error)
{
    g_autofree char *path = fa_store_path(store, "objects");
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        fa_fail_errno(error, errno, "cannot open '%s'", path);
    return fd;
}

static bool
is_whole(int fd, const char *name, const FaDigest *digest, bool is_program, uint64_t size)
{
    struct stat status;
    return fstatat(fd, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(status.st_mode) &&
           (status.st_mode & 07777) == fa_object_mode(is_program) &&
           (uint64_t)status.st_size == size &&
           status.st_mtim.tv_sec == fa_object_time(digest).tv_sec && status.st_mtim.tv_nsec == 0;
}

bool
fa_object_is_whole(int objects_fd, const FaDigest *digest, bool is_program, uint64_t size)
{
    char name[FA_OBJECT_NAME_SIZE];
    fa_object_name(digest, is_program, name);
    return is_whole(objects_fd, name, digest, is_program, size);
}

bool
fa_object_read(FaStore *store, const FaDigest *digest, size_t limit, char **ret_content,
               size_t *ret_length, GError **error)
{
    char name[FA_OBJECT_NAME_SIZE];
    fa_object_name(digest, false, name);
    g_autofree char *path = g_build_filename(store->path, "objects", name, NULL);
    g_autofree char *content = NULL;
    size_t length;
    const FaHash *hash = fa_store_get_hash(store, error);
    g_autoptr(GError) problem = NULL;
    if (hash == NULL)
        return false;
    if (!fa_fs_read(path, limit, &content, &length, &problem) &&
        (!fa_error_is(problem, FA_ERROR_NOT_FOUND) ||
         !fa_delta_read(store, digest, limit, &content, &length, NULL))) {
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }

    FaDigest found;
    g_autoptr(FaHasher) hasher = fa_hasher_new(hash);
    fa_hasher_begin(hasher);
    fa_hasher_add(hasher, content, length);
    fa_hasher_finish(hasher, &found);
    if (!fa_digest_is_equal(&found, digest))
        return fa_fail(error, FA_ERROR_FAILED, "'%s' is damaged", path);
    *ret_content = g_steal_pointer(&content);
    *ret_length = length;
    return true;
}

bool
fa_staging_open(FaStore *store, FaStaging *staging, GError **error)
{
    g_autofree char *parent = fa_store_path(store, "tmp");
    *staging = (FaStaging){.fd = -1, .objects_fd = -1};
    staging->names = g_ptr_array_new_with_free_func(g_free);
    g_mutex_init(&staging->mutex);

    staging->path = fa_fs_make_temporary(parent, "import-", error);
    if (staging->path == NULL)
        return false;
    staging->fd = open(staging->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (staging->fd < 0)
        return fa_fail_errno(error, errno, "cannot open '%s'", staging->path);
    staging->objects_fd = fa_object_open_folder(store, error);
    return staging->objects_fd >= 0;
}

void
fa_staging_clear(FaStaging *staging)
{
    if (staging->names == NULL)
        return;
    /* What cannot be removed is found by the next collection. */
    if (staging->path != NULL)
        fa_fs_remove_tree(staging->path, NULL);
    fa_fd_clear(&staging->fd);
    fa_fd_clear(&staging->objects_fd);
    g_ptr_array_unref(staging->names);
    g_mutex_clear(&staging->mutex);
    g_free(staging->path);
    *staging = (FaStaging){.fd = -1, .objects_fd = -1};
}

bool
fa_staging_shard(FaStaging *staging, GError **error)
{
    struct stat status;
    for (unsigned i = 0; i < FA_SHARD_COUNT; i++) {
        char shard[SHARD + 1];
        snprintf(shard, sizeof shard, "%02x", i);
        staging->lacks[i] =
            fstatat(staging->objects_fd, shard, &status, AT_SYMLINK_NOFOLLOW) != 0 &&
            errno == ENOENT;
    }
    if (mkdirat(staging->fd, "00", 0755) != 0 ||
        fstatat(staging->fd, "00", &status, AT_SYMLINK_NOFOLLOW) != 0)
        return fa_fail_errno(error, errno, "cannot create a directory in '%s'", staging->path);
    staging->is_sharded = true;
    staging->keeps_modes = (status.st_mode & 0777) == 0755;
    return true;
}

bool
fa_staging_is_published(const FaStaging *staging, const FaDigest *digest, bool is_program,
                        uint64_t size)
{
    return !staging->lacks[digest->bytes[0]] &&
           fa_object_is_whole(staging->objects_fd, digest, is_program, size);
}

/* What an object's name is in the staging folder. */
static void
staged_name(const FaStaging *staging, const char *name, char ret_staged[FA_OBJECT_NAME_SIZE])
{
    size_t slash = staging->is_sharded ? 0 : 1;
    memcpy(ret_staged, name, SHARD);
    g_strlcpy(ret_staged + SHARD, name + SHARD + slash, FA_OBJECT_NAME_SIZE - SHARD);
}

static void
add_name(FaStaging *staging, const char *name)
{
    g_mutex_lock(&staging->mutex);
    g_ptr_array_add(staging->names, g_strdup(name));
    g_mutex_unlock(&staging->mutex);
}

/* Makes its shard, where it has none. */
static bool
make_room(FaStaging *staging, const char *staged)
{
    const char shard[SHARD + 1] = {staged[0], staged[1], '\0'};
    return staging->is_sharded && errno == ENOENT &&
           (mkdirat(staging->fd, shard, 0755) == 0 || errno == EEXIST);
}

static int
begin(FaStaging *staging, const char *name, bool is_program, GError **error)
{
    static const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
    mode_t mode = staging->keeps_modes ? fa_object_mode(is_program) : 0600;
    char staged[FA_OBJECT_NAME_SIZE];
    staged_name(staging, name, staged);
    int fd = openat(staging->fd, staged, flags, mode);
    if (fd < 0 && make_room(staging, staged))
        fd = openat(staging->fd, staged, flags, mode);
    if (fd < 0) {
        if (errno != EEXIST)
            fa_fail_errno(error, errno, "cannot create a file in '%s'", staging->path);
        return -1;
    }
    add_name(staging, name);
    return fd;
}

int
fa_staging_begin(FaStaging *staging, const FaDigest *digest, bool is_program, GError **error)
{
    char name[FA_OBJECT_NAME_SIZE];
    fa_object_name(digest, is_program, name);
    return begin(staging, name, is_program, error);
}

static bool
finish(FaStaging *staging, int fd, const FaDigest *digest, uint64_t length, GError **error)
{
    struct timespec time = fa_object_time(digest);
    if (futimens(fd, (struct timespec[]){time, time}) != 0)
        return fa_fail_errno(error, errno, "cannot finish a file in '%s'", staging->path);
    g_mutex_lock(&staging->mutex);
    staging->bytes += length;
    g_mutex_unlock(&staging->mutex);
    return true;
}

static bool
set_mode(const FaStaging *staging, int fd, bool is_program, GError **error)
{
    return fchmod(fd, fa_object_mode(is_program)) == 0 ||
           fa_fail_errno(error, errno, "cannot finish a file in '%s'", staging->path);
}

bool
fa_staging_end(FaStaging *staging, int fd, const FaDigest *digest, bool is_program, GError **error)
{
    off_t length = lseek(fd, 0, SEEK_CUR);
    if (length < 0)
        return fa_fail_errno(error, errno, "cannot finish a file in '%s'", staging->path);
    return set_mode(staging, fd, is_program, error) &&
           finish(staging, fd, digest, (uint64_t)length, error);
}

bool
fa_write_all(int fd, const void *bytes, size_t length)
{
    const char *next = bytes;
    while (length > 0) {
        ssize_t written = write(fd, next, length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return false;
        next += written;
        length -= (size_t)written;
    }
    return true;
}

bool
fa_staging_write(FaStaging *staging, const FaDigest *digest, bool is_program, const void *bytes,
                 size_t length, GError **error)
{
    char name[FA_OBJECT_NAME_SIZE];
    fa_object_name(digest, is_program, name);
    return fa_staging_write_as(staging, name, digest, is_program, bytes, length, error);
}

bool
fa_staging_write_as(FaStaging *staging, const char *name, const FaDigest *digest, bool is_program,
                    const void *bytes, size_t length, GError **error)
{
    g_autoptr(GError) problem = NULL;
    fa_autofd int fd = begin(staging, name, is_program, &problem);
    if (problem != NULL) {
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
    if (fd < 0)
        return true;
    if (!fa_write_all(fd, bytes, length))
        return fa_fail_errno(error, errno, "cannot write a file in '%s'", staging->path);
    return (staging->keeps_modes || set_mode(staging, fd, is_program, error)) &&
           finish(staging, fd, digest, length, error);
}

bool
fa_staging_link(FaStaging *staging, int fd, int directory_fd, const char *path,
                const FaDigest *digest, bool is_program)
{
    char name[FA_OBJECT_NAME_SIZE], staged[FA_OBJECT_NAME_SIZE];
    fa_object_name(digest, is_program, name);
    staged_name(staging, name, staged);
    if (linkat(directory_fd, path, staging->fd, staged, 0) != 0 &&
        (!make_room(staging, staged) || linkat(directory_fd, path, staging->fd, staged, 0) != 0))
        return false;
    if (!fa_staging_end(staging, fd, digest, is_program, NULL)) {
        unlinkat(staging->fd, staged, 0);
        return false;
    }
    add_name(staging, name);
    return true;
}

int
fa_staging_begin_part(FaStaging *staging, char ret_name[FA_OBJECT_NAME_SIZE], GError **error)
{
    g_mutex_lock(&staging->mutex);
    snprintf(ret_name, FA_OBJECT_NAME_SIZE, "part-%u", staging->parts++);
    g_mutex_unlock(&staging->mutex);
    int fd =
        openat(staging->fd, ret_name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        fa_fail_errno(error, errno, "cannot create a file in '%s'", staging->path);
    return fd;
}

bool
fa_staging_adopt(FaStaging *staging, int fd, const char *part, const FaDigest *digest,
                 bool is_program, GError **error)
{
    char name[FA_OBJECT_NAME_SIZE], staged[FA_OBJECT_NAME_SIZE];
    fa_object_name(digest, is_program, name);
    staged_name(staging, name, staged);
    if (!fa_staging_end(staging, fd, digest, is_program, error))
        return false;
    if (renameat(staging->fd, part, staging->fd, staged) != 0 &&
        (!make_room(staging, staged) || renameat(staging->fd, part, staging->fd, staged) != 0))
        return fa_fail_errno(error, errno, "cannot rename a file in '%s'", staging->path);
    add_name(staging, name);
    return true;
}

/* The name is taken: another made the same object meanwhile. Its inode is kept, unless it is not whole. */
static bool
replace_object(FaStaging *staging, const char *staged, const char *name, GError **error)
{
    char shard[SHARD + 1] = {name[0], name[1], '\0'};
    struct stat status;
    FaDigest digest;
    bool is_program;
    /* A manifest that is held as a difference from another one is as good as what is there. */
    if (!fa_object_parse_name(shard, name + SHARD + 1, &digest, &is_program)) {
        if (renameat(staging->fd, staged, staging->objects_fd, name) == 0)
            return true;
        return fa_fail_errno(error, errno, "cannot publish object '%s'", name);
    }
    if (fstatat(staging->fd, staged, &status, AT_SYMLINK_NOFOLLOW) != 0)
        return fa_fail_errno(error, errno, "cannot find '%s/%s'", staging->path, staged);
    if (is_whole(staging->objects_fd, name, &digest, is_program, (uint64_t)status.st_size) ||
        renameat(staging->fd, staged, staging->objects_fd, name) == 0)
        return true;
    return fa_fail_errno(error, errno, "cannot publish object '%s'", name);
}

static bool
publish_object(FaStaging *staging, const char *name, GError **error)
{
    char staged[FA_OBJECT_NAME_SIZE], shard[SHARD + 1] = {name[0], name[1], '\0'};
    staged_name(staging, name, staged);
    /* Shards are made when something is found to have none, for soon all of them are there. */
    for (unsigned tries = 0; tries < 2; tries++) {
        if (renameat2(staging->fd, staged, staging->objects_fd, name, RENAME_NOREPLACE) == 0)
            return true;
        if (errno != ENOENT)
            break;
        if (mkdirat(staging->objects_fd, shard, 0755) != 0 && errno != EEXIST)
            return fa_fail_errno(error, errno, "cannot create 'objects/%s'", shard);
    }
    /* Not all file systems can refuse to replace. */
    if (errno == EEXIST || errno == EINVAL)
        return replace_object(staging, staged, name, error);
    return fa_fail_errno(error, errno, "cannot publish object '%s'", name);
}

bool
fa_staging_sync(FaStaging *staging, GError **error)
{
    if (syncfs(staging->fd) == 0)
        return true;
    return fa_fail_errno(error, errno, "cannot write out '%s'", staging->path);
}

/* What cannot be shown so is shown object by object: another may have made the same shard meanwhile. */
static void
show_shards(FaStaging *staging, bool ret_shown[FA_SHARD_COUNT])
{
    for (unsigned i = 0; i < FA_SHARD_COUNT; i++) {
        char shard[SHARD + 1];
        snprintf(shard, sizeof shard, "%02x", i);
        ret_shown[i] =
            staging->lacks[i] && renameat(staging->fd, shard, staging->objects_fd, shard) == 0;
    }
}

static unsigned
shard_of(const char *name)
{
    return (unsigned)(g_ascii_xdigit_value(name[0]) << 4 | g_ascii_xdigit_value(name[1]));
}

bool
fa_staging_show(FaStaging *staging, GError **error)
{
    bool is_shown[FA_SHARD_COUNT] = {false};
    show_shards(staging, is_shown);
    for (size_t i = 0; i < staging->names->len; i++) {
        const char *name = g_ptr_array_index(staging->names, i);
        if (!is_shown[shard_of(name)] && !publish_object(staging, name, error))
            return false;
    }
    return true;
}

bool
fa_staging_publish(FaStaging *staging, GError **error)
{
    return staging->names->len == 0 ||
           (fa_staging_sync(staging, error) && fa_staging_show(staging, error));
}

int
fa_staging_find(const FaStaging *staging, const FaDigest *digest, bool is_program, uint64_t size,
                char ret_name[FA_OBJECT_NAME_SIZE])
{
    char name[FA_OBJECT_NAME_SIZE], staged[FA_OBJECT_NAME_SIZE];
    fa_object_name(digest, is_program, name);
    staged_name(staging, name, staged);
    if (is_whole(staging->objects_fd, name, digest, is_program, size)) {
        g_strlcpy(ret_name, name, FA_OBJECT_NAME_SIZE);
        return staging->objects_fd;
    }
    bool is_staged = staging->fd >= 0 && is_whole(staging->fd, staged, digest, is_program, size);
    g_strlcpy(ret_name, is_staged ? staged : name, FA_OBJECT_NAME_SIZE);
    return is_staged ? staging->fd : -1;
}

int
fa_object_hash_file(FaHasher *hasher, int directory_fd, const char *path, FaDigest *ret_digest)
{
    g_autofree char *buffer = g_malloc(BUFFER);
    ssize_t length;
    fa_autofd int fd = fa_scan_open_file(directory_fd, path);
    if (fd < 0)
        return -1;
    fa_hasher_begin(hasher);
    while ((length = read(fd, buffer, BUFFER)) != 0) {
        if (length < 0 && errno != EINTR)
            return -1;
        if (length > 0)
            fa_hasher_add(hasher, buffer, (size_t)length);
    }
    fa_hasher_finish(hasher, ret_digest);
    return 0;
}
