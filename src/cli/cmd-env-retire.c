#include "app/environments.h"
#include "app/names.h"
#include "cli/answer.h"
#include "cli/confirm.h"
#include "cli/environment.h"

typedef struct Options {
    const char *why;
    bool delete_data;
} Options;

static const FaOption options[] = {
    FA_OPTION_TEXT(Options, why, "why", 0, "TEXT", "Why it is given up"),
    FA_OPTION_FLAG(Options, delete_data, "delete-data", 0,
                   "Remove its data, logs and builds for ever; asks"),
    {0},
};

static bool
confirm(const FaInvocation *invocation, const FaContext *context, const FaChoice *choice,
        GError **error)
{
    g_autoptr(FaLayout) layout = fa_names_layout(context, choice, error);
    if (layout == NULL)
        return false;
    g_autofree char *question =
        g_strdup_printf("remove '%s' with all data of %s.%s", layout->directory,
                        choice->environment->name, choice->site->name);
    return fa_confirm(invocation, question, error);
}

static bool
run(FaInvocation *invocation, GError **error)
{
    const Options *chosen = invocation->options;
    const char *name = invocation->arguments[0];
    g_autoptr(FaContext) context = NULL;
    FaChoice choice;
    bool was_up;
    if (!fa_environment_find(invocation, name, &context, &choice, error) ||
        (chosen->delete_data && !confirm(invocation, context, &choice, error)) ||
        !fa_environments_retire(context, &choice, chosen->delete_data, chosen->why,
                                invocation->cancel, &was_up, error))
        return false;
    fa_say(invocation,
           "%s is retired%s; its data is %s\nnext: fassembler env create %s brings it back", name,
           was_up ? " and stopped" : "", chosen->delete_data ? "removed" : "kept", name);
    return true;
}

static const FaExample examples[] = {
    {"fassembler env retire stage.nycstreets --why 'the site was closed'",
     "stop it and take it off the edge; its data stays"},
    {"fassembler env retire dev.nycstreets --delete-data", "and remove its data; backups stay"},
    {0},
};

const FaCmd fa_cmd_env_retire = {
    .name = "env retire",
    .group = FA_GROUP_RELEASE,
    .summary = "Give up an environment; its data stays",
    .usage = "SITE-ENV",
    .description = "Stops its processes, takes it off the edge, and from then on nothing is "
                   "brought there. What deployments saved of it before they migrated data stays in "
                   "backups/. fassembler.yaml stays as it is, for other sites have an "
                   "environment of that name too.",
    .examples = examples,
    .options = options,
    .options_size = sizeof(Options),
    .min_arguments = 1,
    .max_arguments = 1,
    .needs = FA_NEEDS_PRODUCT,
    .run = run,
    .complete = fa_environment_complete,
};
