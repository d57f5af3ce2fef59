#pragma once
/*
 * A component as a document: what it needs, its settings with where each value came from, its steps and processes.
 *
 * { "component", "summary", "version", "source": {"kind", "location", "revision"},
 *   "needs": {"programs": [[..]], "packages": [..], "components": [..]},
 *   "settings": [{"name", "help", "default", "value", "origin", "file", "line", "column"}],
 *   "steps": [{"name", "kind", "text"}], "processes": [{"name", "command", "health", "lifetime"}] }
 *
 * A secret's value is its reference, never the secret. Absent texts are null.
 */
#include <json-glib/json-glib.h>

#include "domain/settings.h"

/* (transfer full) */
JsonObject *fa_view_explain(const FaRecipe *recipe, const FaValues *values);
