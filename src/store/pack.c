#include "store/pack.h"

#include <string.h>

#include "base/error.h"

#define GROUP_SIZE (4u * 1024 * 1024)
/* Of nothing, what is larger gains little by company; against a base it may be nearly the same. */
#define ALONE_FROM (1024u * 1024)
#define DELTA_MAX  (32u * 1024 * 1024)

guint
fa_pack_hash_entry(gconstpointer entry)
{
    return fa_digest_hash(&((const FaEntry *)entry)->digest);
}

gboolean
fa_pack_equal_entry(gconstpointer a, gconstpointer b)
{
    const FaEntry *one = a, *other = b;
    return one->kind == other->kind && one->size == other->size &&
           fa_digest_is_equal(&one->digest, &other->digest);
}

static void
add_item(FaPackPlan *plan, const FaPackItem *item)
{
    FaPackGroup *last = plan->groups->len == 0
                            ? NULL
                            : &g_array_index(plan->groups, FaPackGroup, plan->groups->len - 1);
    if (last == NULL || last->size + last->prefix_size >= GROUP_SIZE) {
        const FaPackGroup fresh = {.first = plan->items->len};
        g_array_append_val(plan->groups, fresh);
        last = &g_array_index(plan->groups, FaPackGroup, plan->groups->len - 1);
    }
    last->count++;
    last->size += item->entry->size;
    last->prefix_size += item->base != NULL ? item->base->size : 0;
    g_array_append_val(plan->items, *item);
}

/* What the base has at the path of @entry, when it is of use. */
static const FaEntry *
find_base(GHashTable *paths, const FaEntry *entry)
{
    const FaEntry *base = g_hash_table_lookup(paths, entry->path);
    return base != NULL && base->size > 0 && base->size <= DELTA_MAX ? base : NULL;
}

FaPackPlan *
fa_pack_plan(const FaTree *tree, const FaTree *base)
{
    FaPackPlan *plan = g_new(FaPackPlan, 1);
    g_autoptr(GHashTable) known = g_hash_table_new(fa_pack_hash_entry, fa_pack_equal_entry);
    g_autoptr(GHashTable) paths = g_hash_table_new(g_str_hash, g_str_equal);
    uint64_t limit = base != NULL ? DELTA_MAX : ALONE_FROM;

    plan->items = g_array_new(FALSE, FALSE, sizeof(FaPackItem));
    plan->groups = g_array_new(FALSE, FALSE, sizeof(FaPackGroup));
    for (guint i = 0; base != NULL && i < base->entries->len; i++) {
        FaEntry *entry = fa_tree_get(base, i);
        if (!fa_entry_is_file(entry))
            continue;
        g_hash_table_add(known, entry);
        g_hash_table_insert(paths, (char *)entry->path, entry);
    }
    for (guint i = 0; i < tree->entries->len; i++) {
        FaEntry *entry = fa_tree_get(tree, i);
        if (!fa_entry_is_file(entry) || entry->size > limit || !g_hash_table_add(known, entry))
            continue;
        const FaPackItem item = {.entry = entry, .base = find_base(paths, entry)};
        add_item(plan, &item);
    }
    return plan;
}

void
fa_pack_plan_free(FaPackPlan *plan)
{
    if (plan == NULL)
        return;
    g_array_unref(plan->items);
    g_array_unref(plan->groups);
    g_free(plan);
}

/* (transfer full) (nullable) */
static GBytes *
load_group(const FaPackPlan *plan, const FaPackGroup *group, bool is_base, FaPackLoadFunc load,
           void *data, GError **error)
{
    size_t length = is_base ? group->prefix_size : group->size, at = 0;
    g_autofree char *bytes = g_malloc(length + 1);

    for (guint i = group->first; i < group->first + group->count; i++) {
        const FaPackItem *item = fa_pack_plan_item(plan, i);
        const FaEntry *entry = is_base ? item->base : item->entry;
        if (entry == NULL)
            continue;
        if (!load(entry, bytes + at, data, error))
            return NULL;
        at += entry->size;
    }
    return g_bytes_new_take(g_steal_pointer(&bytes), length);
}

bool
fa_pack_write(const FaPackPlan *plan, guint index, FaSqueeze *squeeze, int level,
              FaPackLoadFunc load, void *data, GByteArray *out, GError **error)
{
    const FaPackGroup *group = fa_pack_plan_group(plan, index);
    g_autoptr(GBytes) prefix = load_group(plan, group, true, load, data, error);
    g_autoptr(GBytes) content =
        prefix != NULL ? load_group(plan, group, false, load, data, error) : NULL;
    gsize length;
    if (content == NULL)
        return false;
    const void *bytes = g_bytes_get_data(content, &length);
    return fa_squeeze_frame(squeeze, level, prefix, bytes, length, out, error);
}

bool
fa_pack_read(const FaPackPlan *plan, guint index, FaSqueeze *squeeze, const void *frame,
             size_t length, FaPackLoadFunc load, FaPackTakeFunc take, void *data, GError **error)
{
    const FaPackGroup *group = fa_pack_plan_group(plan, index);
    g_autoptr(GBytes) prefix = load_group(plan, group, true, load, data, error);
    g_autofree char *bytes = g_malloc(group->size + 1);
    size_t at = 0;

    if (prefix == NULL ||
        !fa_squeeze_read_frame(squeeze, prefix, frame, length, bytes, group->size, error))
        return false;
    for (guint i = group->first; i < group->first + group->count; i++) {
        const FaEntry *entry = fa_pack_plan_item(plan, i)->entry;
        if (!take(entry, bytes + at, data, error))
            return false;
        at += entry->size;
    }
    return true;
}
