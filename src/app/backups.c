#include "app/backups.h"

#include <string.h>

#include "app/ledger.h"
#include "base/error.h"
#include "ledger/fold.h"
#include "site/backup.h"

/* *ret_running (transfer full) (nullable): NULL without a ledger. */
static bool
read_running(const char *home, FaRunning **ret_running, GError **error)
{
    g_autoptr(GError) failure = NULL;
    g_autoptr(FaLedger) ledger = fa_home_ledger_open(home, false, &failure);
    *ret_running = NULL;
    if (ledger != NULL)
        return fa_ledger_fold(ledger, ret_running, NULL, NULL, error);
    if (fa_error_is(failure, FA_ERROR_NOT_FOUND))
        return true;
    g_propagate_error(error, g_steal_pointer(&failure));
    return false;
}

/* May somebody still want to go back to it? */
static bool
is_needed(const FaBackup *backup, const FaRunning *running)
{
    const char *deployment = fa_json_get_string(backup->document, "deployment");
    const FaStanding *standing =
        running != NULL ? fa_running_find(running, backup->environment) : NULL;
    if (standing == NULL || deployment == NULL)
        return false;
    if (standing->open != NULL && strcmp(standing->open->id, deployment) == 0)
        return true;
    for (guint i = 0; i < standing->executed->len; i++) {
        const FaMigration *migration = g_ptr_array_index(standing->executed, i);
        if (!migration->is_reversible && g_strcmp0(migration->deployment, deployment) == 0 &&
            fa_backup_has(backup, migration->component))
            return true;
    }
    return false;
}

static void
copy_member(JsonObject *from, JsonObject *to, const char *member)
{
    JsonNode *node = json_object_get_member(from, member);
    if (node != NULL)
        json_object_set_member(to, member, json_node_copy(node));
    else
        json_object_set_null_member(to, member);
}

static JsonArray *
describe_components(JsonObject *components)
{
    static const char *const members[] = {"paths", "files",     "databases",
                                          "bytes", "not-saved", NULL};
    JsonArray *array = json_array_new();
    g_autoptr(GList) names = json_object_get_members(components);
    for (GList *name = names; name != NULL; name = name->next) {
        JsonObject *one = json_object_new();
        json_object_set_string_member(one, "component", name->data);
        for (const char *const *member = members; *member != NULL; member++)
            copy_member(fa_json_get_object(components, name->data), one, *member);
        json_array_add_object_element(array, one);
    }
    return array;
}

static JsonObject *
describe(const char *home, const FaBackup *backup, const FaRunning *running)
{
    static const char *const members[] = {"environment", "id",     "deployment", "made-at",
                                          "bytes",       "digest", "migrations", NULL};
    JsonObject *object = json_object_new();
    g_autofree char *path = fa_home_ledger_path(home, backup->path);
    for (const char *const *member = members; *member != NULL; member++)
        copy_member(backup->document, object, *member);
    json_object_set_string_member(object, "path", path);
    json_object_set_array_member(
        object, "components",
        describe_components(fa_json_get_object(backup->document, "components")));
    json_object_set_boolean_member(object, "is-needed", is_needed(backup, running));
    return object;
}

bool
fa_backups_list(const char *home, JsonObject **ret_list, GError **error)
{
    g_autoptr(FaRunning) running = NULL;
    g_autoptr(GPtrArray) list = fa_backup_list(home, error);
    if (list == NULL || !read_running(home, &running, error))
        return false;
    JsonObject *object = json_object_new();
    JsonArray *backups = json_array_new();
    for (guint i = 0; i < list->len; i++)
        json_array_add_object_element(backups, describe(home, g_ptr_array_index(list, i), running));
    json_object_set_array_member(object, "backups", backups);
    *ret_list = object;
    return true;
}

bool
fa_backups_gc(const char *home, bool dry_run, uint64_t *ret_count, uint64_t *ret_bytes,
              GError **error)
{
    g_autoptr(FaRunning) running = NULL;
    g_autoptr(GPtrArray) list = fa_backup_list(home, error);
    const char *environment = NULL;
    unsigned kept = 0;
    *ret_count = *ret_bytes = 0;
    if (list == NULL || (list->len > 0 && !read_running(home, &running, error)))
        return false;
    for (guint i = 0; running != NULL && i < list->len; i++) {
        const FaBackup *backup = g_ptr_array_index(list, i);
        if (g_strcmp0(environment, backup->environment) != 0)
            kept = 0;
        environment = backup->environment;
        if (kept++ < FA_BACKUPS_KEPT || is_needed(backup, running))
            continue;
        if (!dry_run && !fa_backup_remove(backup, error))
            return false;
        (*ret_count)++;
        *ret_bytes += backup->bytes;
    }
    return true;
}
