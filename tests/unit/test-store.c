#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/error.h"
#include "store/store.h"
#include "sys/fd.h"
#include "sys/fs.h"

typedef struct Fixture {
    char *root;
    FaStore *store;
} Fixture;

static void
set_up(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    fixture->root = fa_fs_make_temporary(g_get_tmp_dir(), "test-store-", &error);
    g_assert_no_error(error);
    g_assert_cmpint(chdir(fixture->root), ==, 0);
    fixture->store = fa_store_open("home", &error);
    g_assert_no_error(error);
    fa_fs_make_directory("in/sub/deep", 0755, NULL);
}

static void
tear_down(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    fa_store_free(fixture->store);
    g_assert_cmpint(chdir("/"), ==, 0);
    fa_fs_remove_tree(fixture->root, &error);
    g_assert_no_error(error);
    g_free(fixture->root);
}

static void
put(const char *path, const char *text, mode_t mode)
{
    g_autoptr(GError) error = NULL;
    fa_fs_write(path, text, strlen(text), mode, FA_WRITE_NONE, &error);
    g_assert_no_error(error);
}

static void
assert_holds(const char *path, const char *text)
{
    g_autofree char *content = NULL;
    size_t length;
    g_autoptr(GError) error = NULL;
    fa_fs_read(path, G_MAXINT32, &content, &length, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(content, ==, text);
}

static struct stat
status_of(const char *path)
{
    struct stat status;
    g_assert_cmpint(lstat(path, &status), ==, 0);
    return status;
}

#define LONG_TEXT "a text that is long enough not to be a tiny file, which is copied"

static void
make_tree(void)
{
    put("in/file", LONG_TEXT, 0640);
    put("in/file-twin", LONG_TEXT, 0600);
    put("in/sub/program", "#!/bin/sh\nexec echo a program of more than thirty bytes\n", 0700);
    put("in/sub/deep/empty", "", 0644);
    g_assert_cmpint(symlink("../file", "in/sub/link"), ==, 0);
}

static FaDigest
import(Fixture *fixture, const char *directory)
{
    FaDigest tree;
    g_autoptr(GError) error = NULL;
    fa_store_import(fixture->store, directory, NULL, &tree, NULL, &error);
    g_assert_no_error(error);
    return tree;
}

static void
test_round_trip(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    make_tree();
    FaDigest tree = import(fixture, "in"), again;
    fa_store_checkout(fixture->store, &tree, "out", NULL, false, &error);
    g_assert_no_error(error);
    assert_holds("out/file", LONG_TEXT);
    assert_holds("out/sub/link", LONG_TEXT);
    assert_holds("out/sub/deep/empty", "");
    g_assert_cmpuint(status_of("out/file").st_mode & 07777, ==, 0444);
    g_assert_cmpuint(status_of("out/sub/program").st_mode & 07777, ==, 0555);
    g_assert_cmpuint(status_of("out/file").st_ino, ==, status_of("out/file-twin").st_ino);
    fa_store_digest(fixture->store, "out", NULL, &again, NULL, &error);
    g_assert_no_error(error);
    g_assert_true(fa_digest_is_equal(&tree, &again));
}

static void
test_times(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    put("in/one", LONG_TEXT "1", 0644);
    put("in/two", LONG_TEXT "2", 0644);
    FaDigest tree = import(fixture, "in");
    g_assert_true(fa_store_checkout(fixture->store, &tree, "out", NULL, true, &error));
    g_assert_cmpint(status_of("out/one").st_mtime, !=, status_of("out/two").st_mtime);
    g_assert_cmpint(status_of("out/one").st_mtime, <, 1500000000);
    g_assert_cmpuint(status_of("out").st_mode & 07777, ==, 0555);
}

/* To be imported is no use of a file: its time of access stays. */
static void
test_no_mark(Fixture *fixture, gconstpointer data)
{
    put("in/file", "text", 0644);
    struct stat before = status_of("in/file");
    struct timespec times[] = {{.tv_sec = before.st_mtim.tv_sec - 100}, {.tv_nsec = UTIME_OMIT}};
    g_assert_cmpint(utimensat(AT_FDCWD, "in/file", times, 0), ==, 0);
    import(fixture, "in");
    g_assert_cmpint(status_of("in/file").st_atim.tv_sec, ==, times[0].tv_sec);
}

static void
test_copies(Fixture *fixture, gconstpointer data)
{
    static const char *const globs[] = {"sub/*", NULL};
    g_autoptr(GError) error = NULL;
    make_tree();
    FaDigest tree = import(fixture, "in");
    fa_store_checkout(fixture->store, &tree, "out", globs, false, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(status_of("out/sub/program").st_mode & 07777, ==, 0755);
    g_assert_cmpuint(status_of("out/sub/program").st_nlink, ==, 1);
    g_assert_cmpuint(status_of("out/file").st_nlink, ==, 3);
}

static void
test_cache(Fixture *fixture, gconstpointer data)
{
    const FaImportOptions later = {.now = fa_clock_now() + 100};
    FaTreeStats stats;
    FaDigest tree, again;
    make_tree();
    g_assert_true(fa_store_import(fixture->store, "in", &later, &tree, &stats, NULL));
    g_assert_cmpuint(stats.files_read, ==, 4);
    g_assert_true(fa_store_digest(fixture->store, "in", &later, &again, &stats, NULL));
    g_assert_cmpuint(stats.files_read, ==, 0);
    g_assert_true(fa_digest_is_equal(&tree, &again));

    put("in/file", LONG_TEXT, 0640);
    g_assert_true(fa_store_import(fixture->store, "in", &later, &again, &stats, NULL));
    g_assert_cmpuint(stats.files_read, ==, 1);
    g_assert_cmpuint(stats.objects_added, ==, 0);
    g_assert_true(fa_digest_is_equal(&tree, &again));
    put("in/file", "other", 0640);
    g_assert_true(fa_store_import(fixture->store, "in", &later, &again, &stats, NULL));
    g_assert_cmpuint(stats.objects_added, ==, 2);
    g_assert_false(fa_digest_is_equal(&tree, &again));
}

/* What "in" is now, by a store that never saw it. */
static FaDigest
digest_anew(void)
{
    FaDigest tree;
    g_autoptr(GError) error = NULL;
    g_autoptr(FaStore) other = fa_store_open("other", &error);
    fa_store_digest(other, "in", NULL, &tree, NULL, &error);
    g_assert_no_error(error);
    return tree;
}

static void
swap_names(void)
{
    g_assert_cmpint(renameat2(AT_FDCWD, "in/file", AT_FDCWD, "in/sub/program", RENAME_EXCHANGE), ==,
                    0);
}

static void
retarget(void)
{
    g_assert_true(fa_fs_switch_symlink("in/sub/link", "./program", NULL));
}

static void
make_program(void)
{
    g_assert_cmpint(chmod("in/file-twin", 0755), ==, 0);
}

/* As long and as old as it was. */
static void
rewrite(void)
{
    struct stat before = status_of("in/file-twin");
    g_autofree char *other = g_strdup(LONG_TEXT);
    other[0] = 'A';
    int fd = open("in/file-twin", O_WRONLY | O_CLOEXEC);
    g_assert_cmpint(pwrite(fd, other, strlen(other), 0), ==, (ssize_t)strlen(other));
    g_assert_cmpint(futimens(fd, (const struct timespec[]){before.st_atim, before.st_mtim}), ==, 0);
    close(fd);
}

static void
make_empty_folder(void)
{
    g_assert_true(fa_fs_make_directory("in/sub/deep/er", 0755, NULL));
}

static void
remove_file(void)
{
    g_assert_cmpint(unlink("in/sub/deep/empty"), ==, 0);
}

/* Law: what is known of a directory as a whole is not what it was before any change to it. */
static void
test_known_whole(Fixture *fixture, gconstpointer data)
{
    static void (*const changes[])(void) = {swap_names, retarget,          make_program,
                                            rewrite,    make_empty_folder, remove_file};
    const FaImportOptions later = {.now = fa_clock_now() + 100};
    FaTreeStats stats;
    FaDigest tree, known, wanted;
    make_tree();
    for (size_t i = 0; i < G_N_ELEMENTS(changes); i++) {
        /* Reads what is new, learns the whole, and knows it. */
        for (unsigned times = 0; times < 3; times++)
            g_assert_true(fa_store_digest(fixture->store, "in", &later, &known, &stats, NULL));
        g_assert_cmpuint(stats.files_read, ==, 0);
        changes[i]();
        wanted = digest_anew();
        g_assert_true(fa_store_digest(fixture->store, "in", &later, &tree, NULL, NULL));
        g_assert_true(fa_digest_is_equal(&tree, &wanted));
        g_assert_false(fa_digest_is_equal(&tree, &known));
    }
}

static void
assert_refused(Fixture *fixture, const FaImportOptions *options, const char *pattern)
{
    g_autoptr(GError) error = NULL;
    FaDigest tree;
    g_assert_false(fa_store_import(fixture->store, "in", options, &tree, NULL, &error));
    g_assert_error(error, FA_ERROR, FA_ERROR_REFUSED);
    g_assert_true(g_pattern_match_simple(pattern, error->message));
}

static void
test_refused(Fixture *fixture, gconstpointer data)
{
    static const FaImportOptions strict = {.refuse_links_out = true}, small = {.bytes_max = 3};
    g_assert_cmpint(mkfifo("in/fifo", 0600), ==, 0);
    assert_refused(fixture, NULL, "*'fifo'*not a file*");
    unlink("in/fifo");
    put("in/setuid", "x", 0644);
    g_assert_cmpint(chmod("in/setuid", 04755), ==, 0);
    assert_refused(fixture, NULL, "*'setuid'*setuid*");
    unlink("in/setuid");
    put("in/a\nb", "x", 0644);
    assert_refused(fixture, NULL, "*control*");
    unlink("in/a\nb");
    put("in/large", "more", 0644);
    assert_refused(fixture, &small, "*too large*");
    if (setxattr("in/large", "user.secret", "1", 1, 0) == 0) {
        assert_refused(fixture, NULL, "*'large'*user.secret*");
        g_assert_cmpint(removexattr("in/large", "user.secret"), ==, 0);
    }

    g_assert_cmpint(symlink("../large", "in/sub/inside"), ==, 0);
    FaDigest tree;
    g_assert_true(fa_store_import(fixture->store, "in", &strict, &tree, NULL, NULL));
    g_assert_cmpint(symlink("../../large", "in/sub/outside"), ==, 0);
    assert_refused(fixture, &strict, "*'sub/outside'*leaves*");
    unlink("in/sub/outside");
    g_assert_cmpint(symlink("/etc/passwd", "in/outside"), ==, 0);
    assert_refused(fixture, &strict, "*'outside'*leaves*");
}

static void
test_paths(Fixture *fixture, gconstpointer data)
{
    static const char *const paths[] = {"sub/deep", NULL};
    const FaImportOptions some = {.paths = paths};
    FaTreeStats stats;
    FaDigest tree;
    make_tree();
    g_assert_true(fa_store_import(fixture->store, "in", &some, &tree, &stats, NULL));
    g_assert_cmpuint(stats.files, ==, 1);
    g_assert_cmpuint(stats.directories, ==, 2);
}

static void
test_damage(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    FaTreeStats stats;
    make_tree();
    FaDigest tree = import(fixture, "in");
    g_assert_true(fa_store_checkout(fixture->store, &tree, "out", NULL, false, NULL));
    g_assert_cmpint(chmod("out/file", 0644), ==, 0);
    int fd = open("out/file", O_WRONLY);
    g_assert_cmpint(write(fd, "A", 1), ==, 1);
    close(fd);
    g_assert_cmpint(chmod("out/file", 0444), ==, 0);
    g_assert_false(fa_store_checkout(fixture->store, &tree, "out2", NULL, false, &error));
    g_assert_error(error, FA_ERROR, FA_ERROR_FAILED);
    g_assert_false(fa_fs_exists("out2"));

    g_assert_true(fa_store_import(fixture->store, "in", NULL, &tree, &stats, NULL));
    g_assert_cmpuint(stats.objects_added, ==, 1);
    g_assert_true(fa_store_checkout(fixture->store, &tree, "out2", NULL, false, NULL));
    assert_holds("out2/file", LONG_TEXT);
}

static void
test_publish(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *name = NULL;
    g_autofree char *path = fa_store_path(fixture->store, "app-1-abc");
    FaDigest key, found;
    fa_digest_of_bytes("k", 1, &key);
    make_tree();
    FaDigest tree = import(fixture, "in");
    g_assert_false(fa_store_lookup(fixture->store, &key, NULL, NULL));
    fa_fs_make_directory(path, 0755, NULL);
    for (unsigned i = 0; i < 2; i++) {
        fa_store_publish(fixture->store, "app-1-abc", &key, &tree, &error);
        g_assert_no_error(error);
    }
    g_assert_true(fa_store_lookup(fixture->store, &key, &name, &found));
    g_assert_cmpstr(name, ==, "app-1-abc");
    g_assert_true(fa_digest_is_equal(&tree, &found));
    g_assert_cmpuint(status_of(path).st_mode & 07777, ==, 0555);

    put("in/file", "other", 0644);
    tree = import(fixture, "in");
    g_assert_false(fa_store_publish(fixture->store, "app-1-abc", &key, &tree, &error));
    g_assert_error(error, FA_ERROR, FA_ERROR_CONFLICT);
    g_assert_false(fa_store_publish(fixture->store, "objects", &key, &tree, NULL));
    g_assert_false(fa_store_publish(fixture->store, "../x", &key, &tree, NULL));
}

static void
test_taken(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    make_tree();
    FaDigest tree = import(fixture, "in");
    fa_fs_make_directory("out/mine", 0755, NULL);
    g_assert_false(fa_store_checkout(fixture->store, &tree, "out", NULL, false, &error));
    g_assert_error(error, FA_ERROR, FA_ERROR_CONFLICT);
    g_auto(GStrv) names = fa_fs_list("out", NULL);
    g_assert_cmpuint(g_strv_length(names), ==, 1);
}

static gpointer
import_many(gpointer data)
{
    FaDigest *trees = g_new0(FaDigest, 10);
    for (unsigned i = 0; i < 10; i++) {
        g_autoptr(FaStore) store = fa_store_open("home", NULL);
        g_autoptr(GError) error = NULL;
        fa_store_import(store, "in", NULL, &trees[i], NULL, &error);
        g_assert_no_error(error);
    }
    return trees;
}

static void
test_two(Fixture *fixture, gconstpointer data)
{
    make_tree();
    for (unsigned i = 0; i < 100; i++) {
        g_autofree char *path = g_strdup_printf("in/%u", i);
        put(path, path, 0644);
    }
    GThread *one = g_thread_new("one", import_many, NULL);
    g_autofree FaDigest *mine = import_many(NULL);
    g_autofree FaDigest *theirs = g_thread_join(one);
    g_assert_cmpmem(mine, 10 * sizeof *mine, theirs, 10 * sizeof *theirs);
    g_assert_true(fa_store_checkout(fixture->store, mine, "out", NULL, false, NULL));
    g_auto(GStrv) left = fa_fs_list("home/store/tmp", NULL);
    g_assert_cmpuint(g_strv_length(left), ==, 0);
}

static bool
is_one_file(const char *a, const char *b)
{
    struct stat left = status_of(a), right = status_of(b);
    return left.st_ino == right.st_ino && left.st_dev == right.st_dev;
}

static void
test_import_build(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *name = NULL;
    FaTreeStats stats;
    FaDigest key, tree, found;
    fa_digest_of_bytes("key", 3, &key);
    for (unsigned i = 0; i < 2; i++) {
        fa_fs_make_directory("in/sub/deep", 0755, NULL);
        make_tree();
        fa_store_import_build(fixture->store, "in", NULL, "app-2", &key, &tree, &stats, &error);
        g_assert_no_error(error);
        g_assert_true((stats.objects_added == 0) == (i > 0));
        g_assert_true((stats.bytes_added == 0) == (i > 0));
        g_assert_false(fa_fs_exists("in"));
    }
    g_assert_true(fa_store_lookup(fixture->store, &key, &name, &found));
    g_assert_cmpstr(name, ==, "app-2");
    g_assert_true(fa_digest_is_equal(&tree, &found));
    assert_holds("home/store/app-2/file", LONG_TEXT);
    /* Made from what was staged, and the same file as the object that was published later. */
    g_assert_true(fa_store_checkout(fixture->store, &tree, "out", NULL, true, NULL));
    g_assert_true(is_one_file("out/file", "home/store/app-2/file"));
    g_assert_false(
        fa_store_import_build(fixture->store, "in", NULL, "tmp", &key, &tree, NULL, &error));
    g_assert_error(error, FA_ERROR, FA_ERROR_USAGE);
}

/* Law: a build that uses a directory up is what an import and a checkout make, whatever the store had of it already. */
static void
test_adopt(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    FaDigest key, tree, wanted, found;
    make_tree();
    g_assert_cmpint(link("in/file", "in/file-hard"), ==, 0);
    put("in/sub/deep/known", LONG_TEXT " that the store has", 0600);
    g_assert_true(fa_fs_make_directory("known", 0755, NULL));
    put("known/known", LONG_TEXT " that the store has", 0644);
    import(fixture, "known");
    wanted = digest_anew();
    ino_t program = status_of("in/sub/program").st_ino, hard = status_of("in/file").st_ino;
    g_assert_cmpint(chmod("in/sub/deep", 0500), ==, 0);

    fa_digest_of_bytes("key", 3, &key);
    fa_store_import_build(fixture->store, "in", NULL, "app", &key, &tree, NULL, &error);
    g_assert_no_error(error);
    g_assert_true(fa_digest_is_equal(&tree, &wanted));
    g_assert_true(fa_store_digest(fixture->store, "home/store/app", NULL, &found, NULL, NULL));
    g_assert_true(fa_digest_is_equal(&found, &wanted));
    /* Nothing was copied, but for a file that had another name. */
    g_assert_cmpuint(status_of("home/store/app/sub/program").st_ino, ==, program);
    g_assert_cmpuint(status_of("home/store/app/file").st_ino, !=, hard);
    g_assert_true(is_one_file("home/store/app/file", "home/store/app/file-twin"));
    g_assert_true(is_one_file("home/store/app/file", "home/store/app/file-hard"));
    g_assert_true(fa_store_checkout(fixture->store, &tree, "out", NULL, true, &error));
    for (const char *const *path = (const char *const[]){"file", "sub/program", "sub/deep/known",
                                                         "sub/deep", "sub", "sub/link", NULL};
         *path != NULL; path++) {
        g_autofree char *here = g_build_filename("out", *path, NULL);
        g_autofree char *there = g_build_filename("home/store/app", *path, NULL);
        g_assert_cmpuint(status_of(here).st_mode, ==, status_of(there).st_mode);
        g_assert_cmpint(status_of(here).st_mtime, ==, status_of(there).st_mtime);
        g_assert_true(S_ISDIR(status_of(here).st_mode) || S_ISLNK(status_of(here).st_mode) ||
                      is_one_file(here, there));
    }
}

/* What a tree may not hold is there to be looked at. */
static void
test_adopt_refused(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    FaDigest key, tree;
    make_tree();
    g_assert_cmpint(mkfifo("in/sub/fifo", 0600), ==, 0);
    fa_digest_of_bytes("key", 3, &key);
    g_assert_false(
        fa_store_import_build(fixture->store, "in", NULL, "app", &key, &tree, NULL, &error));
    g_assert_error(error, FA_ERROR, FA_ERROR_REFUSED);
    g_assert_nonnull(strstr(error->message, "'sub/fifo' of 'in'"));
    g_assert_true(fa_fs_exists("in/sub/fifo"));
    assert_holds("in/file", LONG_TEXT);
    g_assert_false(fa_fs_exists("home/store/app"));
}

/* What was read of it already. */
static gpointer
change_when_read(gpointer data)
{
    char event[sizeof(struct inotify_event) + 256];
    fa_autofd int fd = open("in/large", O_WRONLY | O_CLOEXEC);
    g_assert_cmpint(read(GPOINTER_TO_INT(data), event, sizeof event), >, 0);
    g_assert_cmpint(pwrite(fd, "x", 1, 0), ==, 1);
    return NULL;
}

/* Of what the store has, nothing is read again. */
static void
test_changed(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    FaDigest tree;
    fa_autofd int watch = inotify_init1(IN_CLOEXEC);
    put("in/large", "", 0644);
    g_assert_cmpint(truncate("in/large", 64 << 20), ==, 0);
    import(fixture, "in");
    utimensat(AT_FDCWD, "in/large", NULL, 0);
    g_assert_cmpint(inotify_add_watch(watch, "in/large", IN_ACCESS), >=, 0);
    GThread *writer = g_thread_new("writer", change_when_read, GINT_TO_POINTER(watch));
    g_assert_false(fa_store_import(fixture->store, "in", NULL, &tree, NULL, &error));
    g_thread_join(writer);
    g_assert_nonnull(strstr(error->message, "'large' of 'in' was changed while it was read"));
}

/* Law: a copy is what an import and a checkout of copies make. */
static void
test_copy(Fixture *fixture, gconstpointer data)
{
    static const char *const all[] = {"*", NULL};
    static const char *const leave_out[] = {".git", NULL};
    const FaImportOptions options = {.leave_out = leave_out};
    g_autoptr(GError) error = NULL;
    size_t length = 2 * 1024 * 1024 + 1;
    g_autofree char *bytes = g_strnfill(length, 'x');
    FaDigest tree, found;
    make_tree();
    g_assert_true(fa_fs_write("in/sub/large", bytes, length, 0755, FA_WRITE_NONE, NULL));
    g_assert_true(fa_fs_make_directory("in/.git", 0755, NULL));
    g_assert_true(fa_store_copy(fixture->store, "in", &options, "copy", &found, &error));
    g_assert_true(fa_fs_remove_tree("in/.git", NULL));
    g_assert_false(fa_fs_exists("home/store/objects"));
    tree = import(fixture, "in");
    g_assert_true(fa_digest_is_equal(&tree, &found));
    g_assert_true(fa_store_checkout(fixture->store, &tree, "out", all, false, &error));
    for (const char *const *path = (const char *const[]){"file", "sub/program", "sub/large",
                                                         "sub/deep", ".", "sub/link", NULL};
         *path != NULL; path++) {
        g_autofree char *here = g_build_filename("out", *path, NULL);
        g_autofree char *there = g_build_filename("copy", *path, NULL);
        g_assert_cmpuint(status_of(here).st_mode, ==, status_of(there).st_mode);
        g_assert_cmpint(status_of(here).st_mtime, ==, status_of(there).st_mtime);
    }
    g_assert_true(fa_store_digest(fixture->store, "copy", NULL, &found, NULL, NULL));
    g_assert_true(fa_digest_is_equal(&tree, &found));
    g_assert_false(fa_store_copy(fixture->store, "in", &options, "copy", &found, &error));
    g_assert_nonnull(error);
}

static void
test_large(Fixture *fixture, gconstpointer data)
{
    size_t length = 3 * 1024 * 1024 + 17;
    g_autofree char *bytes = g_malloc0(length);
    FaDigest tree, again;
    for (size_t i = 0; i < length; i++)
        bytes[i] = (char)(i * 31 >> 7);
    g_assert_true(fa_fs_write("in/large", bytes, length, 0644, FA_WRITE_NONE, NULL));
    tree = import(fixture, "in");
    g_assert_true(fa_store_checkout(fixture->store, &tree, "out", NULL, false, NULL));
    g_autofree char *content = NULL;
    size_t found;
    g_assert_true(fa_fs_read("out/large", G_MAXINT32, &content, &found, NULL));
    g_assert_cmpmem(content, found, bytes, length);
    g_assert_true(fa_store_digest(fixture->store, "out", NULL, &again, NULL, NULL));
    g_assert_true(fa_digest_is_equal(&tree, &again));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(name, function) g_test_add("/store/" name, Fixture, NULL, set_up, function, tear_down)
    ADD("a-tree-comes-back-as-it-was", test_round_trip);
    ADD("a-time-is-made-from-the-content", test_times);
    ADD("what-is-imported-bears-no-mark-of-it", test_no_mark);
    ADD("what-must-be-written-is-copied", test_copies);
    ADD("an-unchanged-file-is-not-read-twice", test_cache);
    ADD("a-directory-known-as-a-whole-is-not-after-any-change", test_known_whole);
    ADD("what-a-tree-may-not-hold-is-refused", test_refused);
    ADD("only-the-wanted-paths-are-kept", test_paths);
    ADD("a-changed-object-is-seen-and-replaced", test_damage);
    ADD("a-published-build-is-found-by-its-key", test_publish);
    ADD("a-build-is-imported-and-published-with-one-call", test_import_build);
    ADD("a-directory-that-is-used-up-becomes-the-build", test_adopt);
    ADD("a-directory-that-is-refused-stays-as-it-was", test_adopt_refused);
    ADD("what-changes-while-it-is-read-is-refused", test_changed);
    ADD("a-copy-is-what-a-checkout-would-be", test_copy);
    ADD("a-checkout-replaces-nothing", test_taken);
    ADD("two-importers-agree", test_two);
    ADD("a-large-file-comes-back-as-it-was", test_large);
    return g_test_run();
}
