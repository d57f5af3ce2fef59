#include "source/source.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "sys/fd.h"
#include "sys/fs.h"
#include "sys/spawn.h"

/* Real repositories, made anew for each test below one temporary directory. */
typedef struct Fixture {
    char *root;
    char *home;
    char *target;
} Fixture;

static char *
sh(const Fixture *fixture, const char *script)
{
    g_auto(GStrv) environment = g_get_environ();
    static const char *const names[] = {"GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME", "GIT_AUTHOR_EMAIL",
                                        "GIT_COMMITTER_EMAIL"};
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        environment = g_environ_setenv(environment, names[i], "t@example.org", TRUE);
    environment = g_environ_setenv(environment, "GIT_COMMITTER_DATE", "1700000000 +0000", TRUE);
    environment = g_environ_setenv(environment, "LC_ALL", "C.UTF-8", TRUE);
    environment = g_environ_setenv(environment, "GIT_CONFIG_GLOBAL", "/dev/null", TRUE);
    const char *const argv[] = {"sh", "-euc", script, NULL};
    const FaSpawn spawn = {
        .argv = argv, .environment = (const char *const *)environment, .directory = fixture->root};
    g_auto(FaSpawnResult) result = {0};
    g_autoptr(GError) error = NULL;

    fa_spawn_check(&spawn, &result, &error);
    g_assert_no_error(error);
    return g_strchomp(g_steal_pointer(&result.output));
}

static void
set_up(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    fixture->root = fa_fs_make_temporary(g_get_tmp_dir(), "fa-source-", &error);
    g_assert_no_error(error);
    fixture->home = g_build_filename(fixture->root, "home", NULL);
    fixture->target = g_build_filename(fixture->root, "out", "tree", NULL);
    if (data != NULL)
        g_free(sh(fixture, data));
}

static void
tear_down(Fixture *fixture, gconstpointer data)
{
    fa_fs_remove_tree(fixture->root, NULL);
    g_free(fixture->root);
    g_free(fixture->home);
    g_free(fixture->target);
}

static const char git_repository[] = "git init -q -b main repo; cd repo; echo one > file; "
                                     "mkdir sub; echo s > sub/s; chmod +x sub/s; git add .; "
                                     "git commit -qm one; git tag v0.9; git tag v0.10; "
                                     "git checkout -q -b release/1.0; echo rel > file; "
                                     "git commit -qam rel; git checkout -q main; "
                                     "echo two > file; git commit -qam two";

static const char svn_repository[] =
    "svnadmin create repo; u=file://$PWD/repo; "
    "svn -q mkdir -m x $u/trunk $u/branches $u/tags; svn -q co $u/trunk w; "
    "echo one > w/file; svn -q add w/file; svn -q ci -m one w; "
    "svn -q cp -m c $u/trunk $u/branches/1.0; svn -q cp -m t $u/trunk $u/tags/v1; "
    "echo two > w/file; svn -q ci -m two w; svn -q mkdir -m other $u/branches/other";

static FaSource *
open_source(const Fixture *fixture, FaSourceKind kind, const char *location)
{
    g_autoptr(GError) error = NULL;
    const FaSourceSpec spec = {.kind = kind, .location = (char *)location, .strip = 1};
    FaSource *source = fa_source_open(&spec, fixture->root, fixture->home, &error);
    g_assert_no_error(error);
    return source;
}

static char *
resolve(FaSource *source, const char *wanted, bool offline)
{
    g_autoptr(GError) error = NULL;
    char *revision = NULL;
    fa_source_resolve(source, wanted, offline, NULL, &revision, &error);
    g_assert_no_error(error);
    return revision;
}

static void
fetch(const Fixture *fixture, FaSource *source, const char *revision)
{
    g_autoptr(GError) error = NULL;
    fa_source_fetch(source, revision, fixture->target, NULL, -1, &error);
    g_assert_no_error(error);
}

