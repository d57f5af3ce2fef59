#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "store/checkout.h"
#include "store/object.h"
#include "store/private.h"
#include "store/reader.h"
#include "store/scan.h"
#include "sys/fd.h"
#include "sys/fs.h"

typedef struct Copy {
    FaScan *scan;
    const char *target;
    int fd; /* of it */
} Copy;

static bool
fail(const Copy *copy, const char *what, const char *path, GError **error)
{
    return fa_fail_errno(error, errno, "cannot %s '%s/%s'", what, copy->target, path);
}

static bool
copy_file(const Copy *copy, FaReader *reader, size_t index, GError **error)
{
    FaEntry *entry = fa_tree_get(copy->scan->tree, index);
    mode_t mode = fa_object_mode(entry->kind == FA_ENTRY_PROGRAM) | 0200;
    fa_autofd int from = fa_reader_open(reader, index, error);
    if (from < 0 || !fa_reader_hash(reader, from, &entry->digest, error))
        return false;
    fa_autofd int to =
        openat(copy->fd, entry->path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
    if (to < 0)
        return fail(copy, "create", entry->path, error);
    struct timespec time = fa_object_time(&entry->digest);
    if (!fa_reader_write(reader, from, &entry->digest, to, error) ||
        !fa_reader_check(reader, from, error))
        return false;
    return (fchmod(to, mode) == 0 && futimens(to, (struct timespec[]){time, time}) == 0) ||
           fail(copy, "finish", entry->path, error);
}

static bool
copy_files(const Copy *copy, const FaHash *hash, FaCancel *cancel, GError **error)
{
    g_auto(FaReader) reader = {0};
    fa_reader_init(&reader, copy->scan, hash, cancel);
    for (size_t i = 0; i < copy->scan->tree->entries->len; i++) {
        if (fa_entry_is_file(fa_tree_get(copy->scan->tree, i)) &&
            !copy_file(copy, &reader, i, error))
            return false;
    }
    return true;
}

bool
fa_store_copy(FaStore *store, const char *directory, const FaImportOptions *options,
              const char *target, FaDigest *ret_tree, GError **error)
{
    g_auto(FaScan) scan = {.fd = -1};
    const FaHash *hash = fa_store_get_hash(store, error);
    if (hash == NULL || !fa_scan_directory(directory, NULL, options, &scan, error))
        return false;
    if (mkdir(target, 0700) != 0)
        return fa_fail_errno(error, errno, "cannot create '%s'", target);
    fa_autofd int fd = open(target, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return fa_fail_errno(error, errno, "cannot open '%s'", target);

    const FaCheckout what = {.tree = scan.tree};
    const Copy copy = {.scan = &scan, .target = target, .fd = fd};
    if (!fa_checkout_make_frame(&what, target, fd, error) ||
        !copy_files(&copy, hash, options->cancel, error) ||
        !fa_checkout_finish(&what, target, fd, error))
        return false;
    g_autoptr(GString) manifest = fa_tree_print(scan.tree);
    fa_hash_bytes(hash, manifest->str, manifest->len, ret_tree);
    return true;
}
