#include "history.h"

static const char svn_repository[] =
    "svnadmin create repo; u=file://$PWD/repo; "
    "svn -q mkdir -m x $u/trunk $u/branches $u/tags; svn -q co $u/trunk w; "
    "seq 30 > w/file; svn -q add w/file; svn -q ci -m one w; " /* r2 */
    "svn -q cp -m c $u/trunk@2 $u/branches/1.0; "              /* r3 */
    "sed -i 's/^5$/five/' w/file; svn -q ci -m two w; "        /* r4 */
    "mkdir w/migrations; echo y > w/migrations/001; svn -q add w/migrations; "
    "svn -q ci -m 'three\n\nFixes: #12\nDeployment-Note: slow' w; svn -q co $u/branches/1.0 b";

static void
test_svn_marks(Fixture *fixture, gconstpointer data)
{
    g_autofree char *trunk = tip(fixture, NULL, false);
    g_autofree char *name = fa_source_branch_name(fixture->source, "2.0");

    g_assert_cmpstr(trunk, ==, "trunk@5");
    g_assert_cmpstr(name, ==, "branches/2.0");
    g_assert_cmpint(make(fixture, false, name, "trunk@4", false), ==, FA_MADE_RECORDED);
    g_assert_cmpint(make(fixture, false, name, "trunk@4", true), ==, FA_MADE_NEW);
    g_assert_cmpint(make(fixture, false, name, "trunk@4", true), ==, FA_MADE_BEFORE);
    g_autofree char *branch = tip(fixture, name, false);
    g_assert_cmpstr(branch, ==, "branches/2.0@6");
    g_assert_cmpint(make(fixture, false, name, branch, true), ==, FA_MADE_BEFORE);
    assert_not_made(fixture, false, name, trunk, true, FA_ERROR_CONFLICT,
                    "is at 'branches/2.0@6', made from 'trunk@4', not at 'trunk@5'");
    g_assert_cmpint(make(fixture, true, "2.0", branch, true), ==, FA_MADE_NEW);
    g_assert_cmpint(make(fixture, true, "2.0", branch, true), ==, FA_MADE_BEFORE);
    assert_not_made(fixture, true, "2.0", trunk, true, FA_ERROR_CONFLICT,
                    "made from 'branches/2.0@6'");
    run(fixture, "svn -q co file://$PWD/repo/branches/2.0 c; echo z > c/file; svn -q ci -m z c");
    assert_not_made(fixture, false, name, "trunk@4", true, FA_ERROR_CONFLICT,
                    "somebody committed to it since");
    g_assert_cmpint(make(fixture, false, "new/place/1@2", "trunk@4", true), ==, FA_MADE_NEW);
    assert_not_made(fixture, false, "-x", trunk, true, FA_ERROR_USAGE, "help: ");
    assert_not_made(fixture, false, "trunk", trunk, true, FA_ERROR_REFUSED, "the trunk of");
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) refs = fa_source_list(fixture->source, false, NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(refs->len, ==, 3);
    const FaSourceRef *tag = g_ptr_array_index(refs, 2);
    g_assert_cmpstr(tag->name, ==, "2.0");
    g_assert_true(tag->is_tag);
}

static void
test_svn_log(Fixture *fixture, gconstpointer data)
{
    const FaSourceRange range = {.from = "branches/1.0@3", .to = "trunk@5", .path = "migrations"};
    const FaSourceRange branch = {.to = "branches/1.0@3", .limit = 2};
    g_autoptr(FaSourceLog) log = read_log(fixture, &range);
    g_autoptr(FaSourceLog) cut = read_log(fixture, &branch);

    g_assert_cmpuint(log->commits->len, ==, 2);
    const FaSourceCommit *three = g_ptr_array_index(log->commits, 1);
    g_assert_cmpstr(three->id, ==, "trunk@5");
    g_assert_cmpstr(three->short_id, ==, "r5");
    g_assert_cmpstr(three->subject, ==, "three");
    g_assert_cmpint(three->time, >, 1700000000);
    g_assert_cmpuint(three->files->len, ==, 1);
    g_assert_cmpstr(g_ptr_array_index(three->files, 0), ==, "migrations/001");
    g_assert_cmpuint(three->trailers->len, ==, 2);
    g_assert_true(cut->is_cut);
    g_assert_cmpuint(cut->commits->len, ==, 2);
    g_assert_cmpstr(((const FaSourceCommit *)g_ptr_array_index(cut->commits, 0))->id, ==,
                    "trunk@2");
    g_assert_cmpstr(((const FaSourceCommit *)g_ptr_array_index(cut->commits, 1))->id, ==,
                    "branches/1.0@3");
    g_assert_true(is_ancestor(fixture, "trunk@2", "branches/1.0@3"));
    g_assert_true(is_ancestor(fixture, "trunk@2", "trunk@5"));
    g_assert_false(is_ancestor(fixture, "trunk@4", "branches/1.0@3"));
    g_assert_false(is_ancestor(fixture, "branches/1.0@3", "trunk@5"));
}

