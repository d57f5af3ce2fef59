#include "app/up.h"

#include <poll.h>
#include <string.h>

#include "app/environment.h"
#include "app/keep.h"
#include "app/ledger.h"
#include "app/names.h"
#include "base/error.h"
#include "domain/ports.h"
#include "ledger/ledger.h"
#include "proc/client.h"
#include "site/portcheck.h"
#include "sys/clock.h"
#include "sys/fs.h"
#include "sys/spawn.h"
#include "sys/user.h"

#define START_SECONDS 120
#define SETUP_SECONDS 300
#define POLL_MS       50
#define APPLIED_MAX   1024
#define LOG_SHOWN     1500 /* bytes of its end */

static void G_GNUC_PRINTF(2, 3) say(const FaUpOptions *options, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    if (options->say != NULL)
        options->say(text, options->data);
}

static char *
socket_of(const FaLayout *layout)
{
    return g_build_filename(layout->run, "supervisor.sock", NULL);
}

static bool
call(const FaLayout *layout, const char *method, JsonArray *parameters, FaCancel *cancel,
     JsonNode **ret_value, GError **error)
{
    g_autofree char *socket = socket_of(layout);
    FaProcClient client = {.socket = socket, .timeout = START_SECONDS, .cancel = cancel};
    return fa_proc_call(&client, method, parameters, ret_value, error);
}

/* One that is shutting down refuses, and runs still. */
static bool
is_running(const FaLayout *layout, FaCancel *cancel)
{
    g_autoptr(GError) error = NULL;
    return call(layout, "supervisor.getState", NULL, cancel, NULL, &error) ||
           !fa_error_is(error, FA_ERROR_UNREACHABLE);
}

static bool
check_ports(FaContext *context, const FaChoice *choice, GError **error)
{
    const FaProduct *product = fa_context_get_product(context);
    g_autoptr(GHashTable) offsets = NULL;
    g_autoptr(GArray) uses = g_array_new(FALSE, TRUE, sizeof(FaPortUse));
    if (!fa_ports_assign(product, fa_context_get_diags(context), &offsets))
        return fa_context_check(context, error);
    for (guint i = 0; i < product->components->len; i++) {
        const FaRecipe *recipe = g_ptr_array_index(product->components, i);
        if (!g_hash_table_contains(offsets, recipe->name))
            continue;
        unsigned offset = GPOINTER_TO_UINT(g_hash_table_lookup(offsets, recipe->name));
        FaPortUse use = {.port = fa_ports_get(choice->site, choice->environment, 0, offset),
                         .purpose = recipe->name};
        g_array_append_val(uses, use);
    }
    return fa_portcheck_require_free((const FaPortUse *)(const void *)uses->data, uses->len, error);
}

/* A program of the environment's bin/, such as `supervisorctl update`. */
static bool
run_tool(const FaLayout *layout, const char *tool, const char *word, FaCancel *cancel,
         GError **error)
{
    g_autofree char *path = g_build_filename(layout->bin, tool, NULL);
    const char *const argv[] = {path, word, NULL};
    const char *const variables[] = {
        "PATH=/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin", "LC_ALL=C.UTF-8",
        "HOME=/nonexistent", NULL};
    FaSpawn spawn = {.argv = argv,
                     .environment = variables,
                     .directory = layout->directory,
                     .timeout = START_SECONDS,
                     .cancel = cancel};
    g_auto(FaSpawnResult) result = {0};
    return fa_spawn_check(&spawn, &result, error);
}

static bool
restart_one(const FaLayout *layout, const char *name, FaCancel *cancel, GError **error)
{
    g_autoptr(JsonArray) parameters = json_array_new();
    g_autoptr(GError) failure = NULL;
    json_array_add_string_element(parameters, name);
    json_array_add_boolean_element(parameters, TRUE);
    /* What does not run is only started. */
    if (!call(layout, "supervisor.stopProcess", parameters, cancel, NULL, &failure) &&
        !fa_error_is(failure, FA_ERROR_CONFLICT)) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return false;
    }
    return call(layout, "supervisor.startProcess", parameters, cancel, NULL, error);
}

