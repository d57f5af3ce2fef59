#include "app/edge.h"
#include "cli/answer.h"
#include "cli/home.h"

static bool
run(FaInvocation *invocation, GError **error)
{
    g_autoptr(FaContext) context = fa_context_open(invocation->home, error);
    bool was_up;
    if (context == NULL || !fa_context_check(context, error) ||
        !fa_edge_stop(context, invocation->cancel, &was_up, error))
        return false;
    fa_say(invocation, was_up ? "the edge is down" : "the edge was down already");
    return true;
}

static const FaExample examples[] = {
    {"fassembler edge stop", "take the sites off the network; their processes go on"},
    {0},
};

const FaCmd fa_cmd_edge_stop = {
    .name = "edge stop",
    .group = FA_GROUP_RUN,
    .summary = "Stop the web server that maps host names",
    .description = "Requests under way are finished first.",
    .examples = examples,
    .needs = FA_NEEDS_PRODUCT,
    .run = run,
};
