#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "source/source.h"
#include "sys/fd.h"
#include "sys/fs.h"
#include "sys/spawn.h"

/* Archives from the location to the tree, with the real unpacker. */
typedef struct Fixture {
    char *root;
    char *home;
    char *target;
    char *sha256;
} Fixture;

static char *
sh(const Fixture *fixture, const char *script)
{
    const char *const argv[] = {"sh", "-euc", script, NULL};
    const FaSpawn spawn = {.argv = argv, .directory = fixture->root};
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
    fixture->root = fa_fs_make_temporary(g_get_tmp_dir(), "fa-archive-", &error);
    g_assert_no_error(error);
    fixture->home = g_build_filename(fixture->root, "home", NULL);
    fixture->target = g_build_filename(fixture->root, "out", "tree", NULL);
    fixture->sha256 = sh(fixture, "mkdir top; echo one > top/file; echo '?' > 'top/a b'; "
                                  "tar czf a.tar.gz top; sha256sum < a.tar.gz | cut -c1-64");
}

static void
tear_down(Fixture *fixture, gconstpointer data)
{
    fa_fs_remove_tree(fixture->root, NULL);
    g_free(fixture->root);
    g_free(fixture->home);
    g_free(fixture->target);
    g_free(fixture->sha256);
}

static bool
fetch(const Fixture *fixture, const char *location, const char *sha256, FaCancel *cancel,
      GError **error)
{
    const FaSourceSpec spec = {.kind = FA_SOURCE_ARCHIVE,
                               .location = (char *)location,
                               .sha256 = (char *)sha256,
                               .strip = 1};
    g_autofree char *revision = NULL;
    g_autoptr(FaSource) source = fa_source_open(&spec, fixture->root, fixture->home, error);
    return source != NULL && fa_source_resolve(source, NULL, true, cancel, &revision, error) &&
           fa_source_fetch(source, revision, fixture->target, cancel, -1, error);
}

static void
assert_fetched(const Fixture *fixture)
{
    g_autofree char *path = g_build_filename(fixture->target, "file", NULL);
    g_autofree char *text = NULL;
    g_autoptr(GError) error = NULL;
    fa_fs_read(path, 1000, &text, NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(text, ==, "one\n");
}

static void
assert_nothing_made(const Fixture *fixture)
{
    g_autofree char *parent = g_path_get_dirname(fixture->target);
    g_auto(GStrv) names = fa_fs_list(parent, NULL);
    g_assert_true(names == NULL || *names == NULL);
    g_autofree char *left =
        sh(fixture, "find home -name '.new-*' -o -name '.fetch-*' 2> /dev/null || true");
    g_assert_cmpstr(left, ==, "");
}

static void
test_path(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    fetch(fixture, "a.tar.gz", fixture->sha256, NULL, &error);
    g_assert_no_error(error);
    assert_fetched(fixture);
}

static void
test_url(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_free(sh(fixture, "cp a.tar.gz \"a'\\\"é.tar.gz\""));
    g_autofree char *url = g_strdup_printf("file://%s/a'\"é.tar.gz", fixture->root);
    fetch(fixture, url, fixture->sha256, NULL, &error);
    g_assert_no_error(error);
    assert_fetched(fixture);
}

static void
test_vanished(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    fetch(fixture, "a.tar.gz", fixture->sha256, NULL, &error);
    g_assert_no_error(error);
    g_free(sh(fixture, "rm -r a.tar.gz out"));
    fetch(fixture, "a.tar.gz", fixture->sha256, NULL, &error);
    g_assert_no_error(error);
    assert_fetched(fixture);

    g_free(sh(fixture, "rm -r out home"));
    g_assert_false(fetch(fixture, "a.tar.gz", fixture->sha256, NULL, &error));
    g_assert_error(error, FA_ERROR, FA_ERROR_NOT_FOUND);
    assert_nothing_made(fixture);
}

static void
test_rotten_cache(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    fetch(fixture, "a.tar.gz", fixture->sha256, NULL, &error);
    g_assert_no_error(error);
    g_free(sh(fixture, "rm -r out; for f in home/src/.archives/*[0-9a-f]; do echo x > $f; done"));
    fetch(fixture, "a.tar.gz", fixture->sha256, NULL, &error);
    g_assert_no_error(error);
    assert_fetched(fixture);
}

static void
test_wrong_digest(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_free(sh(fixture, "echo more >> a.tar.gz"));
    g_assert_false(fetch(fixture, "a.tar.gz", fixture->sha256, NULL, &error));
    g_assert_error(error, FA_ERROR, FA_ERROR_FAILED);
    g_assert_nonnull(strstr(error->message, fixture->sha256));
    assert_nothing_made(fixture);
}

static void
test_digest_required(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) none = NULL, bad = NULL;
    g_assert_false(fetch(fixture, "a.tar.gz", NULL, NULL, &none));
    g_assert_error(none, FA_ERROR, FA_ERROR_CONFIG);
    g_assert_false(fetch(fixture, "a.tar.gz", "abc", NULL, &bad));
    g_assert_error(bad, FA_ERROR, FA_ERROR_CONFIG);
}

