#include "store/import.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/error.h"
#include "store/delta.h"
#include "store/private.h"
#include "store/scan.h"
#include "sys/fd.h"

#define BUFFER       (1024 * 1024)
#define THREADS_MAX  8
#define THREADS_FROM 64 /* files to read; below that a thread costs more than it saves */
#define XATTRS_MAX   4096

typedef struct Job {
    FaStore *store;
    const FaHash *hash;
    FaScan *scan;
    FaStaging *staging; /* NULL: only the digest */
    FaCancel *cancel;
    FaTime now;
    GArray *todo; /* of guint, entries that have to be read */
    atomic_uint next;
    atomic_bool has_failed;
    GMutex mutex; /* over all that follows */
    GError *error;
} Job;

typedef struct Reader {
    Job *job;
    FaHasher *hasher;
    char *buffer;
    FaEntry *entry; /* at hand */
} Reader;

static bool
fail_errno(const Reader *reader, const char *what, GError **error)
{
    return fa_fail_errno(error, errno, "cannot %s '%s' of '%s'", what, reader->entry->path,
                         reader->job->scan->directory);
}

static bool
refuse_changed(const Reader *reader, GError **error)
{
    return fa_fail(error, FA_ERROR_CONFLICT, "'%s' of '%s' was changed while it was read",
                   reader->entry->path, reader->job->scan->directory);
}

/* A capability or an access list would be lost, silently. Labels are the system's own business. */
static bool
check_attributes(const Reader *reader, int fd, GError **error)
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
                           reader->entry->path, reader->job->scan->directory, name);
    }
    return true;
}

/*
 * Reads all of @fd, into the digest and, where @to is a descriptor, there. A small file is whole in the buffer
 * afterwards.
 */
static bool
pass_on(Reader *reader, int fd, int to, FaDigest *digest, GError **error)
{
    bool is_small = reader->entry->size < BUFFER;
    uint64_t total = 0;
    fa_hasher_begin(reader->hasher);
    for (;;) {
        size_t at = is_small ? total : 0;
        ssize_t length = read(fd, reader->buffer + at, BUFFER - at);
        if (length < 0 && errno == EINTR)
            continue;
        if (length < 0)
            return fail_errno(reader, "read", error);
        if (length == 0)
            break;
        total += (uint64_t)length;
        if (total > reader->entry->size)
            return refuse_changed(reader, error);
        if (!fa_cancel_check(reader->job->cancel, error))
            return false;
        fa_hasher_add(reader->hasher, reader->buffer + at, (size_t)length);
        if (to >= 0 && !fa_write_all(to, reader->buffer + at, (size_t)length))
            return fail_errno(reader, "write an object for", error);
    }
    fa_hasher_finish(reader->hasher, digest);
    return total == reader->entry->size || refuse_changed(reader, error);
}

