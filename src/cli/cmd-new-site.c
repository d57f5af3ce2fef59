#include "app/environments.h"
#include "cli/answer.h"

typedef struct Options {
    const char *domain;
    const char *base_port;
} Options;

static const FaOption options[] = {
    FA_OPTION_TEXT(
        Options, domain, "domain", 0, "DOMAIN",
        "The domain of its environments (NAME, and what other sites have behind theirs)"),
    FA_OPTION_TEXT(Options, base_port, "base-port", 0, "PORT",
                   "The first of its ports (the next thousand that is free)"),
    {0},
};

static bool
run(FaInvocation *invocation, GError **error)
{
    const Options *chosen = invocation->options;
    const FaSiteWords words = {
        .name = invocation->arguments[0], .domain = chosen->domain, .base_port = chosen->base_port};
    g_autoptr(FaContext) context = fa_context_open(invocation->home, error);
    g_autofree char *domain = NULL;
    unsigned base_port;
    if (context == NULL || !fa_context_check(context, error) ||
        (!invocation->dry_run && !fa_context_require_home(context, error)) ||
        !fa_site_create(context, &words, invocation->dry_run, &domain, &base_port, error))
        return false;
    fa_say(invocation, "site %s%s: %s, ports from %u", words.name,
           invocation->dry_run ? " would be there" : "", domain, base_port);
    if (!invocation->dry_run)
        fa_say(invocation,
               "next: say in sites/%s.yaml what differs there, then fassembler env list",
               words.name);
    return true;
}

static const FaExample examples[] = {
    {"fassembler new-site nycstreets", "one more site of this product"},
    {"fassembler new-site nycstreets --domain nycstreets.example --base-port 9000",
     "with a domain and ports of your own"},
    {0},
};

const FaCmd fa_cmd_new_site = {
    .name = "new-site",
    .group = FA_GROUP_START,
    .summary = "Add a site to the product, with its environments",
    .usage = "NAME",
    .description = "Writes the site into fassembler.yaml, whose rest stays as a person wrote it, a "
                   "file for what differs there to sites/NAME.yaml, and its environments to the "
                   "ledger. Nothing of other sites is touched.",
    .examples = examples,
    .options = options,
    .options_size = sizeof(Options),
    .min_arguments = 1,
    .max_arguments = 1,
    .needs = FA_NEEDS_PRODUCT,
    .traits = FA_CMD_HAS_DRY_RUN,
    .run = run,
};
