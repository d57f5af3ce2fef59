#include "app/environment.h"

#include <string.h>

#include "app/assemble.h"
#include "app/environment-private.h"
#include "app/explain.h"
#include "app/names.h"
#include "base/error.h"
#include "base/text.h"
#include "build/step.h"
#include "site/database.h"
#include "sys/fs.h"
#include "sys/spawn.h"

/* The names of paths that texts may also write without braces. */
static const char *const path_names[] = {"out", "etc", "var", "run", "log", NULL};

void
fa_environment_free(FaEnvironment *environment)
{
    if (environment == NULL)
        return;
    g_clear_pointer(&environment->values, fa_values_free);
    g_clear_pointer(&environment->names, fa_scope_free);
    g_clear_pointer(&environment->secrets, fa_secrets_free);
    g_clear_pointer(&environment->layout, fa_layout_free);
    g_clear_pointer(&environment->lock, fa_lock_release);
    g_free(environment->password);
    g_free(environment);
}

const FaLayout *
fa_environment_get_layout(const FaEnvironment *environment)
{
    return environment->layout;
}

FaSlot
fa_environment_get_slot(const FaEnvironment *environment)
{
    return environment->slot;
}

const FaProduct *
fa_environment_get_product(const FaEnvironment *environment)
{
    return fa_context_get_product(environment->context);
}

char *
fa_environment_name_process(const FaEnvironment *environment, const FaRecipe *recipe,
                            const FaProcess *process)
{
    g_autofree char *name =
        fa_conf_process_name(recipe->name, process->name, recipe->processes->len == 1);
    return process->lifetime == FA_LIFETIME_RELEASE
               ? fa_slot_get_process_name(environment->slot, name)
               : g_steal_pointer(&name);
}

/* Each component has a folder of its own below var/data, with one for what it writes line by line. */
static bool
make_folders(const FaEnvironment *environment, GError **error)
{
    const GPtrArray *components = fa_environment_get_product(environment)->components;
    for (guint i = 0; i < components->len; i++) {
        const FaRecipe *recipe = g_ptr_array_index(components, i);
        g_autofree char *log =
            g_build_filename(environment->layout->data, recipe->name, "log", NULL);
        if (!fa_fs_make_directory(log, 0700, error))
            return false;
    }
    return true;
}

static bool
make_secrets(FaEnvironment *environment, GError **error)
{
    const GPtrArray *components = fa_environment_get_product(environment)->components;
    environment->secrets = fa_secrets_open(environment->layout->secrets, error);
    if (environment->secrets == NULL)
        return false;
    for (guint i = 0; i < components->len; i++) {
        const FaRecipe *recipe = g_ptr_array_index(components, i);
        for (guint k = 0; k < recipe->secrets->len; k++) {
            const char *name = g_ptr_array_index(recipe->secrets, k);
            if (!fa_secrets_ensure(environment->secrets, name, error))
                return false;
        }
    }
    environment->password =
        fa_secrets_ensure_admin(environment->secrets, environment->layout->admin, error);
    return environment->password != NULL;
}

static bool
settle(FaEnvironment *environment, const char *const *assignments, GError **error)
{
    environment->values = fa_explain_values(environment->context, &environment->choice, assignments,
                                            &environment->instance, error);
    if (environment->values == NULL)
        return false;
    environment->names = fa_names_of_environment(environment->context, &environment->choice,
                                                 &environment->instance, error);
    return environment->names != NULL;
}

/* Which one is current may change until the lock is held. */
static void
choose_slot(FaEnvironment *environment, const FaInstance *instance)
{
    environment->slot =
        instance->slot != NULL ? *instance->slot : fa_slot_get_current(environment->layout);
    environment->instance = *instance;
    environment->instance.slot = &environment->slot;
}

/* (transfer full) (nullable) */
static FaEnvironment *
begin(FaContext *context, const FaChoice *choice, const FaInstance *instance, GError **error)
{
    g_autoptr(FaEnvironment) environment = g_new0(FaEnvironment, 1);
    environment->context = context;
    environment->choice = *choice;
    environment->layout = fa_names_layout(context, choice, error);
    if (environment->layout == NULL)
        return NULL;
    choose_slot(environment, instance);
    return g_steal_pointer(&environment);
}

FaEnvironment *
fa_environment_open(FaContext *context, const FaChoice *choice, const char *const *assignments,
                    const FaInstance *instance, GError **error)
{
    g_autoptr(FaEnvironment) environment = begin(context, choice, instance, error);
    if (environment == NULL || !fa_layout_make(environment->layout, error))
        return NULL;

    g_autofree char *lock = g_build_filename(environment->layout->directory, ".lock", NULL);
    environment->lock = fa_lock_take(lock, FA_LOCK_EXCLUSIVE, "changing the environment", 0, NULL,
                                     NULL, NULL, error);
    if (environment->lock == NULL)
        return NULL;
    choose_slot(environment, instance);
    if (!fa_slot_make(environment->layout, environment->slot, error) ||
        !make_folders(environment, error) || !make_secrets(environment, error))
        return NULL;
    return settle(environment, assignments, error) ? g_steal_pointer(&environment) : NULL;
}

static bool
require(const char *path, GError **error)
{
    return fa_fs_exists(path) || fa_fail(error, FA_ERROR_NOT_FOUND, "'%s' is not made yet", path);
}

static bool
require_secrets(const FaEnvironment *environment, GError **error)
{
    const GPtrArray *components = fa_environment_get_product(environment)->components;
    for (guint i = 0; i < components->len; i++) {
        const FaRecipe *recipe = g_ptr_array_index(components, i);
        for (guint k = 0; k < recipe->secrets->len; k++) {
            const char *name = g_ptr_array_index(recipe->secrets, k);
            g_autofree char *path = g_build_filename(environment->layout->secrets, name, NULL);
            if (!require(path, error))
                return false;
        }
    }
    return require(environment->layout->secrets, error) &&
           require(environment->layout->admin, error);
}

