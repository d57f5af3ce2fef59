#include "base/json.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"

/* Reading recurses, ours and json-glib's. */
#define DEPTH_MAX 128

/* What is written as it is: nearly everything. */
static size_t
plain_length(const char *text)
{
    const char *at = text;
    while ((unsigned char)*at >= ' ' && *at != '"' && *at != '\\' && *at != 0x7f)
        at++;
    return (size_t)(at - text);
}

void
fa_json_append_string(GString *out, const char *text)
{
    g_string_append_c(out, '"');
    for (;; text++) {
        size_t length = plain_length(text);
        g_string_append_len(out, text, (gssize)length);
        text += length;
        if (*text == '\0')
            break;
        if (*text == '"' || *text == '\\')
            g_string_append_printf(out, "\\%c", *text);
        else if (*text == '\n')
            g_string_append(out, "\\n");
        else if (*text == '\t')
            g_string_append(out, "\\t");
        else
            g_string_append_printf(out, "\\u%04x", (unsigned)*text);
    }
    g_string_append_c(out, '"');
}

/* The shortest digits that are read as the same number, and never those of a whole one. JSON has no infinity. */
static void
append_double(GString *out, double value)
{
    char digits[G_ASCII_DTOSTR_BUF_SIZE];
    static const char *const formats[] = {"%.15g", "%.16g", "%.17g"};

    if (!isfinite(value)) {
        g_string_append(out, "null");
        return;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(formats); i++) {
        g_ascii_formatd(digits, sizeof digits, formats[i], value);
        if (memcmp(&(double){g_ascii_strtod(digits, NULL)}, &value, sizeof value) == 0)
            break;
    }
    g_string_append(out, digits);
    if (strpbrk(digits, ".e") == NULL)
        g_string_append(out, ".0");
}

static void
append_scalar(GString *out, JsonNode *node)
{
    GType type = JSON_NODE_HOLDS_VALUE(node) ? json_node_get_value_type(node) : G_TYPE_NONE;

    if (type == G_TYPE_STRING)
        fa_json_append_string(out, json_node_get_string(node));
    else if (type == G_TYPE_BOOLEAN)
        g_string_append(out, json_node_get_boolean(node) ? "true" : "false");
    else if (type == G_TYPE_INT64)
        g_string_append_printf(out, "%" G_GINT64_FORMAT, json_node_get_int(node));
    else if (type == G_TYPE_DOUBLE)
        append_double(out, json_node_get_double(node));
    else
        g_string_append(out, "null");
}

/* A line of its own for what follows, when @indent says so; negative: all on one line. */
static void
append_break(GString *out, int indent)
{
    if (indent >= 0)
        g_string_append_printf(out, "\n%*s", 2 * indent, "");
}

static int
deeper(int indent)
{
    return indent >= 0 ? indent + 1 : indent;
}

static void append_node(GString *out, JsonNode *node, int indent);

static void
append_object(GString *out, JsonObject *object, int indent)
{
    JsonObjectIter iterator;
    const char *name, *separator = "";
    JsonNode *member;

    g_string_append_c(out, '{');
    json_object_iter_init_ordered(&iterator, object);
    while (json_object_iter_next_ordered(&iterator, &name, &member)) {
        g_string_append(out, separator);
        separator = ",";
        append_break(out, deeper(indent));
        fa_json_append_string(out, name);
        g_string_append(out, indent >= 0 ? ": " : ":");
        append_node(out, member, deeper(indent));
    }
    if (*separator != '\0')
        append_break(out, indent);
    g_string_append_c(out, '}');
}

static void
append_array(GString *out, JsonArray *array, int indent)
{
    g_string_append_c(out, '[');
    for (guint i = 0; i < json_array_get_length(array); i++) {
        g_string_append(out, i > 0 ? "," : "");
        append_break(out, deeper(indent));
        append_node(out, json_array_get_element(array, i), deeper(indent));
    }
    if (json_array_get_length(array) > 0)
        append_break(out, indent);
    g_string_append_c(out, ']');
}

