#include "store/checkout.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "store/object.h"
#include "store/private.h"
#include "sys/fd.h"
#include "sys/fs.h"

#define BUFFER      (64 * 1024)
#define THREAD_FROM 2000 /* entries; below that a thread costs more than it saves */

typedef struct Checkout {
    const FaCheckout *what;
    const char *path; /* what is being made */
    int fd;
    const FaStaging *objects; /* the caller's, or one that has only what is published */
} Checkout;

/* Where an object of it is. */
typedef struct Place {
    int fd;
    char name[FA_OBJECT_NAME_SIZE];
} Place;

FaTree *
fa_checkout_read_tree(FaStore *store, const FaDigest *digest, GError **error)
{
    g_autofree char *text = NULL;
    size_t length;
    if (!fa_object_read(store, digest, FA_TREE_TEXT_MAX, &text, &length, error))
        return NULL;
    return fa_tree_parse(text, length, error);
}

static bool
fail(const Checkout *checkout, const char *what, const char *path, GError **error)
{
    return fa_fail_errno(error, errno, "cannot %s '%s/%s'", what, checkout->path, path);
}

static bool
is_writable_copy(const Checkout *checkout, const char *path)
{
    const char *const *globs = checkout->what->copy_globs;
    for (; globs != NULL && *globs != NULL; globs++) {
        if (fnmatch(*globs, path, 0) == 0)
            return true;
    }
    return false;
}

static bool
copy_bytes(int from, int to)
{
    char buffer[BUFFER];
    for (;;) {
        ssize_t length = read(from, buffer, sizeof buffer);
        if (length < 0 && errno == EINTR)
            continue;
        if (length <= 0)
            return length == 0;
        if (!fa_write_all(to, buffer, (size_t)length))
            return false;
    }
}

