#include "site/secrets.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/text.h"
#include "sys/fd.h"
#include "sys/fs.h"
#include "sys/entropy.h"

#define ADMIN_USER     "admin:"
#define ADMIN_PASSWORD 20

struct FaSecrets {
    char *directory;
    GHashTable *values; /* name -> value */
};

static void
forget(gpointer value)
{
    explicit_bzero(value, strlen(value));
    g_free(value);
}

/* Ours alone: nobody else may read, write or replace it. */
static bool
check_status(const char *path, const struct stat *status, GError **error)
{
    if (status->st_uid != geteuid())
        return fa_fail(error, FA_ERROR_DENIED,
                       "'%s' belongs to another user\nhelp: run this as its owner", path);
    if ((status->st_mode & 077) != 0)
        return fa_fail(error, FA_ERROR_DENIED,
                       "'%s' holds secrets but is open to others (mode %03o)\n"
                       "help: chmod go= '%s', and change the secret if others may have read it",
                       path, status->st_mode & 0777, path);
    return true;
}

FaSecrets *
fa_secrets_open(const char *directory, GError **error)
{
    struct stat status;

    if (!fa_fs_make_directory(directory, 0700, error))
        return NULL;
    if (lstat(directory, &status) < 0) {
        fa_fail_errno(error, errno, "cannot look at '%s'", directory);
        return NULL;
    }
    if (!S_ISDIR(status.st_mode)) {
        fa_fail(error, FA_ERROR_DENIED, "'%s' is not a directory", directory);
        return NULL;
    }
    if (!check_status(directory, &status, error))
        return NULL;

    FaSecrets *secrets = g_new0(FaSecrets, 1);
    secrets->directory = g_strdup(directory);
    secrets->values = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, forget);
    return secrets;
}

void
fa_secrets_free(FaSecrets *secrets)
{
    if (secrets == NULL)
        return;
    g_free(secrets->directory);
    g_hash_table_unref(secrets->values);
    g_free(secrets);
}

/* The descriptor is what is checked and what is read: the file cannot be exchanged in between. */
static char *
read_private(const char *path, GError **error)
{
    fa_autofd int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    char buffer[FA_SECRETS_LENGTH_MAX + 1];
    size_t length = 0;
    struct stat status;
    ssize_t got;

    if (fd < 0 || fstat(fd, &status) < 0) {
        fa_fail_errno(error, errno, "cannot read '%s'", path);
        return NULL;
    }
    if (!S_ISREG(status.st_mode)) {
        fa_fail(error, FA_ERROR_DENIED, "'%s' is not a regular file", path);
        return NULL;
    }
    if (!check_status(path, &status, error))
        return NULL;
    while ((got = read(fd, buffer + length, sizeof(buffer) - length)) > 0)
        length += (size_t)got;
    char *text = g_strndup(buffer, length);
    explicit_bzero(buffer, sizeof(buffer));
    if (got < 0)
        fa_fail_errno(error, errno, "cannot read '%s'", path);
    else if (length > FA_SECRETS_LENGTH_MAX)
        fa_fail(error, FA_ERROR_FAILED, "'%s' is longer than %d bytes", path,
                FA_SECRETS_LENGTH_MAX);
    else if (strlen(text) != length)
        fa_fail(error, FA_ERROR_FAILED, "'%s' holds a zero byte", path);
    else
        return text;
    forget(text);
    return NULL;
}

static char *
path_of(const FaSecrets *secrets, const char *name, GError **error)
{
    if (!fa_text_is_name(name)) {
        g_autofree char *shown = fa_text_sanitize(name, strlen(name));
        fa_fail(error, FA_ERROR_CONFIG, "'%s' is no name of a secret", shown);
        return NULL;
    }
    return g_build_filename(secrets->directory, name, NULL);
}

/* Keeps what is in the file under @name: a newline that an editor put at the end is no part of it. */
static bool
load(FaSecrets *secrets, const char *name, const char *path, GError **error)
{
    char *value = read_private(path, error);

    if (value == NULL)
        return false;
    g_strchomp(value);
    if (value[0] == '\0') {
        forget(value);
        return fa_fail(error, FA_ERROR_FAILED,
                       "the secret '%s' is empty\nhelp: remove '%s' to have a new one made", name,
                       path);
    }
    g_hash_table_replace(secrets->values, g_strdup(name), value);
    return true;
}

