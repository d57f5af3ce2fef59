#pragma once
/*
 * Why something was refused: each reason with its code, what it is about, and a sentence for people.
 */
#include "base/json.h"
#include "domain/decision.h"

/* (transfer full) of { "code", "subject", "detail", "text", "help" }; @reasons: of FaReason. */
JsonArray *fa_view_reasons(const GPtrArray *reasons);
/* (transfer full) One line, lower case, as error messages are. */
char *fa_view_reason_text(const FaReason *reason);
/* (transfer full) (nullable) What shows or cures it: the line behind "help: ". */
char *fa_view_reason_help(const FaReason *reason);
