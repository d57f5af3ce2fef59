#include "sys/fs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "sys/fd.h"

#define READ_CHUNK      (64 * 1024)
#define TEMPORARY_TRIES 100

/* @size: what the file said of itself; some, as those of /proc, say 0. */
static bool
read_all(int fd, const char *path, size_t size, size_t limit, GString *content, GError **error)
{
    for (;;) {
        size_t have = content->len;
        size_t chunk = have < size && size - have < READ_CHUNK ? size - have + 1 : READ_CHUNK;
        size_t want = MIN(chunk, limit - have + 1);
        g_string_set_size(content, have + want);
        ssize_t count = read(fd, content->str + have, want);
        if (count < 0 && errno == EINTR)
            count = 0;
        else if (count < 0)
            return fa_fail_errno(error, errno, "cannot read '%s'", path);
        else if (count == 0) {
            g_string_set_size(content, have);
            return true;
        }
        g_string_set_size(content, have + (size_t)count);
        if (content->len > limit)
            return fa_fail(error, FA_ERROR_FAILED, "cannot read '%s': larger than %zu bytes", path,
                           limit);
        /* One byte more was asked for and there was none: the usual case needs no second look. */
        if (content->len == size && (size_t)count < want)
            return true;
    }
}

bool
fa_fs_read(const char *path, size_t limit, char **ret_content, size_t *ret_length, GError **error)
{
    /* Not blocking: the name may be that of a fifo, which is refused once it is open. */
    fa_autofd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return fa_fail_errno(error, errno, "cannot open '%s'", path);

    struct stat status;
    if (fstat(fd, &status) != 0)
        return fa_fail_errno(error, errno, "cannot look at '%s'", path);
    if (!S_ISREG(status.st_mode))
        return fa_fail(error, FA_ERROR_FAILED, "cannot read '%s': not a regular file", path);

    GString *content = g_string_sized_new(MIN((size_t)status.st_size, limit) + 1);
    if (!read_all(fd, path, (size_t)status.st_size, MIN(limit, SIZE_MAX - 1), content, error)) {
        g_string_free(content, TRUE);
        return false;
    }
    if (ret_length != NULL)
        *ret_length = content->len;
    *ret_content = g_string_free(content, FALSE);
    return true;
}

char *
fa_fs_read_tail(const char *path, size_t limit, GError **error)
{
    fa_autofd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat status;
    if (fd < 0 || fstat(fd, &status) != 0) {
        fa_fail_errno(error, errno, "cannot open '%s'", path);
        return NULL;
    }
    off_t skipped = MAX(status.st_size - (off_t)limit, 0);
    g_autofree char *text = g_malloc(limit + 1);
    ssize_t length = pread(fd, text, limit, skipped);
    if (length < 0) {
        fa_fail_errno(error, errno, "cannot read '%s'", path);
        return NULL;
    }
    text[length] = '\0';
    const char *line = skipped > 0 ? strchr(text, '\n') : NULL;
    return g_strdup(line != NULL ? line + 1 : text);
}

static bool
write_all(int fd, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t count = write(fd, bytes, length);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return false;
        bytes += count;
        length -= (size_t)count;
    }
    return true;
}

/* (transfer full) A template for a hidden name beside @path, short enough for any file system. */
static char *
temporary_beside(const char *path)
{
    g_autofree char *directory = g_path_get_dirname(path);
    g_autofree char *name = g_path_get_basename(path);
    return g_strdup_printf("%s/.%.200s.XXXXXX", directory, name);
}

/* Gives the finished file @temporary its name. */
static bool
move_into_place(const char *temporary, const char *path, FaWriteFlags flags, GError **error)
{
    if ((flags & FA_WRITE_EXCLUSIVE) == 0) {
        if (rename(temporary, path) != 0)
            return fa_fail_errno(error, errno, "cannot write '%s'", path);
        return true;
    }
    /* link() is exclusive on every file system; renameat2() with a flag is not known to all. */
    if (link(temporary, path) != 0) {
        if (errno == EEXIST)
            return fa_fail(error, FA_ERROR_CONFLICT, "cannot make '%s': it exists already", path);
        return fa_fail_errno(error, errno, "cannot make '%s'", path);
    }
    unlink(temporary);
    return true;
}

static bool
fill_file(int fd, const char *path, const void *content, size_t length, mode_t mode,
          FaWriteFlags flags, GError **error)
{
    if (!write_all(fd, content, length) || fchmod(fd, mode) != 0)
        return fa_fail_errno(error, errno, "cannot write '%s'", path);
    if ((flags & FA_WRITE_SYNC) != 0 && fsync(fd) != 0)
        return fa_fail_errno(error, errno, "cannot sync '%s'", path);
    return true;
}

bool
fa_fs_write(const char *path, const void *content, size_t length, mode_t mode, FaWriteFlags flags,
            GError **error)
{
    g_autofree char *temporary = temporary_beside(path);
    fa_autofd int fd = mkostemp(temporary, O_CLOEXEC);
    if (fd < 0)
        return fa_fail_errno(error, errno, "cannot write '%s'", path);

    if (!fill_file(fd, path, content, length, mode, flags, error) ||
        !move_into_place(temporary, path, flags, error)) {
        unlink(temporary);
        return false;
    }
    if ((flags & FA_WRITE_SYNC) == 0)
        return true;

    g_autofree char *directory = g_path_get_dirname(path);
    return fa_fs_sync_directory(directory, error);
}

