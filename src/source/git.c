#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "source/backend.h"
#include "source/git-mirror.h"
#include "sys/fs.h"

#define LISTED_MAX 8
#define SHORT_HEX  12

static bool
check(FaSource *source, GError **error)
{
    static const char *const schemes[] = {"file", "https", "ssh", "git", "git+ssh", NULL};
    g_autofree char *scheme = fa_source_scheme(source->where);

    if (!source->is_local && strstr(source->where, "::") != NULL && scheme == NULL)
        return fa_fail(error, FA_ERROR_CONFIG,
                       "'%s' would run a program\nhelp: use https, ssh, git, file or a path",
                       source->shown);
    if (scheme != NULL && !g_strv_contains(schemes, scheme))
        return fa_fail(error, FA_ERROR_CONFIG,
                       "'%s' is not fetched over '%s'\nhelp: use https, ssh, git, file or a path",
                       source->shown, scheme);
    if (source->spec.trunk == NULL)
        source->spec.trunk = g_strdup("main");
    return true;
}

bool
fa_git_is_commit(const char *text)
{
    size_t digits = strspn(text, "0123456789abcdef");
    return text[digits] == '\0' && (digits == 40 || digits == 64);
}

/* "main~1" or "main@{yesterday}" are arithmetic, not names. */
static bool
is_name(const char *text)
{
    return strpbrk(text, "~^:?*[\\ ") == NULL && strstr(text, "..") == NULL &&
           strstr(text, "@{") == NULL;
}

bool
fa_git_look_up(FaSource *source, const char *refs, const char *name, bool offline, FaCancel *cancel,
               char **ret_commit, GError **error)
{
    g_autofree char *word = g_strconcat(refs, name, "^{commit}", NULL);
    const char *const arguments[] = {"rev-parse",        "--verify", "--quiet",
                                     "--end-of-options", word,       NULL};
    g_autofree char *output = NULL;
    int status = 0;

    if (!fa_git_mirror_run(source, arguments, offline, cancel, &status, &output, error))
        return false;
    g_clear_pointer(ret_commit, g_free);
    if (status == 0 && fa_git_is_commit(g_strchomp(output)))
        *ret_commit = g_steal_pointer(&output);
    return true;
}

static bool
fail_with_names(FaSource *source, const char *wanted, GError **error)
{
    const char *const arguments[] = {"for-each-ref",
                                     "--format=%(refname:strip=2)",
                                     "--sort=-committerdate",
                                     "refs/heads",
                                     "refs/tags",
                                     NULL};
    g_autofree char *output = NULL;
    int status = 0;

    if (!fa_git_mirror_run(source, arguments, true, NULL, &status, &output, error))
        return false;
    g_auto(GStrv) names = g_strsplit(g_strchomp(output), "\n", -1);
    const char *nearest = fa_text_nearest(wanted, (const char *const *)names);
    if (nearest != NULL)
        return fa_fail(error, FA_ERROR_NOT_FOUND,
                       "'%s' has no branch, tag or commit '%s'\nhelp: did you mean '%s'?",
                       source->shown, wanted, nearest);

    GString *list = g_string_new(NULL);
    for (guint i = 0; names[i] != NULL && i < LISTED_MAX; i++)
        g_string_append_printf(list, "%s%s", i > 0 ? ", " : "", names[i]);
    g_autofree char *text = g_string_free(list, FALSE);
    return fa_fail(error, FA_ERROR_NOT_FOUND,
                   "'%s' has no branch, tag or commit '%s'\nhelp: it has %s", source->shown, wanted,
                   *text != '\0' ? text : "no branches at all");
}

static bool
fail_without_commit(const FaSource *source, const char *commit, GError **error)
{
    return fa_fail(error, FA_ERROR_NOT_FOUND,
                   "'%s' has no commit '%s'\nhelp: the branch that had it may have been rewritten "
                   "or removed; name a revision that is still there",
                   source->shown, commit);
}

static bool
resolve_commit(FaSource *source, const char *commit, bool offline, FaCancel *cancel,
               char **ret_revision, GError **error)
{
    g_autofree char *found = NULL;

    if (fa_git_mirror_exists(source) &&
        !fa_git_look_up(source, "", commit, true, cancel, &found, error))
        return false;
    if (found == NULL && !offline) {
        if (!fa_git_mirror_update(source, commit, cancel, -1, error) ||
            !fa_git_look_up(source, "", commit, true, cancel, &found, error))
            return false;
    }
    if (found == NULL)
        return fail_without_commit(source, commit, error);

    *ret_revision = g_steal_pointer(&found);
    return true;
}

bool
fa_git_need_commit(FaSource *source, const char *commit, FaCancel *cancel, GError **error)
{
    g_autofree char *found = NULL;

    if (!fa_git_is_commit(commit))
        return fa_fail(error, FA_ERROR_USAGE, "'%s' is not a commit", commit);
    return resolve_commit(source, commit, false, cancel, &found, error);
}

static bool
resolve(FaSource *source, const char *wanted, bool offline, FaCancel *cancel, char **ret_revision,
        GError **error)
{
    static const char *const refs[] = {"refs/heads/", "refs/tags/", FA_GIT_LOCAL "heads/",
                                       FA_GIT_LOCAL "tags/", ""};
    const char *name = wanted != NULL ? wanted : source->spec.trunk;
    g_autofree char *found = NULL;

    if (fa_git_is_commit(name))
        return resolve_commit(source, name, offline, cancel, ret_revision, error);
    if (offline && !fa_git_mirror_exists(source))
        return fa_fail(error, FA_ERROR_NOT_FOUND,
                       "'%s' was never fetched\nhelp: allow the network once", source->shown);
    if (!offline && !fa_git_mirror_update(source, NULL, cancel, -1, error))
        return false;

    for (size_t i = 0; is_name(name) && i < G_N_ELEMENTS(refs) && found == NULL; i++) {
        bool is_short = strspn(name, "0123456789abcdef") == strlen(name) && strlen(name) >= 4;
        if (*refs[i] == '\0' && !is_short)
            continue;
        if (!fa_git_look_up(source, refs[i], name, true, cancel, &found, error))
            return false;
    }
    if (found == NULL)
        return fail_with_names(source, name, error);

    *ret_revision = g_steal_pointer(&found);
    return true;
}

