#include "base/error.h"
#include "source/backend.h"
#include "sys/fs.h"

/* The part that the recipe asks for is in the path from the start, since it is read in place. */
static bool
check(FaSource *source, GError **error)
{
    if (!source->is_local)
        return fa_fail(error, FA_ERROR_CONFIG, "'%s' is not the path of a directory",
                       source->shown);
    if (source->spec.subdirectory == NULL)
        return true;

    g_autofree char *whole = g_steal_pointer(&source->where);
    source->where = g_build_filename(whole, source->spec.subdirectory, NULL);
    g_clear_pointer(&source->spec.subdirectory, g_free);
    g_free(source->shown);
    source->shown = g_strdup(source->where);
    return true;
}

static bool
resolve(FaSource *source, const char *wanted, bool offline, FaCancel *cancel, char **ret_revision,
        GError **error)
{
    if (wanted != NULL && !g_str_equal(wanted, "directory"))
        return fa_fail(error, FA_ERROR_CONFIG, "directory '%s' has no revision '%s'", source->shown,
                       wanted);
    if (!fa_fs_is_directory(source->where))
        return fa_fail(error, FA_ERROR_NOT_FOUND,
                       "no directory '%s'\nhelp: check the location in the recipe", source->shown);

    *ret_revision = g_strdup("directory");
    return true;
}

static bool
fetch(FaSource *source, const char *revision, const char *target, FaCancel *cancel, int log_fd,
      GError **error)
{
    g_autofree char *checked = NULL;
    return resolve(source, revision, true, cancel, &checked, error) &&
           fa_fs_copy_tree(source->where, target, error);
}

static bool
describe(FaSource *source, const char *revision, char **ret_version, FaTime *ret_committed,
         GError **error)
{
    *ret_version = g_strdup("directory");
    *ret_committed = 0;
    return true;
}

const FaSourceBackend fa_source_directory = {
    .check = check,
    .resolve = resolve,
    .fetch = fetch,
    .describe = describe,
};
