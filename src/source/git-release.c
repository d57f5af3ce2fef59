#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "source/backend.h"
#include "source/git-log.h"
#include "source/git-mirror.h"

#define REFS_MAX 100000

/* git has the last word on names. */
static bool
check_ref(FaSource *source, const char *ref, const char *name, FaCancel *cancel, GError **error)
{
    const char *const argv[] = {"git", "check-ref-format", ref, NULL};
    int status = 0;

    if (!fa_git_run(source, argv, cancel, &status, NULL, error))
        return false;
    if (status == 0 && !fa_git_is_commit(name))
        return true;
    return fa_fail(error, FA_ERROR_USAGE,
                   "'%s' is not a name that git allows\nhelp: use letters, digits, '.', '-', "
                   "'_' and '/'",
                   name);
}

static bool
fail_elsewhere(FaSource *source, const FaMark *mark, const char *there, FaCancel *cancel,
               GError **error)
{
    const char *what = mark->is_tag ? "tag" : "branch";
    bool went_on = false;

    if (!mark->is_tag &&
        !fa_history_git.is_ancestor(source, mark->revision, there, cancel, &went_on, error))
        return false;
    return fa_fail(error, FA_ERROR_CONFLICT, "%s '%s' of '%s' is at '%s', not at '%s'\nhelp: %s",
                   what, mark->name, source->shown, there, mark->revision,
                   went_on ? "somebody committed to it since; take what it has now, or another name"
                           : "it was made for something else; take another name");
}

/* In @ref of the mirror: *ret_is_there, or CONFLICT when it is elsewhere. */
static bool
look(FaSource *source, const FaMark *mark, const char *ref, FaCancel *cancel, bool *ret_is_there,
     GError **error)
{
    g_autofree char *there = NULL;

    if (!fa_git_look_up(source, "", ref, true, cancel, &there, error))
        return false;
    if (there != NULL && !g_str_equal(there, mark->revision))
        return fail_elsewhere(source, mark, there, cancel, error);
    *ret_is_there = there != NULL;
    return true;
}

/*
 * A lease on nothing: the server makes the name only where there is none, whoever else pushes meanwhile. What a person
 * has configured about pushes (hooks, signatures, tags that follow) is for their own work.
 */
static bool
push(FaSource *source, const FaMark *mark, const char *ref, FaCancel *cancel, char **ret_message,
     GError **error)
{
    g_autofree char *lease = g_strconcat("--force-with-lease=", ref, ":", NULL);
    g_autofree char *refspec = g_strconcat(mark->revision, ":", ref, NULL);
    const char *const arguments[] = {"-c",
                                     "core.hooksPath=/dev/null",
                                     "push",
                                     "--quiet",
                                     "--porcelain",
                                     "--no-verify",
                                     "--no-follow-tags",
                                     "--no-signed",
                                     lease,
                                     "origin",
                                     refspec,
                                     NULL};
    const FaProgram program = {.cancel = cancel};
    g_autofree char *output = NULL, *message = NULL;
    int status = 0;

    if (!fa_git_mirror_program(source, arguments, false, &program, &status, &output, &message,
                               error))
        return false;
    *ret_message = status != 0 ? g_strconcat(message, output, NULL) : NULL;
    return true;
}

static bool
make_pushed(FaSource *source, const FaMark *mark, const char *ref, FaCancel *cancel,
            FaSourceMade *ret_made, GError **error)
{
    g_autofree char *message = NULL;
    bool is_there = false;

    if (!fa_git_mirror_update(source, mark->revision, cancel, -1, error) ||
        !fa_git_need_commit(source, mark->revision, cancel, error) ||
        !look(source, mark, ref, cancel, &is_there, error))
        return false;
    if (is_there) {
        *ret_made = FA_MADE_BEFORE;
        return true;
    }
    if (!push(source, mark, ref, cancel, &message, error))
        return false;
    if (message == NULL) {
        *ret_made = FA_MADE_NEW;
        /* The next fetch would bring it, but it is to be seen now. */
        return fa_git_mirror_set_ref(source, ref, mark->revision, cancel, error);
    }

    /* Somebody may have made it between our look and our push, perhaps just what we wanted. */
    if (!fa_git_mirror_update(source, NULL, cancel, -1, error) ||
        !look(source, mark, ref, cancel, &is_there, error))
        return false;
    if (!is_there)
        return fa_program_fail(source, mark->is_tag ? "tag" : "make a branch in", message, error);
    *ret_made = FA_MADE_BEFORE;
    return true;
}

