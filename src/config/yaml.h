#pragma once
/*
 * YAML as people write it: maps, lists and texts, each of which knows its place.
 *
 * Every scalar is text: what `0.10` or `no` means is for the schema to say. Mistakes go to the list. Refused are: more
 * than 1 MiB, 64 levels or 100,000 nodes (an alias counts as what it stands for), bytes that are not UTF-8, tags, keys
 * that are not texts, a second document. A key given twice is a mistake; its first value stays.
 */
#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include "base/diag.h"

#define FA_YAML_SIZE_MAX  (1024 * 1024)
#define FA_YAML_DEPTH_MAX 64
#define FA_YAML_NODES_MAX 100000

typedef enum FaYamlKind { FA_YAML_TEXT, FA_YAML_LIST, FA_YAML_MAP } FaYamlKind;

typedef struct FaYaml {
    FaYamlKind kind;
    FaPlace
        place; /* of a quoted or block text: where its content begins, so that templates count from there */
    unsigned length;   /* characters to underline */
    unsigned size;     /* nodes in it, with itself */
    bool is_empty;     /* TEXT: nothing was written, not even quotes */
    char *text;        /* TEXT, else NULL; holds no NUL */
    GPtrArray *keys;   /* MAP, else NULL: of FaYaml, all TEXT */
    GPtrArray *values; /* MAP and LIST, else NULL: of FaYaml */
} FaYaml;

typedef struct FaYamlDocument FaYamlDocument;

/*
 * (transfer full) (nullable) NULL when no tree could be made; @diags then says why. @file is shown in messages and kept
 * for as long as the program runs. A file without content is an empty map.
 */
FaYamlDocument *fa_yaml_parse(const char *file, const char *text, size_t length, FaDiags *diags);
void fa_yaml_free(FaYamlDocument *document);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FaYamlDocument, fa_yaml_free)
/* (transfer none) (not nullable) Lives as long as the document. */
const FaYaml *fa_yaml_root(const FaYamlDocument *document);
/* (transfer none) (nullable) NULL also when @map is no map. */
const FaYaml *fa_yaml_get(const FaYaml *map, const char *key);
