#include "site/backup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/error.h"
#include "base/text.h"
#include "base/time.h"
#include "site/backup-copy.h"
#include "site/sqlite-copy.h"
#include "sys/fs.h"

#define FOLDER     "backups"
#define RECORD     "backup.json"
#define FORMAT     1
#define RECORD_MAX ((size_t)16 << 20)
#define DIRECTORY  0700
#define RESTORED   ".restored" /* behind a path, while it is put back */

void
fa_backup_free(FaBackup *backup)
{
    if (backup == NULL)
        return;
    g_free(backup->id);
    g_free(backup->environment);
    g_free(backup->path);
    g_free(backup->digest);
    g_clear_pointer(&backup->document, json_object_unref);
    g_free(backup);
}

static char *
folder_of(const FaLayout *layout)
{
    return g_build_filename(layout->home, FOLDER, layout->site, layout->environment, NULL);
}

/* (transfer full) (nullable) */
static FaBackup *
read_backup(const char *folder, const char *id, GError **error)
{
    g_autoptr(FaBackup) backup = g_new0(FaBackup, 1);
    g_autofree char *text = NULL;
    size_t length = 0;
    backup->id = g_strdup(id);
    backup->path = g_build_filename(folder, id, NULL);
    g_autofree char *record = g_build_filename(backup->path, RECORD, NULL);
    if (!fa_fs_read(record, RECORD_MAX, &text, &length, error))
        return NULL;
    g_autoptr(JsonNode) node = fa_json_from_text(text, (gssize)length, NULL);
    JsonObject *document =
        node != NULL && JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
    const char *made_at = document != NULL ? fa_json_get_string(document, "made-at") : NULL;
    if (made_at == NULL || fa_json_get_int(document, "format", 0) != FORMAT ||
        !fa_time_from_utc(made_at, &backup->made_at) ||
        fa_json_get_object(document, "components") == NULL) {
        fa_fail(error, FA_ERROR_FAILED, "'%s' is no record of a backup", record);
        return NULL;
    }
    backup->document = json_object_ref(document);
    backup->environment = g_strdup(fa_json_get_string(document, "environment"));
    backup->digest = g_strdup(fa_json_get_string(document, "digest"));
    backup->bytes = (uint64_t)fa_json_get_int(document, "bytes", 0);
    return g_steal_pointer(&backup);
}

FaBackup *
fa_backup_open(const FaLayout *layout, const char *id, GError **error)
{
    g_autofree char *folder = folder_of(layout);
    return read_backup(folder, id, error);
}

static JsonArray *
list_texts(const char *const *texts)
{
    JsonArray *array = json_array_new();
    for (; texts != NULL && *texts != NULL; texts++)
        json_array_add_string_element(array, *texts);
    return array;
}

/* What a path is below is made as well. */
static bool
save_path(const FaBackupRequest *request, const FaBackupPart *part, const char *room,
          const char *path, FaBackupCount *count, GError **error)
{
    g_autofree char *from = g_build_filename(request->layout->data, part->component, path, NULL);
    g_autofree char *to = g_build_filename(room, part->component, path, NULL);
    g_autofree char *parent = g_path_get_dirname(to);
    bool is_there;
    return fa_fs_make_directory(parent, DIRECTORY, error) &&
           fa_backup_copy(from, to, request->cancel, count, &is_there, error);
}

