#include "app/edge.h"
#include "cli/answer.h"
#include "cli/home.h"

static bool
answer(const FaInvocation *invocation, const FaContext *context, const FaEdgeResult *result,
       GError **error)
{
    const char *listen = fa_context_get_product(context)->edge.listen;
    if (invocation->dry_run)
        return fa_answer_text(error, "%s", result->conf);
    if (result->is_started)
        return fa_answer_text(error, "the edge listens on %s\n", listen);
    return fa_answer_text(error,
                          result->is_changed ? "the edge on %s was reloaded\n"
                                             : "the edge on %s is as it should be\n",
                          listen);
}

static bool
run(FaInvocation *invocation, GError **error)
{
    g_autoptr(FaContext) context = fa_context_open(invocation->home, error);
    g_auto(FaEdgeResult) result = {0};
    if (context == NULL || !fa_context_check(context, error) ||
        !fa_edge_apply(context, invocation->dry_run, invocation->cancel, &result, error))
        return false;
    return answer(invocation, context, &result, error);
}

static const FaExample examples[] = {
    {"fassembler edge apply", "map the host names of all environments to them"},
    {"fassembler edge apply -n", "print the configuration that nginx would get"},
    {0},
};

const FaCmd fa_cmd_edge_apply = {
    .name = "edge apply",
    .group = FA_GROUP_RUN,
    .summary = "Start or reload the web server that maps host names",
    .description =
        "Writes the configuration of one nginx for all environments that were composed, has "
        "nginx check it, and starts it or reloads it, without a request lost. A deployment "
        "does it by itself when the edge runs. The address is that of 'edge:' in "
        "fassembler.yaml; what you want beside it goes into HOME/edge/conf.d/.",
    .examples = examples,
    .needs = FA_NEEDS_PRODUCT,
    .traits = FA_CMD_HAS_DRY_RUN,
    .run = run,
};