/* What does not fit into the buffer is read twice: most of what is imported is known already. */
static bool
stage(Reader *reader, int fd, const FaDigest *digest, GError **error)
{
    FaStaging *staging = reader->job->staging;
    bool is_program = reader->entry->kind == FA_ENTRY_PROGRAM;
    if (reader->entry->size < BUFFER)
        return fa_staging_write(staging, digest, is_program, reader->buffer, reader->entry->size,
                                error);

    g_autoptr(GError) problem = NULL;
    fa_autofd int to = fa_staging_begin(staging, digest, is_program, &problem);
    if (problem != NULL) {
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
    if (to < 0)
        return true;
    FaDigest again;
    if (lseek(fd, 0, SEEK_SET) != 0)
        return fail_errno(reader, "read", error);
    if (!pass_on(reader, fd, to, &again, error))
        return false;
    if (!fa_digest_is_equal(&again, digest))
        return refuse_changed(reader, error);
    return fa_staging_end(staging, to, digest, is_program, error);
}

static bool
has_object(const Job *job, const FaEntry *entry, const FaDigest *digest)
{
    return job->staging == NULL || fa_object_is_whole(job->staging->objects_fd, digest,
                                                      entry->kind == FA_ENTRY_PROGRAM, entry->size);
}

static bool
is_unchanged(int fd, const FaCacheKey *key)
{
    struct stat status;
    if (fstat(fd, &status) != 0)
        return false;
    FaCacheKey now = fa_cache_key(&status);
    return fa_cache_key_is_equal(&now, key);
}

static bool
read_file(Reader *reader, const FaCacheKey *key, GError **error)
{
    Job *job = reader->job;
    FaTime read_at = job->now != 0 ? job->now : fa_clock_now();
    FaDigest digest;
    fa_autofd int fd = fa_scan_open_file(job->scan->fd, reader->entry->path);
    if (fd < 0)
        return fail_errno(reader, "open", error);
    if (!is_unchanged(fd, key))
        return refuse_changed(reader, error);
    if (!check_attributes(reader, fd, error) || !pass_on(reader, fd, -1, &digest, error))
        return false;
    if (!has_object(job, reader->entry, &digest) && !stage(reader, fd, &digest, error))
        return false;
    if (!is_unchanged(fd, key))
        return refuse_changed(reader, error);

    reader->entry->digest = digest;
    g_mutex_lock(&job->store->mutex);
    fa_cache_add(job->store->cache, key, read_at, &digest);
    g_mutex_unlock(&job->store->mutex);
    return true;
}

static void
take_error(Job *job, GError *error)
{
    atomic_store(&job->has_failed, true);
    g_mutex_lock(&job->mutex);
    if (job->error == NULL)
        job->error = error;
    else
        g_error_free(error);
    g_mutex_unlock(&job->mutex);
}

static gpointer
read_files(gpointer data)
{
    Job *job = data;
    g_autofree char *buffer = g_malloc(BUFFER);
    g_autoptr(FaHasher) hasher = fa_hasher_new(job->hash);
    Reader reader = {.job = job, .hasher = hasher, .buffer = buffer};

    while (!atomic_load(&job->has_failed)) {
        unsigned at = atomic_fetch_add(&job->next, 1);
        if (at >= job->todo->len)
            break;
        unsigned index = g_array_index(job->todo, guint, at);
        GError *error = NULL;
        reader.entry = fa_tree_get(job->scan->tree, index);
        if (!read_file(&reader, &g_array_index(job->scan->keys, FaCacheKey, index), &error))
            take_error(job, error);
    }
    return NULL;
}

/* Takes from the cache what it knows; the rest is to be read. */
static void
look_up(Job *job)
{
    FaCache *cache = fa_store_get_cache(job->store);
    g_mutex_lock(&job->store->mutex);
    for (guint i = 0; i < job->scan->tree->entries->len; i++) {
        FaEntry *entry = fa_tree_get(job->scan->tree, i);
        if (!fa_entry_is_file(entry))
            continue;
        if (!fa_cache_find(cache, &g_array_index(job->scan->keys, FaCacheKey, i), &entry->digest) ||
            !has_object(job, entry, &entry->digest))
            g_array_append_val(job->todo, i);
    }
    g_mutex_unlock(&job->store->mutex);
}

static bool
read_all(Job *job, unsigned threads, GError **error)
{
    GThread *helpers[THREADS_MAX];
    unsigned count = 0;
    if (job->todo->len == 0)
        return true;

    if (job->todo->len >= THREADS_FROM)
        count = MIN(threads == 0 ? 2 : threads, THREADS_MAX) - 1;
    for (unsigned i = 0; i < count; i++)
        helpers[i] = g_thread_new("import", read_files, job);
    read_files(job);
    for (unsigned i = 0; i < count; i++)
        g_thread_join(helpers[i]);
    if (job->error == NULL)
        return true;
    g_propagate_error(error, g_steal_pointer(&job->error));
    return false;
}

/* The directory as the stat cache knows it, whatever its times: what was imported from there last. */
static FaCacheKey
key_of_directory(const FaScan *scan)
{
    struct stat status;
    FaCacheKey key = {0};
    if (fstat(scan->fd, &status) == 0)
        key = (FaCacheKey){.device = status.st_dev, .inode = status.st_ino, .size = UINT64_MAX};
    return key;
}

/*
 * All that was seen of the directory, as one key: where it is known, no file needs to be looked up, nor a manifest to
 * be made of them.
 */
static FaCacheKey
key_of_facts(const Job *job)
{
    const FaScan *scan = job->scan;
    const FaCacheKey directory = key_of_directory(scan);
    FaDigest facts;
    g_autoptr(GString) text = g_string_sized_new(scan->tree->entries->len * 64u);
    for (guint i = 0; i < scan->tree->entries->len; i++) {
        const FaEntry *entry = fa_tree_get(scan->tree, i);
        g_string_append_len(text, (const char *)&g_array_index(scan->keys, FaCacheKey, i),
                            sizeof(FaCacheKey));
        g_string_append_c(text, (char)entry->kind);
        g_string_append_len(text, entry->path, (gssize)strlen(entry->path) + 1);
        if (entry->kind == FA_ENTRY_LINK)
            g_string_append_len(text, entry->target, (gssize)strlen(entry->target) + 1);
    }
    g_autoptr(FaHasher) hasher = fa_hasher_new(job->hash);
    fa_hasher_begin(hasher);
    fa_hasher_add(hasher, text->str, text->len);
    fa_hasher_finish(hasher, &facts);
    return fa_cache_key_of_facts(&directory, &facts);
}

static bool
stage_manifest(const Job *job, const FaDigest *tree, const char *bytes, size_t length,
               GError **error)
{
    const FaCacheKey key = key_of_directory(job->scan);
    FaCache *cache = fa_store_get_cache(job->store);
    FaDigest base;
    g_autoptr(GError) problem = NULL;
    if (fa_object_is_whole(job->staging->objects_fd, tree, false, length) ||
        fa_delta_is_whole(job->staging->objects_fd, tree))
        return true;

    g_mutex_lock(&job->store->mutex);
    bool has_base = fa_cache_find(cache, &key, &base);
    g_mutex_unlock(&job->store->mutex);
    if (has_base && fa_delta_stage(job->store, job->staging, &base, tree, bytes, length, &problem))
        return true;
    if (problem != NULL) {
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
    g_mutex_lock(&job->store->mutex);
    fa_cache_add(cache, &key, job->now != 0 ? job->now : fa_clock_now(), tree);
    g_mutex_unlock(&job->store->mutex);
    return fa_staging_write(job->staging, tree, false, bytes, length, error);
}

/* Makes the tree's digest, and stages its manifest where there is somewhere to stage it. */
static bool
finish_tree(const Job *job, FaDigest *ret_tree, GError **error)
{
    GString *text = fa_tree_print(job->scan->tree);
    g_autoptr(GBytes) manifest = g_string_free_to_bytes(text);
    gsize length;
    const char *bytes = g_bytes_get_data(manifest, &length);
    g_autoptr(FaHasher) hasher = fa_hasher_new(job->hash);
    fa_hasher_begin(hasher);
    fa_hasher_add(hasher, bytes, length);
    fa_hasher_finish(hasher, ret_tree);
    return job->staging == NULL || stage_manifest(job, ret_tree, bytes, length, error);
}

/* Reads what the cache does not know. */
static bool
read_tree(Job *job, unsigned threads, FaDigest *ret_tree, GError **error)
{
    g_mutex_init(&job->mutex);
    look_up(job);
    bool is_read = read_all(job, threads, error);
    g_mutex_clear(&job->mutex);
    return is_read && finish_tree(job, ret_tree, error);
}

/* Only the digest is asked for: one look-up is enough for a directory in which nothing has changed. */
static bool
find_tree(Job *job, unsigned threads, FaDigest *ret_tree, GError **error)
{
    const FaCacheKey key = key_of_facts(job);
    FaCache *cache = fa_store_get_cache(job->store);
    g_mutex_lock(&job->store->mutex);
    bool is_known = fa_cache_find(cache, &key, ret_tree);
    g_mutex_unlock(&job->store->mutex);
    if (is_known)
        return true;

    if (!read_tree(job, threads, ret_tree, error))
        return false;
    /* What had to be read may have changed too recently to be remembered. */
    if (job->todo->len == 0) {
        g_mutex_lock(&job->store->mutex);
        fa_cache_add_derived(cache, &key, ret_tree);
        g_mutex_unlock(&job->store->mutex);
    }
    return true;
}

bool
fa_import_run(FaStore *store, const char *directory, const FaImportOptions *options,
              FaStaging *staging, FaTree **ret_entries, FaDigest *ret_tree, FaTreeStats *ret_stats,
              GError **error)
{
    static const FaImportOptions usual;
    if (options == NULL)
        options = &usual;
    g_auto(FaScan) scan = {.fd = -1};
    if (!fa_scan_directory(directory, options, &scan, error))
        return false;
    g_autoptr(GArray) todo = g_array_new(FALSE, FALSE, sizeof(guint));
    Job job = {
        .store = store,
        .hash = fa_store_get_hash(store, error),
        .scan = &scan,
        .staging = staging,
        .cancel = options->cancel,
        .now = options->now,
        .todo = todo,
    };
    if (job.hash == NULL)
        return false;

    bool is_found = staging == NULL && ret_entries == NULL
                        ? find_tree(&job, options->threads, ret_tree, error)
                        : read_tree(&job, options->threads, ret_tree, error);
    if (!is_found)
        return false;
    scan.stats.files_read = todo->len;
    *ret_stats = scan.stats;
    if (ret_entries != NULL)
        *ret_entries = g_steal_pointer(&scan.tree);
    return true;
}

bool
fa_store_import(FaStore *store, const char *directory, const FaImportOptions *options,
                FaDigest *ret_tree, FaTreeStats *ret_stats, GError **error)
{
    FaDigest tree;
    FaTreeStats stats;
    FaCancel *cancel = options != NULL ? options->cancel : NULL;
    if (!fa_store_make(store, error))
        return false;
    g_autoptr(FaLock) hold = fa_store_hold(store, FA_LOCK_SHARED, "importing", cancel, error);
    if (hold == NULL)
        return false;

    g_auto(FaStaging) staging = {.fd = -1};
    if (!fa_staging_open(store, &staging, error) ||
        !fa_import_run(store, directory, options, &staging, NULL, &tree, &stats, error) ||
        !fa_staging_publish(&staging, error) || !fa_store_keep(store, &tree, error))
        return false;
    stats.objects_added = staging.names->len;
    stats.bytes_added = staging.bytes;
    *ret_tree = tree;
    if (ret_stats != NULL)
        *ret_stats = stats;
    return true;
}

bool
fa_store_digest(FaStore *store, const char *directory, const FaImportOptions *options,
                FaDigest *ret_tree, FaTreeStats *ret_stats, GError **error)
{
    FaDigest tree;
    FaTreeStats stats;
    if (!fa_import_run(store, directory, options, NULL, NULL, &tree, &stats, error))
        return false;
    *ret_tree = tree;
    if (ret_stats != NULL)
        *ret_stats = stats;
    return true;
}
