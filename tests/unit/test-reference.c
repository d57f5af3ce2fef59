#include <string.h>

#include "config/reference.h"

/* The page is made by this program: `test-reference --print > docs/recipe.md`. */
static void
test_page(void)
{
    g_autofree char *path =
        g_test_build_filename(G_TEST_DIST, "..", "..", "docs", "recipe.md", NULL);
    g_autofree char *page = NULL;
    g_autofree char *wanted = fa_config_reference();
    g_autoptr(GError) error = NULL;

    g_file_get_contents(path, &page, NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(page, ==, wanted);
}

int
main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--print") == 0) {
        g_autofree char *page = fa_config_reference();
        g_print("%s", page);
        return 0;
    }
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/reference/the-page-is-what-the-tables-say", test_page);
    return g_test_run();
}
