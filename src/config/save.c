#include "config/save.h"

#include <string.h>

#include "base/error.h"
#include "config/yaml.h"

#define INDENT 2

/* Where a change is made: the deepest map of the path that is there, and what is left of the path below it. */
typedef struct Spot {
    const FaYaml *map;
    const char *const *rest;
    const FaYaml *old; /* (nullable) the value itself, when all of the path is there */
} Spot;

static Spot
find_spot(const FaYaml *root, const char *const *path)
{
    Spot spot = {.map = root, .rest = path};
    for (;;) {
        const FaYaml *next = fa_yaml_get(spot.map, spot.rest[0]);
        if (next == NULL)
            return spot;
        if (spot.rest[1] == NULL) {
            spot.old = next;
            return spot;
        }
        spot.map = next;
        spot.rest++;
    }
}

static bool
is_plain(const char *text)
{
    if (!g_ascii_isalnum(text[0]) || text[strlen(text) - 1] == ' ')
        return false;
    for (const char *at = text; *at != '\0'; at++) {
        if (!g_ascii_isalnum(*at) && strchr(" ._/@+-", *at) == NULL)
            return false;
    }
    return true;
}

static void
add_scalar(GString *out, const char *text)
{
    if (is_plain(text)) {
        g_string_append(out, text);
        return;
    }
    g_string_append_c(out, '"');
    for (const char *at = text; *at != '\0'; at++) {
        if (*at == '\n')
            g_string_append(out, "\\n");
        else if (*at == '\t')
            g_string_append(out, "\\t");
        else
            g_string_append_printf(out, *at == '"' || *at == '\\' ? "\\%c" : "%c", *at);
    }
    g_string_append_c(out, '"');
}

/* KEY: {KEY: VALUE} */
static void
add_flow(GString *out, const char *const *rest, const char *value)
{
    add_scalar(out, rest[0]);
    g_string_append(out, ": ");
    if (rest[1] == NULL) {
        add_scalar(out, value);
        return;
    }
    g_string_append_c(out, '{');
    add_flow(out, rest + 1, value);
    g_string_append_c(out, '}');
}

/* A line for each key; the last two share one. */
static void
add_block(GString *out, unsigned indent, const char *const *rest, const char *value)
{
    for (; rest[1] != NULL && rest[2] != NULL; rest++, indent += INDENT) {
        g_string_append_printf(out, "%*s", (int)indent, "");
        add_scalar(out, rest[0]);
        g_string_append(out, ":\n");
    }
    g_string_append_printf(out, "%*s", (int)indent, "");
    add_flow(out, rest, value);
    g_string_append_c(out, '\n');
}

/* (nullable) */
static const char *
find_place(const char *text, const FaPlace *place)
{
    for (unsigned line = 1; line < place->line; line++) {
        text = strchr(text, '\n');
        if (text == NULL)
            return NULL;
        text++;
    }
    for (unsigned column = 1; column < place->column; column++) {
        if (*text == '\0' || *text == '\n')
            return NULL;
        text = g_utf8_next_char(text);
    }
    return text;
}

/* An old value of one line, in quotes or not. */
static bool
replace(GString *out, const char *text, const FaYaml *old, const char *value)
{
    const char *begin = find_place(text, &old->place);
    if (begin == NULL || old->kind != FA_YAML_TEXT || old->is_empty)
        return false;
    const char *end = g_utf8_offset_to_pointer(begin, (glong)old->length);
    if (begin > text && (begin[-1] == '"' || begin[-1] == '\'')) {
        /* Of an empty text in quotes the place is that of the closing one. */
        end = *old->text == '\0' ? begin : end;
        if (*end != begin[-1])
            return false;
        begin--;
        end++;
    }
    g_string_append_len(out, text, begin - text);
    add_scalar(out, value);
    g_string_append(out, end);
    return true;
}

