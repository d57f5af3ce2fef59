#include "app/migrations.h"

#include <string.h>

#include "app/assemble.h"
#include "app/frozen.h"
#include "base/error.h"
#include "store/store.h"
#include "sys/fs.h"

void
fa_built_release_free(FaBuiltRelease *built)
{
    if (built == NULL)
        return;
    g_clear_pointer(&built->scripts, g_ptr_array_unref);
    g_clear_pointer(&built->context, fa_context_free);
    g_free(built);
}

static bool
add_scripts(FaContext *context, const FaRecipe *recipe, const char *path, GPtrArray *scripts,
            GError **error)
{
    if (recipe->migrations == NULL)
        return true;
    g_autofree char *folder = g_build_filename(path, recipe->migrations, NULL);
    g_autoptr(GPtrArray) own =
        fa_config_load_migrations(recipe->name, folder, fa_context_get_diags(context), error);
    if (own == NULL || !fa_context_check(context, error))
        return false;
    g_ptr_array_extend_and_steal(scripts, g_steal_pointer(&own));
    return true;
}

/* @paths: component -> where it was built. */
static GPtrArray *
list_at(FaContext *context, GHashTable *paths, GError **error)
{
    const FaProduct *product = fa_context_get_product(context);
    g_autoptr(GPtrArray) scripts =
        g_ptr_array_new_with_free_func((GDestroyNotify)fa_migration_script_free);
    for (guint i = 0; i < product->components->len; i++) {
        const FaRecipe *recipe = g_ptr_array_index(product->components, i);
        const char *path = g_hash_table_lookup(paths, recipe->name);
        if (path != NULL && !add_scripts(context, recipe, path, scripts, error))
            return NULL;
    }
    return g_steal_pointer(&scripts);
}

GPtrArray *
fa_migrations_list(FaContext *context, const GPtrArray *plan, GError **error)
{
    g_autoptr(GHashTable) paths = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < plan->len; i++) {
        const FaAssembled *built = g_ptr_array_index(plan, i);
        g_hash_table_insert(paths, built->component, built->path);
    }
    return list_at(context, paths, error);
}

/* (transfer full) (nullable) Component -> path; NULL when something is not in the store. */
static GHashTable *
find_made(const FaContext *host, const FaRelease *release, GError **error)
{
    g_autoptr(FaStore) store = fa_store_open(fa_context_get_home(host), error);
    if (store == NULL)
        return NULL;
    fa_store_leave_untouched(store);
    g_autoptr(GHashTable) paths = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    for (guint i = 0; i < release->made->len; i++) {
        const FaMade *made = g_ptr_array_index(release->made, i);
        g_autofree char *path = fa_store_path(store, made->name);
        if (!fa_fs_is_directory(path))
            return NULL;
        g_hash_table_insert(paths, g_strdup(made->component), g_steal_pointer(&path));
    }
    return g_steal_pointer(&paths);
}

bool
fa_migrations_open(const FaContext *host, const FaState *state, const char *label,
                   const char *environment, FaBuiltRelease **ret_built, GError **error)
{
    const FaRelease *release = fa_releases_find(state->releases, label);
    g_autoptr(GError) failure = NULL;
    *ret_built = NULL;
    if (release == NULL || release->bits == NULL)
        return true;
    g_autoptr(GHashTable) paths = find_made(host, release, &failure);
    if (paths == NULL) {
        if (failure != NULL)
            g_propagate_error(error, g_steal_pointer(&failure));
        return failure == NULL;
    }
    g_autoptr(FaBuiltRelease) built = g_new0(FaBuiltRelease, 1);
    built->context = fa_frozen_open(host, release->label, release->settings, error);
    if (built->context == NULL ||
        !fa_context_choose(built->context, environment, &built->choice, error))
        return false;
    built->scripts = list_at(built->context, paths, error);
    if (built->scripts == NULL)
        return false;
    *ret_built = g_steal_pointer(&built);
    return true;
}

const FaMigrationScript *
fa_migrations_find_script(const GPtrArray *scripts, const FaMigration *migration)
{
    for (guint i = 0; i < scripts->len; i++) {
        const FaMigrationScript *script = g_ptr_array_index(scripts, i);
        if (strcmp(script->migration->component, migration->component) == 0 &&
            strcmp(script->migration->name, migration->name) == 0)
            return script;
    }
    return NULL;
}

FaMigrationPlan *
fa_migrations_plan(const FaMigrationsQuestion *question)
{
    g_autoptr(GPtrArray) executed = g_ptr_array_new();
    g_autoptr(GPtrArray) wanted = g_ptr_array_new();
    for (guint i = 0; i < question->executed->len; i++) {
        FaMigration *migration = g_ptr_array_index(question->executed, i);
        if (fa_product_find_component(question->product, migration->component) != NULL)
            g_ptr_array_add(executed, migration);
    }
    for (guint i = 0; i < question->scripts->len; i++)
        g_ptr_array_add(wanted,
                        ((FaMigrationScript *)g_ptr_array_index(question->scripts, i))->migration);
    FaMigrationPlan *plan = fa_migration_plan(executed, wanted, question->answers);
    if (question->is_first)
        fa_migration_plan_close(plan);
    return plan;
}
