#include <stdio.h>
#include <string.h>

#include "site/compose.h"
#include "sys/fs.h"

/*
 * One environment below the working directory, for test-compose.sh: VERSION makes the build of VERSION and switches
 * to it; drop NAME removes a build.
 */
static bool
compose(const FaLayout *layout, FaSecrets *secrets, const char *version, GError **error)
{
    g_autofree char *out = g_strconcat("/store/front-", version, NULL);
    g_autofree char *text = g_strdup_printf("line\nversion %s\n", version);
    FaComposeComponent component = {.name = "front", .out = out};
    FaConfProcess process = {.name = "front", .command = "/bin/true"};
    g_autoptr(GPtrArray) components = g_ptr_array_new(), processes = g_ptr_array_new();
    g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func((GDestroyNotify)fa_rendered_free);
    g_autoptr(FaEdits) edits = fa_edits_new(FA_EDIT_ASK, NULL);
    g_auto(FaComposed) composed = {0};

    g_ptr_array_add(components, &component);
    g_ptr_array_add(processes, &process);
    g_ptr_array_add(
        files, fa_rendered_new("front/site.conf", g_bytes_new(text, strlen(text)), false, false));
    FaComposition composition = {.layout = layout,
                                 .release = version,
                                 .supervisord = "/bin/true",
                                 .supervisorctl = "/bin/true",
                                 .components = components,
                                 .processes = processes,
                                 .files = files,
                                 .secrets = secrets};
    return fa_compose(&composition, edits, &composed, error) &&
           fa_compose_switch(layout, composed.name, error);
}

static bool
run(int argc, char **argv, GError **error)
{
    g_autofree char *home = fa_fs_absolute("home");
    g_autofree char *parent = fa_fs_absolute(".");
    g_autoptr(FaLayout) layout = fa_layout_new(home, "openplans", "dev", parent, error);

    if (layout == NULL || !fa_layout_make(layout, error))
        return false;
    g_autoptr(FaSecrets) secrets = fa_secrets_open(layout->secrets, error);
    if (secrets == NULL || !fa_secrets_ensure(secrets, "db", error))
        return false;
    if (argc == 3)
        return fa_compose_drop(layout, argv[2], error);
    return compose(layout, secrets, argv[1], error);
}

int
main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;

    g_assert_cmpint(argc, >=, 2);
    if (run(argc, argv, &error))
        return 0;
    fprintf(stderr, "%s\n", error->message);
    return 1;
}
