#include "app/call.h"

#include <string.h>

#include "base/error.h"
#include "base/json.h"

#define COLUMNS_MAX 10000

void
fa_call_clear(FaCall *call)
{
    g_clear_pointer(&call->words, g_strfreev);
}

void
fa_caller_clear(FaCaller *caller)
{
    g_clear_pointer(&caller->name, g_free);
    g_clear_pointer(&caller->home, g_free);
}

/* @object (transfer full) */
static void
append_object(GByteArray *out, FaCallKind kind, JsonObject *object)
{
    g_autoptr(JsonNode) node = json_node_new(JSON_NODE_OBJECT);
    json_node_take_object(node, object);
    g_autofree char *text = fa_json_to_text(node, false);
    fa_frame_append(out, (char)kind, text, strlen(text));
}

void
fa_call_append(GByteArray *out, const FaCall *call)
{
    JsonObject *object = json_object_new();
    JsonArray *words = json_array_new();
    for (char **word = call->words; *word != NULL; word++)
        json_array_add_string_element(words, *word);
    json_object_set_int_member(object, "version", FA_CALL_VERSION);
    json_object_set_array_member(object, "words", words);
    json_object_set_boolean_member(object, "can-ask", call->can_ask);
    json_object_set_boolean_member(object, "colour-out", call->colour_out);
    json_object_set_boolean_member(object, "colour-err", call->colour_err);
    json_object_set_int_member(object, "columns", call->columns);
    append_object(out, FA_CALL_CALL, object);
}

/* (transfer full) (nullable) The object that @frame holds, of our version. */
static JsonNode *
read_object(const FaFrame *frame, FaCallKind kind, GError **error)
{
    if (frame->kind != (char)kind) {
        fa_fail(error, FA_ERROR_CONFIG, "no call");
        return NULL;
    }
    g_autoptr(JsonNode) node = fa_json_from_text(frame->bytes, (gssize)frame->length, error);
    if (node == NULL)
        return NULL;
    if (!JSON_NODE_HOLDS_OBJECT(node)) {
        fa_fail(error, FA_ERROR_CONFIG, "no call");
        return NULL;
    }
    gint64 version = fa_json_get_int(json_node_get_object(node), "version", 0);
    if (version == FA_CALL_VERSION)
        return g_steal_pointer(&node);
    fa_fail(error, FA_ERROR_USAGE,
            "the server speaks version %d of calls, the caller %" G_GINT64_FORMAT
            "\nhelp: use the fassembler that the server was started from",
            FA_CALL_VERSION, version);
    return NULL;
}

/* (transfer full) (nullable) */
static char **
read_words(JsonObject *object)
{
    JsonArray *list = fa_json_get_array(object, "words");
    guint count = list != NULL ? json_array_get_length(list) : 0;
    if (count == 0 || count > FA_CALL_WORDS_MAX)
        return NULL;
    g_auto(GStrv) words = g_new0(char *, count + 1);
    for (guint i = 0; i < count; i++) {
        JsonNode *node = json_array_get_element(list, i);
        if (!JSON_NODE_HOLDS_VALUE(node) || json_node_get_value_type(node) != G_TYPE_STRING)
            return NULL;
        words[i] = json_node_dup_string(node);
    }
    return g_steal_pointer(&words);
}

bool
fa_call_read(const FaFrame *frame, FaCall *ret_call, GError **error)
{
    g_autoptr(JsonNode) node = read_object(frame, FA_CALL_CALL, error);
    if (node == NULL)
        return false;
    JsonObject *object = json_node_get_object(node);
    char **words = read_words(object);
    if (words == NULL)
        return fa_fail(error, FA_ERROR_CONFIG, "a call without words, or with more than %d",
                       FA_CALL_WORDS_MAX);
    *ret_call = (FaCall){
        .words = words,
        .can_ask = fa_json_get_bool(object, "can-ask", false),
        .colour_out = fa_json_get_bool(object, "colour-out", false),
        .colour_err = fa_json_get_bool(object, "colour-err", false),
        .columns = (unsigned)CLAMP(fa_json_get_int(object, "columns", 0), 0, COLUMNS_MAX),
    };
    return true;
}

void
fa_caller_append(GByteArray *out, const FaCaller *caller)
{
    JsonObject *object = json_object_new();
    json_object_set_int_member(object, "version", FA_CALL_VERSION);
    json_object_set_string_member(object, "name", caller->name);
    json_object_set_boolean_member(object, "is-admin", caller->is_admin);
    json_object_set_string_member(object, "home", caller->home);
    json_object_set_int_member(object, "server", caller->server);
    append_object(out, FA_CALL_CALLER, object);
}

bool
fa_caller_read(const FaFrame *frame, FaCaller *ret_caller, GError **error)
{
    g_autoptr(JsonNode) node = read_object(frame, FA_CALL_CALLER, error);
    if (node == NULL)
        return false;
    JsonObject *object = json_node_get_object(node);
    const char *name = fa_json_get_string(object, "name");
    const char *home = fa_json_get_string(object, "home");
    if (name == NULL || *name == '\0' || home == NULL || !g_path_is_absolute(home))
        return fa_fail(error, FA_ERROR_CONFIG, "a caller without a name or a home");
    *ret_caller = (FaCaller){
        .name = g_strdup(name),
        .is_admin = fa_json_get_bool(object, "is-admin", false),
        .home = g_strdup(home),
        .server = (int)fa_json_get_int(object, "server", 0),
    };
    return true;
}
