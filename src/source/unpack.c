#include "source/unpack.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/error.h"
#include "base/text.h"
#include "sys/fd.h"

#define BLOCK     (64 * 1024)
#define PATH_LONG 4096
#define NAME_LONG 255
#define DEEP      128

const FaUnpackLimits fa_unpack_limits = {
    .bytes = (uint64_t)4 << 30,
    .entries = 1000000,
    .ratio = 200,
    .ratio_free = 100 << 20,
};

typedef enum Kind { KIND_DIRECTORY = 1, KIND_FILE, KIND_SYMLINK } Kind;

typedef struct Link {
    char *path;
    char *target;
} Link;

typedef struct Unpack {
    struct archive *archive;
    int directory;
    unsigned strip;
    const FaUnpackLimits *limits;
    uint64_t bytes;
    uint64_t entries;
    GHashTable *kinds;  /* path -> Kind */
    GHashTable *folded; /* path without case -> path */
    GPtrArray *links;   /* of Link */
    char *buffer;
} Unpack;

static void
link_free(gpointer data)
{
    Link *link = data;
    g_free(link->path);
    g_free(link->target);
    g_free(link);
}

static void
unpack_clear(Unpack *unpack)
{
    archive_read_free(unpack->archive);
    g_hash_table_destroy(unpack->kinds);
    g_hash_table_destroy(unpack->folded);
    g_ptr_array_unref(unpack->links);
    g_free(unpack->buffer);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Unpack, unpack_clear)

static bool
refuse(GError **error, const char *name, const char *why)
{
    g_autofree char *shown = fa_text_sanitize(name, strlen(name));
    return fa_fail(error, FA_ERROR_REFUSED, "member '%s' %s", shown, why);
}

/*
 * The path of a member below the tree, with @strip directories dropped; "" for what is dropped whole. NULL, with
 * @error, for a name that is not to be had.
 */
static char *
clean_name(const Unpack *unpack, const char *name, GError **error)
{
    g_autoptr(GPtrArray) parts = g_ptr_array_new();
    g_auto(GStrv) split = g_strsplit(name, "/", -1);

    if (*name == '/' || strlen(name) > PATH_LONG) {
        refuse(error, name, *name == '/' ? "has an absolute name" : "has a name that is too long");
        return NULL;
    }
    if (!g_utf8_validate(name, -1, NULL)) {
        refuse(error, name, "has a name that is not UTF-8");
        return NULL;
    }
    for (char **part = split; *part != NULL; part++) {
        if (g_str_equal(*part, "..")) {
            refuse(error, name, "has '..' in its name");
            return NULL;
        }
        if (**part != '\0' && !g_str_equal(*part, "."))
            g_ptr_array_add(parts, *part);
        if (strlen(*part) > NAME_LONG || parts->len > DEEP) {
            refuse(error, name, "has a name that is too long or too deep");
            return NULL;
        }
    }
    g_ptr_array_add(parts, NULL);
    if (parts->len - 1 <= unpack->strip)
        return g_strdup("");

    g_autofree char *path = g_strjoinv("/", (char **)parts->pdata + unpack->strip);
    if (!fa_text_is_relative_path(path)) {
        refuse(error, name, "has control characters in its name");
        return NULL;
    }
    return g_steal_pointer(&path);
}

/* Notes that @path is there, once and in one case. */
static bool
claim(Unpack *unpack, const char *path, Kind kind, GError **error)
{
    Kind before = GPOINTER_TO_INT(g_hash_table_lookup(unpack->kinds, path));
    if (before == KIND_DIRECTORY && kind == KIND_DIRECTORY)
        return true;
    if (before != 0)
        return refuse(error, path, "is there twice");
    if (++unpack->entries > unpack->limits->entries)
        return fa_fail(error, FA_ERROR_REFUSED, "it has more than %" G_GUINT64_FORMAT " members",
                       unpack->limits->entries);

    g_autofree char *normal = g_utf8_normalize(path, -1, G_NORMALIZE_ALL_COMPOSE);
    g_autofree char *folded = g_utf8_casefold(normal, -1);
    const char *other = g_hash_table_lookup(unpack->folded, folded);
    if (other != NULL) {
        g_autofree char *why = g_strdup_printf("differs from '%s' only in case", other);
        return refuse(error, path, why);
    }
    char *key = g_strdup(path);
    g_hash_table_insert(unpack->kinds, key, GINT_TO_POINTER(kind));
    g_hash_table_insert(unpack->folded, g_steal_pointer(&folded), key);
    if (kind == KIND_DIRECTORY && mkdirat(unpack->directory, path, 0755) != 0)
        return fa_fail_errno(error, errno, "cannot make directory '%s'", path);
    return true;
}

