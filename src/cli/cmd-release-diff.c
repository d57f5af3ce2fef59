#include "cli/release-text.h"

static bool
answer(const FaInvocation *invocation, const GPtrArray *changes, GError **error)
{
    if (!invocation->json)
        return fa_release_text_print_changes(invocation, changes, error);
    g_autoptr(JsonObject) document = json_object_new();
    json_object_set_string_member(document, "before", invocation->arguments[0]);
    json_object_set_string_member(document, "after", invocation->arguments[1]);
    json_object_set_array_member(document, "changes", fa_release_text_describe_changes(changes));
    return fa_answer_json(document, error);
}

static bool
run(FaInvocation *invocation, GError **error)
{
    g_autoptr(FaContext) context = fa_context_open(invocation->home, error);
    g_autoptr(FaState) state = context != NULL ? fa_state_open(context, error) : NULL;
    const FaRelease *before =
        state != NULL ? fa_state_find_release(state, invocation->arguments[0], error) : NULL;
    const FaRelease *after =
        before != NULL ? fa_state_find_release(state, invocation->arguments[1], error) : NULL;
    if (after == NULL)
        return false;
    g_autoptr(GPtrArray) changes =
        fa_release_list_changes(context, before, after, invocation->cancel, error);
    return changes != NULL && answer(invocation, changes, error);
}

static const FaExample examples[] = {
    {"fassembler release diff 0.6 0.6.1", "the commits of every component between the two"},
    {0},
};

const FaCmd fa_cmd_release_diff = {
    .name = "release diff",
    .group = FA_GROUP_RELEASE,
    .summary = "Show what changes from one release to another",
    .usage = "BEFORE AFTER",
    .examples = examples,
    .min_arguments = 2,
    .max_arguments = 2,
    .needs = FA_NEEDS_PRODUCT,
    .traits = FA_CMD_HAS_JSON,
    .run = run,
    .complete = fa_release_text_complete,
};
