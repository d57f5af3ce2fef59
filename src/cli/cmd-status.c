#include <string.h>

#include "app/up.h"
#include "base/error.h"
#include "cli/answer.h"
#include "cli/environment.h"

#define NOT_RUNNING 3

/* What runs goes on; what it should be by now does not build. */
static bool
print_broken(JsonObject *broken, GError **error)
{
    const char *reason = fa_json_get_string(broken, "reason");
    return fa_answer_text(error, "broken since %s: %s: %.*s\n", fa_json_get_string(broken, "since"),
                          fa_json_get_string(broken, "what"), (int)strcspn(reason, "\n"), reason);
}

static bool
print(const FaInvocation *invocation, JsonObject *status, GError **error)
{
    JsonArray *processes = fa_json_get_array(status, "processes");
    const char *build = fa_json_get_string(status, "build");
    g_autoptr(FaTable) table =
        fa_table_new((const char *const[]){"PROCESS", "STATE", "SINCE", NULL});

    for (guint i = 0; i < json_array_get_length(processes); i++) {
        JsonObject *process = json_array_get_object_element(processes, i);
        const char *state = fa_json_get_string(process, "state");
        fa_table_add(table, fa_json_get_string(process, "name"), state,
                     fa_json_get_string(process, "description"), NULL);
        if (!fa_json_get_bool(process, "is-scheduled", false))
            fa_table_style(table, 1,
                           g_strcmp0(state, "RUNNING") == 0 ? FA_STYLE_GOOD : FA_STYLE_BAD);
    }
    JsonObject *broken = fa_json_get_object(status, "broken");
    if (broken != NULL && !print_broken(broken, error))
        return false;
    return fa_answer_text(error, "%s  %s  %s  %s\n", fa_json_get_string(status, "environment"),
                          fa_json_get_bool(status, "running", false) ? "up" : "down",
                          build != NULL ? build : "not built", fa_json_get_string(status, "url")) &&
           fa_answer_table(invocation, table, error);
}

static bool
is_well(JsonObject *status)
{
    JsonArray *processes = fa_json_get_array(status, "processes");
    for (guint i = 0; i < json_array_get_length(processes); i++) {
        JsonObject *process = json_array_get_object_element(processes, i);
        if (!fa_json_get_bool(process, "is-scheduled", false) &&
            g_strcmp0(fa_json_get_string(process, "state"), "RUNNING") != 0)
            return false;
    }
    return fa_json_get_bool(status, "running", false);
}

/* "5 run", or how many of them do, or what else keeps it from being well. */
static char *
describe(JsonObject *status)
{
    JsonArray *processes = fa_json_get_array(status, "processes");
    unsigned running = 0, all = 0;
    if (!fa_json_get_bool(status, "running", false))
        return g_strdup("");
    for (guint i = 0; i < json_array_get_length(processes); i++) {
        JsonObject *process = json_array_get_object_element(processes, i);
        if (fa_json_get_bool(process, "is-scheduled", false))
            continue;
        all++;
        running += g_strcmp0(fa_json_get_string(process, "state"), "RUNNING") == 0;
    }
    g_autofree char *count = running == all ? g_strdup_printf("%u run", all)
                                            : g_strdup_printf("%u of %u run", running, all);
    return g_strconcat(count, fa_json_get_object(status, "broken") != NULL ? ", broken" : "", NULL);
}

static bool
print_all(const FaInvocation *invocation, JsonArray *statuses, GError **error)
{
    g_autoptr(FaTable) table = fa_table_new(
        (const char *const[]){"ENVIRONMENT", "STATE", "BUILD", "PROCESSES", "ADDRESS", NULL});
    for (guint i = 0; i < json_array_get_length(statuses); i++) {
        JsonObject *status = json_array_get_object_element(statuses, i);
        const char *build = fa_json_get_string(status, "build");
        g_autofree char *processes = describe(status);
        bool is_up = fa_json_get_bool(status, "running", false);
        const char *rest = fa_json_get_bool(status, "is-retired", false) ? "retired" : "down";
        fa_table_add(table, fa_json_get_string(status, "environment"), is_up ? "up" : rest,
                     build != NULL ? build : "not built", processes,
                     fa_json_get_string(status, "url"), NULL);
        if (is_up)
            fa_table_style(table, 3, is_well(status) ? FA_STYLE_GOOD : FA_STYLE_BAD);
    }
    return fa_answer_table(invocation, table, error);
}

/* All that the home has, as far as whoever asks may look. */
static bool
run_all(FaInvocation *invocation, FaContext *context, char **names, GError **error)
{
    g_autoptr(JsonObject) document = json_object_new();
    JsonArray *statuses = json_array_new();
    json_object_set_array_member(document, "environments", statuses);
    for (char **name = names; *name != NULL; name++) {
        g_autoptr(GError) failure = NULL;
        FaChoice choice;
        JsonObject *status;
        if (!fa_context_choose(context, *name, &choice, &failure)) {
            if (fa_error_is(failure, FA_ERROR_DENIED))
                continue;
            g_propagate_error(error, g_steal_pointer(&failure));
            return false;
        }
        if (!fa_status(context, &choice, invocation->cancel, &status, error))
            return false;
        if (!is_well(status) && !fa_json_get_bool(status, "is-retired", false))
            invocation->exit_status = NOT_RUNNING;
        json_array_add_object_element(statuses, status);
    }
    return invocation->json ? fa_answer_json(document, error)
                            : print_all(invocation, statuses, error);
}

static bool
run(FaInvocation *invocation, GError **error)
{
    const char *name = invocation->arguments[0];
    g_autoptr(FaContext) context = fa_context_open(invocation->home, error);
    g_autoptr(JsonObject) status = NULL;
    FaChoice choice;
    if (context == NULL || !fa_context_check(context, error))
        return false;
    g_auto(GStrv) names = fa_context_list_in_home(context);
    if (name == NULL && g_strv_length(names) > 1)
        return run_all(invocation, context, names, error);
    if (!fa_context_choose(context, name, &choice, error) ||
        !fa_status(context, &choice, invocation->cancel, &status, error))
        return false;
    if (!is_well(status))
        invocation->exit_status = NOT_RUNNING;
    return invocation->json ? fa_answer_json(status, error) : print(invocation, status, error);
}

static const FaExample examples[] = {
    {"fassembler status dev.openplans", "its build, its address, and every process"},
    {"fassembler status dev.openplans --json", "the same for a program"},
    {"fassembler status", "every environment that the home has"},
    {0},
};

const FaCmd fa_cmd_status = {
    .name = "status",
    .group = FA_GROUP_RUN,
    .summary = "Show an environment and its processes",
    .usage = "[SITE-ENV]",
    .description =
        "Without a name it is the only environment that the home has, or all of them, a line each. "
        "The exit status is 0 when every process of what is not retired runs, 3 when not.",
    .examples = examples,
    .max_arguments = 1,
    .needs = FA_NEEDS_PRODUCT,
    .traits = FA_CMD_HAS_JSON,
    .run = run,
    .complete = fa_environment_complete,
};
