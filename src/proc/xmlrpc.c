#include "proc/xmlrpc.h"

#include <expat.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"

#define DOUBLE_TEXT_MAX 64

static void
append_escaped(GString *out, const char *text)
{
    g_autofree char *escaped = g_markup_escape_text(text, -1);
    g_string_append(out, escaped);
}

static void
append_value(GString *out, JsonNode *node)
{
    g_string_append(out, "<value>");
    if (JSON_NODE_HOLDS_ARRAY(node)) {
        JsonArray *array = json_node_get_array(node);
        g_string_append(out, "<array><data>");
        for (guint i = 0; i < json_array_get_length(array); i++)
            append_value(out, json_array_get_element(array, i));
        g_string_append(out, "</data></array>");
    } else if (json_node_get_value_type(node) == G_TYPE_BOOLEAN) {
        g_string_append_printf(out, "<boolean>%d</boolean>", json_node_get_boolean(node) ? 1 : 0);
    } else if (json_node_get_value_type(node) == G_TYPE_INT64) {
        g_string_append_printf(out, "<int>%" G_GINT64_FORMAT "</int>", json_node_get_int(node));
    } else {
        const char *text = json_node_get_string(node);
        g_string_append(out, "<string>");
        append_escaped(out, text != NULL ? text : "");
        g_string_append(out, "</string>");
    }
    g_string_append(out, "</value>");
}

char *
fa_xmlrpc_format_call(const char *method, JsonArray *parameters)
{
    g_autoptr(GString) out = g_string_new("<?xml version='1.0'?>\n<methodCall><methodName>");
    append_escaped(out, method);
    g_string_append(out, "</methodName><params>");
    for (guint i = 0; parameters != NULL && i < json_array_get_length(parameters); i++) {
        g_string_append(out, "<param>");
        append_value(out, json_array_get_element(parameters, i));
        g_string_append(out, "</param>");
    }
    g_string_append(out, "</params></methodCall>\n");
    return g_string_free(g_steal_pointer(&out), FALSE);
}

/* A value that is being read: its own node, and for a struct the name of the member that comes next. */
typedef struct Frame {
    JsonNode *node;
    char *member;
} Frame;

typedef struct Reader {
    XML_Parser parser;
    GArray *frames; /* of Frame */
    GString *text;
    JsonNode *result;
    unsigned values;
    bool is_fault;
    const char *mistake;
} Reader;

static void
stop(Reader *reader, const char *mistake)
{
    if (reader->mistake == NULL)
        reader->mistake = mistake;
    XML_StopParser(reader->parser, XML_FALSE);
}

static Frame *
top(Reader *reader)
{
    return reader->frames->len == 0
               ? NULL
               : &g_array_index(reader->frames, Frame, reader->frames->len - 1);
}

static void
begin_element(void *data, const char *name, const char **attributes)
{
    Reader *reader = data;
    Frame *frame = top(reader);
    g_string_truncate(reader->text, 0);

    if (strcmp(name, "fault") == 0) {
        reader->is_fault = true;
    } else if (strcmp(name, "value") == 0) {
        Frame fresh = {NULL, NULL};
        if (reader->frames->len >= FA_XMLRPC_DEPTH_MAX)
            stop(reader, "it is nested too deeply");
        else if (++reader->values > FA_XMLRPC_VALUES_MAX)
            stop(reader, "it has too many values");
        else
            g_array_append_val(reader->frames, fresh);
    } else if (frame != NULL && frame->node == NULL && strcmp(name, "array") == 0) {
        frame->node = json_node_new(JSON_NODE_ARRAY);
        json_node_take_array(frame->node, json_array_new());
    } else if (frame != NULL && frame->node == NULL && strcmp(name, "struct") == 0) {
        frame->node = json_node_new(JSON_NODE_OBJECT);
        json_node_take_object(frame->node, json_object_new());
    }
}

static void
add_text(void *data, const char *text, int length)
{
    Reader *reader = data;
    g_string_append_len(reader->text, text, length);
}

/* (transfer full) (nullable) NULL when @text is not a value of type @name. */
static JsonNode *
read_scalar(const char *name, const char *text)
{
    g_autoptr(JsonNode) node = json_node_new(JSON_NODE_VALUE);
    g_autofree char *bare = g_strstrip(g_strdup(text));
    int64_t number;

    if (strcmp(name, "int") == 0 || strcmp(name, "i4") == 0 || strcmp(name, "i8") == 0) {
        if (!fa_parse_int64(bare, INT64_MIN, INT64_MAX, &number))
            return NULL;
        json_node_set_int(node, number);
    } else if (strcmp(name, "boolean") == 0) {
        json_node_set_boolean(node, strcmp(bare, "1") == 0);
    } else if (strcmp(name, "double") == 0) {
        if (strlen(bare) > DOUBLE_TEXT_MAX)
            return NULL;
        json_node_set_double(node, g_ascii_strtod(bare, NULL));
    } else if (strcmp(name, "nil") == 0) {
        json_node_init_null(node);
    } else {
        json_node_set_string(node, text);
    }
    return g_steal_pointer(&node);
}

