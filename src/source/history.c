#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "source/backend.h"
#include "source/message.h"

static const char *const by_names[] = {
    [FA_CONTAINED_NOT] = "not",
    [FA_CONTAINED_ANCESTRY] = "ancestry",
    [FA_CONTAINED_PATCH] = "patch",
    [FA_CONTAINED_DECLARED] = "declared",
};

const char *
fa_contained_by_to_string(FaContainedBy by)
{
    return by_names[by];
}

void
fa_contained_clear(FaContained *contained)
{
    g_clear_pointer(&contained->carrier, g_free);
    g_clear_pointer(&contained->reverted, g_free);
    contained->by = FA_CONTAINED_NOT;
}

static void
ref_free(gpointer data)
{
    FaSourceRef *ref = data;
    g_free(ref->name);
    g_free(ref->revision);
    g_free(ref);
}

void
fa_source_add_ref(GPtrArray *refs, const char *name, const char *revision, bool is_tag,
                  bool is_local)
{
    FaSourceRef *ref = g_new0(FaSourceRef, 1);
    ref->name = g_strdup(name);
    ref->revision = g_strdup(revision);
    ref->is_tag = is_tag;
    ref->is_local = is_local;
    g_ptr_array_add(refs, ref);
}

bool
fa_source_has_history(const FaSource *source)
{
    return source->backend->history != NULL;
}

static bool
check_history(const FaSource *source, GError **error)
{
    if (fa_source_has_history(source))
        return true;
    return fa_fail(error, FA_ERROR_REFUSED,
                   "'%s' has no history, neither branches nor tags\nhelp: %s", source->shown,
                   source->spec.kind == FA_SOURCE_ARCHIVE
                       ? "its digest in the recipe is what pins it"
                       : "put it into a repository of git or svn to release it");
}

static bool
check_revision(const FaSource *source, const char *revision, GError **error)
{
    if (source->backend->history->is_revision(revision))
        return true;
    g_autofree char *shown = fa_text_sanitize(revision, strlen(revision));
    return fa_fail(error, FA_ERROR_USAGE, "'%s' is not an exact revision of '%s'", shown,
                   source->shown);
}

/* What breaks a line or looks like an option is refused before any program sees it; the backend knows the rest. */
static bool
check_name(const char *what, const char *name, GError **error)
{
    g_autofree char *shown = fa_text_sanitize(name, strlen(name));

    if (fa_text_is_relative_path(name) && *name != '-' && g_utf8_validate(name, -1, NULL))
        return true;
    return fa_fail(error, FA_ERROR_USAGE,
                   "'%s' cannot be the name of a %s\nhelp: use letters, digits, '.', '-', '_' and "
                   "'/', and begin with a letter or digit",
                   shown, what);
}

char *
fa_source_branch_name(const FaSource *source, const char *label)
{
    const char *pattern = source->spec.releases;

    if (!fa_source_has_history(source))
        return NULL;
    if (pattern == NULL)
        pattern = source->spec.kind == FA_SOURCE_SVN ? "branches/*" : "release/*";
    const char *star = strchr(pattern, '*');
    if (star == NULL)
        return g_strconcat(pattern, label, NULL);
    g_autofree char *before = g_strndup(pattern, (gsize)(star - pattern));
    return g_strconcat(before, label, star + 1, NULL);
}

static bool
make_mark(FaSource *source, const FaMark *mark, FaCancel *cancel, FaSourceMade *ret_made,
          GError **error)
{
    const char *what = mark->is_tag ? "tag" : "branch";

    if (!check_history(source, error) || !check_name(what, mark->name, error) ||
        !check_revision(source, mark->revision, error) || !fa_cancel_check(cancel, error))
        return false;
    if (!mark->is_tag && g_str_equal(mark->name, source->spec.trunk))
        return fa_fail(error, FA_ERROR_REFUSED,
                       "'%s' is the trunk of '%s', not a release branch\nhelp: check 'releases' in "
                       "the recipe",
                       mark->name, source->shown);
    return source->backend->history->mark(source, mark, cancel, ret_made, error);
}

bool
fa_source_branch(FaSource *source, const char *name, const char *revision, bool push,
                 FaCancel *cancel, FaSourceMade *ret_made, GError **error)
{
    const FaMark mark = {.name = name, .revision = revision, .push = push};
    return make_mark(source, &mark, cancel, ret_made, error);
}

