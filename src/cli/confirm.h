#pragma once
/*
 * Asking before what cannot be undone. --yes answers for the person; without a terminal nobody is asked, and it is
 * refused with how to say yes.
 */
#include "cli/command.h"

/* True when the answer to @question (without mark: "remove 'var/'") is yes; else USAGE or CANCELLED. */
bool fa_confirm(const FaInvocation *invocation, const char *question, GError **error);
