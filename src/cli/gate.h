#pragma once
/*
 * Who may run a command. There is one gate, which every command passes after its words were read and before it does
 * anything; behind it, the ledger asks again about each event (app/acting.h).
 *
 * Where nobody is acted for there is nothing to ask: the permissions of the home's files decide.
 */
#include "app/call.h"
#include "cli/command.h"

/*
 * @caller (nullable) is who called `fassembler serve`. DENIED, saying who may, when it is not for them; when the command is
 * not served at all; and when one of its words would name a file of the home's user, or take the sandbox away.
 */
bool fa_gate_pass(FaInvocation *invocation, const FaCaller *caller, GError **error);
