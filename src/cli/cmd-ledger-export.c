#include "app/ledger.h"
#include "cli/answer.h"
#include "cli/complete.h"
#include "cli/home.h"

static bool
print_line(const char *line, void *data, GError **error)
{
    return fa_answer_text(error, "%s\n", line);
}

static bool
run(FaInvocation *invocation, GError **error)
{
    const char *file = invocation->arguments[0];
    g_autoptr(FaContext) context = NULL;
    const char *home;
    if (!fa_home_find(invocation, &context, &home, error))
        return false;
    return file != NULL ? fa_home_ledger_export_to(home, file, error)
                        : fa_home_ledger_export(home, print_line, NULL, error);
}

static const FaExample examples[] = {
    {"fassembler ledger export ledger.jsonl", "keep a copy of all events elsewhere"},
    {"fassembler ledger export", "give them to another program, such as jq"},
    {0},
};

const FaCmd fa_cmd_ledger_export = {
    .name = "ledger export",
    .group = FA_GROUP_CARE,
    .summary = "Write all events as lines of JSON",
    .usage = "[FILE]",
    .description = "To standard output where no FILE is named. A FILE is made readable to its "
                   "owner only, whole or not at all.",
    .examples = examples,
    .max_arguments = 1,
    .needs = FA_NEEDS_HOME,
    .run = run,
    .complete = fa_completion_add_files,
};
