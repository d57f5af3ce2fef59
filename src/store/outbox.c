#include "store/outbox.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "store/object.h"
#include "sys/fd.h"
#include "sys/fs.h"

#define UNFINISHED ".unfinished"

struct FaOutbox {
    char *folder;
    FaLock *lock;
    int fd;             /* of the folder */
    GPtrArray *paths;   /* of char, in their order; file number n is the n-th */
    GHashTable *queued; /* the same */
    uint64_t files;
    uint64_t bytes;
};

static bool
open_all(FaOutbox *outbox, FaCancel *cancel, GError **error)
{
    g_autofree char *lock = g_build_filename(outbox->folder, ".lock", NULL);
    g_autofree char *unfinished = g_build_filename(outbox->folder, UNFINISHED, NULL);
    if (!fa_fs_make_directory(outbox->folder, 0755, error))
        return false;
    outbox->lock = fa_lock_take(lock, FA_LOCK_EXCLUSIVE, "offering", -1, NULL, NULL, cancel, error);
    if (outbox->lock == NULL || !fa_fs_remove_tree(unfinished, error) ||
        !fa_fs_make_directory(unfinished, 0700, error))
        return false;
    outbox->fd = open(outbox->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return outbox->fd >= 0 || fa_fail_errno(error, errno, "cannot open '%s'", outbox->folder);
}

FaOutbox *
fa_outbox_open(const char *folder, FaCancel *cancel, GError **error)
{
    FaOutbox *outbox = g_new0(FaOutbox, 1);
    outbox->folder = fa_fs_absolute(folder);
    outbox->fd = -1;
    outbox->paths = g_ptr_array_new_with_free_func(g_free);
    outbox->queued = g_hash_table_new(g_str_hash, g_str_equal);
    if (open_all(outbox, cancel, error))
        return outbox;
    fa_outbox_free(outbox);
    return NULL;
}

void
fa_outbox_free(FaOutbox *outbox)
{
    if (outbox == NULL)
        return;
    /* What cannot be removed is removed by the next one. */
    if (outbox->lock != NULL) {
        g_autofree char *unfinished = g_build_filename(outbox->folder, UNFINISHED, NULL);
        fa_fs_remove_tree(unfinished, NULL);
    }
    fa_lock_release(outbox->lock);
    fa_fd_clear(&outbox->fd);
    g_hash_table_unref(outbox->queued);
    g_ptr_array_unref(outbox->paths);
    g_free(outbox->folder);
    g_free(outbox);
}

bool
fa_outbox_has(const FaOutbox *outbox, const char *path)
{
    struct stat status;
    return g_hash_table_contains(outbox->queued, path) ||
           (fstatat(outbox->fd, path, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
            S_ISREG(status.st_mode));
}

static char *
unfinished_name(guint number)
{
    return g_strdup_printf(UNFINISHED "/%u", number);
}

int
fa_outbox_begin(FaOutbox *outbox, const char *path, GError **error)
{
    g_autofree char *name = unfinished_name(outbox->paths->len);
    char *queued = g_strdup(path);
    g_ptr_array_add(outbox->paths, queued);
    g_hash_table_add(outbox->queued, queued);
    fa_autofd int fd =
        openat(outbox->fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
    /* A web server reads it, whatever the umask. */
    if (fd < 0 || fchmod(fd, 0644) != 0) {
        fa_fail_errno(error, errno, "cannot make '%s/%s'", outbox->folder, path);
        return -1;
    }
    return fa_fd_steal(&fd);
}

bool
fa_outbox_write(FaOutbox *outbox, const char *path, const void *bytes, size_t length,
                GError **error)
{
    fa_autofd int fd = fa_outbox_begin(outbox, path, error);
    if (fd < 0)
        return false;
    return fa_write_all(fd, bytes, length) ||
           fa_fail_errno(error, errno, "cannot write '%s/%s'", outbox->folder, path);
}

static bool
send_one(FaOutbox *outbox, guint number, GError **error)
{
    const char *path = g_ptr_array_index(outbox->paths, number);
    g_autofree char *name = unfinished_name(number);
    g_autofree char *full = g_build_filename(outbox->folder, path, NULL);
    g_autofree char *parent = g_path_get_dirname(full);
    struct stat status;
    if (!fa_fs_make_directory(parent, 0755, error))
        return false;
    if (fstatat(outbox->fd, name, &status, AT_SYMLINK_NOFOLLOW) != 0 ||
        renameat(outbox->fd, name, outbox->fd, path) != 0)
        return fa_fail_errno(error, errno, "cannot make '%s'", full);
    outbox->files++;
    outbox->bytes += (uint64_t)status.st_size;
    return true;
}

bool
fa_outbox_send(FaOutbox *outbox, GError **error)
{
    if (outbox->paths->len == 0)
        return true;
    if (syncfs(outbox->fd) != 0)
        return fa_fail_errno(error, errno, "cannot write out '%s'", outbox->folder);
    for (guint i = 0; i < outbox->paths->len; i++) {
        if (!send_one(outbox, i, error))
            return false;
    }
    g_hash_table_remove_all(outbox->queued);
    g_ptr_array_set_size(outbox->paths, 0);
    return true;
}

uint64_t
fa_outbox_get_files(const FaOutbox *outbox)
{
    return outbox->files;
}

uint64_t
fa_outbox_get_bytes(const FaOutbox *outbox)
{
    return outbox->bytes;
}
