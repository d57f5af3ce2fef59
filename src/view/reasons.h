#pragma once
/*
 * Why something was refused: each reason with its code, what it is about, and a sentence for people.
 */
#include "base/json.h"
#include "domain/decision.h"

/* (transfer full) of { "code", "subject", "detail", "text" }; @reasons: of FaReason. */
JsonArray *fa_view_reasons(const GPtrArray *reasons);
/* (transfer full) One line, lower case, as error messages are. */
char *fa_view_reason_text(const FaReason *reason);
