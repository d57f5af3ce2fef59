#include <stdio.h>

#include "app/context.h"
#include "base/error.h"
#include "cli/answer.h"
#include "view/diags.h"

static bool
run(FaInvocation *invocation, GError **error)
{
    g_autoptr(FaContext) context = fa_context_open(invocation->home, error);
    if (context == NULL)
        return false;

    const FaDiags *diags = fa_context_get_diags(context);
    const FaProduct *product = fa_context_get_product(context);
    if (fa_diags_count(diags, FA_SEVERITY_ERROR) > 0)
        invocation->exit_status = 2;
    if (invocation->json) {
        g_autoptr(JsonObject) document = fa_view_diags(diags);
        return fa_answer_json(document, error);
    }
    if (fa_diags_length(diags) > 0) {
        g_autofree char *listing = fa_diags_format(diags, invocation->colour_err);
        fprintf(stderr, "%s", listing);
    }
    if (invocation->exit_status != 0)
        return true;
    return fa_answer_text(error, "%s: no mistakes (components: %u, sites: %u, environments: %u)\n",
                          product->name, product->components->len, product->sites->len,
                          product->environments->len);
}

static const FaExample examples[] = {
    {"fassembler check", "read all files of the product and list every mistake"},
    {"fassembler check --json", "the same, for an editor"},
    {0},
};

const FaCmd fa_cmd_check = {
    .name = "check",
    .group = FA_GROUP_START,
    .summary = "Find every mistake in the product's files",
    .description =
        "Reads fassembler.yaml, components/ and sites/ and lists all mistakes in one go, each with "
        "its "
        "place, what was expected and the nearest known word. Nothing is built or written.",
    .examples = examples,
    .needs = FA_NEEDS_PRODUCT,
    .traits = FA_CMD_HAS_JSON,
    .run = run,
};