static bool
write_once(const char *path, const char *text, GError **error)
{
    g_autoptr(GError) problem = NULL;

    if (fa_fs_write(path, text, strlen(text), 0600, FA_WRITE_SYNC | FA_WRITE_EXCLUSIVE, &problem) ||
        fa_error_is(problem, FA_ERROR_CONFLICT))
        return true;
    g_propagate_error(error, g_steal_pointer(&problem));
    return false;
}

bool
fa_secrets_ensure(FaSecrets *secrets, const char *name, GError **error)
{
    g_autofree char *path = path_of(secrets, name, error);

    if (path == NULL)
        return false;
    if (g_hash_table_contains(secrets->values, name))
        return true;
    if (!fa_fs_exists(path)) {
        char *value = fa_entropy_alphanumeric(FA_SECRETS_LENGTH, error);
        if (value == NULL)
            return false;
        bool written = write_once(path, value, error);
        forget(value);
        if (!written)
            return false;
    }
    return load(secrets, name, path, error);
}

const char *
fa_secrets_get(FaSecrets *secrets, const char *name, FaSecretUse use, GError **error)
{
    if (use != FA_SECRET_FOR_FILE && use != FA_SECRET_FOR_INPUT) {
        fa_fail(error, FA_ERROR_REFUSED,
                "the secret '%s' is given only to files and programs that nobody else can read",
                name);
        return NULL;
    }
    const char *value = g_hash_table_lookup(secrets->values, name);
    if (value != NULL)
        return value;

    g_autofree char *path = path_of(secrets, name, error);
    if (path == NULL || !load(secrets, name, path, error))
        return NULL;
    return g_hash_table_lookup(secrets->values, name);
}

void
fa_secrets_fill(const FaSecrets *secrets, FaScope *scope)
{
    GHashTableIter iter;
    gpointer name, value;

    g_hash_table_iter_init(&iter, secrets->values);
    while (g_hash_table_iter_next(&iter, &name, &value)) {
        g_autofree char *full = g_strconcat("secret.", name, NULL);
        fa_scope_set(scope, full, value);
    }
}

char *
fa_secrets_reference(const char *name)
{
    return g_strconcat("secret:", name, NULL);
}

bool
fa_secrets_is_in(const FaSecrets *secrets, const char *text, size_t length)
{
    GHashTableIter iter;
    gpointer value;

    g_hash_table_iter_init(&iter, secrets->values);
    while (g_hash_table_iter_next(&iter, NULL, &value))
        if (memmem(text, length, value, strlen(value)) != NULL)
            return true;
    return false;
}

char *
fa_secrets_ensure_admin(FaSecrets *secrets, const char *path, GError **error)
{
    if (!fa_fs_exists(path)) {
        g_autofree char *password = fa_entropy_alphanumeric(ADMIN_PASSWORD, error);
        if (password == NULL)
            return NULL;
        g_autofree char *line = g_strconcat(ADMIN_USER, password, "\n", NULL);
        if (!write_once(path, line, error))
            return NULL;
    }
    g_autofree char *text = read_private(path, error);
    if (text == NULL)
        return NULL;
    g_strchomp(text);
    const char *password = text + strlen(ADMIN_USER);
    /* Shells and configuration files choke on a password that begins with punctuation or ends with a dollar. */
    if (!g_str_has_prefix(text, ADMIN_USER) || strpbrk(text, "\r\n") != NULL ||
        !g_ascii_isalnum(password[0]) || g_str_has_suffix(password, "$")) {
        fa_fail(
            error, FA_ERROR_CONFIG,
            "'%s' is not one line 'admin:PASSWORD' whose password begins with a letter or digit "
            "and does not end with '$'",
            path);
        return NULL;
    }
    g_hash_table_replace(secrets->values, g_strdup("admin"), g_strdup(password));
    return g_strdup(password);
}
