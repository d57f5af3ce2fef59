#include "cli/table.h"

static const char *const headings[] = {"process", "state", "pid", "words", NULL};

static void
assert_format(const FaTable *table, unsigned width, bool colour, const char *expected)
{
    g_autofree char *text = fa_table_format(table, width, colour);
    g_assert_cmpstr(text, ==, expected);
}

static void
test_align(void)
{
    g_autoptr(FaTable) table = fa_table_new(headings);
    fa_table_align_right(table, 2);
    fa_table_add(table, "web", "RUNNING", "7", "GET / 200", NULL);
    fa_table_add(table, "caf\xc3\xa9-\xe6\xbc\xa2", "FATAL", "31007", NULL);
    assert_format(table, 0, false,
                  "process  state      pid  words\n"
                  "web      RUNNING      7  GET / 200\n"
                  "caf\xc3\xa9-\xe6\xbc\xa2  FATAL    31007\n");
}

static void
test_cut(void)
{
    g_autoptr(FaTable) table = fa_table_new(headings);
    fa_table_add(table, "web", "RUNNING", "7", "a very long last line of a log", NULL);
    assert_format(table, 40, false,
                  "process  state    pid  words\n"
                  "web      RUNNING  7    a very long la...\n");
    assert_format(table, 5, false,
                  "process  state    pid  words\n"
                  "web      RUNNING  7    a very long last line of a log\n");
}

static void
test_empty(void)
{
    g_autoptr(FaTable) table = fa_table_new(headings);
    fa_table_align_right(table, 2);
    fa_table_add(table, "web", "", "7", NULL);
    fa_table_add(table, "worker", "", "", NULL);
    fa_table_style(table, 2, FA_STYLE_BAD);
    assert_format(table, 0, false, "process  pid\nweb        7\nworker\n");
}

static void
test_style(void)
{
    g_autoptr(FaTable) table = fa_table_new((const char *const[]){"a", "b", NULL});
    fa_table_add(table, "x", "y", NULL);
    fa_table_style(table, 1, FA_STYLE_GOOD);
    assert_format(table, 0, false, "a  b\nx  y\n");
    assert_format(table, 0, true, "\033[2ma\033[0m  \033[2mb\033[0m\nx  \033[32my\033[0m\n");
}

static void
test_hostile(void)
{
    g_autoptr(FaTable) empty = fa_table_new(headings), table = fa_table_new(headings);
    assert_format(empty, 80, true, "");
    fa_table_add(table, "a\nb\t\033[2J\xff", NULL);
    assert_format(table, 80, false, "process\na b ?[2J\xef\xbf\xbd\n");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/table/columns-are-aligned-by-what-is-seen", test_align);
    g_test_add_func("/table/the-last-column-is-cut-to-the-terminal", test_cut);
    g_test_add_func("/table/a-column-with-nothing-in-it-is-left-out", test_empty);
    g_test_add_func("/table/colour-moves-nothing", test_style);
    g_test_add_func("/table/a-cell-is-one-line-and-an-empty-table-none", test_hostile);
    return g_test_run();
}
