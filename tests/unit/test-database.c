/* What a database client is told; that it works is for tests/e2e. */
#include <string.h>

#include "base/error.h"
#include "site/database.h"

static const FaDatabaseRequest good = {
    .kind = FA_DATABASE_MARIADB,
    .server = "mariadb",
    .socket = "/nonexistent/socket",
    .name = "wordpress",
    .user = "wp",
    .password = "s3cret",
};

static void
test_scripts(void)
{
    FaDatabaseRequest request = good;
    g_autoptr(GError) error = NULL;
    g_autofree char *mariadb = fa_database_make_script(&request, &error);
    request.kind = FA_DATABASE_POSTGRESQL;
    g_autofree char *postgresql = fa_database_make_script(&request, &error);

    g_assert_no_error(error);
    g_assert_nonnull(strstr(mariadb, "CREATE DATABASE IF NOT EXISTS `wordpress`"));
    g_assert_nonnull(strstr(mariadb, "IDENTIFIED BY 's3cret'"));
    g_assert_nonnull(strstr(postgresql, "OWNER \"wp\""));
    g_assert_nonnull(strstr(postgresql, "PASSWORD 's3cret'"));
    g_assert_null(strstr(mariadb, "DROP"));
    g_assert_null(strstr(postgresql, "DROP"));
}

static void
test_words(void)
{
    const char *const bad[] = {"", "a b", "a'b", "a`b", "a\"b", "a;b", "a-b", "a\nb", "\xc3\xa9"};
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        FaDatabaseRequest requests[] = {good, good, good};
        requests[0].name = bad[i];
        requests[1].user = bad[i];
        requests[2].password = bad[i];
        for (size_t k = 0; k < G_N_ELEMENTS(requests); k++) {
            g_autoptr(GError) error = NULL;
            g_assert_null(fa_database_make_script(&requests[k], &error));
            g_assert_true(fa_error_is(error, FA_ERROR_CONFIG));
        }
    }
}

static void
test_nobody(void)
{
    g_autofree char *client = g_find_program_in_path("mariadb");
    g_autoptr(GError) error = NULL;
    g_assert_false(fa_database_ensure(&good, &error));
    g_assert_true(fa_error_is(error, client != NULL ? FA_ERROR_UNREACHABLE : FA_ERROR_NOT_FOUND));
    g_assert_null(strstr(error->message, good.password));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/database/each-kind-has-its-script", test_scripts);
    g_test_add_func("/database/what-would-need-quotes-is-refused", test_words);
    g_test_add_func("/database/a-server-that-is-not-there-is-told", test_nobody);
    return g_test_run();
}
