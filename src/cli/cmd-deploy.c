#include "base/error.h"
#include "cli/deploy-run.h"
#include "cli/environment.h"
#include "cli/release-text.h"

static const char *const policies[] = {"keep", "replace", "backup", "merge", NULL};

typedef struct Options {
    const char *why;
    const char **lost;
    const char **migrations;
    const char *plan;
    const char *on_edit;
    int64_t watch;
    int64_t patience;
    bool no_watch;
    unsigned jobs;
    bool notes_done;
    bool resume;
    bool give_up;
} Options;

static const FaOption options[] = {
    FA_OPTION_TEXT(Options, why, "why", 0, "TEXT", "What it is done for"),
    FA_OPTION_SPAN(Options, watch, "watch", 0, "TIME",
                   "Time after the switch in which lost health brings the old one back (10s)"),
    FA_OPTION_SPAN(Options, patience, "patience", 0, "TIME",
                   "How long processes may take until they are ready, and a smoke test (2m)"),
    FA_OPTION_FLAG(Options, no_watch, "no-watch", 0,
                   "Look once after the switch, and watch no longer"),
    FA_OPTION_TEXT(Options, plan, "plan", 0, "ID", "Do just what --dry-run showed, or nothing"),
    FA_OPTION_LIST(Options, lost, "allow-lost", 0, "'COMPONENT REVISION'",
                   "Go live without this change, which live has"),
    FA_OPTION_LIST(Options, migrations, "migration", 0, "COMPONENT/NAME=HOW",
                   "Past a migration that is in the way: keep, or restore its data"),
    FA_OPTION_CHOICE(Options, on_edit, "on-edit", 0, "HOW", policies,
                     "What to do where a person's edit of a file is in conflict with a new one"),
    FA_OPTION_UINT(Options, jobs, "jobs", 'j', "N", "Components that are built at once (2)"),
    FA_OPTION_FLAG(Options, notes_done, "notes-done", 0,
                   "What notes want done by hand is done; else a terminal is asked"),
    FA_OPTION_FLAG(Options, resume, "resume", 0, "Finish a deployment that was killed"),
    FA_OPTION_FLAG(Options, give_up, "undo", 0, "Undo a deployment that was killed"),
    {0},
};

static bool
run(FaInvocation *invocation, GError **error)
{
    const Options *chosen = invocation->options;
    bool is_again = chosen->resume || chosen->give_up;
    size_t wanted = is_again ? 1 : 2;
    if (invocation->argument_count != wanted)
        return fa_fail(error, FA_ERROR_USAGE,
                       chosen->give_up
                           ? "name the environment only\nhelp: fassembler deploy --undo "
                             "stage.openplans"
                       : is_again ? "name the environment only\nhelp: fassembler deploy --resume "
                                    "stage.openplans"
                                  : "what is to go where?\nhelp: fassembler deploy 0.6.1 "
                                    "stage.openplans");
    const FaDeployWords words = {
        .release = is_again ? NULL : invocation->arguments[0],
        .environment = invocation->arguments[wanted - 1],
        .kind = FA_DEPLOY_DEPLOY,
        .why = chosen->why,
        .lost = chosen->lost,
        .migrations = chosen->migrations,
        .plan = chosen->plan,
        .on_edit = chosen->on_edit,
        .patience = chosen->patience,
        .watch = chosen->no_watch ? -1 : chosen->watch,
        .jobs = chosen->jobs,
        .notes_done = chosen->notes_done,
        .resume = chosen->resume,
        .give_up = chosen->give_up,
    };
    return fa_deploy_run(invocation, &words, error);
}

static void
complete(FaCompletion *completion)
{
    if (*fa_completion_get_arguments(completion) == NULL)
        fa_release_text_complete(completion);
    fa_environment_complete(completion);
}

static const FaExample examples[] = {
    {"fassembler deploy 0.6.1 stage.openplans", "start it beside what runs, then switch"},
    {"fassembler deploy 0.6.1 live.openplans -n", "may it go there, and in place of what?"},
    {"fassembler deploy --resume live.openplans", "finish what a crash interrupted"},
    {0},
};

const FaCmd fa_cmd_deploy = {
    .name = "deploy",
    .group = FA_GROUP_RELEASE,
    .summary = "Bring a release to an environment without losing a request",
    .usage = "RELEASE SITE-ENV",
    .description =
        "Builds what is missing, starts the release in the idle slot beside what runs, waits until "
        "every process is ready and the smoke tests pass, switches by one rename, drains and stops "
        "the old one. What fails before the switch leaves the old one serving; health that is lost "
        "in the watch time brings it back. What its components migrate is done after a backup: "
        "online while the old one serves, offline while the edge answers 503; what fails before "
        "the switch is undone. Killed at any point, it is finished by the next "
        "deployment, or by --resume, or undone by --undo. Shows the notes of all that is between "
        "the release that runs and the new one; what is to be done by hand is asked about, once "
        "in each environment. Refused, with exit status 3, are what the track of the environment "
        "does not take, what would lose a change that live has, what migrates without a note, and "
        "what still has to be done by hand.",
    .examples = examples,
    .options = options,
    .options_size = sizeof(Options),
    .min_arguments = 1,
    .max_arguments = 2,
    .needs = FA_NEEDS_PRODUCT,
    .traits = FA_CMD_HAS_JSON | FA_CMD_HAS_DRY_RUN,
    .run = run,
    .complete = complete,
};
