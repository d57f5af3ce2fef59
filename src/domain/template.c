#include "domain/template.h"

#include <string.h>

#include "base/text.h"

#define RESULT_MAX     (1024 * 1024)
#define BLOCKS_MAX     16
#define EXPANSIONS_MAX 100000

typedef enum NodeKind { NODE_TEXT, NODE_NAME, NODE_FOR, NODE_IF } NodeKind;

/* A template is a list of nodes; `for` and `if` have lists of their own. */
typedef struct Node {
    NodeKind kind;
    char *text;        /* TEXT: itself; NAME and IF: the name; FOR: the list */
    char *fallback;    /* NAME: after `:-`, or NULL */
    char *variable;    /* FOR */
    bool is_negated;   /* IF */
    bool is_reported;  /* a mistake in a loop is said once */
    GPtrArray *body;   /* FOR, IF */
    GPtrArray *others; /* IF: after `else`, or NULL */
    FaPlace place;
} Node;

typedef struct Parser {
    const char *line; /* start of the line at hand */
    FaPlace start;    /* of the whole text */
    unsigned number;  /* of the line, from 0 */
    GPtrArray *open;  /* of Node: blocks that wait for their `end` */
    GPtrArray *root;
    FaDiags *diags; /* (nullable) */
    bool is_wrong;
} Parser;

typedef struct Loop {
    const char *variable;
    const FaScope *item;
    const struct Loop *outer;
} Loop;

typedef struct Expander {
    const FaScope *scope;
    GString *result;
    unsigned expansions;
    FaDiags *diags;
    bool is_wrong;
    bool is_over; /* a limit was met: nothing more is said */
} Expander;

static void
node_free(gpointer data)
{
    Node *node = data;
    g_free(node->text);
    g_free(node->fallback);
    g_free(node->variable);
    if (node->body != NULL)
        g_ptr_array_unref(node->body);
    if (node->others != NULL)
        g_ptr_array_unref(node->others);
    g_free(node);
}

static GPtrArray *
new_nodes(void)
{
    return g_ptr_array_new_with_free_func(node_free);
}

static FaPlace
place_at(const Parser *parser, const char *position)
{
    FaPlace place = parser->start;
    if (place.line == 0)
        return place;
    place.line += parser->number;
    for (const char *at = parser->line; at < position; at++)
        place.column += ((unsigned char)*at & 0xc0) != 0x80;
    return place;
}

static FaDiag *
mistake(Parser *parser, const char *position, char *message)
{
    g_autofree char *owned = message;
    FaPlace place = place_at(parser, position);
    parser->is_wrong = true;
    return parser->diags != NULL ? fa_diags_error(parser->diags, &place, "%s", owned) : NULL;
}

static void
help(FaDiag *diag, const char *text)
{
    if (diag != NULL)
        fa_diag_help(diag, "%s", text);
}

static Node *
add_node(Parser *parser, NodeKind kind, char *text, const char *position)
{
    Node *node = g_new0(Node, 1);
    GPtrArray *list = parser->root;

    if (parser->open->len > 0) {
        const Node *block = g_ptr_array_index(parser->open, parser->open->len - 1);
        list = block->others != NULL ? block->others : block->body;
    }
    node->kind = kind;
    node->text = text;
    node->place = place_at(parser, position);
    g_ptr_array_add(list, node);
    return node;
}

static bool
is_name(const char *text, size_t length)
{
    if (length == 0 || length > 200 || !g_ascii_isalnum(text[0]))
        return false;
    for (size_t i = 0; i < length; i++) {
        if (!g_ascii_isalnum(text[i]) && strchr("._-", text[i]) == NULL)
            return false;
    }
    return text[length - 1] != '.';
}

/* @open is at "${". Returns what follows the "}". */
static const char *
parse_name(Parser *parser, const char *open, const char *end)
{
    const char *start = open + 2;
    const char *close = memchr(start, '}', (size_t)(end - start));
    if (close == NULL) {
        help(mistake(parser, open, g_strdup("this '${' has no '}' on its line")),
             "write '$${' for a '${' that stays as it is");
        return end;
    }
    const char *name_end = start;
    while (name_end < close && *name_end != ':')
        name_end++;
    bool is_plain = name_end == close;
    if (!is_name(start, (size_t)(name_end - start)) || (!is_plain && name_end[1] != '-')) {
        g_autofree char *shown = fa_text_sanitize(open, (size_t)(close + 1 - open));
        help(mistake(parser, open, g_strdup_printf("'%s' is not a name to fill in", shown)),
             "write '$${' for a '${' that the program itself reads");
        return close + 1;
    }
    const char *fallback = is_plain ? NULL : name_end + 2;
    if (fallback != NULL && g_strstr_len(fallback, close - fallback, "${") != NULL) {
        help(mistake(parser, open, g_strdup("the text after ':-' cannot use a name")),
             "use 'if' and 'else' lines");
        return close + 1;
    }
    Node *node = add_node(parser, NODE_NAME, g_strndup(start, (size_t)(name_end - start)), open);
    if (fallback != NULL)
        node->fallback = g_strndup(fallback, (size_t)(close - fallback));
    return close + 1;
}

