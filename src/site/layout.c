#include "site/layout.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/error.h"
#include "base/text.h"
#include "sys/fs.h"

#define SHORT_NAME_DIGITS 12

/* One name per environment and user, the same at every call. */
static char *
short_directory(const char *parent, const char *directory)
{
    char hex[FA_DIGEST_HEX_SIZE];
    FaDigest digest;

    fa_digest_of_bytes(directory, strlen(directory), &digest);
    fa_digest_to_hex(&digest, hex);
    return g_strdup_printf("%s/fassembler-%u-%.*s", parent, (unsigned)geteuid(), SHORT_NAME_DIGITS,
                           hex);
}

static bool
check_names(const char *home, const char *site, const char *environment, GError **error)
{
    if (!g_path_is_absolute(home))
        return fa_fail(error, FA_ERROR_CONFIG, "the home '%s' is not an absolute path", home);
    if (!fa_text_is_name(site))
        return fa_fail(error, FA_ERROR_CONFIG, "'%s' is no name of a site", site);
    if (!fa_text_is_name(environment))
        return fa_fail(error, FA_ERROR_CONFIG, "'%s' is no name of an environment", environment);
    return true;
}

FaLayout *
fa_layout_new(const char *home, const char *site, const char *environment, const char *short_parent,
              GError **error)
{
    if (!check_names(home, site, environment, error))
        return NULL;

    FaLayout *layout = g_new0(FaLayout, 1);
    layout->home = fa_fs_absolute(home);
    layout->site = g_strdup(site);
    layout->environment = g_strdup(environment);
    layout->directory = g_build_filename(layout->home, "sites", site, environment, NULL);
    layout->builds = g_build_filename(layout->directory, "builds", NULL);
    layout->current = g_build_filename(layout->directory, "current", NULL);
    layout->bin = g_build_filename(layout->directory, "bin", NULL);
    layout->var = g_build_filename(layout->directory, "var", NULL);
    layout->log = g_build_filename(layout->var, "log", NULL);
    layout->data = g_build_filename(layout->var, "data", NULL);
    layout->secrets = g_build_filename(layout->var, "secrets", NULL);
    layout->admin = g_build_filename(layout->var, "admin.txt", NULL);
    layout->run = g_build_filename(layout->var, "run", NULL);
    if (strlen(layout->run) + 1 + FA_LAYOUT_SOCKET_NAME_MAX > FA_LAYOUT_SOCKET_PATH_MAX) {
        g_free(layout->run);
        layout->run = short_directory(short_parent, layout->directory);
    }
    return layout;
}

void
fa_layout_free(FaLayout *layout)
{
    if (layout == NULL)
        return;
    g_free(layout->home);
    g_free(layout->site);
    g_free(layout->environment);
    g_free(layout->directory);
    g_free(layout->builds);
    g_free(layout->current);
    g_free(layout->bin);
    g_free(layout->var);
    g_free(layout->log);
    g_free(layout->data);
    g_free(layout->secrets);
    g_free(layout->admin);
    g_free(layout->run);
    g_free(layout);
}

/* Anybody can make names in a shared parent: what is there counts only when it is a directory, ours and closed. */
static bool
make_short_directory(const char *path, GError **error)
{
    struct stat status;

    if (mkdir(path, 0700) < 0 && errno != EEXIST)
        return fa_fail_errno(error, errno, "cannot make '%s'", path);
    if (lstat(path, &status) < 0)
        return fa_fail_errno(error, errno, "cannot look at '%s'", path);
    if (!S_ISDIR(status.st_mode) || status.st_uid != geteuid() || (status.st_mode & 077) != 0)
        return fa_fail(
            error, FA_ERROR_DENIED,
            "'%s' is not a directory of ours alone\nhelp: remove it, or use a home with a "
            "shorter path",
            path);
    return true;
}

static bool
link_to(const char *path, const char *target, GError **error)
{
    if (fa_fs_exists(path)) {
        g_autofree char *old = fa_fs_read_symlink(path, NULL);
        if (g_strcmp0(old, target) == 0)
            return true;
        if (old == NULL)
            return fa_fail(error, FA_ERROR_CONFLICT,
                           "'%s' is in the way: it has to be a link to '%s'", path, target);
    }
    return fa_fs_switch_symlink(path, target, error);
}

