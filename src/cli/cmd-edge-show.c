#include "app/edge.h"
#include "cli/answer.h"
#include "cli/home.h"

#define NOT_RUNNING 3

static bool
print(const FaInvocation *invocation, JsonObject *state, GError **error)
{
    JsonArray *hosts = fa_json_get_array(state, "hosts");
    g_autoptr(FaTable) table =
        fa_table_new((const char *const[]){"ADDRESS", "ENVIRONMENT", "SLOT", "BUILD", "", NULL});
    for (guint i = 0; i < json_array_get_length(hosts); i++) {
        JsonObject *host = json_array_get_object_element(hosts, i);
        const char *build = fa_json_get_string(host, "build");
        fa_table_add(table, fa_json_get_string(host, "url"),
                     fa_json_get_string(host, "environment"), fa_json_get_string(host, "slot"),
                     build != NULL ? build : "",
                     fa_json_get_bool(host, "maintenance", false) ? "maintenance" : "", NULL);
    }
    return fa_answer_text(error, "%s  %s\n", fa_json_get_string(state, "listen"),
                          fa_json_get_bool(state, "running", false) ? "up" : "down") &&
           fa_answer_table(invocation, table, error);
}

static bool
run(FaInvocation *invocation, GError **error)
{
    g_autoptr(FaContext) context = fa_context_open(invocation->home, error);
    g_autoptr(JsonObject) state = NULL;
    if (context == NULL || !fa_context_check(context, error) ||
        !fa_edge_show(context, invocation->cancel, &state, error))
        return false;
    if (!fa_json_get_bool(state, "running", false))
        invocation->exit_status = NOT_RUNNING;
    return invocation->json ? fa_answer_json(state, error) : print(invocation, state, error);
}

static const FaExample examples[] = {
    {"fassembler edge show", "which address leads to which build"},
    {0},
};

const FaCmd fa_cmd_edge_show = {
    .name = "edge show",
    .group = FA_GROUP_RUN,
    .summary = "Show which host name leads to which environment",
    .description = "The exit status is 0 when the edge runs, 3 when not.",
    .examples = examples,
    .needs = FA_NEEDS_PRODUCT,
    .traits = FA_CMD_HAS_JSON,
    .run = run,
};
