#include "cli/confirm.h"

#include <unistd.h>

#include "base/error.h"
#include "sys/tty.h"

bool
fa_confirm(const FaInvocation *invocation, const char *question, GError **error)
{
    if (invocation->yes)
        return true;
    bool is_there = invocation->is_served
                        ? invocation->ask != NULL
                        : fa_tty_is_terminal(STDIN_FILENO) && fa_tty_is_terminal(STDERR_FILENO);
    if (!is_there)
        return fa_fail(error, FA_ERROR_USAGE, "nobody to ask: %s?\nhelp: '--yes' answers with yes",
                       question);

    g_autofree char *prompt = g_strconcat(question, "? [y/N] ", NULL);
    g_autofree char *answer = fa_confirm_ask(invocation, prompt);
    if (answer != NULL &&
        (g_ascii_strcasecmp(answer, "y") == 0 || g_ascii_strcasecmp(answer, "yes") == 0))
        return true;
    return fa_fail(error, FA_ERROR_CANCELLED, "nothing done");
}

bool
fa_confirm_can_lend(const FaInvocation *invocation)
{
    return !invocation->is_served && !invocation->yes && !invocation->json &&
           fa_tty_is_foreground(STDIN_FILENO) && fa_tty_is_terminal(STDERR_FILENO);
}

bool
fa_confirm_can_ask(const FaInvocation *invocation)
{
    return invocation->is_served ? !invocation->yes && !invocation->json && invocation->ask != NULL
                                 : fa_confirm_can_lend(invocation);
}

char *
fa_confirm_ask(const FaInvocation *invocation, const char *prompt)
{
    return invocation->is_served ? invocation->ask(prompt, invocation->cancel, invocation->ask_data)
                                 : fa_tty_ask(prompt, invocation->cancel);
}