static bool
is_changed(const FaCarried *carried)
{
    switch (carried->outcome) {
    case FA_EDIT_SAME:
    case FA_EDIT_KEPT:
        return false;
    case FA_EDIT_NEW:
    case FA_EDIT_RENDERED:
    case FA_EDIT_REPLACED:
    case FA_EDIT_BACKED_UP:
    case FA_EDIT_MERGED:
        return true;
    }
    g_assert_not_reached();
}

/* The supervisor sees only its own file: who reads another that changed is restarted too; everybody when what changed
 * is not known any more. */
static bool
restart_readers(const FaProduct *product, const FaLayout *layout, const GPtrArray *carried,
                FaCancel *cancel, GError **error)
{
    for (guint i = 0; i < product->components->len; i++) {
        const FaRecipe *recipe = g_ptr_array_index(product->components, i);
        g_autofree char *folder = g_strconcat(recipe->name, "/", NULL);
        bool is_reader = carried == NULL;
        for (guint k = 0; carried != NULL && k < carried->len; k++) {
            const FaCarried *file = g_ptr_array_index(carried, k);
            is_reader = is_reader || (g_str_has_prefix(file->path, folder) && is_changed(file));
        }
        for (guint k = 0; is_reader && k < recipe->processes->len; k++) {
            const FaProcess *process = g_ptr_array_index(recipe->processes, k);
            g_autofree char *name =
                fa_conf_process_name(recipe->name, process->name, recipe->processes->len == 1);
            if (!restart_one(layout, name, cancel, error))
                return false;
        }
    }
    return true;
}

/* What is in a bad way, or was stopped by a person, is given another try. */
static bool
start_stopped(const FaLayout *layout, FaCancel *cancel, GError **error)
{
    static const char *const stopped[] = {"STOPPED", "FATAL", "EXITED", NULL};
    g_autoptr(JsonNode) answer = NULL;
    if (!call(layout, "supervisor.getAllProcessInfo", NULL, cancel, &answer, error))
        return false;
    if (!JSON_NODE_HOLDS_ARRAY(answer))
        return fa_fail(error, FA_ERROR_FAILED, "the supervisor's answer is no list");
    JsonArray *processes = json_node_get_array(answer);
    for (guint i = 0; i < json_array_get_length(processes); i++) {
        JsonObject *process = json_array_get_object_element(processes, i);
        const char *state = fa_json_get_string(process, "statename");
        if (state == NULL || !g_strv_contains(stopped, state))
            continue;
        g_autoptr(JsonArray) parameters = json_array_new();
        g_autofree char *name = g_strdup_printf("%s:%s", fa_json_get_string(process, "group"),
                                                fa_json_get_string(process, "name"));
        json_array_add_string_element(parameters, name);
        json_array_add_boolean_element(parameters, FALSE);
        if (!call(layout, "supervisor.startProcess", parameters, cancel, NULL, error))
            return false;
    }
    return true;
}

/* The build that the processes were brought up to, in the environment's var/: a run that was killed between the switch and
 * the restarts is finished by the next. */
static char *
applied_path(const FaLayout *layout)
{
    return g_build_filename(layout->var, "applied", NULL);
}

static bool
is_applied(const FaLayout *layout, const FaComposed *composed)
{
    g_autofree char *path = applied_path(layout);
    g_autofree char *name = NULL;
    if (!fa_fs_read(path, APPLIED_MAX, &name, NULL, NULL))
        return !composed->is_new;
    return strcmp(name, composed->name) == 0;
}

static bool
set_applied(const FaLayout *layout, const FaComposed *composed, GError **error)
{
    g_autofree char *path = applied_path(layout);
    return fa_fs_write_if_changed(path, composed->name, strlen(composed->name), 0644, NULL, error);
}

static bool
start(FaContext *context, const FaChoice *choice, const FaEnvironment *environment,
      const FaComposed *composed, const FaUpOptions *options, GError **error)
{
    const FaLayout *layout = fa_environment_get_layout(environment);
    FaCancel *cancel = options->assemble.cancel;
    if (!is_running(layout, cancel)) {
        say(options, "starting the supervisor");
        return check_ports(context, choice, error) &&
               run_tool(layout, "supervisord", NULL, cancel, error) &&
               set_applied(layout, composed, error);
    }
    if (is_applied(layout, composed))
        return start_stopped(layout, cancel, error);
    say(options, "bringing the processes up to date");
    return run_tool(layout, "supervisorctl", "update", cancel, error) &&
           restart_readers(fa_context_get_product(context), layout, composed->carried, cancel,
                           error) &&
           set_applied(layout, composed, error) && start_stopped(layout, cancel, error);
}

