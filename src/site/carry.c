#include "site/carry.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/text.h"
#include "sys/fs.h"

#define RENDERED    ".rendered"
#define BACKUPS_MAX 1000

FaRendered *
fa_rendered_new(const char *path, GBytes *content, bool is_private, bool is_executable)
{
    FaRendered *rendered = g_new0(FaRendered, 1);
    rendered->path = g_strdup(path);
    rendered->content = content;
    rendered->is_private = is_private;
    rendered->is_executable = is_executable;
    return rendered;
}

void
fa_rendered_free(FaRendered *rendered)
{
    if (rendered == NULL)
        return;
    g_free(rendered->path);
    g_bytes_unref(rendered->content);
    g_free(rendered);
}

void
fa_carried_free(FaCarried *carried)
{
    if (carried == NULL)
        return;
    g_free(carried->path);
    g_free(carried->backup);
    g_free(carried);
}

static bool
is_changed(const FaCarried *carried)
{
    switch (carried->outcome) {
    case FA_EDIT_SAME:
    case FA_EDIT_KEPT:
        return false;
    case FA_EDIT_NEW:
    case FA_EDIT_RENDERED:
    case FA_EDIT_REPLACED:
    case FA_EDIT_BACKED_UP:
    case FA_EDIT_MERGED:
        return true;
    }
    g_assert_not_reached();
}

bool
fa_carried_is_changed_in(const GPtrArray *carried, const char *folder)
{
    g_autofree char *start = g_strconcat(folder, "/", NULL);
    for (guint i = 0; i < carried->len; i++) {
        const FaCarried *file = g_ptr_array_index(carried, i);
        if (g_str_has_prefix(file->path, start) && is_changed(file))
            return true;
    }
    return false;
}

/* What one run of fa_carry() works on. */
typedef struct Carry {
    const char *old; /* (nullable) */
    const char *etc;
    FaEdits *edits;
    GPtrArray *carried;
    GHashTable *rendered; /* paths, borrowed from the files */
} Carry;

/* @content NULL when there is no such file. */
static bool
read_file(const char *directory, const char *part, const char *path, GBytes **ret_content,
          GError **error)
{
    g_autofree char *full = g_build_filename(directory, part, path, NULL);
    char *text;
    size_t length;

    *ret_content = NULL;
    if (!fa_fs_exists(full))
        return true;
    if (!fa_fs_read(full, FA_CARRY_FILE_MAX, &text, &length, error))
        return false;
    *ret_content = g_bytes_new_take(text, length);
    return true;
}

static bool
write_file(const char *directory, const char *part, const char *path, GBytes *content, mode_t mode,
           GError **error)
{
    g_autofree char *full = g_build_filename(directory, part, path, NULL);
    g_autofree char *parent = g_path_get_dirname(full);
    size_t length;
    const void *bytes = g_bytes_get_data(content, &length);

    return fa_fs_make_directory(parent, part[0] != '\0' ? 0700 : 0755, error) &&
           fa_fs_write(full, bytes != NULL ? bytes : "", length, mode, FA_WRITE_NONE, error);
}

/* The mode that a person gave the file in the old build. */
static mode_t
mode_of(const char *directory, const char *path)
{
    g_autofree char *full = g_build_filename(directory, path, NULL);
    struct stat status;

    return stat(full, &status) == 0 ? status.st_mode & 0777 : 0600;
}

static bool
is_taken(const Carry *carry, const char *name)
{
    g_autofree char *fresh = g_build_filename(carry->etc, name, NULL);
    g_autofree char *old = g_build_filename(carry->old, name, NULL);

    return fa_fs_exists(fresh) || fa_fs_exists(old) || g_hash_table_contains(carry->rendered, name);
}

/* NAME.bak, NAME.bak1 ...: the first that is free. */
static bool
back_up(Carry *carry, const char *path, GBytes *content, char **ret_name, GError **error)
{
    for (unsigned i = 0; i < BACKUPS_MAX; i++) {
        g_autofree char *name =
            i == 0 ? g_strconcat(path, ".bak", NULL) : g_strdup_printf("%s.bak%u", path, i);
        if (is_taken(carry, name))
            continue;
        if (!write_file(carry->etc, "", name, content, mode_of(carry->old, path), error))
            return false;
        *ret_name = g_steal_pointer(&name);
        return true;
    }
    return fa_fail(error, FA_ERROR_FAILED, "'%s' has too many backups", path);
}

