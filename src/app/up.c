#include "app/up.h"

#include <string.h>

#include "app/environment.h"
#include "app/free-ports.h"
#include "app/keep.h"
#include "app/ledger.h"
#include "app/names.h"
#include "app/processes.h"
#include "app/setup.h"
#include "app/state.h"
#include "base/error.h"
#include "domain/track.h"
#include "ledger/ledger.h"
#include "sys/fs.h"
#include "view/environment.h"

#define APPLIED_MAX 1024

static void G_GNUC_PRINTF(2, 3) say(const FaUpOptions *options, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    if (options->say != NULL)
        options->say(text, options->data);
}

/* The supervisor sees only its own file: who reads another that changed is restarted too; everybody when what changed
 * is not known any more. */
static bool
restart_readers(const FaEnvironment *environment, const GPtrArray *carried, FaCancel *cancel,
                GError **error)
{
    const FaProduct *product = fa_environment_get_product(environment);
    const FaLayout *layout = fa_environment_get_layout(environment);
    for (guint i = 0; i < product->components->len; i++) {
        const FaRecipe *recipe = g_ptr_array_index(product->components, i);
        bool is_reader = carried == NULL || fa_carried_is_changed_in(carried, recipe->name);
        for (guint k = 0; is_reader && k < recipe->processes->len; k++) {
            const FaProcess *process = g_ptr_array_index(recipe->processes, k);
            g_autofree char *name = fa_environment_name_process(environment, recipe, process);
            if (!fa_processes_restart(layout, name, cancel, error))
                return false;
        }
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
    if (!fa_processes_is_running(layout, cancel)) {
        say(options, "starting the supervisor");
        return fa_free_ports_require(context, choice, fa_environment_get_slot(environment), true,
                                     error) &&
               fa_processes_start_supervisor(layout, cancel, error) &&
               set_applied(layout, composed, error);
    }
    if (is_applied(layout, composed))
        return fa_processes_start_stopped(layout, cancel, error);
    say(options, "bringing the processes up to date");
    return fa_processes_update(layout, cancel, error) &&
           restart_readers(environment, composed->carried, cancel, error) &&
           set_applied(layout, composed, error) &&
           fa_processes_start_stopped(layout, cancel, error);
}

static bool
read_policy(const char *on_edit, FaEditPolicy *ret_policy, GError **error)
{
    *ret_policy = FA_EDIT_ASK;
    if (on_edit == NULL || fa_edit_policy_from_string(on_edit, ret_policy))
        return true;
    return fa_fail(error, FA_ERROR_USAGE, "'%s' is no way to treat edited files", on_edit);
}

/* (transfer full) Where its front listens. */
static char *
url_of(const FaChoice *choice, const FaLayout *layout)
{
    g_autofree char *url = fa_names_slot_url(choice, fa_slot_get_current(layout));
    return g_strconcat(url, "/", NULL);
}

static bool
tell_url(const FaContext *context, const FaChoice *choice, char **ret_url, GError **error)
{
    g_autoptr(FaLayout) layout = fa_names_layout(context, choice, error);
    if (layout == NULL)
        return false;
    *ret_url = url_of(choice, layout);
    return true;
}

static bool
record_up(FaContext *context, const FaChoice *choice, FaLedger *ledger, const FaComposed *composed,
          const GPtrArray *plan, const char *why, GError **error)
{
    const char *home = fa_context_get_home(context);
    g_autofree char *name = fa_names_choice(choice);
    JsonObject *payload = json_object_new(), *components = json_object_new();
    for (guint i = 0; plan != NULL && i < plan->len; i++) {
        const FaAssembled *one = g_ptr_array_index(plan, i);
        g_autofree char *path =
            fa_home_ledger_path(home, one->path != NULL ? one->path : one->component);
        json_object_set_string_member(components, one->component, path);
    }
    json_object_set_string_member(payload, "build", composed->name);
    json_object_set_boolean_member(payload, "is-new", composed->is_new);
    json_object_set_object_member(payload, "components", components);
    if (why != NULL)
        json_object_set_string_member(payload, "why", why);
    if (fa_home_ledger_append(ledger, fa_context_get_actor(context), FA_EVENT_ENVIRONMENT_UP, name,
                              payload, error))
        return true;
    g_prefix_error(error, "%s is up, but this was not recorded: ", name);
    return false;
}

/* A deployment, at work or left half done, is not to be overtaken. */
static bool
check_standing(const FaStanding *standing, GError **error)
{
    const char *name = standing->environment;
    if (standing->open != NULL)
        return fa_fail(error, FA_ERROR_CONFLICT,
                       "a deployment of '%s' to %s is under way, or was left half done\nhelp: "
                       "'fassembler deploy --resume %s' finishes it",
                       standing->open->release, name, name);
    g_autoptr(GPtrArray) reasons = fa_reasons_new();
    if (standing->is_retired)
        fa_reasons_add(reasons, FA_REASON_RETIRED, name, NULL);
    return fa_state_check(reasons, error);
}

static bool
refuse_snapshot(const FaState *state, const FaChoice *choice, const char *name, GError **error)
{
    const FaRelease *newest = fa_releases_newest_train(state->releases);
    return fa_fail(error, FA_ERROR_REFUSED,
                   "the track of '%s' is '%s': it runs releases, and no snapshot of trunk\nhelp: "
                   "'fassembler deploy %s %s'%s; or say why it has to be: --why TEXT",
                   name, fa_track_to_string(choice->environment->track),
                   newest != NULL ? newest->label : "LABEL", name,
                   newest != NULL ? "" : ", once 'fassembler release cut' has made one");
}

bool
fa_up_check(FaContext *context, const FaChoice *choice, const FaUpOptions *options,
            char **ret_release, GError **error)
{
    g_autofree char *name = fa_names_choice(choice);
    g_autoptr(FaState) state = fa_state_open(context, error);
    const FaStanding *standing = state != NULL ? fa_running_find(state->running, name) : NULL;
    if (state == NULL || (standing != NULL && !check_standing(standing, error)))
        return false;
    *ret_release = NULL;
    if (fa_track_takes_snapshots(choice->environment->track) || options->why != NULL)
        return true;
    const FaRelease *release =
        standing != NULL ? fa_releases_find(state->releases, standing->release) : NULL;
    if (release == NULL)
        return refuse_snapshot(state, choice, name, error);
    if (options->assemble.assignments != NULL && *options->assemble.assignments != NULL)
        return fa_fail(error, FA_ERROR_REFUSED,
                       "'%s' runs %s, whose settings are what they were when it was cut\nhelp: "
                       "change them in the product's files and cut a release",
                       name, release->label);
    *ret_release = g_strdup(release->label);
    return true;
}

/* What was deployed is not made anew: its processes are started. */
static bool
start_deployed(FaContext *context, const FaChoice *choice, const char *release,
               const FaUpOptions *options, GError **error)
{
    FaCancel *cancel = options->assemble.cancel;
    g_autoptr(FaLayout) layout = fa_names_layout(context, choice, error);
    g_auto(FaComposed) composed = {0};
    if (layout == NULL || !fa_layout_get_current(layout, &composed.name, error))
        return false;
    if (composed.name == NULL)
        return fa_fail(error, FA_ERROR_NOT_FOUND,
                       "the build of %s is gone\nhelp: fassembler deploy %s %s.%s", release,
                       release, choice->environment->name, choice->site->name);
    g_autoptr(FaLedger) ledger = fa_home_ledger_open(fa_context_get_home(context), true, error);
    if (ledger == NULL)
        return false;
    say(options, "starting %s as it was deployed", release);
    bool is_started =
        fa_processes_is_running(layout, cancel)
            ? fa_processes_start_stopped(layout, cancel, error)
            : fa_free_ports_require(context, choice, fa_slot_get_current(layout), true, error) &&
                  fa_processes_start_supervisor(layout, cancel, error);
    return is_started && fa_processes_wait(layout, NULL, 0, cancel, error) &&
           record_up(context, choice, ledger, &composed, NULL, NULL, error);
}

static bool
bring_up(FaContext *context, const FaChoice *choice, FaEnvironment *environment,
         const FaComposed *composed, const FaUpOptions *options, GError **error)
{
    const FaLayout *layout = fa_environment_get_layout(environment);
    return start(context, choice, environment, composed, options, error) &&
           fa_processes_wait(layout, NULL, 0, options->assemble.cancel, error) &&
           fa_setup(environment, NULL, options->say, options->data, options->assemble.cancel,
                    error);
}

/* What comes of it is told, too: somebody has to look. */
static bool
take_back(const FaLayout *layout, const char *build, const FaUpOptions *options, GError **error)
{
    const FaComposed before = {.name = (char *)build};
    FaCancel *cancel = options->assemble.cancel;
    say(options, "going back to %s", build);
    return fa_slot_put(layout, fa_slot_of_build(layout, build), build, error) &&
           fa_compose_switch(layout, build, error) && fa_processes_update(layout, cancel, error) &&
           fa_processes_restart_all(layout, cancel, error) && set_applied(layout, &before, error) &&
           fa_processes_wait(layout, NULL, 0, cancel, error);
}

/* Of @failure, with what became of the way back. */
static bool
fail_up(const FaLayout *layout, const char *before, const FaComposed *composed,
        const FaUpOptions *options, GError *failure, GError **error)
{
    g_autoptr(GError) worse = NULL;
    bool is_back = options->goes_back && before != NULL && strcmp(before, composed->name) != 0 &&
                   !fa_error_is(failure, FA_ERROR_CANCELLED);
    if (is_back && !take_back(layout, before, options, &worse))
        g_prefix_error(&failure, "nor does the build before come up again: %s\n", worse->message);
    g_propagate_error(error, failure);
    return false;
}

bool
fa_up(FaContext *context, const FaChoice *choice, const FaUpOptions *options, char **ret_url,
      GError **error)
{
    g_autoptr(GPtrArray) plan = NULL;
    g_autofree char *release = NULL, *before = NULL;
    FaEditPolicy policy;
    if (!read_policy(options->on_edit, &policy, error) ||
        !fa_up_check(context, choice, options, &release, error))
        return false;
    if (release != NULL)
        return start_deployed(context, choice, release, options, error) &&
               tell_url(context, choice, ret_url, error);
    if (!fa_assemble(context, choice, &options->assemble, &plan, error))
        return false;

    const FaInstance instance = {.plan = plan};
    g_autoptr(FaEnvironment) environment =
        fa_environment_open(context, choice, options->assemble.assignments, &instance, error);
    g_auto(FaComposed) composed = {0};
    if (environment == NULL)
        return false;
    g_autoptr(FaLedger) ledger = fa_home_ledger_open(fa_context_get_home(context), true, error);
    if (ledger == NULL)
        return false;
    const FaLayout *layout = fa_environment_get_layout(environment);
    if (!fa_layout_get_current(layout, &before, error) ||
        !fa_keep_builds(context, layout, plan, error) ||
        !fa_environment_compose(environment, options->assemble.sandbox, policy, options->dialogue,
                                &composed, error) ||
        !fa_compose_switch(layout, composed.name, error))
        return false;
    if (composed.is_new)
        say(options, "composed %s", composed.name);
    GError *failure = NULL;
    if (!bring_up(context, choice, environment, &composed, options, &failure))
        return fail_up(layout, before, &composed, options, failure, error);
    if (!record_up(context, choice, ledger, &composed, plan, options->why, error) ||
        !fa_keep_drop_old(context, layout, error))
        return false;
    *ret_url = url_of(choice, layout);
    return true;
}

/* (transfer full) (nullable) What went wrong with it. */
static char *
record_down(const FaContext *context, const FaChoice *choice, const FaLayout *layout)
{
    g_autofree char *name = fa_names_choice(choice), *build = NULL;
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
    *ret_was_up = fa_processes_is_running(layout, cancel);
    if (!*ret_was_up)
        return true;
    if (!fa_processes_call(layout, "supervisor.shutdown", NULL, cancel, NULL, error))
        return false;
    while (fa_processes_is_running(layout, cancel)) {
        if (!fa_processes_pause(cancel, error))
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
        json_object_set_boolean_member(process, "is-scheduled",
                                       fa_processes_is_scheduled(fa_json_get_string(info, "name")));
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
    bool is_up =
        fa_processes_call(layout, "supervisor.getAllProcessInfo", NULL, cancel, &answer, &failure);
    if (!is_up && !fa_error_is(failure, FA_ERROR_UNREACHABLE)) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return false;
    }
    g_autofree char *name = fa_names_choice(choice);
    g_autoptr(FaState) state = fa_state_open(context, error);
    if (state == NULL)
        return false;
    JsonObject *status = json_object_new();
    const FaStanding *standing = fa_running_find(state->running, name);
    JsonObject *broken = fa_view_broken(standing);
    g_autofree char *url = url_of(choice, layout);
    json_object_set_string_member(status, "environment", name);
    json_object_set_string_member(status, "url", url);
    if (build != NULL)
        json_object_set_string_member(status, "build", build);
    else
        json_object_set_null_member(status, "build");
    json_object_set_boolean_member(status, "running", is_up);
    json_object_set_boolean_member(status, "is-retired", standing != NULL && standing->is_retired);
    if (broken != NULL)
        json_object_set_object_member(status, "broken", broken);
    else
        json_object_set_null_member(status, "broken");
    json_object_set_array_member(status, "processes",
                                 is_up && JSON_NODE_HOLDS_ARRAY(answer)
                                     ? describe_processes(json_node_get_array(answer))
                                     : json_array_new());
    *ret_status = status;
    return true;
}

/* Says which there are, when the supervisor still does. */
static bool
fail_unknown(const FaLayout *layout, const char *name, FaCancel *cancel, GError **error)
{
    g_autoptr(JsonNode) answer = NULL;
    g_autoptr(GString) all = g_string_new(NULL);
    if (!fa_processes_call(layout, "supervisor.getAllProcessInfo", NULL, cancel, &answer, error))
        return false;
    for (guint i = 0;
         JSON_NODE_HOLDS_ARRAY(answer) && i < json_array_get_length(json_node_get_array(answer));
         i++) {
        JsonObject *info = json_array_get_object_element(json_node_get_array(answer), i);
        g_string_append_printf(all, ", %s", fa_json_get_string(info, "name"));
    }
    return fa_fail(error, FA_ERROR_NOT_FOUND, "no process '%s'\nhelp: one of all%s", name,
                   all->str);
}

bool
fa_restart(FaContext *context, const FaChoice *choice, const char *const *names, FaCancel *cancel,
           GError **error)
{
    g_autoptr(FaLayout) layout = fa_names_layout(context, choice, error);
    if (layout == NULL)
        return false;
    if (!fa_processes_is_running(layout, cancel))
        return fa_fail(error, FA_ERROR_UNREACHABLE,
                       "%s.%s is down\nhelp: 'fassembler up %s.%s' starts it", layout->environment,
                       layout->site, layout->environment, layout->site);
    if (*names == NULL)
        return fa_processes_restart_all(layout, cancel, error);
    for (; *names != NULL; names++) {
        g_autofree char *name = fa_slot_find_process(layout, *names);
        g_autoptr(GError) failure = NULL;
        if (fa_processes_restart(layout, name, cancel, &failure))
            continue;
        if (fa_error_is(failure, FA_ERROR_NOT_FOUND))
            return fail_unknown(layout, *names, cancel, error);
        g_propagate_error(error, g_steal_pointer(&failure));
        return false;
    }
    return true;
}
