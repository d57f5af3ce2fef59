#include "source/source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/text.h"
#include "source/backend.h"
#include "sys/fs.h"

static const FaSourceBackend *
find_backend(FaSourceKind kind)
{
    switch (kind) {
    case FA_SOURCE_GIT:
        return &fa_source_git;
    case FA_SOURCE_SVN:
        return &fa_source_svn;
    case FA_SOURCE_ARCHIVE:
        return &fa_source_archive;
    case FA_SOURCE_DIRECTORY:
        return &fa_source_directory;
    case FA_SOURCE_NONE:
        return NULL;
    }
    return NULL;
}

char *
fa_source_scheme(const char *location)
{
    const char *end = strstr(location, "://");
    if (end == NULL || end == location || memchr(location, '/', (size_t)(end - location)) != NULL)
        return NULL;

    g_autofree char *scheme = g_strndup(location, (gsize)(end - location));
    return g_ascii_strdown(scheme, -1);
}

/* "host:path" as ssh and git take it: a colon before the first slash. */
static bool
is_remote(const char *location)
{
    size_t head = strcspn(location, ":/");
    return location[head] == ':';
}

static void
add_secret(GPtrArray *secrets, const char *text)
{
    if (text == NULL || *text == '\0')
        return;

    g_ptr_array_add(secrets, g_strdup(text));
    char *decoded = g_uri_unescape_string(text, NULL);
    if (decoded != NULL && strcmp(decoded, text) != 0)
        g_ptr_array_add(secrets, decoded);
    else
        g_free(decoded);
}

/* Takes the user, the password and the query out of a URL; a user alone stays where ssh wants it. */
static void
hide_credentials(FaSource *source)
{
    g_autoptr(GPtrArray) secrets = g_ptr_array_new();
    g_autofree char *scheme = fa_source_scheme(source->where);
    if (scheme == NULL) {
        source->shown = fa_text_sanitize(source->where, strlen(source->where));
        return;
    }

    const char *authority = source->where + strlen(scheme) + 3;
    g_autofree char *host = g_strndup(authority, strcspn(authority, "/?#"));
    const char *rest = authority + strlen(host);
    g_autofree char *path = g_strndup(rest, strcspn(rest, "?#"));
    char *at = strrchr(host, '@');
    const char *user = "";
    if (at != NULL) {
        *at = '\0';
        char *colon = strchr(host, ':');
        bool is_user_alone = colon == NULL && strstr(scheme, "ssh") != NULL;
        if (!is_user_alone)
            add_secret(secrets, host);
        if (colon != NULL)
            add_secret(secrets, colon + 1);
        user = is_user_alone ? host : "";
    }
    add_secret(secrets, rest[strlen(path)] != '\0' ? rest + strlen(path) + 1 : NULL);
    g_autofree char *text = g_strconcat(scheme, "://", user, *user != '\0' ? "@" : "",
                                        at != NULL ? at + 1 : host, path, NULL);
    source->shown = fa_text_sanitize(text, strlen(text));
    g_ptr_array_add(secrets, NULL);
    source->secrets = (GStrv)g_ptr_array_steal(secrets, NULL);
}

static bool
check_word(const FaSource *source, const char *what, const char *word, GError **error)
{
    if (word == NULL)
        return true;
    if (*word == '\0' || *word == '-')
        return fa_fail(error, FA_ERROR_CONFIG, "the %s '%s' of '%s' is empty or begins with '-'",
                       what, word, source->shown);
    for (const char *c = word; *c != '\0'; c++)
        if ((unsigned char)*c < ' ' || *c == 127)
            return fa_fail(error, FA_ERROR_CONFIG, "the %s of '%s' has control characters", what,
                           source->shown);
    return true;
}

static bool
check_spec(FaSource *source, GError **error)
{
    const FaSourceSpec *spec = &source->spec;

    if (!check_word(source, "location", spec->location, error) ||
        !check_word(source, "trunk", spec->trunk, error) ||
        !check_word(source, "revision", spec->revision, error))
        return false;
    if (spec->subdirectory != NULL && !fa_text_is_relative_path(spec->subdirectory))
        return fa_fail(error, FA_ERROR_CONFIG,
                       "the subdirectory '%s' of '%s' is not a path below it", spec->subdirectory,
                       source->shown);
    return source->backend->check(source, error);
}

static void
copy_spec(FaSource *source, const FaSourceSpec *spec, const char *product_directory)
{
    source->spec = *spec;
    source->spec.location = g_strdup(spec->location);
    source->spec.trunk = g_strdup(spec->trunk);
    source->spec.releases = g_strdup(spec->releases);
    source->spec.revision = g_strdup(spec->revision);
    source->spec.sha256 = g_strdup(spec->sha256);
    source->spec.subdirectory = g_strdup(spec->subdirectory);
    source->is_local = !is_remote(spec->location);
    if (!source->is_local) {
        source->where = g_strdup(spec->location);
        return;
    }
    g_autofree char *path = g_path_is_absolute(spec->location)
                                ? g_strdup(spec->location)
                                : g_build_filename(product_directory, spec->location, NULL);
    source->where = fa_fs_absolute(path);
}

FaSource *
fa_source_open(const FaSourceSpec *spec, const char *product_directory, const char *home,
               GError **error)
{
    const FaSourceBackend *backend = find_backend(spec->kind);
    if (backend == NULL || spec->location == NULL) {
        fa_fail(error, FA_ERROR_CONFIG, "a component without source has nothing to fetch");
        return NULL;
    }

    g_autoptr(FaSource) source = g_new0(FaSource, 1);
    source->backend = backend;
    source->home = fa_fs_absolute(home);
    copy_spec(source, spec, product_directory);
    hide_credentials(source);
    return check_spec(source, error) ? g_steal_pointer(&source) : NULL;
}

