#include "app/doctor.h"

#include <errno.h>
#include <langinfo.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/error.h"
#include "base/text.h"
#include "build/sandbox.h"
#include "sys/spawn.h"

/* With less than this a build is likely to end on a full disk. */
#define SPACE_MIN (1024ull * 1024 * 1024)

static const char *const programs[] = {"git", "svn", "patch", "tar", "sh", NULL};

/* @help NULL: all is well. */
static void
add(JsonArray *checks, const char *name, const char *message, const char *help)
{
    JsonObject *check = json_object_new();
    json_object_set_string_member(check, "name", name);
    json_object_set_boolean_member(check, "is-well", help == NULL);
    json_object_set_string_member(check, "message", message);
    if (help != NULL)
        json_object_set_string_member(check, "help", help);
    else
        json_object_set_null_member(check, "help");
    json_array_add_object_element(checks, check);
}

static void
check_sandbox(JsonArray *checks)
{
    g_autoptr(GError) error = NULL;
    if (fa_sandbox_probe(NULL, &error)) {
        add(checks, "sandbox", "build steps run in a sandbox", NULL);
        return;
    }
    g_auto(GStrv) parts = g_strsplit(error->message, "\nhelp: ", 2);
    add(checks, "sandbox", parts[0],
        parts[1] != NULL ? parts[1] : "'--sandbox=none' builds without protection");
}

static void
check_programs(JsonArray *checks)
{
    for (const char *const *program = programs; *program != NULL; program++) {
        g_autofree char *path = fa_spawn_find(*program, NULL);
        g_autofree char *cure = g_strdup_printf("install '%s'", *program);
        add(checks, *program, path != NULL ? path : "not found", path != NULL ? NULL : cure);
    }
}

/* (transfer full) The nearest folder above a home that is not there yet. */
static char *
find_existing(const char *path)
{
    char *found = g_strdup(path);
    while (access(found, F_OK) != 0 && strcmp(found, "/") != 0) {
        char *parent = g_path_get_dirname(found);
        g_free(found);
        found = parent;
    }
    return found;
}

static void
check_home(JsonArray *checks, const char *home)
{
    g_autofree char *place = find_existing(home);
    struct statvfs space;

    if (access(place, W_OK | X_OK) != 0) {
        g_autofree char *message = g_strdup_printf("'%s': %s", place, g_strerror(errno));
        add(checks, "home", message, "work as its owner, or choose another with --home");
        return;
    }
    if (statvfs(place, &space) != 0) {
        add(checks, "home", g_strerror(errno), "look at the file system");
        return;
    }
    uint64_t available = (uint64_t)space.f_bavail * space.f_frsize;
    g_autofree char *size = fa_text_format_size(available);
    g_autofree char *message = g_strdup_printf("'%s', %s free", home, size);
    add(checks, "home", message,
        available < SPACE_MIN ? "make room: 'fassembler gc -n' says what would go" : NULL);
}

static void
check_locale(JsonArray *checks)
{
    const char *codeset = nl_langinfo(CODESET);
    bool is_well = strcmp(codeset, "UTF-8") == 0;
    add(checks, "locale", codeset, is_well ? NULL : "export LC_ALL=C.UTF-8");
}

JsonObject *
fa_doctor(const char *home)
{
    JsonObject *report = json_object_new();
    JsonArray *checks = json_array_new();
    bool is_well = true;

    check_sandbox(checks);
    check_programs(checks);
    if (home != NULL)
        check_home(checks, home);
    check_locale(checks);
    for (guint i = 0; i < json_array_get_length(checks); i++)
        is_well =
            is_well && fa_json_get_bool(json_array_get_object_element(checks, i), "is-well", false);
    json_object_set_boolean_member(report, "is-well", is_well);
    json_object_set_array_member(report, "checks", checks);
    return report;
}
