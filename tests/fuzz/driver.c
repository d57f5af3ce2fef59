#include "fuzz.h"

#include <stdio.h>

/*
 * Stands in for the engine: runs its target once with nothing, once with each file of the folder that is its argument,
 * and says TAP. The name of the file at hand is on stderr when the target dies.
 */
static void
replay(const char *folder, const char *name)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    g_autofree char *bytes = NULL;
    gsize length;
    g_autoptr(GError) error = NULL;

    fprintf(stderr, "%s\n", path);
    if (!g_file_get_contents(path, &bytes, &length, &error))
        g_error("%s", error->message);
    /* A copy of exactly this length, so that the sanitizer sees every byte read too far. */
    g_autofree char *exact = g_memdup2(bytes, length);
    LLVMFuzzerTestOneInput((const uint8_t *)(exact != NULL ? exact : ""), length);
}

int
main(int argc, char **argv)
{
    unsigned count = 0;
    const char *name;

    g_assert_cmpint(argc, ==, 2);
    LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
    g_autoptr(GDir) folder = g_dir_open(argv[1], 0, NULL);
    g_assert_nonnull(folder);
    while ((name = g_dir_read_name(folder)) != NULL) {
        replay(argv[1], name);
        count++;
    }
    g_assert_cmpuint(count, >, 0);
    printf("ok 1 - the-corpus-does-no-harm\n1..1\n# %u inputs\n", count);
    return 0;
}
