#include <inttypes.h>

#include "app/ledger.h"
#include "cli/answer.h"
#include "cli/complete.h"
#include "cli/home.h"

static bool
run(FaInvocation *invocation, GError **error)
{
    g_autoptr(FaContext) context = NULL;
    const char *home;
    uint64_t added = 0;
    if (!fa_home_find(invocation, &context, &home, error) ||
        !fa_home_ledger_import(home, invocation->arguments[0], invocation->cancel, &added, error))
        return false;
    if (invocation->json) {
        g_autoptr(JsonObject) report = json_object_new();
        json_object_set_int_member(report, "events-added", (gint64)added);
        return fa_answer_json(report, error);
    }
    return added == 0 ? fa_answer_text(error, "all of it is here already\n")
                      : fa_answer_text(error, "added %" PRIu64 " events\n", added);
}

static const FaExample examples[] = {
    {"fassembler ledger import ledger.jsonl --home /srv/new", "take a history to another home"},
    {0},
};

const FaCmd fa_cmd_ledger_import = {
    .name = "ledger import",
    .group = FA_GROUP_CARE,
    .summary = "Append events that 'ledger export' wrote",
    .usage = "FILE",
    .description = "FILE may be '-' for standard input. Events that are here already are compared; "
                   "what follows on them is added, with the same hashes: all of it or nothing.",
    .examples = examples,
    .min_arguments = 1,
    .max_arguments = 1,
    .needs = FA_NEEDS_HOME,
    .traits = FA_CMD_HAS_JSON,
    .run = run,
    .complete = fa_completion_add_files,
};