static void
test_hostile(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *sha256 = sh(fixture, "ln -s /etc/passwd top/link; tar czf b.tar.gz top; "
                                          "sha256sum < b.tar.gz | cut -c1-64");
    g_assert_false(fetch(fixture, "b.tar.gz", sha256, NULL, &error));
    g_assert_error(error, FA_ERROR, FA_ERROR_REFUSED);
    g_assert_nonnull(strstr(error->message, "b.tar.gz"));
    g_assert_nonnull(strstr(error->message, "member 'link'"));
    assert_nothing_made(fixture);
}

/* Opening a FIFO for writing succeeds once curl reads it, and then the wait is cancelled. It stays open, as the thread's
 * result: were it closed, the fetch could end by itself first. */
static gpointer
cancel_when_read(gpointer data)
{
    char *const *path_and_cancel = data;
    int fd = open(path_and_cancel[0], O_WRONLY | O_CLOEXEC);
    g_assert_cmpint(fd, >=, 0);
    fa_cancel_set((FaCancel *)path_and_cancel[1]);
    return GINT_TO_POINTER(fd);
}

static void
test_interrupted(Fixture *fixture, gconstpointer data)
{
    g_autoptr(FaCancel) cancel = fa_cancel_new();
    g_autoptr(GError) error = NULL;
    g_free(sh(fixture, "mkfifo slow"));
    g_autofree char *path = g_build_filename(fixture->root, "slow", NULL);
    g_autofree char *url = g_strdup_printf("file://%s", path);
    char *arguments[] = {path, (char *)cancel};
    GThread *thread = g_thread_new("cancel", cancel_when_read, arguments);

    g_assert_false(fetch(fixture, url, fixture->sha256, cancel, &error));
    g_assert_error(error, FA_ERROR, FA_ERROR_CANCELLED);
    close(GPOINTER_TO_INT(g_thread_join(thread)));
    assert_nothing_made(fixture);
    /* As if it had been killed before. */
    g_autofree char *left =
        g_strdup_printf("mkdir home/src/.archives/.new-%s-XXXXXX", fixture->sha256);
    g_free(sh(fixture, left));
    g_free(sh(fixture, "rm slow; mv a.tar.gz slow"));
    g_clear_error(&error);
    fetch(fixture, url, fixture->sha256, NULL, &error);
    g_assert_no_error(error);
    assert_fetched(fixture);
    g_free(sh(fixture, "rm -r out"));
    assert_nothing_made(fixture);
}

static gpointer
fetch_in_thread(gpointer data)
{
    const Fixture *fixture = data;
    g_autoptr(GError) error = NULL;
    fetch(fixture, "a.tar.gz", fixture->sha256, NULL, &error);
    g_assert_no_error(error);
    return NULL;
}

static void
test_two_at_once(Fixture *fixture, gconstpointer data)
{
    Fixture other = *fixture;
    g_autofree char *target = g_strconcat(fixture->target, "2", NULL);
    other.target = target;
    GThread *first = g_thread_new("first", fetch_in_thread, fixture);
    fetch_in_thread(&other);
    g_thread_join(first);
    assert_fetched(fixture);
    assert_fetched(&other);
}

static void
test_unreachable(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_assert_false(fetch(fixture, "http://me:hush@127.0.0.1:1/a.tgz?key=hush2", fixture->sha256,
                         NULL, &error));
    g_assert_error(error, FA_ERROR, FA_ERROR_UNREACHABLE);
    g_assert_null(strstr(error->message, "hush"));
    g_assert_nonnull(strstr(error->message, "127.0.0.1"));
}

int
main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*run)(Fixture *fixture, gconstpointer data);
    } tests[] = {
        {"a-path-is-unpacked", test_path},
        {"a-url-is-downloaded-and-unpacked", test_url},
        {"a-cached-archive-needs-no-location", test_vanished},
        {"a-rotten-copy-is-got-again", test_rotten_cache},
        {"a-wrong-digest-unpacks-nothing", test_wrong_digest},
        {"a-digest-is-required", test_digest_required},
        {"a-hostile-archive-leaves-nothing", test_hostile},
        {"an-interrupted-download-leaves-nothing-and-can-be-repeated", test_interrupted},
        {"two-fetches-at-once-share-one-copy", test_two_at_once},
        {"a-server-that-is-away-is-an-error-without-credentials", test_unreachable},
    };

    g_test_init(&argc, &argv, NULL);
    signal(SIGPIPE, SIG_IGN);
    for (size_t i = 0; i < G_N_ELEMENTS(tests); i++) {
        g_autofree char *path = g_strconcat("/archive/", tests[i].name, NULL);
        g_test_add_vtable(path, sizeof(Fixture), NULL, (GTestFixtureFunc)(void (*)(void))set_up,
                          (GTestFixtureFunc)(void (*)(void))tests[i].run,
                          (GTestFixtureFunc)(void (*)(void))tear_down);
    }
    return g_test_run();
}