static bool
save_part(const FaBackupRequest *request, const FaBackupPart *part, const char *room,
          JsonObject *components, uint64_t *bytes, GError **error)
{
    g_autofree char *folder = g_build_filename(room, part->component, NULL);
    FaBackupCount count = {0};
    JsonArray *paths = json_array_new();
    JsonObject *saved = json_object_new();
    json_object_set_object_member(components, part->component, saved);
    json_object_set_array_member(saved, "paths", paths);
    json_object_set_array_member(saved, "not-saved", list_texts(part->not_saved));
    if (!fa_fs_make_directory(folder, DIRECTORY, error))
        return false;
    for (guint i = 0; i < part->paths->len; i++) {
        const char *path = g_ptr_array_index(part->paths, i);
        json_array_add_string_element(paths, path);
        if (!save_path(request, part, room, path, &count, error))
            return false;
    }
    g_autofree char *digest = fa_backup_digest(folder, request->cancel, error);
    if (digest == NULL)
        return false;
    json_object_set_string_member(saved, "digest", digest);
    json_object_set_int_member(saved, "files", (gint64)count.files);
    json_object_set_int_member(saved, "databases", (gint64)count.databases);
    json_object_set_int_member(saved, "bytes", (gint64)count.bytes);
    *bytes += count.bytes;
    return true;
}

/* (transfer full) Over the digests of all components. */
static char *
digest_of(JsonObject *components)
{
    g_autoptr(JsonNode) node = json_node_new(JSON_NODE_OBJECT);
    json_node_set_object(node, components);
    g_autofree char *text = fa_json_to_canonical(node);
    FaDigest digest;
    fa_digest_of_bytes(text, strlen(text), &digest);
    return fa_digest_to_string(&digest);
}

static bool
write_record(const FaBackupRequest *request, const char *room, JsonObject *components,
             uint64_t bytes, GError **error)
{
    g_autoptr(JsonNode) node = json_node_new(JSON_NODE_OBJECT);
    g_autofree char *path = g_build_filename(room, RECORD, NULL);
    g_autofree char *name =
        g_strdup_printf("%s.%s", request->layout->environment, request->layout->site);
    g_autofree char *digest = digest_of(components);
    char made_at[FA_TIME_UTC_SIZE];
    JsonObject *document = json_object_new();
    fa_time_to_utc(request->now, made_at);
    json_object_set_int_member(document, "format", FORMAT);
    json_object_set_string_member(document, "id", request->id);
    json_object_set_string_member(document, "environment", name);
    if (request->deployment != NULL)
        json_object_set_string_member(document, "deployment", request->deployment);
    json_object_set_string_member(document, "made-at", made_at);
    json_object_set_int_member(document, "bytes", (gint64)bytes);
    json_object_set_string_member(document, "digest", digest);
    json_object_set_array_member(document, "migrations", list_texts(request->migrations));
    json_object_set_object_member(document, "components", json_object_ref(components));
    json_node_take_object(node, document);
    g_autofree char *text = fa_json_to_text(node, true);
    return fa_fs_write(path, text, strlen(text), 0600, FA_WRITE_SYNC, error);
}

static bool
fill_room(const FaBackupRequest *request, const char *room, GError **error)
{
    g_autoptr(JsonObject) components = json_object_new();
    uint64_t bytes = 0;
    for (guint i = 0; i < request->parts->len; i++) {
        const FaBackupPart *part = &g_array_index(request->parts, FaBackupPart, i);
        if (!save_part(request, part, room, components, &bytes, error))
            return false;
    }
    return write_record(request, room, components, bytes, error) && fa_fs_sync_all(room, error);
}

/* What somebody who was killed left under a hidden name goes first: there is one deployment at a time. */
static bool
clear_leftovers(const char *folder, GError **error)
{
    g_auto(GStrv) names = fa_fs_list(folder, error);
    for (char **name = names; name != NULL && *name != NULL; name++) {
        g_autofree char *path = g_build_filename(folder, *name, NULL);
        if (**name == '.' && !fa_fs_remove_tree(path, error))
            return false;
    }
    return names != NULL;
}

static bool
make_room(const FaBackupRequest *request, const char *folder, char **ret_room, GError **error)
{
    g_autofree char *top = g_build_filename(request->layout->home, FOLDER, NULL);
    if (!fa_fs_make_directory(top, DIRECTORY, error) ||
        !fa_fs_make_directory(folder, DIRECTORY, error) || !clear_leftovers(folder, error))
        return false;
    g_autofree char *prefix = g_strdup_printf(".%s-", request->id);
    *ret_room = fa_fs_make_temporary(folder, prefix, error);
    return *ret_room != NULL;
}

