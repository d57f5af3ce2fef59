#include "base/json.h"

#include <string.h>

#include "base/error.h"

/* json-glib reads by recursion, without a limit of its own. */
#define DEPTH_MAX 128

char *
fa_json_to_text(JsonNode *node, bool pretty)
{
    g_autoptr(JsonGenerator) generator = json_generator_new();
    json_generator_set_root(generator, node);
    json_generator_set_pretty(generator, pretty);
    json_generator_set_indent(generator, 2);

    char *text = json_generator_to_data(generator, NULL);
    if (!pretty)
        return text;

    g_autofree char *without_newline = text;
    return g_strconcat(without_newline, "\n", NULL);
}

/* Moves behind the string that begins at @position; returns @length when it does not end. */
static size_t
skip_string(const char *text, size_t position, size_t length)
{
    for (position++; position < length && text[position] != '"'; position++) {
        if (text[position] == '\\')
            position++;
    }
    return MIN(position, length);
}

/*
 * Nesting is limited, and what json-glib takes beyond JSON (comments, single quotes) is refused before it sees the
 * text: with those, brackets could not be counted.
 */
static bool
check_lexically(const char *text, size_t length, GError **error)
{
    unsigned depth = 0;

    for (size_t i = 0; i < length; i++) {
        char c = text[i];
        if (c == '"')
            i = skip_string(text, i, length);
        else if (c == '[' || c == '{')
            depth++;
        else if ((c == ']' || c == '}') && depth > 0)
            depth--;
        else if (!g_ascii_isalnum(c) && (c == '\0' || strchr("]},:+-. \t\r\n", c) == NULL))
            return fa_fail(error, FA_ERROR_FAILED, "not valid JSON: byte %zu: unexpected character",
                           i + 1);
        if (depth > DEPTH_MAX)
            return fa_fail(error, FA_ERROR_FAILED, "not valid JSON: nested more than %d deep",
                           DEPTH_MAX);
    }
    return true;
}

JsonNode *
fa_json_from_text(const char *text, gssize length, GError **error)
{
    size_t size = length < 0 ? strlen(text) : (size_t)length;
    if (!g_utf8_validate_len(text, size, NULL)) {
        fa_fail(error, FA_ERROR_FAILED, "not valid JSON: not UTF-8");
        return NULL;
    }
    if (!check_lexically(text, size, error))
        return NULL;

    g_autoptr(JsonParser) parser = json_parser_new_immutable();
    g_autoptr(GError) reason = NULL;
    if (!json_parser_load_from_data(parser, text, (gssize)size, &reason)) {
        fa_fail(error, FA_ERROR_FAILED, "not valid JSON: %s", reason->message);
        return NULL;
    }
    JsonNode *root = json_parser_steal_root(parser);
    if (root == NULL)
        fa_fail(error, FA_ERROR_FAILED, "not valid JSON: nothing in it");
    return root;
}

/* (transfer none) (nullable) The member's node when it is a value of @type. */
static JsonNode *
get_value(JsonObject *object, const char *member, GType type)
{
    JsonNode *node = json_object_get_member(object, member);
    if (node == NULL || !JSON_NODE_HOLDS_VALUE(node) || json_node_get_value_type(node) != type)
        return NULL;
    return node;
}

const char *
fa_json_get_string(JsonObject *object, const char *member)
{
    JsonNode *node = get_value(object, member, G_TYPE_STRING);
    return node == NULL ? NULL : json_node_get_string(node);
}

gint64
fa_json_get_int(JsonObject *object, const char *member, gint64 missing)
{
    JsonNode *node = get_value(object, member, G_TYPE_INT64);
    return node == NULL ? missing : json_node_get_int(node);
}

bool
fa_json_get_bool(JsonObject *object, const char *member, bool missing)
{
    JsonNode *node = get_value(object, member, G_TYPE_BOOLEAN);
    return node == NULL ? missing : json_node_get_boolean(node);
}

JsonObject *
fa_json_get_object(JsonObject *object, const char *member)
{
    JsonNode *node = json_object_get_member(object, member);
    return node != NULL && JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
}

JsonArray *
fa_json_get_array(JsonObject *object, const char *member)
{
    JsonNode *node = json_object_get_member(object, member);
    return node != NULL && JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;
}