static bool
make_local(FaSource *source, const FaMark *mark, const char *ref, FaCancel *cancel,
           FaSourceMade *ret_made, GError **error)
{
    g_autofree char *local = g_strconcat(FA_GIT_LOCAL, ref + strlen("refs/"), NULL);
    bool is_there = false, is_here = false;

    if (!fa_git_need_commit(source, mark->revision, cancel, error) ||
        !look(source, mark, ref, cancel, &is_there, error) ||
        !look(source, mark, local, cancel, &is_here, error))
        return false;
    if (!is_there && !is_here &&
        !fa_git_mirror_set_ref(source, local, mark->revision, cancel, error))
        return false;
    *ret_made = is_there || is_here ? FA_MADE_BEFORE : FA_MADE_NEW;
    return true;
}

static bool
mark_revision(FaSource *source, const FaMark *mark, FaCancel *cancel, FaSourceMade *ret_made,
              GError **error)
{
    g_autofree char *ref =
        g_strconcat(mark->is_tag ? "refs/tags/" : "refs/heads/", mark->name, NULL);

    if (!check_ref(source, ref, mark->name, cancel, error))
        return false;
    return mark->push ? make_pushed(source, mark, ref, cancel, ret_made, error)
                      : make_local(source, mark, ref, cancel, ret_made, error);
}

static bool
get_ready(FaSource *source, bool offline, FaCancel *cancel, GError **error)
{
    if (!offline)
        return fa_git_mirror_update(source, NULL, cancel, -1, error);
    if (fa_git_mirror_exists(source))
        return true;
    return fa_fail(error, FA_ERROR_NOT_FOUND,
                   "'%s' was never fetched\nhelp: allow the network once", source->shown);
}

static bool
tip(FaSource *source, const char *branch, bool offline, FaCancel *cancel, char **ret_revision,
    GError **error)
{
    g_autofree char *found = NULL, *ref = g_strconcat("refs/heads/", branch, NULL);

    if (!check_ref(source, ref, branch, cancel, error) ||
        !get_ready(source, offline, cancel, error) ||
        !fa_git_look_up(source, "refs/heads/", branch, true, cancel, &found, error))
        return false;
    if (found == NULL &&
        !fa_git_look_up(source, FA_GIT_LOCAL "heads/", branch, true, cancel, &found, error))
        return false;
    if (found == NULL)
        return fa_fail(error, FA_ERROR_NOT_FOUND, "'%s' has no branch '%s'", source->shown, branch);

    *ret_revision = g_steal_pointer(&found);
    return true;
}

/* An annotated tag is called by the commit that it is for. */
static bool
add_line(FaSource *source, GPtrArray *refs, const char *line, GError **error)
{
    static const struct {
        const char *start;
        bool is_tag, is_local;
    } places[] = {{"refs/heads/", false, false},
                  {"refs/tags/", true, false},
                  {FA_GIT_LOCAL "heads/", false, true},
                  {FA_GIT_LOCAL "tags/", true, true}};
    g_auto(GStrv) words = g_strsplit(line, " ", 5);
    g_autofree char *pattern = fa_source_branch_name(source, "*");

    if (g_strv_length(words) < 4)
        return true;
    bool is_peeled = *words[2] != '\0';
    if (!g_str_equal(words[is_peeled ? 3 : 1], "commit"))
        return true;
    if (refs->len >= REFS_MAX)
        return fa_fail(error, FA_ERROR_REFUSED, "'%s' has more than %d branches and tags",
                       source->shown, REFS_MAX);
    for (size_t i = 0; i < G_N_ELEMENTS(places); i++) {
        if (!g_str_has_prefix(words[4], places[i].start))
            continue;
        const char *name = words[4] + strlen(places[i].start);
        if (places[i].is_tag || g_pattern_match_simple(pattern, name))
            fa_source_add_ref(refs, name, words[is_peeled ? 2 : 0], places[i].is_tag,
                              places[i].is_local);
    }
    return true;
}

static bool
list(FaSource *source, bool offline, FaCancel *cancel, GPtrArray *refs, GError **error)
{
    const char *const arguments[] = {
        "for-each-ref",
        "--format=%(objectname) %(objecttype) %(*objectname) %(*objecttype) %(refname)",
        "refs/heads",
        "refs/tags",
        FA_GIT_LOCAL,
        NULL};
    g_autofree char *output = NULL;
    int status = 0;

    if (!get_ready(source, offline, cancel, error) ||
        !fa_git_mirror_run(source, arguments, true, cancel, &status, &output, error))
        return false;
    if (status != 0)
        return fa_fail(error, FA_ERROR_FAILED, "cannot list the branches of '%s'", source->shown);

    g_auto(GStrv) lines = g_strsplit(output, "\n", -1);
    for (char **line = lines; *line != NULL; line++)
        if (!add_line(source, refs, *line, error))
            return false;
    return true;
}

const FaHistoryBackend fa_history_git = {
    .is_revision = fa_git_is_commit,
    .mark = mark_revision,
    .tip = tip,
    .list = list,
    .log = fa_git_log,
    .contains = fa_git_contains,
    .is_ancestor = fa_git_is_ancestor,
};
