#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "source/git-log.h"
#include "source/git-mirror.h"
#include "source/message.h"

#define CANDIDATES_MAX  5000 /* commits whose patches are compared */
#define DECLARATION_MIN 7    /* digits of a commit in a trailer */
#define ORIGINS_MAX     100

/* One question, while it is answered. */
typedef struct Search {
    const char *change;
    GPtrArray *names;    /* of char *: commits that are this change, in any line */
    GHashTable *same;    /* commits with the same patch id */
    GHashTable *inverse; /* commits that undo it to the letter */
    GPtrArray *reverters;
    FaContained *contained;
} Search;

static void
search_clear(Search *search)
{
    g_ptr_array_unref(search->names);
    g_ptr_array_unref(search->reverters);
    g_hash_table_unref(search->same);
    g_hash_table_unref(search->inverse);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Search, search_clear)

/* A trailer may name a commit by its beginning. */
static bool
is_named(const GPtrArray *names, const char *value)
{
    size_t length = strspn(value, "0123456789abcdef");

    if (length < DECLARATION_MIN || value[length] != '\0')
        return false;
    for (guint i = 0; i < names->len; i++)
        if (g_str_has_prefix(g_ptr_array_index(names, i), value))
            return true;
    return false;
}

static bool
is_declaration(FaTrailerKind kind)
{
    return kind == FA_TRAILER_PICKED || kind == FA_TRAILER_BACKPORT || kind == FA_TRAILER_PAID;
}

static bool
has_trailer(const FaSourceCommit *commit, const GPtrArray *names, bool is_revert)
{
    for (guint i = 0; i < commit->trailers->len; i++) {
        const FaTrailer *trailer = g_ptr_array_index(commit->trailers, i);
        bool fits = is_revert ? trailer->kind == FA_TRAILER_REVERTS : is_declaration(trailer->kind);
        if (fits && is_named(names, trailer->value))
            return true;
    }
    return false;
}

static void
note_carrier(Search *search, FaContainedBy by, const char *commit)
{
    g_clear_pointer(&search->contained->reverted, g_free);
    g_free(search->contained->carrier);
    search->contained->carrier = g_strdup(commit);
    search->contained->by = by;
    if (search->names->len < ORIGINS_MAX)
        g_ptr_array_add(search->names, g_strdup(commit));
}

static void
note_revert(Search *search, const char *commit)
{
    g_ptr_array_add(search->reverters, g_strdup(commit));
    if (search->contained->by == FA_CONTAINED_NOT)
        return;
    search->contained->by = FA_CONTAINED_NOT;
    g_clear_pointer(&search->contained->carrier, g_free);
    g_free(search->contained->reverted);
    search->contained->reverted = g_strdup(commit);
}

/* What the commits, oldest first, do to the change: bring it, take it out, bring it again. */
static void
follow(Search *search, const FaSourceCommit *commit)
{
    if (has_trailer(commit, search->reverters, true))
        note_carrier(search, FA_CONTAINED_DECLARED, commit->id);
    else if (has_trailer(commit, search->names, true) ||
             g_hash_table_contains(search->inverse, commit->id))
        note_revert(search, commit->id);
    else if (g_hash_table_contains(search->same, commit->id))
        note_carrier(search, FA_CONTAINED_PATCH, commit->id);
    else if (has_trailer(commit, search->names, false))
        note_carrier(search, FA_CONTAINED_DECLARED, commit->id);
}

/* The longest path that the change touches: few other commits do. NULL for merges and empty commits. */
static bool
find_rarest_file(FaSource *source, const char *change, FaCancel *cancel, char **ret_file,
                 GError **error)
{
    const char *const arguments[] = {"diff-tree",   "--root",       "-r",   "-z", "--no-commit-id",
                                     "--name-only", "--no-renames", change, NULL};
    g_autofree char *output = NULL;
    const char *best = "";
    size_t length = 0;

    if (!fa_git_read(source, arguments, NULL, 0, cancel, &output, &length, error))
        return false;
    for (const char *at = output; at < output + length; at += strlen(at) + 1)
        if (strlen(at) > strlen(best))
            best = at;
    *ret_file = *best != '\0' ? g_strdup(best) : NULL;
    return true;
}

