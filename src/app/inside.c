#include "app/inside.h"

#include <string.h>

#include "app/names.h"
#include "base/error.h"
#include "base/text.h"
#include "site/slot.h"
#include "sys/fs.h"
#include "sys/spawn.h"

#define LOG_SUFFIX ".log"

static char **
make_variables(const FaLayout *layout, const FaChoice *choice)
{
    const char *path = g_getenv("PATH");
    g_autofree char *whole =
        g_strdup_printf("%s:%s", layout->bin, path != NULL ? path : "/usr/bin:/bin");
    g_autofree char *name = g_strdup_printf("%s.%s", choice->environment->name, choice->site->name);
    g_autofree char *etc = g_build_filename(layout->current, "etc", NULL);
    char **variables = g_get_environ();

    variables = g_environ_setenv(variables, "PATH", whole, TRUE);
    variables = g_environ_setenv(variables, "FASSEMBLER_ENVIRONMENT", name, TRUE);
    variables = g_environ_setenv(variables, "FASSEMBLER_HOME", layout->home, TRUE);
    variables = g_environ_setenv(variables, "etc", etc, TRUE);
    variables = g_environ_setenv(variables, "var", layout->data, TRUE);
    variables = g_environ_setenv(variables, "run", layout->run, TRUE);
    return g_environ_setenv(variables, "log", layout->log, TRUE);
}

static bool
check_composed(const FaLayout *layout, const FaChoice *choice, GError **error)
{
    return fa_fs_exists(layout->current) ||
           fa_fail(error, FA_ERROR_NOT_FOUND,
                   "%s.%s was not composed yet\nhelp: 'fassembler up %s.%s' does it",
                   choice->environment->name, choice->site->name, choice->environment->name,
                   choice->site->name);
}

bool
fa_inside_run(const FaContext *context, const FaChoice *choice, const char *const *argv,
              FaCancel *cancel, int *ret_status, GError **error)
{
    g_autoptr(FaLayout) layout = fa_names_layout(context, choice, error);
    if (layout == NULL || !check_composed(layout, choice, error))
        return false;

    g_auto(GStrv) variables = make_variables(layout, choice);
    FaSpawn spawn = {.argv = argv,
                     .environment = (const char *const *)variables,
                     .directory = layout->directory,
                     .inherit_tty = true,
                     .cancel = cancel};
    g_auto(FaSpawnResult) result = {0};
    if (!fa_spawn_run(&spawn, &result, error))
        return false;
    *ret_status = result.status;
    return true;
}

char **
fa_inside_list_logs(const FaContext *context, const FaChoice *choice)
{
    g_autoptr(GStrvBuilder) names = g_strv_builder_new();
    g_autoptr(FaLayout) layout = fa_names_layout(context, choice, NULL);
    g_auto(GStrv) files = layout != NULL ? fa_fs_list(layout->log, NULL) : NULL;
    for (char **file = files; file != NULL && *file != NULL; file++) {
        if (!g_str_has_suffix(*file, LOG_SUFFIX))
            continue;
        g_autofree char *name = g_strndup(*file, strlen(*file) - strlen(LOG_SUFFIX));
        g_strv_builder_add(names, name);
    }
    return g_strv_builder_end(names);
}

char *
fa_inside_log(const FaContext *context, const FaChoice *choice, const char *process, GError **error)
{
    g_autoptr(FaLayout) layout = fa_names_layout(context, choice, error);
    if (layout == NULL || !check_composed(layout, choice, error))
        return NULL;

    g_auto(GStrv) names = fa_inside_list_logs(context, choice);
    g_autofree char *found = fa_slot_find_process(layout, process);
    if (g_strv_contains((const char *const *)names, found)) {
        g_autofree char *file = g_strconcat(found, LOG_SUFFIX, NULL);
        return g_build_filename(layout->log, file, NULL);
    }
    const char *nearest = fa_text_nearest(process, (const char *const *)names);
    g_autofree char *all = g_strjoinv(", ", names);
    if (nearest != NULL)
        fa_fail(error, FA_ERROR_NOT_FOUND, "no log of '%s'\nhelp: did you mean '%s'?", process,
                nearest);
    else
        fa_fail(error, FA_ERROR_NOT_FOUND, "no log of '%s'\nhelp: one of %s", process, all);
    return NULL;
}

char *
fa_inside_path(const FaContext *context, const FaChoice *choice, const char *component,
               GError **error)
{
    g_autoptr(FaLayout) layout = fa_names_layout(context, choice, error);
    if (layout == NULL || !check_composed(layout, choice, error))
        return NULL;
    if (component == NULL)
        return g_strdup(layout->directory);

    if (fa_context_find_component(context, component, error) == NULL)
        return NULL;
    g_autofree char *link = g_build_filename(layout->current, component, NULL);
    return fa_fs_read_symlink(link, error);
}
