#include "app/up.h"
#include "cli/answer.h"
#include "cli/build-events.h"
#include "cli/edit-questions.h"
#include "cli/environment.h"
#include "cli/words.h"

#define JOBS_DEFAULT 2

static const char *const policies[] = {"keep", "replace", "backup", "merge", NULL};

typedef struct Options {
    unsigned jobs;
    const char *on_edit;
    const char *sandbox;
    bool update;
    bool offline;
} Options;

static const FaOption options[] = {
    FA_OPTION_UINT(Options, jobs, "jobs", 'j', "N", "Components that are built at once (2)"),
    FA_OPTION_CHOICE(Options, on_edit, "on-edit", 0, "HOW", policies,
                     "What to do where a person's edit of a file is in conflict with a new one"),
    FA_OPTION_CHOICE(Options, sandbox, "sandbox", 0, "KIND", fa_words_sandboxes,
                     "How steps are kept apart: bwrap, or none where it cannot work (bwrap)"),
    FA_OPTION_FLAG(Options, update, "update", 'u', "Take the newest revision of every source"),
    FA_OPTION_FLAG(Options, offline, "offline", 0, "Use no network for sources"),
    {0},
};

static void
tell(const char *text, void *data)
{
    fa_progress_say(data, "%s", text);
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

    unsigned jobs = chosen->jobs != 0 ? chosen->jobs : JOBS_DEFAULT;
    g_autofree char *title = g_strdup_printf("%s.%s", choice.environment->name, choice.site->name);
    g_autoptr(FaProgress) progress = fa_progress_new(invocation, title, jobs);
    FaEditQuestions questions;
    FaUpOptions up = {
        .assemble = {.assignments = assignments,
                     .jobs = jobs,
                     .unprotected = fa_words_is_unprotected(chosen->sandbox),
                     .update = chosen->update,
                     .offline = chosen->offline,
                     .cancel = invocation->cancel,
                     .events = fa_build_events(invocation, progress)},
        .on_edit = chosen->on_edit,
        .dialogue = fa_edit_questions_init(&questions, invocation, progress),
        .say = tell,
        .data = progress,
    };
    g_autofree char *url = NULL;
    bool is_up = fa_up(context, &choice, &up, &url, error);
    fa_progress_finish(progress);
    if (is_up)
        fa_say(invocation, "%s is up: %s", title, url);
    return is_up;
}

static const FaExample examples[] = {
    {"fassembler up dev.openplans", "build, compose and start it, or bring it up to date"},
    {"fassembler up dev.openplans tasktracker.title=Chores", "with another value for a setting"},
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
        "same lines, a person at the terminal is asked, and --on-edit decides elsewhere.",
    .examples = examples,
    .options = options,
    .options_size = sizeof(Options),
    .max_arguments = FA_ARGUMENTS_ANY,
    .needs = FA_NEEDS_PRODUCT,
    .run = run,
    .complete = fa_environment_complete,
};
