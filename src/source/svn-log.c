#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "source/message.h"
#include "source/svn-private.h"

#define FILES_MAX 10000 /* of one commit */

/* (transfer full) (nullable) */
static GPtrArray *
read_log(FaSource *source, const char *path, uint64_t number, uint64_t down_to, bool is_whole,
         FaCancel *cancel, GError **error)
{
    g_autofree char *url = fa_svn_make_url(source, path, number);
    g_autofree char *span =
        g_strdup_printf("%" G_GUINT64_FORMAT ":%" G_GUINT64_FORMAT, number, down_to);
    g_autofree char *limit = g_strdup_printf("%d", FA_SOURCE_LOG_MAX + 1);
    const char *const argv[] = {"svn",
                                "log",
                                "--non-interactive",
                                "--xml",
                                is_whole ? "-v" : "-q",
                                "-l",
                                limit,
                                "-r",
                                span,
                                "--",
                                url,
                                NULL};
    g_autofree char *output = NULL, *message = NULL;
    int status = 0;

    if (!fa_svn_run(source, argv, cancel, &status, &output, &message, error))
        return NULL;
    if (status == 0 && strlen(output) < FA_SVN_OUTPUT_MAX - 1)
        return fa_svn_parse(source, output, error);
    if (status == 0)
        fa_fail(error, FA_ERROR_REFUSED, "the history of '%s' that was asked for is too long",
                source->shown);
    else
        fa_program_fail(source, "read the history of", message, error);
    return NULL;
}

bool
fa_svn_is_ancestor(FaSource *source, const char *ancestor, const char *revision, FaCancel *cancel,
                   bool *ret_is_ancestor, GError **error)
{
    g_autofree char *path = NULL, *later = NULL, *output = NULL, *message = NULL;
    uint64_t number = 0, later_number = 0;
    int status = 0;

    fa_svn_split(ancestor, &path, &number);
    fa_svn_split(revision, &later, &later_number);
    if (number > later_number) {
        *ret_is_ancestor = false;
        return true;
    }
    /* Where the line of the later one was at the time of the earlier one. */
    g_autofree char *url = fa_svn_make_url(source, later, later_number);
    g_autofree char *then = g_strdup_printf("%" G_GUINT64_FORMAT, number);
    g_autofree char *base = fa_svn_get_base(source, cancel, error);
    if (base == NULL)
        return false;
    const char *const argv[] = {
        "svn", "info", "--non-interactive", "--show-item", "relative-url", "-r", then, "--",
        url,   NULL};
    if (!fa_svn_run(source, argv, cancel, &status, &output, &message, error))
        return false;
    if (status != 0 && strstr(message, "E195012") == NULL && strstr(message, "E200009") == NULL &&
        strstr(message, "E160013") == NULL)
        return fa_program_fail(source, "compare revisions of", message, error);

    g_autofree char *wanted = g_strconcat("^", base, "/", path, NULL);
    g_autofree char *there = g_uri_unescape_string(g_strstrip(output), NULL);
    *ret_is_ancestor = status == 0 && there != NULL && g_str_equal(there, wanted);
    return true;
}

/* Where the line was before @entry: at another place, when the line or what holds it was copied then. */
static void
step_back(char **line, const FaSvnEntry *entry)
{
    for (guint i = 0; i < entry->paths->len; i++) {
        const FaSvnPath *path = g_ptr_array_index(entry->paths, i);
        size_t length = strlen(path->path);
        if (path->copy_path == NULL || strncmp(*line, path->path, length) != 0 ||
            ((*line)[length] != '\0' && (*line)[length] != '/'))
            continue;
        char *before = g_strconcat(path->copy_path, *line + length, NULL);
        g_free(*line);
        *line = before;
        return;
    }
}

static FaTime
read_date(const char *text)
{
    g_autoptr(GDateTime) date = g_date_time_new_from_iso8601(text, NULL);
    return date != NULL ? g_date_time_to_unix(date) : 0;
}