static void
add_text(Parser *parser, const char *start, const char *end)
{
    if (end > start)
        add_node(parser, NODE_TEXT, g_strndup(start, (size_t)(end - start)), start);
}

static void
parse_text_line(Parser *parser, const char *end)
{
    const char *done = parser->line;
    const char *at = done;

    while (at < end) {
        at = memchr(at, '$', (size_t)(end - at));
        if (at == NULL)
            break;
        if (end - at >= 3 && at[1] == '$' && at[2] == '{') {
            add_text(parser, done, at);
            done = at + 1; /* from the second '$' on it is text */
            at += 3;
        } else if (end - at >= 2 && at[1] == '{') {
            add_text(parser, done, at);
            at = parse_name(parser, at, end);
            done = at;
        } else {
            at++;
        }
    }
    add_text(parser, done, end);
}

static void
open_block(Parser *parser, NodeKind kind, const char *text, const char *position)
{
    if (parser->open->len >= BLOCKS_MAX) {
        mistake(parser, position, g_strdup_printf("more than %d blocks in each other", BLOCKS_MAX));
        return;
    }
    Node *node = add_node(parser, kind, g_strdup(text), position);
    node->body = new_nodes();
    g_ptr_array_add(parser->open, node);
}

static Node *
innermost(Parser *parser, const char *word, const char *position)
{
    if (parser->open->len > 0)
        return g_ptr_array_index(parser->open, parser->open->len - 1);
    mistake(parser, position, g_strdup_printf("'%s' outside of any 'for' or 'if'", word));
    return NULL;
}

static void
parse_else(Parser *parser, const char *position)
{
    Node *block = innermost(parser, "else", position);
    if (block == NULL)
        return;
    if (block->kind != NODE_IF || block->others != NULL) {
        mistake(parser, position, g_strdup("this 'else' belongs to no 'if'"));
        return;
    }
    block->others = new_nodes();
}

static void
parse_end(Parser *parser, const char *position)
{
    if (innermost(parser, "end", position) != NULL)
        g_ptr_array_set_size(parser->open, (int)parser->open->len - 1);
}

/* @words of a "%%" line. */
static void
parse_control(Parser *parser, const char *const *words, const char *position)
{
    unsigned count = g_strv_length((char **)words);
    const char *first = count > 0 ? words[0] : "";

    if (strcmp(first, "end") == 0 && count == 1) {
        parse_end(parser, position);
    } else if (strcmp(first, "else") == 0 && count == 1) {
        parse_else(parser, position);
    } else if (strcmp(first, "if") == 0 && (count == 2 || count == 3) &&
               (count == 2 || strcmp(words[1], "not") == 0) &&
               is_name(words[count - 1], strlen(words[count - 1]))) {
        unsigned depth = parser->open->len;
        open_block(parser, NODE_IF, words[count - 1], position);
        if (parser->open->len > depth)
            ((Node *)g_ptr_array_index(parser->open, depth))->is_negated = count == 3;
    } else if (strcmp(first, "for") == 0 && count == 4 && strcmp(words[2], "in") == 0 &&
               is_name(words[1], strlen(words[1])) && strchr(words[1], '.') == NULL &&
               is_name(words[3], strlen(words[3]))) {
        unsigned depth = parser->open->len;
        open_block(parser, NODE_FOR, words[3], position);
        if (parser->open->len > depth)
            ((Node *)g_ptr_array_index(parser->open, depth))->variable = g_strdup(words[1]);
    } else {
        help(mistake(parser, position, g_strdup("this '%%' line is not understood")),
             "'%% for NAME in LIST', '%% if NAME', '%% if not NAME', '%% else' or '%% end'; "
             "'%%%' for a line that begins with '%%'");
    }
}

