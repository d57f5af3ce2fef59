#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "sys/fs.h"
#include "sys/lock.h"

typedef struct Fixture {
    char *root;
    char *path;
    unsigned waits;
    char *owner;
    FaLock *held;     /* released by on_wait() */
    FaCancel *cancel; /* set by on_wait() */
} Fixture;

static void
set_up(Fixture *fixture, gconstpointer data)
{
    fixture->root = fa_fs_make_temporary(g_get_tmp_dir(), "test-lock-", NULL);
    fixture->path = g_build_filename(fixture->root, "lock", NULL);
}

static void
tear_down(Fixture *fixture, gconstpointer data)
{
    g_assert_true(fa_fs_remove_tree(fixture->root, NULL));
    g_free(fixture->root);
    g_free(fixture->path);
    g_free(fixture->owner);
    fa_cancel_free(fixture->cancel);
}

static FaLock *
take(Fixture *fixture, FaLockMode mode, GError **error)
{
    return fa_lock_take(fixture->path, mode, "building tasktracker", 0, NULL, NULL, NULL, error);
}

static void
on_wait(const char *owner, void *data)
{
    Fixture *fixture = data;

    fixture->waits++;
    g_free(fixture->owner);
    fixture->owner = g_strdup(owner);
    if (fixture->cancel != NULL)
        fa_cancel_set(fixture->cancel);
    g_clear_pointer(&fixture->held, fa_lock_release);
}

static void
test_exclusive(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(FaLock) first = take(fixture, FA_LOCK_EXCLUSIVE, &error);
    g_assert_no_error(error);
    g_assert_null(take(fixture, FA_LOCK_EXCLUSIVE, &error));
    g_assert_true(fa_error_is(error, FA_ERROR_CONFLICT));
    g_autofree char *pid = g_strdup_printf("'building tasktracker', pid %d of ", (int)getpid());
    g_assert_nonnull(strstr(error->message, pid));
    g_assert_nonnull(strstr(error->message, ", for 0:0"));

    g_clear_pointer(&first, fa_lock_release);
    g_autoptr(FaLock) second = take(fixture, FA_LOCK_EXCLUSIVE, NULL);
    g_assert_nonnull(second);
}

static void
test_shared(Fixture *fixture, gconstpointer data)
{
    g_autoptr(FaLock) first = take(fixture, FA_LOCK_SHARED, NULL);
    g_autoptr(FaLock) second = take(fixture, FA_LOCK_SHARED, NULL);
    g_assert_true(first != NULL && second != NULL);
    g_assert_null(take(fixture, FA_LOCK_EXCLUSIVE, NULL));
}

static void
test_wait(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    fixture->held = take(fixture, FA_LOCK_EXCLUSIVE, &error);
    g_autoptr(FaLock) lock = fa_lock_take(fixture->path, FA_LOCK_EXCLUSIVE, "second", -1, on_wait,
                                          fixture, NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(fixture->waits, ==, 1);
    g_assert_nonnull(strstr(fixture->owner, "building tasktracker"));
}

static void
test_cancel(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(FaLock) held = take(fixture, FA_LOCK_EXCLUSIVE, &error);
    fixture->cancel = fa_cancel_new();
    g_assert_null(fa_lock_take(fixture->path, FA_LOCK_EXCLUSIVE, "second", -1, on_wait, fixture,
                               fixture->cancel, &error));
    g_assert_true(fa_error_is(error, FA_ERROR_CANCELLED));
}

static void
test_death(Fixture *fixture, gconstpointer data)
{
    int ready[2];
    char byte;
    g_assert_cmpint(pipe(ready), ==, 0);
    pid_t child = fork();
    if (child == 0) {
        if (take(fixture, FA_LOCK_EXCLUSIVE, NULL) == NULL || write(ready[1], "x", 1) != 1)
            _exit(1);
        pause();
    }
    g_assert_cmpint(read(ready[0], &byte, 1), ==, 1);
    g_assert_null(take(fixture, FA_LOCK_EXCLUSIVE, NULL));
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    g_autoptr(FaLock) lock = take(fixture, FA_LOCK_EXCLUSIVE, NULL);
    g_assert_nonnull(lock);
    close(ready[0]);
    close(ready[1]);
}

static void
test_garbage(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(FaLock) held = take(fixture, FA_LOCK_EXCLUSIVE, NULL);
    g_autoptr(GString) garbage = g_string_new("12\n\n\xff\033");
    g_string_set_size(garbage, 5000);
    FILE *file = fopen(fixture->path, "w");
    fwrite(garbage->str, 1, garbage->len, file);
    fclose(file);
    g_assert_null(take(fixture, FA_LOCK_EXCLUSIVE, &error));
    g_assert_true(g_str_has_suffix(
        error->message,
        "is locked by another process\nhelp: run the command again once that has ended"));
}

static void
test_no_place(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_assert_null(
        fa_lock_take("/nonexistent/lock", FA_LOCK_SHARED, "x", 0, NULL, NULL, NULL, &error));
    g_assert_true(fa_error_is(error, FA_ERROR_NOT_FOUND));
}

static void
add(const char *name, void (*test)(Fixture *, gconstpointer))
{
    g_autofree char *path = g_strconcat("/lock/", name, NULL);
    g_test_add(path, Fixture, NULL, set_up, test, tear_down);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    add("the-second-is-told-who-was-first", test_exclusive);
    add("readers-share", test_shared);
    add("who-waits-gets-it-when-it-is-free", test_wait);
    add("who-waits-can-be-stopped", test_cancel);
    add("a-lock-dies-with-its-owner", test_death);
    add("garbage-in-the-file-does-no-harm", test_garbage);
    add("a-lock-needs-a-directory", test_no_place);
    return g_test_run();
}
