#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/error.h"
#include "source/backend.h"
#include "sys/fd.h"
#include "sys/fs.h"
#include "sys/lock.h"
#include "sys/spawn.h"

#define HASH_BUFFER    (256 * 1024)
#define DOWNLOAD_MAX   "4294967296"
#define SHORT_HEX      12
#define UNPACK_REFUSED 3 /* what fassembler-unpack ends with */

static bool
check(FaSource *source, GError **error)
{
    static const char *const schemes[] = {"file", "http", "https", NULL};
    g_autofree char *scheme = fa_source_scheme(source->where);
    FaDigest digest;

    if (!source->is_local && (scheme == NULL || !g_strv_contains(schemes, scheme)))
        return fa_fail(error, FA_ERROR_CONFIG,
                       "'%s' is not a URL of an archive\nhelp: use https, http, file or a path",
                       source->shown);
    if (source->spec.sha256 == NULL)
        return fa_fail(error, FA_ERROR_CONFIG,
                       "archive '%s' has no digest\nhelp: add 'sha256:' with what `sha256sum` says "
                       "of a copy that you trust",
                       source->shown);
    if (!fa_digest_from_hex(source->spec.sha256, &digest))
        return fa_fail(error, FA_ERROR_CONFIG, "the sha256 of '%s' is not 64 digits in hex",
                       source->shown);

    g_free(source->spec.sha256);
    source->spec.sha256 = fa_digest_to_string(&digest);
    return true;
}

static bool
resolve(FaSource *source, const char *wanted, bool offline, FaCancel *cancel, char **ret_revision,
        GError **error)
{
    if (wanted != NULL && g_ascii_strcasecmp(wanted, source->spec.sha256) != 0)
        return fa_fail(error, FA_ERROR_CONFIG,
                       "archive '%s' is pinned to sha256 '%s', not to '%s'\nhelp: change 'sha256' "
                       "in the recipe",
                       source->shown, source->spec.sha256, wanted);

    *ret_revision = g_strdup(source->spec.sha256);
    return true;
}

static bool
hash_file(const char *path, FaCancel *cancel, char **ret_hex, GError **error)
{
    g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
    g_autofree guchar *buffer = g_malloc(HASH_BUFFER);
    fa_autofd int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return fa_fail_errno(error, errno, "cannot open '%s'", path);

    for (;;) {
        ssize_t got = read(fd, buffer, HASH_BUFFER);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fa_fail_errno(error, errno, "cannot read '%s'", path);
        if (got == 0)
            break;
        if (!fa_cancel_check(cancel, error))
            return false;
        g_checksum_update(checksum, buffer, got);
    }
    *ret_hex = g_strdup(g_checksum_get_string(checksum));
    return true;
}

static char *
quote_for_curl(const char *text)
{
    GString *quoted = g_string_new("\"");
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            g_string_append_c(quoted, '\\');
        g_string_append_c(quoted, *text);
    }
    g_string_append_c(quoted, '"');
    return g_string_free(quoted, FALSE);
}

/* The URL goes by standard input: others see the arguments of a process. */
static bool
download(FaSource *source, const char *path, FaCancel *cancel, int log_fd, GError **error)
{
    const char *const argv[] = {"curl",
                                "--disable",
                                "--fail",
                                "--silent",
                                "--show-error",
                                "--location",
                                "--globoff",
                                "--proto",
                                "=http,https,file",
                                "--proto-redir",
                                "=http,https",
                                "--max-filesize",
                                DOWNLOAD_MAX,
                                "--connect-timeout",
                                "30",
                                "--speed-limit",
                                "1",
                                "--speed-time",
                                "60",
                                "--output",
                                path,
                                "--config",
                                "-",
                                NULL};
    g_autofree char *escaped = quote_for_curl(source->where);
    g_autofree char *input = g_strdup_printf("url = %s\n", escaped);
    const FaProgram program = {.argv = argv, .input = input, .cancel = cancel, .log_fd = log_fd};
    g_autofree char *message = NULL;
    int status = 0;

    if (!fa_program_run(source, &program, &status, NULL, &message, error))
        return false;
    return status == 0 || fa_program_fail(source, "download", message, error);
}

static bool
copy_local(FaSource *source, const char *path, GError **error)
{
    struct stat status;

    if (stat(source->where, &status) != 0)
        return fa_fail_errno(error, errno, "cannot read archive '%s'", source->shown);
    if (!S_ISREG(status.st_mode))
        return fa_fail(error, FA_ERROR_CONFIG, "archive '%s' is not a regular file", source->shown);
    return fa_fs_copy_file(source->where, path, error);
}

