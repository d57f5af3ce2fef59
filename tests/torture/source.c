#include <stdio.h>
#include <string.h>

#include "source/source.h"

/* Fetches into out/tree, for test-fetch.sh: source git|archive LOCATION [SHA256]. */
int
main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *revision = NULL;

    g_assert_cmpint(argc, >=, 3);
    const FaSourceSpec spec = {
        .kind = strcmp(argv[1], "git") == 0 ? FA_SOURCE_GIT : FA_SOURCE_ARCHIVE,
        .location = argv[2],
        .sha256 = argv[3],
        .strip = 1,
    };
    g_autoptr(FaSource) source = fa_source_open(&spec, ".", "home", &error);
    if (source != NULL && fa_source_resolve(source, NULL, false, NULL, &revision, &error) &&
        fa_source_fetch(source, revision, "out/tree", NULL, -1, &error))
        return 0;
    fprintf(stderr, "%s\n", error->message);
    return 1;
}