static void
assert_content(const Fixture *fixture, const char *name, const char *content)
{
    g_autofree char *path = g_build_filename(fixture->target, name, NULL);
    g_autofree char *text = NULL;
    g_autoptr(GError) error = NULL;
    fa_fs_read(path, 1000, &text, NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(text, ==, content);
}

static void
assert_missing(const Fixture *fixture, const char *name)
{
    g_autofree char *path = g_build_filename(fixture->target, name, NULL);
    g_assert_false(fa_fs_exists(path));
}

/* Nothing half done is left beside the target either. */
static void
assert_nothing_made(const Fixture *fixture)
{
    g_autofree char *parent = g_path_get_dirname(fixture->target);
    g_auto(GStrv) names = fa_fs_list(parent, NULL);
    g_assert_true(names == NULL || *names == NULL);
}

static void
assert_fails(FaSource *source, const char *wanted, FaErrorCode code, const char *text)
{
    g_autoptr(GError) error = NULL;
    char *revision = NULL;
    g_assert_false(fa_source_resolve(source, wanted, false, NULL, &revision, &error));
    g_assert_nonnull(strstr(error->message, text));
    g_assert_error(error, FA_ERROR, (int)code);
    g_assert_null(revision);
}

static void
test_git(Fixture *fixture, gconstpointer data)
{
    g_autoptr(FaSource) source = open_source(fixture, FA_SOURCE_GIT, "repo");
    g_autofree char *tip = sh(fixture, "git -C repo rev-parse main");
    g_autofree char *release = sh(fixture, "git -C repo rev-parse release/1.0");
    g_autofree char *tag = sh(fixture, "git -C repo rev-parse v0.9");
    g_autofree char *found = resolve(source, NULL, false);
    g_autofree char *by_branch = resolve(source, "release/1.0", false);
    g_autofree char *by_tag = resolve(source, "v0.9", true);
    g_autofree char *start = g_strndup(tip, 9);
    g_autofree char *by_start = resolve(source, start, true);

    g_assert_cmpstr(found, ==, tip);
    g_assert_cmpstr(by_branch, ==, release);
    g_assert_cmpstr(by_tag, ==, tag);
    g_assert_cmpstr(by_start, ==, tip);
    fetch(fixture, source, release);
    assert_content(fixture, "file", "rel\n");
    assert_missing(fixture, ".git");
    g_autofree char *executable = g_build_filename(fixture->target, "sub", "s", NULL);
    g_assert_cmpint(access(executable, X_OK), ==, 0);
}

static void
test_git_describe(Fixture *fixture, gconstpointer data)
{
    g_autoptr(FaSource) source = open_source(fixture, FA_SOURCE_GIT, "repo");
    g_autoptr(GError) error = NULL;
    g_autofree char *tip = resolve(source, NULL, false), *tag = resolve(source, "v0.9", false);
    g_autofree char *name = NULL, *version = NULL, *start = g_strndup(tip, 12);
    FaTime committed = 0;

    fa_source_describe(source, tag, &name, &committed, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(name, ==, "v0.10");
    g_assert_cmpint(committed, ==, 1700000000);
    fa_source_describe(source, tip, &version, &committed, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(version, ==, start);
}

static void
test_git_known_needs_no_repository(Fixture *fixture, gconstpointer data)
{
    g_autoptr(FaSource) source = open_source(fixture, FA_SOURCE_GIT, "repo");
    g_autofree char *tip = resolve(source, NULL, false);
    g_free(sh(fixture, "mv repo gone"));

    g_autofree char *again = resolve(source, tip, false);
    g_assert_cmpstr(again, ==, tip);
    fetch(fixture, source, tip);
    assert_content(fixture, "file", "two\n");
    assert_fails(source, NULL, FA_ERROR_NOT_FOUND, "help: check the location");
}

/* With a server that can leave out contents, only those of the wanted commit come, and then stay. */
static void
test_git_partial(Fixture *fixture, gconstpointer data)
{
    static const char count[] = "git -C home/src/.mirrors/*[0-9a-f] rev-list --objects --all "
                                "--missing=print | grep -c '^?' || true";
    g_free(sh(fixture, "git -C repo config uploadpack.allowFilter true; "
                       "git -C repo config uploadpack.allowAnySHA1InWant true"));
    g_autofree char *url = g_strdup_printf("file://%s/repo", fixture->root);
    g_autoptr(FaSource) source = open_source(fixture, FA_SOURCE_GIT, url);
    g_autoptr(GError) error = NULL;
    g_autofree char *tip = resolve(source, NULL, false);
    g_autofree char *release = resolve(source, "release/1.0", true);
    g_autofree char *before = sh(fixture, count);
    fetch(fixture, source, tip);
    g_autofree char *after = sh(fixture, count);

    g_assert_cmpstr(before, ==, "4");
    g_assert_cmpstr(after, ==, "2");
    assert_content(fixture, "file", "two\n");
    g_free(sh(fixture, "mv repo gone; rm -r out"));
    fetch(fixture, source, tip);
    g_free(sh(fixture, "rm -r out"));
    g_assert_false(fa_source_fetch(source, release, fixture->target, NULL, -1, &error));
    g_assert_error(error, FA_ERROR, FA_ERROR_NOT_FOUND);
    assert_nothing_made(fixture);
}

static void
test_git_rewritten(Fixture *fixture, gconstpointer data)
{
    g_autoptr(FaSource) source = open_source(fixture, FA_SOURCE_GIT, "repo");
    g_autofree char *old = resolve(source, NULL, false);
    g_free(sh(fixture, "cd repo; git commit -q --amend -m other; git reflog expire --expire=now "
                       "--all; git gc -q --prune=now"));
    g_autofree char *new = resolve(source, NULL, false);
    g_autofree char *kept = resolve(source, old, false);

    g_assert_cmpstr(new, !=, old);
    g_assert_cmpstr(kept, ==, old);
    fetch(fixture, source, old);
    assert_fails(source, "0123456789012345678901234567890123456789", FA_ERROR_NOT_FOUND,
                 "may have been rewritten");
}

static void
test_git_names(Fixture *fixture, gconstpointer data)
{
    g_autoptr(FaSource) source = open_source(fixture, FA_SOURCE_GIT, "repo");
    assert_fails(source, "mian", FA_ERROR_NOT_FOUND, "did you mean 'main'");
    assert_fails(source, "quite-another", FA_ERROR_NOT_FOUND, "help: it has ");
    assert_fails(source, "main~1", FA_ERROR_NOT_FOUND, "main~1");
    assert_fails(source, "--output=x", FA_ERROR_CONFIG, "begins with '-'");
}

static void
test_refused_locations(Fixture *fixture, gconstpointer data)
{
    static const char *const bad[] = {"-uwhatever", "ext::sh -c touch% x", "http://example.org/r",
                                      "fd::17", ""};
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        const FaSourceSpec spec = {.kind = FA_SOURCE_GIT, .location = (char *)bad[i]};
        g_autoptr(GError) error = NULL;
        g_assert_null(fa_source_open(&spec, fixture->root, fixture->home, &error));
        g_assert_error(error, FA_ERROR, FA_ERROR_CONFIG);
    }
}

static void
test_credentials(Fixture *fixture, gconstpointer data)
{
    static const char url[] = "https://user:p%40ssword@127.0.0.1:1/repo.git?token=abc123";
    g_autoptr(FaSource) source = open_source(fixture, FA_SOURCE_GIT, url);
    g_autoptr(GError) error = NULL, work = NULL;
    char *revision = NULL;

    g_assert_cmpstr(fa_source_get_location(source), ==, "https://127.0.0.1:1/repo.git");
    g_assert_false(fa_source_resolve(source, NULL, false, NULL, &revision, &error));
    g_assert_error(error, FA_ERROR, FA_ERROR_UNREACHABLE);
    g_assert_false(fa_source_clone_for_work(source, NULL, fixture->target, NULL, &work));
    static const char *const secrets[] = {"user", "ssword", "abc123"};
    for (size_t i = 0; i < G_N_ELEMENTS(secrets); i++) {
        g_assert_null(strstr(error->message, secrets[i]));
        g_assert_null(strstr(work->message, secrets[i]));
    }
    assert_nothing_made(fixture);
}

static void
test_git_submodule(Fixture *fixture, gconstpointer data)
{
    g_autoptr(FaSource) source = open_source(fixture, FA_SOURCE_GIT, "repo");
    g_autoptr(GError) error = NULL;
    g_free(sh(fixture, "git -C repo -c protocol.file.allow=always submodule --quiet add "
                       "$PWD/repo lib; git -C repo commit -qm sub"));
    g_autofree char *tip = resolve(source, NULL, false);

    g_assert_false(fa_source_fetch(source, tip, fixture->target, NULL, -1, &error));
    g_assert_error(error, FA_ERROR, FA_ERROR_REFUSED);
    g_assert_nonnull(strstr(error->message, "submodule 'lib'"));
    assert_nothing_made(fixture);
}

static void
test_git_stale_locks(Fixture *fixture, gconstpointer data)
{
    g_autoptr(FaSource) source = open_source(fixture, FA_SOURCE_GIT, "repo");
    g_free(resolve(source, NULL, false));
    g_free(sh(fixture, "cd home/src/.mirrors/*[0-9a-f]/; touch refs/heads/main.lock "
                       "packed-refs.lock config.lock; cd \"$OLDPWD/repo\"; "
                       "git commit -q --allow-empty -m three"));
    g_autofree char *found = resolve(source, NULL, false);
    g_autofree char *tip = sh(fixture, "git -C repo rev-parse main");
    g_assert_cmpstr(found, ==, tip);
}

static gpointer
resolve_in_thread(gpointer data)
{
    return resolve(data, NULL, false);
}

static void
test_two_at_once(Fixture *fixture, gconstpointer data)
{
    g_autoptr(FaSource) first = open_source(fixture, FA_SOURCE_GIT, "repo");
    g_autoptr(FaSource) second = open_source(fixture, FA_SOURCE_GIT, "repo");
    GThread *thread = g_thread_new("first", resolve_in_thread, first);
    g_autofree char *b = resolve(second, NULL, false);
    g_autofree char *a = g_thread_join(thread);
    g_assert_cmpstr(a, ==, b);
}

static void
test_cancelled(Fixture *fixture, gconstpointer data)
{
    g_autoptr(FaSource) source = open_source(fixture, FA_SOURCE_GIT, "repo");
    g_autoptr(FaCancel) cancel = fa_cancel_new();
    g_autoptr(GError) error = NULL;
    g_autofree char *tip = resolve(source, NULL, false);

    fa_cancel_set(cancel);
    g_assert_false(fa_source_fetch(source, tip, fixture->target, cancel, -1, &error));
    g_assert_error(error, FA_ERROR, FA_ERROR_CANCELLED);
    assert_nothing_made(fixture);
    fetch(fixture, source, tip);
}

typedef struct Server {
    int listener;
    FaCancel *cancel;
} Server;

/* Says nothing to who connects, and lets the fetch be cancelled just then. */
static gpointer
cancel_when_connected(gpointer data)
{
    const Server *server = data;
    fa_autofd int peer = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC);
    char request[256];
    g_assert_cmpint(peer, >=, 0);
    g_assert_cmpint(read(peer, request, sizeof request), >, 0);
    fa_cancel_set(server->cancel);
    /* Until git is gone. */
    while (read(peer, request, sizeof request) > 0)
        continue;
    return NULL;
}

static void
test_interrupted(Fixture *fixture, gconstpointer data)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof address;
    g_autoptr(FaCancel) cancel = fa_cancel_new();
    g_autoptr(GError) error = NULL;
    char *revision = NULL;
    fa_autofd int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    g_assert_cmpint(bind(listener, (struct sockaddr *)&address, length), ==, 0);
    g_assert_cmpint(listen(listener, 1), ==, 0);
    g_assert_cmpint(getsockname(listener, (struct sockaddr *)&address, &length), ==, 0);

    Server server = {.listener = listener, .cancel = cancel};
    GThread *thread = g_thread_new("server", cancel_when_connected, &server);
    g_autofree char *url = g_strdup_printf("git://127.0.0.1:%u/repo", ntohs(address.sin_port));
    g_autoptr(FaSource) source = open_source(fixture, FA_SOURCE_GIT, url);
    g_assert_false(fa_source_resolve(source, NULL, false, cancel, &revision, &error));
    g_assert_error(error, FA_ERROR, FA_ERROR_CANCELLED);
    g_thread_join(thread);
    g_autofree char *left = sh(fixture, "ls -A home/src/.mirrors | grep -v 'lock$' || true");
    g_assert_cmpstr(left, ==, "");
}

