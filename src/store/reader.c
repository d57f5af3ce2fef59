#include "store/reader.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/error.h"
#include "store/object.h"
#include "sys/fd.h"

#define BUFFER     (1024 * 1024)
#define XATTRS_MAX 4096

void
fa_reader_init(FaReader *reader, const FaScan *scan, const FaHash *hash, FaCancel *cancel)
{
    *reader = (FaReader){
        .scan = scan,
        .cancel = cancel,
        .hasher = fa_hasher_new(hash),
        .buffer = g_malloc(BUFFER),
    };
}

void
fa_reader_clear(FaReader *reader)
{
    g_clear_pointer(&reader->hasher, fa_hasher_free);
    g_clear_pointer(&reader->buffer, g_free);
}

static bool
fail_errno(const FaReader *reader, const char *what, GError **error)
{
    return fa_fail_errno(error, errno, "cannot %s '%s' of '%s'", what, reader->entry->path,
                         reader->scan->directory);
}

static bool
refuse_changed(const FaReader *reader, GError **error)
{
    return fa_fail(error, FA_ERROR_CONFLICT, "'%s' of '%s' was changed while it was read",
                   reader->entry->path, reader->scan->directory);
}

/* A capability or an access list would be lost, silently. Labels are the system's own business. */
static bool
check_attributes(const FaReader *reader, int fd, GError **error)
{
    char names[XATTRS_MAX];
    ssize_t length = flistxattr(fd, names, sizeof names);
    if (length < 0 && errno == ENOTSUP)
        return true;
    if (length < 0)
        return fail_errno(reader, "read the attributes of", error);
    for (const char *name = names; name < names + length; name += strlen(name) + 1) {
        if (strcmp(name, "security.capability") == 0 || g_str_has_prefix(name, "user.") ||
            g_str_has_prefix(name, "system.posix_acl"))
            return fa_fail(error, FA_ERROR_REFUSED,
                           "cannot keep '%s' of '%s': it has the extended attribute '%s'",
                           reader->entry->path, reader->scan->directory, name);
    }
    return true;
}

bool
fa_reader_check(const FaReader *reader, int fd, GError **error)
{
    struct stat status;
    if (fstat(fd, &status) == 0) {
        FaCacheKey now = fa_cache_key(&status);
        if (fa_cache_key_is_equal(&now, reader->key))
            return true;
    }
    return refuse_changed(reader, error);
}

int
fa_reader_open(FaReader *reader, size_t index, GError **error)
{
    reader->entry = fa_tree_get(reader->scan->tree, index);
    reader->key = &g_array_index(reader->scan->keys, FaCacheKey, index);
    fa_autofd int fd = fa_scan_open_file(reader->scan->fd, reader->entry->path);
    if (fd < 0) {
        fail_errno(reader, "open", error);
        return -1;
    }
    if (!check_attributes(reader, fd, error))
        return -1;
    return fa_fd_steal(&fd);
}

/* Something else, of its name, may be what cannot be read. */
static bool
fail_read(const FaReader *reader, int fd, GError **error)
{
    int number = errno;
    if (!fa_reader_check(reader, fd, error))
        return false;
    errno = number;
    return fail_errno(reader, "read", error);
}

/* Reads all of @fd, into the digest and, where @to is a descriptor, there. */
static bool
pass_on(FaReader *reader, int fd, int to, FaDigest *digest, GError **error)
{
    uint64_t size = reader->entry->size, total = 0;
    bool is_small = size < BUFFER;
    fa_hasher_begin(reader->hasher);
    /* Whether it has grown is seen by fa_reader_check(): no call is made to be told that this was the end. */
    while (total < size) {
        size_t at = is_small ? total : 0;
        ssize_t length = read(fd, reader->buffer + at, BUFFER - at);
        if (length < 0 && errno == EINTR)
            continue;
        if (length < 0)
            return fail_read(reader, fd, error);
        if (length == 0)
            break;
        total += (uint64_t)length;
        if (total > size)
            return refuse_changed(reader, error);
        if (!fa_cancel_check(reader->cancel, error))
            return false;
        fa_hasher_add(reader->hasher, reader->buffer + at, (size_t)length);
        if (to >= 0 && !fa_write_all(to, reader->buffer + at, (size_t)length))
            return fail_errno(reader, "write a copy of", error);
    }
    fa_hasher_finish(reader->hasher, digest);
    return total == size || refuse_changed(reader, error);
}

bool
fa_reader_hash(FaReader *reader, int fd, FaDigest *ret_digest, GError **error)
{
    return pass_on(reader, fd, -1, ret_digest, error);
}

const char *
fa_reader_get_bytes(const FaReader *reader)
{
    return reader->entry->size < BUFFER ? reader->buffer : NULL;
}

/* What does not fit into the buffer is read twice: most of what is imported is known already. */
bool
fa_reader_write(FaReader *reader, int fd, const FaDigest *digest, int to, GError **error)
{
    FaDigest again;
    if (fa_reader_get_bytes(reader) != NULL)
        return fa_write_all(to, reader->buffer, reader->entry->size) ||
               fail_errno(reader, "write a copy of", error);
    if (lseek(fd, 0, SEEK_SET) != 0)
        return fail_errno(reader, "read", error);
    return pass_on(reader, fd, to, &again, error) &&
           (fa_digest_is_equal(&again, digest) || refuse_changed(reader, error));
}
