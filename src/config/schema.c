#include "config/schema.h"

#include <string.h>

#include "base/text.h"

#define KEYS_MAX 40

static const char *const type_words[] = {
    [FA_KEY_TEXT] = "text",
    [FA_KEY_TEMPLATE] = "template",
    [FA_KEY_NAME] = "name",
    [FA_KEY_PATH] = "relative path",
    [FA_KEY_NUMBER] = "number",
    [FA_KEY_BOOLEAN] = "true or false",
    [FA_KEY_SPAN] = "time span",
    [FA_KEY_TEXTS] = "list of texts",
    [FA_KEY_NAMES] = "list of names",
    [FA_KEY_PATHS] = "list of relative paths",
    [FA_KEY_TEMPLATES] = "list of templates",
    [FA_KEY_MAP] = "map",
    [FA_KEY_LIST] = "list",
    [FA_KEY_OTHER] = "value",
};

static const char *const kind_words[] = {
    [FA_YAML_TEXT] = "a text",
    [FA_YAML_LIST] = "a list",
    [FA_YAML_MAP] = "a map",
};

FaDiag *
fa_schema_mistake(FaDiags *diags, const FaYaml *value, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *message = g_strdup_vprintf(format, arguments);
    va_end(arguments);

    FaDiag *diag = fa_diags_error(diags, &value->place, "%s", message);
    diag->length = value->length;
    return diag;
}

bool
fa_schema_is(const FaYaml *value, FaYamlKind kind, const char *what, FaDiags *diags)
{
    if (value->is_empty) {
        fa_diag_help(fa_schema_mistake(diags, value, "'%s' has no value", what),
                     "%s is expected; leave the key out when there is nothing to say",
                     kind_words[kind]);
        return false;
    }
    if (value->kind == kind)
        return true;
    fa_schema_mistake(diags, value, "'%s' must be %s, not %s", what, kind_words[kind],
                      kind_words[value->kind]);
    return false;
}

bool
fa_schema_is_name(const FaYaml *value, const char *what, FaDiags *diags)
{
    if (!fa_schema_is(value, FA_YAML_TEXT, what, diags))
        return false;
    if (fa_text_is_name(value->text))
        return true;
    g_autofree char *shown = fa_text_sanitize(value->text, strlen(value->text));
    fa_diag_help(fa_schema_mistake(diags, value, "'%s' is not a name", shown),
                 "small letters, digits and '-', at most 63 of them");
    return false;
}

bool
fa_schema_word(const FaYaml *value, const char *const *words, const char *what, FaDiags *diags,
               unsigned *ret_index)
{
    if (!fa_schema_is(value, FA_YAML_TEXT, what, diags))
        return false;
    for (unsigned i = 0; words[i] != NULL; i++) {
        if (strcmp(words[i], value->text) == 0) {
            *ret_index = i;
            return true;
        }
    }
    g_autofree char *all = g_strjoinv("', '", (char **)words);
    const char *nearest = fa_text_nearest(value->text, words);
    FaDiag *diag =
        fa_schema_mistake(diags, value, "'%s' is not a value of '%s'", value->text, what);
    if (nearest != NULL)
        fa_diag_help(diag, "did you mean '%s'?", nearest);
    else
        fa_diag_help(diag, "one of '%s'", all);
    return false;
}

void
fa_schema_text(const FaYaml *value, FaText *text)
{
    g_free(text->text);
    text->text = g_strdup(value->text);
    text->place = value->place;
}

/* People end the name of a folder with '/'. */
static char *
without_slash(const char *text)
{
    size_t length = strlen(text);
    return g_strndup(text, length > 1 && text[length - 1] == '/' ? length - 1 : length);
}

static bool
check_text(const FaKey *key, const FaYaml *value, bool wants_name, bool wants_path, FaDiags *diags)
{
    if (wants_name)
        return fa_schema_is_name(value, key->name, diags);
    if (!fa_schema_is(value, FA_YAML_TEXT, key->name, diags))
        return false;
    if (!wants_path)
        return true;
    g_autofree char *path = without_slash(value->text);
    if (fa_text_is_relative_path(path))
        return true;
    fa_diag_help(fa_schema_mistake(diags, value, "'%s' is not a relative path", value->text),
                 "without a '/' at the start and without '..'");
    return false;
}

static bool
is_listed(const GPtrArray *list, const char *word)
{
    for (unsigned i = 0; i < list->len; i++) {
        if (strcmp(g_ptr_array_index(list, i), word) == 0)
            return true;
    }
    return false;
}

static void
read_texts(const FaKey *key, const FaYaml *value, GPtrArray *list, FaDiags *diags)
{
    bool wants_name = key->type == FA_KEY_NAMES;

    if (!fa_schema_is(value, FA_YAML_LIST, key->name, diags))
        return;
    for (unsigned i = 0; i < value->values->len; i++) {
        const FaYaml *item = g_ptr_array_index(value->values, i);
        if (!check_text(key, item, wants_name, key->type == FA_KEY_PATHS, diags))
            continue;
        if (key->type == FA_KEY_TEMPLATES) {
            FaText *text = g_new0(FaText, 1);
            fa_schema_text(item, text);
            g_ptr_array_add(list, text);
        } else if (wants_name && is_listed(list, item->text)) {
            fa_schema_mistake(diags, item, "'%s' is listed twice", item->text);
        } else {
            g_ptr_array_add(list, key->type == FA_KEY_PATHS ? without_slash(item->text)
                                                            : g_strdup(item->text));
        }
    }
}