static void
test_subdirectory(Fixture *fixture, gconstpointer data)
{
    FaSourceSpec spec = {.kind = FA_SOURCE_GIT, .location = (char *)"repo"};
    g_autoptr(GError) error = NULL;
    spec.subdirectory = (char *)"sub";
    g_autoptr(FaSource) source = fa_source_open(&spec, fixture->root, fixture->home, &error);
    g_autofree char *tip = resolve(source, NULL, false);
    fetch(fixture, source, tip);
    assert_content(fixture, "s", "s\n");

    spec.subdirectory = (char *)"file";
    g_autoptr(FaSource) wrong = fa_source_open(&spec, fixture->root, fixture->home, &error);
    g_autofree char *other = g_strconcat(fixture->target, "2", NULL);
    g_assert_false(fa_source_fetch(wrong, tip, other, NULL, -1, &error));
    g_assert_error(error, FA_ERROR, FA_ERROR_NOT_FOUND);
    g_assert_false(fa_fs_exists(other));
}

static void
test_work(Fixture *fixture, gconstpointer data)
{
    g_autoptr(FaSource) source = open_source(fixture, FA_SOURCE_GIT, "repo");
    g_autoptr(GError) error = NULL;
    fa_source_clone_for_work(source, "release/1.0", fixture->target, NULL, &error);
    g_assert_no_error(error);
    g_autofree char *branch = sh(fixture, "git -C out/tree symbolic-ref --short HEAD");
    g_autofree char *origin = sh(fixture, "git -C out/tree config remote.origin.url");
    g_autofree char *wanted = g_build_filename(fixture->root, "repo", NULL);
    g_assert_cmpstr(branch, ==, "release/1.0");
    g_assert_cmpstr(origin, ==, wanted);

    /* What is there stays. */
    g_assert_false(fa_source_clone_for_work(source, NULL, fixture->target, NULL, &error));
    g_assert_error(error, FA_ERROR, FA_ERROR_CONFLICT);
    assert_content(fixture, "file", "rel\n");
}

