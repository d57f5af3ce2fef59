#include <string.h>

#include "app/preview.h"
#include "app/up.h"
#include "base/text.h"
#include "cli/answer.h"
#include "cli/build-events.h"
#include "cli/edit-questions.h"
#include "cli/environment.h"
#include "cli/plan.h"
#include "cli/words.h"

#define JOBS_DEFAULT 2

static const char *const policies[] = {"keep", "replace", "backup", "merge", NULL};

typedef struct Options {
    unsigned jobs;
    const char *on_edit;
    const char *sandbox;
    const char *why;
    bool update;
    bool offline;
    bool no_pull;
    bool save;
} Options;

static const FaOption options[] = {
    FA_OPTION_UINT(Options, jobs, "jobs", 'j', "N", "Components that are built at once (2)"),
    FA_OPTION_CHOICE(Options, on_edit, "on-edit", 0, "HOW", policies,
                     "What to do where a person's edit of a file is in conflict with a new one"),
    FA_OPTION_CHOICE(
        Options, sandbox, "sandbox", 0, "KIND", fa_words_sandboxes,
        "How steps are kept apart: by namespaces, by bwrap, or not at all (namespaces)"),
    FA_OPTION_FLAG(Options, update, "update", 'u', "Take the newest revision of every source"),
    FA_OPTION_FLAG(Options, offline, "offline", 0, "Use no network for sources and builds"),
    FA_OPTION_FLAG(Options, no_pull, "no-pull", 0, "Build all that is not there, pull nothing"),
    FA_OPTION_TEXT(Options, why, "why", 0, "TEXT",
                   "Why a snapshot of trunk has to run where the track is for releases"),
    FA_OPTION_FLAG(Options, save, "save", 0, "Keep the values given here, in sites/SITE.yaml"),
    {0},
};

static void
tell(const char *text, void *data)
{
    fa_progress_say(data, "%s", text);
}

static const char *
build_to_string(FaPreviewBuild build)
{
    switch (build) {
    case FA_PREVIEW_BUILD_SAME:
        return "same";
    case FA_PREVIEW_BUILD_NEW:
        return "new";
    case FA_PREVIEW_BUILD_UNKNOWN:
        return "unknown";
    }
    g_assert_not_reached();
}

static const char *
explain_build(FaPreviewBuild build)
{
    switch (build) {
    case FA_PREVIEW_BUILD_SAME:
        return "the current build stays";
    case FA_PREVIEW_BUILD_NEW:
        return "a new build would be composed";
    case FA_PREVIEW_BUILD_UNKNOWN:
        return "whether a new build would be composed is known once the sources are fetched";
    }
    g_assert_not_reached();
}

static bool
print_preview(const FaInvocation *invocation, const FaPreview *preview, GError **error)
{
    if (invocation->json) {
        g_autoptr(JsonObject) document = fa_plan_describe(preview->plan);
        JsonArray *edited = json_array_new();
        for (guint i = 0; i < preview->edited->len; i++)
            json_array_add_string_element(edited, g_ptr_array_index(preview->edited, i));
        json_object_set_string_member(document, "build", build_to_string(preview->build));
        json_object_set_array_member(document, "edited", edited);
        if (preview->release != NULL)
            json_object_set_string_member(document, "release", preview->release);
        return fa_answer_json(document, error);
    }
    if (preview->release != NULL)
        return fa_answer_text(error, "%s would be started as it was deployed\n", preview->release);
    if (!fa_plan_print(invocation, preview->plan, error) ||
        !fa_answer_text(error, "%s\n", explain_build(preview->build)))
        return false;
    for (guint i = 0; i < preview->edited->len; i++) {
        const char *path = g_ptr_array_index(preview->edited, i);
        g_autofree char *clean = fa_text_sanitize(path, strlen(path));
        if (!fa_answer_text(error, "edited: etc/%s\n", clean))
            return false;
    }
    return true;
}

static bool
preview(const FaInvocation *invocation, FaContext *context, const FaChoice *choice,
        const FaUpOptions *up, GError **error)
{
    g_auto(FaPreview) result = {0};
    return fa_preview(context, choice, up, &result, error) &&
           print_preview(invocation, &result, error);
}

static bool
run(FaInvocation *invocation, GError **error)
{
    const Options *chosen = invocation->options;
    const char *environment = NULL;
    g_autofree const char **assignments = NULL;
    g_autoptr(FaContext) context = NULL;
    FaChoice choice;
    if (!fa_words_divide(invocation, "environment", &environment, &assignments, error) ||
        !fa_environment_find(invocation, environment, &context, &choice, error))
        return false;

    if (chosen->save && !fa_environment_save(invocation, context, &choice, assignments, error))
        return false;
    unsigned jobs = chosen->jobs != 0 ? chosen->jobs : JOBS_DEFAULT;
    g_autofree char *title = g_strdup_printf("%s.%s", choice.environment->name, choice.site->name);
    g_autoptr(FaProgress) progress = fa_progress_new(invocation, title, jobs);
    FaEditQuestions questions;
    FaUpOptions up = {
        .assemble = {.assignments = assignments,
                     .jobs = jobs,
                     .sandbox = chosen->sandbox,
                     .update = chosen->update,
                     .offline = chosen->offline,
                     .no_pull = chosen->no_pull,
                     .cancel = invocation->cancel,
                     .events = fa_build_events(invocation, progress)},
        .on_edit = chosen->on_edit,
        .why = chosen->why,
        .dialogue = fa_edit_questions_init(&questions, invocation, progress),
        .say = tell,
        .data = progress,
    };
    if (invocation->dry_run)
        up.assemble.events = fa_preview_events(invocation);
    if (invocation->dry_run)
        return preview(invocation, context, &choice, &up, error);
    g_autofree char *url = NULL;
    bool is_up = fa_up(context, &choice, &up, &url, error);
    if (is_up && invocation->json)
        fa_progress_say(progress, "%s is up: %s", title, url);
    fa_progress_finish(progress);
    if (is_up && !invocation->json)
        fa_say(invocation, "%s is up: %s", title, url);
    return is_up;
}

static const FaExample examples[] = {
    {"fassembler up dev.openplans", "build, compose and start it, or bring it up to date"},
    {"fassembler up dev.openplans -n", "print what that would be, and do nothing"},
    {"fassembler up dev.openplans tasktracker.title=Chores", "with another value for a setting"},
    {"fassembler up dev.openplans tasktracker.title=Chores --save", "and from now on"},
    {0},
};

const FaCmd fa_cmd_up = {
    .name = "up",
    .group = FA_GROUP_START,
    .summary = "Build, compose and start an environment",
    .usage = "[SITE-ENV] [COMPONENT.SETTING=VALUE...]",
    .description =
        "Builds what is missing, renders the configuration, starts the processes under "
        "the environment's own "
        "supervisor and waits until all are ready; then does the set-up steps that are "
        "not done yet. Run again it "
        "brings up to date what changed, and finishes what was interrupted. Files that "
        "a person edited are merged with what is rendered now; where both changed the "
        "same lines, a person at the terminal is asked, and --on-edit decides elsewhere.\n\n"
        "Where the track is for releases, what was deployed is started as it is; a snapshot of "
        "trunk is refused there, unless --why says what for, which the ledger keeps.",
    .examples = examples,
    .options = options,
    .options_size = sizeof(Options),
    .max_arguments = FA_ARGUMENTS_ANY,
    .needs = FA_NEEDS_PRODUCT,
    .traits = FA_CMD_HAS_JSON | FA_CMD_HAS_DRY_RUN,
    .run = run,
    .complete = fa_environment_complete,
};
