#include "app/environments.h"
#include "cli/answer.h"

typedef struct Options {
    bool all;
} Options;

static const FaOption options[] = {
    FA_OPTION_FLAG(Options, all, "all", 'a', "Retired environments too"),
    {0},
};

static const char *
or_empty(const char *text)
{
    return text != NULL ? text : "";
}

static bool
print(const FaInvocation *invocation, JsonObject *list, GError **error)
{
    g_autoptr(FaTable) table = fa_table_new(
        (const char *const[]){"ENVIRONMENT", "TRACK", "STATE", "RELEASE", "ADDRESS", NULL});
    JsonArray *environments = fa_json_get_array(list, "environments");
    for (guint i = 0; i < json_array_get_length(environments); i++) {
        JsonObject *one = json_array_get_object_element(environments, i);
        bool is_broken = fa_json_get_object(one, "broken") != NULL;
        const char *state = is_broken ? "broken" : fa_json_get_string(one, "state");
        fa_table_add(table, fa_json_get_string(one, "environment"),
                     or_empty(fa_json_get_string(one, "track")), state,
                     or_empty(fa_json_get_string(one, "release")),
                     or_empty(fa_json_get_string(one, "url")), NULL);
        if (is_broken)
            fa_table_style(table, 2, FA_STYLE_BAD);
    }
    return fa_answer_table(invocation, table, error);
}

static bool
run(FaInvocation *invocation, GError **error)
{
    const Options *chosen = invocation->options;
    g_autoptr(FaContext) context = fa_context_open(invocation->home, error);
    g_autoptr(JsonObject) list = NULL;
    if (context == NULL || !fa_context_check(context, error) ||
        !fa_environments_list(context, chosen->all, &list, error))
        return false;
    return invocation->json ? fa_answer_json(list, error) : print(invocation, list, error);
}

static const FaExample examples[] = {
    {"fassembler env list", "all there are, with their tracks and addresses"},
    {0},
};

const FaCmd fa_cmd_env_list = {
    .name = "env list",
    .group = FA_GROUP_RELEASE,
    .summary = "List the environments of all sites",
    .description = "Every environment that the product has, whether something was ever brought "
                   "there or not, and those that only the ledger still knows.",
    .examples = examples,
    .options = options,
    .options_size = sizeof(Options),
    .needs = FA_NEEDS_PRODUCT,
    .traits = FA_CMD_HAS_JSON,
    .run = run,
};
