#include "app/develop.h"

#include <errno.h>
#include <unistd.h>

#include "app/ledger.h"
#include "base/error.h"
#include "source/source.h"
#include "source/work.h"
#include "sys/fs.h"
#include "sys/lock.h"
#include "sys/spawn.h"

#define PREPARE_SECONDS 1800

static char *
link_of(const char *home, const char *component)
{
    return g_build_filename(home, "develop", component, NULL);
}

char *
fa_develop_get_checkout(const char *home, const char *component)
{
    g_autofree char *link = link_of(home, component);
    g_autofree char *checkout = fa_fs_exists(link) ? fa_fs_read_symlink(link, NULL) : NULL;
    return checkout != NULL && fa_fs_is_directory(checkout) ? g_steal_pointer(&checkout) : NULL;
}

/* A branch's name may hold '/'; the folder of a checkout is one level. */
static char *
folder_of(const char *branch)
{
    return g_strdelimit(g_strdup(branch), "/", '-');
}

static bool
prepare(const FaRecipe *recipe, const char *checkout, FaCancel *cancel, GError **error)
{
    if (recipe->develop.text == NULL)
        return true;
    const char *const argv[] = {"/bin/sh", "-euc", recipe->develop.text, NULL};
    FaSpawn spawn = {
        .argv = argv, .directory = checkout, .timeout = PREPARE_SECONDS, .cancel = cancel};
    g_auto(FaSpawnResult) result = {0};
    if (fa_spawn_check(&spawn, &result, error))
        return true;
    g_prefix_error(error, "cannot prepare '%s': ", checkout);
    return false;
}

static bool
make_checkout(const FaContext *context, const FaRecipe *recipe, const char *branch,
              const char *checkout, FaCancel *cancel, GError **error)
{
    const FaProduct *product = fa_context_get_product(context);
    g_autofree char *parent = g_path_get_dirname(checkout);
    g_autoptr(FaSource) source = NULL;
    if (fa_fs_is_directory(checkout))
        return true;
    if (recipe->source.kind == FA_SOURCE_NONE)
        return fa_fail(error, FA_ERROR_REFUSED, "'%s' has no source to work on", recipe->name);
    source = fa_source_open(&recipe->source, product->sources, fa_context_get_home(context), error);
    return source != NULL && fa_fs_make_directory(parent, 0755, error) &&
           fa_source_clone_for_work(source, branch, checkout, cancel, error);
}

/* (transfer full) (nullable) What went wrong with it. */
static char *
record(const FaContext *context, FaEventKind kind, const char *component, const char *checkout)
{
    const char *home = fa_context_get_home(context);
    g_autofree char *path = fa_home_ledger_path(home, checkout);
    JsonObject *payload = json_object_new();
    json_object_set_string_member(payload, "checkout", path);
    return fa_home_ledger_record(home, fa_context_get_actor(context), kind, component, payload);
}

bool
fa_develop_begin(const FaContext *context, const char *component, const char *branch,
                 FaCancel *cancel, char **ret_checkout, char **ret_warning, GError **error)
{
    const char *home = fa_context_get_home(context);
    const FaRecipe *recipe = fa_context_find_component(context, component, error);
    if (recipe == NULL)
        return false;
    /* A folder is worked on where it is. */
    if (recipe->source.kind == FA_SOURCE_DIRECTORY)
        return fa_fail(
            error, FA_ERROR_REFUSED,
            "'%s' comes from the folder '%s', which is used as it is\nhelp: edit it there",
            component, recipe->source.location);

    const char *wanted = branch != NULL ? branch : recipe->source.trunk;
    g_autofree char *folder = folder_of(wanted != NULL ? wanted : "trunk");
    g_autofree char *checkout = g_build_filename(home, "src", component, folder, NULL);
    g_autofree char *lock_path = g_build_filename(home, "src", ".develop.lock", NULL);
    g_autofree char *sources = g_build_filename(home, "src", NULL);
    g_autofree char *links = g_build_filename(home, "develop", NULL);
    if (!fa_fs_make_directory(sources, 0755, error) || !fa_fs_make_directory(links, 0755, error))
        return false;
    g_autoptr(FaLock) lock = fa_lock_take(lock_path, FA_LOCK_EXCLUSIVE, "making a checkout", -1,
                                          NULL, NULL, cancel, error);
    g_autofree char *link = link_of(home, component);
    if (lock == NULL || !make_checkout(context, recipe, branch, checkout, cancel, error) ||
        !prepare(recipe, checkout, cancel, error) || !fa_fs_switch_symlink(link, checkout, error))
        return false;
    *ret_warning = record(context, FA_EVENT_COMPONENT_DEVELOP, component, checkout);
    *ret_checkout = g_steal_pointer(&checkout);
    return true;
}

bool
fa_develop_end(const FaContext *context, const char *component, char **ret_checkout,
               char **ret_warning, GError **error)
{
    const char *home = fa_context_get_home(context);
    if (fa_context_find_component(context, component, error) == NULL)
        return false;

    g_autofree char *link = link_of(home, component);
    g_autofree char *checkout = fa_develop_get_checkout(home, component);
    if (unlink(link) != 0 && errno != ENOENT)
        return fa_fail_errno(error, errno, "cannot remove '%s'", link);
    *ret_warning =
        checkout != NULL ? record(context, FA_EVENT_COMPONENT_PINNED, component, checkout) : NULL;
    *ret_checkout = g_steal_pointer(&checkout);
    return true;
}

JsonArray *
fa_develop_list(const FaContext *context, FaCancel *cancel, GError **error)
{
    const GPtrArray *components = fa_context_get_product(context)->components;
    g_autoptr(JsonArray) list = json_array_new();
    for (guint i = 0; i < components->len; i++) {
        const FaRecipe *recipe = g_ptr_array_index(components, i);
        g_autofree char *checkout =
            fa_develop_get_checkout(fa_context_get_home(context), recipe->name);
        g_auto(FaWork) work = {0};
        if (checkout == NULL)
            continue;
        if (!fa_work_look(checkout, cancel, &work, error))
            return NULL;
        JsonObject *one = json_object_new();
        json_object_set_string_member(one, "component", recipe->name);
        json_object_set_string_member(one, "checkout", checkout);
        if (work.branch != NULL)
            json_object_set_string_member(one, "branch", work.branch);
        else
            json_object_set_null_member(one, "branch");
        json_object_set_int_member(one, "changed", work.changed);
        json_object_set_int_member(one, "ahead", work.ahead);
        json_array_add_object_element(list, one);
    }
    return g_steal_pointer(&list);
}
