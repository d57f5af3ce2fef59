#include "app/trusted.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "sys/fs.h"

#define OTHERS (S_IWGRP | S_IWOTH)

static bool
check_place(const char *path, GError **error)
{
    struct stat status;
    if (stat(path, &status) != 0)
        return errno == ENOENT || fa_fail_errno(error, errno, "cannot look at '%s'", path);
    bool is_ours = status.st_uid == geteuid() || status.st_uid == 0;
    /* Where everybody may make files but move only their own, as in /tmp, ours stay where they are. */
    bool is_shared = S_ISDIR(status.st_mode) && (status.st_mode & S_ISVTX) != 0;
    if (is_ours && ((status.st_mode & OTHERS) == 0 || is_shared))
        return true;
    return fa_fail(error, FA_ERROR_DENIED,
                   "'%s' can be written by others than the home's user, who could give themselves "
                   "any role\nhelp: give it to that user, and 'chmod go-w' it",
                   path);
}

/* Who can write to a folder above can put another in its place. */
static bool
check_above(const char *path, GError **error)
{
    g_autofree char *place = g_strdup(path);
    for (;;) {
        if (!check_place(place, error))
            return false;
        if (strcmp(place, "/") == 0)
            return true;
        char *parent = g_path_get_dirname(place);
        g_free(place);
        place = parent;
    }
}

static bool
check_inside(const char *directory, const char *name, GError **error)
{
    g_autofree char *path = g_build_filename(directory, name, NULL);
    if (!check_place(path, error))
        return false;
    g_auto(GStrv) names = fa_fs_is_directory(path) ? fa_fs_list(path, NULL) : NULL;
    for (char **one = names; one != NULL && *one != NULL; one++) {
        g_autofree char *file = g_build_filename(path, *one, NULL);
        if (!check_place(file, error))
            return false;
    }
    return true;
}

bool
fa_trusted_check(const FaContext *context, GError **error)
{
    static const char *const names[] = {"fassembler.yaml", "fassembler.lock", "components", "sites",
                                        NULL};
    const char *directory = fa_context_get_product(context)->directory;
    g_autofree char *real = fa_fs_real(directory, error);
    g_autofree char *home = real != NULL ? fa_fs_real(fa_context_get_home(context), error) : NULL;
    if (home == NULL || !check_above(home, error) || !check_above(real, error))
        return false;
    for (const char *const *name = names; *name != NULL; name++) {
        if (!check_inside(directory, *name, error))
            return false;
    }
    return true;
}
