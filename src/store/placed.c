#include "store/placed.h"

#include "base/error.h"
#include "store/private.h"
#include "sys/parallel.h"

#define PLACED_MAX 128 /* each costs descriptors */
#define SHOWN_EACH 8   /* for fewer a thread costs more than it saves */

FaPlaced *
fa_placed_new(const char *name, const FaDigest *key, FaLock *hold)
{
    FaPlaced *placed = g_new0(FaPlaced, 1);
    placed->name = g_strdup(name);
    placed->key = *key;
    placed->staging = (FaStaging){.fd = -1, .objects_fd = -1};
    placed->hold = hold;
    return placed;
}

void
fa_placed_free(FaPlaced *placed)
{
    if (placed == NULL)
        return;
    fa_staging_clear(&placed->staging);
    fa_lock_release(placed->hold);
    fa_lock_release(placed->lock);
    g_free(placed->name);
    g_free(placed);
}

bool
fa_placed_show(FaStore *store, FaPlaced *placed, GError **error)
{
    return fa_staging_show(&placed->staging, error) &&
           fa_store_remember(store, placed->name, &placed->key, &placed->tree, error);
}

/* What is committed at once. */
typedef struct Batch {
    FaStore *store;
    GPtrArray *placed; /* of FaPlaced */
    GMutex mutex;      /* over the other */
    GError *error;
} Batch;

static void
show_one(size_t index, void *data)
{
    Batch *batch = data;
    GError *error = NULL;
    if (fa_placed_show(batch->store, g_ptr_array_index(batch->placed, index), &error))
        return;
    g_mutex_lock(&batch->mutex);
    if (batch->error == NULL)
        batch->error = g_steal_pointer(&error);
    g_mutex_unlock(&batch->mutex);
    g_clear_error(&error);
}

/* What failed is never said to be there: who needed it may have been built from what the disk has not. */
static void
commit_batch(FaStore *store, GPtrArray *placed)
{
    Batch batch = {.store = store, .placed = placed};
    g_mutex_init(&batch.mutex);
    if (fa_store_sync(store, &batch.error))
        fa_parallel_run(placed->len, SHOWN_EACH, show_one, &batch);
    g_mutex_clear(&batch.mutex);
    if (batch.error == NULL)
        return;
    g_mutex_lock(&store->mutex);
    store->commit_failed = batch.error;
    g_mutex_unlock(&store->mutex);
}

static void
commit_now(FaStore *store)
{
    g_mutex_lock(&store->committing);
    g_mutex_lock(&store->mutex);
    g_autoptr(GPtrArray) placed = g_steal_pointer(&store->placed);
    bool has_failed = store->commit_failed != NULL;
    g_mutex_unlock(&store->mutex);
    if (placed != NULL && !has_failed)
        commit_batch(store, placed);
    g_mutex_unlock(&store->committing);
}

/* The caller holds the mutex. */
static bool
is_due(FaStore *store)
{
    if (store->placed == NULL)
        return false;
    return store->placed->len >= PLACED_MAX ||
           g_get_monotonic_time() - store->placed_since >= store->patience;
}

static gpointer
commit_when_due(gpointer data)
{
    FaStore *store = data;
    g_mutex_lock(&store->mutex);
    while (!store->is_closing) {
        if (is_due(store)) {
            g_mutex_unlock(&store->mutex);
            commit_now(store);
            g_mutex_lock(&store->mutex);
        } else if (store->placed != NULL) {
            g_cond_wait_until(&store->placed_more, &store->mutex,
                              store->placed_since + store->patience);
        } else {
            g_cond_wait(&store->placed_more, &store->mutex);
        }
    }
    g_mutex_unlock(&store->mutex);
    return NULL;
}

void
fa_store_commit_later(FaStore *store, FaPlaced *placed, FaLock *lock)
{
    placed->lock = lock;
    g_mutex_lock(&store->mutex);
    if (store->placed == NULL) {
        store->placed = g_ptr_array_new_with_free_func((GDestroyNotify)fa_placed_free);
        store->placed_since = g_get_monotonic_time();
    }
    g_ptr_array_add(store->placed, placed);
    if (store->committer == NULL)
        store->committer = g_thread_new("commit", commit_when_due, store);
    g_cond_signal(&store->placed_more);
    g_mutex_unlock(&store->mutex);
}

bool
fa_store_commit(FaStore *store, GError **error)
{
    commit_now(store);
    g_mutex_lock(&store->mutex);
    bool ok = store->commit_failed == NULL;
    if (!ok)
        g_propagate_error(error, g_error_copy(store->commit_failed));
    g_mutex_unlock(&store->mutex);
    return ok;
}

void
fa_store_close_commits(FaStore *store)
{
    if (store->committer == NULL)
        return;
    commit_now(store);
    g_mutex_lock(&store->mutex);
    store->is_closing = true;
    g_cond_signal(&store->placed_more);
    g_mutex_unlock(&store->mutex);
    g_thread_join(store->committer);
}