static bool
copy_object(const Checkout *checkout, const FaEntry *entry, const Place *place, bool is_writable,
            GError **error)
{
    struct timespec time = fa_object_time(&entry->digest);
    mode_t mode = fa_object_mode(entry->kind == FA_ENTRY_PROGRAM);
    fa_autofd int from = openat(place->fd, place->name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (from < 0)
        return fa_fail_errno(error, errno, "cannot open object '%s'", place->name);
    fa_autofd int to = openat(checkout->fd, entry->path,
                              O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (to < 0)
        return fail(checkout, "create", entry->path, error);
    if (!copy_bytes(from, to) || fchmod(to, is_writable ? mode | 0200 : mode) != 0 ||
        futimens(to, (struct timespec[]){time, time}) != 0)
        return fail(checkout, "write", entry->path, error);
    return true;
}

static bool
make_file(const Checkout *checkout, const FaEntry *entry, GError **error)
{
    bool is_program = entry->kind == FA_ENTRY_PROGRAM;
    Place place;
    place.fd =
        fa_staging_find(checkout->objects, &entry->digest, is_program, entry->size, place.name);
    if (place.fd < 0)
        return fa_fail(error, FA_ERROR_FAILED,
                       "object '%s', which is '%s', is missing or was changed", place.name,
                       entry->path);

    bool is_copy = is_writable_copy(checkout, entry->path);
    if (is_copy || entry->size <= FA_OBJECT_TINY)
        return copy_object(checkout, entry, &place, is_copy && !checkout->what->read_only, error);
    if (linkat(place.fd, place.name, checkout->fd, entry->path, 0) == 0)
        return true;
    /* Too many links, a target on another file system, or objects of another user. */
    if (errno == EMLINK || errno == EXDEV || errno == EPERM)
        return copy_object(checkout, entry, &place, false, error);
    return fail(checkout, "link", entry->path, error);
}

static bool
make_directory(const Checkout *checkout, const FaEntry *entry, GError **error)
{
    return mkdirat(checkout->fd, entry->path, 0700) == 0 ||
           fail(checkout, "create", entry->path, error);
}

static bool
make_link(const Checkout *checkout, const FaEntry *entry, GError **error)
{
    return symlinkat(entry->target, checkout->fd, entry->path) == 0 ||
           fail(checkout, "create", entry->path, error);
}

static bool
make_directories(const Checkout *checkout, GError **error)
{
    const FaTree *tree = checkout->what->tree;
    for (size_t i = 0; i < tree->entries->len; i++) {
        const FaEntry *entry = fa_tree_get(tree, i);
        if (entry->kind == FA_ENTRY_DIRECTORY && !make_directory(checkout, entry, error))
            return false;
    }
    return true;
}

/* Neighbours in the tree, for one thread: two of them are seldom in the same directory, whose lock they would share. */
typedef struct Part {
    const Checkout *checkout;
    size_t from, to;
    GError *error;
} Part;

static gpointer
fill_part(gpointer data)
{
    Part *part = data;
    for (size_t i = part->from; i < part->to; i++) {
        const FaEntry *entry = fa_tree_get(part->checkout->what->tree, i);
        if (entry->kind == FA_ENTRY_DIRECTORY)
            continue;
        bool ok = entry->kind == FA_ENTRY_LINK ? make_link(part->checkout, entry, &part->error)
                                               : make_file(part->checkout, entry, &part->error);
        if (!ok)
            break;
    }
    return NULL;
}

static bool
make_rest(const Checkout *checkout, GError **error)
{
    size_t count = checkout->what->tree->entries->len;
    Part first = {.checkout = checkout, .to = count >= THREAD_FROM ? count / 2 : count};
    Part second = {.checkout = checkout, .from = first.to, .to = count};
    GThread *helper = second.from < second.to ? g_thread_new("checkout", fill_part, &second) : NULL;
    fill_part(&first);
    if (helper != NULL)
        g_thread_join(helper);
    if (first.error != NULL) {
        g_clear_error(&second.error);
        g_propagate_error(error, first.error);
        return false;
    }
    if (second.error != NULL)
        g_propagate_error(error, second.error);
    return second.error == NULL;
}

/* Directories get their mode when they are full, the innermost first; one time for all, whenever they are made. */
static bool
finish(const Checkout *checkout, GError **error)
{
    static const FaDigest zero;
    struct timespec time = fa_object_time(&zero);
    const struct timespec times[] = {time, time};
    mode_t mode = checkout->what->read_only ? 0555 : 0755;

    for (size_t i = checkout->what->tree->entries->len; i-- > 0;) {
        const FaEntry *entry = fa_tree_get(checkout->what->tree, i);
        if (fa_entry_is_file(entry))
            continue;
        if (utimensat(checkout->fd, entry->path, times, AT_SYMLINK_NOFOLLOW) != 0 ||
            (entry->kind == FA_ENTRY_DIRECTORY &&
             fchmodat(checkout->fd, entry->path, mode, 0) != 0))
            return fail(checkout, "finish", entry->path, error);
    }
    return (futimens(checkout->fd, times) == 0 && fchmod(checkout->fd, mode) == 0) ||
           fail(checkout, "finish", ".", error);
}

static bool
open_folder(Checkout *checkout, GError **error)
{
    checkout->fd = open(checkout->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return checkout->fd >= 0 || fail(checkout, "open", ".", error);
}

static bool
fill(Checkout *checkout, GError **error)
{
    return open_folder(checkout, error) && make_directories(checkout, error) &&
           make_rest(checkout, error) && finish(checkout, error);
}

/* What was adopted lacks nothing; any other file gives way to the object that the store had of it already. */
static bool
replace_files(const Checkout *checkout, const bool *adopted, GError **error)
{
    const FaTree *tree = checkout->what->tree;
    for (size_t i = 0; i < tree->entries->len; i++) {
        const FaEntry *entry = fa_tree_get(tree, i);
        if (adopted[i] || !fa_entry_is_file(entry))
            continue;
        if (unlinkat(checkout->fd, entry->path, 0) != 0)
            return fail(checkout, "replace", entry->path, error);
        if (!make_file(checkout, entry, error))
            return false;
    }
    return true;
}

/* A step may have left directories that nobody may write to. */
static bool
open_directories(const Checkout *checkout, GError **error)
{
    const FaTree *tree = checkout->what->tree;
    for (size_t i = 0; i < tree->entries->len; i++) {
        const FaEntry *entry = fa_tree_get(tree, i);
        if (entry->kind == FA_ENTRY_DIRECTORY && fchmodat(checkout->fd, entry->path, 0700, 0) != 0)
            return fail(checkout, "open", entry->path, error);
    }
    return true;
}

bool
fa_checkout_adopt(const FaCheckout *what, const char *path, const bool *adopted, GError **error)
{
    Checkout checkout = {.what = what, .path = path, .fd = -1, .objects = what->staging};
    bool ok = open_folder(&checkout, error) && open_directories(&checkout, error) &&
              replace_files(&checkout, adopted, error) && finish(&checkout, error);
    fa_fd_clear(&checkout.fd);
    return ok;
}

bool
fa_checkout_make_frame(const FaCheckout *what, const char *path, int fd, GError **error)
{
    const Checkout checkout = {.what = what, .path = path, .fd = fd};
    for (size_t i = 0; i < what->tree->entries->len; i++) {
        const FaEntry *entry = fa_tree_get(what->tree, i);
        if (entry->kind == FA_ENTRY_LINK && !make_link(&checkout, entry, error))
            return false;
        if (entry->kind == FA_ENTRY_DIRECTORY && !make_directory(&checkout, entry, error))
            return false;
    }
    return true;
}

bool
fa_checkout_finish(const FaCheckout *what, const char *path, int fd, GError **error)
{
    const Checkout checkout = {.what = what, .path = path, .fd = fd};
    return finish(&checkout, error);
}

char *
fa_checkout_make(FaStore *store, const FaCheckout *what, const char *parent, const char *prefix,
                 GError **error)
{
    fa_autofd int objects_fd = what->staging == NULL ? fa_object_open_folder(store, error) : -1;
    if (objects_fd < 0 && what->staging == NULL)
        return NULL;
    g_autofree char *path = fa_fs_make_temporary(parent, prefix, error);
    if (path == NULL)
        return NULL;

    const FaStaging published = {.fd = -1, .objects_fd = objects_fd};
    Checkout checkout = {
        .what = what,
        .path = path,
        .fd = -1,
        .objects = what->staging != NULL ? what->staging : &published,
    };
    bool ok = fill(&checkout, error);
    fa_fd_clear(&checkout.fd);
    if (ok)
        return g_steal_pointer(&path);
    fa_fs_remove_tree(path, NULL);
    return NULL;
}

bool
fa_store_checkout(FaStore *store, const FaDigest *tree, const char *target,
                  const char *const *copy_globs, bool read_only, GError **error)
{
    g_autofree char *absolute = fa_fs_absolute(target);
    g_autofree char *parent = g_path_get_dirname(absolute);
    g_autofree char *name = g_path_get_basename(absolute);
    g_autofree char *prefix = g_strdup_printf(".%.100s.", name);
    if (!fa_store_make(store, error))
        return false;
    g_autoptr(FaLock) hold = fa_store_hold(store, FA_LOCK_SHARED, "checking out", NULL, error);
    if (hold == NULL)
        return false;

    g_autoptr(FaTree) entries = fa_checkout_read_tree(store, tree, error);
    if (entries == NULL)
        return false;
    const FaCheckout what = {.tree = entries, .copy_globs = copy_globs, .read_only = read_only};
    g_autofree char *made = fa_checkout_make(store, &what, parent, prefix, error);
    if (made == NULL)
        return false;
    /* What may be written is somebody's workplace, and is made anew after a power cut. */
    if (read_only && !fa_fs_sync_all(made, error)) {
        fa_fs_remove_tree(made, NULL);
        return false;
    }
    if (rename(made, absolute) == 0)
        return true;
    int number = errno;
    fa_fs_remove_tree(made, NULL);
    if (number == ENOTEMPTY || number == EEXIST || number == ENOTDIR)
        return fa_fail(error, FA_ERROR_CONFLICT, "'%s' exists already", target);
    return fa_fail_errno(error, number, "cannot create '%s'", target);
}