/* @end is after the newline, if the line has one. */
static void
parse_line(Parser *parser, const char *end)
{
    const char *start = parser->line;
    while (start < end && (*start == ' ' || *start == '\t'))
        start++;
    if (end - start < 2 || start[0] != '%' || start[1] != '%') {
        parse_text_line(parser, end);
        return;
    }
    if (end - start >= 3 && start[2] == '%') {
        const char *line = parser->line;
        add_text(parser, line, start);
        parser->line = start + 1;
        unsigned column = parser->start.column;
        parser->start.column += (unsigned)(start + 1 - line);
        parse_text_line(parser, end);
        parser->start.column = column;
        return;
    }
    g_autofree char *rest = g_strndup(start + 2, (size_t)(end - start - 2));
    g_auto(GStrv) parts = g_strsplit_set(rest, " \t\r\n", -1);
    g_autoptr(GPtrArray) words = g_ptr_array_new();
    for (size_t i = 0; parts[i] != NULL; i++) {
        if (*parts[i] != '\0')
            g_ptr_array_add(words, parts[i]);
    }
    g_ptr_array_add(words, NULL);
    parse_control(parser, (const char *const *)words->pdata, start);
}

/* Returns: (transfer full) (nullable) NULL after a mistake. */
static GPtrArray *
parse(const char *text, const FaPlace *place, FaDiags *diags)
{
    g_autoptr(GPtrArray) root = new_nodes();
    g_autoptr(GPtrArray) open = g_ptr_array_new();
    Parser parser = {.root = root, .open = open, .diags = diags};
    if (place != NULL)
        parser.start = *place;

    for (const char *line = text; *line != '\0'; parser.number++) {
        const char *newline = strchr(line, '\n');
        const char *end = newline != NULL ? newline + 1 : line + strlen(line);
        parser.line = line;
        parse_line(&parser, end);
        line = end;
    }
    if (open->len > 0) {
        const Node *node = g_ptr_array_index(open, open->len - 1);
        parser.is_wrong = true;
        if (diags != NULL)
            fa_diags_error(diags, &node->place, "this block has no '%%%% end'");
    }
    /* A reader of names wants them all; one who expands wants none after a mistake. */
    return parser.is_wrong && diags != NULL ? NULL : g_steal_pointer(&root);
}

/* The scope that answers for @name, and @name as that scope knows it: `item.key` is the key of a loop's item. */
static const FaScope *
scope_of(const Expander *expander, const Loop *loop, const char **name)
{
    for (; loop != NULL; loop = loop->outer) {
        size_t length = strlen(loop->variable);
        if (strncmp(*name, loop->variable, length) == 0 && (*name)[length] == '.') {
            *name += length + 1;
            return loop->item;
        }
    }
    return expander->scope;
}

static void
stop(Expander *expander, const Node *node, const char *message)
{
    if (!expander->is_over)
        fa_diags_error(expander->diags, &node->place, "%s", message);
    expander->is_over = true;
    expander->is_wrong = true;
}

static void
say_unknown(Expander *expander, Node *node, const FaScope *scope, const char *name)
{
    expander->is_wrong = true;
    if (node->is_reported)
        return;
    node->is_reported = true;
    bool is_known = fa_scope_has(scope, name);
    bool is_list = fa_scope_get_list(scope, name) != NULL;
    FaDiag *diag = fa_diags_error(expander->diags, &node->place,
                                  is_list    ? "'%s' is a list, not a text"
                                  : is_known ? "'%s' has no value"
                                             : "there is no name '%s'",
                                  node->text);
    diag->length = (unsigned)strlen(node->text) + (node->kind == NODE_NAME ? 3 : 0);
    if (is_known)
        return;
    g_autoptr(GPtrArray) names = fa_scope_names(scope);
    g_ptr_array_add(names, NULL);
    const char *nearest = fa_text_nearest(name, (const char *const *)names->pdata);
    if (nearest != NULL)
        fa_diag_help(diag, "did you mean '%.*s%s'?", (int)(name - node->text), node->text, nearest);
    else if (node->kind == NODE_NAME)
        fa_diag_help(diag, "write '$${' for a '${' that the program itself reads");
}

static void expand_nodes(Expander *expander, const GPtrArray *nodes, const Loop *loop);

static void
expand_name(Expander *expander, Node *node, const Loop *loop)
{
    const char *name = node->text;
    const FaScope *scope = scope_of(expander, loop, &name);
    const char *value = fa_scope_get(scope, name);
    if (value == NULL)
        value = node->fallback;
    if (value == NULL)
        say_unknown(expander, node, scope, name);
    else
        g_string_append(expander->result, value);
}