static void
read_scalar(const FaKey *key, const FaYaml *value, void *field, FaDiags *diags)
{
    if (!check_text(key, value, key->type == FA_KEY_NAME, key->type == FA_KEY_PATH, diags))
        return;
    if (key->type == FA_KEY_NUMBER) {
        if (!fa_parse_uint(value->text, key->min, key->max, field))
            fa_schema_mistake(diags, value, "'%s' must be a number from %u to %u, not '%s'",
                              key->name, key->min, key->max, value->text);
    } else if (key->type == FA_KEY_BOOLEAN) {
        if (!fa_parse_bool(value->text, field))
            fa_schema_mistake(diags, value, "'%s' must be true or false, not '%s'", key->name,
                              value->text);
    } else if (key->type == FA_KEY_SPAN) {
        int64_t seconds;
        if (fa_parse_span(value->text, &seconds) && seconds > 0)
            *(int64_t *)field = seconds;
        else
            fa_diag_help(fa_schema_mistake(diags, value, "'%s' must be a time span, not '%s'",
                                           key->name, value->text),
                         "a number and 's', 'm', 'h' or 'd', like '30s'");
    } else if (key->type == FA_KEY_TEMPLATE) {
        fa_schema_text(value, field);
    } else {
        g_free(*(char **)field);
        *(char **)field =
            key->type == FA_KEY_PATH ? without_slash(value->text) : g_strdup(value->text);
    }
}

static void
read_key(const FaKey *key, const FaYaml *value, void *object, FaDiags *diags)
{
    void *field = (char *)object + key->offset;

    switch (key->type) {
    case FA_KEY_TEXT:
    case FA_KEY_TEMPLATE:
    case FA_KEY_NAME:
    case FA_KEY_PATH:
    case FA_KEY_NUMBER:
    case FA_KEY_BOOLEAN:
    case FA_KEY_SPAN:
        read_scalar(key, value, field, diags);
        break;
    case FA_KEY_TEXTS:
    case FA_KEY_NAMES:
    case FA_KEY_PATHS:
    case FA_KEY_TEMPLATES:
        read_texts(key, value, *(GPtrArray **)field, diags);
        break;
    case FA_KEY_MAP:
    case FA_KEY_LIST:
        if (fa_schema_is(value, key->type == FA_KEY_MAP ? FA_YAML_MAP : FA_YAML_LIST, key->name,
                         diags) &&
            key->read != NULL)
            key->read(value, object, diags);
        break;
    case FA_KEY_OTHER:
        key->read(value, object, diags);
        break;
    }
}

static const FaKey *
find_key(const FaSchema *schema, const char *name)
{
    for (const FaKey *key = schema->keys; key->name != NULL; key++) {
        if (strcmp(key->name, name) == 0)
            return key;
    }
    return NULL;
}

static void
say_unknown(const FaSchema *schema, const FaYaml *name, FaDiags *diags)
{
    const char *words[KEYS_MAX + 1] = {0};
    for (unsigned i = 0; schema->keys[i].name != NULL; i++) {
        g_assert(i < KEYS_MAX);
        words[i] = schema->keys[i].name;
    }
    const char *nearest = fa_text_nearest(name->text, words);
    g_autofree char *shown = fa_text_sanitize(name->text, strlen(name->text));
    FaDiag *diag = fa_schema_mistake(diags, name, "'%s' has no key '%s'", schema->title, shown);
    if (nearest != NULL) {
        fa_diag_help(diag, "did you mean '%s'?", nearest);
        return;
    }
    g_autofree char *all = g_strjoinv("', '", (char **)words);
    fa_diag_help(diag, "one of '%s'", all);
}

void
fa_schema_read(const FaSchema *schema, const FaYaml *value, void *object, FaDiags *diags)
{
    if (!fa_schema_is(value, FA_YAML_MAP, schema->title, diags))
        return;
    for (unsigned i = 0; i < value->keys->len; i++) {
        const FaYaml *name = g_ptr_array_index(value->keys, i);
        const FaKey *key = find_key(schema, name->text);
        if (key != NULL)
            read_key(key, g_ptr_array_index(value->values, i), object, diags);
        else
            say_unknown(schema, name, diags);
    }
    for (const FaKey *key = schema->keys; key->name != NULL; key++) {
        if (!key->is_required || fa_yaml_get(value, key->name) != NULL)
            continue;
        FaDiag *diag = fa_schema_mistake(diags, value, "'%s' must have the key '%s'", schema->title,
                                         key->name);
        fa_diag_help(diag, "%s", key->help);
    }
}

void
fa_schema_describe(const FaSchema *schema, GString *page)
{
    g_string_append_printf(page, "\n## %c%s\n\n", g_ascii_toupper(schema->title[0]),
                           schema->title + 1);
    g_string_append_printf(page, "%s\n\n", schema->about);
    g_string_append(page, "| key | type | default | meaning |\n| --- | --- | --- | --- |\n");
    for (const FaKey *key = schema->keys; key->name != NULL; key++) {
        g_string_append_printf(page, "| `%s` | %s", key->name,
                               key->kind != NULL ? key->kind : type_words[key->type]);
        if (key->type == FA_KEY_NUMBER)
            g_string_append_printf(page, ", %u to %u", key->min, key->max);
        const char *fallback = key->fallback != NULL ? key->fallback : "";
        g_string_append_printf(page, " | %s | %s |\n",
                               key->is_required ? "(must be given)" : fallback, key->help);
    }
}
