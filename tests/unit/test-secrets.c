#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "site/secrets.h"
#include "sys/fs.h"

typedef struct Fixture {
    char *root;
    FaSecrets *secrets;
} Fixture;

static void
set_up(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    fixture->root = fa_fs_make_temporary(g_get_tmp_dir(), "test-secrets-", NULL);
    g_assert_nonnull(fixture->root);
    g_assert_cmpint(chdir(fixture->root), ==, 0);
    fixture->secrets = fa_secrets_open("var/secrets", &error);
    g_assert_no_error(error);
}

static void
tear_down(Fixture *fixture, gconstpointer data)
{
    g_assert_cmpint(chdir("/"), ==, 0);
    fa_secrets_free(fixture->secrets);
    g_assert_true(fa_fs_remove_tree(fixture->root, NULL));
    g_free(fixture->root);
}

static mode_t
mode_of(const char *path)
{
    struct stat status;
    g_assert_cmpint(lstat(path, &status), ==, 0);
    return status.st_mode & 07777;
}

static void
test_once(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    mode_t old = umask(0);

    g_assert_true(fa_secrets_ensure(fixture->secrets, "login", &error));
    umask(old);
    const char *value = fa_secrets_get(fixture->secrets, "login", FA_SECRET_FOR_FILE, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(strlen(value), ==, FA_SECRETS_LENGTH);
    for (const char *at = value; *at != '\0'; at++)
        g_assert_true(g_ascii_isalnum(*at));
    g_assert_cmpuint(mode_of("var/secrets"), ==, 0700);
    g_assert_cmpuint(mode_of("var/secrets/login"), ==, 0600);

    g_autoptr(FaSecrets) again = fa_secrets_open("var/secrets", &error);
    g_assert_true(fa_secrets_ensure(again, "login", &error));
    g_assert_cmpstr(fa_secrets_get(again, "login", FA_SECRET_FOR_INPUT, NULL), ==, value);
    g_assert_true(fa_secrets_ensure(again, "other", &error));
    g_assert_cmpstr(fa_secrets_get(again, "other", FA_SECRET_FOR_FILE, NULL), !=, value);
}

static void
test_uses(Fixture *fixture, gconstpointer data)
{
    static const FaSecretUse seen[] = {FA_SECRET_FOR_ARGUMENT, FA_SECRET_FOR_LOG,
                                       FA_SECRET_FOR_RECORD};

    g_assert_true(fa_secrets_ensure(fixture->secrets, "login", NULL));
    g_autofree char *value =
        g_strdup(fa_secrets_get(fixture->secrets, "login", FA_SECRET_FOR_FILE, NULL));
    for (size_t i = 0; i < G_N_ELEMENTS(seen); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_null(fa_secrets_get(fixture->secrets, "login", seen[i], &error));
        g_assert_error(error, FA_ERROR, FA_ERROR_REFUSED);
        g_assert_null(strstr(error->message, value));
    }
    g_autofree char *text = g_strconcat("password=", value, ";", NULL);
    g_assert_true(fa_secrets_is_in(fixture->secrets, text, strlen(text)));
    g_assert_false(fa_secrets_is_in(fixture->secrets, text, strlen(text) - 2));
    g_autofree char *reference = fa_secrets_reference("login");
    g_assert_cmpstr(reference, ==, "secret:login");
}

static void
assert_refused(Fixture *fixture, const char *name, FaErrorCode code)
{
    g_autoptr(GError) error = NULL;
    g_assert_null(fa_secrets_get(fixture->secrets, name, FA_SECRET_FOR_FILE, &error));
    g_assert_error(error, FA_ERROR, (int)code);
}

static void
test_refusals(Fixture *fixture, gconstpointer data)
{
    assert_refused(fixture, "missing", FA_ERROR_NOT_FOUND);
    assert_refused(fixture, "../up", FA_ERROR_CONFIG);
    g_assert_true(fa_fs_write("var/secrets/open", "x", 1, 0640, FA_WRITE_NONE, NULL));
    assert_refused(fixture, "open", FA_ERROR_DENIED);
    g_assert_true(fa_fs_write("var/secrets/empty", "\n", 1, 0600, FA_WRITE_NONE, NULL));
    assert_refused(fixture, "empty", FA_ERROR_FAILED);
    g_assert_true(fa_fs_write("var/secrets/zero", "a\0b", 3, 0600, FA_WRITE_NONE, NULL));
    assert_refused(fixture, "zero", FA_ERROR_FAILED);
    g_assert_true(fa_fs_write("elsewhere", "x", 1, 0600, FA_WRITE_NONE, NULL));
    g_assert_cmpint(symlink("../../elsewhere", "var/secrets/link"), ==, 0);
    g_assert_null(fa_secrets_get(fixture->secrets, "link", FA_SECRET_FOR_FILE, NULL));

    g_autoptr(GError) error = NULL;
    g_assert_cmpint(chmod("var/secrets", 0755), ==, 0);
    g_assert_null(fa_secrets_open("var/secrets", &error));
    g_assert_error(error, FA_ERROR, FA_ERROR_DENIED);
}

static void
test_admin(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *one = fa_secrets_ensure_admin(fixture->secrets, "var/admin.txt", &error);
    g_assert_no_error(error);
    g_assert_true(g_ascii_isalnum(one[0]));
    g_assert_cmpuint(mode_of("var/admin.txt"), ==, 0600);
    g_autofree char *two = fa_secrets_ensure_admin(fixture->secrets, "var/admin.txt", &error);
    g_assert_cmpstr(one, ==, two);
    g_assert_true(fa_secrets_is_in(fixture->secrets, one, strlen(one)));

    static const char *const wrong[] = {"admin:", "admin:-x", "admin:x$", "root:x", "admin:x\ny"};
    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autoptr(GError) refused = NULL;
        g_assert_true(
            fa_fs_write("bad.txt", wrong[i], strlen(wrong[i]), 0600, FA_WRITE_NONE, NULL));
        g_assert_null(fa_secrets_ensure_admin(fixture->secrets, "bad.txt", &refused));
        g_assert_error(refused, FA_ERROR, FA_ERROR_CONFIG);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(name, function) g_test_add("/secrets/" name, Fixture, NULL, set_up, function, tear_down)
    ADD("a-secret-is-made-once-and-for-its-owner-only", test_once);
    ADD("a-secret-is-not-given-to-what-others-see", test_uses);
    ADD("a-file-that-others-may-read-is-refused", test_refusals);
    ADD("the-administrator-gets-a-password-that-nothing-chokes-on", test_admin);
    return g_test_run();
}
