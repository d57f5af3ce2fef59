#include "site/render.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/text.h"
#include "site/carry.h"
#include "sys/fs.h"

typedef struct Render {
    const char *product_directory;
    const FaScope *scope;
    const FaSecrets *secrets;
    FaDiags *diags;
    GPtrArray *files;
    unsigned count;
} Render;

/* @path begins with etc/; what is rendered is named without it. */
static bool
render_file(Render *render, const char *path, bool is_executable, GError **error)
{
    g_autofree char *full = g_build_filename(render->product_directory, path, NULL);
    g_autofree char *text = NULL;
    size_t length;

    if (++render->count > FA_RENDER_FILES_MAX)
        return fa_fail(error, FA_ERROR_CONFIG, "'%s' is one of more than %d files", path,
                       FA_RENDER_FILES_MAX);
    if (!fa_fs_read(full, FA_RENDER_FILE_MAX, &text, &length, error))
        return false;
    if (memchr(text, '\0', length) == NULL) {
        FaPlace place = {.file = g_intern_string(path), .line = 1, .column = 1};
        fa_diags_add_text(render->diags, place.file, text, length);
        char *result = fa_template_expand(text, &place, render->scope, render->diags);
        if (result == NULL)
            return true;
        g_free(text);
        text = result;
        length = strlen(text);
    }
    bool is_private = fa_secrets_is_in(render->secrets, text, length);
    GBytes *content = g_bytes_new_take(g_steal_pointer(&text), length);
    g_ptr_array_add(render->files,
                    fa_rendered_new(path + strlen("etc/"), content, is_private, is_executable));
    return true;
}

static bool
render_directory(Render *render, const char *path, unsigned depth, GError **error)
{
    g_autofree char *full = g_build_filename(render->product_directory, path, NULL);
    g_auto(GStrv) names = fa_fs_list(full, error);

    if (names == NULL)
        return false;
    if (depth > FA_RENDER_DEPTH_MAX)
        return fa_fail(error, FA_ERROR_CONFIG, "'%s' is too deep", path);
    for (char **name = names; *name != NULL; name++) {
        g_autofree char *below = g_build_filename(path, *name, NULL);
        g_autofree char *whole = g_build_filename(render->product_directory, below, NULL);
        g_autofree char *shown = fa_text_sanitize(below, strlen(below));
        struct stat status;
        if (!fa_text_is_relative_path(below) || strcmp(shown, below) != 0)
            return fa_fail(error, FA_ERROR_CONFIG, "'%s' has a name with control characters",
                           shown);
        if (lstat(whole, &status) < 0)
            return fa_fail_errno(error, errno, "cannot look at '%s'", below);
        if (!S_ISDIR(status.st_mode) && !S_ISREG(status.st_mode))
            return fa_fail(error, FA_ERROR_CONFIG, "'%s' is neither a file nor a directory", below);
        bool done = S_ISDIR(status.st_mode)
                        ? render_directory(render, below, depth + 1, error)
                        : render_file(render, below, (status.st_mode & 0100) != 0, error);
        if (!done)
            return false;
    }
    return true;
}

bool
fa_render_component(const char *product_directory, const char *component, const FaScope *scope,
                    const FaSecrets *secrets, FaDiags *diags, GPtrArray *files, GError **error)
{
    g_autoptr(FaScope) full = fa_scope_copy(scope);
    Render render = {product_directory, full, secrets, diags, files, 0};
    g_autofree char *path = g_build_filename("etc", component, NULL);
    g_autofree char *directory = g_build_filename(product_directory, path, NULL);

    if (!fa_text_is_name(component))
        return fa_fail(error, FA_ERROR_CONFIG, "'%s' is no name of a component", component);
    if (!fa_fs_exists(directory))
        return true;
    fa_secrets_fill(secrets, full);
    return render_directory(&render, path, 0, error);
}