FaBackup *
fa_backup_make(const FaBackupRequest *request, GError **error)
{
    g_autofree char *folder = folder_of(request->layout);
    g_autofree char *path = g_build_filename(folder, request->id, NULL);
    g_autofree char *room = NULL;
    if (fa_fs_exists(path))
        return read_backup(folder, request->id, error);
    bool is_made =
        make_room(request, folder, &room, error) && fill_room(request, room, error) &&
        (rename(room, path) == 0 || fa_fail_errno(error, errno, "cannot make '%s'", path)) &&
        fa_fs_sync_directory(folder, error);
    if (is_made)
        return read_backup(folder, request->id, error);
    if (room != NULL)
        fa_fs_remove_tree(room, NULL);
    g_prefix_error(error, "cannot back up %s.%s: ", request->layout->environment,
                   request->layout->site);
    return NULL;
}

/* (transfer none) (nullable) */
static JsonObject *
find_component(const FaBackup *backup, const char *component)
{
    return fa_json_get_object(fa_json_get_object(backup->document, "components"), component);
}

bool
fa_backup_has(const FaBackup *backup, const char *component)
{
    return find_component(backup, component) != NULL;
}

static bool
check_whole(const FaBackup *backup, const char *component, FaCancel *cancel, GError **error)
{
    JsonObject *saved = find_component(backup, component);
    g_autofree char *folder = g_build_filename(backup->path, component, NULL);
    if (saved == NULL)
        return fa_fail(error, FA_ERROR_NOT_FOUND, "the backup '%s' has no data of '%s'", backup->id,
                       component);
    g_autofree char *digest = fa_backup_digest(folder, cancel, error);
    if (digest == NULL)
        return false;
    return g_strcmp0(digest, fa_json_get_string(saved, "digest")) == 0 ||
           fa_fail(error, FA_ERROR_FAILED, "the backup '%s' is damaged: '%s' is not what was saved",
                   backup->id, folder);
}

/* A database is written where it is, for its log lies beside it. One that cannot be read any more goes, log and all. */
static bool
restore_database(const char *from, const char *to, FaCancel *cancel, GError **error)
{
    static const char *const parts[] = {"", "-wal", "-shm", "-journal", NULL};
    g_autoptr(GError) failure = NULL;
    if (!fa_fs_exists(to) || fa_sqlite_is_database(to)) {
        if (fa_sqlite_copy(from, to, cancel, &failure))
            return true;
        if (!fa_error_is(failure, FA_ERROR_FAILED)) {
            g_propagate_error(error, g_steal_pointer(&failure));
            return false;
        }
    }
    for (const char *const *part = parts; *part != NULL; part++) {
        g_autofree char *path = g_strconcat(to, *part, NULL);
        if (!fa_fs_remove_tree(path, error))
            return false;
    }
    return fa_sqlite_copy(from, to, cancel, error);
}

static bool
replace(const char *made, const char *path, GError **error)
{
    if (fa_fs_exists(path) && renameat2(AT_FDCWD, made, AT_FDCWD, path, RENAME_EXCHANGE) == 0)
        return fa_fs_remove_tree(made, error);
    /* Some file systems cannot exchange. */
    return fa_fs_remove_tree(path, error) &&
           (rename(made, path) == 0 || fa_fail_errno(error, errno, "cannot make '%s'", path));
}

static bool
restore_other(const char *from, const char *to, FaCancel *cancel, GError **error)
{
    g_autofree char *made = g_strconcat(to, RESTORED, NULL);
    bool is_there;
    return fa_fs_remove_tree(made, error) &&
           fa_backup_copy(from, made, cancel, NULL, &is_there, error) && replace(made, to, error);
}

