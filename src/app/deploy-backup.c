#include <string.h>

#include "app/deploy-private.h"
#include "app/ledger.h"
#include "base/error.h"
#include "base/text.h"
#include "site/backup.h"
#include "sys/clock.h"

#define BEFORE "before" /* while the old one serves */
#define CLOSED "closed" /* at the begin of the time in which nobody is served */

static char *
id_of(const char *deployment, const char *when)
{
    return g_strconcat(deployment, "-", when, NULL);
}

/* Is it the component whose server others have their databases on? Its files are none to be copied. */
static bool
is_server(const FaProduct *product, const char *component)
{
    for (guint i = 0; i < product->components->len; i++) {
        const FaRecipe *recipe = g_ptr_array_index(product->components, i);
        for (guint k = 0; k < recipe->databases->len; k++) {
            const FaDatabase *database = g_ptr_array_index(recipe->databases, k);
            if (strcmp(database->server, component) == 0)
                return true;
        }
    }
    return false;
}

char **
fa_deploy_list_not_saved(const FaProduct *product, const FaRecipe *recipe)
{
    g_autoptr(GStrvBuilder) words = g_strv_builder_new();
    if (is_server(product, recipe->name))
        g_strv_builder_add(words, "the databases that it serves");
    for (guint i = 0; i < recipe->databases->len; i++) {
        const FaDatabase *database = g_ptr_array_index(recipe->databases, i);
        g_autofree char *word = g_strdup_printf("its database on '%s' (%s)", database->server,
                                                fa_database_kind_to_string(database->kind));
        g_strv_builder_add(words, word);
    }
    return g_strv_builder_end(words);
}

static void
add_paths(GPtrArray *paths, const FaProduct *product, const char *component)
{
    const FaRecipe *recipe = product != NULL ? fa_product_find_component(product, component) : NULL;
    if (recipe == NULL || is_server(product, component))
        return;
    for (guint i = 0; i < recipe->data_files->len; i++) {
        const char *path = g_ptr_array_index(recipe->data_files, i);
        if (!g_ptr_array_find_with_equal_func(paths, path, g_str_equal, NULL))
            g_ptr_array_add(paths, (gpointer)path);
    }
}

/* What is to be saved, and what borrows it. */
typedef struct Saving {
    GArray *parts; /* of FaBackupPart */
    GPtrArray *lists;
    GPtrArray *words;
    GStrv migrations;
} Saving;

static void
saving_clear(Saving *saving)
{
    g_clear_pointer(&saving->parts, g_array_unref);
    g_clear_pointer(&saving->lists, g_ptr_array_unref);
    g_clear_pointer(&saving->words, g_ptr_array_unref);
    g_clear_pointer(&saving->migrations, g_strfreev);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Saving, saving_clear)

/* What either release calls the component's data: the old one's is what is there. */
static bool
add_part(FaDeployWork *work, Saving *saving, const char *component, GError **error)
{
    const FaProduct *product = fa_context_get_product(work->context);
    const FaRecipe *recipe = fa_product_find_component(product, component);
    const char *from = fa_deploy_work_get(work)->from;
    for (guint i = 0; i < saving->parts->len; i++) {
        if (strcmp(g_array_index(saving->parts, FaBackupPart, i).component, component) == 0)
            return true;
    }
    GPtrArray *paths = g_ptr_array_new();
    g_ptr_array_add(saving->lists, paths);
    add_paths(paths, product, component);
    if (from != NULL && fa_releases_find(work->state->releases, from) != NULL) {
        const FaOtherRelease *other = fa_deploy_need_other(work, from, error);
        if (other == NULL)
            return false;
        add_paths(paths, fa_context_get_product(other->built->context), component);
    }
    char **words = fa_deploy_list_not_saved(product, recipe);
    g_ptr_array_add(saving->words, words);
    const FaBackupPart part = {recipe->name, paths, (const char *const *)words};
    g_array_append_val(saving->parts, part);
    return true;
}

static bool
is_hard(const FaMigrationStep *step)
{
    return step->phase == FA_MIGRATION_CLOSED &&
           (step->is_restore || (!step->is_down && !step->migration->is_reversible));
}