static void
add_files(FaSourceCommit *commit, const FaSvnEntry *entry, const char *line, const char *wanted)
{
    g_autofree char *below = g_strconcat(line, "/", wanted, "/", NULL);

    for (guint i = 0; i < entry->paths->len && commit->files->len < FILES_MAX; i++) {
        const FaSvnPath *path = g_ptr_array_index(entry->paths, i);
        if (g_str_has_prefix(path->path, below)) {
            const char *name = path->path + strlen(line) + 1;
            g_ptr_array_add(commit->files, fa_text_sanitize(name, strlen(name)));
        }
    }
}

static FaSourceCommit *
make_commit(const FaSvnEntry *entry, const char *line, size_t base_length, const char *wanted)
{
    const char *path = line + base_length;
    g_autofree char *id =
        g_strdup_printf("%s@%" G_GUINT64_FORMAT, *path == '/' ? path + 1 : path, entry->number);
    g_autofree char *shown = g_strdup_printf("r%" G_GUINT64_FORMAT, entry->number);
    FaSourceCommit *commit = fa_source_commit_new(id, shown, entry->author->str,
                                                  read_date(entry->date->str), entry->message->str);
    if (wanted != NULL)
        add_files(commit, entry, line, wanted);
    return commit;
}

static bool
add_numbers(FaSource *source, const char *revision, GHashTable *numbers, FaCancel *cancel,
            GError **error)
{
    g_autofree char *path = NULL;
    uint64_t number = 0;

    fa_svn_split(revision, &path, &number);
    g_autoptr(GPtrArray) entries = read_log(source, path, number, 1, false, cancel, error);
    for (guint i = 0; entries != NULL && i < entries->len; i++) {
        const FaSvnEntry *entry = g_ptr_array_index(entries, i);
        g_hash_table_add(numbers, GUINT_TO_POINTER((guint)entry->number));
    }
    return entries != NULL;
}

/* svn gives the newest first. */
static void
reverse(GPtrArray *array)
{
    for (guint i = 0; i < array->len / 2; i++) {
        gpointer kept = array->pdata[i];
        array->pdata[i] = array->pdata[array->len - 1 - i];
        array->pdata[array->len - 1 - i] = kept;
    }
}

bool
fa_svn_log(FaSource *source, const FaSourceRange *range, FaCancel *cancel, FaSourceLog *log,
           GError **error)
{
    g_autoptr(GHashTable) known = g_hash_table_new(NULL, NULL);
    g_autofree char *path = NULL, *base = fa_svn_get_base(source, cancel, error);
    uint64_t number = 0;

    if (base == NULL ||
        (range->from != NULL && !add_numbers(source, range->from, known, cancel, error)))
        return false;
    fa_svn_split(range->to, &path, &number);
    g_autoptr(GPtrArray) entries = read_log(source, path, number, 1, true, cancel, error);
    if (entries == NULL)
        return false;

    g_autofree char *line = g_strconcat(base, "/", path, NULL);
    for (guint i = 0; i < entries->len; i++) {
        const FaSvnEntry *entry = g_ptr_array_index(entries, i);
        bool is_new = !g_hash_table_contains(known, GUINT_TO_POINTER((guint)entry->number));
        if (is_new && log->commits->len == range->limit) {
            log->is_cut = true;
            break;
        }
        if (is_new)
            g_ptr_array_add(log->commits, make_commit(entry, line, strlen(base), range->path));
        step_back(&line, entry);
    }
    reverse(log->commits);
    return true;
}

/* "trunk@12", "r12" and "12" are all revision 12 of the one repository. */
static bool
is_number(const char *text, uint64_t wanted)
{
    const char *at = strrchr(text, '@');
    const char *digits = at != NULL ? at + 1 : text + (*text == 'r');
    uint64_t number = 0;
    return fa_parse_uint64(digits, 1, UINT32_MAX, &number) && number == wanted;
}

static bool
is_among(const GArray *numbers, const char *text)
{
    for (guint i = 0; i < numbers->len; i++)
        if (is_number(text, g_array_index(numbers, uint64_t, i)))
            return true;
    return false;
}

static void
note(FaContained *contained, FaContainedBy by, const char *commit)
{
    char **place = by == FA_CONTAINED_NOT ? &contained->reverted : &contained->carrier;

    if (by == FA_CONTAINED_NOT && contained->by == FA_CONTAINED_NOT)
        return;
    g_clear_pointer(&contained->reverted, g_free);
    g_clear_pointer(&contained->carrier, g_free);
    *place = g_strdup(commit);
    contained->by = by;
}

