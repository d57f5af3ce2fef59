#include "source/git-log.h"

#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "source/git-mirror.h"

#define SHORT_HEX 12
#define FIELDS    4
#define FILES_MAX 10000 /* of one commit */

bool
fa_git_read(FaSource *source, const char *const *arguments, const char *input, size_t input_length,
            FaCancel *cancel, char **ret_output, size_t *ret_length, GError **error)
{
    size_t length = 0;
    const FaProgram program = {
        .input = input, .input_length = input_length, .output_length = &length, .cancel = cancel};
    g_autofree char *output = NULL, *message = NULL;
    int status = 0;

    if (!fa_git_mirror_program(source, arguments, false, &program, &status, &output, &message,
                               error))
        return false;
    if (status != 0)
        return fa_program_fail(source, "read the history of", message, error);
    if (length >= FA_GIT_OUTPUT_MAX)
        return fa_fail(error, FA_ERROR_REFUSED,
                       "the history of '%s' that was asked for is longer than %d MB\nhelp: name "
                       "revisions that are nearer to each other",
                       source->shown, FA_GIT_OUTPUT_MAX / 1024 / 1024);

    *ret_output = g_steal_pointer(&output);
    *ret_length = length;
    return true;
}

bool
fa_git_is_ancestor(FaSource *source, const char *ancestor, const char *revision, FaCancel *cancel,
                   bool *ret_is_ancestor, GError **error)
{
    const char *const arguments[] = {"merge-base", "--is-ancestor", ancestor, revision, NULL};
    const FaProgram program = {.cancel = cancel};
    g_autofree char *message = NULL;
    int status = 0;

    if (!fa_git_need_commit(source, ancestor, cancel, error) ||
        !fa_git_need_commit(source, revision, cancel, error) ||
        !fa_git_mirror_program(source, arguments, true, &program, &status, NULL, &message, error))
        return false;
    if (status > 1)
        return fa_program_fail(source, "compare commits of", message, error);
    *ret_is_ancestor = status == 0;
    return true;
}

/* The fields end with a NUL, which no message of a commit can have. */
static void
read_commits(const char *output, size_t length, FaSourceLog *log)
{
    const char *field[FIELDS], *end = output + length;
    size_t count = 0;

    for (const char *at = output; at < end; at += strlen(at) + 1) {
        field[count++] = at;
        if (count < FIELDS)
            continue;
        count = 0;
        int64_t time = 0;
        g_autofree char *shown = g_strndup(field[0], SHORT_HEX);
        fa_parse_int64(field[2], 0, FA_TIME_MAX, &time);
        g_ptr_array_add(log->commits,
                        fa_source_commit_new(field[0], shown, field[1], time, field[3]));
    }
}

/* (transfer full) "FROM..TO", or "TO" alone. */
static char *
make_range(const FaSourceRange *range)
{
    return range->from != NULL ? g_strconcat(range->from, "..", range->to, NULL)
                               : g_strdup(range->to);
}

/*
 * Each word ends with a NUL; the first name of a commit comes after a line feed. A name cannot pass for a commit: it
 * begins with the path that was asked for, which has no control characters.
 */
static void
read_files(const char *output, size_t length, GHashTable *commits)
{
    FaSourceCommit *commit = NULL;

    for (const char *at = output; at < output + length; at += strlen(at) + 1) {
        const char *word = *at == '\n' ? at + 1 : at;
        if (*word == '\1') {
            commit = g_hash_table_lookup(commits, word + 1);
            continue;
        }
        if (*word == '\0' || commit == NULL || commit->files->len >= FILES_MAX)
            continue;
        g_ptr_array_add(commit->files, fa_text_sanitize(word, strlen(word)));
    }
}

/* Merges are shown with what they have of neither side. */
static bool
add_files(FaSource *source, const FaSourceRange *range, FaCancel *cancel, FaSourceLog *log,
          GError **error)
{
    g_autofree char *words = make_range(range);
    g_autofree char *output = NULL;
    size_t length = 0;
    const char *const arguments[] = {"--literal-pathspecs",
                                     "-c",
                                     "log.showSignature=false",
                                     "log",
                                     "-z",
                                     "--format=%x01%H",
                                     "--name-only",
                                     "--no-renames",
                                     "--full-history",
                                     "-c",
                                     words,
                                     "--",
                                     range->path,
                                     NULL};
    g_autoptr(GHashTable) commits = g_hash_table_new(g_str_hash, g_str_equal);

    if (!fa_git_read(source, arguments, NULL, 0, cancel, &output, &length, error))
        return false;
    for (guint i = 0; i < log->commits->len; i++) {
        FaSourceCommit *commit = g_ptr_array_index(log->commits, i);
        g_hash_table_insert(commits, commit->id, commit);
    }
    read_files(output, length, commits);
    return true;
}

bool
fa_git_log(FaSource *source, const FaSourceRange *range, FaCancel *cancel, FaSourceLog *log,
           GError **error)
{
    g_autofree char *words = make_range(range);
    g_autofree char *count = g_strdup_printf("--max-count=%zu", range->limit + 1);
    g_autofree char *output = NULL;
    size_t length = 0;
    const char *const arguments[] = {"-c",
                                     "log.showSignature=false",
                                     "log",
                                     "-z",
                                     "--reverse",
                                     "--topo-order",
                                     "--no-color",
                                     "--no-decorate",
                                     "--no-mailmap",
                                     "--no-notes",
                                     "--encoding=UTF-8",
                                     count,
                                     "--format=%H%x00%an%x00%ct%x00%B",
                                     words,
                                     "--",
                                     NULL};

    if (!fa_git_need_commit(source, range->to, cancel, error) ||
        (range->from != NULL && !fa_git_need_commit(source, range->from, cancel, error)) ||
        !fa_git_read(source, arguments, NULL, 0, cancel, &output, &length, error))
        return false;
    read_commits(output, length, log);
    log->is_cut = log->commits->len > range->limit;
    if (log->is_cut)
        g_ptr_array_remove_index(log->commits, 0);
    return range->path == NULL || add_files(source, range, cancel, log, error);
}
