#include "app/keep.h"

#include <string.h>

#include "app/assemble.h"
#include "base/error.h"
#include "site/compose.h"
#include "site/slot.h"
#include "store/store.h"
#include "sys/fs.h"

#define BUILDS_KEPT 5

/* A checkout that is worked on is none of the store's. */
static void
add_path(GHashTable *names, const char *store, const char *path)
{
    g_autofree char *folder = g_path_get_dirname(path);
    if (strcmp(folder, store) == 0)
        g_hash_table_add(names, g_path_get_basename(path));
}

static bool
add_build(GHashTable *names, const char *store, const FaLayout *layout, const char *build,
          GError **error)
{
    g_autoptr(GPtrArray) outs = fa_compose_list_outs(layout, build, error);
    for (guint i = 0; outs != NULL && i < outs->len; i++)
        add_path(names, store, g_ptr_array_index(outs, i));
    return outs != NULL;
}

static bool
check_plan(const GPtrArray *plan, GError **error)
{
    for (guint i = 0; plan != NULL && i < plan->len; i++) {
        const FaAssembled *built = g_ptr_array_index(plan, i);
        if (!fa_fs_exists(built->path))
            return fa_fail(error, FA_ERROR_CONFLICT,
                           "'%s' was removed by somebody else\nhelp: run the command again",
                           built->path);
    }
    return true;
}

bool
fa_keep_builds(const FaContext *context, const FaLayout *layout, const GPtrArray *plan,
               GError **error)
{
    g_autoptr(FaStore) store = fa_store_open(fa_context_get_home(context), error);
    g_autoptr(GPtrArray) builds = store != NULL ? fa_layout_list_builds(layout, error) : NULL;
    if (builds == NULL)
        return false;

    g_autofree char *folder = fa_store_path(store, NULL);
    g_autofree char *id = g_strdup_printf("%s.%s", layout->environment, layout->site);
    g_autoptr(GHashTable) names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (guint i = 0; i < builds->len; i++) {
        const FaBuildName *build = g_ptr_array_index(builds, i);
        if (!add_build(names, folder, layout, build->name, error))
            return false;
    }
    for (guint i = 0; plan != NULL && i < plan->len; i++)
        add_path(names, folder, ((const FaAssembled *)g_ptr_array_index(plan, i))->path);

    g_autofree char **list = (char **)g_hash_table_get_keys_as_array(names, NULL);
    return fa_store_add_root(store, "environment", id, (const char *const *)list, error) &&
           check_plan(plan, error);
}

bool
fa_keep_drop_old(const FaContext *context, const FaLayout *layout, GError **error)
{
    g_autoptr(GPtrArray) builds = fa_layout_list_builds(layout, error);
    if (builds == NULL)
        return false;
    g_autofree char *first = fa_slot_get_build(layout, FA_SLOT_A);
    g_autofree char *second = fa_slot_get_build(layout, FA_SLOT_B);
    const char *const in_use[] = {first != NULL ? first : second, second, NULL};
    g_autoptr(GPtrArray) old = fa_layout_builds_to_drop(builds, BUILDS_KEPT, in_use);
    for (guint i = 0; i < old->len; i++) {
        if (!fa_compose_drop(layout, g_ptr_array_index(old, i), error))
            return false;
    }
    return old->len == 0 || fa_keep_builds(context, layout, NULL, error);
}
