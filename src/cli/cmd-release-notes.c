#include "cli/note-text.h"
#include "cli/release-text.h"

typedef struct Options {
    const char *from;
} Options;

static const FaOption options[] = {
    {FA_OPTION_(Options, from, FA_OPTION_KIND_TEXT, "from", 0, "RELEASE",
                "The release that is replaced (the one before)"),
     .complete = fa_release_text_complete},
    {0},
};

static bool
answer(const FaInvocation *invocation, const FaRelease *before, const FaRelease *after,
       const FaNotesFound *found, GError **error)
{
    if (invocation->json) {
        g_autoptr(JsonObject) document = json_object_new();
        json_object_set_string_member(document, "release", after->label);
        if (before != NULL)
            json_object_set_string_member(document, "from", before->label);
        else
            json_object_set_null_member(document, "from");
        fa_note_text_describe(document, found);
        return fa_answer_json(document, error);
    }
    fa_note_text_warn(invocation, found);
    if (found->list->len == 0 && before != NULL)
        fa_say(invocation, "no notes between %s and %s", before->label, after->label);
    else if (found->list->len == 0)
        fa_say(invocation, "%s brings no notes", after->label);
    return fa_note_text_print(found, error);
}

static bool
run(FaInvocation *invocation, GError **error)
{
    const Options *chosen = invocation->options;
    g_autoptr(FaContext) context = fa_context_open(invocation->home, error);
    g_autoptr(FaState) state = context != NULL ? fa_state_open(context, error) : NULL;
    const FaRelease *after =
        state != NULL ? fa_state_find_release(state, invocation->arguments[0], error) : NULL;
    if (after == NULL)
        return false;
    const FaRelease *before = fa_releases_find(state->releases, after->parent);
    if (chosen->from != NULL) {
        before = fa_state_find_release(state, chosen->from, error);
        if (before == NULL)
            return false;
    }
    g_autoptr(FaNotesFound) found =
        fa_notes_find_between(context, state, before, after, invocation->cancel, error);
    return found != NULL && answer(invocation, before, after, found, error);
}

static const FaExample examples[] = {
    {"fassembler release notes 0.6.2", "what its deployer must know"},
    {"fassembler release notes 0.6.2 --from 0.6", "where 0.6 runs"},
    {0},
};

const FaCmd fa_cmd_release_notes = {
    .name = "release notes",
    .group = FA_GROUP_RELEASE,
    .summary = "Show what a deployer of a release must know",
    .usage = "LABEL",
    .description = "All notes between two releases, by component, and what should have one.",
    .examples = examples,
    .options = options,
    .options_size = sizeof(Options),
    .min_arguments = 1,
    .max_arguments = 1,
    .needs = FA_NEEDS_PRODUCT,
    .traits = FA_CMD_HAS_JSON,
    .run = run,
    .complete = fa_release_text_complete,
};
