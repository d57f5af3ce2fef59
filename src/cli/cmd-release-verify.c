#include "cli/release-text.h"

/* (transfer full) */
static JsonArray *
list_problems(const GPtrArray *checks)
{
    JsonArray *problems = json_array_new();
    for (guint i = 0; i < checks->len; i++) {
        const FaReleaseCheck *check = g_ptr_array_index(checks, i);
        if (check->problem == NULL)
            continue;
        JsonObject *one = json_object_new();
        json_object_set_string_member(one, "what", check->component);
        json_object_set_string_member(one, "problem", check->problem);
        json_array_add_object_element(problems, one);
    }
    return problems;
}

static bool
print(const char *label, JsonArray *problems, GError **error)
{
    for (guint i = 0; i < json_array_get_length(problems); i++) {
        JsonObject *one = json_array_get_object_element(problems, i);
        if (!fa_answer_text(error, "%s: %s\n", fa_json_get_string(one, "what"),
                            fa_json_get_string(one, "problem")))
            return false;
    }
    return json_array_get_length(problems) > 0 || fa_answer_text(error, "%s is whole\n", label);
}

static bool
run(FaInvocation *invocation, GError **error)
{
    const char *label = invocation->arguments[0];
    g_autoptr(FaContext) context = fa_context_open(invocation->home, error);
    g_autoptr(GPtrArray) checks = NULL;
    if (context == NULL || !fa_release_verify(context, label, invocation->cancel, &checks, error))
        return false;
    g_autoptr(JsonObject) document = json_object_new();
    JsonArray *problems = list_problems(checks);
    bool is_whole = json_array_get_length(problems) == 0;
    json_object_set_boolean_member(document, "is-whole", is_whole);
    json_object_set_array_member(document, "problems", problems);
    if (!is_whole)
        invocation->exit_status = 1;
    return invocation->json ? fa_answer_json(document, error) : print(label, problems, error);
}

static const FaExample examples[] = {
    {"fassembler release verify 0.6.1", "can it be built again, from what is here?"},
    {0},
};

const FaCmd fa_cmd_release_verify = {
    .name = "release verify",
    .group = FA_GROUP_RELEASE,
    .summary = "Check that a release is what was cut, and can be built again",
    .usage = "LABEL",
    .description =
        "Compares the pins with their digest, and looks for the product's files and every "
        "source in the store. The exit status is 1 when something is missing.",
    .examples = examples,
    .min_arguments = 1,
    .max_arguments = 1,
    .needs = FA_NEEDS_PRODUCT,
    .traits = FA_CMD_HAS_JSON,
    .run = run,
    .complete = fa_release_text_complete,
};