static void
test_svn(Fixture *fixture, gconstpointer data)
{
    g_autoptr(FaSource) source = open_source(fixture, FA_SOURCE_SVN, "repo");
    g_autoptr(GError) error = NULL;
    g_autofree char *trunk = resolve(source, NULL, false), *old = resolve(source, "@2", false);
    g_autofree char *branch = resolve(source, "1.0", false), *tag = resolve(source, "v1", false);
    g_autofree char *version = NULL;
    FaTime committed = 0;

    g_assert_cmpstr(trunk, ==, "trunk@5");
    g_assert_cmpstr(old, ==, "trunk@2");
    g_assert_cmpstr(branch, ==, "branches/1.0@3");
    g_assert_cmpstr(tag, ==, "tags/v1@4");
    fetch(fixture, source, old);
    assert_content(fixture, "file", "one\n");
    assert_missing(fixture, ".svn");
    fa_source_describe(source, tag, &version, &committed, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(version, ==, "v1");
    g_assert_cmpint(committed, >, 1600000000);
    assert_fails(source, "nowhere", FA_ERROR_NOT_FOUND, "nowhere");
    assert_fails(source, "trunk@99", FA_ERROR_NOT_FOUND, "trunk@99");
    assert_fails(source, "../x", FA_ERROR_CONFIG, "PATH@NUMBER");
    g_free(sh(fixture, "mv repo gone"));
    assert_fails(source, NULL, FA_ERROR_NOT_FOUND, "still exists");
}

static void
test_svn_work(Fixture *fixture, gconstpointer data)
{
    g_autoptr(FaSource) source = open_source(fixture, FA_SOURCE_SVN, "repo");
    g_autoptr(GError) error = NULL;
    fa_source_clone_for_work(source, "1.0", fixture->target, NULL, &error);
    g_assert_no_error(error);
    assert_content(fixture, "file", "one\n");
    g_free(sh(fixture, "echo three > out/tree/file; svn -q ci -m three out/tree"));
}

static void
test_directory(Fixture *fixture, gconstpointer data)
{
    g_free(sh(fixture, "mkdir dir; echo d > dir/file; ln -s file dir/link"));
    g_autoptr(FaSource) source = open_source(fixture, FA_SOURCE_DIRECTORY, "dir");
    g_autoptr(GError) error = NULL;
    g_autofree char *revision = resolve(source, NULL, true);
    g_autofree char *place = g_build_filename(fixture->root, "dir", NULL);

    g_assert_cmpstr(revision, ==, "directory");
    g_assert_cmpstr(fa_source_local_directory(source), ==, place);
    fetch(fixture, source, revision);
    assert_content(fixture, "link", "d\n");
    fa_fs_remove_tree(fixture->target, NULL);
    g_free(sh(fixture, "mkfifo dir/pipe"));
    g_assert_false(fa_source_fetch(source, revision, fixture->target, NULL, -1, &error));
    assert_nothing_made(fixture);
    g_free(sh(fixture, "rm -r dir"));
    assert_fails(source, NULL, FA_ERROR_NOT_FOUND, "no directory");
}

int
main(int argc, char **argv)
{
    static const struct {
        const char *name;
        const char *script;
        void (*run)(Fixture *fixture, gconstpointer data);
    } tests[] = {
        {"branches-tags-and-commits-of-git-are-found", git_repository, test_git},
        {"a-commit-is-called-by-its-highest-tag", git_repository, test_git_describe},
        {"a-known-commit-needs-no-repository", git_repository, test_git_known_needs_no_repository},
        {"what-a-rewritten-branch-had-is-kept", git_repository, test_git_rewritten},
        {"contents-come-when-they-are-wanted", git_repository, test_git_partial},
        {"an-unknown-branch-gets-the-nearest-word", git_repository, test_git_names},
        {"a-location-that-runs-programs-is-refused", NULL, test_refused_locations},
        {"credentials-are-in-no-error", NULL, test_credentials},
        {"a-submodule-is-refused", git_repository, test_git_submodule},
        {"locks-of-a-killed-git-do-not-matter", git_repository, test_git_stale_locks},
        {"two-first-fetches-at-once-share-one-mirror", git_repository, test_two_at_once},
        {"a-cancelled-fetch-leaves-nothing-and-can-be-repeated", git_repository, test_cancelled},
        {"an-interrupted-first-fetch-leaves-no-mirror", NULL, test_interrupted},
        {"a-subdirectory-can-be-the-source", git_repository, test_subdirectory},
        {"work-is-done-in-a-clone-of-the-real-repository", git_repository, test_work},
        {"paths-and-numbers-of-svn-are-found", svn_repository, test_svn},
        {"work-is-committed-from-a-checkout-of-svn", svn_repository, test_svn_work},
        {"a-directory-is-read-in-place-or-copied", NULL, test_directory},
    };

    g_test_init(&argc, &argv, NULL);
    /* What the person who runs the tests has set does not count. */
    g_setenv("GIT_CONFIG_GLOBAL", "/dev/null", TRUE);
    for (size_t i = 0; i < G_N_ELEMENTS(tests); i++) {
        g_autofree char *path = g_strconcat("/source/", tests[i].name, NULL);
        g_test_add_vtable(path, sizeof(Fixture), tests[i].script,
                          (GTestFixtureFunc)(void (*)(void))set_up,
                          (GTestFixtureFunc)(void (*)(void))tests[i].run,
                          (GTestFixtureFunc)(void (*)(void))tear_down);
    }
    return g_test_run();
}
