#include <string.h>

#include "app/up.h"
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

static bool
run(FaInvocation *invocation, GError **error)
{
    g_autoptr(FaContext) context = NULL;
    g_autoptr(JsonObject) status = NULL;
    FaChoice choice;
    if (!fa_environment_find(invocation, invocation->arguments[0], &context, &choice, error) ||
        !fa_status(context, &choice, invocation->cancel, &status, error))
        return false;
    if (!is_well(status))
        invocation->exit_status = NOT_RUNNING;
    return invocation->json ? fa_answer_json(status, error) : print(invocation, status, error);
}

static const FaExample examples[] = {
    {"fassembler status dev.openplans", "its build, its address, and every process"},
    {"fassembler status dev.openplans --json", "the same for a program"},
    {0},
};

const FaCmd fa_cmd_status = {
    .name = "status",
    .group = FA_GROUP_RUN,
    .summary = "Show an environment and its processes",
    .usage = "[SITE-ENV]",
    .description = "The exit status is 0 when every process runs, 3 when not.",
    .examples = examples,
    .max_arguments = 1,
    .needs = FA_NEEDS_PRODUCT,
    .traits = FA_CMD_HAS_JSON,
    .run = run,
    .complete = fa_environment_complete,
};
