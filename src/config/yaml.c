#include "config/yaml.h"

#include <string.h>
#include <yaml.h>

struct FaYamlDocument {
    GPtrArray *nodes; /* of FaYaml: owns them all, since aliases share */
    FaYaml *root;
};

typedef struct Loader {
    yaml_parser_t parser;
    FaYamlDocument *document;
    GHashTable *anchors; /* name to FaYaml, once it is whole */
    const char *file;
    const char *line; /* start of line @line_number of the text */
    const char *end;
    size_t line_number;
    unsigned count; /* nodes, with those that aliases stand for */
    FaDiags *diags;
} Loader;

static FaYaml *load_node(Loader *loader, const yaml_event_t *event, unsigned depth);

static void
node_free(gpointer data)
{
    FaYaml *node = data;
    g_free(node->text);
    if (node->keys != NULL)
        g_ptr_array_unref(node->keys);
    if (node->values != NULL)
        g_ptr_array_unref(node->values);
    g_free(node);
}

void
fa_yaml_free(FaYamlDocument *document)
{
    if (document == NULL)
        return;
    g_ptr_array_unref(document->nodes);
    g_free(document);
}

const FaYaml *
fa_yaml_root(const FaYamlDocument *document)
{
    return document->root;
}

const FaYaml *
fa_yaml_get(const FaYaml *map, const char *key)
{
    for (unsigned i = 0; map->kind == FA_YAML_MAP && i < map->keys->len; i++) {
        const FaYaml *name = g_ptr_array_index(map->keys, i);
        if (strcmp(name->text, key) == 0)
            return g_ptr_array_index(map->values, i);
    }
    return NULL;
}

static FaPlace
place_of(const Loader *loader, yaml_mark_t mark)
{
    return (FaPlace){loader->file, (unsigned)mark.line + 1, (unsigned)mark.column + 1};
}

static FaDiag *
mistake(Loader *loader, yaml_mark_t mark, const char *message)
{
    FaPlace place = place_of(loader, mark);
    return fa_diags_error(loader->diags, &place, "%s", message);
}

static FaYaml *
new_node(Loader *loader, FaYamlKind kind, const yaml_event_t *event)
{
    FaYaml *node = g_new0(FaYaml, 1);
    node->kind = kind;
    node->place = place_of(loader, event->start_mark);
    node->length = 1;
    node->size = 1;
    if (kind != FA_YAML_TEXT)
        node->values = g_ptr_array_new();
    if (kind == FA_YAML_MAP)
        node->keys = g_ptr_array_new();
    g_ptr_array_add(loader->document->nodes, node);
    return node;
}

/* Counts @node, which is about to become part of another. */
static bool
count(Loader *loader, const FaYaml *node, yaml_mark_t mark)
{
    if (node->size > FA_YAML_NODES_MAX - loader->count) {
        FaDiag *diag = mistake(loader, mark, "the file has too many values");
        fa_diag_help(diag, "at most %d, and an alias counts as all that it stands for",
                     FA_YAML_NODES_MAX);
        return false;
    }
    loader->count += node->size;
    return true;
}

static bool
next_event(Loader *loader, yaml_event_t *event)
{
    if (yaml_parser_parse(&loader->parser, event))
        return true;
    const yaml_parser_t *parser = &loader->parser;
    FaDiag *diag = mistake(loader, parser->problem_mark,
                           parser->problem != NULL ? parser->problem : "this is not YAML");
    if (parser->context != NULL && parser->context_mark.line + parser->context_mark.column > 0) {
        FaPlace place = place_of(loader, parser->context_mark);
        fa_diag_note(diag, &place, "%s", parser->context);
    }
    if (parser->context != NULL && strstr(parser->context, "flow") != NULL)
        fa_diag_help(diag, "inside of [ ] and { }, a text that holds one of these or ',', like "
                           "'${name}', needs quotes");
    memset(event, 0, sizeof *event);
    return false;
}

static bool
refuse_tag(Loader *loader, const yaml_event_t *event, const yaml_char_t *tag)
{
    if (tag == NULL)
        return true;
    fa_diag_help(mistake(loader, event->start_mark, "a value cannot have a tag"),
                 "leave out the '!' and the word behind it, or put the value in quotes");
    return false;
}

