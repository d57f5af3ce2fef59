#include "sys/fs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "sys/fd.h"

/* A directory costs a descriptor (two in a copy) while it is walked. */
#define REMOVE_DEPTH_MAX 64
#define COPY_DEPTH_MAX   200
#define COPY_BUFFER      (256 * 1024)

static void
close_directory(DIR **directory)
{
    if (*directory != NULL)
        closedir(*directory);
}

#define autodir __attribute__((cleanup(close_directory)))

static bool
is_dot(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* The name below @parent as seen by @entry; a file system that does not tell is asked. */
static bool
entry_is_directory(int parent, const struct dirent *entry)
{
    struct stat status;
    if (entry->d_type != DT_UNKNOWN)
        return entry->d_type == DT_DIR;
    return fstatat(parent, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
           S_ISDIR(status.st_mode);
}

/* Opens a directory that is to be removed, and makes it ours to change first where it is not. */
static int
open_for_removal(int parent, const char *name)
{
    fa_autofd int handle = openat(parent, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    struct stat status;
    if (handle < 0 || fstat(handle, &status) != 0)
        return -1;

    if ((status.st_mode & 0700) != 0700) {
        char link[64];
        snprintf(link, sizeof link, "/proc/self/fd/%d", handle);
        /* When this fails, opening or emptying it fails too, and that is reported. */
        if (chmod(link, (status.st_mode & 07777) | 0700) != 0)
            errno = 0;
    }
    return openat(handle, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

typedef struct Removal {
    const char *path; /* for messages */
    int top;          /* where directories that are too deep are moved to */
    unsigned moved;   /* how many were */
} Removal;

static bool remove_children(Removal *removal, int fd, unsigned depth, GError **error);

static bool
remove_directory(Removal *removal, int parent, const char *name, unsigned depth, GError **error)
{
    fa_autofd int fd = open_for_removal(parent, name);
    if (fd < 0)
        return errno == ENOENT ||
               fa_fail_errno(error, errno, "cannot remove '%s' in '%s'", name, removal->path);

    if (depth >= REMOVE_DEPTH_MAX) {
        /* Instead of going deeper it becomes a child of the top, which is read again until nothing is left. */
        char shallow[64];
        snprintf(shallow, sizeof shallow, ".removed-%d-%u", (int)getpid(), removal->moved++);
        if (renameat(parent, name, removal->top, shallow) == 0)
            return true;
        return fa_fail_errno(error, errno, "cannot remove '%s' in '%s'", name, removal->path);
    }
    if (!remove_children(removal, fd, depth + 1, error))
        return false;
    if (unlinkat(parent, name, AT_REMOVEDIR) != 0 && errno != ENOENT)
        return fa_fail_errno(error, errno, "cannot remove '%s' in '%s'", name, removal->path);
    return true;
}

static bool
remove_entry(Removal *removal, int parent, const struct dirent *entry, unsigned depth,
             GError **error)
{
    if (entry_is_directory(parent, entry))
        return remove_directory(removal, parent, entry->d_name, depth, error);
    if (unlinkat(parent, entry->d_name, 0) == 0 || errno == ENOENT)
        return true;
    return fa_fail_errno(error, errno, "cannot remove '%s' in '%s'", entry->d_name, removal->path);
}

static bool
remove_children(Removal *removal, int fd, unsigned depth, GError **error)
{
    int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    autodir DIR *directory = copy < 0 ? NULL : fdopendir(copy);
    if (directory == NULL)
        return fa_fail_errno(error, errno, "cannot list a directory in '%s'", removal->path);

    const struct dirent *entry;
    while (errno = 0, (entry = readdir(directory)) != NULL) {
        if (!is_dot(entry->d_name) && !remove_entry(removal, fd, entry, depth, error))
            return false;
    }
    if (errno != 0)
        return fa_fail_errno(error, errno, "cannot list a directory in '%s'", removal->path);
    return true;
}

bool
fa_fs_remove_tree(const char *path, GError **error)
{
    struct stat status;
    if (lstat(path, &status) != 0) {
        if (errno == ENOENT)
            return true;
        return fa_fail_errno(error, errno, "cannot remove '%s'", path);
    }
    if (!S_ISDIR(status.st_mode)) {
        if (unlink(path) != 0 && errno != ENOENT)
            return fa_fail_errno(error, errno, "cannot remove '%s'", path);
        return true;
    }

    fa_autofd int top = open_for_removal(AT_FDCWD, path);
    if (top < 0)
        return fa_fail_errno(error, errno, "cannot remove '%s'", path);

    Removal removal = {.path = path, .top = top};
    unsigned moved_before;
    do {
        moved_before = removal.moved;
        if (!remove_children(&removal, top, 0, error))
            return false;
    } while (removal.moved != moved_before);

    if (rmdir(path) != 0 && errno != ENOENT)
        return fa_fail_errno(error, errno, "cannot remove '%s'", path);
    return true;
}

static bool
write_fully(int fd, const char *bytes, ssize_t length)
{
    while (length > 0) {
        ssize_t count = write(fd, bytes, (size_t)length);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return false;
        bytes += count;
        length -= count;
    }
    return true;
}

static bool
copy_by_reading(int from, int to)
{
    g_autofree char *buffer = g_malloc(COPY_BUFFER);
    for (;;) {
        ssize_t count = read(from, buffer, COPY_BUFFER);
        if (count == 0)
            return true;
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0 || !write_fully(to, buffer, count))
            return false;
    }
}

static bool
copy_content(int from, int to)
{
    for (;;) {
        /* The kernel copies, or shares the blocks where the file system can. */
        ssize_t count = copy_file_range(from, NULL, to, NULL, SSIZE_MAX & ~0xfff, 0);
        if (count == 0)
            break;
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0 &&
            (errno == EXDEV || errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP))
            break;
        if (count < 0)
            return false;
    }
    /* Also after an early end: some file systems report 0 for files whose size they do not know. */
    return copy_by_reading(from, to);
}

static bool
copy_file_at(int from_parent, int to_parent, const char *from, const char *to, const char *shown,
             GError **error)
{
    fa_autofd int source =
        openat(from_parent, from, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct stat status;
    if (source < 0 || fstat(source, &status) != 0)
        return fa_fail_errno(error, errno, "cannot open '%s'", shown);
    if (!S_ISREG(status.st_mode))
        return fa_fail(error, FA_ERROR_FAILED, "cannot copy '%s': not a file, directory or link",
                       shown);

    fa_autofd int target = openat(to_parent, to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (target < 0)
        return fa_fail_errno(error, errno, "cannot make the copy of '%s'", shown);
    if (!copy_content(source, target) || fchmod(target, status.st_mode & 0777) != 0)
        return fa_fail_errno(error, errno, "cannot copy '%s'", shown);
    return true;
}

bool
fa_fs_copy_file(const char *from, const char *to, GError **error)
{
    return copy_file_at(AT_FDCWD, AT_FDCWD, from, to, from, error);
}

static bool
copy_symlink_at(int from_parent, int to_parent, const char *name, const char *shown, GError **error)
{
    char target[PATH_MAX];
    ssize_t length = readlinkat(from_parent, name, target, sizeof target - 1);
    if (length < 0)
        return fa_fail_errno(error, errno, "cannot read link '%s'", shown);

    target[length] = '\0';
    if (symlinkat(target, to_parent, name) != 0)
        return fa_fail_errno(error, errno, "cannot make the copy of '%s'", shown);
    return true;
}

static bool copy_children(int from, int to, const char *shown, unsigned depth, GError **error);

/* @from and @to are names below their parents; @shown is the whole path, for messages. */
static bool
copy_directory_at(int from_parent, int to_parent, const char *from, const char *to,
                  const char *shown, unsigned depth, GError **error)
{
    if (depth > COPY_DEPTH_MAX)
        return fa_fail(error, FA_ERROR_FAILED, "cannot copy '%s': more than %d directories deep",
                       shown, COPY_DEPTH_MAX);

    fa_autofd int source =
        openat(from_parent, from, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    struct stat status;
    if (source < 0 || fstat(source, &status) != 0)
        return fa_fail_errno(error, errno, "cannot open '%s'", shown);
    if (mkdirat(to_parent, to, 0700) != 0)
        return fa_fail_errno(error, errno, "cannot make the copy of '%s'", shown);

    fa_autofd int target = openat(to_parent, to, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (target < 0)
        return fa_fail_errno(error, errno, "cannot open the copy of '%s'", shown);
    if (!copy_children(source, target, shown, depth, error))
        return false;
    /* Last, since the original may be read-only. */
    if (fchmod(target, status.st_mode & 0777) != 0)
        return fa_fail_errno(error, errno, "cannot copy '%s'", shown);
    return true;
}

static bool
copy_entry(int from, int to, const char *name, const char *shown, unsigned depth, GError **error)
{
    struct stat status;
    if (fstatat(from, name, &status, AT_SYMLINK_NOFOLLOW) != 0)
        return fa_fail_errno(error, errno, "cannot look at '%s'", shown);
    if (S_ISDIR(status.st_mode))
        return copy_directory_at(from, to, name, name, shown, depth + 1, error);
    if (S_ISLNK(status.st_mode))
        return copy_symlink_at(from, to, name, shown, error);
    return copy_file_at(from, to, name, name, shown, error);
}

static bool
copy_children(int from, int to, const char *shown, unsigned depth, GError **error)
{
    int copy = openat(from, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    autodir DIR *directory = copy < 0 ? NULL : fdopendir(copy);
    if (directory == NULL)
        return fa_fail_errno(error, errno, "cannot list '%s'", shown);

    const struct dirent *entry;
    while (errno = 0, (entry = readdir(directory)) != NULL) {
        if (is_dot(entry->d_name))
            continue;
        g_autofree char *path = g_strconcat(shown, "/", entry->d_name, NULL);
        if (!copy_entry(from, to, entry->d_name, path, depth, error))
            return false;
    }
    if (errno != 0)
        return fa_fail_errno(error, errno, "cannot list '%s'", shown);
    return true;
}

bool
fa_fs_copy_tree(const char *from, const char *to, GError **error)
{
    return copy_directory_at(AT_FDCWD, AT_FDCWD, from, to, from, 0, error);
}
