#pragma once
/*
 * From a tree of YAML to facts: one table of keys for each kind of map, read by one function and printed as its
 * reference.
 *
 * A key says what its value must be, where in the object it goes, and what it is for. Unknown keys, wrong types and
 * missing keys are mistakes with their place; after each the reading goes on.
 */
#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include "base/diag.h"
#include "config/yaml.h"
#include "domain/recipe.h"

typedef enum FaKeyType {
    FA_KEY_TEXT,      /* char * */
    FA_KEY_TEMPLATE,  /* FaText */
    FA_KEY_NAME,      /* char *, fa_text_is_name() */
    FA_KEY_PATH,      /* char *, fa_text_is_relative_path() */
    FA_KEY_NUMBER,    /* unsigned, from min to max */
    FA_KEY_BOOLEAN,   /* bool */
    FA_KEY_SPAN,      /* int64_t, seconds, more than none */
    FA_KEY_TEXTS,     /* GPtrArray of char * */
    FA_KEY_NAMES,     /* GPtrArray of char *, each a name, none twice */
    FA_KEY_PATHS,     /* GPtrArray of char *, each a relative path */
    FA_KEY_TEMPLATES, /* GPtrArray of FaText */
    FA_KEY_MAP,       /* by `read` */
    FA_KEY_LIST,      /* by `read` */
    FA_KEY_OTHER,     /* by `read`, which says itself what it wants: `kind` for the reference */
} FaKeyType;

typedef struct FaKey {
    const char *name;
    FaKeyType type;
    size_t offset;
    void (*read)(const FaYaml *value, void *object, FaDiags *diags);
    unsigned min, max;
    bool is_required;
    const char *kind;     /* (nullable) in the reference, in place of the type's own word */
    const char *fallback; /* (nullable) the default, in words */
    const char *help;
} FaKey;

typedef struct FaSchema {
    const char *title;
    const char *about;
    const FaKey *keys; /* ends with a key without name */
} FaSchema;

/* @object's fields of keys that are absent or wrong stay as they are. */
void fa_schema_read(const FaSchema *schema, const FaYaml *value, void *object, FaDiags *diags);

/* Says the mistake under @value, underlined. */
FaDiag *fa_schema_mistake(FaDiags *diags, const FaYaml *value, const char *format, ...)
    G_GNUC_PRINTF(3, 4);
/* False, said, when @value is not of @kind, or has none. @what is for the message. */
bool fa_schema_is(const FaYaml *value, FaYamlKind kind, const char *what, FaDiags *diags);
/* False, said, with the nearest name, when @value is not a name. */
bool fa_schema_is_name(const FaYaml *value, const char *what, FaDiags *diags);
/* False, said, when @value is not one of @words (NULL-ended); else its index. */
bool fa_schema_word(const FaYaml *value, const char *const *words, const char *what, FaDiags *diags,
                    unsigned *ret_index);
void fa_schema_text(const FaYaml *value, FaText *text);
/* Appends the table of @schema to @page, in Markdown. */
void fa_schema_describe(const FaSchema *schema, GString *page);
