#pragma once
/*
 * Is everything here that assembling needs?
 */
#include <stdbool.h>

#include "base/json.h"

/*
 * (transfer full) { "is-well": bool, "checks": [{"name", "is-well", "message", "help"}] }, every check in the same order:
 * the sandbox, the programs, the home (unless @home is NULL), the locale. The help is null where all is well.
 */
JsonObject *fa_doctor(const char *home);
