#include "app/new.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/text.h"
#include "sys/fs.h"
#include "sys/spawn.h"

/* An example's repositories/ tells the history of git repositories; its script `make` makes them. */
#define REPOSITORIES      "repositories"
#define REPOSITORIES_MAKE "make"
#define MAKE_SECONDS      120

/* (transfer full) (nullable) The folder of the examples: of a build folder in the source tree, or installed. */
static char *
find_examples(GError **error)
{
    g_autofree char *program = fa_fs_read_symlink("/proc/self/exe", error);
    if (program == NULL)
        return NULL;

    g_autofree char *folder = g_path_get_dirname(program);
    const char *const places[] = {"../examples", "../../examples", "../share/fassembler/examples",
                                  NULL};
    for (const char *const *place = places; *place != NULL; place++) {
        g_autofree char *joined = g_build_filename(folder, *place, NULL);
        g_autofree char *path = fa_fs_absolute(joined);
        if (fa_fs_is_directory(path))
            return g_steal_pointer(&path);
    }
    fa_fail(error, FA_ERROR_NOT_FOUND, "no examples beside '%s'\nhelp: install fassembler whole",
            program);
    return NULL;
}

char **
fa_new_list_examples(GError **error)
{
    g_autofree char *examples = find_examples(error);
    return examples != NULL ? fa_fs_list(examples, error) : NULL;
}

static bool
find_example(const char *name, char **ret_path, GError **error)
{
    g_autofree char *examples = find_examples(error);
    g_auto(GStrv) names = examples != NULL ? fa_fs_list(examples, error) : NULL;
    if (names == NULL)
        return false;
    if (g_strv_contains((const char *const *)names, name)) {
        *ret_path = g_build_filename(examples, name, NULL);
        return true;
    }

    const char *nearest = fa_text_nearest(name, (const char *const *)names);
    g_autofree char *all = g_strjoinv(", ", names);
    if (nearest != NULL)
        return fa_fail(error, FA_ERROR_NOT_FOUND, "no example '%s'\nhelp: did you mean '%s'?", name,
                       nearest);
    return fa_fail(error, FA_ERROR_NOT_FOUND, "no example '%s'\nhelp: one of %s", name, all);
}

/* An empty folder may be there already; anything else is somebody's. */
static bool
check_is_free(const char *directory, GError **error)
{
    if (!fa_fs_exists(directory))
        return true;
    g_auto(GStrv) names = fa_fs_is_directory(directory) ? fa_fs_list(directory, error) : NULL;
    if (names != NULL && *names == NULL)
        return true;
    g_clear_error(error);
    return fa_fail(error, FA_ERROR_CONFLICT,
                   "'%s' is there already\nhelp: name a folder that does not exist", directory);
}

/* In place of the histories that the example told, the product gets the repositories that they make. */
static bool
make_repositories(const char *example, const char *product, FaCancel *cancel, GError **error)
{
    g_autofree char *histories = g_build_filename(example, REPOSITORIES, NULL);
    g_autofree char *script = g_build_filename(histories, REPOSITORIES_MAKE, NULL);
    g_autofree char *target = g_build_filename(product, REPOSITORIES, NULL);
    if (!fa_fs_exists(script))
        return true;
    if (!fa_fs_remove_tree(target, error) || !fa_fs_make_directory(target, 0755, error))
        return false;

    const char *const argv[] = {"sh", script, histories, target, NULL};
    FaSpawn spawn = {.argv = argv, .timeout = MAKE_SECONDS, .cancel = cancel};
    g_auto(FaSpawnResult) result = {0};
    if (fa_spawn_check(&spawn, &result, error))
        return true;
    g_prefix_error(error, "cannot make the example's repositories: ");
    return false;
}

static bool
publish(const char *staging, const char *directory, GError **error)
{
    if (rename(staging, directory) != 0)
        return fa_fail_errno(error, errno, "cannot make '%s'", directory);
    return true;
}

bool
fa_new_product(const char *directory, const char *example, FaCancel *cancel, GError **error)
{
    g_autofree char *target = fa_fs_absolute(directory);
    g_autofree char *parent = g_path_get_dirname(target);
    g_autofree char *from = NULL;
    if (!find_example(example, &from, error) || !check_is_free(target, error) ||
        !fa_fs_make_directory(parent, 0755, error))
        return false;

    g_autofree char *room = fa_fs_make_temporary(parent, ".fassembler-new-", error);
    if (room == NULL)
        return false;
    g_autofree char *staging = g_build_filename(room, "product", NULL);
    bool is_made = fa_fs_copy_tree(from, staging, error) &&
                   make_repositories(from, staging, cancel, error) &&
                   fa_cancel_check(cancel, error) && publish(staging, target, error);
    g_autoptr(GError) ignored = NULL;
    fa_fs_remove_tree(room, &ignored);
    return is_made;
}