/* All that is migrated, or only what nothing but a backup undoes. */
static bool
list_parts(FaDeployWork *work, bool is_closed, Saving *saving, GError **error)
{
    g_autoptr(GStrvBuilder) names = g_strv_builder_new();
    saving->parts = g_array_new(FALSE, FALSE, sizeof(FaBackupPart));
    saving->lists = g_ptr_array_new_with_free_func((GDestroyNotify)g_ptr_array_unref);
    saving->words = g_ptr_array_new_with_free_func((GDestroyNotify)g_strfreev);
    for (guint i = 0; i < work->migrations->steps->len; i++) {
        const FaMigrationStep *step = g_ptr_array_index(work->migrations->steps, i);
        if (is_closed && !is_hard(step))
            continue;
        g_autofree char *name =
            g_strconcat(step->migration->component, "/", step->migration->name, NULL);
        g_strv_builder_add(names, name);
        if (!add_part(work, saving, step->migration->component, error))
            return false;
    }
    saving->migrations = g_strv_builder_end(names);
    return true;
}

static JsonObject *
describe_components(const FaBackup *backup)
{
    static const char *const members[] = {"files", "databases", "bytes", NULL};
    JsonObject *components = fa_json_get_object(backup->document, "components");
    JsonObject *described = json_object_new();
    g_autoptr(GList) names = json_object_get_members(components);
    for (GList *name = names; name != NULL; name = name->next) {
        JsonObject *one = json_object_new();
        for (const char *const *member = members; *member != NULL; member++)
            json_object_set_int_member(
                one, *member,
                fa_json_get_int(fa_json_get_object(components, name->data), *member, 0));
        json_object_set_object_member(described, name->data, one);
    }
    return described;
}

/* Whoever was killed may have made it and not said so, or have said so already. */
static bool
is_told(const FaDeployWork *work, const char *id)
{
    g_autoptr(GPtrArray) events = NULL;
    if (!fa_home_ledger_log(work->layout->home, work->name,
                            fa_event_kind_to_string(FA_EVENT_BACKUP_MADE), 2, &events, NULL))
        return false;
    for (guint i = 0; i < events->len; i++) {
        const FaEvent *event = g_ptr_array_index(events, i);
        g_autoptr(JsonNode) node = fa_json_from_text(event->payload, -1, NULL);
        if (node != NULL && JSON_NODE_HOLDS_OBJECT(node) &&
            g_strcmp0(fa_json_get_string(json_node_get_object(node), "id"), id) == 0)
            return true;
    }
    return false;
}

typedef struct Made {
    const FaDeployWork *work;
    const FaBackup *backup;
} Made;

static FaDecision *
decide_made(const FaState *state, void *data)
{
    const Made *made = data;
    FaAsker asker = fa_state_asker(made->work->host);
    FaDecision *decision = fa_decision_new();
    JsonObject *payload = json_object_new();
    g_autofree char *path = fa_home_ledger_path(made->work->layout->home, made->backup->path);
    json_object_set_string_member(payload, "id", made->backup->id);
    json_object_set_string_member(payload, "deploy", fa_deploy_work_get(made->work)->id);
    json_object_set_string_member(payload, "path", path);
    json_object_set_int_member(payload, "bytes", (gint64)made->backup->bytes);
    json_object_set_object_member(payload, "components", describe_components(made->backup));
    json_object_set_string_member(payload, "digest", made->backup->digest);
    fa_decision_add_event(decision, &asker, FA_EVENT_BACKUP_MADE, made->work->name, payload);
    return decision;
}

/* (transfer full) (nullable) */
static FaBackup *
make(FaDeployWork *work, const char *when, GError **error)
{
    g_auto(Saving) saving = {0};
    const FaDeployment *deployment = fa_deploy_work_get(work);
    g_autofree char *id = id_of(deployment->id, when);
    if (!list_parts(work, strcmp(when, CLOSED) == 0, &saving, error))
        return NULL;
    const FaBackupRequest request = {
        .layout = work->layout,
        .id = id,
        .deployment = deployment->id,
        .migrations = (const char *const *)saving.migrations,
        .parts = saving.parts,
        .now = MAX(fa_clock_now(), 0),
        .cancel = fa_deploy_work_cancel(work),
    };
    g_autoptr(FaBackup) backup = fa_backup_make(&request, error);
    Made made = {.work = work, .backup = backup};
    if (backup == NULL ||
        (!is_told(work, id) && !fa_state_decide(work->state, decide_made, &made, error)))
        return NULL;
    return g_steal_pointer(&backup);
}