static bool
restore_path(const FaBackup *backup, const FaLayout *layout, const char *component,
             const char *path, FaCancel *cancel, GError **error)
{
    g_autofree char *from = g_build_filename(backup->path, component, path, NULL);
    g_autofree char *to = g_build_filename(layout->data, component, path, NULL);
    g_autofree char *parent = g_path_get_dirname(to);
    struct stat status;
    if (!fa_fs_exists(from))
        return fa_fs_remove_tree(to, error);
    if (!fa_fs_make_directory(parent, DIRECTORY, error))
        return false;
    if (!fa_sqlite_is_database(from))
        return restore_other(from, to, cancel, error);
    return restore_database(from, to, cancel, error) &&
           ((stat(from, &status) == 0 && chmod(to, status.st_mode & 0777) == 0) ||
            fa_fail_errno(error, errno, "cannot set the permissions of '%s'", to));
}

bool
fa_backup_restore(const FaBackup *backup, const FaLayout *layout, const char *component,
                  FaCancel *cancel, GError **error)
{
    if (!check_whole(backup, component, cancel, error))
        return false;
    JsonArray *paths = fa_json_get_array(find_component(backup, component), "paths");
    for (guint i = 0; paths != NULL && i < json_array_get_length(paths); i++) {
        const char *path = json_array_get_string_element(paths, i);
        if (path == NULL || !fa_text_is_relative_path(path))
            return fa_fail(error, FA_ERROR_FAILED, "the record of the backup '%s' is damaged",
                           backup->id);
        if (!restore_path(backup, layout, component, path, cancel, error))
            return g_prefix_error(error, "cannot put back '%s' of '%s': ", path, component), false;
    }
    return true;
}

static bool
list_environment(const char *folder, GPtrArray *list, GError **error)
{
    g_auto(GStrv) ids = fa_fs_list(folder, error);
    for (char **id = ids; id != NULL && *id != NULL; id++) {
        if (**id == '.')
            continue;
        FaBackup *backup = read_backup(folder, *id, error);
        if (backup == NULL)
            return false;
        g_ptr_array_add(list, backup);
    }
    return ids != NULL;
}

static int
compare_backups(gconstpointer a, gconstpointer b)
{
    const FaBackup *first = *(FaBackup *const *)a, *second = *(FaBackup *const *)b;
    int order = g_strcmp0(first->environment, second->environment);
    if (order != 0)
        return order;
    if (first->made_at != second->made_at)
        return first->made_at > second->made_at ? -1 : 1;
    return fa_text_compare_versions(second->id, first->id);
}

GPtrArray *
fa_backup_list(const char *home, GError **error)
{
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func((GDestroyNotify)fa_backup_free);
    g_autofree char *top = g_build_filename(home, FOLDER, NULL);
    if (!fa_fs_exists(top))
        return g_steal_pointer(&list);
    g_auto(GStrv) sites = fa_fs_list(top, error);
    for (char **site = sites; site != NULL && *site != NULL; site++) {
        g_autofree char *folder = g_build_filename(top, *site, NULL);
        g_auto(GStrv) environments = fa_fs_list(folder, error);
        for (char **name = environments; name != NULL && *name != NULL; name++) {
            g_autofree char *path = g_build_filename(folder, *name, NULL);
            if (!list_environment(path, list, error))
                return NULL;
        }
        if (environments == NULL)
            return NULL;
    }
    if (sites == NULL)
        return NULL;
    g_ptr_array_sort(list, compare_backups);
    return g_steal_pointer(&list);
}

/* What is half removed is no backup. */
bool
fa_backup_remove(const FaBackup *backup, GError **error)
{
    g_autofree char *folder = g_path_get_dirname(backup->path);
    g_autofree char *hidden = g_strdup_printf("%s/.removed-%s", folder, backup->id);
    return fa_fs_remove_tree(hidden, error) &&
           (rename(backup->path, hidden) == 0 || errno == ENOENT ||
            fa_fail_errno(error, errno, "cannot remove '%s'", backup->path)) &&
           fa_fs_remove_tree(hidden, error);
}