static bool
is_same_file(const char *path, const void *content, size_t length, mode_t mode)
{
    struct stat status;
    if (lstat(path, &status) != 0 || !S_ISREG(status.st_mode) || (status.st_mode & 07777) != mode ||
        (size_t)status.st_size != length)
        return false;

    g_autofree char *present = NULL;
    size_t present_length;
    return fa_fs_read(path, length, &present, &present_length, NULL) && present_length == length &&
           memcmp(present, content, length) == 0;
}

bool
fa_fs_write_if_changed(const char *path, const void *content, size_t length, mode_t mode,
                       bool *ret_changed, GError **error)
{
    bool is_changed = !is_same_file(path, content, length, mode);
    if (is_changed && !fa_fs_write(path, content, length, mode, FA_WRITE_NONE, error))
        return false;

    if (ret_changed != NULL)
        *ret_changed = is_changed;
    return true;
}

static bool
make_one_directory(const char *path, mode_t mode, GError **error)
{
    if (mkdir(path, mode) == 0)
        return true;

    int number = errno;
    if (number == EEXIST && fa_fs_is_directory(path))
        return true;
    if (number == EEXIST)
        number = ENOTDIR;
    return fa_fail_errno(error, number, "cannot make directory '%s'", path);
}

bool
fa_fs_make_directory(const char *path, mode_t mode, GError **error)
{
    /* The usual case costs one call. */
    if (fa_fs_is_directory(path))
        return true;

    g_autofree char *part = g_strdup(path);
    for (char *slash = strchr(part + 1, '/'); *part != '\0' && slash != NULL;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        bool is_made = fa_fs_is_directory(part) || make_one_directory(part, mode, error);
        *slash = '/';
        if (!is_made)
            return false;
    }
    return make_one_directory(part, mode, error);
}

bool
fa_fs_switch_symlink(const char *path, const char *target, GError **error)
{
    g_autofree char *directory = g_path_get_dirname(path);
    g_autofree char *name = g_path_get_basename(path);

    for (unsigned i = 0; i < TEMPORARY_TRIES; i++) {
        g_autofree char *temporary =
            g_strdup_printf("%s/.%.200s.%08x", directory, name, (unsigned)g_random_int());
        if (symlink(target, temporary) != 0) {
            if (errno == EEXIST)
                continue;
            return fa_fail_errno(error, errno, "cannot make link '%s'", path);
        }
        if (rename(temporary, path) == 0)
            return true;
        int number = errno;
        unlink(temporary);
        return fa_fail_errno(error, number, "cannot switch link '%s'", path);
    }
    return fa_fail(error, FA_ERROR_FAILED, "cannot make link '%s': no free name beside it", path);
}

char *
fa_fs_read_symlink(const char *path, GError **error)
{
    char target[PATH_MAX];
    ssize_t length = readlink(path, target, sizeof target);
    if (length < 0) {
        fa_fail_errno(error, errno, "cannot read link '%s'", path);
        return NULL;
    }
    return g_strndup(target, (size_t)length);
}

bool
fa_fs_exists(const char *path)
{
    struct stat status;
    return lstat(path, &status) == 0;
}

bool
fa_fs_is_writable(const char *path)
{
    return faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) == 0;
}

bool
fa_fs_is_directory(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

static void
close_directory(DIR **directory)
{
    if (*directory != NULL)
        closedir(*directory);
}

static int
compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

char **
fa_fs_list(const char *path, GError **error)
{
    __attribute__((cleanup(close_directory))) DIR *directory = opendir(path);
    if (directory == NULL) {
        fa_fail_errno(error, errno, "cannot list '%s'", path);
        return NULL;
    }

    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    const struct dirent *entry;
    while (errno = 0, (entry = readdir(directory)) != NULL) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            g_ptr_array_add(names, g_strdup(entry->d_name));
    }
    if (errno != 0) {
        fa_fail_errno(error, errno, "cannot list '%s'", path);
        return NULL;
    }
    g_ptr_array_sort(names, compare_names);
    g_ptr_array_add(names, NULL);
    return (char **)g_ptr_array_steal(names, NULL);
}

char *
fa_fs_make_temporary(const char *parent, const char *prefix, GError **error)
{
    g_autofree char *path = g_strdup_printf("%s/%sXXXXXX", parent, prefix);
    if (mkdtemp(path) == NULL) {
        fa_fail_errno(error, errno, "cannot make a directory in '%s'", parent);
        return NULL;
    }
    return g_steal_pointer(&path);
}

bool
fa_fs_sync_directory(const char *path, GError **error)
{
    fa_autofd int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || fsync(fd) != 0)
        return fa_fail_errno(error, errno, "cannot sync directory '%s'", path);
    return true;
}

bool
fa_fs_sync_all(const char *path, GError **error)
{
    fa_autofd int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || syncfs(fd) != 0)
        return fa_fail_errno(error, errno, "cannot write out '%s'", path);
    return true;
}

char *
fa_fs_current(void)
{
    char *here = getcwd(NULL, 0);
    char *copy = here != NULL ? g_strdup(here) : g_get_current_dir();
    free(here);
    return copy;
}

char *
fa_fs_real(const char *path, GError **error)
{
    char *real = realpath(path, NULL);
    if (real == NULL) {
        fa_fail_errno(error, errno, "cannot find '%s'", path);
        return NULL;
    }
    char *copy = g_strdup(real);
    free(real);
    return copy;
}

char *
fa_fs_absolute(const char *path)
{
    g_autofree char *here = g_path_is_absolute(path) ? NULL : fa_fs_current();
    return g_canonicalize_filename(path, here);
}
