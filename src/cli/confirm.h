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
