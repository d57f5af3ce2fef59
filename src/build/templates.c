#include "build/templates.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "sys/fs.h"

#define DEPTH_MAX 32
#define FILES_MAX 10000

static int
compare(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool
add(const char *path, const char *inside, unsigned depth, GPtrArray *files, GError **error)
{
    g_autofree char *full = *inside != '\0' ? g_build_filename(path, inside, NULL) : g_strdup(path);
    struct stat status;
    if (lstat(full, &status) != 0)
        return fa_fail_errno(error, errno, "cannot open '%s'", full);
    if (S_ISREG(status.st_mode)) {
        g_ptr_array_add(files, g_strdup(inside));
        return files->len <= FILES_MAX ||
               fa_fail(error, FA_ERROR_REFUSED, "'%s' holds more than %d templates", path,
                       FILES_MAX);
    }
    if (!S_ISDIR(status.st_mode) || depth == DEPTH_MAX)
        return fa_fail(error, FA_ERROR_REFUSED, "'%s' cannot be a template", full);
    g_auto(GStrv) names = fa_fs_list(full, error);
    for (char **name = names; name != NULL && *name != NULL; name++) {
        g_autofree char *next =
            *inside != '\0' ? g_build_filename(inside, *name, NULL) : g_strdup(*name);
        if (!add(path, next, depth + 1, files, error))
            return false;
    }
    return names != NULL;
}

GPtrArray *
fa_templates_list(const char *path, GError **error)
{
    g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func(g_free);
    if (!add(path, "", 0, files, error))
        return NULL;
    g_ptr_array_sort(files, compare);
    return g_steal_pointer(&files);
}
