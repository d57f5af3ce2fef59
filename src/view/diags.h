#pragma once
/*
 * Mistakes as a document: { "errors": N, "warnings": N, "diagnostics": [{"severity", "file", "line", "column",
 * "message", "help"}] }. Absent texts are null.
 */
#include <json-glib/json-glib.h>

#include "base/diag.h"

/* (transfer full) */
JsonObject *fa_view_diags(const FaDiags *diags);