/* What a submodule holds is in no digest of ours, so a tree with one is refused. */
static bool
check_submodules(FaSource *source, const char *revision, FaCancel *cancel, GError **error)
{
    const char *const marker[] = {"ls-tree", "--name-only", revision, "--", ".gitmodules", NULL};
    const char *const all[] = {"ls-tree", "-r", revision, NULL};
    g_autofree char *found = NULL, *list = NULL;
    int status = 0;

    if (!fa_git_mirror_run(source, marker, false, cancel, &status, &found, error))
        return false;
    if (*found == '\0')
        return true;
    if (!fa_git_mirror_run(source, all, false, cancel, &status, &list, error))
        return false;

    const char *entry = g_str_has_prefix(list, "160000 ") ? list : strstr(list, "\n160000 ");
    if (entry == NULL)
        return true;
    const char *name = strchr(entry, '\t');
    g_autofree char *path = name != NULL ? g_strndup(name + 1, strcspn(name + 1, "\n")) : NULL;
    return fa_fail(error, FA_ERROR_REFUSED,
                   "'%s' has a submodule '%s', which is not supported\nhelp: make it a component "
                   "of its own, or copy it into the repository",
                   source->shown, path != NULL ? path : "?");
}

static bool
fetch(FaSource *source, const char *revision, const char *target, FaCancel *cancel, int log_fd,
      GError **error)
{
    g_autofree char *commit = NULL;

    if (!fa_git_is_commit(revision))
        return fa_fail(error, FA_ERROR_USAGE, "'%s' is not a commit", revision);
    return resolve_commit(source, revision, false, cancel, &commit, error) &&
           check_submodules(source, commit, cancel, error) &&
           fa_fs_make_directory(target, 0755, error) &&
           fa_git_mirror_check_out(source, commit, target, cancel, log_fd, error);
}

static bool
check_out_for_work(FaSource *source, const char *branch, const char *target, FaCancel *cancel,
                   GError **error)
{
    const char *const argv[] = {"git", "clone",       "--quiet", "--branch", branch,
                                "--",  source->where, target,    NULL};
    g_autofree char *message = NULL;
    int status = 0;

    if (!fa_git_run(source, argv, cancel, &status, &message, error))
        return false;
    if (status == 0)
        return true;
    if (strstr(message, "Remote branch") != NULL)
        return fa_fail(error, FA_ERROR_NOT_FOUND, "'%s' has no branch '%s'", source->shown, branch);
    return fa_program_fail(source, "clone", message, error);
}

static int
compare_versions(gconstpointer a, gconstpointer b)
{
    return fa_text_compare_versions(*(const char *const *)a, *(const char *const *)b);
}

/* "refs/tags/v1" and "refs/fassembler/tags/v1" to "v1". */
static void
strip_ref(char *ref)
{
    static const char *const starts[] = {"refs/tags/", FA_GIT_LOCAL "tags/"};
    for (size_t i = 0; i < G_N_ELEMENTS(starts); i++) {
        if (!g_str_has_prefix(ref, starts[i]))
            continue;
        memmove(ref, ref + strlen(starts[i]), strlen(ref) - strlen(starts[i]) + 1);
        return;
    }
}

static bool
describe(FaSource *source, const char *revision, char **ret_version, FaTime *ret_committed,
         GError **error)
{
    const char *const tags[] = {
        "for-each-ref", "--points-at",       revision, "--format=%(refname)",
        "refs/tags",    FA_GIT_LOCAL "tags", NULL};
    const char *const times[] = {"show", "-s", "--format=%ct", revision, NULL};
    g_autofree char *names = NULL, *time = NULL;
    int tags_status = 0, status = 0;
    int64_t committed = 0;

    if (!fa_git_is_commit(revision))
        return fa_fail(error, FA_ERROR_USAGE, "'%s' is not a commit", revision);
    if (!fa_git_mirror_exists(source))
        return fail_without_commit(source, revision, error);
    if (!fa_git_mirror_run(source, tags, true, NULL, &tags_status, &names, error) ||
        !fa_git_mirror_run(source, times, true, NULL, &status, &time, error))
        return false;
    if (status != 0 || !fa_parse_int64(g_strchomp(time), 0, INT64_MAX, &committed))
        return fail_without_commit(source, revision, error);

    g_auto(GStrv) list = g_strsplit(g_strchomp(names), "\n", -1);
    guint count = g_strv_length(list);
    for (guint i = 0; i < count; i++)
        strip_ref(list[i]);
    if (count > 1)
        qsort(list, count, sizeof *list, compare_versions);
    bool is_tagged = tags_status == 0 && count > 0 && *list[count - 1] != '\0';
    *ret_version = is_tagged ? g_strdup(list[count - 1]) : g_strndup(revision, SHORT_HEX);
    *ret_committed = committed;
    return true;
}

const FaSourceBackend fa_source_git = {
    .check = check,
    .resolve = resolve,
    .fetch = fetch,
    .clone = check_out_for_work,
    .describe = describe,
    .history = &fa_history_git,
};
