#include "site/database.h"

#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "sys/spawn.h"

#define CLIENT_PATH    "/usr/local/bin:/usr/bin:/bin"
#define CLIENT_SECONDS 60
#define NAME_MAX_BYTES 63 /* of PostgreSQL; MariaDB has 64 */

typedef struct Kind {
    const char *client;
    const char *administrator;
    const char *unreachable; /* in what the client says when nobody listens */
    const char *denied;
} Kind;

static const Kind kinds[] = {
    [FA_DATABASE_MARIADB] = {"mariadb", "root", "Can't connect", "Access denied"},
    [FA_DATABASE_POSTGRESQL] = {"psql", "postgres", "could not connect", "authentication failed"},
};

/* No quoting is needed for what these hold. */
static bool
check_word(const char *word, const char *what, size_t max, GError **error)
{
    size_t length = strlen(word);
    bool is_word = length > 0 && length <= max;
    for (size_t i = 0; i < length && is_word; i++)
        is_word = g_ascii_isalnum(word[i]) || word[i] == '_';
    return is_word ||
           fa_fail(error, FA_ERROR_CONFIG,
                   "this is no %s of a database: it may hold letters, digits and '_', and "
                   "at most %zu of them",
                   what, max);
}

static char *
make_mariadb(const FaDatabaseRequest *request)
{
    return g_strdup_printf("CREATE DATABASE IF NOT EXISTS `%s` CHARACTER SET utf8mb4;\n"
                           "CREATE USER IF NOT EXISTS '%s'@'localhost';\n"
                           "ALTER USER '%s'@'localhost' IDENTIFIED BY '%s';\n"
                           "GRANT ALL ON `%s`.* TO '%s'@'localhost';\n",
                           request->name, request->user, request->user, request->password,
                           request->name, request->user);
}

static char *
make_postgresql(const FaDatabaseRequest *request)
{
    return g_strdup_printf(
        "SELECT 'CREATE ROLE \"%s\"' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '%s') "
        "\\gexec\n"
        "ALTER ROLE \"%s\" LOGIN PASSWORD '%s';\n"
        "SELECT 'CREATE DATABASE \"%s\" OWNER \"%s\" ENCODING ''UTF8'' TEMPLATE template0' WHERE "
        "NOT "
        "EXISTS (SELECT FROM pg_database WHERE datname = '%s') \\gexec\n"
        "GRANT ALL ON DATABASE \"%s\" TO \"%s\";\n",
        request->user, request->user, request->user, request->password, request->name,
        request->user, request->name, request->name, request->user);
}

char *
fa_database_make_script(const FaDatabaseRequest *request, GError **error)
{
    if (!check_word(request->name, "name", NAME_MAX_BYTES, error) ||
        !check_word(request->user, "user", NAME_MAX_BYTES, error) ||
        !check_word(request->password, "password", 1024, error)) {
        g_prefix_error(error, "database '%s': ", request->name);
        return NULL;
    }
    switch (request->kind) {
    case FA_DATABASE_MARIADB:
        return make_mariadb(request);
    case FA_DATABASE_POSTGRESQL:
        return make_postgresql(request);
    }
    g_assert_not_reached();
}

static bool
fail_client(const FaDatabaseRequest *request, const FaSpawnResult *result, GError **error)
{
    const Kind *kind = &kinds[request->kind];
    g_autofree char *said = fa_text_sanitize(result->error_output, strlen(result->error_output));
    g_strchomp(said);

    if (strstr(said, kind->unreachable) != NULL || strstr(said, "No such file") != NULL)
        return fa_fail(error, FA_ERROR_UNREACHABLE,
                       "cannot make the database '%s': '%s' does not answer at '%s'\nhelp: look at "
                       "its state and log with 'fassembler status' and 'fassembler logs'",
                       request->name, request->server, request->socket);
    if (strstr(said, kind->denied) != NULL)
        return fa_fail(
            error, FA_ERROR_DENIED,
            "cannot make the database '%s': '%s' does not let '%s' in without a password\n"
            "help: give that administrator the rights of its socket's owner again",
            request->name, request->server, kind->administrator);
    return fa_fail(error, FA_ERROR_FAILED, "cannot make the database '%s' on '%s': %s",
                   request->name, request->server, said);
}

bool
fa_database_ensure(const FaDatabaseRequest *request, GError **error)
{
    const Kind *kind = &kinds[request->kind];
    g_autofree char *script = fa_database_make_script(request, error);
    g_autofree char *program = fa_spawn_find(kind->client, CLIENT_PATH);
    if (script == NULL)
        return false;
    if (program == NULL)
        return fa_fail(error, FA_ERROR_NOT_FOUND, "no program '%s', which makes databases",
                       kind->client);

    g_autofree char *socket = g_strconcat("--socket=", request->socket, NULL);
    const char *const mariadb[] = {program,       "--no-defaults", socket,
                                   "--user=root", "--batch",       NULL};
    const char *const psql[] = {program,
                                "--no-psqlrc",
                                "--quiet",
                                "--set=ON_ERROR_STOP=1",
                                "--host",
                                request->socket,
                                "--username=postgres",
                                "--dbname=postgres",
                                NULL};
    const char *const variables[] = {"PATH=" CLIENT_PATH, "LC_ALL=C.UTF-8", "HOME=/nonexistent",
                                     NULL};
    FaSpawn spawn = {
        .argv = request->kind == FA_DATABASE_MARIADB ? mariadb : psql,
        .environment = variables,
        .input = script,
        .input_length = strlen(script),
        .timeout = CLIENT_SECONDS,
        .cancel = request->cancel,
    };
    g_auto(FaSpawnResult) result = {0};
    if (!fa_spawn_run(&spawn, &result, error))
        return false;
    return result.status == 0 || fail_client(request, &result, error);
}
