#include "app/develop.h"
#include "base/error.h"
#include "cli/answer.h"
#include "cli/environment.h"

typedef struct Options {
    const char *branch;
    bool off;
} Options;

static const FaOption options[] = {
    FA_OPTION_TEXT(Options, branch, "branch", 'b', "BRANCH", "Another branch than trunk"),
    FA_OPTION_FLAG(Options, off, "off", 0, "Go back to the pinned revision; the checkout stays"),
    {0},
};

/* @checkout is (nullable): none is in use. */
static bool
answer(const FaInvocation *invocation, const char *component, const char *checkout, GError **error)
{
    g_autoptr(JsonObject) document = json_object_new();
    json_object_set_string_member(document, "component", component);
    if (checkout != NULL)
        json_object_set_string_member(document, "checkout", checkout);
    else
        json_object_set_null_member(document, "checkout");
    return fa_answer_json(document, error);
}

static bool
end(const FaInvocation *invocation, const FaContext *context, const char *component, GError **error)
{
    g_autofree char *checkout = NULL, *warning = NULL;
    if (!fa_develop_end(context, component, &checkout, &warning, error))
        return false;
    fa_warn(invocation, warning);
    if (checkout == NULL)
        fa_say(invocation, "'%s' was not worked on", component);
    else
        fa_say(invocation, "'%s' is pinned again; your checkout stays in '%s'\nnext: fassembler up",
               component, checkout);
    return !invocation->json || answer(invocation, component, NULL, error);
}

static bool
list(const FaInvocation *invocation, const FaContext *context, GError **error)
{
    g_autoptr(JsonArray) works = fa_develop_list(context, invocation->cancel, error);
    if (works == NULL)
        return false;
    if (invocation->json) {
        g_autoptr(JsonObject) document = json_object_new();
        json_object_set_array_member(document, "components", json_array_ref(works));
        return fa_answer_json(document, error);
    }
    if (json_array_get_length(works) == 0)
        fa_say(invocation, "nothing is worked on\nnext: fassembler develop COMPONENT");
    g_autoptr(FaTable) table =
        fa_table_new((const char *const[]){"COMPONENT", "BRANCH", "CHANGES", "CHECKOUT", NULL});
    for (guint i = 0; i < json_array_get_length(works); i++) {
        JsonObject *work = json_array_get_object_element(works, i);
        gint64 changed = fa_json_get_int(work, "changed", 0);
        gint64 ahead = fa_json_get_int(work, "ahead", 0);
        const char *branch = fa_json_get_string(work, "branch");
        g_autofree char *changes =
            changed + ahead == 0
                ? g_strdup("-")
                : g_strdup_printf("%" G_GINT64_FORMAT " files, %" G_GINT64_FORMAT " commits",
                                  changed, ahead);
        fa_table_add(table, fa_json_get_string(work, "component"), branch != NULL ? branch : "-",
                     changes, fa_json_get_string(work, "checkout"), NULL);
    }
    return fa_answer_table(invocation, table, error);
}

static bool
run(FaInvocation *invocation, GError **error)
{
    const Options *chosen = invocation->options;
    const char *component = invocation->arguments[0];
    if (chosen->off && chosen->branch != NULL)
        return fa_fail(error, FA_ERROR_USAGE, "'--off' and '--branch' exclude each other");
    if (component == NULL && (chosen->off || chosen->branch != NULL))
        return fa_fail(error, FA_ERROR_USAGE, "which component?\nhelp: name it");

    g_autoptr(FaContext) context = fa_context_open(invocation->home, error);
    if (context == NULL || !fa_context_check(context, error))
        return false;
    if (component == NULL)
        return list(invocation, context, error);
    if (chosen->off)
        return end(invocation, context, component, error);

    g_autofree char *checkout = NULL, *warning = NULL;
    if (!fa_develop_begin(context, component, chosen->branch, invocation->cancel, &checkout,
                          &warning, error))
        return false;
    fa_warn(invocation, warning);
    fa_say(invocation, "next: fassembler up, then edit; dev environments use it");
    return invocation->json ? answer(invocation, component, checkout, error)
                            : fa_answer_text(error, "%s\n", checkout);
}

static const FaExample examples[] = {
    {"fassembler develop tasktracker", "work on its trunk"},
    {"fassembler develop", "list what is worked on, and what was changed there"},
    {"fassembler develop tasktracker --branch release/0.5", "on another branch"},
    {"fassembler develop tasktracker --off", "go back to the pinned revision"},
    {0},
};

const FaCmd fa_cmd_develop = {
    .name = "develop",
    .group = FA_GROUP_WORK,
    .summary = "Work on a component in a checkout that dev environments use",
    .usage = "[COMPONENT]",
    .description =
        "Makes a checkout of the component below the home's src/ and prints its path. "
        "Environments whose track "
        "is `anything` then use it instead of the pinned revision: in place, where the "
        "recipe says so, else "
        "built from it at each `up`. A checkout is never removed. Without a COMPONENT it "
        "lists what is worked on, with the files that were changed and the commits that "
        "the real repository does not have.",
    .examples = examples,
    .options = options,
    .options_size = sizeof(Options),
    .max_arguments = 1,
    .needs = FA_NEEDS_PRODUCT,
    .traits = FA_CMD_HAS_JSON,
    .run = run,
    .complete = fa_environment_complete_components,
};
