#include <stdio.h>
#include <string.h>

#include "store/store.h"

/* One use of the store at a time, for test-store.sh: store FUNCTION [many]. One thread, so that calls have one order.
 * `many`: as if there were many files. */
static FaImportOptions options = {.threads = 1};

static bool
publish(FaStore *store, GError **error)
{
    static const char *const names[] = {"app-1", NULL};
    FaDigest key, tree;
    fa_digest_of_bytes("app", 3, &key);
    return fa_store_import(store, "tree", &options, &tree, NULL, error) &&
           fa_store_publish(store, "app-1", &key, &tree, error) &&
           fa_store_add_root(store, "pinned", "app", names, error);
}

/* The same as components are built: what was made becomes the build, with one wait for the disk. */
static bool
import_build(FaStore *store, GError **error)
{
    static const char *const names[] = {"app-1", NULL};
    FaDigest key, tree;
    fa_digest_of_bytes("app", 3, &key);
    return fa_store_import_build(store, "made", &options, "app-1", &key, &tree, NULL, error) &&
           fa_store_add_root(store, "pinned", "app", names, error);
}

/* Two of them, in their places before either is known, with one wait for both. */
static bool
import_builds(FaStore *store, GError **error)
{
    static const char *const names[] = {"app-1", "app-2", NULL};
    static const char *const made[] = {"made", "made-2"};
    for (size_t i = 0; i < 2; i++) {
        FaDigest key, tree;
        fa_digest_of_bytes(i == 0 ? "app" : "ap2", 3, &key);
        FaLock *lock = fa_store_lock_key(store, &key, "building", -1, NULL, NULL, NULL, error);
        FaPlaced *placed = lock != NULL ? fa_store_place_build(store, made[i], &options, names[i],
                                                               &key, &tree, NULL, error)
                                        : NULL;
        if (placed == NULL) {
            fa_lock_release(lock);
            return false;
        }
        fa_store_commit_later(store, placed, lock);
    }
    return fa_store_commit(store, error) && fa_store_add_root(store, "pinned", "app", names, error);
}

static bool
checkout(FaStore *store, GError **error)
{
    FaDigest key, tree;
    fa_digest_of_bytes("app", 3, &key);
    if (!fa_store_lookup(store, &key, NULL, &tree))
        return false;
    return fa_store_checkout(store, &tree, "out", NULL, true, error);
}

static void
print_damage(const FaDamage *damage, void *data)
{
    bool *is_damaged = data;
    *is_damaged = true;
    printf("damaged: %s\n", damage->path);
}

static bool
run(FaStore *store, const char *what, GError **error)
{
    if (strcmp(what, "publish") == 0)
        return publish(store, error);
    if (strcmp(what, "import-build") == 0)
        return import_build(store, error);
    if (strcmp(what, "import-builds") == 0)
        return import_builds(store, error);
    if (strcmp(what, "checkout") == 0)
        return checkout(store, error);
    if (strcmp(what, "verify") == 0) {
        bool is_damaged = false;
        return fa_store_verify(store, print_damage, &is_damaged, NULL, error) && !is_damaged;
    }
    if (strcmp(what, "unroot") == 0)
        return fa_store_remove_root(store, "pinned", "app", error);
    if (strcmp(what, "gc") == 0) {
        g_auto(FaGcStats) stats = {0};
        return fa_store_gc(store, false, NULL, &stats, error);
    }
    g_assert_not_reached();
}

int
main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;

    g_assert_cmpint(argc, >=, 2);
    options.many = argc > 2 ? 1 : 0;
    g_autoptr(FaStore) store = fa_store_open("home", &error);
    if (store != NULL && run(store, argv[1], &error))
        return 0;
    fprintf(stderr, "%s\n", error != NULL ? error->message : "no");
    return 1;
}