void
fa_source_free(FaSource *source)
{
    if (source == NULL)
        return;

    g_free(source->spec.location);
    g_free(source->spec.trunk);
    g_free(source->spec.releases);
    g_free(source->spec.revision);
    g_free(source->spec.sha256);
    g_free(source->spec.subdirectory);
    g_free(source->where);
    g_free(source->shown);
    g_strfreev(source->secrets);
    g_free(source->home);
    g_free(source);
}

const char *
fa_source_get_location(const FaSource *source)
{
    return source->shown;
}

bool
fa_source_resolve(FaSource *source, const char *wanted, bool offline, FaCancel *cancel,
                  char **ret_revision, GError **error)
{
    if (!check_word(source, "revision", wanted, error) || !fa_cancel_check(cancel, error))
        return false;

    const char *revision = wanted != NULL ? wanted : source->spec.revision;
    return source->backend->resolve(source, revision, offline, cancel, ret_revision, error);
}

/* The part of @tree that is the source; no part of the way there may be a symlink. */
static char *
find_part(const FaSource *source, const char *tree, GError **error)
{
    g_auto(GStrv) parts =
        g_strsplit(source->spec.subdirectory != NULL ? source->spec.subdirectory : "", "/", -1);
    g_autofree char *path = g_strdup(tree);

    for (char **part = parts; *part != NULL; part++) {
        char *next = g_build_filename(path, *part, NULL);
        struct stat status;
        g_free(path);
        path = next;
        if (lstat(path, &status) == 0 && S_ISDIR(status.st_mode))
            continue;
        fa_fail(error, FA_ERROR_NOT_FOUND, "'%s' has no directory '%s'\nhelp: check 'subdirectory'",
                source->shown, source->spec.subdirectory);
        return NULL;
    }
    return g_steal_pointer(&path);
}

/* Runs @make on a name beside @target and moves what it made, or a part of it, there. */
typedef bool (*MakeFunc)(FaSource *source, const char *word, const char *target, FaCancel *cancel,
                         int log_fd, GError **error);

static bool
move_part(const FaSource *source, const char *tree, const char *target, bool is_part,
          GError **error)
{
    g_autofree char *part = is_part ? find_part(source, tree, error) : g_strdup(tree);
    if (part == NULL)
        return false;
    if (renameat2(AT_FDCWD, part, AT_FDCWD, target, RENAME_NOREPLACE) == 0)
        return true;
    if (errno == EEXIST)
        return fa_fail(error, FA_ERROR_CONFLICT, "'%s' exists already", target);
    return fa_fail_errno(error, errno, "cannot make '%s'", target);
}

static bool
make_whole(FaSource *source, MakeFunc make, const char *word, const char *target, bool is_part,
           FaCancel *cancel, int log_fd, GError **error)
{
    if (!check_word(source, "revision", word, error) || !fa_cancel_check(cancel, error))
        return false;
    if (fa_fs_exists(target))
        return fa_fail(error, FA_ERROR_CONFLICT, "'%s' exists already", target);

    g_autofree char *parent = g_path_get_dirname(target);
    if (!fa_fs_make_directory(parent, 0755, error))
        return false;
    g_autofree char *temporary = fa_fs_make_temporary(parent, ".fetch-", error);
    if (temporary == NULL)
        return false;

    g_autofree char *tree = g_build_filename(temporary, "tree", NULL);
    bool is_made = make(source, word, tree, cancel, log_fd, error) &&
                   move_part(source, tree, target, is_part, error);
    /* The first failure is the one to tell. */
    return fa_fs_remove_tree(temporary, is_made ? error : NULL) && is_made;
}

static bool
fetch_tree(FaSource *source, const char *word, const char *target, FaCancel *cancel, int log_fd,
           GError **error)
{
    return source->backend->fetch(source, word, target, cancel, log_fd, error);
}

static bool
clone_tree(FaSource *source, const char *word, const char *target, FaCancel *cancel, int log_fd,
           GError **error)
{
    return source->backend->clone(source, word, target, cancel, error);
}

bool
fa_source_fetch(FaSource *source, const char *revision, const char *target, FaCancel *cancel,
                int log_fd, GError **error)
{
    return make_whole(source, fetch_tree, revision, target, source->spec.subdirectory != NULL,
                      cancel, log_fd, error);
}

const char *
fa_source_local_directory(const FaSource *source)
{
    return source->spec.kind == FA_SOURCE_DIRECTORY ? source->where : NULL;
}

bool
fa_source_clone_for_work(FaSource *source, const char *branch, const char *target, FaCancel *cancel,
                         GError **error)
{
    if (source->backend->clone == NULL)
        return fa_fail(error, FA_ERROR_REFUSED, "'%s' has no history to work on\nhelp: %s",
                       source->shown,
                       source->spec.kind == FA_SOURCE_DIRECTORY
                           ? "it is a directory: edit it in place"
                           : "unpack it, and use 'directory' as its source");
    const char *wanted = branch != NULL ? branch : source->spec.trunk;
    return make_whole(source, clone_tree, wanted, target, false, cancel, -1, error);
}

bool
fa_source_describe(FaSource *source, const char *revision, char **ret_version,
                   FaTime *ret_committed, GError **error)
{
    return check_word(source, "revision", revision, error) &&
           source->backend->describe(source, revision, ret_version, ret_committed, error);
}