/* What @name said last says more than its state. */
static bool
fail_process(const FaLayout *layout, const char *name, const char *problem, GError **error)
{
    g_autofree char *file = g_strconcat(name, ".log", NULL);
    g_autofree char *path = g_build_filename(layout->log, file, NULL);
    g_autofree char *tail = fa_fs_read_tail(path, LOG_SHOWN, NULL);
    if (tail == NULL)
        return fa_fail(error, FA_ERROR_FAILED, "the process '%s' %s\nhelp: see '%s'", name, problem,
                       layout->log);
    g_strchomp(tail);
    /* php-fpm, MariaDB and PostgreSQL do not, and say so in words of their own. */
    const char *root = fa_user_is_root() ? "help: many servers refuse to run as root: give product "
                                           "and home to another user (chown -R)\n"
                                         : "";
    if (*tail == '\0')
        return fa_fail(error, FA_ERROR_FAILED, "the process '%s' %s, and said nothing", name,
                       problem);
    return fa_fail(error, FA_ERROR_FAILED,
                   "the process '%s' %s; it said last:\n%s\n%shelp: its whole log is '%s'", name,
                   problem, tail, root, path);
}

/* The name of a process that is not up yet in *ret_name (borrowed from @processes), NULL when all are. */
static bool
find_waiting(JsonArray *processes, const FaLayout *layout, const char **ret_name, GError **error)
{
    *ret_name = NULL;
    for (guint i = 0; i < json_array_get_length(processes); i++) {
        JsonObject *process = json_array_get_object_element(processes, i);
        const char *state = fa_json_get_string(process, "statename");
        const char *name = fa_json_get_string(process, "name");
        if (g_strcmp0(state, "RUNNING") == 0)
            continue;
        if (g_strcmp0(state, "FATAL") == 0 || g_strcmp0(state, "EXITED") == 0) {
            g_autofree char *problem = g_strdup_printf("does not stay up (%s)",
                                                       fa_json_get_string(process, "description"));
            return fail_process(layout, name, problem, error);
        }
        *ret_name = name;
    }
    return true;
}

static bool
pause_briefly(FaCancel *cancel, GError **error)
{
    struct pollfd fd = {.fd = fa_cancel_get_fd(cancel), .events = POLLIN};
    poll(&fd, 1, POLL_MS);
    return fa_cancel_check(cancel, error);
}

static bool
wait_until_up(const FaLayout *layout, FaCancel *cancel, GError **error)
{
    int64_t limit = fa_clock_monotonic() + START_SECONDS * G_USEC_PER_SEC;
    for (;;) {
        g_autoptr(JsonNode) answer = NULL;
        const char *waiting = NULL;
        g_autoptr(GError) failure = NULL;
        if (!call(layout, "supervisor.getAllProcessInfo", NULL, cancel, &answer, &failure)) {
            /* It has just been started: its socket may not be there yet. */
            if (!fa_error_is(failure, FA_ERROR_UNREACHABLE) || fa_clock_monotonic() > limit) {
                g_propagate_error(error, g_steal_pointer(&failure));
                return false;
            }
        } else {
            if (!JSON_NODE_HOLDS_ARRAY(answer))
                return fa_fail(error, FA_ERROR_FAILED, "the supervisor's answer is no list");
            if (!find_waiting(json_node_get_array(answer), layout, &waiting, error))
                return false;
            if (waiting == NULL)
                return true;
            if (fa_clock_monotonic() > limit)
                return fail_process(layout, waiting,
                                    "is not up after " G_STRINGIFY(START_SECONDS) " seconds",
                                    error);
        }
        if (!pause_briefly(cancel, error))
            return false;
    }
}

