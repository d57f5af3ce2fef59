#include "app/product-file.h"

#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "config/product.h"
#include "config/save.h"
#include "config/yaml.h"
#include "sys/fs.h"
#include "view/diags.h"

#define FILE_NAME "fassembler.yaml"
#define FILE_MODE 0644

/* What else belongs to the product is looked at where it is. */
static const char *const beside[] = {"components", "sites", NULL};

static bool
change(const FaProductChange *changes, size_t count, char **text, GError **error)
{
    for (size_t i = 0; i < count; i++) {
        char *next = NULL;
        if (!fa_config_save(FILE_NAME, *text, strlen(*text), changes[i].path, changes[i].value,
                            &next, error))
            return false;
        g_free(*text);
        *text = next;
    }
    return true;
}

static bool
load_copy(const char *room, const char *directory, const char *text, FaProduct **ret_product,
          GError **error)
{
    g_autofree char *copy = g_build_filename(room, FILE_NAME, NULL);
    g_autoptr(FaDiags) diags = fa_diags_new();
    if (!fa_fs_write(copy, text, strlen(text), FILE_MODE, FA_WRITE_NONE, error))
        return false;
    for (const char *const *name = beside; *name != NULL; name++) {
        g_autofree char *link = g_build_filename(room, *name, NULL);
        g_autofree char *target = g_build_filename(directory, *name, NULL);
        if (!fa_fs_switch_symlink(link, target, error))
            return false;
    }
    g_autoptr(FaProduct) product = fa_config_load_product(room, diags, error);
    if (product == NULL || !fa_diags_check(diags, error))
        return false;
    *ret_product = g_steal_pointer(&product);
    return true;
}

static bool
check(const char *directory, const char *text, FaProduct **ret_product, GError **error)
{
    g_autofree char *room = fa_fs_make_temporary(directory, ".fassembler-", error);
    if (room == NULL)
        return false;
    bool is_right = load_copy(room, directory, text, ret_product, error);
    g_autoptr(GError) ignored = NULL;
    fa_fs_remove_tree(room, &ignored);
    return is_right;
}

bool
fa_product_file_change(const FaContext *context, const FaProductChange *changes, size_t count,
                       bool dry_run, FaProduct **ret_product, GError **error)
{
    const char *directory = fa_context_get_product(context)->directory;
    g_autofree char *path = g_build_filename(directory, FILE_NAME, NULL);
    g_autofree char *text = NULL;
    g_autoptr(FaProduct) product = NULL;
    struct stat status;
    size_t length;
    if (!fa_fs_read(path, FA_YAML_SIZE_MAX, &text, &length, error) ||
        !change(changes, count, &text, error) || !check(directory, text, &product, error))
        return false;
    mode_t mode = stat(path, &status) == 0 ? status.st_mode & 07777 : FILE_MODE;
    if (!dry_run && !fa_fs_write(path, text, strlen(text), mode, FA_WRITE_SYNC, error))
        return false;
    *ret_product = g_steal_pointer(&product);
    return true;
}
