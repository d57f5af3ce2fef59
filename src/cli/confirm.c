#include "cli/confirm.h"

#include <unistd.h>

#include "base/error.h"
#include "sys/tty.h"

bool
fa_confirm(const FaInvocation *invocation, const char *question, GError **error)
{
    if (invocation->yes)
        return true;
    if (!fa_tty_is_terminal(STDIN_FILENO) || !fa_tty_is_terminal(STDERR_FILENO))
        return fa_fail(error, FA_ERROR_USAGE, "nobody to ask: %s?\nhelp: '--yes' answers with yes",
                       question);

    g_autofree char *prompt = g_strconcat(question, "? [y/N] ", NULL);
    g_autofree char *answer = fa_tty_ask(prompt, invocation->cancel);
    if (answer != NULL &&
        (g_ascii_strcasecmp(answer, "y") == 0 || g_ascii_strcasecmp(answer, "yes") == 0))
        return true;
    return fa_fail(error, FA_ERROR_CANCELLED, "nothing done");
}

bool
fa_confirm_can_ask(const FaInvocation *invocation)
{
    return !invocation->yes && !invocation->json && fa_tty_is_foreground(STDIN_FILENO) &&
           fa_tty_is_terminal(STDERR_FILENO);
}
