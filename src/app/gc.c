#include "app/gc.h"

#include "app/backups.h"
#include "app/ledger.h"
#include "store/store.h"
#include "sys/user.h"

/* Of those that went. */
typedef struct Backups {
    uint64_t count;
    uint64_t bytes;
} Backups;

static JsonObject *
report(const FaGcStats *stats, const Backups *backups, bool dry_run)
{
    JsonObject *object = json_object_new();
    JsonArray *kept = json_array_new();

    json_object_set_boolean_member(object, "dry-run", dry_run);
    json_object_set_int_member(object, "names-removed", (gint64)stats->names_removed);
    json_object_set_int_member(object, "objects-removed", (gint64)stats->objects_removed);
    json_object_set_int_member(object, "leftovers-removed", (gint64)stats->leftovers_removed);
    json_object_set_int_member(object, "bytes-freed", (gint64)stats->bytes_freed);
    json_object_set_int_member(object, "backups-removed", (gint64)backups->count);
    json_object_set_int_member(object, "backup-bytes-freed", (gint64)backups->bytes);
    json_object_set_int_member(object, "bytes-kept", (gint64)stats->bytes_kept);
    for (guint i = 0; stats->kept != NULL && i < stats->kept->len; i++) {
        const FaKept *one = g_ptr_array_index(stats->kept, i);
        JsonObject *entry = json_object_new();
        json_object_set_string_member(entry, "name", one->name);
        json_object_set_string_member(entry, "by", one->by);
        json_array_add_object_element(kept, entry);
    }
    json_object_set_array_member(object, "kept", kept);
    return object;
}

/* (transfer full) (nullable) What went wrong with it. */
static char *
record(const char *home, const char *actor, const FaGcStats *stats)
{
    JsonObject *payload = json_object_new();
    json_object_set_int_member(payload, "names-removed", (gint64)stats->names_removed);
    json_object_set_int_member(payload, "objects-removed", (gint64)stats->objects_removed);
    json_object_set_int_member(payload, "bytes-freed", (gint64)stats->bytes_freed);
    return fa_home_ledger_record(home, actor, FA_EVENT_STORE_GC, "store", payload);
}

/* (transfer full) (nullable) What went wrong with it. The ledger says which are needed: without it they all stay. */
static char *
clean_backups(const char *home, bool dry_run, Backups *ret_removed)
{
    g_autoptr(GError) failure = NULL;
    if (fa_backups_gc(home, dry_run, &ret_removed->count, &ret_removed->bytes, &failure))
        return NULL;
    return g_strdup_printf("backups that nobody needs may be left: %s", failure->message);
}

bool
fa_gc(const char *home, const char *actor, bool dry_run, FaCancel *cancel, JsonObject **ret_report,
      char **ret_warning, GError **error)
{
    if (!fa_user_become_owner(home, error))
        return false;
    g_autoptr(FaStore) store = fa_store_open(home, error);
    g_auto(FaGcStats) stats = {0};
    Backups backups;
    if (store == NULL || !fa_store_gc(store, dry_run, cancel, &stats, error))
        return false;
    bool is_changed = stats.names_removed > 0 || stats.objects_removed > 0;
    char *warning = clean_backups(home, dry_run, &backups);
    *ret_report = report(&stats, &backups, dry_run);
    if (warning == NULL && is_changed && !dry_run)
        warning = record(home, actor, &stats);
    *ret_warning = warning;
    return true;
}
