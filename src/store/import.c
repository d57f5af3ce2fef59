#include "store/import.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "store/delta.h"
#include "store/private.h"
#include "store/reader.h"
#include "store/scan.h"
#include "sys/fd.h"
#include "sys/parallel.h"

#define THREADS_MAX   8
#define THREADS_FROM  64   /* files to read; below that a thread costs more than it saves */
#define LOOK_UPS      256  /* one after the other */
#define LOOK_UPS_FROM 4    /* so often that; below that a thread costs more than it saves */
#define MANY          2048 /* the same; below that whole shards do not pay */

typedef struct Job {
    const FaImportOptions *options;
    FaStore *store;
    const FaHash *hash;
    FaScan *scan;
    FaStaging *staging; /* NULL: only the digest */
    GArray *todo;       /* of guint, entries that have to be read */
    bool *adopted;      /* (nullable) of each entry */
    atomic_uint next;
    atomic_bool has_failed;
    GMutex mutex; /* over all that follows */
    GError *error;
} Job;

static FaTime
now(const Job *job)
{
    return job->options->now != 0 ? job->options->now : fa_clock_now();
}

static bool
stage(const Job *job, FaReader *reader, int fd, const FaDigest *digest, GError **error)
{
    FaStaging *staging = job->staging;
    bool is_program = reader->entry->kind == FA_ENTRY_PROGRAM;
    const char *bytes = fa_reader_get_bytes(reader);
    if (bytes != NULL)
        return fa_staging_write(staging, digest, is_program, bytes, reader->entry->size, error);

    g_autoptr(GError) problem = NULL;
    fa_autofd int to = fa_staging_begin(staging, digest, is_program, &problem);
    if (problem != NULL) {
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
    return to < 0 || (fa_reader_write(reader, fd, digest, to, error) &&
                      fa_staging_end(staging, to, digest, is_program, error));
}

/* The file itself becomes the object, where it has no other name and the file system lets it have one more. */
static bool
adopt(const Job *job, const FaReader *reader, int fd, const FaDigest *digest)
{
    struct stat status;
    return job->adopted != NULL && reader->entry->size > FA_OBJECT_TINY &&
           fstat(fd, &status) == 0 && status.st_nlink == 1 &&
           fa_staging_link(job->staging, fd, job->scan->fd, reader->entry->path, digest,
                           reader->entry->kind == FA_ENTRY_PROGRAM);
}

static bool
has_object(const Job *job, const FaEntry *entry, const FaDigest *digest)
{
    return job->staging == NULL ||
           fa_staging_is_published(job->staging, digest, entry->kind == FA_ENTRY_PROGRAM,
                                   entry->size);
}

static bool
read_file(Job *job, FaReader *reader, guint index, GError **error)
{
    FaTime read_at = now(job);
    FaEntry *entry = fa_tree_get(job->scan->tree, index);
    FaDigest digest;
    fa_autofd int fd = fa_reader_open(reader, index, error);
    if (fd < 0 || !fa_reader_hash(reader, fd, &digest, error))
        return false;
    entry->digest = digest;
    bool is_missing = !has_object(job, entry, &digest);
    if (is_missing && job->adopted != NULL && !fa_reader_check(reader, fd, error))
        return false;
    if (is_missing && adopt(job, reader, fd, &digest))
        return job->adopted[index] = true;
    if (is_missing && !stage(job, reader, fd, &digest, error))
        return false;
    if (!fa_reader_check(reader, fd, error))
        return false;

    g_mutex_lock(&job->store->mutex);
    fa_cache_add(job->store->cache, reader->key, read_at, &digest);
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
    g_auto(FaReader) reader = {0};
    fa_reader_init(&reader, job->scan, job->hash, job->options->cancel);

    while (!atomic_load(&job->has_failed)) {
        unsigned at = atomic_fetch_add(&job->next, 1);
        if (at >= job->todo->len)
            break;
        unsigned index = g_array_index(job->todo, guint, at);
        GError *error = NULL;
        if (!read_file(job, &reader, index, &error))
            take_error(job, error);
    }
    return NULL;
}

typedef struct LookUp {
    Job *job;
    const FaCache *cache;
    bool *is_missing; /* of each entry */
} LookUp;

static void
look_up_some(size_t index, void *data)
{
    const LookUp *look_up = data;
    const FaScan *scan = look_up->job->scan;
    size_t from = index * LOOK_UPS, to = MIN(from + LOOK_UPS, scan->tree->entries->len);
    for (size_t i = from; i < to; i++) {
        FaEntry *entry = fa_tree_get(scan->tree, i);
        const FaCacheKey *key = &g_array_index(scan->keys, FaCacheKey, i);
        look_up->is_missing[i] =
            fa_entry_is_file(entry) && (!fa_cache_find(look_up->cache, key, &entry->digest) ||
                                        !has_object(look_up->job, entry, &entry->digest));
    }
}

/* Takes from the cache what it knows; the rest is to be read. */
static void
look_up(Job *job)
{
    guint count = job->scan->tree->entries->len;
    g_autofree bool *is_missing = g_new(bool, count + 1);
    LookUp all = {job, fa_store_get_cache(job->store), is_missing};
    /* Nobody adds to the cache meanwhile. */
    g_mutex_lock(&job->store->mutex);
    fa_parallel_run((count + LOOK_UPS - 1) / LOOK_UPS, LOOK_UPS_FROM, look_up_some, &all);
    g_mutex_unlock(&job->store->mutex);
    for (guint i = 0; i < count; i++) {
        if (is_missing[i])
            g_array_append_val(job->todo, i);
    }
}

static bool
read_all(Job *job, unsigned threads, GError **error)
{
    GThread *helpers[THREADS_MAX];
    unsigned count = 0;
    if (job->todo->len == 0)
        return true;
    unsigned many = job->options->many == 0 ? MANY : job->options->many;
    if (job->staging != NULL && job->todo->len >= many && !fa_staging_shard(job->staging, error))
        return false;

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
    fa_hash_bytes(job->hash, text->str, text->len, &facts);
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
    fa_cache_add(cache, &key, now(job), tree);
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
    fa_hash_bytes(job->hash, bytes, length, ret_tree);
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
fa_import_run(const FaImport *import, FaImported *ret_imported, GError **error)
{
    static const FaImportOptions usual;
    const FaImportOptions *options = import->options != NULL ? import->options : &usual;
    g_auto(FaImported) imported = {0};
    g_auto(FaScan) scan = {.fd = -1};
    if (!fa_scan_directory(import->directory, import->shown, options, &scan, error))
        return false;
    g_autoptr(GArray) todo = g_array_new(FALSE, FALSE, sizeof(guint));
    if (import->adopts)
        imported.adopted = g_new0(bool, scan.tree->entries->len + 1);
    Job job = {
        .options = options,
        .store = import->store,
        .hash = fa_store_get_hash(import->store, error),
        .scan = &scan,
        .staging = import->staging,
        .todo = todo,
        .adopted = imported.adopted,
    };
    if (job.hash == NULL)
        return false;

    bool is_found = import->staging == NULL
                        ? find_tree(&job, options->threads, &imported.tree, error)
                        : read_tree(&job, options->threads, &imported.tree, error);
    if (!is_found)
        return false;
    imported.stats = scan.stats;
    imported.stats.files_read = todo->len;
    imported.entries = g_steal_pointer(&scan.tree);
    *ret_imported = imported;
    imported = (FaImported){0};
    return true;
}

void
fa_imported_clear(FaImported *imported)
{
    g_clear_pointer(&imported->entries, fa_tree_free);
    g_clear_pointer(&imported->adopted, g_free);
}

static gpointer
save_cache(gpointer data)
{
    FaStore *store = data;
    g_mutex_lock(&store->mutex);
    fa_cache_save(store->cache, NULL);
    g_mutex_unlock(&store->mutex);
    return NULL;
}

/* What was learnt of many files is saved while the disk is waited for: it is true whatever becomes of the objects. */
static bool
publish(FaStore *store, FaStaging *staging, GError **error)
{
    GThread *saving = staging->is_sharded ? g_thread_new("save", save_cache, store) : NULL;
    bool ok = fa_staging_publish(staging, error);
    if (saving != NULL)
        g_thread_join(saving);
    return ok;
}

bool
fa_store_import(FaStore *store, const char *directory, const FaImportOptions *options,
                FaDigest *ret_tree, FaTreeStats *ret_stats, GError **error)
{
    g_auto(FaImported) imported = {0};
    FaCancel *cancel = options != NULL ? options->cancel : NULL;
    if (!fa_store_make(store, error))
        return false;
    g_autoptr(FaLock) hold = fa_store_hold(store, FA_LOCK_SHARED, "importing", cancel, error);
    if (hold == NULL)
        return false;

    g_auto(FaStaging) staging = {.fd = -1};
    const FaImport import = {
        .store = store, .directory = directory, .options = options, .staging = &staging};
    if (!fa_staging_open(store, &staging, error) || !fa_import_run(&import, &imported, error) ||
        !publish(store, &staging, error) || !fa_store_keep(store, &imported.tree, error))
        return false;
    imported.stats.objects_added = staging.names->len;
    imported.stats.bytes_added = staging.bytes;
    *ret_tree = imported.tree;
    if (ret_stats != NULL)
        *ret_stats = imported.stats;
    return true;
}

bool
fa_store_digest(FaStore *store, const char *directory, const FaImportOptions *options,
                FaDigest *ret_tree, FaTreeStats *ret_stats, GError **error)
{
    g_auto(FaImported) imported = {0};
    const FaImport import = {.store = store, .directory = directory, .options = options};
    if (!fa_import_run(&import, &imported, error))
        return false;
    *ret_tree = imported.tree;
    if (ret_stats != NULL)
        *ret_stats = imported.stats;
    return true;
}
