#include <string.h>

#include "store/tree.h"

#define ABC   "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define START "fassembler-tree 1\n"

static bool
is_read(const char *text)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(FaTree) tree = fa_tree_parse(text, strlen(text), &error);
    g_assert_true((tree == NULL) == (error != NULL));
    return tree != NULL;
}

static void
test_order(void)
{
    g_assert_true(is_read(START "d\ta\nd\ta/b\nf\t3\t" ABC "\ta/b/c\nd\ta-b\n"));
    g_assert_false(is_read(START "d\ta\nd\ta-b\nd\ta/b\n"));
    g_assert_false(is_read(START "d\tb\nd\ta\n"));
    g_assert_false(is_read(START "d\ta\nd\ta\n"));
}

static void
test_parents(void)
{
    g_assert_false(is_read(START "d\ta/b\n"));
    g_assert_false(is_read(START "l\ta\tb\nf\t3\t" ABC "\ta/passwd\n"));
    g_assert_false(is_read(START "f\t3\t" ABC "\ta\nf\t3\t" ABC "\ta/b\n"));
}

static void
test_paths(void)
{
    static const char *const wrong[] = {"..", "a/../b", "/a", "a/", "./a", "", "a\x01", "a\x7f"};
    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autofree char *text = g_strdup_printf(START "d\t%s\n", wrong[i]);
        g_assert_false(is_read(text));
    }
}

static void
test_one_form(void)
{
    g_assert_true(is_read(START));
    g_assert_true(is_read(START "x\t0\t" ABC "\ta\n"));
    g_assert_true(is_read(START "l\ta\t../anywhere at all\n"));
    g_assert_false(is_read(START "x\t00\t" ABC "\ta\n"));
    g_assert_false(is_read(START "x\t+1\t" ABC "\ta\n"));
    g_assert_false(is_read(
        START "f\t3\tBA7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\ta\n"));
    g_assert_false(is_read(START "d\ta"));
    g_assert_false(is_read(START "d\ta\tb\n"));
    g_assert_false(is_read(START "l\ta\n"));
    g_assert_false(is_read(START "\n"));
    g_assert_false(is_read(START "p\ta\n"));
    g_assert_false(is_read("fassembler-tree 2\n"));
    g_assert_false(is_read(""));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/tree/a-manifest-has-one-order", test_order);
    g_test_add_func("/tree/nothing-is-below-what-is-no-directory", test_parents);
    g_test_add_func("/tree/no-path-leaves-the-tree", test_paths);
    g_test_add_func("/tree/a-tree-has-one-manifest", test_one_form);
    return g_test_run();
}
