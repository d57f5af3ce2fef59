#include "app/environments.h"
#include "base/error.h"
#include "cli/answer.h"
#include "cli/environment.h"

static bool
print_line(JsonObject *one, const char *member, const char *title, GError **error)
{
    const char *text = fa_json_get_string(one, member);
    return text == NULL || fa_answer_text(error, "%-10s %s\n", title, text);
}

static bool
print(JsonObject *one, GError **error)
{
    static const char *const lines[][2] = {
        {"track", "track"},     {"host", "host"},   {"url", "address"},   {"directory", "folder"},
        {"refresh", "refresh"}, {"state", "state"}, {"health", "health"}, {"release", "release"},
        {"build", "build"},     {"slot", "slot"},   {"since", "since"},   {"by", "by"},
        {"why", "why"},
    };
    if (!fa_answer_text(error, "%s\n", fa_json_get_string(one, "environment")))
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(lines); i++) {
        if (!print_line(one, lines[i][0], lines[i][1], error))
            return false;
    }
    JsonObject *broken = fa_json_get_object(one, "broken");
    return broken == NULL || (fa_answer_text(error, "%-10s %s\n", "broken since",
                                             fa_json_get_string(broken, "since")) &&
                              fa_answer_text(error, "%s: %s\n", fa_json_get_string(broken, "what"),
                                             fa_json_get_string(broken, "reason")));
}

static bool
run(FaInvocation *invocation, GError **error)
{
    g_autoptr(FaContext) context = fa_context_open(invocation->home, error);
    g_autoptr(JsonObject) one = NULL;
    if (context == NULL || !fa_context_check(context, error) ||
        !fa_environments_show(context, invocation->arguments[0], invocation->cancel, &one, error))
        return false;
    return invocation->json ? fa_answer_json(one, error) : print(one, error);
}

static const FaExample examples[] = {
    {"fassembler env show backstage.openplans", "its track, its address, and what runs there"},
    {0},
};

const FaCmd fa_cmd_env_show = {
    .name = "env show",
    .group = FA_GROUP_RELEASE,
    .summary = "Show what an environment is and what runs there",
    .usage = "SITE-ENV",
    .examples = examples,
    .min_arguments = 1,
    .max_arguments = 1,
    .needs = FA_NEEDS_PRODUCT,
    .traits = FA_CMD_HAS_JSON,
    .run = run,
    .complete = fa_environment_complete,
};
