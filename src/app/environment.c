#include "app/environment.h"

#include <string.h>

#include "app/assemble.h"
#include "app/explain.h"
#include "app/names.h"
#include "app/supervisor.h"
#include "base/error.h"
#include "base/text.h"
#include "build/sandbox.h"
#include "build/step.h"
#include "site/database.h"
#include "site/render.h"
#include "sys/fs.h"
#include "sys/spawn.h"

#define PROGRAM_PATH "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin"

struct FaEnvironment {
    FaContext *context;
    FaChoice choice;
    const GPtrArray *plan;
    FaLayout *layout;
    FaLock *lock;
    FaSecrets *secrets;
    char *password; /* of the first administrator */
    FaValues *values;
    FaScope *names;
};

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

static const FaProduct *
get_product(const FaEnvironment *environment)
{
    return fa_context_get_product(environment->context);
}

/* Each component has a folder of its own below var/data, with one for what it writes line by line. */
static bool
make_folders(const FaEnvironment *environment, GError **error)
{
    const GPtrArray *components = get_product(environment)->components;
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
    const GPtrArray *components = get_product(environment)->components;
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
                                            environment->plan, error);
    if (environment->values == NULL)
        return false;
    environment->names = fa_names_of_environment(environment->context, &environment->choice, 0,
                                                 environment->plan, error);
    return environment->names != NULL;
}

