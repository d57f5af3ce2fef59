#include "app/processes.h"

#include <poll.h>
#include <string.h>

#include "base/error.h"
#include "proc/client.h"
#include "site/conf.h"
#include "sys/clock.h"
#include "sys/fs.h"
#include "sys/spawn.h"
#include "sys/user.h"

#define START_SECONDS 120
#define POLL_MS       20
#define LOG_SHOWN     1500 /* bytes of its end */

bool
fa_processes_call(const FaLayout *layout, const char *method, JsonArray *parameters,
                  FaCancel *cancel, JsonNode **ret_value, GError **error)
{
    g_autofree char *socket = g_build_filename(layout->run, "supervisor.sock", NULL);
    FaProcClient client = {.socket = socket, .timeout = START_SECONDS, .cancel = cancel};
    return fa_proc_call(&client, method, parameters, ret_value, error);
}

bool
fa_processes_is_running(const FaLayout *layout, FaCancel *cancel)
{
    g_autoptr(GError) error = NULL;
    return fa_processes_call(layout, "supervisor.getState", NULL, cancel, NULL, &error) ||
           !fa_error_is(error, FA_ERROR_UNREACHABLE);
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

bool
fa_processes_start_supervisor(const FaLayout *layout, FaCancel *cancel, GError **error)
{
    return run_tool(layout, "supervisord", NULL, cancel, error);
}

bool
fa_processes_update(const FaLayout *layout, FaCancel *cancel, GError **error)
{
    return run_tool(layout, "supervisorctl", "update", cancel, error);
}

/* Done too when it was in that state already. */
static bool
order(const FaLayout *layout, const char *method, const char *name, bool wait, FaCancel *cancel,
      GError **error)
{
    g_autoptr(JsonArray) parameters = json_array_new();
    g_autoptr(GError) failure = NULL;
    json_array_add_string_element(parameters, name);
    json_array_add_boolean_element(parameters, wait);
    if (fa_processes_call(layout, method, parameters, cancel, NULL, &failure) ||
        fa_error_is(failure, FA_ERROR_CONFLICT))
        return true;
    g_propagate_error(error, g_steal_pointer(&failure));
    return false;
}

bool
fa_processes_start(const FaLayout *layout, const char *name, FaCancel *cancel, GError **error)
{
    return order(layout, "supervisor.startProcess", name, true, cancel, error);
}

bool
fa_processes_stop(const FaLayout *layout, const char *name, FaCancel *cancel, GError **error)
{
    return order(layout, "supervisor.stopProcess", name, true, cancel, error);
}

bool
fa_processes_restart(const FaLayout *layout, const char *name, FaCancel *cancel, GError **error)
{
    return fa_processes_stop(layout, name, cancel, error) &&
           fa_processes_start(layout, name, cancel, error);
}

/* (transfer full) (nullable) */
static JsonNode *
list_all(const FaLayout *layout, FaCancel *cancel, GError **error)
{
    g_autoptr(JsonNode) answer = NULL;
    if (!fa_processes_call(layout, "supervisor.getAllProcessInfo", NULL, cancel, &answer, error))
        return NULL;
    if (!JSON_NODE_HOLDS_ARRAY(answer)) {
        fa_fail(error, FA_ERROR_FAILED, "the supervisor's answer is no list");
        return NULL;
    }
    return g_steal_pointer(&answer);
}

bool
fa_processes_is_scheduled(const char *name)
{
    return g_strcmp0(name, FA_CONF_REFRESH) == 0;
}

/* (transfer full) (nullable) of char *: what runs all the time, as "GROUP:NAME", in the supervisor's order. */
static GPtrArray *
list_lasting(const FaLayout *layout, FaCancel *cancel, GError **error)
{
    g_autoptr(JsonNode) answer = list_all(layout, cancel, error);
    if (answer == NULL)
        return NULL;
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    JsonArray *processes = json_node_get_array(answer);
    for (guint i = 0; i < json_array_get_length(processes); i++) {
        JsonObject *process = json_array_get_object_element(processes, i);
        const char *group = fa_json_get_string(process, "group");
        if (!fa_processes_is_scheduled(group))
            g_ptr_array_add(names,
                            g_strdup_printf("%s:%s", group, fa_json_get_string(process, "name")));
    }
    return names;
}

bool
fa_processes_restart_all(const FaLayout *layout, FaCancel *cancel, GError **error)
{
    g_autoptr(GPtrArray) names = list_lasting(layout, cancel, error);
    if (names == NULL)
        return false;
    for (guint i = names->len; i > 0; i--) {
        if (!fa_processes_stop(layout, g_ptr_array_index(names, i - 1), cancel, error))
            return false;
    }
    for (guint i = 0; i < names->len; i++) {
        if (!fa_processes_start(layout, g_ptr_array_index(names, i), cancel, error))
            return false;
    }
    return true;
}

bool
fa_processes_start_stopped(const FaLayout *layout, FaCancel *cancel, GError **error)
{
    static const char *const stopped[] = {"STOPPED", "FATAL", "EXITED", NULL};
    g_autoptr(JsonNode) answer = list_all(layout, cancel, error);
    if (answer == NULL)
        return false;
    JsonArray *processes = json_node_get_array(answer);
    for (guint i = 0; i < json_array_get_length(processes); i++) {
        JsonObject *process = json_array_get_object_element(processes, i);
        const char *state = fa_json_get_string(process, "statename");
        if (state == NULL || !g_strv_contains(stopped, state) ||
            fa_processes_is_scheduled(fa_json_get_string(process, "group")))
            continue;
        g_autofree char *name = g_strdup_printf("%s:%s", fa_json_get_string(process, "group"),
                                                fa_json_get_string(process, "name"));
        if (!order(layout, "supervisor.startProcess", name, false, cancel, error))
            return false;
    }
    return true;
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

/* Several instances of a process are in a group that has its name. What runs when it is due is waited for by nobody. */
static bool
is_wanted(JsonObject *process, const char *const *names)
{
    const char *group = fa_json_get_string(process, "group");
    return names == NULL ? !fa_processes_is_scheduled(group) : g_strv_contains(names, group);
}

/* The name of a process that is not up yet in *ret_name (borrowed from @processes), NULL when all are. */
static bool
find_waiting(JsonArray *processes, const FaLayout *layout, const char *const *names,
             const char **ret_name, GError **error)
{
    *ret_name = NULL;
    for (guint i = 0; i < json_array_get_length(processes); i++) {
        JsonObject *process = json_array_get_object_element(processes, i);
        const char *state = fa_json_get_string(process, "statename");
        const char *name = fa_json_get_string(process, "name");
        if (!is_wanted(process, names) || g_strcmp0(state, "RUNNING") == 0)
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

bool
fa_processes_pause(FaCancel *cancel, GError **error)
{
    struct pollfd fd = {.fd = fa_cancel_get_fd(cancel), .events = POLLIN};
    poll(&fd, 1, POLL_MS);
    return fa_cancel_check(cancel, error);
}

bool
fa_processes_check(const FaLayout *layout, const char *const *names, FaCancel *cancel,
                   GError **error)
{
    g_autoptr(JsonNode) answer = list_all(layout, cancel, error);
    const char *waiting = NULL;
    if (answer == NULL ||
        !find_waiting(json_node_get_array(answer), layout, names, &waiting, error))
        return false;
    return waiting == NULL || fail_process(layout, waiting, "does not run", error);
}

bool
fa_processes_wait(const FaLayout *layout, const char *const *names, int64_t patience,
                  FaCancel *cancel, GError **error)
{
    int64_t seconds = patience > 0 ? patience : START_SECONDS;
    int64_t limit = fa_clock_monotonic() + seconds * G_USEC_PER_SEC;
    g_autofree char *late =
        g_strdup_printf("is not up after %" G_GINT64_FORMAT " seconds", seconds);
    for (;;) {
        const char *waiting = NULL;
        g_autoptr(GError) failure = NULL;
        g_autoptr(JsonNode) answer = list_all(layout, cancel, &failure);
        /* It may have just been started: its socket may not be there yet. */
        if (answer == NULL &&
            (!fa_error_is(failure, FA_ERROR_UNREACHABLE) || fa_clock_monotonic() > limit)) {
            g_propagate_error(error, g_steal_pointer(&failure));
            return false;
        }
        if (answer != NULL &&
            !find_waiting(json_node_get_array(answer), layout, names, &waiting, error))
            return false;
        if (answer != NULL && waiting == NULL)
            return true;
        if (answer != NULL && fa_clock_monotonic() > limit)
            return fail_process(layout, waiting, late, error);
        if (!fa_processes_pause(cancel, error))
            return false;
    }
}
