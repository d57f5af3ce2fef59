#include "cli/note-text.h"
#include "cli/progress.h"
#include "cli/release-text.h"

typedef struct Options {
    const char *from;
    const char **pins;
    const char *why;
    bool no_push;
} Options;

static const FaOption options[] = {
    FA_OPTION_TEXT(Options, from, "from", 0, "TRUNK|RELEASE",
                   "Cut the trunks, or the branches of that release (trunk)"),
    FA_OPTION_LIST(Options, pins, "pin", 0, "COMPONENT=REVISION",
                   "Take this branch, tag or revision of a component"),
    FA_OPTION_TEXT(Options, why, "why", 0, "TEXT", "What it is cut for"),
    FA_OPTION_FLAG(Options, no_push, "no-push", 0,
                   "Make branches and tags here only, not in the repositories"),
    {0},
};

static void
tell(const char *text, void *data)
{
    fa_progress_say(data, "%s", text);
}

static bool
answer_json(const FaInvocation *invocation, const FaCutResult *result, GError **error)
{
    g_autoptr(JsonObject) document = json_object_new();
    json_object_set_string_member(document, "release", result->label);
    if (result->parent != NULL)
        json_object_set_string_member(document, "parent", result->parent);
    else
        json_object_set_null_member(document, "parent");
    json_object_set_string_member(document, "line", result->line);
    json_object_set_boolean_member(document, "is-pushed", result->is_pushed);
    json_object_set_boolean_member(document, "dry-run", invocation->dry_run);
    json_object_set_array_member(document, "changes",
                                 fa_release_text_describe_changes(result->changes));
    fa_note_text_describe(document, result->notes);
    return fa_answer_json(document, error);
}

static bool
answer(const FaInvocation *invocation, const FaCutResult *result, GError **error)
{
    bool is_first = result->parent == NULL;
    return fa_answer_text(error, "%s%s, %s%s\n", result->label,
                          invocation->dry_run ? " would be cut" : "",
                          is_first ? "the first" : "after ", is_first ? "" : result->parent) &&
           fa_release_text_print_changes(invocation, result->changes, error) &&
           fa_note_text_print(result->notes, error);
}

static bool
cut(const FaInvocation *invocation, FaContext *context, FaCutResult *result, GError **error)
{
    const Options *chosen = invocation->options;
    g_autoptr(FaProgress) progress =
        invocation->json ? NULL : fa_progress_new(invocation, "release cut", 1);
    const FaCutOptions how = {
        .label = invocation->arguments[0],
        .from = chosen->from,
        .pins = chosen->pins,
        .why = chosen->why,
        .push = !chosen->no_push,
        .dry_run = invocation->dry_run,
        .say = invocation->json ? NULL : tell,
        .data = progress,
        .cancel = invocation->cancel,
    };
    bool is_cut = fa_release_cut(context, &how, result, error);
    if (progress != NULL)
        fa_progress_finish(progress);
    return is_cut;
}

static bool
run(FaInvocation *invocation, GError **error)
{
    g_autoptr(FaContext) context = fa_context_open(invocation->home, error);
    g_auto(FaCutResult) result = {0};
    if (context == NULL || !fa_context_check(context, error) ||
        (!invocation->dry_run && !fa_context_require_home(context, error)) ||
        !cut(invocation, context, &result, error))
        return false;
    if (invocation->json)
        return answer_json(invocation, &result, error);
    if (!answer(invocation, &result, error))
        return false;
    fa_note_text_warn(invocation, result.notes);
    if (!invocation->dry_run)
        fa_release_text_say_next(invocation, fa_context_get_product(context), result.label);
    return true;
}

static const FaExample examples[] = {
    {"fassembler release cut", "the next train, from the trunks of all components"},
    {"fassembler release cut -n", "what it would be and what is new in it"},
    {"fassembler release cut --from 0.6.1", "what is on the branches of 0.6.1 by now"},
    {"fassembler release cut 0.8.5 --pin opencore=0.9.7", "a label and a revision of your own"},
    {0},
};

const FaCmd fa_cmd_release_cut = {
    .name = "release cut",
    .group = FA_GROUP_RELEASE,
    .summary = "Pin the components to exact revisions under a label",
    .usage = "[LABEL]",
    .description =
        "Makes the release branch and a tag in the repository of each component, keeps the "
        "product's files and every source in the store, and writes the pins to the ledger. "
        "Without a label it is the next one: 0.6.1 after 0.6; from a release that went live the "
        "leapfrog 0.6.1.1, from one that did not the rebuild 0.6.1-b2. Lists what is new "
        "beside the release before. A cut that was interrupted is finished by the same command.",
    .examples = examples,
    .options = options,
    .options_size = sizeof(Options),
    .max_arguments = 1,
    .needs = FA_NEEDS_PRODUCT,
    .traits = FA_CMD_HAS_JSON | FA_CMD_HAS_DRY_RUN,
    .run = run,
};
