#include "app/assemble.h"
#include "cli/build-events.h"
#include "cli/environment.h"
#include "cli/plan.h"
#include "cli/progress.h"
#include "cli/words.h"

#define JOBS_DEFAULT 2

typedef struct Options {
    unsigned jobs;
    const char *sandbox;
    bool update;
    bool offline;
    bool no_pull;
    bool save;
} Options;

static const FaOption options[] = {
    FA_OPTION_UINT(Options, jobs, "jobs", 'j', "N", "Components that are built at once (2)"),
    FA_OPTION_CHOICE(
        Options, sandbox, "sandbox", 0, "KIND", fa_words_sandboxes,
        "How steps are kept apart: by namespaces, by bwrap, or not at all (namespaces)"),
    FA_OPTION_FLAG(Options, update, "update", 'u', "Take the newest revision of every source"),
    FA_OPTION_FLAG(Options, offline, "offline", 0, "Use no network for sources and builds"),
    FA_OPTION_FLAG(Options, no_pull, "no-pull", 0, "Build all that is not there, pull nothing"),
    FA_OPTION_FLAG(Options, save, "save", 0, "Keep the values given here, in sites/SITE.yaml"),
    {0},
};

static bool
build(const FaInvocation *invocation, FaContext *context, const FaChoice *choice,
      FaAssembleOptions *assemble, GError **error)
{
    g_autoptr(GPtrArray) plan = NULL;
    if (invocation->dry_run) {
        assemble->events = fa_preview_events(invocation);
        return fa_assemble(context, choice, assemble, &plan, error) &&
               fa_plan_print(invocation, plan, error);
    }

    g_autofree char *title =
        g_strdup_printf("%s.%s", choice->environment->name, choice->site->name);
    g_autoptr(FaProgress) progress = fa_progress_new(invocation, title, assemble->jobs);
    assemble->events = fa_build_events(invocation, progress);
    bool is_built = fa_assemble(context, choice, assemble, &plan, error);
    fa_progress_finish(progress);
    return is_built;
}

static bool
run(FaInvocation *invocation, GError **error)
{
    const Options *chosen = invocation->options;
    const char *environment = NULL;
    g_autofree const char **assignments = NULL, **components = NULL;
    if (!fa_words_sort(invocation, &environment, &components, &assignments, error))
        return false;

    g_autoptr(FaContext) context = NULL;
    FaChoice choice;
    if (!fa_environment_find(invocation, environment, &context, &choice, error))
        return false;
    if (chosen->save && !fa_environment_save(invocation, context, &choice, assignments, error))
        return false;
    FaAssembleOptions assemble = {
        .assignments = assignments,
        .components = components,
        .jobs = chosen->jobs != 0 ? chosen->jobs : JOBS_DEFAULT,
        .sandbox = chosen->sandbox,
        .update = chosen->update,
        .offline = chosen->offline,
        .no_pull = chosen->no_pull,
        .dry_run = invocation->dry_run,
        .cancel = invocation->cancel,
    };
    return build(invocation, context, &choice, &assemble, error);
}

static void
complete(FaCompletion *completion)
{
    fa_environment_complete(completion);
    fa_environment_complete_components(completion);
}

static const FaExample examples[] = {
    {"fassembler build dev.openplans", "build every component that is not there yet"},
    {"fassembler build dev.openplans -n", "print what that would be, and do nothing"},
    {"fassembler build dev.openplans tasktracker", "one component and what it needs"},
    {"fassembler build dev.openplans --update", "with the newest revision of every source"},
    {0},
};

const FaCmd fa_cmd_build = {
    .name = "build",
    .group = FA_GROUP_START,
    .summary = "Build the components that are not there yet",
    .usage = "[SITE-ENV] [COMPONENT...|all|missing] [COMPONENT.SETTING=VALUE...]",
    .description =
        "Every component is built from the revision that fassembler.lock has for it, in "
        "a sandbox, into the store, "
        "several at once; what others built already is pulled where fassembler.yaml or "
        "the home says from where. What has been built from the same source, recipe, settings "
        "and packages is not built again. "
        "A component that fails holds up only what needs it. Without a COMPONENT all are meant; "
        "what "
        "is there already is skipped, so that 'all' and 'missing' do the same.",
    .examples = examples,
    .options = options,
    .options_size = sizeof(Options),
    .max_arguments = FA_ARGUMENTS_ANY,
    .needs = FA_NEEDS_PRODUCT,
    .traits = FA_CMD_HAS_JSON | FA_CMD_HAS_DRY_RUN,
    .run = run,
    .complete = complete,
};