static void
expand_for(Expander *expander, Node *node, const Loop *loop)
{
    const char *name = node->text;
    const FaScope *scope = scope_of(expander, loop, &name);
    const GPtrArray *items = fa_scope_get_list(scope, name);
    if (items == NULL) {
        expander->is_wrong = true;
        if (!node->is_reported)
            fa_diags_error(expander->diags, &node->place, "there is no list '%s'", node->text);
        node->is_reported = true;
        return;
    }
    for (unsigned i = 0; i < items->len && !expander->is_over; i++) {
        Loop inner = {
            .variable = node->variable, .item = g_ptr_array_index(items, i), .outer = loop};
        if (++expander->expansions > EXPANSIONS_MAX)
            stop(expander, node, "the template needs too many expansions");
        else
            expand_nodes(expander, node->body, &inner);
    }
}

static void
expand_if(Expander *expander, const Node *node, const Loop *loop)
{
    const char *name = node->text;
    const FaScope *scope = scope_of(expander, loop, &name);
    const char *value = fa_scope_get(scope, name);
    const GPtrArray *list = fa_scope_get_list(scope, name);
    bool is_true = value != NULL && *value != '\0';
    if (is_true)
        fa_parse_bool(value, &is_true);
    is_true = is_true || (list != NULL && list->len > 0);

    if (is_true != node->is_negated)
        expand_nodes(expander, node->body, loop);
    else if (node->others != NULL)
        expand_nodes(expander, node->others, loop);
}

static void
expand_nodes(Expander *expander, const GPtrArray *nodes, const Loop *loop)
{
    for (unsigned i = 0; i < nodes->len && !expander->is_over; i++) {
        Node *node = g_ptr_array_index(nodes, i);
        if (++expander->expansions > EXPANSIONS_MAX) {
            stop(expander, node, "the template needs too many expansions");
            return;
        }
        switch (node->kind) {
        case NODE_TEXT:
            g_string_append(expander->result, node->text);
            break;
        case NODE_NAME:
            expand_name(expander, node, loop);
            break;
        case NODE_FOR:
            expand_for(expander, node, loop);
            break;
        case NODE_IF:
            expand_if(expander, node, loop);
            break;
        }
        if (expander->result->len > RESULT_MAX)
            stop(expander, node, "the template becomes longer than 1 MiB");
    }
}

char *
fa_template_expand(const char *text, const FaPlace *place, const FaScope *scope, FaDiags *diags)
{
    /* Most values use no names at all. */
    if (strstr(text, "${") == NULL && strstr(text, "%%") == NULL && strlen(text) <= RESULT_MAX)
        return g_strdup(text);

    g_autoptr(GPtrArray) nodes = parse(text, place, diags);
    if (nodes == NULL)
        return NULL;
    Expander expander = {.scope = scope, .diags = diags, .result = g_string_new(NULL)};
    expand_nodes(&expander, nodes, NULL);
    char *result = g_string_free(expander.result, FALSE);
    if (!expander.is_wrong)
        return result;
    g_free(result);
    return NULL;
}

/* @text of a loop's own name is not a name that the template reads from outside. */
static void
collect(const GPtrArray *nodes, const Loop *loop, GHashTable *names)
{
    for (unsigned i = 0; i < nodes->len; i++) {
        const Node *node = g_ptr_array_index(nodes, i);
        Expander nobody = {0};
        const char *name = node->text;
        Loop inner = {.variable = node->variable, .outer = loop};

        if (node->kind == NODE_TEXT)
            continue;
        scope_of(&nobody, loop, &name);
        if (name == node->text)
            g_hash_table_add(names, g_strdup(name));
        if (node->body != NULL)
            collect(node->body, node->kind == NODE_FOR ? &inner : loop, names);
        if (node->others != NULL)
            collect(node->others, loop, names);
    }
}

GPtrArray *
fa_template_names(const char *text)
{
    g_autoptr(FaScope) names = fa_scope_new();
    if (strstr(text, "${") != NULL || strstr(text, "%%") != NULL) {
        g_autoptr(GPtrArray) nodes = parse(text, NULL, NULL);
        g_autoptr(GHashTable) found = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        collect(nodes, NULL, found);
        GHashTableIter iter;
        gpointer name;
        g_hash_table_iter_init(&iter, found);
        while (g_hash_table_iter_next(&iter, &name, NULL))
            fa_scope_set(names, name, NULL);
    }
    return fa_scope_names(names);
}

char *
fa_template_escape(const char *text)
{
    GString *result = g_string_new(NULL);
    bool is_start = true;

    for (const char *at = text; *at != '\0'; at++) {
        if (at[0] == '$' && at[1] == '{')
            g_string_append_c(result, '$');
        if (is_start && at[0] == '%' && at[1] == '%')
            g_string_append_c(result, '%');
        g_string_append_c(result, *at);
        is_start = *at == '\n' || (is_start && (*at == ' ' || *at == '\t'));
    }
    return g_string_free(result, FALSE);
}
