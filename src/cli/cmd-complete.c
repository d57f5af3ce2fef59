#include "cli/answer.h"
#include "cli/commands.h"
#include "cli/complete.h"

static bool
run(FaInvocation *invocation, GError **error)
{
    g_autofree char *proposals = fa_complete(fa_commands_all(), invocation->arguments);
    return fa_answer_text(error, "%s", proposals);
}

const FaCmd fa_cmd_complete = {
    .name = "complete",
    .group = FA_GROUP_PROGRAM,
    .summary = "Propose the next word, for the completion scripts",
    .usage = "-- WORD...",
    .max_arguments = FA_ARGUMENTS_ANY,
    .traits = FA_CMD_IS_HIDDEN,
    .run = run,
};