/* Content of a block begins on the next line, behind the indentation. */
static void
place_block(Loader *loader, FaYaml *node, yaml_mark_t mark)
{
    while (loader->line_number < mark.line + 1 && loader->line < loader->end) {
        const char *newline = memchr(loader->line, '\n', (size_t)(loader->end - loader->line));
        loader->line = newline != NULL ? newline + 1 : loader->end;
        loader->line_number++;
    }
    node->place.line++;
    node->place.column = 1;
    const char *line = loader->line;
    while (line < loader->end) {
        const char *at = line;
        while (at < loader->end && *at == ' ')
            at++;
        if (at < loader->end && *at != '\n' && *at != '\r') {
            node->place.column = (unsigned)(at - line) + 1;
            return;
        }
        const char *newline = memchr(line, '\n', (size_t)(loader->end - line));
        line = newline != NULL ? newline + 1 : loader->end;
    }
}

static FaYaml *
load_text(Loader *loader, const yaml_event_t *event)
{
    const char *value = (const char *)event->data.scalar.value;
    size_t length = event->data.scalar.length;
    yaml_scalar_style_t style = event->data.scalar.style;

    if (!refuse_tag(loader, event, event->data.scalar.tag))
        return NULL;
    if (memchr(value, '\0', length) != NULL) {
        mistake(loader, event->start_mark, "a text cannot hold the character '\\0'");
        return NULL;
    }
    FaYaml *node = new_node(loader, FA_YAML_TEXT, event);
    node->text = g_strndup(value, length);
    node->is_empty = length == 0 && style == YAML_PLAIN_SCALAR_STYLE;
    bool is_quoted =
        style == YAML_SINGLE_QUOTED_SCALAR_STYLE || style == YAML_DOUBLE_QUOTED_SCALAR_STYLE;
    if (event->start_mark.line == event->end_mark.line) {
        size_t width = event->end_mark.column - event->start_mark.column;
        width -= is_quoted ? 2 : 0;
        node->length = width > 0 ? (unsigned)width : 1;
    }
    if (is_quoted)
        node->place.column++;
    else if (style == YAML_LITERAL_SCALAR_STYLE || style == YAML_FOLDED_SCALAR_STYLE)
        place_block(loader, node, event->start_mark);
    return node;
}

static FaYaml *
load_alias(Loader *loader, const yaml_event_t *event)
{
    const char *name = (const char *)event->data.alias.anchor;
    FaYaml *node = g_hash_table_lookup(loader->anchors, name);
    if (node == NULL) {
        FaPlace place = place_of(loader, event->start_mark);
        fa_diags_error(loader->diags, &place, "there is no anchor '%s' above", name);
    }
    return node;
}

/* Reads one node, which @event begins, unless it is @end. @ret_node is NULL after @end. */
static bool
load_child(Loader *loader, yaml_event_type_t end, unsigned depth, FaYaml **ret_node,
           yaml_mark_t *ret_mark)
{
    yaml_event_t event;
    if (!next_event(loader, &event))
        return false;
    bool is_end = event.type == end;
    FaYaml *node = is_end ? NULL : load_node(loader, &event, depth);
    bool is_right = is_end || (node != NULL && count(loader, node, event.start_mark));
    *ret_mark = event.start_mark;
    *ret_node = node;
    yaml_event_delete(&event);
    return is_right;
}

static bool
load_list(Loader *loader, FaYaml *list, unsigned depth)
{
    FaYaml *item = NULL;
    yaml_mark_t mark;

    while (load_child(loader, YAML_SEQUENCE_END_EVENT, depth, &item, &mark)) {
        if (item == NULL)
            return true;
        g_ptr_array_add(list->values, item);
        list->size += item->size;
    }
    return false;
}

/* True when @key is new; otherwise the mistake is said. */
static bool
check_new(Loader *loader, GHashTable *seen, FaYaml *key)
{
    const FaYaml *first = g_hash_table_lookup(seen, key->text);
    if (first == NULL) {
        g_hash_table_insert(seen, key->text, key);
        return true;
    }
    FaDiag *diag = fa_diags_error(loader->diags, &key->place, "'%s' is given twice", key->text);
    diag->length = key->length;
    fa_diag_note(diag, &first->place, "first given here");
    return false;
}

static bool
load_map(Loader *loader, FaYaml *map, unsigned depth)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    FaYaml *key = NULL;
    FaYaml *value = NULL;
    yaml_mark_t mark;

    while (load_child(loader, YAML_MAPPING_END_EVENT, depth, &key, &mark)) {
        if (key == NULL)
            return true;
        if (key->kind != FA_YAML_TEXT) {
            mistake(loader, mark, "a key must be a text");
            return false;
        }
        if (!load_child(loader, YAML_NO_EVENT, depth, &value, &mark))
            return false;
        map->size += key->size + value->size;
        if (!check_new(loader, seen, key))
            continue;
        g_ptr_array_add(map->keys, key);
        g_ptr_array_add(map->values, value);
    }
    return false;
}