FaEnvironment *
fa_environment_look(FaContext *context, const FaChoice *choice, const char *const *assignments,
                    const FaInstance *instance, GError **error)
{
    g_autoptr(FaEnvironment) environment = begin(context, choice, instance, error);
    if (environment == NULL || !require_secrets(environment, error) ||
        !make_secrets(environment, error) || !settle(environment, assignments, error))
        return NULL;
    return g_steal_pointer(&environment);
}

/* (transfer full) $out and its like, written without braces, get them. */
static char *
add_braces(const char *text)
{
    g_autofree char *names = g_strjoinv("|", (char **)path_names);
    g_autofree char *pattern = g_strdup_printf("(?<!\\$)\\$(%s)\\b", names);
    g_autoptr(GRegex) regex = g_regex_new(pattern, 0, 0, NULL);
    return g_regex_replace(regex, text, -1, 0, "${\\1}", 0, NULL);
}

char *
fa_environment_expand(const FaEnvironment *environment, const FaScope *scope, const FaText *text)
{
    g_autofree char *braced = add_braces(text->text);
    return fa_template_expand(braced, &text->place, scope,
                              fa_context_get_diags(environment->context));
}

char **
fa_environment_list_variables(const FaEnvironment *environment, const FaRecipe *recipe)
{
    g_autoptr(FaScope) scope = fa_values_scope(environment->values, recipe->name);
    g_autoptr(GStrvBuilder) variables = g_strv_builder_new();
    g_strv_builder_add(variables, "PATH=" FA_ENVIRONMENT_PATH);
    g_strv_builder_add(variables, "LC_ALL=C.UTF-8");
    g_strv_builder_add(variables, "HOME=/nonexistent");
    for (const char *const *name = path_names; *name != NULL; name++) {
        g_autofree char *variable = g_strdup_printf("%s=%s", *name, fa_scope_get(scope, *name));
        g_strv_builder_add(variables, variable);
    }
    return g_strv_builder_end(variables);
}

bool
fa_environment_run_text(const FaEnvironment *environment, const FaRecipe *recipe,
                        const FaText *text, int64_t timeout, FaCancel *cancel,
                        FaSpawnResult *ret_result, GError **error)
{
    g_autoptr(FaScope) scope = fa_values_scope(environment->values, recipe->name);
    g_autoptr(GPtrArray) variables = g_ptr_array_new_with_free_func(g_free);
    g_auto(GStrv) paths = fa_environment_list_variables(environment, recipe);
    g_autofree char *script = fa_step_translate(text->text, scope, variables, error);
    if (script == NULL)
        return false;
    for (char **path = paths; *path != NULL; path++)
        g_ptr_array_add(variables, g_strdup(*path));
    g_ptr_array_add(variables, NULL);

    const char *const argv[] = {"/bin/sh", "-euc", script, NULL};
    FaSpawn spawn = {.argv = argv,
                     .environment = (const char *const *)variables->pdata,
                     .directory = environment->layout->data,
                     .merge_stderr = true,
                     .timeout = timeout,
                     .cancel = cancel};
    return fa_spawn_run(&spawn, ret_result, error);
}

bool
fa_environment_run_script(const FaEnvironment *environment, const FaRecipe *recipe,
                          const FaEnvironmentScript *script, FaSpawnResult *ret_result,
                          GError **error)
{
    g_auto(GStrv) variables = fa_environment_list_variables(environment, recipe);
    const char *const argv[] = {"/bin/sh", "-eu", script->path, NULL};
    FaSpawn spawn = {.argv = argv,
                     .environment = (const char *const *)variables,
                     .directory = environment->layout->data,
                     .merge_stderr = true,
                     .timeout = script->timeout,
                     .log_fd = script->log_fd,
                     .held_fd = script->held_fd,
                     .cancel = script->cancel};
    return fa_spawn_run(&spawn, ret_result, error);
}

static bool
make_database(const FaEnvironment *environment, const FaScope *scope, const FaDatabase *database,
              FaCancel *cancel, GError **error)
{
    g_autofree char *name = fa_environment_expand(environment, scope, &database->name);
    g_autofree char *user = fa_environment_expand(environment, scope, &database->user);
    g_autofree char *setting = g_strdup_printf("%s.socket", database->server);
    const char *socket = fa_scope_get(scope, setting);
    if (name == NULL || user == NULL)
        return fa_context_check(environment->context, error);
    if (socket == NULL)
        return fa_fail(
            error, FA_ERROR_CONFIG,
            "'%s' has no setting 'socket', which says where databases are made\nhelp: add "
            "it to the recipe of '%s'",
            database->server, database->server);
    const char *password =
        fa_secrets_get(environment->secrets, database->secret, FA_SECRET_FOR_INPUT, error);
    FaDatabaseRequest request = {
        .kind = database->kind,
        .server = database->server,
        .socket = socket,
        .name = name,
        .user = user,
        .password = password,
        .cancel = cancel,
    };
    return password != NULL && fa_database_ensure(&request, error);
}

bool
fa_environment_make_databases(const FaEnvironment *environment, const FaRecipe *recipe,
                              FaCancel *cancel, GError **error)
{
    g_autoptr(FaScope) scope = fa_values_scope(environment->values, recipe->name);
    for (guint i = 0; i < recipe->databases->len; i++) {
        if (!make_database(environment, scope, g_ptr_array_index(recipe->databases, i), cancel,
                           error))
            return false;
    }
    return true;
}