/* Lines of "PATCH-ID COMMIT" for the commits in @list, one a line. -R also changes the names' beginnings over. */
static bool
read_patch_ids(FaSource *source, const char *list, bool is_inverse, FaCancel *cancel,
               char **ret_ids, GError **error)
{
    const char *const show[] = {"diff-tree",
                                "--stdin",
                                "--root",
                                "-p",
                                "--full-index",
                                "--no-renames",
                                "--no-ext-diff",
                                "--no-textconv",
                                is_inverse ? "-R" : NULL,
                                "--src-prefix=b/",
                                "--dst-prefix=a/",
                                NULL};
    const char *const hash[] = {"patch-id", "--stable", NULL};
    g_autofree char *patches = NULL;
    size_t length = 0, ids_length = 0;

    return fa_git_read(source, show, list, 0, cancel, &patches, &length, error) &&
           fa_git_read(source, hash, patches, length, cancel, ret_ids, &ids_length, error);
}

/* (transfer full) (nullable) The id alone. */
static char *
take_id(const char *ids)
{
    size_t digits = strspn(ids, "0123456789abcdef");
    return digits >= 40 ? g_strndup(ids, digits) : NULL;
}

static void
sort_out(Search *search, const char *ids, const char *same, const char *inverse)
{
    g_auto(GStrv) lines = g_strsplit(ids, "\n", -1);

    for (char **line = lines; *line != NULL; line++) {
        const char *space = strchr(*line, ' ');
        if (space == NULL)
            continue;
        if (g_str_has_prefix(*line, same))
            g_hash_table_add(search->same, g_strdup(space + 1));
        else if (inverse != NULL && g_str_has_prefix(*line, inverse))
            g_hash_table_add(search->inverse, g_strdup(space + 1));
    }
}

/* Only commits that touch a file which the change touches can be the same patch. */
static bool
list_candidates(FaSource *source, const char *range, const char *file, FaCancel *cancel,
                char **ret_list, GError **error)
{
    g_autofree char *count = g_strdup_printf("--max-count=%d", CANDIDATES_MAX + 1);
    const char *const arguments[] = {"--literal-pathspecs",
                                     "rev-list",
                                     "--full-history",
                                     "--no-merges",
                                     count,
                                     range,
                                     "--",
                                     file,
                                     NULL};
    g_autofree char *list = NULL;
    size_t length = 0, lines = 0;

    if (!fa_git_read(source, arguments, NULL, 0, cancel, &list, &length, error))
        return false;
    for (const char *at = list; (at = strchr(at, '\n')) != NULL; at++)
        lines++;
    if (lines > CANDIDATES_MAX)
        return fa_fail(error, FA_ERROR_REFUSED,
                       "more than %d commits of '%s' touch '%s' and would have to be compared\n"
                       "help: name revisions that are nearer to each other",
                       CANDIDATES_MAX, source->shown, file);
    *ret_list = g_steal_pointer(&list);
    return true;
}

static bool
compare_patches(FaSource *source, Search *search, const char *range, FaCancel *cancel,
                GError **error)
{
    g_autofree char *file = NULL, *list = NULL, *own = NULL, *own_inverse = NULL, *ids = NULL;
    g_autofree char *line = g_strconcat(search->change, "\n", NULL);

    if (!find_rarest_file(source, search->change, cancel, &file, error))
        return false;
    if (file == NULL)
        return true;
    if (!list_candidates(source, range, file, cancel, &list, error))
        return false;
    if (*list == '\0')
        return true;
    if (!read_patch_ids(source, line, false, cancel, &own, error) ||
        !read_patch_ids(source, line, true, cancel, &own_inverse, error) ||
        !read_patch_ids(source, list, false, cancel, &ids, error))
        return false;

    g_autofree char *same = take_id(own), *inverse = take_id(own_inverse);
    if (same != NULL)
        sort_out(search, ids, same, inverse);
    return true;
}

