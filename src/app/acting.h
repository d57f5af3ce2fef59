#pragma once
/*
 * Whom this process acts for, where that is somebody else than the user that it is: a caller of `fassembler serve`, or who
 * was named by --as. That is a fact of the process, as its user id is: said before anything else is done, and never taken
 * back. Where nothing was said, the permissions of the files decide, as for any program.
 *
 * What such a process may is decided here and nowhere else: where a command chooses the environment that it works on
 * (fa_context_choose()), and again, event by event, where the ledger is written (app/ledger.h). Who may nothing yet, or is
 * not told here, writes nothing.
 */
#include <stdbool.h>

#include "app/context.h"
#include "domain/access.h"
#include "domain/event.h"

/* @by (nullable) acts as @name, and is recorded too. An admin may everything, whatever the product says. */
void fa_acting_begin(const char *name, const char *by, bool is_admin);
bool fa_acting_is_begun(void);
/* (transfer none) (nullable) As events have it: "ana", or "root as ana"; NULL where nobody is acted for. */
const char *fa_acting_get_recorded(void);

/*
 * (transfer full) From now on the roles of @context's product count, for a command that is @action. When @is_on_site it
 * concerns one environment, which is held to it once it is chosen. DENIED, saying who may, when nothing of it is allowed.
 */
bool fa_acting_allow(FaContext *context, FaAction action, bool is_on_site, GError **error);
/* DENIED unless @action may be done in no particular environment. Always true where nobody is acted for. */
bool fa_acting_check(FaAction action, GError **error);
/* DENIED unless the command that is allowed may be done in this environment of @site. */
bool fa_acting_check_choice(const FaChoice *choice, GError **error);
/* DENIED unless this event may be appended. */
bool fa_acting_check_event(const FaEvent *event, GError **error);