static void
note(Carry *carry, const char *path, FaEditOutcome outcome, char *backup)
{
    FaCarried *carried = g_new0(FaCarried, 1);
    carried->path = g_strdup(path);
    carried->outcome = outcome;
    carried->backup = backup;
    g_ptr_array_add(carry->carried, carried);
}

static bool
carry_rendered(Carry *carry, const FaRendered *rendered, GError **error)
{
    g_autoptr(GBytes) base = NULL, current = NULL, content = NULL;
    g_autofree char *backup = NULL;
    FaEditOutcome outcome;
    mode_t mode = rendered->is_private ? 0600 : 0644;

    if (carry->old != NULL && (!read_file(carry->old, RENDERED, rendered->path, &base, error) ||
                               !read_file(carry->old, "", rendered->path, &current, error)))
        return false;
    FaEditFile file = {rendered->path, base, current, rendered->content, rendered->is_private};
    if (!fa_edits_decide(carry->edits, &file, &outcome, &content, error))
        return false;
    if (outcome == FA_EDIT_BACKED_UP && !back_up(carry, rendered->path, current, &backup, error))
        return false;
    if (rendered->is_executable)
        mode |= rendered->is_private ? 0100 : 0111;
    note(carry, rendered->path, outcome, g_steal_pointer(&backup));
    return write_file(carry->etc, RENDERED, rendered->path, rendered->content, 0600, error) &&
           write_file(carry->etc, "", rendered->path, content, mode, error);
}

/* Adds the paths below @directory/@path of all that is no directory, but for .rendered/. */
static bool
list_paths(const char *directory, const char *path, unsigned depth, GPtrArray *paths,
           GError **error)
{
    g_autofree char *full = g_build_filename(directory, path, NULL);
    g_auto(GStrv) names = fa_fs_list(full, error);

    if (names == NULL)
        return false;
    if (depth > FA_CARRY_DEPTH_MAX)
        return fa_fail(error, FA_ERROR_FAILED, "'%s' is too deep", full);
    for (char **name = names; *name != NULL; name++) {
        g_autofree char *below =
            path[0] != '\0' ? g_build_filename(path, *name, NULL) : g_strdup(*name);
        g_autofree char *whole = g_build_filename(directory, below, NULL);
        struct stat status;
        if (strcmp(below, RENDERED) == 0)
            continue;
        if (lstat(whole, &status) < 0)
            return fa_fail_errno(error, errno, "cannot look at '%s'", whole);
        if (S_ISDIR(status.st_mode)) {
            if (!list_paths(directory, below, depth + 1, paths, error))
                return false;
            continue;
        }
        if (paths->len >= FA_CARRY_FILES_MAX)
            return fa_fail(error, FA_ERROR_FAILED, "'%s' holds more than %d files", directory,
                           FA_CARRY_FILES_MAX);
        g_ptr_array_add(paths, g_steal_pointer(&below));
    }
    return true;
}

static bool
copy(const char *from, const char *to, GError **error)
{
    g_autofree char *parent = g_path_get_dirname(to);
    struct stat status;

    if (!fa_fs_make_directory(parent, 0755, error))
        return false;
    if (lstat(from, &status) < 0)
        return fa_fail_errno(error, errno, "cannot look at '%s'", from);
    if (!S_ISLNK(status.st_mode))
        return fa_fs_copy_file(from, to, error);
    g_autofree char *target = fa_fs_read_symlink(from, error);
    return target != NULL && fa_fs_switch_symlink(to, target, error);
}

/* A file or link that is not rendered: a person's own, or one that was rendered before. */
static bool
carry_other(Carry *carry, const char *path, GError **error)
{
    g_autofree char *from = g_build_filename(carry->old, path, NULL);
    g_autofree char *to = g_build_filename(carry->etc, path, NULL);
    g_autoptr(GBytes) base = NULL, current = NULL;
    char *backup = NULL;

    if (!read_file(carry->old, RENDERED, path, &base, error))
        return false;
    if (base == NULL) {
        note(carry, path, FA_EDIT_KEPT, NULL);
        return copy(from, to, error);
    }
    if (!read_file(carry->old, "", path, &current, error))
        return false;
    if (current == NULL || g_bytes_equal(base, current))
        return true;
    if (!back_up(carry, path, current, &backup, error))
        return false;
    note(carry, path, FA_EDIT_BACKED_UP, backup);
    return true;
}

