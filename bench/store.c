#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "store/store.h"

/* What bench/store and bench/pull measure, one step at a time: import prints the tree's digest, checkout wants it. */
static bool
run(FaStore *store, char **arguments, GError **error)
{
    FaDigest tree;
    if (strcmp(arguments[1], "checkout") == 0)
        return fa_digest_from_hex(arguments[3], &tree)
                   ? fa_store_checkout(store, &tree, arguments[4], NULL, true, error)
                   : fa_fail(error, FA_ERROR_USAGE, "'%s' is not a digest", arguments[3]);

    if (!fa_store_import(store, arguments[3], NULL, &tree, NULL, error))
        return false;
    g_autofree char *hex = fa_digest_to_string(&tree);
    return printf("%s\n", hex) > 0;
}

int
main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;

    bool is_import = argc == 4 && strcmp(argv[1], "import") == 0;
    if (!is_import && (argc != 5 || strcmp(argv[1], "checkout") != 0)) {
        fprintf(stderr, "usage: bench-store import HOME DIRECTORY\n"
                        "       bench-store checkout HOME DIGEST TARGET\n");
        return 2;
    }
    g_autoptr(FaStore) store = fa_store_open(argv[2], &error);
    if (store != NULL && run(store, argv, &error))
        return 0;
    fprintf(stderr, "%s\n", error->message);
    return 1;
}
