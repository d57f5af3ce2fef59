#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "source/svn-private.h"

static bool
check(FaSource *source, GError **error)
{
    static const char *const schemes[] = {"file", "http", "https", "svn", "svn+ssh", NULL};

    if (source->is_local) {
        g_autofree char *path = g_steal_pointer(&source->where);
        source->where = g_filename_to_uri(path, NULL, error);
        if (source->where == NULL)
            return false;
        source->is_local = false;
    }
    g_autofree char *scheme = fa_source_scheme(source->where);
    if (scheme == NULL || !g_strv_contains(schemes, scheme))
        return fa_fail(error, FA_ERROR_CONFIG,
                       "'%s' is not a URL that svn may use\nhelp: use https, svn, svn+ssh, file or "
                       "a path",
                       source->shown);
    if (source->spec.trunk == NULL)
        source->spec.trunk = g_strdup("trunk");
    return true;
}

bool
fa_svn_split(const char *text, char **ret_path, uint64_t *ret_number)
{
    const char *at = strrchr(text, '@');
    uint64_t number = 0;

    if (at != NULL && !fa_parse_uint64(at + 1, 1, UINT32_MAX, &number))
        return false;
    g_autofree char *path = at != NULL ? g_strndup(text, (gsize)(at - text)) : g_strdup(text);
    if (*path != '\0' && !fa_text_is_relative_path(path))
        return false;
    *ret_path = g_steal_pointer(&path);
    *ret_number = number;
    return true;
}

char *
fa_svn_make_url(const FaSource *source, const char *path, uint64_t number)
{
    g_autofree char *escaped = g_uri_escape_string(path, "/+@", TRUE);
    g_autofree char *peg =
        number > 0 ? g_strdup_printf("%" G_GUINT64_FORMAT, number) : g_strdup("HEAD");
    return g_strconcat(source->where, g_str_has_suffix(source->where, "/") ? "" : "/", escaped, "@",
                       peg, NULL);
}

static bool
run_svn(FaSource *source, const char *const *argv, FaCancel *cancel, int log_fd, int *ret_status,
        char **ret_output, char **ret_message, GError **error)
{
    static const char *const variables[] = {"SVN_SSH", "ssh -oBatchMode=yes", "LC_CTYPE", "C.UTF-8",
                                            NULL};
    const FaProgram program = {.argv = argv,
                               .variables = variables,
                               .output_limit = FA_SVN_OUTPUT_MAX,
                               .cancel = cancel,
                               .log_fd = log_fd};
    return fa_program_run(source, &program, ret_status, ret_output, ret_message, error);
}

bool
fa_svn_run(FaSource *source, const char *const *argv, FaCancel *cancel, int *ret_status,
           char **ret_output, char **ret_message, GError **error)
{
    return run_svn(source, argv, cancel, -1, ret_status, ret_output, ret_message, error);
}

bool
fa_svn_get_item(FaSource *source, const char *item, const char *path, uint64_t number,
                FaCancel *cancel, char **ret_value, GError **error)
{
    static const char *const missing[] = {"E200009", "E160013", "E160006", "W170000"};
    g_autofree char *url = fa_svn_make_url(source, path, number);
    const char *const argv[] = {"svn", "info", "--non-interactive", "--show-item", item, "--",
                                url,   NULL};
    g_autofree char *output = NULL, *message = NULL;
    int status = 0;

    if (!run_svn(source, argv, cancel, -1, &status, &output, &message, error))
        return false;
    g_clear_pointer(ret_value, g_free);
    if (status == 0) {
        *ret_value = g_strdup(g_strstrip(output));
        return true;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(missing); i++)
        if (strstr(message, missing[i]) != NULL && strstr(message, "E170013") == NULL)
            return true;
    return fa_program_fail(source, "ask", message, error);
}

/*
 * The revision that last changed the path, so that work elsewhere in the repository does not make a new one. A path
 * whose parent was copied later did not exist then; it gets the revision that was asked for.
 */
bool
fa_svn_make_exact(FaSource *source, const char *path, uint64_t number, FaCancel *cancel,
                  char **ret_revision, GError **error)
{
    g_autofree char *changed = NULL, *current = NULL, *there = NULL;
    uint64_t last = 0;

    if (!fa_svn_get_item(source, "last-changed-revision", path, number, cancel, &changed, error))
        return false;
    if (changed == NULL) {
        *ret_revision = NULL;
        return true;
    }
    if (!fa_svn_get_item(source, "revision", path, number, cancel, &current, error))
        return false;
    if (fa_parse_uint64(changed, 1, UINT32_MAX, &last) &&
        !fa_svn_get_item(source, "kind", path, last, cancel, &there, error))
        return false;
    *ret_revision = g_strconcat(path, "@", there != NULL ? changed : current, NULL);
    return true;
}

/* The beginning of the pattern of release branches: "branches/" of "branches/" and a star. */
static char *
get_branches(const FaSource *source)
{
    const char *pattern = source->spec.releases != NULL ? source->spec.releases : "branches/*";
    return g_strndup(pattern, strcspn(pattern, "*"));
}

bool
fa_svn_fail_offline(const FaSource *source, const char *what, GError **error)
{
    return fa_fail(error, FA_ERROR_UNREACHABLE,
                   "'%s' of '%s' is not exact, and the network is not to be used", what,
                   source->shown);
}

