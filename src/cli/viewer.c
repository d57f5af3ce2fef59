#include "cli/viewer.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "sys/fs.h"
#include "sys/spawn.h"

#define SHOWN_MAX  ((size_t)64 << 20)
#define EDITED_MAX ((size_t)16 << 20)

/* (transfer full) (nullable) The words of the first of @variables that is set, else the first of @programs that is there.
 */
static char **
find_program(const char *const *variables, const char *const *programs)
{
    for (; *variables != NULL; variables++) {
        const char *value = g_getenv(*variables);
        char **words = NULL;
        if (value != NULL && g_shell_parse_argv(value, NULL, &words, NULL))
            return words;
    }
    for (; *programs != NULL; programs++) {
        g_autofree char *path = fa_spawn_find(*programs, NULL);
        if (path != NULL)
            return g_strdupv((char *[]){path, NULL});
    }
    return NULL;
}

static bool
run_on(char **program, const char *path, GError **error)
{
    g_autoptr(GPtrArray) argv = g_ptr_array_new();
    g_auto(FaSpawnResult) result = {0};

    for (char **word = program; *word != NULL; word++)
        g_ptr_array_add(argv, *word);
    g_ptr_array_add(argv, (char *)path);
    g_ptr_array_add(argv, NULL);
    const FaSpawn spawn = {.argv = (const char *const *)argv->pdata, .inherit_tty = true};
    if (!fa_spawn_run(&spawn, &result, error))
        return false;
    return result.status == 0 ||
           fa_fail(error, FA_ERROR_FAILED, "'%s' ended with status %d", program[0], result.status);
}

bool
fa_viewer_show_file(const char *path, GError **error)
{
    static const char *const variables[] = {"PAGER", NULL};
    static const char *const programs[] = {"less", NULL};
    g_auto(GStrv) program = find_program(variables, programs);
    g_autofree char *text = NULL;
    size_t length = 0;

    if (program != NULL)
        return run_on(program, path, error);
    if (!fa_fs_read(path, SHOWN_MAX, &text, &length, error))
        return false;
    g_autofree char *clean = fa_text_sanitize(text, length);
    fputs(clean, stderr);
    return true;
}

static char *
edit_in(const char *directory, const char *name, const char *text, GError **error)
{
    static const char *const variables[] = {"VISUAL", "EDITOR", NULL};
    static const char *const programs[] = {"sensible-editor", "editor", "vi", "nano", NULL};
    g_auto(GStrv) program = find_program(variables, programs);
    g_autofree char *base = g_path_get_basename(name);
    g_autofree char *path = g_build_filename(directory, base, NULL);
    char *edited = NULL;
    size_t length = 0;

    if (program == NULL) {
        fa_fail(error, FA_ERROR_NOT_FOUND, "there is no editor\nhelp: name yours in EDITOR");
        return NULL;
    }
    if (!fa_fs_write(path, text, strlen(text), 0600, FA_WRITE_NONE, error) ||
        !run_on(program, path, error) || !fa_fs_read(path, EDITED_MAX, &edited, &length, error))
        return NULL;
    return edited;
}

char *
fa_viewer_edit(const char *name, const char *text, GError **error)
{
    g_autofree char *directory = fa_fs_make_temporary(g_get_tmp_dir(), "fassembler-", error);
    if (directory == NULL)
        return NULL;
    char *edited = edit_in(directory, name, text, error);
    fa_fs_remove_tree(directory, NULL);
    return edited;
}