FaEnvironment *
fa_environment_open(FaContext *context, const FaChoice *choice, const char *const *assignments,
                    const GPtrArray *plan, GError **error)
{
    g_autoptr(FaEnvironment) environment = g_new0(FaEnvironment, 1);
    environment->context = context;
    environment->choice = *choice;
    environment->plan = plan;
    environment->layout = fa_names_layout(context, choice, error);
    if (environment->layout == NULL || !fa_layout_make(environment->layout, error))
        return NULL;

    g_autofree char *lock = g_build_filename(environment->layout->directory, ".lock", NULL);
    environment->lock = fa_lock_take(lock, FA_LOCK_EXCLUSIVE, "changing the environment", 0, NULL,
                                     NULL, NULL, error);
    if (environment->lock == NULL || !make_folders(environment, error) ||
        !make_secrets(environment, error))
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
    const GPtrArray *components = get_product(environment)->components;
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
                    const GPtrArray *plan, GError **error)
{
    g_autoptr(FaEnvironment) environment = g_new0(FaEnvironment, 1);
    environment->context = context;
    environment->choice = *choice;
    environment->plan = plan;
    environment->layout = fa_names_layout(context, choice, error);
    if (environment->layout == NULL || !require_secrets(environment, error) ||
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

static char *
expand(const FaEnvironment *environment, const FaScope *scope, const FaText *text)
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
    g_strv_builder_add(variables, "PATH=" PROGRAM_PATH);
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

static bool
make_database(const FaEnvironment *environment, const FaScope *scope, const FaDatabase *database,
              FaCancel *cancel, GError **error)
{
    g_autofree char *name = expand(environment, scope, &database->name);
    g_autofree char *user = expand(environment, scope, &database->user);
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

/* What every template sees of the parts that the front maps. */
static bool
add_routes(const FaEnvironment *environment, FaScope *scope)
{
    const GPtrArray *components = get_product(environment)->components;
    bool is_well = true;

    fa_scope_ensure_list(scope, "routes");
    for (guint i = 0; i < components->len; i++) {
        const FaRecipe *recipe = g_ptr_array_index(components, i);
        g_autoptr(FaScope) own = fa_values_scope(environment->values, recipe->name);
        for (guint k = 0; k < recipe->routes->len; k++) {
            const FaRoute *route = g_ptr_array_index(recipe->routes, k);
            g_autofree char *path = expand(environment, own, &route->path);
            g_autofree char *upstream = expand(environment, own, &route->upstream);
            FaScope *item = fa_scope_new();
            fa_scope_set(item, "path", path);
            fa_scope_set(item, "upstream", upstream);
            fa_scope_set(item, "title", route->title);
            fa_scope_set(item, "component", recipe->name);
            fa_scope_append(scope, "routes", item);
            is_well = is_well && path != NULL && upstream != NULL;
        }
    }
    return is_well;
}

/* (transfer full) (nullable) of FaRendered */
static GPtrArray *
render(FaEnvironment *environment, GError **error)
{
    const FaProduct *product = get_product(environment);
    FaDiags *diags = fa_context_get_diags(environment->context);
    g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func((GDestroyNotify)fa_rendered_free);

    for (guint i = 0; i < product->components->len; i++) {
        const FaRecipe *recipe = g_ptr_array_index(product->components, i);
        g_autoptr(FaScope) scope = fa_values_scope(environment->values, recipe->name);
        fa_scope_set(scope, "admin.user", "admin");
        fa_scope_set(scope, "admin.password", environment->password);
        if (!add_routes(environment, scope) ||
            !fa_render_component(product->directory, recipe->name, scope, environment->secrets,
                                 diags, files, error))
            break;
    }
    if ((error != NULL && *error != NULL) || !fa_context_check(environment->context, error))
        return NULL;
    return g_steal_pointer(&files);
}

/* What a process of the configuration borrows from. */
typedef struct Process {
    FaConfProcess conf;
    char *name;
    char *command;
    char *directory;
    char *ready;
    char **variables;
    char **depends_on;
} Process;

static void
process_free(Process *process)
{
    g_free(process->name);
    g_free(process->command);
    g_free(process->directory);
    g_free(process->ready);
    g_strfreev(process->variables);
    g_strfreev(process->depends_on);
    g_free(process);
}

static char *
name_of(const FaRecipe *recipe, const char *process)
{
    return fa_conf_process_name(recipe->name, process, recipe->processes->len == 1);
}

/* (transfer full) "COMPONENT:PROCESS", or a process of @recipe itself, as the supervisor calls them. */
static char **
list_dependencies(const FaEnvironment *environment, const FaRecipe *recipe, const GPtrArray *after)
{
    g_autoptr(GStrvBuilder) names = g_strv_builder_new();
    for (guint i = 0; i < after->len; i++) {
        const char *whole = g_ptr_array_index(after, i);
        const char *colon = strchr(whole, ':');
        const FaRecipe *other = recipe;
        if (colon != NULL) {
            g_autofree char *component = g_strndup(whole, (gsize)(colon - whole));
            other = fa_product_find_component(get_product(environment), component);
        }
        g_autofree char *name = name_of(other, colon != NULL ? colon + 1 : whole);
        g_strv_builder_add(names, name);
    }
    return g_strv_builder_end(names);
}

/* The supervisor is given an absolute program. */
static bool
resolve_program(char **command, const char *process, GError **error)
{
    g_auto(GStrv) words = NULL;
    if (!g_shell_parse_argv(*command, NULL, &words, NULL))
        return fa_fail(error, FA_ERROR_CONFIG, "the command of '%s' cannot be read: %s", process,
                       *command);
    g_autofree char *program =
        g_path_is_absolute(words[0]) ? g_strdup(words[0]) : fa_spawn_find(words[0], PROGRAM_PATH);
    if (program == NULL)
        return fa_fail(error, FA_ERROR_NOT_FOUND,
                       "the command of '%s' starts '%s', which is not there", process, words[0]);

    g_autoptr(GString) whole = g_string_new(NULL);
    g_autofree char *first = fa_text_shell_quote(program);
    g_string_append(whole, first);
    for (char **word = words + 1; *word != NULL; word++) {
        g_autofree char *quoted = fa_text_shell_quote(*word);
        g_string_append_printf(whole, " %s", quoted);
    }
    g_free(*command);
    *command = g_string_free(g_steal_pointer(&whole), FALSE);
    return true;
}

static char **
expand_variables(const FaEnvironment *environment, const FaScope *scope, const FaProcess *from)
{
    g_autoptr(GStrvBuilder) variables = g_strv_builder_new();
    for (guint i = 0; i < from->environment->len; i++) {
        const FaVariable *one = g_ptr_array_index(from->environment, i);
        g_autofree char *value = expand(environment, scope, &one->value);
        g_autofree char *pair = g_strdup_printf("%s=%s", one->name, value != NULL ? value : "");
        g_strv_builder_add(variables, pair);
    }
    return g_strv_builder_end(variables);
}

static bool
add_process(const FaEnvironment *environment, const FaRecipe *recipe, const FaProcess *from,
            GPtrArray *processes, GError **error)
{
    g_autoptr(FaScope) scope = fa_values_scope(environment->values, recipe->name);
    Process *process = g_new0(Process, 1);
    g_ptr_array_add(processes, process);

    process->name = name_of(recipe, from->name);
    process->command = expand(environment, scope, &from->command);
    if (from->directory.text != NULL)
        process->directory = expand(environment, scope, &from->directory);
    if (from->health.text != NULL)
        process->ready = expand(environment, scope, &from->health);
    process->variables = expand_variables(environment, scope, from);
    process->depends_on = list_dependencies(environment, recipe, from->after);
    if (!fa_context_check(environment->context, error) ||
        !resolve_program(&process->command, process->name, error))
        return false;
    process->conf = (FaConfProcess){
        .name = process->name,
        .command = process->command,
        .directory = process->directory,
        .environment = (const char *const *)process->variables,
        .depends_on = (const char *const *)process->depends_on,
        .ready = process->ready,
        .stop_signal = from->stop_signal,
        .stop_wait = from->stop_wait,
        .start_seconds = from->start_seconds,
        .instances = from->instances,
    };
    return true;
}

/* (transfer full) (nullable) of Process, each of which begins with what the configuration wants. */
static GPtrArray *
list_processes(const FaEnvironment *environment, GError **error)
{
    const GPtrArray *components = get_product(environment)->components;
    g_autoptr(GPtrArray) processes = g_ptr_array_new_with_free_func((GDestroyNotify)process_free);
    for (guint i = 0; i < components->len; i++) {
        const FaRecipe *recipe = g_ptr_array_index(components, i);
        for (guint k = 0; k < recipe->processes->len; k++) {
            if (!add_process(environment, recipe, g_ptr_array_index(recipe->processes, k),
                             processes, error))
                return NULL;
        }
    }
    return g_steal_pointer(&processes);
}

/* One component as build.json tells it. */
typedef struct Component {
    FaComposeComponent facts;
    char *key;
    GArray *settings; /* of FaComposeSetting */
    GPtrArray *values;
} Component;

static void
component_free(Component *component)
{
    g_free(component->key);
    g_array_unref(component->settings);
    g_ptr_array_unref(component->values);
    g_free(component);
}

static Component *
describe_component(const FaEnvironment *environment, const FaAssembled *built)
{
    const FaRecipe *recipe = fa_product_find_component(get_product(environment), built->component);
    Component *component = g_new0(Component, 1);
    component->key = fa_digest_to_string(&built->key);
    component->settings = g_array_new(FALSE, TRUE, sizeof(FaComposeSetting));
    component->values = fa_values_list(environment->values, recipe->name);
    for (guint i = 0; i < component->values->len; i++) {
        const FaValue *value = g_ptr_array_index(component->values, i);
        bool is_secret = value->declared != NULL && value->declared->type == FA_SETTING_SECRET;
        FaComposeSetting setting = {
            .name = value->setting,
            .value = is_secret ? NULL : value->text,
            .secret = is_secret && value->raw != NULL && g_str_has_prefix(value->raw, "secret:")
                          ? value->raw + strlen("secret:")
                          : NULL,
            .origin = fa_origin_to_string(value->origin),
        };
        g_array_append_val(component->settings, setting);
    }
    component->facts = (FaComposeComponent){
        .name = recipe->name,
        .out = built->path,
        .version = recipe->version,
        .key = component->key,
        .source_kind = fa_source_kind_to_string(recipe->source.kind),
        .source_location = recipe->source.location,
        .source_revision = built->revision,
        .settings = (const FaComposeSetting *)(const void *)component->settings->data,
        .setting_count = component->settings->len,
    };
    return component;
}

/* All that a composition borrows from. */
typedef struct Material {
    char *supervisor;
    char *daemon;
    char *client;
    FaComposeComponent tool;
    GPtrArray *files;
    GPtrArray *processes;
    GPtrArray *components;
    GPtrArray *parts; /* the components, and the tool */
    FaComposition composition;
} Material;

static void
material_clear(Material *material)
{
    g_clear_pointer(&material->parts, g_ptr_array_unref);
    g_clear_pointer(&material->components, g_ptr_array_unref);
    g_clear_pointer(&material->processes, g_ptr_array_unref);
    g_clear_pointer(&material->files, g_ptr_array_unref);
    g_free(material->supervisor);
    g_free(material->daemon);
    g_free(material->client);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Material, material_clear)

/* @dry_run: the store is not given what it lacks. */
static bool
gather(FaEnvironment *environment, bool unprotected, bool dry_run, Material *material,
       GError **error)
{
    const FaProduct *product = get_product(environment);
    if (!fa_supervisor_provide(environment->context, dry_run, &material->supervisor, error))
        return false;
    material->daemon = g_build_filename(material->supervisor, "fassembler-supervisord", NULL);
    material->client = g_build_filename(material->supervisor, "fassembler-supervisorctl", NULL);
    material->tool = (FaComposeComponent){
        .name = FA_SUPERVISOR_LINK, .out = material->supervisor, .version = FA_VERSION};
    material->files = render(environment, error);
    if (material->files != NULL)
        material->processes = list_processes(environment, error);
    if (material->processes == NULL)
        return false;
    material->components = g_ptr_array_new_with_free_func((GDestroyNotify)component_free);
    for (guint i = 0; i < environment->plan->len; i++)
        g_ptr_array_add(material->components,
                        describe_component(environment, g_ptr_array_index(environment->plan, i)));
    material->parts = g_ptr_array_new();
    g_ptr_array_extend(material->parts, material->components, NULL, NULL);
    g_ptr_array_add(material->parts, &material->tool);
    material->composition = (FaComposition){
        .layout = environment->layout,
        .release = product->version != NULL ? product->version : "trunk",
        .tool_version = FA_VERSION,
        .sandbox = fa_sandbox_mode_to_string(unprotected ? FA_SANDBOX_NONE : FA_SANDBOX_BWRAP),
        .supervisord = material->daemon,
        .supervisorctl = material->client,
        .components = material->parts,
        .processes = material->processes,
        .files = material->files,
        .secrets = environment->secrets,
    };
    return true;
}

bool
fa_environment_compose(FaEnvironment *environment, bool unprotected, FaEditPolicy policy,
                       const FaEditDialogue *dialogue, FaComposed *ret_composed, GError **error)
{
    g_auto(Material) material = {0};
    if (!gather(environment, unprotected, false, &material, error))
        return false;
    g_autoptr(FaEdits) edits = fa_edits_new(policy, dialogue);
    return fa_compose(&material.composition, edits, ret_composed, error) &&
           (!ret_composed->is_new ||
            fa_compose_switch(environment->layout, ret_composed->name, error));
}

bool
fa_environment_is_outdated(FaEnvironment *environment, bool unprotected, FaEditPolicy policy,
                           bool *ret_outdated, GError **error)
{
    g_auto(Material) material = {0};
    if (!gather(environment, unprotected, true, &material, error))
        return false;
    g_autoptr(FaEdits) edits = fa_edits_new(policy, NULL);
    return fa_compose_is_needed(&material.composition, edits, ret_outdated, error);
}
