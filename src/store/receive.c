#include "store/receive.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "store/private.h"
#include "sys/fd.h"

/* So much is lost at most when a pull is killed. */
#define BATCH (32u * 1024 * 1024)

struct FaReceiver {
    FaStore *store;
    FaCancel *cancel;
    const FaHash *hash;
    FaHasher *hasher;
    FaSqueeze *squeeze;
    FaStaging staging;
    GHashTable *wanted; /* of const FaEntry */
    uint64_t pending;   /* bytes that are not visible yet */
    uint64_t objects_added;
    uint64_t bytes_added;
};

static bool
open_all(FaReceiver *receiver, GError **error)
{
    receiver->hash = fa_store_get_hash(receiver->store, error);
    if (receiver->hash == NULL)
        return false;
    receiver->hasher = fa_hasher_new(receiver->hash);
    receiver->squeeze = fa_squeeze_open(error);
    return receiver->squeeze != NULL && fa_staging_open(receiver->store, &receiver->staging, error);
}

FaReceiver *
fa_receiver_open(FaStore *store, FaCancel *cancel, GError **error)
{
    FaReceiver *receiver = g_new0(FaReceiver, 1);
    receiver->store = store;
    receiver->cancel = cancel;
    receiver->wanted = g_hash_table_new(fa_pack_hash_entry, fa_pack_equal_entry);
    if (open_all(receiver, error))
        return receiver;
    fa_receiver_free(receiver);
    return NULL;
}

void
fa_receiver_free(FaReceiver *receiver)
{
    if (receiver == NULL)
        return;
    fa_staging_clear(&receiver->staging);
    fa_squeeze_free(receiver->squeeze);
    fa_hasher_free(receiver->hasher);
    g_hash_table_unref(receiver->wanted);
    g_free(receiver);
}

FaSqueeze *
fa_receiver_get_squeeze(const FaReceiver *receiver)
{
    return receiver->squeeze;
}

void
fa_receiver_digest(FaReceiver *receiver, const void *bytes, size_t length, FaDigest *ret_digest)
{
    fa_hasher_begin(receiver->hasher);
    fa_hasher_add(receiver->hasher, bytes, length);
    fa_hasher_finish(receiver->hasher, ret_digest);
}

bool
fa_receiver_has(const FaReceiver *receiver, const FaEntry *entry)
{
    return fa_object_is_whole(receiver->staging.objects_fd, &entry->digest,
                              entry->kind == FA_ENTRY_PROGRAM, entry->size);
}

bool
fa_receiver_want(FaReceiver *receiver, const FaTree *tree, GError **error)
{
    for (guint i = 0; i < tree->entries->len; i++) {
        FaEntry *entry = fa_tree_get(tree, i);
        if (fa_entry_is_file(entry) && !fa_receiver_has(receiver, entry))
            g_hash_table_add(receiver->wanted, entry);
    }
    return fa_cancel_check(receiver->cancel, error);
}

bool
fa_receiver_wants(const FaReceiver *receiver, const FaEntry *entry)
{
    return g_hash_table_contains(receiver->wanted, entry);
}

bool
fa_receiver_wants_group(const FaReceiver *receiver, const FaPackPlan *plan, guint group)
{
    const FaPackGroup *in = fa_pack_plan_group(plan, group);
    for (guint i = in->first; i < in->first + in->count; i++) {
        if (fa_receiver_wants(receiver, fa_pack_plan_item(plan, i)->entry))
            return true;
    }
    return false;
}

uint64_t
fa_receiver_sum(const FaReceiver *receiver, uint64_t (*cost)(const FaEntry *entry))
{
    GHashTableIter iter;
    gpointer entry;
    uint64_t sum = 0;
    g_hash_table_iter_init(&iter, receiver->wanted);
    while (g_hash_table_iter_next(&iter, &entry, NULL))
        sum += cost(entry);
    return sum;
}

bool
fa_receiver_commit(FaReceiver *receiver, GError **error)
{
    receiver->pending = 0;
    if (!fa_staging_publish(&receiver->staging, error))
        return false;
    g_ptr_array_set_size(receiver->staging.names, 0);
    return true;
}

static bool
fail_wrong(const FaDigest *digest, GError **error)
{
    char hex[FA_DIGEST_HEX_SIZE];
    fa_digest_to_hex(digest, hex);
    return fa_fail(error, FA_ERROR_FAILED, "object '%s' has another content", hex);
}

/* @entry is in the staging folder. */
static bool
account(FaReceiver *receiver, const FaEntry *entry, GError **error)
{
    g_hash_table_remove(receiver->wanted, entry);
    receiver->objects_added++;
    receiver->bytes_added += entry->size;
    receiver->pending += entry->size;
    return receiver->pending < BATCH || fa_receiver_commit(receiver, error);
}

