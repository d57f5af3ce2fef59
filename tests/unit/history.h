#pragma once
/*
 * Repositories for the tests of histories, and the questions asked of them, where no error is expected.
 */
#include <string.h>

#include "base/error.h"
#include "source/source.h"
#include "sys/fs.h"
#include "sys/spawn.h"

/* Real repositories, made anew for each test below one temporary directory. */
typedef struct Fixture {
    char *root;
    FaSource *source;
} Fixture;

static inline char *
sh(const Fixture *fixture, const char *script)
{
    static const char *const names[] = {"GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME", "GIT_AUTHOR_EMAIL",
                                        "GIT_COMMITTER_EMAIL"};
    g_auto(GStrv) environment = g_get_environ();
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        environment = g_environ_setenv(environment, names[i], "Ann Example", FALSE);
    environment = g_environ_setenv(environment, "LC_ALL", "C.UTF-8", TRUE);
    const char *const argv[] = {"sh", "-euc", script, NULL};
    const FaSpawn spawn = {
        .argv = argv, .environment = (const char *const *)environment, .directory = fixture->root};
    g_auto(FaSpawnResult) result = {0};
    g_autoptr(GError) error = NULL;

    fa_spawn_check(&spawn, &result, &error);
    g_assert_no_error(error);
    return g_strchomp(g_steal_pointer(&result.output));
}

static inline void
run(const Fixture *fixture, const char *script)
{
    g_free(sh(fixture, script));
}

static inline void
set_up(Fixture *fixture, gconstpointer data)
{
    const char *script = data;
    g_autoptr(GError) error = NULL;
    fixture->root = fa_fs_make_temporary(g_get_tmp_dir(), "fa-history-", &error);
    g_assert_no_error(error);
    g_autofree char *home = g_build_filename(fixture->root, "home", NULL);
    bool is_svn = script != NULL && strstr(script, "svnadmin") != NULL;
    const FaSourceSpec spec = {.kind = script == NULL ? FA_SOURCE_DIRECTORY
                                       : is_svn       ? FA_SOURCE_SVN
                                                      : FA_SOURCE_GIT,
                               .location = (char *)"repo"};
    if (script != NULL)
        run(fixture, script);
    fixture->source = fa_source_open(&spec, fixture->root, home, &error);
    g_assert_no_error(error);
}

static inline void
tear_down(Fixture *fixture, gconstpointer data)
{
    fa_source_free(fixture->source);
    fa_fs_remove_tree(fixture->root, NULL);
    g_free(fixture->root);
}

static inline FaSourceMade
make(const Fixture *fixture, bool is_tag, const char *name, const char *revision, bool push)
{
    g_autoptr(GError) error = NULL;
    FaSourceMade made = FA_MADE_RECORDED;
    if (is_tag)
        fa_source_tag(fixture->source, name, revision, push, NULL, &made, &error);
    else
        fa_source_branch(fixture->source, name, revision, push, NULL, &made, &error);
    g_assert_no_error(error);
    return made;
}

static inline void
assert_not_made(const Fixture *fixture, bool is_tag, const char *name, const char *revision,
                bool push, FaErrorCode code, const char *text)
{
    g_autoptr(GError) error = NULL;
    FaSourceMade made = FA_MADE_RECORDED;
    bool is_made =
        is_tag ? fa_source_tag(fixture->source, name, revision, push, NULL, &made, &error)
               : fa_source_branch(fixture->source, name, revision, push, NULL, &made, &error);
    g_assert_false(is_made);
    g_assert_error(error, FA_ERROR, (int)code);
    g_assert_nonnull(strstr(error->message, text));
    g_assert_cmpint(made, ==, FA_MADE_RECORDED);
}

static inline char *
tip(const Fixture *fixture, const char *branch, bool offline)
{
    g_autoptr(GError) error = NULL;
    char *revision = NULL;
    fa_source_tip(fixture->source, branch, offline, NULL, &revision, &error);
    g_assert_no_error(error);
    return revision;
}

static inline FaContainedBy
contains(const Fixture *fixture, const char *where, const char *change, FaContained *contained)
{
    g_autoptr(GError) error = NULL;
    fa_contained_clear(contained);
    fa_source_contains(fixture->source, where, change, NULL, contained, &error);
    g_assert_no_error(error);
    return contained->by;
}

static inline bool
is_ancestor(const Fixture *fixture, const char *ancestor, const char *revision)
{
    g_autoptr(GError) error = NULL;
    bool is = false;
    fa_source_is_ancestor(fixture->source, ancestor, revision, NULL, &is, &error);
    g_assert_no_error(error);
    return is;
}

static inline FaSourceLog *
read_log(const Fixture *fixture, const FaSourceRange *range)
{
    g_autoptr(GError) error = NULL;
    FaSourceLog *log = fa_source_log(fixture->source, range, NULL, &error);
    g_assert_no_error(error);
    return log;
}
