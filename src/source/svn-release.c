#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "source/svn-private.h"

#define REFS_MAX 100000

static bool
is_revision(const char *text)
{
    g_autofree char *path = NULL;
    uint64_t number = 0;
    return strchr(text, '@') != NULL && fa_svn_split(text, &path, &number) && number > 0 &&
           *path != '\0';
}

/* (transfer full) */
static char *
get_mark_path(const FaMark *mark)
{
    return mark->is_tag ? g_strconcat("tags/", mark->name, NULL) : g_strdup(mark->name);
}

/* (transfer full) Without a peg, which svnmucc does not know. */
static char *
make_plain_url(const FaSource *source, const char *path)
{
    g_autofree char *escaped = g_uri_escape_string(path, "/+", TRUE);
    return g_strconcat(source->where, g_str_has_suffix(source->where, "/") ? "" : "/", escaped,
                       NULL);
}

/* The revision that @path was copied from, by the oldest entry that it has of its own; NULL if it is no copy. */
static bool
find_origin(FaSource *source, const char *path, FaCancel *cancel, char **ret_origin,
            uint64_t *ret_made, GError **error)
{
    g_autofree char *url = fa_svn_make_url(source, path, 0);
    g_autofree char *base = fa_svn_get_base(source, cancel, error);
    const char *const argv[] = {"svn",    "log", "--non-interactive",
                                "--xml",  "-v",  "--stop-on-copy",
                                "-l",     "1",   "-r",
                                "1:HEAD", "--",  url,
                                NULL};
    g_autofree char *output = NULL, *message = NULL;
    int status = 0;

    if (base == NULL || !fa_svn_run(source, argv, cancel, &status, &output, &message, error))
        return false;
    if (status != 0)
        return fa_program_fail(source, "read the history of", message, error);
    g_autoptr(GPtrArray) entries = fa_svn_parse(source, output, error);
    if (entries == NULL)
        return false;

    g_autofree char *whole = g_strconcat(base, "/", path, NULL);
    g_autofree char *inside = g_strconcat(base, "/", NULL);
    const FaSvnEntry *entry = entries->len > 0 ? g_ptr_array_index(entries, 0) : NULL;
    for (guint i = 0; entry != NULL && i < entry->paths->len; i++) {
        const FaSvnPath *changed = g_ptr_array_index(entry->paths, i);
        if (!g_str_equal(changed->path, whole) || changed->copy_path == NULL ||
            !g_str_has_prefix(changed->copy_path, inside))
            continue;
        *ret_made = entry->number;
        return fa_svn_make_exact(source, changed->copy_path + strlen(inside), changed->copy_number,
                                 cancel, ret_origin, error);
    }
    return true;
}

/*
 * *ret_is_there when the path is what is wanted: an untouched copy of the revision, or a branch whose newest revision it
 * is. CONFLICT when it is something else.
 */
static bool
look(FaSource *source, const FaMark *mark, const char *path, FaCancel *cancel, bool *ret_is_there,
     GError **error)
{
    g_autofree char *tip = NULL, *tip_path = NULL, *origin = NULL;
    uint64_t number = 0, made = 0;

    *ret_is_there = false;
    if (!fa_svn_make_exact(source, path, 0, cancel, &tip, error))
        return false;
    if (tip == NULL)
        return true;
    *ret_is_there = g_str_equal(tip, mark->revision);
    if (*ret_is_there)
        return true;
    if (!find_origin(source, path, cancel, &origin, &made, error))
        return false;
    fa_svn_split(tip, &tip_path, &number);
    bool is_same = origin != NULL && g_str_equal(origin, mark->revision);
    if (is_same && number == made) {
        *ret_is_there = true;
        return true;
    }
    g_autofree char *made_from =
        origin != NULL ? g_strdup_printf(", made from '%s'", origin) : g_strdup("");
    return fa_fail(error, FA_ERROR_CONFLICT, "%s '%s' of '%s' is at '%s'%s, not at '%s'\nhelp: %s",
                   mark->is_tag ? "tag" : "branch", mark->name, source->shown, tip, made_from,
                   mark->revision,
                   is_same ? "somebody committed to it since; take what it has now, or another name"
                           : "it was made for something else; take another name");
}