static bool
make_run(const FaLayout *layout, GError **error)
{
    g_autofree char *run = g_build_filename(layout->var, "run", NULL);

    if (strcmp(run, layout->run) == 0)
        return fa_fs_make_directory(run, 0700, error);
    return make_short_directory(layout->run, error) && link_to(run, layout->run, error);
}

bool
fa_layout_make(const FaLayout *layout, GError **error)
{
    return fa_fs_make_directory(layout->builds, 0755, error) &&
           fa_fs_make_directory(layout->var, 0755, error) &&
           fa_fs_make_directory(layout->log, 0750, error) &&
           fa_fs_make_directory(layout->data, 0750, error) &&
           fa_fs_make_directory(layout->secrets, 0700, error) && make_run(layout, error) &&
           link_to(layout->bin, "current/bin", error);
}

void
fa_build_name_free(FaBuildName *name)
{
    if (name == NULL)
        return;
    g_free(name->name);
    g_free(name->release);
    g_free(name);
}

/* (nullable) NULL for names that are no build's: those being made begin with a dot. */
static FaBuildName *
parse_name(const char *text)
{
    const char *dash = strrchr(text, '-');
    unsigned number;

    if (dash == NULL || !fa_parse_uint(dash + 1, 1, UINT_MAX, &number))
        return NULL;
    g_autofree char *release = g_strndup(text, (size_t)(dash - text));
    if (!fa_text_is_version(release))
        return NULL;

    FaBuildName *name = g_new0(FaBuildName, 1);
    name->name = g_strdup(text);
    name->release = g_steal_pointer(&release);
    name->number = number;
    return name;
}

static gint
compare_names(gconstpointer a, gconstpointer b)
{
    const FaBuildName *x = *(const FaBuildName *const *)a;
    const FaBuildName *y = *(const FaBuildName *const *)b;

    if (x->number != y->number)
        return x->number < y->number ? -1 : 1;
    return strcmp(x->name, y->name);
}

bool
fa_layout_get_current(const FaLayout *layout, char **ret_name, GError **error)
{
    if (!fa_fs_exists(layout->current)) {
        *ret_name = NULL;
        return true;
    }
    g_autofree char *target = fa_fs_read_symlink(layout->current, error);
    if (target == NULL)
        return false;
    *ret_name = g_path_get_basename(target);
    return true;
}

GPtrArray *
fa_layout_list_builds(const FaLayout *layout, GError **error)
{
    g_autoptr(GPtrArray) builds =
        g_ptr_array_new_with_free_func((GDestroyNotify)fa_build_name_free);
    g_autofree char *current = NULL;

    if (!fa_fs_exists(layout->builds))
        return g_steal_pointer(&builds);
    if (!fa_layout_get_current(layout, &current, error))
        return NULL;
    g_auto(GStrv) names = fa_fs_list(layout->builds, error);
    if (names == NULL)
        return NULL;
    for (char **at = names; *at != NULL; at++) {
        FaBuildName *name = parse_name(*at);
        if (name == NULL)
            continue;
        name->is_current = g_strcmp0(name->name, current) == 0;
        g_ptr_array_add(builds, name);
    }
    g_ptr_array_sort(builds, compare_names);
    return g_steal_pointer(&builds);
}

char *
fa_layout_next_build(const FaLayout *layout, const char *release, GError **error)
{
    if (!fa_text_is_version(release)) {
        fa_fail(error, FA_ERROR_CONFIG, "'%s' is no name of a release", release);
        return NULL;
    }
    g_autoptr(GPtrArray) builds = fa_layout_list_builds(layout, error);
    if (builds == NULL)
        return NULL;
    const FaBuildName *last = builds->len > 0 ? g_ptr_array_index(builds, builds->len - 1) : NULL;
    return g_strdup_printf("%s-%u", release, last != NULL ? last->number + 1 : 1);
}

GPtrArray *
fa_layout_builds_to_drop(const GPtrArray *builds, unsigned keep, const char *const *in_use)
{
    GPtrArray *names = g_ptr_array_new();

    for (guint i = 0; i + keep < builds->len; i++) {
        const FaBuildName *build = g_ptr_array_index(builds, i);
        if (!build->is_current && (in_use == NULL || !g_strv_contains(in_use, build->name)))
            g_ptr_array_add(names, build->name);
    }
    return names;
}
