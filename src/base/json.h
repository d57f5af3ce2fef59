#pragma once
/*
 * The little of JSON that every layer needs: printing a node, and reading members with a default.
 */
#include <glib.h>
#include <json-glib/json-glib.h>
#include <stdbool.h>

/* (transfer full) Indented by two spaces and with a final newline when @pretty. */
char *fa_json_to_text(JsonNode *node, bool pretty);
/* (transfer full) One line, members sorted by the bytes of their names at every depth: equal values give equal bytes. */
char *fa_json_to_canonical(JsonNode *node);
/* @text, which is UTF-8, as a JSON string with its quotes. */
void fa_json_append_string(GString *out, const char *text);
/* (transfer full) (nullable) Strict: what RFC 8259 says, UTF-8, at most 128 deep, numbers that fit. FAILED otherwise. */
JsonNode *fa_json_from_text(const char *text, gssize length, GError **error);
/* (transfer none) (nullable) The string member, or NULL when missing or of another type. */
const char *fa_json_get_string(JsonObject *object, const char *member);
gint64 fa_json_get_int(JsonObject *object, const char *member, gint64 missing);
bool fa_json_get_bool(JsonObject *object, const char *member, bool missing);
/* (transfer none) (nullable) */
JsonObject *fa_json_get_object(JsonObject *object, const char *member);
JsonArray *fa_json_get_array(JsonObject *object, const char *member);
