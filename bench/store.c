#include <stdio.h>
#include <string.h>

#include "store/store.h"

/* What bench/store and bench/pull measure, one step at a time: bench-store STEP HOME [DIRECTORY [TARGET]]. */
static bool
run(FaStore *store, char **arguments, GError **error)
{
    const char *what = arguments[1], *directory = arguments[3];
    FaDigest tree;
    if (strcmp(what, "keep") == 0) {
        char hex[FA_DIGEST_HEX_SIZE];
        if (!fa_store_import(store, directory, NULL, &tree, NULL, error))
            return false;
        fa_digest_to_hex(&tree, hex);
        return printf("%s\n", hex) > 0;
    }
    if (strcmp(what, "import") == 0)
        return fa_store_import(store, directory, NULL, &tree, NULL, error);
    /* Finding the digest of the unchanged tree is in its time, as it is in a deployment. */
    return fa_store_digest(store, directory, NULL, &tree, NULL, error) &&
           fa_store_checkout(store, &tree, arguments[4], NULL, true, error);
}

int
main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;

    bool is_import = argc == 4 && (strcmp(argv[1], "import") == 0 || strcmp(argv[1], "keep") == 0);
    if (!is_import && (argc != 5 || strcmp(argv[1], "checkout") != 0)) {
        fprintf(stderr, "usage: bench-store import|keep HOME DIRECTORY\n"
                        "       bench-store checkout HOME DIRECTORY TARGET\n");
        return 2;
    }
    g_autoptr(FaStore) store = fa_store_open(argv[2], &error);
    if (store != NULL && run(store, argv, &error))
        return 0;
    fprintf(stderr, "%s\n", error->message);
    return 1;
}