/* Where nothing was ever, nothing is there to be saved. */
bool
fa_deploy_backup(FaDeployWork *work, char **ret_detail, GError **error)
{
    if (!fa_deploy_need_migrations(work, error))
        return false;
    if (work->migrations->steps->len == 0 || fa_deploy_work_is_first(work))
        return true;
    g_autoptr(FaBackup) backup = make(work, BEFORE, error);
    if (backup == NULL)
        return false;
    g_autofree char *size = g_format_size(backup->bytes);
    *ret_detail = g_strdup_printf("%s, %s", backup->id, size);
    return true;
}

bool
fa_deploy_backup_closed(FaDeployWork *work, GError **error)
{
    bool is_needed = false;
    for (guint i = 0; i < work->migrations->steps->len; i++)
        is_needed = is_needed || is_hard(g_ptr_array_index(work->migrations->steps, i));
    if (!is_needed)
        return true;
    g_autoptr(FaBackup) backup = make(work, CLOSED, error);
    return backup != NULL;
}

/* Files without the database that belongs to them are no way back. */
static bool
is_whole(const FaBackup *backup, const char *component)
{
    JsonObject *components = fa_json_get_object(backup->document, "components");
    JsonObject *saved = fa_json_get_object(components, component);
    JsonArray *not_saved = saved != NULL ? fa_json_get_array(saved, "not-saved") : NULL;
    return not_saved != NULL && json_array_get_length(not_saved) == 0;
}

GPtrArray *
fa_deploy_list_saved_closed(const FaDeployWork *work)
{
    GPtrArray *list = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *id = id_of(fa_deploy_work_get(work)->id, CLOSED);
    g_autoptr(FaBackup) backup = fa_backup_open(work->layout, id, NULL);
    if (backup == NULL)
        return list;
    JsonObject *components = fa_json_get_object(backup->document, "components");
    g_autoptr(GList) names = json_object_get_members(components);
    for (GList *name = names; name != NULL; name = name->next) {
        if (is_whole(backup, name->data))
            g_ptr_array_add(list, g_strdup(name->data));
    }
    return list;
}

bool
fa_deploy_restore_closed(const FaDeployWork *work, const char *component, GError **error)
{
    g_autofree char *id = id_of(fa_deploy_work_get(work)->id, CLOSED);
    g_autoptr(FaBackup) backup = fa_backup_open(work->layout, id, error);
    return backup != NULL && fa_backup_restore(backup, work->layout, component, NULL, error);
}

/* (transfer full) (nullable) The last that was made before it was: for an offline one, when nobody wrote any more. */
static FaBackup *
find_backup(const FaDeployWork *work, const FaMigration *migration, GError **error)
{
    bool is_offline = migration->mode == FA_MIGRATION_OFFLINE;
    const char *const whens[] = {is_offline ? CLOSED : BEFORE, is_offline ? BEFORE : CLOSED};
    for (size_t i = 0; i < G_N_ELEMENTS(whens) && migration->deployment != NULL; i++) {
        g_autofree char *id = id_of(migration->deployment, whens[i]);
        g_autoptr(FaBackup) backup = fa_backup_open(work->layout, id, NULL);
        if (backup != NULL && is_whole(backup, migration->component))
            return g_steal_pointer(&backup);
    }
    fa_fail(error, FA_ERROR_NOT_FOUND, "there is no whole backup from before '%s/%s'",
            migration->component, migration->name);
    return NULL;
}

bool
fa_deploy_has_backup(const FaDeployWork *work, const FaMigration *migration)
{
    g_autoptr(FaBackup) backup = find_backup(work, migration, NULL);
    return backup != NULL;
}

bool
fa_deploy_restore(const FaDeployWork *work, const FaMigration *migration, GError **error)
{
    g_autoptr(FaBackup) backup = find_backup(work, migration, error);
    return backup != NULL && fa_backup_restore(backup, work->layout, migration->component,
                                               fa_deploy_work_cancel(work), error);
}