static void
append_node(GString *out, JsonNode *node, int indent)
{
    if (JSON_NODE_HOLDS_OBJECT(node))
        append_object(out, json_node_get_object(node), indent);
    else if (JSON_NODE_HOLDS_ARRAY(node))
        append_array(out, json_node_get_array(node), indent);
    else
        append_scalar(out, node);
}

/* Not by json-glib, whose "1e+20.0" nobody can read. */
char *
fa_json_to_text(JsonNode *node, bool pretty)
{
    GString *out = g_string_new(NULL);

    append_node(out, node, pretty ? 0 : -1);
    if (pretty)
        g_string_append_c(out, '\n');
    return g_string_free(out, FALSE);
}

static void append_canonical(GString *out, JsonNode *node);

static void
append_canonical_object(GString *out, JsonObject *object)
{
    g_autoptr(GList) names = json_object_get_members(object);
    names = g_list_sort(names, (GCompareFunc)strcmp);
    g_string_append_c(out, '{');
    for (const GList *name = names; name != NULL; name = name->next) {
        if (name != names)
            g_string_append_c(out, ',');
        fa_json_append_string(out, name->data);
        g_string_append_c(out, ':');
        append_canonical(out, json_object_get_member(object, name->data));
    }
    g_string_append_c(out, '}');
}

static void
append_canonical(GString *out, JsonNode *node)
{
    if (JSON_NODE_HOLDS_OBJECT(node)) {
        append_canonical_object(out, json_node_get_object(node));
        return;
    }
    if (!JSON_NODE_HOLDS_ARRAY(node)) {
        append_scalar(out, node);
        return;
    }
    JsonArray *array = json_node_get_array(node);
    g_string_append_c(out, '[');
    for (guint i = 0; i < json_array_get_length(array); i++) {
        if (i > 0)
            g_string_append_c(out, ',');
        append_canonical(out, json_array_get_element(array, i));
    }
    g_string_append_c(out, ']');
}

char *
fa_json_to_canonical(JsonNode *node)
{
    GString *out = g_string_new(NULL);
    append_canonical(out, node);
    return g_string_free(out, FALSE);
}

/*
 * json-glib takes more than JSON (comments, C's escapes, single quotes, several documents), recurses without a limit
 * and loses memory when it fails. So the grammar of RFC 8259 is checked first, and it sees only what is good.
 */
typedef struct Scanner {
    const char *text;
    size_t length;
    size_t position;
    unsigned depth;
} Scanner;

/* The byte at hand; '\0', which is never good, at the end. */
static char
peek(const Scanner *scanner)
{
    return scanner->position < scanner->length ? scanner->text[scanner->position] : '\0';
}

static bool
take(Scanner *scanner, char c)
{
    if (peek(scanner) != c || c == '\0')
        return false;
    scanner->position++;
    return true;
}

static bool
take_word(Scanner *scanner, const char *word)
{
    size_t length = strlen(word);
    if (scanner->length - scanner->position < length ||
        memcmp(scanner->text + scanner->position, word, length) != 0)
        return false;
    scanner->position += length;
    return true;
}

static void
skip_space(Scanner *scanner)
{
    while (take(scanner, ' ') || take(scanner, '\t') || take(scanner, '\n') || take(scanner, '\r'))
        continue;
}

static bool
take_digits(Scanner *scanner)
{
    size_t start = scanner->position;
    while (g_ascii_isdigit(peek(scanner)))
        scanner->position++;
    return scanner->position > start;
}

static bool
take_number_text(Scanner *scanner)
{
    take(scanner, '-');
    if (!take(scanner, '0') && !take_digits(scanner))
        return false;
    if (take(scanner, '.') && !take_digits(scanner))
        return false;
    if (!take(scanner, 'e') && !take(scanner, 'E'))
        return true;
    if (!take(scanner, '+'))
        take(scanner, '-');
    return take_digits(scanner);
}

