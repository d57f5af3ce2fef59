#include "source/pack.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "sys/fs.h"

#define BLOCK (64 * 1024)
#define DEEP  64
#define LEVEL "10"

typedef struct archive Archive;

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Archive, archive_write_free)

typedef struct archive_entry ArchiveEntry;

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ArchiveEntry, archive_entry_free)

static bool
fail(Archive *archive, const char *path, GError **error)
{
    const char *why = archive_error_string(archive);
    return fa_fail(error, FA_ERROR_FAILED, "cannot pack '%s': %s", path,
                   why != NULL ? why : "it cannot be written");
}

/* A file that grows or shrinks meanwhile is an error, not an archive with another file. */
static bool
write_content(Archive *archive, const char *path, int64_t size, GError **error)
{
    g_autofree char *buffer = g_malloc(BLOCK);
    fa_autofd int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return fa_fail_errno(error, errno, "cannot open '%s'", path);

    for (;;) {
        ssize_t got = read(fd, buffer, BLOCK);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fa_fail_errno(error, errno, "cannot read '%s'", path);
        size -= got;
        if (size < 0 || (got == 0 && size > 0))
            return fa_fail(error, FA_ERROR_CONFLICT, "'%s' changed while it was read", path);
        if (got == 0)
            return true;
        if (archive_write_data(archive, buffer, (size_t)got) != got)
            return fail(archive, path, error);
    }
}

static bool
set_entry(ArchiveEntry *entry, const char *path, const char *name, const struct stat *status,
          GError **error)
{
    archive_entry_set_pathname(entry, name);
    archive_entry_set_mtime(entry, 0, 0);
    archive_entry_set_uid(entry, 0);
    archive_entry_set_gid(entry, 0);
    archive_entry_set_filetype(entry, status->st_mode & S_IFMT);
    archive_entry_set_size(entry, S_ISREG(status->st_mode) ? status->st_size : 0);
    if (S_ISLNK(status->st_mode)) {
        g_autofree char *target = fa_fs_read_symlink(path, error);
        if (target == NULL)
            return false;
        archive_entry_set_symlink(entry, target);
        archive_entry_set_perm(entry, 0777);
        return true;
    }
    if (!S_ISREG(status->st_mode) && !S_ISDIR(status->st_mode))
        return fa_fail(error, FA_ERROR_REFUSED, "'%s' is neither a file, a directory nor a symlink",
                       path);
    bool is_executable = S_ISDIR(status->st_mode) || (status->st_mode & 0111) != 0;
    archive_entry_set_perm(entry, is_executable ? 0755 : 0644);
    return true;
}

static bool
add(Archive *archive, const char *path, const char *name, unsigned depth, GError **error)
{
    g_autoptr(ArchiveEntry) entry = archive_entry_new();
    struct stat status;

    if (lstat(path, &status) != 0)
        return fa_fail_errno(error, errno, "cannot read '%s'", path);
    if (depth > DEEP)
        return fa_fail(error, FA_ERROR_REFUSED, "'%s' is more than %d folders deep", path, DEEP);
    if (!set_entry(entry, path, name, &status, error))
        return false;
    /* A warning is about a name that is not UTF-8: it is kept as bytes. */
    if (archive_write_header(archive, entry) < ARCHIVE_WARN)
        return fail(archive, path, error);
    if (S_ISREG(status.st_mode))
        return write_content(archive, path, status.st_size, error);
    if (!S_ISDIR(status.st_mode))
        return true;

    g_auto(GStrv) names = fa_fs_list(path, error);
    for (char **one = names; one != NULL && *one != NULL; one++) {
        g_autofree char *below = g_build_filename(path, *one, NULL);
        g_autofree char *inside = g_strconcat(name, "/", *one, NULL);
        if (!add(archive, below, inside, depth + 1, error))
            return false;
    }
    return names != NULL;
}

bool
fa_pack(const char *directory, const char *prefix, int fd, GError **error)
{
    g_autoptr(Archive) archive = archive_write_new();

    if (archive_write_set_format_pax_restricted(archive) != ARCHIVE_OK ||
        archive_write_add_filter_zstd(archive) != ARCHIVE_OK ||
        archive_write_set_filter_option(archive, "zstd", "compression-level", LEVEL) !=
            ARCHIVE_OK ||
        archive_write_set_bytes_in_last_block(archive, 1) != ARCHIVE_OK ||
        archive_write_open_fd(archive, fd) != ARCHIVE_OK)
        return fail(archive, directory, error);
    if (!add(archive, directory, prefix, 0, error))
        return false;
    return archive_write_close(archive) == ARCHIVE_OK || fail(archive, directory, error);
}
