#include "store/scan.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/error.h"
#include "base/text.h"
#include "sys/fd.h"

#define DEPTH_MAX  200 /* each costs a descriptor */
#define TARGET_MAX 4096
/* On the stack of those who read names, not of the walk below them. */
#define NAMES_BUFFER (16 * 1024)

typedef struct Walk {
    FaScan *scan;
    const FaImportOptions *options;
    GString *path; /* of the entry at hand */
    uint64_t files_max;
} Walk;

static bool
refuse(const Walk *walk, const char *why, GError **error)
{
    g_autofree char *shown = fa_text_sanitize(walk->path->str, walk->path->len);
    return fa_fail(error, FA_ERROR_REFUSED, "cannot keep '%s' of '%s': %s", shown,
                   walk->scan->directory, why);
}

static bool
fail(const Walk *walk, const char *what, GError **error)
{
    int number = errno;
    return fa_fail_errno(error, number, "cannot %s '%s' of '%s'", what, walk->path->str,
                         walk->scan->directory);
}

/* True when one of the two is, or is below, the other. */
static bool
is_related(const char *a, const char *b)
{
    size_t length = MIN(strlen(a), strlen(b));
    return memcmp(a, b, length) == 0 && (a[length] == '\0' || a[length] == '/') &&
           (b[length] == '\0' || b[length] == '/');
}

static bool
is_wanted(const Walk *walk)
{
    const char *const *paths = walk->options->paths;
    const char *const *leave_out = walk->options->leave_out;
    if (leave_out != NULL && g_strv_contains(leave_out, walk->path->str))
        return false;
    if (paths == NULL)
        return true;
    for (; *paths != NULL; paths++) {
        if (is_related(*paths, walk->path->str))
            return true;
    }
    return false;
}

static bool
leaves_tree(const char *path, const char *target)
{
    int depth = 0;
    for (; *path != '\0'; path++)
        depth += *path == '/';
    if (target[0] == '/')
        return true;

    g_auto(GStrv) parts = g_strsplit(target, "/", -1);
    for (char **part = parts; *part != NULL; part++) {
        if (strcmp(*part, "..") == 0 && --depth < 0)
            return true;
        if (**part != '\0' && strcmp(*part, ".") != 0 && strcmp(*part, "..") != 0)
            depth++;
    }
    return false;
}

static bool
add_entry(Walk *walk, const FaEntry *found, const struct stat *status, GError **error)
{
    FaScan *scan = walk->scan;
    FaEntry entry = *found;
    FaCacheKey key = fa_cache_key(status);
    if (scan->tree->entries->len >= walk->files_max)
        return refuse(walk, "the tree has too many files", error);
    entry.path =
        g_string_chunk_insert_len(scan->tree->strings, walk->path->str, (gssize)walk->path->len);
    g_array_append_val(scan->tree->entries, entry);
    g_array_append_val(scan->keys, key);
    return true;
}

static bool
add_link(Walk *walk, int parent, const char *name, const struct stat *status, GError **error)
{
    char target[TARGET_MAX + 1];
    ssize_t length = readlinkat(parent, name, target, TARGET_MAX);
    if (length < 0)
        return fail(walk, "read symlink", error);
    target[length] = '\0';
    if (length == TARGET_MAX || !fa_tree_is_text(target))
        return refuse(walk, "its target is too long or holds control characters", error);
    if (walk->options->refuse_links_out && leaves_tree(walk->path->str, target))
        return refuse(walk, "it is a symlink that leaves the tree", error);

    FaEntry entry = {
        .kind = FA_ENTRY_LINK,
        .target = g_string_chunk_insert(walk->scan->tree->strings, target),
    };
    walk->scan->stats.links++;
    return add_entry(walk, &entry, status, error);
}

static bool
add_file(Walk *walk, const struct stat *status, GError **error)
{
    FaTreeStats *stats = &walk->scan->stats;
    if ((status->st_mode & (S_ISUID | S_ISGID)) != 0)
        return refuse(walk, "it is setuid or setgid", error);
    FaEntry entry = {
        .kind = (status->st_mode & 0111) != 0 ? FA_ENTRY_PROGRAM : FA_ENTRY_FILE,
        .size = (uint64_t)status->st_size,
    };
    stats->files++;
    stats->bytes += entry.size;
    if (walk->options->bytes_max != 0 && stats->bytes > walk->options->bytes_max)
        return refuse(walk, "the tree is too large", error);
    return add_entry(walk, &entry, status, error);
}

static bool walk_directory(Walk *walk, int fd, unsigned depth, GError **error);

static bool
add_directory(Walk *walk, int parent, const char *name, const struct stat *status, unsigned depth,
              GError **error)
{
    const FaEntry entry = {.kind = FA_ENTRY_DIRECTORY};
    if (depth >= DEPTH_MAX)
        return refuse(walk, "it is too deep", error);
    walk->scan->stats.directories++;
    if (!add_entry(walk, &entry, status, error))
        return false;
    fa_autofd int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return fail(walk, "open", error);
    return walk_directory(walk, fd, depth + 1, error);
}