char *
fa_svn_get_base(FaSource *source, FaCancel *cancel, GError **error)
{
    g_autofree char *relative = NULL;

    if (!fa_svn_get_item(source, "relative-url", "", 0, cancel, &relative, error))
        return NULL;
    if (relative == NULL) {
        fa_fail(error, FA_ERROR_NOT_FOUND,
                "'%s' is not there\nhelp: check the location in the recipe", source->shown);
        return NULL;
    }
    g_autofree char *path = g_uri_unescape_string(relative, NULL);
    size_t length = path != NULL ? strlen(path) : 0;
    if (length > 0 && path[length - 1] == '/')
        path[length - 1] = '\0';
    return g_strdup(path != NULL && *path == '^' ? path + 1 : "");
}

static bool
resolve(FaSource *source, const char *wanted, bool offline, FaCancel *cancel, char **ret_revision,
        GError **error)
{
    const char *word = wanted != NULL ? wanted : source->spec.trunk;
    g_autofree char *path = NULL, *found = NULL, *branches = get_branches(source);
    const char *const below[] = {"", branches, "branches/", "tags/"};
    uint64_t number = 0;

    if (!fa_svn_split(word, &path, &number))
        return fa_fail(error, FA_ERROR_CONFIG,
                       "'%s' is not a revision of '%s'\nhelp: write PATH, PATH@NUMBER or @NUMBER",
                       word, source->shown);
    if (offline && number > 0 && *path != '\0') {
        *ret_revision = g_strdup(word);
        return true;
    }
    if (offline)
        return fa_svn_fail_offline(source, word, error);

    for (size_t i = 0; i < G_N_ELEMENTS(below) && found == NULL; i++) {
        g_autofree char *full =
            g_strconcat(below[i], *path != '\0' ? path : source->spec.trunk, NULL);
        if (!fa_svn_make_exact(source, full, number, cancel, &found, error))
            return false;
    }
    if (found == NULL)
        return fa_fail(error, FA_ERROR_NOT_FOUND,
                       "'%s' has no '%s'\nhelp: name trunk, a path below branches or tags, or one "
                       "with @NUMBER",
                       source->shown, word);
    *ret_revision = g_steal_pointer(&found);
    return true;
}

static bool
fetch(FaSource *source, const char *revision, const char *target, FaCancel *cancel, int log_fd,
      GError **error)
{
    g_autofree char *path = NULL, *message = NULL;
    uint64_t number = 0;
    int status = 0;

    if (!fa_svn_split(revision, &path, &number) || number == 0)
        return fa_fail(error, FA_ERROR_USAGE, "'%s' is not PATH@NUMBER", revision);

    g_autofree char *url = fa_svn_make_url(source, path, number);
    const char *const argv[] = {
        "svn",  "export", "--non-interactive", "--quiet", "--ignore-externals", "--", url,
        target, NULL};
    if (!run_svn(source, argv, cancel, log_fd, &status, NULL, &message, error))
        return false;
    if (status == 0)
        return true;
    g_autofree char *what = g_strdup_printf("export '%s' of", revision);
    return fa_program_fail(source, what, message, error);
}

static bool
check_out_for_work(FaSource *source, const char *branch, const char *target, FaCancel *cancel,
                   GError **error)
{
    g_autofree char *exact = NULL, *path = NULL, *message = NULL;
    uint64_t number = 0;
    int status = 0;

    if (!resolve(source, branch, false, cancel, &exact, error))
        return false;
    if (!fa_svn_split(exact, &path, &number))
        return fa_fail(error, FA_ERROR_FAILED, "'%s' is not PATH@NUMBER", exact);

    g_autofree char *url = fa_svn_make_url(source, path, 0);
    const char *const argv[] = {"svn",  "checkout", "--non-interactive", "--quiet", "--", url,
                                target, NULL};
    if (!run_svn(source, argv, cancel, -1, &status, NULL, &message, error))
        return false;
    return status == 0 || fa_program_fail(source, "check out", message, error);
}

static bool
describe(FaSource *source, const char *revision, char **ret_version, FaTime *ret_committed,
         GError **error)
{
    g_autofree char *path = NULL, *date = NULL;
    uint64_t number = 0;

    if (!fa_svn_split(revision, &path, &number) || number == 0)
        return fa_fail(error, FA_ERROR_USAGE, "'%s' is not PATH@NUMBER", revision);
    if (!fa_svn_get_item(source, "last-changed-date", path, number, NULL, &date, error))
        return false;
    if (date == NULL)
        return fa_fail(error, FA_ERROR_NOT_FOUND, "'%s' has no '%s'", source->shown, revision);

    g_autoptr(GDateTime) time = g_date_time_new_from_iso8601(date, NULL);
    *ret_committed = time != NULL ? g_date_time_to_unix(time) : 0;
    *ret_version = g_str_has_prefix(path, "tags/") ? g_path_get_basename(path)
                                                   : g_strdup_printf("r%" G_GUINT64_FORMAT, number);
    return true;
}

const FaSourceBackend fa_source_svn = {
    .check = check,
    .resolve = resolve,
    .fetch = fetch,
    .clone = check_out_for_work,
    .describe = describe,
    .history = &fa_history_svn,
};
