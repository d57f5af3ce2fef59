#include "base/error.h"
#include "store/private.h"
#include "sys/fs.h"

#define THREADS 8
#define ROUNDS  20

typedef struct Waiter {
    FaStore *store;
    unsigned failures;
} Waiter;

/* Law: what began to make all safe did so after it was asked for, not before. */
static gpointer
wait_often(gpointer data)
{
    Waiter *waiter = data;
    FaStore *store = waiter->store;
    for (unsigned i = 0; i < ROUNDS; i++) {
        g_autoptr(GError) error = NULL;
        g_mutex_lock(&store->mutex);
        uint64_t begun = store->syncs_begun;
        g_mutex_unlock(&store->mutex);
        bool ok = fa_store_sync(store, &error);
        g_mutex_lock(&store->mutex);
        g_assert_true(!ok || store->syncs_done > begun);
        g_mutex_unlock(&store->mutex);
        g_assert_true(ok == (error == NULL));
        waiter->failures += !ok;
    }
    return NULL;
}

static unsigned
run_threads(FaStore *store)
{
    Waiter waiters[THREADS] = {0};
    GThread *threads[THREADS];
    unsigned failures = 0;
    for (size_t i = 0; i < THREADS; i++) {
        waiters[i].store = store;
        threads[i] = g_thread_new("wait", wait_often, &waiters[i]);
    }
    for (size_t i = 0; i < THREADS; i++) {
        g_thread_join(threads[i]);
        failures += waiters[i].failures;
    }
    return failures;
}

static void
test_together(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *root = fa_fs_make_temporary(g_get_tmp_dir(), "test-sync-", &error);
    g_assert_no_error(error);
    g_autoptr(FaStore) store = fa_store_open(root, &error);
    g_assert_true(fa_store_make(store, &error));
    g_assert_cmpuint(run_threads(store), ==, 0);
    g_assert_cmpuint(store->syncs_done, ==, store->syncs_begun);
    g_assert_cmpuint(store->syncs_done, <=, THREADS * ROUNDS);

    /* One who failed is never told otherwise by another's success, nor the other way round. */
    g_assert_true(fa_fs_remove_tree(root, &error));
    g_assert_cmpuint(run_threads(store), ==, THREADS * ROUNDS);
    g_assert_true(fa_fs_make_directory(store->path, 0755, &error));
    g_assert_true(fa_store_sync(store, &error));
    g_assert_true(fa_fs_remove_tree(root, &error));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/store-sync/who-waits-for-the-disk-waits-together", test_together);
    return g_test_run();
}
