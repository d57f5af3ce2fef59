#include "app/refresh.h"
#include "cli/answer.h"
#include "cli/build-events.h"
#include "cli/environment.h"
#include "cli/words.h"

#define JOBS_DEFAULT 2

static const char *const policies[] = {"keep", "replace", "backup", "merge", NULL};

typedef struct Options {
    unsigned jobs;
    const char *on_edit;
    const char *sandbox;
} Options;

static const FaOption options[] = {
    FA_OPTION_UINT(Options, jobs, "jobs", 'j', "N", "Components that are built at once (2)"),
    FA_OPTION_CHOICE(Options, on_edit, "on-edit", 0, "HOW", policies,
                     "What to do where a person's edit of a file is in conflict with a new one"),
    FA_OPTION_CHOICE(
        Options, sandbox, "sandbox", 0, "KIND", fa_words_sandboxes,
        "How steps are kept apart: by namespaces, by bwrap, or not at all (namespaces)"),
    {0},
};

static void
tell(const char *text, void *data)
{
    fa_progress_say(data, "%s", text);
}

static bool
answer(const FaInvocation *invocation, const char *name, const FaRefreshed *refreshed,
       GError **error)
{
    if (!invocation->json)
        return fa_answer_text(error, "%s %s %s (%s): %s\n", name,
                              refreshed->is_new ? "runs" : "runs already", refreshed->release,
                              refreshed->build, refreshed->url);
    g_autoptr(JsonObject) document = json_object_new();
    json_object_set_string_member(document, "environment", name);
    json_object_set_string_member(document, "release", refreshed->release);
    json_object_set_string_member(document, "build", refreshed->build);
    json_object_set_string_member(document, "url", refreshed->url);
    json_object_set_boolean_member(document, "is-new", refreshed->is_new);
    return fa_answer_json(document, error);
}

static bool
refresh(FaInvocation *invocation, FaContext *context, const FaChoice *choice, const char *name,
        FaRefreshed *refreshed, GError **error)
{
    const Options *chosen = invocation->options;
    unsigned jobs = chosen->jobs != 0 ? chosen->jobs : JOBS_DEFAULT;
    g_autoptr(FaProgress) progress =
        invocation->json ? NULL : fa_progress_new(invocation, name, jobs);
    const FaUpOptions up = {
        .assemble = {.jobs = jobs,
                     .sandbox = chosen->sandbox,
                     .cancel = invocation->cancel,
                     .events = progress != NULL ? fa_build_events(invocation, progress)
                                                : (FaAssembleEvents){0}},
        .on_edit = chosen->on_edit,
        .say = progress != NULL ? tell : NULL,
        .data = progress,
    };
    bool is_done = fa_refresh(context, choice, &up, refreshed, error);
    if (progress != NULL)
        fa_progress_finish(progress);
    return is_done;
}

static bool
run(FaInvocation *invocation, GError **error)
{
    g_autoptr(FaContext) context = NULL;
    g_auto(FaRefreshed) refreshed = {0};
    FaChoice choice;
    if (!fa_environment_find(invocation, invocation->arguments[0], &context, &choice, error) ||
        !fa_context_require_home(context, error))
        return false;
    g_autofree char *name = g_strdup_printf("%s.%s", choice.environment->name, choice.site->name);
    return refresh(invocation, context, &choice, name, &refreshed, error) &&
           answer(invocation, name, &refreshed, error);
}

static const FaExample examples[] = {
    {"fassembler refresh backstage.openplans", "what is on the trunks of all components now"},
    {"fassembler refresh leapfrog.openplans", "what live.openplans runs"},
    {0},
};

const FaCmd fa_cmd_refresh = {
    .name = "refresh",
    .group = FA_GROUP_RUN,
    .summary = "Bring an environment up to the trunks, or to what live runs",
    .usage = "[SITE-ENV]",
    .description =
        "Where the track is `trunk` or `anything`, fetches the newest revision of every source, "
        "builds it, and switches once all of it is built; what does not come up is taken back. "
        "Where the track is `live+fix`, brings what live of the same site runs. A refresh that "
        "fails leaves running what ran, and `board`, `status` and `env show` say since when the "
        "environment is broken, and why, until one succeeds.\n\n"
        "An environment with a `refresh` rule in fassembler.yaml does this by itself, under its "
        "own supervisor.",
    .examples = examples,
    .options = options,
    .options_size = sizeof(Options),
    .max_arguments = 1,
    .needs = FA_NEEDS_PRODUCT,
    .traits = FA_CMD_HAS_JSON,
    .run = run,
    .complete = fa_environment_complete,
};
