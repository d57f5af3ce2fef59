#include "history.h"

/* Two lines: main with one, two, three; release/1.0 made after one. */
static const char git_repository[] =
    "git init -q -b main repo; cd repo; mkdir migrations; seq 30 > file; echo x > other; "
    "git add .; git commit -qm one; git checkout -q -b release/1.0; git checkout -q main; "
    "sed -i 's/^5$/five/' file; git commit -qam two; echo y > migrations/001; git add .; "
    "git commit -qm 'three: a table' -m 'Why it is so.\n\nFixes: #12, #13\nDeployment-Note: "
    "migration: takes\n  a minute\nRefs: #9'; git tag v1";

static char *
commit(const Fixture *fixture, const char *name)
{
    g_autofree char *script = g_strdup_printf("git -C repo rev-parse '%s'", name);
    return sh(fixture, script);
}

static void
test_branch_pushed(Fixture *fixture, gconstpointer data)
{
    g_autofree char *first = commit(fixture, "main~1"), *last = commit(fixture, "main");
    g_autofree char *name = fa_source_branch_name(fixture->source, "2.0");

    g_assert_cmpstr(name, ==, "release/2.0");
    g_assert_cmpint(make(fixture, false, name, first, true), ==, FA_MADE_NEW);
    g_autofree char *there = commit(fixture, "refs/heads/release/2.0");
    g_assert_cmpstr(there, ==, first);
    g_assert_cmpint(make(fixture, false, name, first, true), ==, FA_MADE_BEFORE);
    g_autofree char *found = tip(fixture, name, true);
    g_assert_cmpstr(found, ==, first);
    g_autofree char *both = g_strdup_printf("is at '%s', not at '%s'", first, last);
    assert_not_made(fixture, false, name, last, true, FA_ERROR_CONFLICT, both);
}

static void
test_branch_moved(Fixture *fixture, gconstpointer data)
{
    g_autofree char *last = commit(fixture, "main");

    make(fixture, false, "release/2.0", last, true);
    run(fixture, "cd repo; git checkout -q release/2.0; echo z > other; git commit -qam moved");
    assert_not_made(fixture, false, "release/2.0", last, true, FA_ERROR_CONFLICT,
                    "somebody committed to it since");
    run(fixture, "cd repo; git reset -q --hard main~2; git commit -q --allow-empty -m other");
    assert_not_made(fixture, false, "release/2.0", last, true, FA_ERROR_CONFLICT,
                    "made for something else");
}