static bool
set_up(const FaEnvironment *environment, const FaRecipe *recipe, const FaSetup *setup,
       const FaUpOptions *options, GError **error)
{
    FaCancel *cancel = options->assemble.cancel;
    int64_t timeout = setup->timeout > 0 ? setup->timeout : SETUP_SECONDS;
    if (setup->unless.text != NULL) {
        g_auto(FaSpawnResult) asked = {0};
        if (!fa_environment_run_text(environment, recipe, &setup->unless, timeout, cancel, &asked,
                                     error))
            return false;
        if (asked.status == 0)
            return true;
    }
    say(options, "set-up of %s: %s", recipe->name, setup->name);
    g_auto(FaSpawnResult) result = {0};
    if (!fa_environment_run_text(environment, recipe, &setup->run, timeout, cancel, &result, error))
        return false;
    if (result.status == 0)
        return true;
    return fa_fail(error, FA_ERROR_FAILED, "set-up step '%s' of '%s' failed with status %d: %s",
                   setup->name, recipe->name, result.status, g_strchomp(result.output));
}

static bool
set_up_all(FaContext *context, const FaEnvironment *environment, const FaUpOptions *options,
           GError **error)
{
    const GPtrArray *components = fa_context_get_product(context)->components;
    for (guint i = 0; i < components->len; i++) {
        const FaRecipe *recipe = g_ptr_array_index(components, i);
        if (!fa_environment_make_databases(environment, recipe, options->assemble.cancel, error))
            return false;
        for (guint k = 0; k < recipe->setup->len; k++) {
            if (!set_up(environment, recipe, g_ptr_array_index(recipe->setup, k), options, error))
                return false;
        }
    }
    return true;
}

static bool
read_policy(const char *on_edit, FaEditPolicy *ret_policy, GError **error)
{
    *ret_policy = FA_EDIT_ASK;
    if (on_edit == NULL || fa_edit_policy_from_string(on_edit, ret_policy))
        return true;
    return fa_fail(error, FA_ERROR_USAGE, "'%s' is no way to treat edited files", on_edit);
}

static char *
url_of(const FaChoice *choice)
{
    return g_strdup_printf("http://127.0.0.1:%u/",
                           fa_ports_get(choice->site, choice->environment, 0, 0));
}

static char *
name_of(const FaChoice *choice)
{
    return g_strdup_printf("%s.%s", choice->environment->name, choice->site->name);
}

static bool
record_up(FaContext *context, const FaChoice *choice, FaLedger *ledger, const FaComposed *composed,
          const GPtrArray *plan, GError **error)
{
    const char *home = fa_context_get_home(context);
    g_autofree char *name = name_of(choice);
    JsonObject *payload = json_object_new(), *components = json_object_new();
    for (guint i = 0; i < plan->len; i++) {
        const FaAssembled *one = g_ptr_array_index(plan, i);
        g_autofree char *path =
            fa_home_ledger_path(home, one->path != NULL ? one->path : one->component);
        json_object_set_string_member(components, one->component, path);
    }
    json_object_set_string_member(payload, "build", composed->name);
    json_object_set_boolean_member(payload, "is-new", composed->is_new);
    json_object_set_object_member(payload, "components", components);
    if (fa_home_ledger_append(ledger, fa_context_get_actor(context), FA_EVENT_ENVIRONMENT_UP, name,
                              payload, error))
        return true;
    g_prefix_error(error, "%s is up, but this was not recorded: ", name);
    return false;
}

bool
fa_up(FaContext *context, const FaChoice *choice, const FaUpOptions *options, char **ret_url,
      GError **error)
{
    g_autoptr(GPtrArray) plan = NULL;
    FaEditPolicy policy;
    if (!read_policy(options->on_edit, &policy, error) ||
        !fa_assemble(context, choice, &options->assemble, &plan, error))
        return false;

    g_autoptr(FaEnvironment) environment =
        fa_environment_open(context, choice, options->assemble.assignments, plan, error);
    g_auto(FaComposed) composed = {0};
    if (environment == NULL)
        return false;
    g_autoptr(FaLedger) ledger = fa_home_ledger_open(fa_context_get_home(context), true, error);
    if (ledger == NULL)
        return false;
    const FaLayout *layout = fa_environment_get_layout(environment);
    if (!fa_keep_builds(context, layout, plan, error) ||
        !fa_environment_compose(environment, options->assemble.unprotected, policy,
                                options->dialogue, &composed, error))
        return false;
    if (composed.is_new)
        say(options, "composed %s", composed.name);
    if (!start(context, choice, environment, &composed, options, error) ||
        !wait_until_up(layout, options->assemble.cancel, error) ||
        !set_up_all(context, environment, options, error) ||
        !record_up(context, choice, ledger, &composed, plan, error) ||
        !fa_keep_drop_old(context, layout, error))
        return false;
    *ret_url = url_of(choice);
    return true;
}

