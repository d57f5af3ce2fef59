#include <string.h>

#include "ledger/backend.h"

/* For tests, and for what is folded to try something out: it goes with its handle. */
typedef struct Memory {
    GPtrArray *events; /* of FaEvent */
    guint kept;        /* how many of them were there at the beginning */
    FaLedgerHead head, kept_head;
    GHashTable *snapshots; /* name -> FaLedgerSnapshot */
} Memory;

static void
free_snapshot(gpointer data)
{
    FaLedgerSnapshot *snapshot = data;
    g_bytes_unref(snapshot->state);
    g_free(snapshot);
}

static bool
begin(void *self, FaLedgerAccess access, GError **error)
{
    Memory *memory = self;
    memory->kept = memory->events->len;
    memory->kept_head = memory->head;
    return true;
}

static bool
end(void *self, bool keep, GError **error)
{
    Memory *memory = self;
    if (keep)
        return true;
    g_ptr_array_set_size(memory->events, (gint)memory->kept);
    memory->head = memory->kept_head;
    return true;
}

static bool
get_head(void *self, FaLedgerHead *ret_head, GError **error)
{
    *ret_head = ((const Memory *)self)->head;
    return true;
}

static bool
set_head(void *self, const FaLedgerHead *head, GError **error)
{
    ((Memory *)self)->head = *head;
    return true;
}

static bool
add(void *self, const FaEvent *event, GError **error)
{
    g_ptr_array_add(((Memory *)self)->events, fa_event_copy(event));
    return true;
}

static bool
is_wanted(const FaLedgerQuery *query, const FaEvent *event)
{
    return (query->subject == NULL || strcmp(query->subject, event->subject) == 0) &&
           (query->kind == NULL || strcmp(query->kind, event->kind) == 0);
}

static bool
read_events(void *self, const FaLedgerQuery *query, FaLedgerFunc each, void *data, GError **error)
{
    const GPtrArray *events = ((const Memory *)self)->events;
    uint64_t found = 0;
    guint first = (guint)MIN(query->after, events->len), count = events->len - first;
    for (guint i = 0; i < count; i++) {
        guint at = query->is_backward ? events->len - 1 - i : first + i;
        const FaEvent *event = g_ptr_array_index(events, at);
        if (!is_wanted(query, event))
            continue;
        if (!each(event, data, error))
            return false;
        if (++found == query->limit)
            break;
    }
    return true;
}

static bool
save(void *self, const char *fold, const FaLedgerSnapshot *snapshot, GError **error)
{
    FaLedgerSnapshot *copy = g_memdup2(snapshot, sizeof *snapshot);
    g_bytes_ref(copy->state);
    g_hash_table_replace(((Memory *)self)->snapshots, g_strdup(fold), copy);
    return true;
}

static bool
load(void *self, const char *fold, FaLedgerSnapshot *ret_snapshot, GError **error)
{
    const FaLedgerSnapshot *found = g_hash_table_lookup(((Memory *)self)->snapshots, fold);
    if (found == NULL)
        return true;
    *ret_snapshot = *found;
    g_bytes_ref(ret_snapshot->state);
    return true;
}

static bool
drop(void *self, GError **error)
{
    g_hash_table_remove_all(((Memory *)self)->snapshots);
    return true;
}

static void
free_memory(void *self)
{
    Memory *memory = self;
    g_ptr_array_unref(memory->events);
    g_hash_table_unref(memory->snapshots);
    g_free(memory);
}

FaLedger *
fa_ledger_open_memory(void)
{
    static const FaLedgerBackend backend = {
        .begin = begin,
        .end = end,
        .get_head = get_head,
        .set_head = set_head,
        .add = add,
        .read = read_events,
        .save = save,
        .load = load,
        .drop = drop,
        .free = free_memory,
    };
    Memory *memory = g_new0(Memory, 1);
    memory->events = g_ptr_array_new_with_free_func((GDestroyNotify)fa_event_free);
    memory->snapshots = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_snapshot);
    return fa_ledger_new(&backend, memory);
}
