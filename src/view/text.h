#pragma once
/*
 * Optional texts and times in documents: null when absent.
 */
#include <json-glib/json-glib.h>

#include "base/time.h"

void fa_view_set_text(JsonObject *object, const char *member, const char *text);
/* RFC 3339 in UTC; null for 0, which is no moment of ours. */
void fa_view_set_time(JsonObject *object, const char *member, FaTime time);