/* As for git: what the commits, oldest first, do to the change. */
static void
follow(FaContained *contained, const FaSourceCommit *commit, GArray *names, GArray *reverters)
{
    uint64_t number = 0;
    fa_parse_uint64(strrchr(commit->id, '@') + 1, 1, UINT32_MAX, &number);

    for (guint i = 0; i < commit->trailers->len; i++) {
        const FaTrailer *trailer = g_ptr_array_index(commit->trailers, i);
        bool is_revert = trailer->kind == FA_TRAILER_REVERTS;
        bool is_declared = trailer->kind == FA_TRAILER_PICKED ||
                           trailer->kind == FA_TRAILER_BACKPORT || trailer->kind == FA_TRAILER_PAID;
        if (is_revert && is_among(reverters, trailer->value)) {
            note(contained, FA_CONTAINED_DECLARED, commit->id);
        } else if (is_revert && is_among(names, trailer->value)) {
            note(contained, FA_CONTAINED_NOT, commit->id);
            g_array_append_val(reverters, number);
        } else if (is_declared && is_among(names, trailer->value)) {
            note(contained, FA_CONTAINED_DECLARED, commit->id);
            g_array_append_val(names, number);
        }
    }
}

/* A reverse merge takes a revision out of svn:mergeinfo, so this looks at what is there now. */
static bool
is_merged(FaSource *source, const char *revision, const char *change, FaCancel *cancel,
          bool *ret_is_merged, GError **error)
{
    g_autofree char *path = NULL, *from_path = NULL, *output = NULL, *message = NULL;
    uint64_t number = 0, change_number = 0;
    int status = 0;

    fa_svn_split(revision, &path, &number);
    fa_svn_split(change, &from_path, &change_number);
    g_autofree char *target = fa_svn_make_url(source, path, number);
    g_autofree char *from = fa_svn_make_url(source, from_path, change_number);
    const char *const argv[] = {
        "svn", "mergeinfo", "--non-interactive", "--show-revs", "merged", "--", from, target, NULL};
    if (!fa_svn_run(source, argv, cancel, &status, &output, &message, error))
        return false;
    if (status != 0)
        return fa_program_fail(source, "read the merges of", message, error);

    g_auto(GStrv) lines = g_strsplit(output, "\n", -1);
    *ret_is_merged = false;
    /* With a star only a part of it was merged. */
    for (char **line = lines; *line != NULL; line++)
        *ret_is_merged |= is_number(*line, change_number);
    return true;
}

bool
fa_svn_contains(FaSource *source, const char *revision, const char *change, FaCancel *cancel,
                FaContained *contained, GError **error)
{
    g_autoptr(GArray) names = g_array_new(FALSE, FALSE, sizeof(uint64_t));
    g_autoptr(GArray) reverters = g_array_new(FALSE, FALSE, sizeof(uint64_t));
    g_autoptr(FaSourceLog) log = fa_source_log_new();
    const FaSourceRange since = {.from = change, .to = revision, .limit = FA_SOURCE_LOG_MAX};
    const char *at = strrchr(change, '@');
    uint64_t number = 0;
    bool is_in = false, is_merge = false;

    fa_parse_uint64(at + 1, 1, UINT32_MAX, &number);
    g_array_append_val(names, number);
    if (!fa_svn_is_ancestor(source, change, revision, cancel, &is_in, error) ||
        (!is_in && !is_merged(source, revision, change, cancel, &is_merge, error)) ||
        !fa_svn_log(source, &since, cancel, log, error))
        return false;
    if (log->is_cut)
        return fa_fail(error, FA_ERROR_REFUSED, "'%s' has more than %d revisions since '%s'",
                       source->shown, FA_SOURCE_LOG_MAX, change);
    if (is_in || is_merge)
        note(contained, is_in ? FA_CONTAINED_ANCESTRY : FA_CONTAINED_PATCH,
             is_in ? change : revision);
    for (guint i = 0; i < log->commits->len; i++)
        follow(contained, g_ptr_array_index(log->commits, i), names, reverters);
    return true;
}
