#include "cli/deploy-run.h"
#include "cli/environment.h"

typedef struct Options {
    const char *to;
    const char *why;
    const char *plan;
    const char **migrations;
    int64_t watch;
    int64_t patience;
    bool no_watch;
} Options;

static const FaOption options[] = {
    FA_OPTION_TEXT(Options, to, "to", 0, "RELEASE", "Another one than what ran before"),
    FA_OPTION_TEXT(Options, why, "why", 0, "TEXT", "What was wrong"),
    FA_OPTION_TEXT(Options, plan, "plan", 0, "ID", "Do just what --dry-run showed, or nothing"),
    FA_OPTION_LIST(Options, migrations, "migration", 0, "COMPONENT/NAME=HOW",
                   "Past a migration that is in the way: keep, or restore its data"),
    FA_OPTION_SPAN(Options, watch, "watch", 0, "TIME",
                   "Time after the switch in which lost health undoes it (10s)"),
    FA_OPTION_SPAN(Options, patience, "patience", 0, "TIME",
                   "How long processes may take until they are ready, and a smoke test (2m)"),
    FA_OPTION_FLAG(Options, no_watch, "no-watch", 0,
                   "Look once after the switch, and watch no longer"),
    {0},
};

static bool
run(FaInvocation *invocation, GError **error)
{
    const Options *chosen = invocation->options;
    const FaDeployWords words = {
        .release = chosen->to,
        .environment = invocation->arguments[0],
        .kind = FA_DEPLOY_ROLLBACK,
        .why = chosen->why,
        .plan = chosen->plan,
        .migrations = chosen->migrations,
        .patience = chosen->patience,
        .watch = chosen->no_watch ? -1 : chosen->watch,
    };
    return fa_deploy_run(invocation, &words, error);
}

static const FaExample examples[] = {
    {"fassembler rollback live.openplans --why 'loses mails'", "go back to what ran before"},
    {"fassembler rollback live.openplans --to 0.6 -n", "what would that be?"},
    {"fassembler rollback live.openplans --migration tasktracker/002-fold=restore",
     "past what cannot be undone, by its backup"},
    {0},
};

const FaCmd fa_cmd_rollback = {
    .name = "rollback",
    .group = FA_GROUP_RELEASE,
    .summary = "Go back to a release that ran there before",
    .usage = "SITE-ENV",
    .description =
        "A deployment like any other, but for a release that ran there: nothing is built "
        "again, and what it was made of then is what runs. What newer releases migrated is undone, "
        "the last one first. Past one that cannot be undone it is refused, unless it is said of "
        "each whether it stays (keep: the older code lives with it) or its data come back from the "
        "backup that was made before it (restore: what was written since is lost). "
        "While a deployment is being watched, what it replaced still runs: then that deployment is "
        "taken back, which starts nothing.",
    .examples = examples,
    .options = options,
    .options_size = sizeof(Options),
    .min_arguments = 1,
    .max_arguments = 1,
    .needs = FA_NEEDS_PRODUCT,
    .traits = FA_CMD_HAS_JSON | FA_CMD_HAS_DRY_RUN,
    .run = run,
    .complete = fa_environment_complete,
};