static FaYaml *
load_collection(Loader *loader, const yaml_event_t *event, unsigned depth)
{
    bool is_map = event->type == YAML_MAPPING_START_EVENT;
    const yaml_char_t *tag =
        is_map ? event->data.mapping_start.tag : event->data.sequence_start.tag;

    if (!refuse_tag(loader, event, tag))
        return NULL;
    if (depth >= FA_YAML_DEPTH_MAX) {
        FaPlace place = place_of(loader, event->start_mark);
        fa_diags_error(loader->diags, &place, "more than %d maps and lists in each other",
                       FA_YAML_DEPTH_MAX);
        return NULL;
    }
    FaYaml *node = new_node(loader, is_map ? FA_YAML_MAP : FA_YAML_LIST, event);
    bool is_right = is_map ? load_map(loader, node, depth + 1) : load_list(loader, node, depth + 1);
    return is_right ? node : NULL;
}

static void
remember(Loader *loader, const yaml_char_t *anchor, FaYaml *node)
{
    if (node != NULL && anchor != NULL)
        g_hash_table_insert(loader->anchors, g_strdup((const char *)anchor), node);
}

static FaYaml *
load_node(Loader *loader, const yaml_event_t *event, unsigned depth)
{
    FaYaml *node = NULL;

    if (event->type == YAML_ALIAS_EVENT) {
        node = load_alias(loader, event);
    } else if (event->type == YAML_SCALAR_EVENT) {
        node = load_text(loader, event);
        remember(loader, event->data.scalar.anchor, node);
    } else if (event->type == YAML_SEQUENCE_START_EVENT) {
        node = load_collection(loader, event, depth);
        remember(loader, event->data.sequence_start.anchor, node);
    } else if (event->type == YAML_MAPPING_START_EVENT) {
        node = load_collection(loader, event, depth);
        remember(loader, event->data.mapping_start.anchor, node);
    }
    return node;
}

/* From the start of the stream to its end; false after a mistake without which there is no tree. */
static bool
load_stream(Loader *loader)
{
    bool is_right = true;
    bool is_over = false;

    while (is_right && !is_over) {
        yaml_event_t event;
        if (!next_event(loader, &event))
            return false;
        if (event.type == YAML_STREAM_END_EVENT) {
            is_over = true;
        } else if (event.type == YAML_DOCUMENT_START_EVENT && loader->document->root != NULL) {
            mistake(loader, event.start_mark, "a second document begins here");
            is_right = false;
        } else if (event.type != YAML_STREAM_START_EVENT &&
                   event.type != YAML_DOCUMENT_START_EVENT &&
                   event.type != YAML_DOCUMENT_END_EVENT) {
            loader->document->root = load_node(loader, &event, 0);
            is_right = loader->document->root != NULL;
        }
        yaml_event_delete(&event);
    }
    return is_right;
}

static bool
check_bytes(const char *file, const char *text, size_t length, FaDiags *diags)
{
    FaPlace place = {file, 0, 0};
    const char *bad = NULL;

    if (length > FA_YAML_SIZE_MAX) {
        fa_diags_error(diags, &place, "the file is longer than %d bytes", FA_YAML_SIZE_MAX);
        return false;
    }
    if (g_utf8_validate_len(text, length, &bad))
        return true;
    place.line = place.column = 1;
    for (const char *at = text; at < bad; at++) {
        place.column += ((unsigned char)*at & 0xc0) != 0x80;
        if (*at == '\n') {
            place.line++;
            place.column = 1;
        }
    }
    fa_diags_error(diags, &place, "byte 0x%02x is not UTF-8 text", (unsigned char)*bad);
    return false;
}

FaYamlDocument *
fa_yaml_parse(const char *file, const char *text, size_t length, FaDiags *diags)
{
    Loader loader = {
        .file = g_intern_string(file), .diags = diags, .line = text, .end = text + length};
    if (!check_bytes(loader.file, text, length, diags))
        return NULL;

    g_autoptr(FaYamlDocument) document = g_new0(FaYamlDocument, 1);
    g_autoptr(GHashTable) anchors = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    document->nodes = g_ptr_array_new_with_free_func(node_free);
    loader.document = document;
    loader.anchors = anchors;
    if (!yaml_parser_initialize(&loader.parser))
        g_error("out of memory");
    yaml_parser_set_input_string(&loader.parser, (const unsigned char *)text, length);
    yaml_parser_set_encoding(&loader.parser, YAML_UTF8_ENCODING);
    bool is_right = load_stream(&loader);
    yaml_parser_delete(&loader.parser);
    if (!is_right)
        return NULL;
    if (document->root == NULL || document->root->is_empty) {
        yaml_event_t nothing = {0};
        document->root = new_node(&loader, FA_YAML_MAP, &nothing);
    }
    return g_steal_pointer(&document);
}