/* (transfer full) (nullable) What went wrong with it. */
static char *
record_down(const FaContext *context, const FaChoice *choice, const FaLayout *layout)
{
    g_autofree char *name = name_of(choice), *build = NULL;
    JsonObject *payload = json_object_new();
    if (fa_layout_get_current(layout, &build, NULL) && build != NULL)
        json_object_set_string_member(payload, "build", build);
    return fa_home_ledger_record(fa_context_get_home(context), fa_context_get_actor(context),
                                 FA_EVENT_ENVIRONMENT_DOWN, name, payload);
}

bool
fa_down(FaContext *context, const FaChoice *choice, FaCancel *cancel, bool *ret_was_up,
        char **ret_warning, GError **error)
{
    g_autoptr(FaLayout) layout = fa_names_layout(context, choice, error);
    if (layout == NULL)
        return false;
    *ret_warning = NULL;
    *ret_was_up = is_running(layout, cancel);
    if (!*ret_was_up)
        return true;
    if (!call(layout, "supervisor.shutdown", NULL, cancel, NULL, error))
        return false;
    while (is_running(layout, cancel)) {
        if (!pause_briefly(cancel, error))
            return false;
    }
    if (!fa_cancel_check(cancel, error))
        return false;
    *ret_warning = record_down(context, choice, layout);
    return true;
}

static JsonArray *
describe_processes(JsonArray *infos)
{
    JsonArray *processes = json_array_new();
    for (guint i = 0; i < json_array_get_length(infos); i++) {
        JsonObject *info = json_array_get_object_element(infos, i);
        JsonObject *process = json_object_new();
        const char *description = fa_json_get_string(info, "description");
        json_object_set_string_member(process, "name", fa_json_get_string(info, "name"));
        json_object_set_string_member(process, "state", fa_json_get_string(info, "statename"));
        json_object_set_int_member(process, "pid", fa_json_get_int(info, "pid", 0));
        json_object_set_string_member(process, "description",
                                      description != NULL ? description : "");
        json_array_add_object_element(processes, process);
    }
    return processes;
}

bool
fa_status(FaContext *context, const FaChoice *choice, FaCancel *cancel, JsonObject **ret_status,
          GError **error)
{
    g_autoptr(FaLayout) layout = fa_names_layout(context, choice, error);
    g_autofree char *build = NULL;
    if (layout == NULL || !fa_layout_get_current(layout, &build, error))
        return false;

    g_autoptr(JsonNode) answer = NULL;
    g_autoptr(GError) failure = NULL;
    bool is_up = call(layout, "supervisor.getAllProcessInfo", NULL, cancel, &answer, &failure);
    if (!is_up && !fa_error_is(failure, FA_ERROR_UNREACHABLE)) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return false;
    }
    JsonObject *status = json_object_new();
    g_autofree char *name = name_of(choice);
    g_autofree char *url = url_of(choice);
    json_object_set_string_member(status, "environment", name);
    json_object_set_string_member(status, "url", url);
    if (build != NULL)
        json_object_set_string_member(status, "build", build);
    else
        json_object_set_null_member(status, "build");
    json_object_set_boolean_member(status, "running", is_up);
    json_object_set_array_member(status, "processes",
                                 is_up && JSON_NODE_HOLDS_ARRAY(answer)
                                     ? describe_processes(json_node_get_array(answer))
                                     : json_array_new());
    *ret_status = status;
    return true;
}

bool
fa_restart(FaContext *context, const FaChoice *choice, const char *const *names, FaCancel *cancel,
           GError **error)
{
    g_autoptr(FaLayout) layout = fa_names_layout(context, choice, error);
    if (layout == NULL)
        return false;
    if (*names == NULL)
        return call(layout, "supervisor.stopAllProcesses", NULL, cancel, NULL, error) &&
               call(layout, "supervisor.startAllProcesses", NULL, cancel, NULL, error);
    for (; *names != NULL; names++) {
        if (!restart_one(layout, *names, cancel, error))
            return false;
    }
    return true;
}