static void
test_local(Fixture *fixture, gconstpointer data)
{
    g_autofree char *first = commit(fixture, "main~1"), *last = commit(fixture, "main");
    g_autoptr(GError) error = NULL;
    g_autofree char *version = NULL, *revision = NULL;
    FaTime committed = 0;

    g_assert_cmpint(make(fixture, false, "release/2.0", first, false), ==, FA_MADE_NEW);
    g_assert_cmpint(make(fixture, true, "2.0", first, false), ==, FA_MADE_NEW);
    g_assert_cmpint(make(fixture, true, "2.0", first, false), ==, FA_MADE_BEFORE);
    assert_not_made(fixture, true, "2.0", last, false, FA_ERROR_CONFLICT, "is at");
    assert_not_made(fixture, true, "v1", first, false, FA_ERROR_CONFLICT, "is at");
    g_assert_cmpint(make(fixture, true, "v1", last, false), ==, FA_MADE_BEFORE);
    g_autofree char *names = sh(fixture, "git -C repo for-each-ref --format='%(refname)'");
    g_assert_null(strstr(names, "2.0"));

    g_autofree char *fetched = tip(fixture, NULL, false);
    g_autofree char *found = tip(fixture, "release/2.0", true);
    g_assert_cmpstr(fetched, ==, last);
    g_assert_cmpstr(found, ==, first);
    fa_source_resolve(fixture->source, "2.0", true, NULL, &revision, &error);
    g_assert_no_error(error);
    fa_source_describe(fixture->source, first, &version, &committed, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(version, ==, "2.0");
    g_autoptr(GPtrArray) refs = fa_source_list(fixture->source, false, NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(refs->len, ==, 4);
    const FaSourceRef *branch = g_ptr_array_index(refs, 1), *tag = g_ptr_array_index(refs, 2);
    g_assert_cmpstr(branch->name, ==, "release/2.0");
    g_assert_true(branch->is_local && !branch->is_tag);
    g_assert_cmpstr(tag->name, ==, "2.0");
    g_assert_true(tag->is_local && tag->is_tag);
    g_assert_cmpstr(tag->revision, ==, first);
    /* Pushed later it is one name again. */
    g_assert_cmpint(make(fixture, true, "2.0", first, true), ==, FA_MADE_NEW);
    g_autoptr(GPtrArray) again = fa_source_list(fixture->source, false, NULL, &error);
    g_assert_cmpuint(again->len, ==, 4);
    g_assert_false(((const FaSourceRef *)g_ptr_array_index(again, 2))->is_local);
}

static void
test_tags(Fixture *fixture, gconstpointer data)
{
    g_autofree char *first = commit(fixture, "main~1"), *last = commit(fixture, "main");
    g_autofree char *both = g_strdup_printf("'v2' of '%s' is at '%s', not at '%s'",
                                            fa_source_get_location(fixture->source), first, last);

    run(fixture, "git -C repo tag -a -m annotated v2 main~1");
    g_assert_cmpint(make(fixture, true, "v2", first, true), ==, FA_MADE_BEFORE);
    assert_not_made(fixture, true, "v2", last, true, FA_ERROR_CONFLICT, both);
    g_assert_cmpint(make(fixture, true, "v3", last, true), ==, FA_MADE_NEW);
    g_autofree char *there = commit(fixture, "refs/tags/v3");
    g_assert_cmpstr(there, ==, last);
}

static void
test_names(Fixture *fixture, gconstpointer data)
{
    static const char *const bad[] = {"-x",    "--force",  "a..b",   "a b",    "",      "a~1",
                                      "/a",    "a\nb",     "a.lock", "a/../b", "a@{1}", "a:b",
                                      "\x1b[", "\xff\xfe", ".a",     "a//b"};
    g_autofree char *last = commit(fixture, "main");

    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        assert_not_made(fixture, false, bad[i], last, true, FA_ERROR_USAGE, "help: ");
        assert_not_made(fixture, true, bad[i], last, false, FA_ERROR_USAGE, "help: ");
    }
    assert_not_made(fixture, false, "release/3", "main", true, FA_ERROR_USAGE, "exact revision");
    assert_not_made(fixture, false, "release/3", "--all", true, FA_ERROR_USAGE, "exact revision");
    assert_not_made(fixture, false, "main", last, true, FA_ERROR_REFUSED, "the trunk of");
    g_assert_cmpint(make(fixture, false, "rel/\xc3\xa9t\xc3\xa9+1", last, true), ==, FA_MADE_NEW);
}

/* A hook that makes the branch just before ours comes stands for the other person. */
static void
test_race(Fixture *fixture, gconstpointer data)
{
    g_autofree char *first = commit(fixture, "main~1"), *last = commit(fixture, "main");

    run(fixture, "printf '#!/bin/sh\\nunset GIT_QUARANTINE_PATH\\ngit update-ref "
                 "refs/heads/release/2.0 main~1\\n' > repo/.git/hooks/pre-receive; "
                 "chmod +x repo/.git/hooks/pre-receive");
    assert_not_made(fixture, false, "release/2.0", last, true, FA_ERROR_CONFLICT, "not at");
    g_autofree char *there = commit(fixture, "release/2.0");
    g_assert_cmpstr(there, ==, first);
}

static void
test_gone(Fixture *fixture, gconstpointer data)
{
    g_autofree char *last = tip(fixture, NULL, false), *first = commit(fixture, "main~2");
    const FaSourceRange all = {.to = last};

    run(fixture, "mv repo gone");
    assert_not_made(fixture, true, "x", last, true, FA_ERROR_NOT_FOUND, "help: check the location");
    g_assert_cmpint(make(fixture, true, "x", last, false), ==, FA_MADE_NEW);
    g_autoptr(FaSourceLog) log = read_log(fixture, &all);
    g_assert_cmpuint(log->commits->len, ==, 3);
    g_assert_true(is_ancestor(fixture, first, last));
    g_autoptr(GError) error = NULL;
    char *none = NULL;
    g_assert_false(fa_source_tip(fixture->source, NULL, false, NULL, &none, &error));
    g_assert_error(error, FA_ERROR, FA_ERROR_NOT_FOUND);
}

/* What a rewritten branch had can still be released: the push brings it back. */
static void
test_rewritten(Fixture *fixture, gconstpointer data)
{
    g_autofree char *old = tip(fixture, NULL, false);

    run(fixture, "cd repo; git tag -d v1 > /dev/null; git reset -q --hard HEAD~1; git commit -q "
                 "--allow-empty -m new; git reflog "
                 "expire --expire=now --all; git gc -q --prune=now; ! git cat-file -e HEAD@{1} "
                 "2> /dev/null");
    g_autofree char *new = tip(fixture, NULL, false);
    g_assert_cmpstr(new, !=, old);
    g_assert_false(is_ancestor(fixture, old, new));
    g_assert_cmpint(make(fixture, false, "release/2.0", old, true), ==, FA_MADE_NEW);
    g_autofree char *there = commit(fixture, "release/2.0");
    g_assert_cmpstr(there, ==, old);
}

static void
test_log(Fixture *fixture, gconstpointer data)
{
    g_autofree char *from = commit(fixture, "main~2"), *to = commit(fixture, "main");
    const FaSourceRange range = {.from = from, .to = to, .path = "migrations"};
    const FaSourceRange one = {.to = to, .limit = 1};
    g_autoptr(FaSourceLog) log = read_log(fixture, &range);
    g_autoptr(FaSourceLog) cut = read_log(fixture, &one);

    g_assert_cmpuint(log->commits->len, ==, 2);
    g_assert_false(log->is_cut);
    const FaSourceCommit *two = g_ptr_array_index(log->commits, 0);
    const FaSourceCommit *three = g_ptr_array_index(log->commits, 1);
    g_assert_cmpstr(two->subject, ==, "two");
    g_assert_cmpuint(two->files->len, ==, 0);
    g_assert_cmpuint(two->trailers->len, ==, 0);
    g_assert_cmpstr(three->id, ==, to);
    g_assert_cmpstr(three->author, ==, "Ann Example");
    g_assert_cmpstr(three->subject, ==, "three: a table");
    g_assert_cmpuint(three->files->len, ==, 1);
    g_assert_cmpstr(g_ptr_array_index(three->files, 0), ==, "migrations/001");
    static const FaTrailer expected[] = {{FA_TRAILER_FIXES, (char *)"12"},
                                         {FA_TRAILER_FIXES, (char *)"13"},
                                         {FA_TRAILER_NOTE, (char *)"migration: takes  a minute"},
                                         {FA_TRAILER_REFERS, (char *)"9"}};
    g_assert_cmpuint(three->trailers->len, ==, G_N_ELEMENTS(expected));
    for (guint i = 0; i < G_N_ELEMENTS(expected); i++) {
        const FaTrailer *trailer = g_ptr_array_index(three->trailers, i);
        g_assert_cmpint(trailer->kind, ==, expected[i].kind);
        g_assert_cmpstr(trailer->value, ==, expected[i].value);
    }
    g_assert_true(cut->is_cut);
    g_assert_cmpuint(cut->commits->len, ==, 1);
    g_assert_cmpstr(((const FaSourceCommit *)g_ptr_array_index(cut->commits, 0))->id, ==, to);
}

static void
test_hostile(Fixture *fixture, gconstpointer data)
{
    run(fixture,
        "cd repo; printf '\\033]0;owned\\007\\001deadbeef\\r\\ttabs\\n\\nDeployment-Note: \\033[2J "
        "clear\\377\\n\\001%040d\\n' 0 > m; git add m; GIT_AUTHOR_NAME=\"$(printf "
        "'Eve\\033[31m\\nx')\" git commit -q --cleanup=verbatim -F m; git config "
        "log.showSignature true; printf x > \"$(printf 'migrations/\\001n\\nl')\"; git "
        "add .; git commit -q --allow-empty-message -m ''; head -c 3000000 /dev/zero | tr '\\0' a "
        "> big; "
        "git commit -q --allow-empty -F big");
    g_autofree char *from = commit(fixture, "main~3"), *to = commit(fixture, "main");
    const FaSourceRange range = {.from = from, .to = to, .path = "migrations"};
    g_autoptr(FaSourceLog) log = read_log(fixture, &range);

    g_assert_cmpuint(log->commits->len, ==, 3);
    for (guint i = 0; i < log->commits->len; i++) {
        const FaSourceCommit *one = g_ptr_array_index(log->commits, i);
        g_assert_true(g_utf8_validate(one->subject, -1, NULL));
        g_assert_cmpuint(strlen(one->subject), <=, 500);
        const char *const texts[] = {one->subject, one->author,
                                     one->trailers->len > 0
                                         ? ((FaTrailer *)g_ptr_array_index(one->trailers, 0))->value
                                         : ""};
        for (size_t j = 0; j < G_N_ELEMENTS(texts); j++)
            for (const char *c = texts[j]; *c != '\0'; c++)
                g_assert_true((unsigned char)*c >= ' ' && *c != 127);
    }
    const FaSourceCommit *first = g_ptr_array_index(log->commits, 0);
    const FaSourceCommit *second = g_ptr_array_index(log->commits, 1);
    g_assert_cmpuint(first->trailers->len, ==, 1);
    g_assert_cmpuint(first->files->len, ==, 0);
    g_assert_cmpstr(second->subject, ==, "");
    g_assert_cmpuint(second->files->len, ==, 1);
}

/* The same words for a pick, a hand copy of a change, and one that is declared only. */
static void
test_contains(Fixture *fixture, gconstpointer data)
{
    g_auto(FaContained) contained = {0};
    g_autofree char *two = commit(fixture, "main~1"), *three = commit(fixture, "main");

    g_assert_cmpint(contains(fixture, "main", two, &contained), ==, FA_CONTAINED_ANCESTRY);
    g_assert_cmpint(contains(fixture, "release/1.0", two, &contained), ==, FA_CONTAINED_NOT);
    g_assert_null(contained.carrier);
    /* The context is near, and the same. */
    run(fixture,
        "cd repo; git checkout -q release/1.0; sed -i '20s/.*/twenty/' file; git commit -qam "
        "apart; git cherry-pick main~1 > /dev/null; git commit -q --amend -m 'by hand'");
    g_autofree char *picked = commit(fixture, "release/1.0");
    g_assert_cmpint(contains(fixture, "release/1.0", two, &contained), ==, FA_CONTAINED_PATCH);
    g_assert_cmpstr(contained.carrier, ==, picked);
    g_assert_cmpint(contains(fixture, picked, two, &contained), ==, FA_CONTAINED_PATCH);
    g_assert_cmpint(contains(fixture, "main", picked, &contained), ==, FA_CONTAINED_PATCH);
    /* Another text, so that only the word counts. */
    g_assert_cmpint(contains(fixture, "release/1.0", three, &contained), ==, FA_CONTAINED_NOT);
    run(fixture, "cd repo; echo z > 001; git add 001; git commit -qm \"adapted\n\nBackport-of: "
                 "$(git rev-parse --short=8 main)\"");
    g_assert_cmpint(contains(fixture, "release/1.0", three, &contained), ==, FA_CONTAINED_DECLARED);
}

static void
test_origins(Fixture *fixture, gconstpointer data)
{
    g_auto(FaContained) contained = {0};

    /* A fix is made on a branch, goes to main in another shape, and from there to a third line. */
    run(fixture,
        "cd repo; git checkout -q release/1.0; echo fix > other; git commit -qam fix; "
        "git checkout -q main; echo fixed > other; git commit -qam \"fix\n\n(cherry picked "
        "from commit $(git rev-parse release/1.0))\"; git checkout -q -b release/2.0 "
        "main~1; echo fixed it > other; git commit -qam \"fix\n\nCherry-picked-from: "
        "$(git rev-parse main)\"");
    g_autofree char *fix = commit(fixture, "release/1.0"), *third = commit(fixture, "release/2.0");
    g_autofree char *main = commit(fixture, "main");
    g_assert_cmpint(contains(fixture, "main", fix, &contained), ==, FA_CONTAINED_DECLARED);
    g_assert_cmpint(contains(fixture, "release/1.0", third, &contained), ==, FA_CONTAINED_DECLARED);
    g_assert_cmpstr(contained.carrier, ==, fix);
    g_assert_cmpint(contains(fixture, "release/1.0", main, &contained), ==, FA_CONTAINED_DECLARED);
    g_assert_cmpint(contains(fixture, "main", third, &contained), ==, FA_CONTAINED_DECLARED);
}

static void
test_reverts(Fixture *fixture, gconstpointer data)
{
    g_auto(FaContained) contained = {0};
    g_autofree char *two = commit(fixture, "main~1");

    run(fixture, "cd repo; git revert --no-edit HEAD~1 > /dev/null");
    g_autofree char *revert = commit(fixture, "main");
    g_assert_cmpint(contains(fixture, "main", two, &contained), ==, FA_CONTAINED_NOT);
    g_assert_cmpstr(contained.reverted, ==, revert);
    g_assert_null(contained.carrier);
    run(fixture, "cd repo; git revert --no-edit HEAD > /dev/null");
    g_assert_cmpint(contains(fixture, "main", two, &contained), ==, FA_CONTAINED_DECLARED);
    g_assert_null(contained.reverted);
    /* Without a word, by what it does; and the revert of a pick. */
    run(fixture, "cd repo; sed -i 's/^five$/5/' file; git commit -qam 'no five'");
    g_assert_cmpint(contains(fixture, "main", two, &contained), ==, FA_CONTAINED_NOT);
    run(fixture,
        "cd repo; git checkout -q release/1.0; echo apart > apart; git add apart; git commit "
        "-qm apart; git cherry-pick -x v1~1 > /dev/null; git revert --no-edit HEAD > /dev/null");
    g_assert_cmpint(contains(fixture, "release/1.0", two, &contained), ==, FA_CONTAINED_NOT);
    g_assert_nonnull(contained.reverted);
    run(fixture, "cd repo; git cherry-pick -x v1~1 > /dev/null");
    g_assert_cmpint(contains(fixture, "release/1.0", two, &contained), ==, FA_CONTAINED_PATCH);
}

/* For git, two changes of a binary file are one line of text: its names must count. */
static void
test_binary(Fixture *fixture, gconstpointer data)
{
    g_auto(FaContained) contained = {0};

    run(fixture,
        "cd repo; printf 'a\\0b' > bin; git add bin; git commit -qm base; git checkout -q -b "
        "release/2.0; printf 'a\\0c' > bin; git commit -qam c; git checkout -q main; "
        "printf 'a\\0d' > bin; git commit -qam d");
    g_autofree char *d = commit(fixture, "main");
    g_assert_cmpint(contains(fixture, "release/2.0", d, &contained), ==, FA_CONTAINED_NOT);
    run(fixture, "cd repo; git checkout -q release/2.0; git revert --no-edit HEAD > /dev/null; git "
                 "cherry-pick main > /dev/null");
    g_assert_cmpint(contains(fixture, "release/2.0", d, &contained), ==, FA_CONTAINED_PATCH);
}

static void
test_many(Fixture *fixture, gconstpointer data)
{
    run(fixture, "cd repo; (echo 'feature done'; i=0; while [ $i -lt 10000 ]; do i=$((i + 1)); "
                 "echo \"commit refs/heads/main\nmark :$i\ncommitter A <a@b.c> $((1700000000 + i)) "
                 "+0000\ndata <<E\nnumber $i\n\nFixes: #$i\nE\"; [ $i -gt 1 ] || echo "
                 "'from refs/heads/main^0'; echo 'M 644 inline counter'; echo 'data <<E'; echo $i; "
                 "echo E; echo; done; echo done) | git fast-import --quiet");
    g_autofree char *from = commit(fixture, "v1"), *to = tip(fixture, NULL, false);
    const FaSourceRange range = {.from = from, .to = to, .path = "migrations"};
    gint64 begun = g_get_monotonic_time();
    g_autoptr(FaSourceLog) log = read_log(fixture, &range);
    double took = (double)(g_get_monotonic_time() - begun) / 1e6;

    g_assert_cmpuint(log->commits->len, ==, 10000);
    g_test_message("10,000 commits in %.3f s", took);
    const FaSourceCommit *last = g_ptr_array_index(log->commits, 9999);
    g_assert_cmpstr(last->subject, ==, "number 10000");
    g_assert_cmpuint(last->trailers->len, ==, 1);
}

int
main(int argc, char **argv)
{
    static const struct {
        const char *name;
        const char *script;
        void (*run)(Fixture *fixture, gconstpointer data);
    } tests[] = {
        {"a-branch-is-made-once-where-it-is-wanted", git_repository, test_branch_pushed},
        {"a-branch-that-moved-is-a-conflict", git_repository, test_branch_moved},
        {"without-a-push-names-are-ours-alone", git_repository, test_local},
        {"a-tag-with-another-revision-is-a-conflict", git_repository, test_tags},
        {"names-that-are-options-or-worse-are-refused", git_repository, test_names},
        {"nobody-is-overwritten-who-was-quicker", git_repository, test_race},
        {"what-is-known-can-be-read-when-the-repository-is-gone", git_repository, test_gone},
        {"what-a-rewritten-branch-had-can-be-released", git_repository, test_rewritten},
        {"a-log-has-subjects-trailers-and-files", git_repository, test_log},
        {"a-hostile-message-is-only-text", git_repository, test_hostile},
        {"a-change-is-found-by-ancestry-patch-or-word", git_repository, test_contains},
        {"a-change-is-found-over-several-lines", git_repository, test_origins},
        {"a-revert-takes-a-change-out-and-its-revert-brings-it-back", git_repository, test_reverts},
        {"two-changes-of-a-binary-file-differ", git_repository, test_binary},
        {"ten-thousand-commits-are-read", git_repository, test_many},
    };

    g_test_init(&argc, &argv, NULL);
    /* What the person who runs the tests has set does not count. */
    g_setenv("GIT_CONFIG_GLOBAL", "/dev/null", TRUE);
    for (size_t i = 0; i < G_N_ELEMENTS(tests); i++) {
        g_autofree char *path = g_strconcat("/history/", tests[i].name, NULL);
        g_test_add_vtable(path, sizeof(Fixture), tests[i].script,
                          (GTestFixtureFunc)(void (*)(void))set_up,
                          (GTestFixtureFunc)(void (*)(void))tests[i].run,
                          (GTestFixtureFunc)(void (*)(void))tear_down);
    }
    return g_test_run();
}
