#pragma once
/*
 * What would be built, as a dry run prints it.
 */
#include <glib.h>
#include <stdbool.h>

#include "base/json.h"
#include "cli/command.h"

/* @plan: of FaAssembled. A table, or JSON. */
bool fa_plan_print(const FaInvocation *invocation, const GPtrArray *plan, GError **error);
/* (transfer full) { "plan": [{ "component", "action", "revision", "path" }] } */
JsonObject *fa_plan_describe(const GPtrArray *plan);
