#pragma once
/*
 * Optional texts in documents: null when absent.
 */
#include <json-glib/json-glib.h>

void fa_view_set_text(JsonObject *object, const char *member, const char *text);