/* Adds `mkdir URL` for the directories above @path that are not there. */
static bool
add_parents(FaSource *source, const char *path, GPtrArray *argv, FaCancel *cancel, GError **error)
{
    for (const char *slash = strchr(path, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        g_autofree char *parent = g_strndup(path, (gsize)(slash - path)), *kind = NULL;
        if (!fa_svn_get_item(source, "kind", parent, 0, cancel, &kind, error))
            return false;
        if (kind != NULL)
            continue;
        g_ptr_array_add(argv, g_strdup("mkdir"));
        g_ptr_array_add(argv, make_plain_url(source, parent));
    }
    return true;
}

/* svnmucc fails where there is something; `svn copy` would put the copy into it. */
static bool
copy(FaSource *source, const FaMark *mark, const char *path, FaCancel *cancel, char **ret_message,
     GError **error)
{
    static const char *const words[] = {"svnmucc", "--non-interactive", "-m"};
    g_autoptr(GPtrArray) argv = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *from = NULL;
    uint64_t number = 0;
    int status = 0;

    fa_svn_split(mark->revision, &from, &number);
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
        g_ptr_array_add(argv, g_strdup(words[i]));
    g_ptr_array_add(argv, g_strdup_printf("Make %s %s from %s", mark->is_tag ? "tag" : "branch",
                                          mark->name, mark->revision));
    if (!add_parents(source, path, argv, cancel, error))
        return false;
    g_ptr_array_add(argv, g_strdup("cp"));
    g_ptr_array_add(argv, g_strdup_printf("%" G_GUINT64_FORMAT, number));
    g_ptr_array_add(argv, make_plain_url(source, from));
    g_ptr_array_add(argv, make_plain_url(source, path));
    g_ptr_array_add(argv, NULL);

    g_autofree char *message = NULL;
    if (!fa_svn_run(source, (const char *const *)argv->pdata, cancel, &status, NULL, &message,
                    error))
        return false;
    *ret_message = status != 0 ? g_steal_pointer(&message) : NULL;
    return true;
}

static bool
mark_revision(FaSource *source, const FaMark *mark, FaCancel *cancel, FaSourceMade *ret_made,
              GError **error)
{
    g_autofree char *path = get_mark_path(mark), *message = NULL;
    bool is_there = false;

    if (!mark->push) {
        *ret_made = FA_MADE_RECORDED;
        return true;
    }
    if (!look(source, mark, path, cancel, &is_there, error))
        return false;
    if (!is_there && !copy(source, mark, path, cancel, &message, error))
        return false;
    bool is_made = !is_there && message == NULL;
    /* Somebody may have made it meanwhile, perhaps just what we wanted. */
    if (message != NULL && !look(source, mark, path, cancel, &is_there, error))
        return false;
    if (!is_made && !is_there)
        return fa_program_fail(source, mark->is_tag ? "tag" : "make a branch in", message, error);
    *ret_made = is_made ? FA_MADE_NEW : FA_MADE_BEFORE;
    return true;
}

static bool
tip(FaSource *source, const char *branch, bool offline, FaCancel *cancel, char **ret_revision,
    GError **error)
{
    g_autofree char *found = NULL;

    if (offline)
        return fa_svn_fail_offline(source, branch, error);
    if (!fa_svn_make_exact(source, branch, 0, cancel, &found, error))
        return false;
    if (found == NULL)
        return fa_fail(error, FA_ERROR_NOT_FOUND, "'%s' has no branch '%s'", source->shown, branch);

    *ret_revision = g_steal_pointer(&found);
    return true;
}

static bool
list_folder(FaSource *source, const char *folder, const char *pattern, bool is_tag,
            FaCancel *cancel, GPtrArray *refs, GError **error)
{
    g_autofree char *url = fa_svn_make_url(source, folder, 0), *kind = NULL;
    const char *const argv[] = {"svn", "list", "--non-interactive", "--xml", "--", url, NULL};
    g_autofree char *output = NULL, *message = NULL;
    int status = 0;

    if (!fa_svn_get_item(source, "kind", folder, 0, cancel, &kind, error))
        return false;
    if (kind == NULL)
        return true;
    if (!fa_svn_run(source, argv, cancel, &status, &output, &message, error))
        return false;
    if (status != 0)
        return fa_program_fail(source, "list", message, error);
    g_autoptr(GPtrArray) entries = fa_svn_parse(source, output, error);
    if (entries == NULL)
        return false;

    for (guint i = 0; i < entries->len && refs->len < REFS_MAX; i++) {
        const FaSvnEntry *entry = g_ptr_array_index(entries, i);
        g_autofree char *path = g_strconcat(folder, *folder != '\0' ? "/" : "", entry->name, NULL);
        g_autofree char *revision = g_strdup_printf("%s@%" G_GUINT64_FORMAT, path, entry->number);
        if (entry->name != NULL && (is_tag || g_pattern_match_simple(pattern, path)))
            fa_source_add_ref(refs, is_tag ? entry->name : path, revision, is_tag, false);
    }
    return true;
}

static bool
list(FaSource *source, bool offline, FaCancel *cancel, GPtrArray *refs, GError **error)
{
    g_autofree char *pattern = fa_source_branch_name(source, "*");
    g_autofree char *before = g_strndup(pattern, strcspn(pattern, "*"));
    char *slash = strrchr(before, '/');

    if (offline)
        return fa_svn_fail_offline(source, "the list of branches", error);
    *(slash != NULL ? slash : before) = '\0';
    return list_folder(source, before, pattern, false, cancel, refs, error) &&
           list_folder(source, "tags", NULL, true, cancel, refs, error);
}

const FaHistoryBackend fa_history_svn = {
    .is_revision = is_revision,
    .mark = mark_revision,
    .tip = tip,
    .list = list,
    .log = fa_svn_log,
    .contains = fa_svn_contains,
    .is_ancestor = fa_svn_is_ancestor,
};
