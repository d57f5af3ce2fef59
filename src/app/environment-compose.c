#include "app/environment.h"

#include <string.h>

#include "app/assemble.h"
#include "app/environment-private.h"
#include "app/supervisor.h"
#include "base/error.h"
#include "base/text.h"
#include "build/packages.h"
#include "build/sandbox.h"
#include "domain/rule.h"
#include "site/render.h"
#include "source/source.h"
#include "sys/fs.h"
#include "sys/spawn.h"

#define REFRESH_STOP_WAIT 60 /* seconds in which it gives up in good order */

/* What every template sees of the parts that the front maps. */
static bool
add_routes(const FaEnvironment *environment, FaScope *scope)
{
    const GPtrArray *components = fa_environment_get_product(environment)->components;
    bool is_well = true;

    fa_scope_ensure_list(scope, "routes");
    for (guint i = 0; i < components->len; i++) {
        const FaRecipe *recipe = g_ptr_array_index(components, i);
        g_autoptr(FaScope) own = fa_values_scope(environment->values, recipe->name);
        for (guint k = 0; k < recipe->routes->len; k++) {
            const FaRoute *route = g_ptr_array_index(recipe->routes, k);
            g_autofree char *path = fa_environment_expand(environment, own, &route->path);
            g_autofree char *upstream = fa_environment_expand(environment, own, &route->upstream);
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
    const FaProduct *product = fa_environment_get_product(environment);
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
    char *schedule;
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
    g_free(process->schedule);
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
            other = fa_product_find_component(fa_environment_get_product(environment), component);
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
    g_autofree char *program = g_path_is_absolute(words[0])
                                   ? g_strdup(words[0])
                                   : fa_spawn_find(words[0], FA_ENVIRONMENT_PATH);
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
        g_autofree char *value = fa_environment_expand(environment, scope, &one->value);
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
    process->command = fa_environment_expand(environment, scope, &from->command);
    if (from->directory.text != NULL)
        process->directory = fa_environment_expand(environment, scope, &from->directory);
    if (from->health.text != NULL)
        process->ready = fa_environment_expand(environment, scope, &from->health);
    process->variables = expand_variables(environment, scope, from);
    process->depends_on = list_dependencies(environment, recipe, from->after);
    if (!fa_context_check(environment->context, error) ||
        !resolve_program(&process->command, process->name, error))
        return false;
    process->conf = (FaConfProcess){
        .name = process->name,
        .is_slotted = from->lifetime == FA_LIFETIME_RELEASE,
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

/* (transfer full) (nullable) The command that refreshes it: this program, from the product's own folder. */
static char *
refresh_command(const FaEnvironment *environment, GError **error)
{
    g_autofree char *program = fa_fs_read_symlink("/proc/self/exe", error);
    g_autofree char *name = fa_names_choice(&environment->choice);
    if (program == NULL)
        return NULL;
    const char *const words[] = {program,   "-q",
                                 "-C",      fa_environment_get_product(environment)->sources,
                                 "--home",  fa_context_get_home(environment->context),
                                 "refresh", name};
    g_autoptr(GString) command = g_string_new(NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
        g_autofree char *word = fa_text_shell_quote(words[i]);
        g_string_append_printf(command, "%s%s", i > 0 ? " " : "", word);
    }
    return g_string_free(g_steal_pointer(&command), FALSE);
}

/* What has a rule is refreshed by its own supervisor. */
static bool
add_refresh(const FaEnvironment *environment, GPtrArray *processes, GError **error)
{
    const char *rule = environment->choice.environment->refresh;
    g_autofree char *problem = NULL;
    if (rule == NULL)
        return true;
    Process *process = g_new0(Process, 1);
    g_ptr_array_add(processes, process);
    if (!fa_rule_to_schedule(rule, &process->schedule, &problem))
        return fa_fail(error, FA_ERROR_CONFIG, "%s", problem);
    process->command = refresh_command(environment, error);
    process->conf = (FaConfProcess){.name = FA_CONF_REFRESH,
                                    .command = process->command,
                                    .schedule = process->schedule,
                                    .stop_wait = REFRESH_STOP_WAIT};
    return process->command != NULL;
}

/* (transfer full) (nullable) of Process, each of which begins with what the configuration wants. */
static GPtrArray *
list_processes(const FaEnvironment *environment, GError **error)
{
    const GPtrArray *components = fa_environment_get_product(environment)->components;
    g_autoptr(GPtrArray) processes = g_ptr_array_new_with_free_func((GDestroyNotify)process_free);
    for (guint i = 0; i < components->len; i++) {
        const FaRecipe *recipe = g_ptr_array_index(components, i);
        for (guint k = 0; k < recipe->processes->len; k++) {
            if (!add_process(environment, recipe, g_ptr_array_index(recipe->processes, k),
                             processes, error))
                return NULL;
        }
    }
    return add_refresh(environment, processes, error) ? g_steal_pointer(&processes) : NULL;
}

static gint
compare_texts(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* One component as build.json tells it. */
typedef struct Component {
    FaComposeComponent facts;
    char *key;
    char *location;
    GArray *settings; /* of FaComposeSetting */
    GPtrArray *values;
} Component;

static void
component_free(Component *component)
{
    g_free(component->key);
    g_free(component->location);
    g_array_unref(component->settings);
    g_ptr_array_unref(component->values);
    g_free(component);
}

/* (transfer full) (nullable) Where a source is, without the credentials that may stand in its URL. */
static char *
describe_location(const FaEnvironment *environment, const FaRecipe *recipe)
{
    if (recipe->source.kind == FA_SOURCE_NONE)
        return NULL;
    g_autoptr(FaSource) source =
        fa_source_open(&recipe->source, fa_environment_get_product(environment)->sources,
                       fa_context_get_home(environment->context), NULL);
    return source != NULL ? g_strdup(fa_source_get_location(source)) : NULL;
}

static Component *
describe_component(const FaEnvironment *environment, const FaAssembled *built)
{
    const FaRecipe *recipe =
        fa_product_find_component(fa_environment_get_product(environment), built->component);
    Component *component = g_new0(Component, 1);
    component->key = fa_digest_to_string(&built->key);
    component->location = describe_location(environment, recipe);
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
        .source_location = component->location,
        .source_revision = built->revision,
        .settings = (const FaComposeSetting *)(const void *)component->settings->data,
        .setting_count = component->settings->len,
    };
    return component;
}

/* All that a composition borrows from. */
typedef struct Material {
    char *supervisor;
    char **packages;
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
    g_strfreev(material->packages);
    g_free(material->supervisor);
    g_free(material->daemon);
    g_free(material->client);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Material, material_clear)

/* (transfer full) (nullable) "NAME=VERSION" of every package that a recipe names, sorted, each once. */
static char **
list_packages(const FaEnvironment *environment, GError **error)
{
    const GPtrArray *components = fa_environment_get_product(environment)->components;
    g_autoptr(FaPackages) packages = fa_packages_read(NULL, error);
    g_autoptr(GPtrArray) list = g_ptr_array_new();
    if (packages == NULL)
        return NULL;
    for (guint i = 0; i < components->len; i++) {
        const FaRecipe *recipe = g_ptr_array_index(components, i);
        for (guint k = 0; k < recipe->packages->len; k++) {
            const char *name = g_ptr_array_index(recipe->packages, k);
            const char *version = fa_packages_get_version(packages, name);
            char *one = g_strdup_printf("%s=%s", name, version != NULL ? version : "");
            if (g_ptr_array_find_with_equal_func(list, one, g_str_equal, NULL))
                g_free(one);
            else
                g_ptr_array_add(list, one);
        }
    }
    g_ptr_array_sort(list, compare_texts);
    g_ptr_array_add(list, NULL);
    return (char **)g_ptr_array_free(g_steal_pointer(&list), FALSE);
}

/* @dry_run: the store is not given what it lacks. */
static bool
gather(FaEnvironment *environment, const char *sandbox, bool dry_run, Material *material,
       GError **error)
{
    if (!fa_supervisor_provide(environment->context, dry_run, &material->supervisor, error))
        return false;
    material->daemon = g_build_filename(material->supervisor, "fassembler-supervisord", NULL);
    material->client = g_build_filename(material->supervisor, "fassembler-supervisorctl", NULL);
    material->tool = (FaComposeComponent){
        .name = FA_SUPERVISOR_LINK, .out = material->supervisor, .version = FA_VERSION};
    material->packages = list_packages(environment, error);
    if (material->packages == NULL)
        return false;
    material->files = render(environment, error);
    if (material->files != NULL)
        material->processes = list_processes(environment, error);
    if (material->processes == NULL)
        return false;
    material->components = g_ptr_array_new_with_free_func((GDestroyNotify)component_free);
    for (guint i = 0; i < environment->instance.plan->len; i++)
        g_ptr_array_add(
            material->components,
            describe_component(environment, g_ptr_array_index(environment->instance.plan, i)));
    material->parts = g_ptr_array_new();
    g_ptr_array_extend(material->parts, material->components, NULL, NULL);
    g_ptr_array_add(material->parts, &material->tool);
    material->composition = (FaComposition){
        .layout = environment->layout,
        .slot = environment->slot,
        .release = fa_context_get_release(environment->context),
        .tool_version = FA_VERSION,
        .sandbox = sandbox != NULL ? sandbox : fa_sandbox_mode_to_string(FA_SANDBOX_NAMESPACES),
        .supervisord = material->daemon,
        .supervisorctl = material->client,
        .components = material->parts,
        .processes = material->processes,
        .files = material->files,
        .packages = (const char *const *)material->packages,
        .secrets = environment->secrets,
    };
    return true;
}

bool
fa_environment_compose(FaEnvironment *environment, const char *sandbox, FaEditPolicy policy,
                       const FaEditDialogue *dialogue, FaComposed *ret_composed, GError **error)
{
    g_auto(Material) material = {0};
    if (!gather(environment, sandbox, false, &material, error))
        return false;
    g_autoptr(FaEdits) edits = fa_edits_new(policy, dialogue);
    return fa_compose(&material.composition, edits, ret_composed, error) &&
           fa_slot_put(environment->layout, environment->slot, ret_composed->name, error);
}

bool
fa_environment_is_outdated(FaEnvironment *environment, const char *sandbox, FaEditPolicy policy,
                           bool *ret_outdated, GError **error)
{
    g_auto(Material) material = {0};
    if (!gather(environment, sandbox, true, &material, error))
        return false;
    g_autoptr(FaEdits) edits = fa_edits_new(policy, NULL);
    return fa_compose_is_needed(&material.composition, edits, ret_outdated, error);
}