static void
test_svn_contains(Fixture *fixture, gconstpointer data)
{
    g_auto(FaContained) contained = {0};

    g_assert_cmpint(contains(fixture, "trunk", "trunk@4", &contained), ==, FA_CONTAINED_ANCESTRY);
    g_assert_cmpint(contains(fixture, "branches/1.0", "trunk@2", &contained), ==,
                    FA_CONTAINED_ANCESTRY);
    g_assert_cmpint(contains(fixture, "branches/1.0", "trunk@4", &contained), ==, FA_CONTAINED_NOT);
    run(fixture, "svn -q up b; svn -q merge -c4 ^/trunk b; svn -q ci -m merged b"); /* r6 */
    g_assert_cmpint(contains(fixture, "branches/1.0", "trunk@4", &contained), ==,
                    FA_CONTAINED_PATCH);
    run(fixture, "svn -q up b; svn -q merge -c -4 ^/trunk b; svn -q ci -m unmerged b"); /* r7 */
    g_assert_cmpint(contains(fixture, "branches/1.0", "trunk@4", &contained), ==, FA_CONTAINED_NOT);
    run(fixture, "echo x >> b/file; svn -q ci -m 'by hand\n\nBackport-of: r5' b"); /* r8 */
    g_assert_cmpint(contains(fixture, "branches/1.0", "trunk@5", &contained), ==,
                    FA_CONTAINED_DECLARED);
    run(fixture, "echo y >> b/file; svn -q ci -m 'undo\n\nReverts: branches/1.0@8' b"); /* r9 */
    g_assert_cmpint(contains(fixture, "branches/1.0", "trunk@5", &contained), ==, FA_CONTAINED_NOT);
    g_assert_cmpstr(contained.reverted, ==, "branches/1.0@9");
}

static void
test_no_history(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    const FaSourceRange range = {.to = "directory"};

    run(fixture, "mkdir repo");
    g_assert_false(fa_source_has_history(fixture->source));
    g_assert_null(fa_source_branch_name(fixture->source, "1"));
    assert_not_made(fixture, false, "b", "directory", true, FA_ERROR_REFUSED, "no history");
    g_assert_null(fa_source_log(fixture->source, &range, NULL, &error));
    g_assert_error(error, FA_ERROR, FA_ERROR_REFUSED);
    g_autofree char *now = tip(fixture, NULL, false);
    g_assert_cmpstr(now, ==, "directory");
    g_assert_true(is_ancestor(fixture, "directory", "directory"));
}

int
main(int argc, char **argv)
{
    static const struct {
        const char *name;
        const char *script;
        void (*run)(Fixture *fixture, gconstpointer data);
    } tests[] = {
        {"svn-makes-branches-and-tags-by-copies", svn_repository, test_svn_marks},
        {"a-log-of-svn-follows-copies", svn_repository, test_svn_log},
        {"merges-of-svn-and-their-reverses-count", svn_repository, test_svn_contains},
        {"what-has-no-history-says-so", NULL, test_no_history},
    };

    g_test_init(&argc, &argv, NULL);
    /* What the person who runs the tests has set does not count. */
    g_setenv("GIT_CONFIG_GLOBAL", "/dev/null", TRUE);
    for (size_t i = 0; i < G_N_ELEMENTS(tests); i++) {
        g_autofree char *path = g_strconcat("/history-svn/", tests[i].name, NULL);
        g_test_add_vtable(path, sizeof(Fixture), tests[i].script,
                          (GTestFixtureFunc)(void (*)(void))set_up,
                          (GTestFixtureFunc)(void (*)(void))tests[i].run,
                          (GTestFixtureFunc)(void (*)(void))tear_down);
    }
    return g_test_run();
}