static bool
take_object(const FaEntry *entry, const void *bytes, void *data, GError **error)
{
    FaReceiver *receiver = data;
    FaDigest found;
    if (!fa_receiver_wants(receiver, entry))
        return true;
    fa_receiver_digest(receiver, bytes, entry->size, &found);
    if (!fa_digest_is_equal(&found, &entry->digest))
        return fail_wrong(&entry->digest, error);
    return fa_staging_write(&receiver->staging, &entry->digest, entry->kind == FA_ENTRY_PROGRAM,
                            bytes, entry->size, error) &&
           account(receiver, entry, error);
}

/* Reads an object that is here: what a pack was made against. */
static bool
load_object(const FaEntry *entry, void *into, void *data, GError **error)
{
    FaReceiver *receiver = data;
    char name[FA_OBJECT_NAME_SIZE];
    FaDigest found;
    size_t at = 0;
    fa_object_name(&entry->digest, entry->kind == FA_ENTRY_PROGRAM, name);
    fa_autofd int fd =
        openat(receiver->staging.objects_fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return fa_fail_errno(error, errno, "cannot open object '%s'", name);
    while (at < entry->size) {
        ssize_t length = read(fd, (char *)into + at, entry->size - at);
        if (length < 0 && errno == EINTR)
            continue;
        if (length < 0)
            return fa_fail_errno(error, errno, "cannot read object '%s'", name);
        if (length == 0)
            break;
        at += (size_t)length;
    }
    fa_receiver_digest(receiver, into, at, &found);
    return fa_digest_is_equal(&found, &entry->digest) ||
           fa_fail(error, FA_ERROR_FAILED,
                   "object '%s' of this store is damaged\nhelp: 'fassembler store verify' "
                   "restores it where it can",
                   name);
}

typedef struct Stream {
    FaReceiver *receiver;
    const char *path;
    const FaPackPlan *plan;
    const GArray *frames;
    guint group; /* that comes */
    guint end;   /* behind the last one that is asked for */
    GByteArray *frame;
    bool is_begun;
} Stream;

static bool
end_frame(Stream *stream, GError **error)
{
    FaReceiver *receiver = stream->receiver;
    guint group = stream->group++;
    bool ok = !fa_receiver_wants_group(receiver, stream->plan, group) ||
              fa_pack_read(stream->plan, group, receiver->squeeze, stream->frame->data,
                           stream->frame->len, load_object, take_object, receiver, error);
    g_byte_array_set_size(stream->frame, 0);
    return ok;
}

static bool
take_stream(const void *bytes, size_t length, void *data, GError **error)
{
    Stream *stream = data;
    const uint8_t *rest = bytes;
    while (length > 0 && stream->group < stream->end) {
        uint64_t size = g_array_index(stream->frames, uint64_t, stream->group);
        size_t part = MIN(length, size - stream->frame->len);
        g_byte_array_append(stream->frame, rest, (guint)part);
        rest += part;
        length -= part;
        if (stream->frame->len == size && !end_frame(stream, error))
            return false;
    }
    return true;
}

static bool
end_stream(void *data, GError **error)
{
    const Stream *stream = data;
    return stream->group == stream->end || fa_fail(error, FA_ERROR_FAILED, "it is cut off");
}

static uint64_t
sum_frames(const GArray *frames, guint first, guint end)
{
    uint64_t sum = 0;
    for (guint i = first; i < end; i++)
        sum += g_array_index(frames, uint64_t, i);
    return sum;
}

static bool
next_stream(void *data, FaFetch *fetch)
{
    Stream *stream = data;
    if (stream->is_begun)
        return false;
    stream->is_begun = true;
    *fetch = (FaFetch){
        .path = g_strdup(stream->path),
        .first = sum_frames(stream->frames, 0, stream->group),
        .limit = sum_frames(stream->frames, stream->group, stream->end),
        .take = take_stream,
        .end = end_stream,
        .data = stream,
    };
    return true;
}

bool
fa_receiver_take_pack(FaReceiver *receiver, FaFetcher *fetcher, const char *path,
                      const FaPackPlan *plan, const GArray *frames, GError **error)
{
    g_autoptr(GByteArray) frame = g_byte_array_new();
    Stream stream = {
        .receiver = receiver,
        .path = path,
        .plan = plan,
        .frames = frames,
        .end = frames->len,
        .frame = frame,
    };
    while (stream.group < stream.end && !fa_receiver_wants_group(receiver, plan, stream.group))
        stream.group++;
    while (stream.end > stream.group && !fa_receiver_wants_group(receiver, plan, stream.end - 1))
        stream.end--;
    return stream.group == stream.end || fa_fetcher_run(fetcher, next_stream, &stream, error);
}

/* One object on its way. */
typedef struct Single {
    FaReceiver *receiver;
    const FaEntry *entry;
    FaUnsqueezer *unsqueezer;
    FaHasher *hasher;
    int fd;
    uint64_t size;
    char part[FA_OBJECT_NAME_SIZE];
} Single;

static void
clear_single(Single *single)
{
    fa_fd_clear(&single->fd);
    g_clear_pointer(&single->unsqueezer, fa_unsqueezer_free);
    g_clear_pointer(&single->hasher, fa_hasher_free);
}

static void
free_single(gpointer data)
{
    clear_single(data);
    g_free(data);
}

static bool
write_single(const void *bytes, size_t length, void *data, GError **error)
{
    Single *single = data;
    if (length > single->entry->size - single->size)
        return fail_wrong(&single->entry->digest, error);
    single->size += length;
    fa_hasher_add(single->hasher, bytes, length);
    return fa_write_all(single->fd, bytes, length) ||
           fa_fail_errno(error, errno, "cannot write a file in '%s'",
                         single->receiver->staging.path);
}

static bool
take_single(const void *bytes, size_t length, void *data, GError **error)
{
    Single *single = data;
    FaReceiver *receiver = single->receiver;
    if (single->unsqueezer == NULL) {
        single->fd = fa_staging_begin_part(&receiver->staging, single->part, error);
        if (single->fd < 0)
            return false;
        single->unsqueezer = fa_unsqueezer_new(receiver->squeeze);
        single->hasher = fa_hasher_new(receiver->hash);
        fa_hasher_begin(single->hasher);
    }
    return fa_unsqueezer_feed(single->unsqueezer, bytes, length, write_single, single, error);
}

static bool
end_single(void *data, GError **error)
{
    Single *single = data;
    const FaEntry *entry = single->entry;
    FaDigest found;
    if (single->unsqueezer == NULL || !fa_unsqueezer_is_done(single->unsqueezer))
        return fa_fail(error, FA_ERROR_FAILED, "it is cut off");
    fa_hasher_finish(single->hasher, &found);
    if (!fa_digest_is_equal(&found, &entry->digest) || single->size != entry->size)
        return fail_wrong(&entry->digest, error);
    bool ok = fa_staging_adopt(&single->receiver->staging, single->fd, single->part, &entry->digest,
                               entry->kind == FA_ENTRY_PROGRAM, error) &&
              account(single->receiver, entry, error);
    clear_single(single);
    return ok;
}

typedef struct Rest {
    FaReceiver *receiver;
    gpointer *entries; /* of const FaEntry */
    guint count;
    guint next;
    GPtrArray *singles;
} Rest;

static bool
next_single(void *data, FaFetch *fetch)
{
    Rest *rest = data;
    char name[FA_OBJECT_NAME_SIZE];
    if (rest->next == rest->count)
        return false;
    Single *single = g_new0(Single, 1);
    single->receiver = rest->receiver;
    single->entry = rest->entries[rest->next++];
    single->fd = -1;
    g_ptr_array_add(rest->singles, single);
    /* Whether it may be executed is the tree's business: the bytes are the same. */
    fa_object_name(&single->entry->digest, false, name);
    *fetch = (FaFetch){
        .path = g_strconcat("objects/", name, NULL),
        .limit = fa_squeeze_bound(single->entry->size),
        .take = take_single,
        .end = end_single,
        .data = single,
    };
    return true;
}

bool
fa_receiver_take_rest(FaReceiver *receiver, FaFetcher *fetcher, GError **error)
{
    guint count;
    g_autofree gpointer *entries = g_hash_table_get_keys_as_array(receiver->wanted, &count);
    g_autoptr(GPtrArray) singles = g_ptr_array_new_with_free_func(free_single);
    Rest rest = {.receiver = receiver, .entries = entries, .count = count, .singles = singles};
    return fa_fetcher_run(fetcher, next_single, &rest, error);
}

bool
fa_receiver_take_manifest(FaReceiver *receiver, const FaDigest *digest, GBytes *manifest,
                          GError **error)
{
    gsize length;
    const void *bytes = g_bytes_get_data(manifest, &length);
    g_assert(g_hash_table_size(receiver->wanted) == 0);
    if (fa_object_is_whole(receiver->staging.objects_fd, digest, false, length))
        return true;
    receiver->objects_added++;
    receiver->bytes_added += length;
    return fa_staging_write(&receiver->staging, digest, false, bytes, length, error);
}

void
fa_receiver_get_added(const FaReceiver *receiver, uint64_t *ret_objects, uint64_t *ret_bytes)
{
    *ret_objects = receiver->objects_added;
    *ret_bytes = receiver->bytes_added;
}