static bool
is_scalar(const char *name)
{
    static const char *const names[] = {"int",    "i4",     "i8",  "boolean", "double",
                                        "string", "base64", "nil", NULL};
    return g_strv_contains(names, name);
}

/* Gives a finished value to what it stands in. */
static void
end_value(Reader *reader)
{
    Frame done = *top(reader);
    g_array_set_size(reader->frames, reader->frames->len - 1);
    if (done.node == NULL)
        done.node = read_scalar("string", reader->text->str);
    g_free(done.member);

    Frame *parent = top(reader);
    if (parent == NULL) {
        g_clear_pointer(&reader->result, json_node_unref);
        reader->result = done.node;
    } else if (parent->node != NULL && JSON_NODE_HOLDS_ARRAY(parent->node)) {
        json_array_add_element(json_node_get_array(parent->node), done.node);
    } else if (parent->node != NULL && JSON_NODE_HOLDS_OBJECT(parent->node) &&
               parent->member != NULL) {
        json_object_set_member(json_node_get_object(parent->node), parent->member, done.node);
    } else {
        json_node_unref(done.node);
        stop(reader, "a value stands where none may");
    }
}

static void
end_element(void *data, const char *name)
{
    Reader *reader = data;
    Frame *frame = top(reader);

    if (strcmp(name, "value") == 0 && frame != NULL) {
        end_value(reader);
    } else if (strcmp(name, "name") == 0 && frame != NULL) {
        g_free(frame->member);
        frame->member = g_strdup(reader->text->str);
    } else if (is_scalar(name) && frame != NULL && frame->node == NULL) {
        frame->node = read_scalar(name, reader->text->str);
        if (frame->node == NULL)
            stop(reader, "a number is none");
    }
    g_string_truncate(reader->text, 0);
}

static void
refuse_doctype(void *data, const char *name, const char *system_id, const char *public_id,
               int internal)
{
    stop(data, "it declares a document type");
}

static void
clear_frames(GArray *frames)
{
    for (guint i = 0; i < frames->len; i++) {
        Frame *frame = &g_array_index(frames, Frame, i);
        g_clear_pointer(&frame->node, json_node_unref);
        g_free(frame->member);
    }
    g_array_unref(frames);
}

static bool
parse(Reader *reader, const char *text, gsize length, GError **error)
{
    XML_SetUserData(reader->parser, reader);
    XML_SetElementHandler(reader->parser, begin_element, end_element);
    XML_SetCharacterDataHandler(reader->parser, add_text);
    XML_SetStartDoctypeDeclHandler(reader->parser, refuse_doctype);
    if (length > G_MAXINT ||
        XML_Parse(reader->parser, text, (int)length, XML_TRUE) != XML_STATUS_OK) {
        const char *why = reader->mistake != NULL
                              ? reader->mistake
                              : XML_ErrorString(XML_GetErrorCode(reader->parser));
        return fa_fail(error, FA_ERROR_FAILED, "the supervisor's answer cannot be read: %s", why);
    }
    return reader->result != NULL ||
           fa_fail(error, FA_ERROR_FAILED, "the supervisor's answer holds no value");
}

JsonNode *
fa_xmlrpc_parse_response(const char *text, gsize length, FaFault *ret_fault, GError **error)
{
    Reader reader = {.parser = XML_ParserCreate("UTF-8"),
                     .frames = g_array_new(FALSE, TRUE, sizeof(Frame)),
                     .text = g_string_new(NULL)};
    bool is_read = parse(&reader, text, length, error);

    XML_ParserFree(reader.parser);
    clear_frames(reader.frames);
    g_string_free(reader.text, TRUE);
    if (!is_read) {
        g_clear_pointer(&reader.result, json_node_unref);
        return NULL;
    }
    if (!reader.is_fault)
        return reader.result;

    g_autoptr(JsonNode) fault = reader.result;
    JsonObject *object = JSON_NODE_HOLDS_OBJECT(fault) ? json_node_get_object(fault) : NULL;
    gint64 code = object != NULL ? fa_json_get_int(object, "faultCode", 0) : 0;
    const char *words = object != NULL ? fa_json_get_string(object, "faultString") : NULL;
    if (code <= 0 || code > G_MAXINT) {
        fa_fail(error, FA_ERROR_FAILED, "the supervisor's answer is a fault without a number");
        return NULL;
    }
    *ret_fault = (FaFault){.code = (int)code, .text = g_strdup(words != NULL ? words : "")};
    return NULL;
}
