#include "app/save.h"

#include <string.h>
#include <sys/stat.h>

#include "app/explain.h"
#include "base/error.h"
#include "config/save.h"
#include "config/yaml.h"
#include "sys/fs.h"

#define MODE_NEW 0644

/* (transfer full) What is there, "" for no file. */
static bool
read_file(const char *path, char **ret_text, size_t *ret_length, mode_t *ret_mode, GError **error)
{
    struct stat status;
    *ret_mode = stat(path, &status) == 0 ? status.st_mode & 07777 : MODE_NEW;
    if (fa_fs_exists(path))
        return fa_fs_read(path, FA_YAML_SIZE_MAX, ret_text, ret_length, error);
    *ret_text = g_strdup("");
    *ret_length = 0;
    return true;
}

/* Replaces *@text by what it is with one more value. */
static bool
save_one(const char *file, char **text, size_t *length, const FaChoice *choice,
         const char *assignment, GError **error)
{
    const char *equals = strchr(assignment, '=');
    g_autofree char *left = g_strndup(assignment, (gsize)(equals - assignment));
    char *dot = strchr(left, '.');
    if (dot != NULL)
        *dot = '\0';
    const char *const path[] = {"environments",           choice->environment->name,    "settings",
                                dot != NULL ? left : "*", dot != NULL ? dot + 1 : left, NULL};
    char *changed = NULL;
    if (!fa_config_save(file, *text, *length, path, equals + 1, &changed, error))
        return false;
    g_free(*text);
    *text = changed;
    *length = strlen(changed);
    return true;
}

bool
fa_save_values(FaContext *context, const FaChoice *choice, const char *const *assignments,
               bool dry_run, char **ret_file, GError **error)
{
    const FaInstance instance = {0};
    g_autoptr(FaValues) values = fa_explain_values(context, choice, assignments, &instance, error);
    if (values == NULL)
        return false;
    if (*assignments == NULL)
        return fa_fail(error, FA_ERROR_USAGE,
                       "there is no value to save\nhelp: write component.setting=value");

    g_autofree char *file = g_strdup_printf("sites/%s.yaml", choice->site->name);
    g_autofree char *path =
        g_build_filename(fa_context_get_product(context)->directory, file, NULL);
    g_autofree char *text = NULL;
    size_t length;
    mode_t mode;
    if (!read_file(path, &text, &length, &mode, error))
        return false;
    for (; *assignments != NULL; assignments++) {
        if (!save_one(file, &text, &length, choice, *assignments, error))
            return false;
    }
    g_autofree char *folder = g_path_get_dirname(path);
    if (!dry_run && (!fa_fs_make_directory(folder, 0755, error) ||
                     !fa_fs_write(path, text, length, mode, FA_WRITE_SYNC, error)))
        return false;
    *ret_file = g_steal_pointer(&file);
    return true;
}