static bool
claim_parents(Unpack *unpack, const char *path, GError **error)
{
    for (const char *slash = strchr(path, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        g_autofree char *parent = g_strndup(path, (gsize)(slash - path));
        if (!claim(unpack, parent, KIND_DIRECTORY, error))
            return false;
    }
    return true;
}

static bool
count_bytes(Unpack *unpack, uint64_t more, GError **error)
{
    int64_t in = archive_filter_bytes(unpack->archive, -1);
    uint64_t packed = in > 0 ? (uint64_t)in : 1;

    unpack->bytes += more;
    if (unpack->bytes > unpack->limits->bytes)
        return fa_fail(error, FA_ERROR_REFUSED, "it holds more than %" G_GUINT64_FORMAT " bytes",
                       unpack->limits->bytes);
    if (unpack->bytes > unpack->limits->ratio_free &&
        unpack->bytes / packed > unpack->limits->ratio)
        return fa_fail(error, FA_ERROR_REFUSED,
                       "it grows more than %" G_GUINT64_FORMAT " times: it looks like a bomb",
                       unpack->limits->ratio);
    return true;
}

static bool
write_all(int fd, const char *bytes, size_t length, const char *path, GError **error)
{
    while (length > 0) {
        ssize_t written = write(fd, bytes, length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return fa_fail_errno(error, errno, "cannot write '%s'", path);
        bytes += written;
        length -= (size_t)written;
    }
    return true;
}

static int
make_file(Unpack *unpack, const char *path, bool is_executable, GError **error)
{
    int fd =
        openat(unpack->directory, path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        fa_fail_errno(error, errno, "cannot make '%s'", path);
    else if (fchmod(fd, is_executable ? 0755 : 0644) != 0) {
        fa_fail_errno(error, errno, "cannot set the mode of '%s'", path);
        close(fd);
        fd = -1;
    }
    return fd;
}

static bool
write_file(Unpack *unpack, const char *path, bool is_executable, GError **error)
{
    fa_autofd int fd = make_file(unpack, path, is_executable, error);
    if (fd < 0)
        return false;

    for (;;) {
        la_ssize_t got = archive_read_data(unpack->archive, unpack->buffer, BLOCK);
        if (got < 0)
            return fa_fail(error, FA_ERROR_FAILED, "cannot read member '%s': %s", path,
                           archive_error_string(unpack->archive) != NULL
                               ? archive_error_string(unpack->archive)
                               : "it is broken");
        if (got == 0)
            return true;
        if (!count_bytes(unpack, (uint64_t)got, error) ||
            !write_all(fd, unpack->buffer, (size_t)got, path, error))
            return false;
    }
}

/* A hard link becomes a copy, so that a step that changes one file does not change another. */
static bool
copy_member(Unpack *unpack, const char *path, const char *name, GError **error)
{
    g_autofree char *from = clean_name(unpack, name, error);
    struct stat status;
    if (from == NULL)
        return false;
    if (GPOINTER_TO_INT(g_hash_table_lookup(unpack->kinds, from)) != KIND_FILE ||
        g_str_equal(from, path))
        return refuse(error, path, "is a link to what is not a file before it in the archive");

    fa_autofd int in = openat(unpack->directory, from, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (in < 0 || fstat(in, &status) != 0)
        return fa_fail_errno(error, errno, "cannot open '%s'", from);
    fa_autofd int out = make_file(unpack, path, (status.st_mode & 0100) != 0, error);
    if (out < 0)
        return false;
    for (;;) {
        ssize_t got = read(in, unpack->buffer, BLOCK);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fa_fail_errno(error, errno, "cannot read '%s'", from);
        if (got == 0)
            return true;
        if (!count_bytes(unpack, (uint64_t)got, error) ||
            !write_all(out, unpack->buffer, (size_t)got, path, error))
            return false;
    }
}

/* As words only: a link may also lead out by way of another link, which is looked at when all are there. */
static bool
target_stays(const char *path, const char *target)
{
    g_auto(GStrv) parts = g_strsplit(target, "/", -1);
    int depth = 0;

    if (*target == '/' || *target == '\0' || strlen(target) > PATH_LONG)
        return false;
    for (const char *slash = strchr(path, '/'); slash != NULL; slash = strchr(slash + 1, '/'))
        depth++;
    for (char **part = parts; *part != NULL; part++) {
        if (g_str_equal(*part, ".."))
            depth--;
        else if (**part != '\0' && !g_str_equal(*part, "."))
            depth++;
        if (depth < 0)
            return false;
    }
    return true;
}

static bool
make_links(Unpack *unpack, GError **error)
{
    for (guint i = 0; i < unpack->links->len; i++) {
        const Link *link = g_ptr_array_index(unpack->links, i);
        if (symlinkat(link->target, unpack->directory, link->path) != 0)
            return fa_fail_errno(error, errno, "cannot make link '%s'", link->path);
    }
    for (guint i = 0; i < unpack->links->len; i++) {
        const Link *link = g_ptr_array_index(unpack->links, i);
        const struct open_how how = {.flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_BENEATH};
        fa_autofd int fd =
            (int)syscall(SYS_openat2, unpack->directory, link->path, &how, sizeof how);
        /* A link to nothing, or to itself, leads nowhere else. */
        if (fd < 0 && errno != ENOENT && errno != ELOOP && errno != ENOTDIR)
            return refuse(error, link->path, "is a link that leads out of the tree");
    }
    return true;
}

static bool
add_link(Unpack *unpack, const char *path, const char *target, GError **error)
{
    if (target == NULL || !target_stays(path, target))
        return refuse(error, path, "is a link that leads out of the tree");
    if (!claim(unpack, path, KIND_SYMLINK, error))
        return false;

    Link *link = g_new0(Link, 1);
    link->path = g_strdup(path);
    link->target = g_strdup(target);
    g_ptr_array_add(unpack->links, link);
    return true;
}

static bool
add_entry(Unpack *unpack, struct archive_entry *entry, GError **error)
{
    const char *name = archive_entry_pathname(entry);
    const char *hardlink = archive_entry_hardlink(entry);
    mode_t type = archive_entry_filetype(entry);
    if (name == NULL)
        return fa_fail(error, FA_ERROR_REFUSED, "a member has a name that is not UTF-8");
    if (hardlink == NULL && type != AE_IFREG && type != AE_IFDIR && type != AE_IFLNK)
        return refuse(error, name, "is a device, a pipe or a socket");

    g_autofree char *path = clean_name(unpack, name, error);
    if (path == NULL)
        return false;
    if (*path == '\0' && (type == AE_IFDIR && hardlink == NULL))
        return true;
    if (*path == '\0')
        return refuse(error, name,
                      "is above the directories that are dropped\nhelp: set a smaller 'strip'");
    if (!claim_parents(unpack, path, error))
        return false;
    if (hardlink == NULL && type == AE_IFDIR)
        return claim(unpack, path, KIND_DIRECTORY, error);
    if (hardlink == NULL && type == AE_IFLNK)
        return add_link(unpack, path, archive_entry_symlink(entry), error);
    if (!claim(unpack, path, KIND_FILE, error))
        return false;
    if (hardlink != NULL)
        return copy_member(unpack, path, hardlink, error);
    return write_file(unpack, path, (archive_entry_perm(entry) & 0111) != 0, error);
}

static bool
open_archive(Unpack *unpack, int fd, GError **error)
{
    struct archive *archive = unpack->archive;
    archive_read_support_filter_gzip(archive);
    archive_read_support_filter_bzip2(archive);
    archive_read_support_filter_xz(archive);
    archive_read_support_filter_lzma(archive);
    archive_read_support_filter_zstd(archive);
    archive_read_support_format_tar(archive);
    archive_read_support_format_zip(archive);
    if (archive_read_open_fd(archive, fd, BLOCK) == ARCHIVE_OK)
        return true;
    return fa_fail(error, FA_ERROR_FAILED, "it is no tar or zip: %s",
                   archive_error_string(archive) != NULL ? archive_error_string(archive)
                                                         : "it is broken");
}

bool
fa_unpack(int archive_fd, int directory_fd, unsigned strip, const FaUnpackLimits *limits,
          GError **error)
{
    g_auto(Unpack) unpack = {
        .archive = archive_read_new(),
        .directory = directory_fd,
        .strip = strip,
        .limits = limits,
        .kinds = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
        .folded = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
        .links = g_ptr_array_new_with_free_func(link_free),
        .buffer = g_malloc(BLOCK),
    };
    uint64_t headers = 0;

    if (!open_archive(&unpack, archive_fd, error))
        return false;
    for (;;) {
        struct archive_entry *entry = NULL;
        int got = archive_read_next_header(unpack.archive, &entry);
        if (got == ARCHIVE_EOF)
            break;
        /* A warning is about attributes or a name that does not convert; the name is checked below. */
        if (got != ARCHIVE_OK && got != ARCHIVE_WARN)
            return fa_fail(error, FA_ERROR_FAILED, "cannot read it: %s",
                           archive_error_string(unpack.archive) != NULL
                               ? archive_error_string(unpack.archive)
                               : "it is broken");
        if (++headers > limits->entries)
            return fa_fail(error, FA_ERROR_REFUSED,
                           "it has more than %" G_GUINT64_FORMAT " members", limits->entries);
        if (!add_entry(&unpack, entry, error))
            return false;
    }
    if (unpack.entries == 0)
        return fa_fail(error, FA_ERROR_FAILED, "it is empty");
    return make_links(&unpack, error);
}