/* Numbers that a gint64 or a double cannot hold are refused: json-glib would make others of them. */
static bool
take_number(Scanner *scanner)
{
    size_t start = scanner->position;
    if (!take_number_text(scanner))
        return false;

    g_autofree char *number = g_strndup(scanner->text + start, scanner->position - start);
    int64_t whole;
    bool is_whole = strpbrk(number, ".eE") == NULL;
    return is_whole ? fa_parse_int64(number, INT64_MIN, INT64_MAX, &whole)
                    : isfinite(g_ascii_strtod(number, NULL));
}

/* What follows the backslash. \u0000 is good JSON, but would cut a C string. */
static bool
take_escape(Scanner *scanner)
{
    unsigned value = 0;

    if (!take(scanner, 'u')) {
        char c = peek(scanner);
        return c != '\0' && strchr("\"\\/bfnrt", c) != NULL && take(scanner, c);
    }
    for (int i = 0; i < 4; i++) {
        if (!g_ascii_isxdigit(peek(scanner)))
            return false;
        value = value * 16 + (unsigned)g_ascii_xdigit_value(scanner->text[scanner->position++]);
    }
    return value != 0;
}

static bool
take_string(Scanner *scanner)
{
    if (!take(scanner, '"'))
        return false;
    while (!take(scanner, '"')) {
        if ((unsigned char)peek(scanner) < ' ')
            return false;
        if (scanner->text[scanner->position++] == '\\' && !take_escape(scanner))
            return false;
    }
    return true;
}

static bool take_value(Scanner *scanner);

static bool
take_object(Scanner *scanner)
{
    skip_space(scanner);
    if (take(scanner, '}'))
        return true;
    for (;;) {
        skip_space(scanner);
        if (!take_string(scanner))
            return false;
        skip_space(scanner);
        if (!take(scanner, ':') || !take_value(scanner))
            return false;
        if (take(scanner, '}'))
            return true;
        if (!take(scanner, ','))
            return false;
    }
}

static bool
take_array(Scanner *scanner)
{
    skip_space(scanner);
    if (take(scanner, ']'))
        return true;
    for (;;) {
        if (!take_value(scanner))
            return false;
        if (take(scanner, ']'))
            return true;
        if (!take(scanner, ','))
            return false;
    }
}

static bool
take_nested(Scanner *scanner)
{
    if (scanner->depth == DEPTH_MAX)
        return false;

    scanner->depth++;
    bool is_good =
        take(scanner, '{') ? take_object(scanner) : take(scanner, '[') && take_array(scanner);
    scanner->depth--;
    return is_good;
}

/* A value with the space on both sides of it. */
static bool
take_value(Scanner *scanner)
{
    skip_space(scanner);
    char c = peek(scanner);
    bool is_good = c == '{' || c == '[' ? take_nested(scanner)
                   : c == '"'           ? take_string(scanner)
                   : c == '-' || g_ascii_isdigit(c)
                       ? take_number(scanner)
                       : take_word(scanner, "true") || take_word(scanner, "false") ||
                             take_word(scanner, "null");
    skip_space(scanner);
    return is_good;
}

static bool
check_grammar(const char *text, size_t length, GError **error)
{
    Scanner scanner = {.text = text, .length = length};

    if (take_value(&scanner) && scanner.position == length)
        return true;
    return fa_fail(error, FA_ERROR_FAILED, "not valid JSON: at byte %zu of %zu",
                   scanner.position + 1, length);
}

JsonNode *
fa_json_from_text(const char *text, gssize length, GError **error)
{
    size_t size = length < 0 ? strlen(text) : (size_t)length;
    if (!g_utf8_validate_len(text, size, NULL)) {
        fa_fail(error, FA_ERROR_FAILED, "not valid JSON: not UTF-8");
        return NULL;
    }
    if (!check_grammar(text, size, error))
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
