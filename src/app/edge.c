#include "app/edge.h"

#include <string.h>

#include "app/names.h"
#include "app/processes.h"
#include "app/state.h"
#include "app/supervisor.h"
#include "base/error.h"
#include "base/text.h"
#include "domain/ports.h"
#include "proc/client.h"
#include "site/edge.h"
#include "site/slot.h"
#include "sys/fs.h"
#include "sys/spawn.h"
#include "sys/user.h"

#define NGINX        "nginx"
#define NGINX_PATH   "/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin"
#define SECONDS      60
#define FOLDERS_MODE 0700

static const char *const folders[] = {"log", "tmp", "conf.d", NULL};

void
fa_edge_result_clear(FaEdgeResult *result)
{
    g_clear_pointer(&result->conf, g_free);
}

/* What serves, and what it is made from. */
typedef struct Work {
    FaContext *context;
    FaState *state;
    const FaProduct *product;
    FaCancel *cancel;
    char *directory;
    GArray *hosts;      /* of FaEdgeHost */
    GPtrArray *choices; /* of FaChoice, in the same order */
    GPtrArray *names;   /* what the hosts borrow */
    GPtrArray *layouts;
} Work;

static void
work_clear(Work *work)
{
    g_free(work->directory);
    g_clear_pointer(&work->state, fa_state_free);
    g_clear_pointer(&work->hosts, g_array_unref);
    g_clear_pointer(&work->choices, g_ptr_array_unref);
    g_clear_pointer(&work->names, g_ptr_array_unref);
    g_clear_pointer(&work->layouts, g_ptr_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Work, work_clear)

static bool
is_retired(const Work *work, const char *name)
{
    const FaStanding *standing = fa_running_find(work->state->running, name);
    return standing != NULL && standing->is_retired;
}

/* What was never composed has nothing to serve, and what is retired serves no more. */
static bool
add_host(Work *work, const char *name, GError **error)
{
    FaChoice *choice = g_new0(FaChoice, 1);
    g_ptr_array_add(work->choices, choice);
    if (!fa_context_choose(work->context, name, choice, error))
        return false;
    FaLayout *layout = fa_names_layout(work->context, choice, error);
    if (layout == NULL)
        return false;
    g_ptr_array_add(work->layouts, layout);
    if (!fa_fs_exists(layout->current) || is_retired(work, name)) {
        g_ptr_array_set_size(work->choices, (gint)work->choices->len - 1);
        return true;
    }
    char *host = fa_product_get_host(choice->site, choice->environment);
    g_ptr_array_add(work->names, host);
    FaEdgeHost one = {
        .host = host,
        .layout = layout,
        .ports = {fa_ports_get(choice->site, choice->environment, FA_SLOT_A, 0),
                  fa_ports_get(choice->site, choice->environment, FA_SLOT_B, 0)},
    };
    g_array_append_val(work->hosts, one);
    return true;
}

static bool
begin(Work *work, FaContext *context, FaCancel *cancel, GError **error)
{
    work->context = context;
    work->product = fa_context_get_product(context);
    work->cancel = cancel;
    work->directory = g_build_filename(fa_context_get_home(context), "edge", NULL);
    work->hosts = g_array_new(FALSE, TRUE, sizeof(FaEdgeHost));
    work->choices = g_ptr_array_new_with_free_func(g_free);
    work->names = g_ptr_array_new_with_free_func(g_free);
    work->layouts = g_ptr_array_new_with_free_func((GDestroyNotify)fa_layout_free);
    if (work->product->edge.listen == NULL)
        return fa_fail(error, FA_ERROR_CONFIG,
                       "the product has no edge\nhelp: say where it listens in fassembler.yaml: "
                       "edge: {listen: \"127.0.0.1:7900\"}");
    work->state = fa_state_open(context, error);
    if (work->state == NULL)
        return false;
    g_auto(GStrv) names = fa_context_list_environments(context);
    for (char **name = names; *name != NULL; name++)
        if (!add_host(work, *name, error))
            return false;
    return true;
}

static char *
path_of(const Work *work, const char *name)
{
    return g_build_filename(work->directory, name, NULL);
}

static bool
ask(const Work *work, const char *method, JsonArray *parameters, JsonNode **ret_value,
    GError **error)
{
    g_autofree char *socket = path_of(work, "supervisor.sock");
    FaProcClient client = {.socket = socket, .timeout = SECONDS, .cancel = work->cancel};
    return fa_proc_call(&client, method, parameters, ret_value, error);
}

static bool
call(const Work *work, const char *method, JsonArray *parameters, GError **error)
{
    return ask(work, method, parameters, NULL, error);
}

static bool
is_running(const Work *work)
{
    return call(work, "supervisor.getState", NULL, NULL);
}

static char *
make_conf(const Work *work, GError **error)
{
    const FaEdgeSpec *spec = &work->product->edge;
    const FaEdge edge = {
        .directory = work->directory,
        .listen = spec->listen,
        .scheme = spec->scheme != NULL ? spec->scheme : "http",
        .user = fa_user_is_root() ? "root" : NULL,
        .hosts = work->hosts,
    };
    return fa_edge_write(&edge, error);
}

static bool
make_folders(const Work *work, GError **error)
{
    for (const char *const *folder = folders; *folder != NULL; folder++) {
        g_autofree char *path = path_of(work, *folder);
        if (!fa_fs_make_directory(path, FOLDERS_MODE, error))
            return false;
    }
    return true;
}

static bool
run(const char *const *argv, FaCancel *cancel, GError **error)
{
    const char *const variables[] = {"PATH=" NGINX_PATH, "LC_ALL=C.UTF-8", NULL};
    FaSpawn spawn = {.argv = argv, .environment = variables, .timeout = SECONDS, .cancel = cancel};
    g_auto(FaSpawnResult) result = {0};
    return fa_spawn_check(&spawn, &result, error);
}

/* (transfer full) (nullable) */
static char *
find_nginx(GError **error)
{
    char *nginx = fa_spawn_find(NGINX, NGINX_PATH);
    if (nginx == NULL)
        fa_fail(error, FA_ERROR_NOT_FOUND, "there is no nginx\nhelp: apt-get install nginx-light");
    return nginx;
}

/* Under another name, so that what nginx refuses never stands where it would read it. */
static bool
check_conf(const Work *work, const char *nginx, const char *conf, GError **error)
{
    g_autofree char *path = path_of(work, "nginx.conf.new");
    const char *const argv[] = {nginx, "-e", "stderr", "-q", "-t", "-c", path, NULL};
    if (!fa_fs_write(path, conf, strlen(conf), 0600, FA_WRITE_NONE, error))
        return false;
    if (run(argv, work->cancel, error))
        return true;
    g_prefix_error(error, "nginx refuses the edge's configuration: ");
    return false;
}

static bool
wait_until_up(const Work *work, GError **error)
{
    g_autoptr(JsonArray) parameters = json_array_new();
    json_array_add_string_element(parameters, NGINX);
    for (;;) {
        g_autoptr(JsonNode) answer = NULL;
        bool is_there = ask(work, "supervisor.getProcessInfo", parameters, &answer, NULL);
        JsonObject *info =
            is_there && JSON_NODE_HOLDS_OBJECT(answer) ? json_node_get_object(answer) : NULL;
        const char *state = info != NULL ? fa_json_get_string(info, "statename") : "";
        if (g_strcmp0(state, "RUNNING") == 0)
            return true;
        if (g_strcmp0(state, "FATAL") == 0)
            return fa_fail(error, FA_ERROR_FAILED,
                           "the edge's nginx does not stay up\nhelp: see '%s/log/nginx.log'",
                           work->directory);
        if (!fa_processes_pause(work->cancel, error))
            return false;
    }
}

static bool
start(const Work *work, const char *nginx, GError **error)
{
    g_autofree char *out = NULL;
    g_autofree char *conf = path_of(work, "supervisord.conf");
    g_autofree char *nginx_conf = path_of(work, "nginx.conf");
    g_autofree char *quoted = fa_text_shell_quote(nginx_conf);
    g_autofree char *log = path_of(work, "log");
    if (!fa_supervisor_provide(work->context, false, &out, error))
        return false;
    g_autofree char *text = g_strdup_printf(
        "[unix_http_server]\nfile=%s/supervisor.sock\nchmod=0700\n\n"
        "[supervisord]\nidentifier=edge\nlogfile=%s/supervisord.log\npidfile=%s/supervisord.pid\n\n"
        "[rpcinterface:supervisor]\nsupervisor.rpcinterface_factory="
        "supervisor.rpcinterface:make_main_rpcinterface\n\n"
        "[supervisorctl]\nserverurl=unix://%s/supervisor.sock\n\n"
        "[program:nginx]\ncommand=%s -e stderr -c %s\nstopsignal=QUIT\nstopwaitsecs=30\n"
        "startsecs=1\nready=tcp:%s\nready_timeout=20\nredirect_stderr=true\nstdout_logfile=%s/"
        "nginx.log\n",
        work->directory, log, work->directory, work->directory, nginx, quoted,
        work->product->edge.listen, log);
    g_autofree char *daemon = g_build_filename(out, "fassembler-supervisord", NULL);
    const char *const argv[] = {daemon, "-c", conf, NULL};
    return fa_fs_write(conf, text, strlen(text), 0600, FA_WRITE_NONE, error) &&
           run(argv, work->cancel, error) && wait_until_up(work, error);
}

/* An nginx that is asked to reload goes on with the old configuration until the new one serves. */
static bool
reload(const Work *work, GError **error)
{
    g_autoptr(JsonArray) parameters = json_array_new();
    json_array_add_string_element(parameters, "nginx");
    json_array_add_string_element(parameters, "HUP");
    return call(work, "supervisor.signalProcess", parameters, error);
}

static bool
put_conf(const Work *work, const char *nginx, const char *conf, FaEdgeResult *result,
         GError **error)
{
    g_autofree char *path = path_of(work, "nginx.conf");
    return make_folders(work, error) && check_conf(work, nginx, conf, error) &&
           fa_fs_write_if_changed(path, conf, strlen(conf), 0600, &result->is_changed, error);
}

static bool
apply(const Work *work, bool dry_run, FaEdgeResult *result, GError **error)
{
    g_autofree char *nginx = find_nginx(error);
    result->conf = nginx != NULL ? make_conf(work, error) : NULL;
    if (result->conf == NULL)
        return false;
    if (dry_run)
        return true;
    if (!put_conf(work, nginx, result->conf, result, error))
        return false;
    result->is_started = !is_running(work);
    if (result->is_started)
        return start(work, nginx, error);
    return !result->is_changed || reload(work, error);
}

bool
fa_edge_apply(FaContext *context, bool dry_run, FaCancel *cancel, FaEdgeResult *ret_result,
              GError **error)
{
    g_auto(Work) work = {0};
    g_auto(FaEdgeResult) result = {0};
    if (!begin(&work, context, cancel, error) || !apply(&work, dry_run, &result, error))
        return false;
    *ret_result = result;
    result = (FaEdgeResult){0};
    return true;
}

bool
fa_edge_follow(FaContext *context, FaCancel *cancel, GError **error)
{
    g_auto(Work) work = {0};
    g_auto(FaEdgeResult) result = {0};
    if (fa_context_get_product(context)->edge.listen == NULL)
        return true;
    if (!begin(&work, context, cancel, error))
        return false;
    return !is_running(&work) || apply(&work, false, &result, error);
}

bool
fa_edge_stop(FaContext *context, FaCancel *cancel, bool *ret_was_up, GError **error)
{
    g_auto(Work) work = {0};
    if (!begin(&work, context, cancel, error))
        return false;
    *ret_was_up = is_running(&work);
    if (!*ret_was_up)
        return true;
    if (!call(&work, "supervisor.shutdown", NULL, error))
        return false;
    while (is_running(&work)) {
        if (!fa_processes_pause(cancel, error))
            return false;
    }
    return true;
}

static JsonObject *
describe(const Work *work, guint index)
{
    const FaEdgeHost *host = &g_array_index(work->hosts, FaEdgeHost, index);
    const FaChoice *choice = g_ptr_array_index(work->choices, index);
    FaSlot slot = fa_slot_get_current(host->layout);
    g_autofree char *url = fa_product_get_url(work->product, choice->site, choice->environment);
    g_autofree char *name = fa_names_choice(choice);
    g_autofree char *maintenance = fa_edge_get_maintenance(host->layout);
    g_autofree char *build = NULL;
    JsonObject *object = json_object_new();
    json_object_set_string_member(object, "host", host->host);
    json_object_set_string_member(object, "environment", name);
    json_object_set_string_member(object, "url", url);
    json_object_set_string_member(object, "slot", fa_slot_to_string(slot));
    json_object_set_int_member(object, "port", host->ports[slot]);
    if (fa_layout_get_current(host->layout, &build, NULL) && build != NULL)
        json_object_set_string_member(object, "build", build);
    json_object_set_boolean_member(object, "maintenance", fa_fs_exists(maintenance));
    return object;
}

bool
fa_edge_show(FaContext *context, FaCancel *cancel, JsonObject **ret_state, GError **error)
{
    g_auto(Work) work = {0};
    if (!begin(&work, context, cancel, error))
        return false;
    JsonObject *state = json_object_new();
    JsonArray *hosts = json_array_new();
    json_object_set_string_member(state, "listen", work.product->edge.listen);
    json_object_set_boolean_member(state, "running", is_running(&work));
    for (guint i = 0; i < work.hosts->len; i++)
        json_array_add_object_element(hosts, describe(&work, i));
    json_object_set_array_member(state, "hosts", hosts);
    *ret_state = state;
    return true;
}
