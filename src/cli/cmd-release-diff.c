#include "cli/environment.h"
#include "cli/release-text.h"

static bool
answer(const FaInvocation *invocation, const FaRelease *before, const FaRelease *after,
       const GPtrArray *changes, GError **error)
{
    if (!invocation->json)
        return fa_release_text_print_changes(invocation, changes, error);
    g_autoptr(JsonObject) document = json_object_new();
    json_object_set_string_member(document, "before", before->label);
    json_object_set_string_member(document, "after", after->label);
    json_object_set_array_member(document, "changes", fa_release_text_describe_changes(changes));
    return fa_answer_json(document, error);
}

static bool
run(FaInvocation *invocation, GError **error)
{
    g_autoptr(FaContext) context = fa_context_open(invocation->home, error);
    g_autoptr(FaState) state = context != NULL ? fa_state_open(context, error) : NULL;
    const FaRelease *before =
        state != NULL ? fa_release_text_find(context, state, invocation->arguments[0], error)
                      : NULL;
    const FaRelease *after =
        before != NULL ? fa_release_text_find(context, state, invocation->arguments[1], error)
                       : NULL;
    if (after == NULL)
        return false;
    g_autoptr(GPtrArray) changes =
        fa_release_list_changes(context, before, after, invocation->cancel, error);
    return changes != NULL && answer(invocation, before, after, changes, error);
}

static void
complete(FaCompletion *completion)
{
    fa_release_text_complete(completion);
    fa_environment_complete(completion);
}

static const FaExample examples[] = {
    {"fassembler release diff 0.6 0.6.1", "the commits of every component between the two"},
    {"fassembler release diff live.openplans 0.6.1", "what would change there"},
    {0},
};

const FaCmd fa_cmd_release_diff = {
    .name = "release diff",
    .group = FA_GROUP_RELEASE,
    .summary = "Show what changes from one release to another",
    .usage = "BEFORE AFTER",
    .description = "Each is a label, or an environment for the release that runs there.",
    .examples = examples,
    .min_arguments = 2,
    .max_arguments = 2,
    .needs = FA_NEEDS_PRODUCT,
    .traits = FA_CMD_HAS_JSON,
    .run = run,
    .complete = complete,
};