bool
fa_carry(const char *old, const char *etc, const GPtrArray *files, FaEdits *edits,
         GPtrArray **ret_carried, GError **error)
{
    g_autoptr(GPtrArray) carried = g_ptr_array_new_with_free_func((GDestroyNotify)fa_carried_free);
    g_autoptr(GHashTable) rendered = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
    Carry carry = {old, etc, edits, carried, rendered};

    for (guint i = 0; i < files->len; i++) {
        const FaRendered *file = g_ptr_array_index(files, i);
        if (!fa_text_is_relative_path(file->path) || g_str_has_prefix(file->path, RENDERED))
            return fa_fail(error, FA_ERROR_CONFIG, "'%s' is no path below etc/", file->path);
        if (!g_hash_table_add(rendered, file->path))
            return fa_fail(error, FA_ERROR_CONFIG, "'etc/%s' is rendered twice", file->path);
    }
    for (guint i = 0; i < files->len; i++)
        if (!carry_rendered(&carry, g_ptr_array_index(files, i), error))
            return false;
    if (old != NULL && !list_paths(old, "", 0, paths, error))
        return false;
    for (guint i = 0; i < paths->len; i++)
        if (!g_hash_table_contains(rendered, g_ptr_array_index(paths, i)) &&
            !carry_other(&carry, g_ptr_array_index(paths, i), error))
            return false;
    *ret_carried = g_steal_pointer(&carried);
    return true;
}

static bool
is_in_both(const char *before, const char *after, const char *path, bool *ret_is, GError **error)
{
    g_autoptr(GBytes) old = NULL, fresh = NULL;
    if (!read_file(before, "", path, &old, error) || !read_file(after, "", path, &fresh, error))
        return false;
    *ret_is = old != NULL && fresh != NULL && g_bytes_equal(old, fresh);
    return true;
}

/* (transfer full) (nullable) Also when there is no such folder: then nothing is below it. */
static GPtrArray *
list_folder(const char *etc, const char *folder, GError **error)
{
    g_autofree char *full = g_build_filename(etc, folder, NULL);
    g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
    if (fa_fs_is_directory(full) && !list_paths(etc, folder, 0, paths, error))
        return NULL;
    return g_steal_pointer(&paths);
}

bool
fa_carry_compare(const char *before, const char *after, const char *folder, bool *ret_is_other,
                 GError **error)
{
    g_autoptr(GPtrArray) old = list_folder(before, folder, error);
    g_autoptr(GPtrArray) fresh = old != NULL ? list_folder(after, folder, error) : NULL;
    if (fresh == NULL)
        return false;
    bool is_same = old->len == fresh->len;
    for (guint i = 0; is_same && i < fresh->len; i++) {
        if (!is_in_both(before, after, g_ptr_array_index(fresh, i), &is_same, error))
            return false;
    }
    *ret_is_other = !is_same;
    return true;
}

GPtrArray *
fa_carry_list_edited(const char *etc, GError **error)
{
    g_autofree char *rendered = g_build_filename(etc, RENDERED, NULL);
    g_autoptr(GPtrArray) now = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) before = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) edited = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GHashTable) known = g_hash_table_new(g_str_hash, g_str_equal);

    if (!list_paths(etc, "", 0, now, error) ||
        (fa_fs_exists(rendered) && !list_paths(rendered, "", 0, before, error)))
        return NULL;
    for (guint i = 0; i < before->len; i++) {
        char *path = g_ptr_array_index(before, i);
        g_autoptr(GBytes) base = NULL, current = NULL;
        g_hash_table_add(known, path);
        if (!read_file(etc, RENDERED, path, &base, error) ||
            !read_file(etc, "", path, &current, error))
            return NULL;
        if (base == NULL || current == NULL || !g_bytes_equal(base, current))
            g_ptr_array_add(edited, g_strdup(path));
    }
    for (guint i = 0; i < now->len; i++)
        if (!g_hash_table_contains(known, g_ptr_array_index(now, i)))
            g_ptr_array_add(edited, g_strdup(g_ptr_array_index(now, i)));
    return g_steal_pointer(&edited);
}
