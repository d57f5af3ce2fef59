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
#include "sys/parallel.h"

#define DEPTH_MAX  200 /* each costs a descriptor */
#define TARGET_MAX 4096
#define LATER_FROM 2000 /* entries: whoever has so many is worth a thread */
#define RUN_MAX    256
#define RUNS_EACH  4 /* a thread */
/* On the stack of those who read names, not of the walk below them. */
#define NAMES_BUFFER (16 * 1024)

typedef struct Walk {
    FaScan *scan;
    const FaImportOptions *options;
    GString *path; /* of the entry at hand */
    uint64_t files_max;
    GArray *later; /* of Run */
} Walk;

/* Files of one directory, next to each other, whose names are all that is known yet. */
typedef struct Run {
    const FaScan *scan;
    size_t from, to;      /* entries */
    size_t parent_length; /* of their paths */
    GError *error;
} Run;

typedef struct Name {
    const char *text;
    unsigned char type; /* of struct dirent64 */
} Name;

static bool
refuse_path(const FaScan *scan, const char *path, const char *why, GError **error)
{
    g_autofree char *shown = fa_text_sanitize(path, strlen(path));
    return fa_fail(error, FA_ERROR_REFUSED, "cannot keep '%s' of '%s': %s", shown, scan->directory,
                   why);
}

static bool
refuse(const Walk *walk, const char *why, GError **error)
{
    return refuse_path(walk->scan, walk->path->str, why, error);
}

static bool
fail_path(const FaScan *scan, const char *what, const char *path, GError **error)
{
    int number = errno;
    return fa_fail_errno(error, number, "cannot %s '%s' of '%s'", what, path, scan->directory);
}

static bool
fail(const Walk *walk, const char *what, GError **error)
{
    return fail_path(walk->scan, what, walk->path->str, error);
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
    FaCacheKey key = status != NULL ? fa_cache_key(status) : (FaCacheKey){0};
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

/* What is known of a file once it was looked at. */
static bool
fill_in(const FaScan *scan, FaEntry *entry, const char *path, const struct stat *status,
        GError **error)
{
    if ((status->st_mode & (S_ISUID | S_ISGID)) != 0)
        return refuse_path(scan, path, "it is setuid or setgid", error);
    entry->kind = (status->st_mode & 0111) != 0 ? FA_ENTRY_PROGRAM : FA_ENTRY_FILE;
    entry->size = (uint64_t)status->st_size;
    return true;
}

static bool
count_file(Walk *walk, const FaEntry *entry, const char *path, GError **error)
{
    FaTreeStats *stats = &walk->scan->stats;
    stats->files++;
    stats->bytes += entry->size;
    return walk->options->bytes_max == 0 || stats->bytes <= walk->options->bytes_max ||
           refuse_path(walk->scan, path, "the tree is too large", error);
}

static bool
add_file(Walk *walk, const struct stat *status, GError **error)
{
    FaEntry entry = {0};
    return fill_in(walk->scan, &entry, walk->path->str, status, error) &&
           count_file(walk, &entry, walk->path->str, error) &&
           add_entry(walk, &entry, status, error);
}

/* Adds a file that is looked at when all names are known, by several threads. */
static bool
add_later(Walk *walk, size_t parent_length, GError **error)
{
    size_t index = walk->scan->tree->entries->len;
    const FaEntry entry = {.kind = FA_ENTRY_FILE};
    if (!add_entry(walk, &entry, NULL, error))
        return false;
    Run *last =
        walk->later->len == 0 ? NULL : &g_array_index(walk->later, Run, walk->later->len - 1);
    if (last != NULL && last->to == index && last->parent_length == parent_length &&
        index - last->from < RUN_MAX) {
        last->to++;
        return true;
    }
    const Run run = {
        .scan = walk->scan, .from = index, .to = index + 1, .parent_length = parent_length};
    g_array_append_val(walk->later, run);
    return true;
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
add_name(Walk *walk, int parent, const Name *found, size_t parent_length, unsigned depth,
         GError **error)
{
    const char *name = found->text;
    struct stat status;
    if (!fa_tree_is_text(walk->path->str))
        return refuse(walk, "its name is too long or holds control characters", error);
    if (!is_wanted(walk))
        return true;
    if (found->type == DT_REG && walk->scan->tree->entries->len >= LATER_FROM)
        return add_later(walk, parent_length, error);
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
    return strcmp(((const Name *)a)->text, ((const Name *)b)->text);
}

/*
 * Takes all names before any is looked at, in the order of the manifest. By getdents64(), for a DIR would need a
 * descriptor of its own and 32 kB, which for a small directory is most of the work.
 */
__attribute__((noinline)) static bool
read_names(Walk *walk, int fd, GStringChunk *strings, GArray *names, GError **error)
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
            const Name name = {g_string_chunk_insert(strings, entry->d_name), entry->d_type};
            g_array_append_val(names, name);
        }
    }
    if (length < 0)
        return fail(walk, "list", error);
    g_array_sort(names, compare_names);
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
    g_autoptr(GArray) names = g_array_new(FALSE, FALSE, sizeof(Name));
    size_t length = walk->path->len;

    if (!fa_cancel_check(walk->options->cancel, error) ||
        !read_names(walk, fd, strings, names, error))
        return false;
    for (size_t i = 0; i < names->len; i++) {
        const Name *name = &g_array_index(names, Name, i);
        if (length > 0)
            g_string_append_c(walk->path, '/');
        g_string_append(walk->path, name->text);
        if (!add_name(walk, fd, name, length, depth, error))
            return false;
        g_string_truncate(walk->path, length);
    }
    return true;
}