static bool
add_name(Walk *walk, int parent, const char *name, unsigned depth, GError **error)
{
    struct stat status;
    if (!fa_tree_is_text(walk->path->str))
        return refuse(walk, "its name is too long or holds control characters", error);
    if (!is_wanted(walk))
        return true;
    if (fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) != 0)
        return fail(walk, "look at", error);
    if (S_ISREG(status.st_mode))
        return add_file(walk, &status, error);
    if (S_ISDIR(status.st_mode))
        return add_directory(walk, parent, name, &status, depth, error);
    if (S_ISLNK(status.st_mode))
        return add_link(walk, parent, name, &status, error);
    return refuse(walk, "it is not a file, directory or symlink", error);
}

static int
compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/*
 * Takes all names before any is looked at, in the order of the manifest. By getdents64(), for a DIR would need a
 * descriptor of its own and 32 kB, which for a small directory is most of the work.
 */
__attribute__((noinline)) static bool
read_names(Walk *walk, int fd, GStringChunk *strings, GPtrArray *names, GError **error)
{
    _Alignas(struct dirent64) char buffer[NAMES_BUFFER];
    ssize_t length;
    while ((length = getdents64(fd, buffer, sizeof buffer)) > 0) {
        for (ssize_t at = 0; at < length;) {
            const struct dirent64 *entry = (const struct dirent64 *)(const void *)(buffer + at);
            at += entry->d_reclen;
            if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
                continue;
            if (names->len >= walk->files_max)
                return refuse(walk, "the directory has too many files", error);
            g_ptr_array_add(names, g_string_chunk_insert(strings, entry->d_name));
        }
    }
    if (length < 0)
        return fail(walk, "list", error);
    g_ptr_array_sort(names, compare_names);
    return true;
}

static void
free_strings(GStringChunk **strings)
{
    g_string_chunk_free(*strings);
}

static bool
walk_directory(Walk *walk, int fd, unsigned depth, GError **error)
{
    __attribute__((cleanup(free_strings))) GStringChunk *strings = g_string_chunk_new(4096);
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    size_t length = walk->path->len;

    if (!fa_cancel_check(walk->options->cancel, error) ||
        !read_names(walk, fd, strings, names, error))
        return false;
    for (size_t i = 0; i < names->len; i++) {
        const char *name = g_ptr_array_index(names, i);
        if (length > 0)
            g_string_append_c(walk->path, '/');
        g_string_append(walk->path, name);
        if (!add_name(walk, fd, name, depth, error))
            return false;
        g_string_truncate(walk->path, length);
    }
    return true;
}

bool
fa_scan_directory(const char *directory, const char *shown, const FaImportOptions *options,
                  FaScan *ret_scan, GError **error)
{
    g_auto(FaScan) scan = {
        .directory = shown != NULL ? shown : directory,
        .fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC),
        .tree = fa_tree_new(),
        .keys = g_array_new(FALSE, FALSE, sizeof(FaCacheKey)),
    };
    g_autoptr(GString) path = g_string_new(NULL);
    Walk walk = {
        .scan = &scan,
        .options = options,
        .path = path,
        .files_max = options->files_max == 0 ? FA_TREE_ENTRIES_MAX
                                             : MIN(options->files_max, FA_TREE_ENTRIES_MAX),
    };
    if (scan.fd < 0)
        return fa_fail_errno(error, errno, "cannot open '%s'", scan.directory);
    if (!walk_directory(&walk, scan.fd, 0, error))
        return false;
    *ret_scan = scan;
    scan = (FaScan){.fd = -1};
    return true;
}

void
fa_scan_clear(FaScan *scan)
{
    fa_fd_clear(&scan->fd);
    fa_tree_free(scan->tree);
    if (scan->keys != NULL)
        g_array_unref(scan->keys);
    *scan = (FaScan){.fd = -1};
}

int
fa_scan_open_file(int directory_fd, const char *path)
{
    struct open_how how = {
        /* To be read here is no use that somebody made of it, and each such note is written to the disk. */
        .flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOATIME,
        .resolve = RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH,
    };
    long fd = syscall(SYS_openat2, directory_fd, path, &how, sizeof how);
    /* Of others' files it has to be noted. */
    if (fd < 0 && errno == EPERM) {
        how.flags &= ~(uint64_t)O_NOATIME;
        fd = syscall(SYS_openat2, directory_fd, path, &how, sizeof how);
    }
    /* An old sandbox may not know the call. */
    if (fd < 0 && (errno == ENOSYS || errno == EPERM))
        fd = openat(directory_fd, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    return (int)fd;
}