bool
fa_source_tag(FaSource *source, const char *name, const char *revision, bool push, FaCancel *cancel,
              FaSourceMade *ret_made, GError **error)
{
    const FaMark mark = {.name = name, .revision = revision, .is_tag = true, .push = push};
    return make_mark(source, &mark, cancel, ret_made, error);
}

bool
fa_source_tip(FaSource *source, const char *branch, bool offline, FaCancel *cancel,
              char **ret_revision, GError **error)
{
    const FaHistoryBackend *history = source->backend->history;

    if (history == NULL && branch == NULL)
        return source->backend->resolve(source, NULL, offline, cancel, ret_revision, error);
    if (!check_history(source, error) || (branch != NULL && !check_name("branch", branch, error)) ||
        !fa_cancel_check(cancel, error))
        return false;
    return history->tip(source, branch != NULL ? branch : source->spec.trunk, offline, cancel,
                        ret_revision, error);
}

static int
compare_refs(gconstpointer a, gconstpointer b)
{
    const FaSourceRef *left = *(const FaSourceRef *const *)a;
    const FaSourceRef *right = *(const FaSourceRef *const *)b;
    if (left->is_tag != right->is_tag)
        return left->is_tag ? 1 : -1;
    int order = fa_text_compare_versions(left->name, right->name);
    return order != 0 ? order : left->is_local - right->is_local;
}

/* What was made here first and pushed later is one name: the one in the repository. */
static void
remove_repeated(GPtrArray *refs)
{
    for (guint i = 1; i < refs->len;) {
        const FaSourceRef *before = g_ptr_array_index(refs, i - 1);
        const FaSourceRef *ref = g_ptr_array_index(refs, i);
        if (ref->is_tag == before->is_tag && g_str_equal(ref->name, before->name))
            g_ptr_array_remove_index(refs, i);
        else
            i++;
    }
}

GPtrArray *
fa_source_list(FaSource *source, bool offline, FaCancel *cancel, GError **error)
{
    g_autoptr(GPtrArray) refs = g_ptr_array_new_with_free_func(ref_free);

    if (!check_history(source, error) || !fa_cancel_check(cancel, error) ||
        !source->backend->history->list(source, offline, cancel, refs, error))
        return NULL;
    g_ptr_array_sort(refs, compare_refs);
    remove_repeated(refs);
    return g_steal_pointer(&refs);
}

FaSourceLog *
fa_source_log(FaSource *source, const FaSourceRange *range, FaCancel *cancel, GError **error)
{
    g_autoptr(FaSourceLog) log = fa_source_log_new();
    FaSourceRange within = *range;

    if (within.limit == 0 || within.limit > FA_SOURCE_LOG_MAX)
        within.limit = FA_SOURCE_LOG_MAX;
    if (!check_history(source, error) || !fa_cancel_check(cancel, error) ||
        !check_revision(source, within.to, error) ||
        (within.from != NULL && !check_revision(source, within.from, error)))
        return NULL;
    if (within.path != NULL && !fa_text_is_relative_path(within.path)) {
        fa_fail(error, FA_ERROR_USAGE, "'%s' is not a path below the top of a tree", within.path);
        return NULL;
    }
    return source->backend->history->log(source, &within, cancel, log, error)
               ? g_steal_pointer(&log)
               : NULL;
}

bool
fa_source_contains(FaSource *source, const char *where, const char *change, FaCancel *cancel,
                   FaContained *ret_contained, GError **error)
{
    g_autofree char *tip = NULL;
    g_auto(FaContained) contained = {0};

    if (!check_history(source, error) || !check_revision(source, change, error))
        return false;
    const FaHistoryBackend *history = source->backend->history;
    if (!history->is_revision(where) && !fa_source_tip(source, where, false, cancel, &tip, error))
        return false;
    if (!history->contains(source, tip != NULL ? tip : where, change, cancel, &contained, error))
        return false;

    *ret_contained = contained;
    contained = (FaContained){0};
    return true;
}

bool
fa_source_is_ancestor(FaSource *source, const char *ancestor, const char *revision,
                      FaCancel *cancel, bool *ret_is_ancestor, GError **error)
{
    if (!fa_source_has_history(source)) {
        *ret_is_ancestor = g_str_equal(ancestor, revision);
        return true;
    }
    if (!check_revision(source, ancestor, error) || !check_revision(source, revision, error))
        return false;
    return source->backend->history->is_ancestor(source, ancestor, revision, cancel,
                                                 ret_is_ancestor, error);
}