/*
 * What the change itself says it is: the commits that it was picked from, and what those were picked from. Commits that are
 * not in our mirror are names all the same.
 */
static bool
add_origins(FaSource *source, Search *search, FaCancel *cancel, GError **error)
{
    for (guint i = 0; i < search->names->len && search->names->len < ORIGINS_MAX; i++) {
        const char *name = g_ptr_array_index(search->names, i);
        const FaSourceRange one = {.to = name, .limit = 1};
        g_autoptr(FaSourceLog) log = fa_source_log_new();
        g_autofree char *known = NULL;

        if (!fa_git_look_up(source, "", name, true, cancel, &known, error))
            return false;
        if (known == NULL)
            continue;
        if (!fa_git_log(source, &one, cancel, log, error))
            return false;
        const FaSourceCommit *commit = g_ptr_array_index(log->commits, 0);
        for (guint j = 0; j < commit->trailers->len; j++) {
            const FaTrailer *trailer = g_ptr_array_index(commit->trailers, j);
            if (is_declaration(trailer->kind) && fa_git_is_commit(trailer->value) &&
                !is_named(search->names, trailer->value))
                g_ptr_array_add(search->names, g_strdup(trailer->value));
        }
    }
    return true;
}

static bool
look_for_ancestor(FaSource *source, Search *search, const char *revision, FaCancel *cancel,
                  GError **error)
{
    for (guint i = 0; i < search->names->len; i++) {
        const char *name = g_ptr_array_index(search->names, i);
        g_autofree char *known = NULL;
        bool is_in = false;

        if (!fa_git_look_up(source, "", name, true, cancel, &known, error))
            return false;
        if (known == NULL)
            continue;
        if (!fa_git_is_ancestor(source, known, revision, cancel, &is_in, error))
            return false;
        if (!is_in)
            continue;
        search->contained->by = i == 0 ? FA_CONTAINED_ANCESTRY : FA_CONTAINED_DECLARED;
        search->contained->carrier = g_steal_pointer(&known);
        return true;
    }
    return true;
}

/*
 * Where an origin is in the history, what happened before it does not count; where none is, all that the two lines do not
 * share does.
 */
bool
fa_git_contains(FaSource *source, const char *revision, const char *change, FaCancel *cancel,
                FaContained *contained, GError **error)
{
    g_auto(Search) search = {
        .change = change,
        .names = g_ptr_array_new_with_free_func(g_free),
        .reverters = g_ptr_array_new_with_free_func(g_free),
        .same = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
        .inverse = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
        .contained = contained,
    };
    g_autoptr(FaSourceLog) log = fa_source_log_new();

    g_ptr_array_add(search.names, g_strdup(change));
    if (!fa_git_need_commit(source, change, cancel, error) ||
        !fa_git_need_commit(source, revision, cancel, error) ||
        !add_origins(source, &search, cancel, error) ||
        !look_for_ancestor(source, &search, revision, cancel, error))
        return false;

    const char *since = contained->carrier != NULL ? contained->carrier : change;
    g_autofree char *range = g_strconcat(since, "..", revision, NULL);
    const FaSourceRange all = {.from = since, .to = revision, .limit = FA_SOURCE_LOG_MAX};
    if (!compare_patches(source, &search, range, cancel, error) ||
        !fa_git_log(source, &all, cancel, log, error))
        return false;
    if (log->is_cut)
        return fa_fail(error, FA_ERROR_REFUSED,
                       "'%s' has more than %d commits between '%s' and '%s'", source->shown,
                       FA_SOURCE_LOG_MAX, since, revision);
    for (guint i = 0; i < log->commits->len; i++)
        follow(&search, g_ptr_array_index(log->commits, i));
    return true;
}
