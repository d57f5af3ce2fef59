#include "source/work.h"

#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "sys/fs.h"
#include "sys/spawn.h"

#define SECONDS    60
#define OUTPUT_MAX (16 * 1024 * 1024)

void
fa_work_clear(FaWork *work)
{
    g_clear_pointer(&work->branch, g_free);
}

/* (transfer full) (nullable) The lines that it prints. */
static char **
run(const char *const *argv, const char *checkout, FaCancel *cancel, GError **error)
{
    const FaSpawn spawn = {.argv = argv,
                           .directory = checkout,
                           .output_limit = OUTPUT_MAX,
                           .timeout = SECONDS,
                           .cancel = cancel};
    g_auto(FaSpawnResult) result = {0};
    if (!fa_spawn_check(&spawn, &result, error))
        return NULL;
    return g_strsplit(g_strchomp(result.output), "\n", -1);
}

/* "+3 -1" */
static unsigned
read_ahead(const char *text)
{
    unsigned ahead = 0;
    g_autofree char *number = g_strndup(text + 1, strcspn(text + 1, " "));
    return text[0] == '+' && fa_parse_uint(number, 0, G_MAXUINT, &ahead) ? ahead : 0;
}

static bool
look_git(const char *checkout, FaCancel *cancel, FaWork *work, GError **error)
{
    static const char head[] = "# branch.head ", ab[] = "# branch.ab ";
    const char *const argv[] = {"git",    "--no-optional-locks", "-c",       "core.fsmonitor=false",
                                "status", "--porcelain=v2",      "--branch", NULL};
    g_auto(GStrv) lines = run(argv, checkout, cancel, error);
    if (lines == NULL)
        return false;
    for (char **line = lines; *line != NULL; line++) {
        if (g_str_has_prefix(*line, head))
            work->branch = fa_text_sanitize(*line + strlen(head), strlen(*line) - strlen(head));
        else if (g_str_has_prefix(*line, ab))
            work->ahead = read_ahead(*line + strlen(ab));
        else if (**line != '#' && **line != '\0')
            work->changed++;
    }
    return true;
}

static bool
look_svn(const char *checkout, FaCancel *cancel, FaWork *work, GError **error)
{
    const char *const info[] = {"svn", "info", "--show-item", "relative-url", "--non-interactive",
                                NULL};
    const char *const status[] = {"svn", "status", "--non-interactive", NULL};
    g_auto(GStrv) where = run(info, checkout, cancel, error);
    g_auto(GStrv) lines = where != NULL ? run(status, checkout, cancel, error) : NULL;
    if (lines == NULL)
        return false;
    if (where[0] != NULL)
        work->branch = fa_text_sanitize(where[0], strlen(where[0]));
    for (char **line = lines; *line != NULL; line++)
        work->changed += **line != '\0' ? 1 : 0;
    return true;
}

bool
fa_work_look(const char *checkout, FaCancel *cancel, FaWork *ret_work, GError **error)
{
    g_autofree char *git = g_build_filename(checkout, ".git", NULL);
    g_autofree char *svn = g_build_filename(checkout, ".svn", NULL);
    g_auto(FaWork) work = {0};
    if (fa_fs_exists(git) ? !look_git(checkout, cancel, &work, error)
                          : fa_fs_exists(svn) && !look_svn(checkout, cancel, &work, error))
        return false;
    *ret_work = work;
    work = (FaWork){0};
    return true;
}