/* Gets the archive under a name of its own; only what has the right digest gets the name that others look for. */
static bool
get_archive(FaSource *source, const char *directory, const char *cached, FaCancel *cancel,
            int log_fd, GError **error)
{
    g_autofree char *hex = NULL, *path = g_build_filename(directory, "archive", NULL);

    if (source->is_local ? !copy_local(source, path, error)
                         : !download(source, path, cancel, log_fd, error))
        return false;
    if (!hash_file(path, cancel, &hex, error))
        return false;
    if (!g_str_equal(hex, source->spec.sha256))
        return fa_fail(error, FA_ERROR_FAILED,
                       "archive '%s' has sha256 '%s', not '%s'\nhelp: it was changed or cut short; "
                       "put the new digest in the recipe only if you trust it",
                       source->shown, hex, source->spec.sha256);
    if (rename(path, cached) != 0)
        return fa_fail_errno(error, errno, "cannot make '%s'", cached);
    return true;
}

/* A cached archive that rotted is got again. */
static bool
is_cached(const char *cached, const char *wanted, FaCancel *cancel)
{
    g_autofree char *hex = NULL;
    return fa_fs_exists(cached) && hash_file(cached, cancel, &hex, NULL) &&
           g_str_equal(hex, wanted);
}

static bool
ensure_cached(FaSource *source, FaCancel *cancel, int log_fd, char **ret_path, GError **error)
{
    g_autofree char *parent = g_build_filename(source->home, "src", ".archives", NULL);
    g_autofree char *cached = g_build_filename(parent, source->spec.sha256, NULL);
    g_autofree char *lock_path = g_strconcat(cached, ".lock", NULL);
    g_autofree char *purpose = g_strdup_printf("fetching %s", source->shown);

    if (!fa_fs_make_directory(parent, 0700, error))
        return false;
    g_autoptr(FaLock) lock =
        fa_lock_take(lock_path, FA_LOCK_EXCLUSIVE, purpose, -1, NULL, NULL, cancel, error);
    if (lock == NULL || !fa_source_remove_temporaries(cached, error))
        return false;
    if (!is_cached(cached, source->spec.sha256, cancel)) {
        g_autofree char *temporary = fa_source_make_temporary(cached, error);
        bool is_got =
            temporary != NULL && get_archive(source, temporary, cached, cancel, log_fd, error);
        if (temporary != NULL)
            fa_fs_remove_tree(temporary, NULL);
        if (!is_got)
            return false;
    }
    *ret_path = g_steal_pointer(&cached);
    return true;
}

static bool
fetch(FaSource *source, const char *revision, const char *target, FaCancel *cancel, int log_fd,
      GError **error)
{
    g_autofree char *checked = NULL, *path = NULL, *message = NULL;
    int status = 0;

    if (!resolve(source, revision, true, cancel, &checked, error) ||
        !ensure_cached(source, cancel, log_fd, &path, error) ||
        !fa_fs_make_directory(target, 0755, error))
        return false;
    g_autofree char *unpacker = fa_spawn_find_helper("fassembler-unpack", error);
    if (unpacker == NULL)
        return false;

    g_autofree char *strip = g_strdup_printf("%u", source->spec.strip);
    const char *const argv[] = {unpacker, path, strip, NULL};
    const FaProgram program = {
        .argv = argv, .directory = target, .cancel = cancel, .log_fd = log_fd};
    if (!fa_program_run(source, &program, &status, NULL, &message, error))
        return false;
    if (status == 0)
        return true;
    return fa_fail(error, status == UNPACK_REFUSED ? FA_ERROR_REFUSED : FA_ERROR_FAILED,
                   "cannot unpack '%s': %s%s", source->shown, g_strchomp(message),
                   status == UNPACK_REFUSED
                       ? "\nhelp: nothing of it was kept; get the archive from those who made it"
                       : "");
}

static bool
describe(FaSource *source, const char *revision, char **ret_version, FaTime *ret_committed,
         GError **error)
{
    *ret_version = g_strndup(revision, SHORT_HEX);
    *ret_committed = 0;
    return true;
}

const FaSourceBackend fa_source_archive = {
    .check = check,
    .resolve = resolve,
    .fetch = fetch,
    .describe = describe,
};
