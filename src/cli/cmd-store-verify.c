#include "app/transfer.h"
#include "cli/answer.h"
#include "cli/home.h"

static bool
answer(JsonObject *report, GError **error)
{
    JsonArray *damage = fa_json_get_array(report, "damage");
    for (guint i = 0; i < json_array_get_length(damage); i++) {
        JsonObject *one = json_array_get_object_element(damage, i);
        JsonArray *builds = fa_json_get_array(one, "builds");
        g_autoptr(GString) names = g_string_new(NULL);
        for (guint j = 0; j < json_array_get_length(builds); j++)
            g_string_append_printf(names, " %s", json_array_get_string_element(builds, j));
        if (!fa_answer_text(error, "%s '%s', used by%s\n",
                            fa_json_get_bool(one, "restored", false) ? "restored" : "damaged",
                            fa_json_get_string(one, "path"),
                            names->len > 0 ? names->str : " nothing"))
            return false;
    }
    if (json_array_get_length(damage) == 0)
        return fa_answer_text(error, "all is whole\n");
    return fa_json_get_bool(report, "is-whole", false) ||
           fa_answer_text(error, "next: build or pull again what uses it\n");
}

static bool
run(FaInvocation *invocation, GError **error)
{
    g_autoptr(FaContext) context = NULL;
    g_autoptr(JsonObject) report = NULL;
    const char *home;
    if (!fa_home_find(invocation, &context, &home, error) ||
        !fa_transfer_verify(home, invocation->cancel, &report, error))
        return false;
    if (!fa_json_get_bool(report, "is-whole", false))
        invocation->exit_status = 1;
    return invocation->json ? fa_answer_json(report, error) : answer(report, error);
}

static const FaExample examples[] = {
    {"fassembler store verify", "read all of the store, and restore what was changed"},
    {0},
};

const FaCmd fa_cmd_store_verify = {
    .name = "store verify",
    .group = FA_GROUP_CARE,
    .summary = "Read everything in the store, and restore what is damaged",
    .description =
        "An object is restored from any whole copy that is left. The exit status is 1 when "
        "something could not be restored.",
    .examples = examples,
    .needs = FA_NEEDS_HOME,
    .traits = FA_CMD_HAS_JSON,
    .run = run,
};
