#pragma once
/*
 * Asking before what cannot be undone. --yes answers for the person; without a terminal nobody is asked, and it is
 * refused with how to say yes.
 */
#include "cli/command.h"

/* True when the answer to @question (without mark: "remove 'var/'") is yes; else USAGE or CANCELLED. */
bool fa_confirm(const FaInvocation *invocation, const char *question, GError **error);

/* True when a person is there who may be asked in the midst of work: stdin and stderr are a terminal, this runs in its
 * foreground, and neither --yes nor --json was given. */
bool fa_confirm_can_ask(const FaInvocation *invocation);
/* The same, and the terminal is ours to lend to an editor or a shell: never where somebody else is served. */
bool fa_confirm_can_lend(const FaInvocation *invocation);
/* (transfer full) (nullable) Asks such a person for a line. */
char *fa_confirm_ask(const FaInvocation *invocation, const char *prompt);
