#pragma once
/*
 * Packs: many objects of a tree in one file, compressed together, and against those of an older tree (the base).
 *
 * A pack is frames of zstd, one behind the other, and nothing else. What is in which frame follows from the two
 * manifests, which both sides have: the objects of the tree that the base lacks, in the order of the tree, a few
 * megabytes a frame; before each frame, as its prefix, goes what the base has at the same paths. So a reader can take
 * single frames, checks every object by its digest, and knows all sizes beforehand.
 *
 * Large objects are in no pack: they are offered by themselves.
 */
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include "store/squeeze.h"
#include "store/tree.h"

typedef struct FaPackItem {
    const FaEntry *entry; /* of the tree */
    const FaEntry *base;  /* (nullable) of the base */
} FaPackItem;

typedef struct FaPackGroup {
    guint first; /* item */
    guint count;
    uint64_t size;        /* of its objects */
    uint64_t prefix_size; /* of what the base has in their places */
} FaPackGroup;

/* Points into both trees. */
typedef struct FaPackPlan {
    GArray *items;  /* of FaPackItem */
    GArray *groups; /* of FaPackGroup */
} FaPackPlan;

/* (transfer full) @base NULL: a pack of everything small. */
FaPackPlan *fa_pack_plan(const FaTree *tree, const FaTree *base);
void fa_pack_plan_free(FaPackPlan *plan);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FaPackPlan, fa_pack_plan_free)
static inline const FaPackItem *
fa_pack_plan_item(const FaPackPlan *plan, guint index)
{
    return &g_array_index(plan->items, FaPackItem, index);
}
static inline const FaPackGroup *
fa_pack_plan_group(const FaPackPlan *plan, guint index)
{
    return &g_array_index(plan->groups, FaPackGroup, index);
}

/* For a GHashTable of const FaEntry: the same object, whatever its path. */
guint fa_pack_hash_entry(gconstpointer entry);
gboolean fa_pack_equal_entry(gconstpointer a, gconstpointer b);

/* Puts what @entry names at @into, entry->size bytes. */
typedef bool (*FaPackLoadFunc)(const FaEntry *entry, void *into, void *data, GError **error);
/* One object of a group that was read, not yet checked. */
typedef bool (*FaPackTakeFunc)(const FaEntry *entry, const void *bytes, void *data, GError **error);

/* Appends the frame of group @index to @out. */
bool fa_pack_write(const FaPackPlan *plan, guint index, FaSqueeze *squeeze, int level,
                   FaPackLoadFunc load, void *data, GByteArray *out, GError **error);
/* Reads the frame of group @index: @load for what it stands on, then @take for each object in it. */
bool fa_pack_read(const FaPackPlan *plan, guint index, FaSqueeze *squeeze, const void *frame,
                  size_t length, FaPackLoadFunc load, FaPackTakeFunc take, void *data,
                  GError **error);
