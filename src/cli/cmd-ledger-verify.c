#include "app/ledger.h"
#include "cli/answer.h"
#include "cli/home.h"

static bool
answer(JsonObject *report, GError **error)
{
    gint64 events = fa_json_get_int(report, "events", 0);
    const char *hash = fa_json_get_string(report, "hash");
    const char *reason = fa_json_get_string(report, "reason");
    if (fa_json_get_bool(report, "is-whole", false))
        return fa_answer_text(error, "all %" G_GINT64_FORMAT " events are whole; the last is %s\n",
                              events, hash);
    return fa_answer_text(error,
                          "event %" G_GINT64_FORMAT " is %s%s%s\n"
                          "%" G_GINT64_FORMAT " events before it are whole\n",
                          fa_json_get_int(report, "position", 0),
                          fa_json_get_string(report, "flaw"), reason != NULL ? ": " : "",
                          reason != NULL ? reason : "", events);
}

static bool
run(FaInvocation *invocation, GError **error)
{
    g_autoptr(FaContext) context = NULL;
    g_autoptr(JsonObject) report = NULL;
    const char *home;
    if (!fa_home_find(invocation, &context, &home, error) ||
        !fa_home_ledger_verify(home, invocation->cancel, &report, error))
        return false;
    if (!fa_json_get_bool(report, "is-whole", false))
        invocation->exit_status = 1;
    return invocation->json ? fa_answer_json(report, error) : answer(report, error);
}

static const FaExample examples[] = {
    {"fassembler ledger verify", "read every event and check the chain of their hashes"},
    {0},
};

const FaCmd fa_cmd_ledger_verify = {
    .name = "ledger verify",
    .group = FA_GROUP_CARE,
    .summary = "Find events that were changed, removed or reordered",
    .description =
        "Every event has a hash over itself and the hash of the one before. The first that is not "
        "as it was appended is named, and the exit status is 1. Who keeps the last hash elsewhere "
        "knows that nothing before it was exchanged.",
    .examples = examples,
    .needs = FA_NEEDS_HOME,
    .traits = FA_CMD_HAS_JSON,
    .run = run,
};