static bool
insert(GString *out, const char *text, const Spot *spot, const char *value)
{
    const FaYaml *map = spot->map;
    const char *begin = find_place(text, &map->place);
    if (map->kind != FA_YAML_MAP)
        return false;
    if (begin != NULL && *begin == '{') {
        g_string_append_len(out, text, begin + 1 - text);
        add_flow(out, spot->rest, value);
        g_string_append(out, map->keys->len > 0 ? ", " : "");
        g_string_append(out, begin + 1);
        return true;
    }
    if (map->keys->len == 0) {
        g_string_append(out, text);
        if (out->len > 0 && out->str[out->len - 1] != '\n')
            g_string_append_c(out, '\n');
        add_block(out, 0, spot->rest, value);
        return true;
    }
    if (begin == NULL)
        return false;
    const char *line = begin - (map->place.column - 1);
    g_string_append_len(out, text, line - text);
    add_block(out, map->place.column - 1, spot->rest, value);
    g_string_append(out, line);
    return true;
}

/* Do @a and @b hold the same but for what is at @path (nullable: nothing), which only @b needs to have? */
static bool
is_same_but(const FaYaml *a, const FaYaml *b, const char *const *path)
{
    if (path != NULL && path[0] == NULL)
        return true;
    if (a->kind != b->kind)
        return false;
    if (a->kind == FA_YAML_TEXT)
        return strcmp(a->text, b->text) == 0;
    if (a->kind == FA_YAML_LIST) {
        bool is_same = a->values->len == b->values->len;
        for (guint i = 0; is_same && i < a->values->len; i++)
            is_same =
                is_same_but(g_ptr_array_index(a->values, i), g_ptr_array_index(b->values, i), NULL);
        return is_same;
    }
    for (guint i = 0; i < a->keys->len; i++) {
        const char *key = ((const FaYaml *)g_ptr_array_index(a->keys, i))->text;
        const FaYaml *other = fa_yaml_get(b, key);
        bool is_on_path = path != NULL && strcmp(key, path[0]) == 0;
        if (other == NULL ||
            !is_same_but(g_ptr_array_index(a->values, i), other, is_on_path ? path + 1 : NULL))
            return false;
    }
    bool is_new = path != NULL && fa_yaml_get(a, path[0]) == NULL;
    return b->keys->len == a->keys->len + (is_new ? 1 : 0);
}

/* Whatever was done is read again: a layout that was not foreseen must not become another meaning. */
static bool
is_right(const char *file, const FaYaml *root, const GString *out, const char *const *path,
         const char *value)
{
    g_autoptr(FaDiags) diags = fa_diags_new();
    g_autoptr(FaYamlDocument) document = fa_yaml_parse(file, out->str, out->len, diags);
    if (document == NULL || fa_diags_length(diags) > 0 ||
        !is_same_but(root, fa_yaml_root(document), path))
        return false;
    const FaYaml *found = fa_yaml_root(document);
    for (; found != NULL && *path != NULL; path++)
        found = fa_yaml_get(found, *path);
    return found != NULL && found->kind == FA_YAML_TEXT && strcmp(found->text, value) == 0;
}

bool
fa_config_save(const char *file, const char *text, size_t length, const char *const *path,
               const char *value, char **ret_text, GError **error)
{
    g_autoptr(FaDiags) diags = fa_diags_new();
    g_autoptr(FaYamlDocument) document = fa_yaml_parse(file, text, length, diags);
    g_autoptr(GString) out = g_string_new(NULL);
    if (document == NULL)
        return fa_diags_check(diags, error) &&
               fa_fail(error, FA_ERROR_CONFIG, "'%s' is no YAML", file);

    const FaYaml *root = fa_yaml_root(document);
    Spot spot = find_spot(root, path);
    bool is_made =
        spot.old != NULL ? replace(out, text, spot.old, value) : insert(out, text, &spot, value);
    if (is_made && is_right(file, root, out, path, value)) {
        *ret_text = g_string_free(g_steal_pointer(&out), FALSE);
        return true;
    }
    g_string_truncate(out, 0);
    add_flow(out, path, value);
    return fa_fail(error, FA_ERROR_REFUSED,
                   "cannot put a value into '%s' without changing more of it\nhelp: write it there "
                   "yourself: %s",
                   file, out->str);
}
