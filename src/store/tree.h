#pragma once
/*
 * A tree as its manifest says it: what is where, in the order of a walk that takes names by their bytes.
 *
 * The manifest is text, one entry a line, fields parted by tabs (no name holds a control character): `d PATH`,
 * `f SIZE DIGEST PATH`, `x SIZE DIGEST PATH` (may be executed), `l PATH TARGET`. There is exactly one manifest for a
 * tree; the reader refuses all others, so that two trees are the same when their digests are.
 */
#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/digest.h"

#define FA_TREE_ENTRIES_MAX 2000000u
#define FA_TREE_TEXT_MAX    (512u * 1024 * 1024)

typedef enum FaEntryKind {
    FA_ENTRY_DIRECTORY,
    FA_ENTRY_FILE,
    FA_ENTRY_PROGRAM,
    FA_ENTRY_LINK,
} FaEntryKind;

typedef struct FaEntry {
    FaEntryKind kind;
    const char *path;   /* the tree's own */
    const char *target; /* of a link */
    uint64_t size;      /* of a file or program */
    FaDigest digest;
} FaEntry;

typedef struct FaTree {
    GArray *entries; /* of FaEntry */
    GStringChunk *strings;
} FaTree;

FaTree *fa_tree_new(void);
void fa_tree_free(FaTree *tree);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FaTree, fa_tree_free)
static inline FaEntry *
fa_tree_get(const FaTree *tree, size_t index)
{
    return &g_array_index(tree->entries, FaEntry, index);
}
static inline bool
fa_entry_is_file(const FaEntry *entry)
{
    return entry->kind == FA_ENTRY_FILE || entry->kind == FA_ENTRY_PROGRAM;
}

/* True when @text may stand in a manifest: not empty, no control characters, at most 4096 bytes. */
bool fa_tree_is_text(const char *text);
/* (transfer full) */
GString *fa_tree_print(const FaTree *tree);
/* (transfer full) (nullable) */
FaTree *fa_tree_parse(const char *text, size_t length, GError **error);
