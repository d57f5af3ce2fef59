#include "app/environments.h"
#include "cli/answer.h"

static const char *const tracks[] = {"trunk", "release", "live+fix", "anything", NULL};

typedef struct Options {
    const char *track;
    const char *host;
    const char *ports;
    const char *refresh;
    const char *why;
} Options;

static const FaOption options[] = {
    FA_OPTION_CHOICE(Options, track, "track", 0, "TRACK", tracks,
                     "What it may run; known for live, stage, backstage, leapfrog and dev"),
    FA_OPTION_TEXT(Options, host, "host", 0, "NAME", "Put before the domain of a site (its name)"),
    FA_OPTION_TEXT(Options, ports, "ports", 0, "N",
                   "Added to the base port of a site (the next hundred)"),
    FA_OPTION_TEXT(Options, refresh, "refresh", 0, "RULE",
                   "When it is refreshed by itself: FREQ=DAILY"),
    FA_OPTION_TEXT(Options, why, "why", 0, "TEXT", "What it is for"),
    {0},
};

static bool
run(FaInvocation *invocation, GError **error)
{
    const Options *chosen = invocation->options;
    const FaEnvironmentWords words = {
        .name = invocation->arguments[0],
        .track = chosen->track,
        .host = chosen->host,
        .ports = chosen->ports,
        .refresh = chosen->refresh,
        .why = chosen->why,
    };
    g_autoptr(FaContext) context = fa_context_open(invocation->home, error);
    bool is_added;
    if (context == NULL || !fa_context_check(context, error) ||
        (!invocation->dry_run && !fa_context_require_home(context, error)) ||
        !fa_environments_create(context, &words, invocation->dry_run, &is_added, error))
        return false;
    fa_say(invocation, "%s%s%s", words.name, invocation->dry_run ? " would be there" : " is there",
           is_added ? ", and its environment in fassembler.yaml, for all sites" : "");
    if (!invocation->dry_run)
        fa_say(invocation, "next: fassembler env show %s", words.name);
    return true;
}

static const FaExample examples[] = {
    {"fassembler env create qa.openplans --track release", "one more for releases"},
    {"fassembler env create stage.openplans", "one that was retired is there again"},
    {0},
};

const FaCmd fa_cmd_env_create = {
    .name = "env create",
    .group = FA_GROUP_RELEASE,
    .summary = "Add an environment, or bring a retired one back",
    .usage = "SITE-ENV",
    .description =
        "Writes the environment into fassembler.yaml, unless it is there, and leaves the rest of "
        "that file as a person wrote it; and into the ledger that it is there from now on. "
        "`fassembler deploy` or `fassembler up`, as its track says, bring something to it.",
    .examples = examples,
    .options = options,
    .options_size = sizeof(Options),
    .min_arguments = 1,
    .max_arguments = 1,
    .needs = FA_NEEDS_PRODUCT,
    .traits = FA_CMD_HAS_DRY_RUN,
    .run = run,
};