static int
open_beneath(int directory_fd, const char *path, uint64_t flags)
{
    struct open_how how = {
        .flags = flags,
        .resolve = RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH,
    };
    return (int)syscall(SYS_openat2, directory_fd, path, &how, sizeof how);
}

/* The directory of @run, which was there a moment ago. */
static int
open_parent(const Run *run)
{
    static const int flags = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    const char *first = fa_tree_get(run->scan->tree, run->from)->path;
    g_autofree char *path =
        run->parent_length == 0 ? g_strdup(".") : g_strndup(first, run->parent_length);
    int fd = open_beneath(run->scan->fd, path, flags);
    /* An old sandbox may not know the call. */
    return fd >= 0 || (errno != ENOSYS && errno != EPERM) ? fd : openat(run->scan->fd, path, flags);
}

static bool
look_at_run(Run *run)
{
    const FaScan *scan = run->scan;
    size_t skipped = run->parent_length == 0 ? 0 : run->parent_length + 1;
    fa_autofd int fd = open_parent(run);
    for (size_t i = run->from; i < run->to; i++) {
        FaEntry *entry = fa_tree_get(scan->tree, i);
        struct stat status;
        if (fd < 0 || fstatat(fd, entry->path + skipped, &status, AT_SYMLINK_NOFOLLOW) != 0)
            return fail_path(scan, "look at", entry->path, &run->error);
        if (!S_ISREG(status.st_mode))
            return fa_fail(&run->error, FA_ERROR_CONFLICT,
                           "'%s' of '%s' was changed while it was looked at", entry->path,
                           scan->directory);
        if (!fill_in(scan, entry, entry->path, &status, &run->error))
            return false;
        g_array_index(scan->keys, FaCacheKey, i) = fa_cache_key(&status);
    }
    return true;
}

static void
look_at_one_run(size_t index, void *data)
{
    const Walk *walk = data;
    Run *run = &g_array_index(walk->later, Run, index);
    if (fa_cancel_check(walk->options->cancel, &run->error))
        look_at_run(run);
}

static void
clear_run(gpointer run)
{
    g_clear_error(&((Run *)run)->error);
}

static bool
look_at_rest(Walk *walk, GError **error)
{
    fa_parallel_run(walk->later->len, RUNS_EACH, look_at_one_run, walk);
    for (guint i = 0; i < walk->later->len; i++) {
        Run *run = &g_array_index(walk->later, Run, i);
        if (run->error != NULL) {
            g_propagate_error(error, g_steal_pointer(&run->error));
            return false;
        }
        for (size_t j = run->from; j < run->to; j++) {
            const FaEntry *entry = fa_tree_get(walk->scan->tree, j);
            if (!count_file(walk, entry, entry->path, error))
                return false;
        }
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
    g_autoptr(GArray) later = g_array_new(FALSE, FALSE, sizeof(Run));
    g_array_set_clear_func(later, clear_run);
    Walk walk = {
        .scan = &scan,
        .options = options,
        .path = path,
        .files_max = options->files_max == 0 ? FA_TREE_ENTRIES_MAX
                                             : MIN(options->files_max, FA_TREE_ENTRIES_MAX),
        .later = later,
    };
    if (scan.fd < 0)
        return fa_fail_errno(error, errno, "cannot open '%s'", scan.directory);
    if (!walk_directory(&walk, scan.fd, 0, error) || !look_at_rest(&walk, error))
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
    static const int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
    /* To be read here is no use that somebody made of it, and each such note is written to the disk. */
    int fd = open_beneath(directory_fd, path, flags | O_NOATIME);
    /* Of others' files it has to be noted. */
    if (fd < 0 && errno == EPERM)
        fd = open_beneath(directory_fd, path, flags);
    /* An old sandbox may not know the call. */
    if (fd < 0 && (errno == ENOSYS || errno == EPERM))
        fd = openat(directory_fd, path, flags | O_NOFOLLOW);
    return fd;
}
