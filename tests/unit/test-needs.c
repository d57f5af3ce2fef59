#include "base/error.h"
#include "build/needs.h"
#include "sys/fs.h"

static const char *const status_text = "Package: nodejs\n"
                                       "Status: install ok installed\n"
                                       "Version: 18.20.4+dfsg-1~deb12u1\n"
                                       "Description: evented I/O\n"
                                       " Package: not-a-package\n"
                                       "\n"
                                       "Package: gone\n"
                                       "Status: deinstall ok config-files\n"
                                       "Version: 1.0\n"
                                       "\n"
                                       "Package: held\n"
                                       "Version: 2:3-4\n"
                                       "Status: hold ok installed\n";

static void
write_file(const char *directory, const char *name, const char *content)
{
    g_autofree char *path = g_build_filename(directory, name, NULL);
    g_autofree char *parent = g_path_get_dirname(path);
    g_autoptr(GError) error = NULL;

    fa_fs_make_directory(parent, 0755, &error);
    g_assert_no_error(error);
    fa_fs_write(path, content, strlen(content), 0755, FA_WRITE_NONE, &error);
    g_assert_no_error(error);
}

/* (transfer full) */
static FaPackages *
read_packages(const char *directory)
{
    g_autoptr(GError) error = NULL;
    FaPackages *packages = fa_packages_read(directory, &error);
    g_assert_no_error(error);
    return packages;
}

static void
test_versions(void)
{
    g_autofree char *directory = fa_fs_make_temporary(g_get_tmp_dir(), "fa-dpkg-", NULL);
    write_file(directory, "status", status_text);
    g_autoptr(FaPackages) packages = read_packages(directory);

    g_assert_cmpstr(fa_packages_get_version(packages, "nodejs"), ==, "18.20.4+dfsg-1~deb12u1");
    g_assert_cmpstr(fa_packages_get_version(packages, "held"), ==, "2:3-4");
    g_assert_null(fa_packages_get_version(packages, "gone"));
    g_assert_null(fa_packages_get_version(packages, "not-a-package"));
    fa_fs_remove_tree(directory, NULL);
}

static void
test_absent(void)
{
    g_autoptr(FaPackages) packages = read_packages("/nonexistent");
    g_assert_null(fa_packages_get_version(packages, "nodejs"));
    g_assert_null(fa_packages_find_owner(packages, "/usr/bin/node", NULL));
}

static void
test_owners(void)
{
    g_autofree char *directory = fa_fs_make_temporary(g_get_tmp_dir(), "fa-dpkg-", NULL);
    write_file(directory, "status", status_text);
    write_file(directory, "info/nodejs:amd64.list",
               "/.\n/usr\n/usr/bin\n/usr/bin/node-gyp\n/bin/node\n");
    write_file(directory, "info/held.list", "/usr/bin/held\n/usr/bin/grip\n");
    write_file(directory, "info/held.md5sums", "/usr/bin/other\n");
    g_autoptr(FaPackages) packages = read_packages(directory);

    g_assert_cmpstr(fa_packages_find_owner(packages, "/usr/bin/node", NULL), ==, "nodejs");
    g_assert_cmpstr(fa_packages_find_owner(packages, "/usr/bin/node-gyp", NULL), ==, "nodejs");
    g_autoptr(GPtrArray) likely = g_ptr_array_new();
    g_ptr_array_add(likely, (gpointer) "none");
    g_ptr_array_add(likely, (gpointer) "held");
    g_assert_cmpstr(fa_packages_find_owner(packages, "/usr/bin/grip", likely), ==, "held");
    g_assert_cmpstr(fa_packages_find_owner(packages, "/usr/bin/held", NULL), ==, "held");
    g_assert_null(fa_packages_find_owner(packages, "/usr/bin/other", NULL));
    g_assert_null(fa_packages_find_owner(packages, "/usr/bin/no", NULL));
    fa_fs_remove_tree(directory, NULL);
}

static void
test_identity(void)
{
    g_autofree char *directory = fa_fs_make_temporary(g_get_tmp_dir(), "fa-dpkg-", NULL);
    g_autofree char *own = g_build_filename(directory, "own", NULL);
    g_autofree char *link = g_build_filename(directory, "link", NULL);
    g_autofree char *list = g_strconcat(own, "\n", NULL);
    g_autofree char *before = NULL, *after = NULL, *owned = NULL;

    write_file(directory, "status", status_text);
    write_file(directory, "own", "#!/bin/sh\n");
    fa_fs_switch_symlink(link, "own", NULL);
    {
        g_autoptr(FaPackages) packages = read_packages(directory);
        before = fa_packages_identify(packages, link, NULL, NULL);
    }
    write_file(directory, "own", "#!/bin/sh\nexit\n");
    {
        g_autoptr(FaPackages) packages = read_packages(directory);
        after = fa_packages_identify(packages, link, NULL, NULL);
    }
    g_assert_cmpstr(before, !=, after);

    write_file(directory, "info/held.list", list);
    g_autoptr(FaPackages) packages = read_packages(directory);
    owned = fa_packages_identify(packages, link, NULL, NULL);
    g_assert_cmpstr(owned, ==, "held 2:3-4");
    fa_fs_remove_tree(directory, NULL);
}

static GPtrArray *
list_of(gpointer first, gpointer second)
{
    GPtrArray *list = g_ptr_array_new();
    if (first != NULL)
        g_ptr_array_add(list, first);
    if (second != NULL)
        g_ptr_array_add(list, second);
    return list;
}

static void
test_missing(void)
{
    g_autofree char *directory = fa_fs_make_temporary(g_get_tmp_dir(), "fa-dpkg-", NULL);
    const char *const shell[] = {"no-such-shell", "sh", NULL};
    const char *const absent[] = {"no-such-a", "no-such-b", NULL};
    g_autoptr(GPtrArray) none = list_of(NULL, NULL);
    g_autoptr(GPtrArray) shells = list_of((gpointer)shell, NULL);
    g_autoptr(GPtrArray) programs = list_of((gpointer)shell, (gpointer)absent);
    g_autoptr(GPtrArray) good = list_of((gpointer) "nodejs", NULL);
    g_autoptr(GPtrArray) bad = list_of((gpointer) "nodejs", (gpointer) "gone");
    FaRecipe web = {.name = (char *)"web", .programs = programs, .packages = bad};
    FaRecipe tasks = {.name = (char *)"tasks", .programs = none, .packages = bad};
    FaRecipe fine = {.name = (char *)"fine", .programs = shells, .packages = good};
    g_autoptr(GPtrArray) all = list_of(&web, &tasks);
    g_autoptr(GPtrArray) only = list_of(&fine, NULL);
    g_autoptr(GError) error = NULL;

    write_file(directory, "status", status_text);
    g_autoptr(FaPackages) packages = read_packages(directory);
    g_assert_true(fa_needs_check(only, packages, NULL));
    g_assert_false(fa_needs_check(all, packages, &error));
    g_assert_error(error, FA_ERROR, FA_ERROR_FAILED);
    g_assert_cmpstr(error->message, ==,
                    "not installed: package 'gone' for 'web', program 'no-such-a' or 'no-such-b' "
                    "for 'web', package 'gone' for 'tasks'\nhelp: apt-get install gone no-such-a");
    fa_fs_remove_tree(directory, NULL);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/needs/only-what-is-installed-has-a-version", test_versions);
    g_test_add_func("/needs/where-there-is-no-dpkg-nothing-is-installed", test_absent);
    g_test_add_func("/needs/a-file-belongs-to-the-package-that-lists-it", test_owners);
    g_test_add_func("/needs/a-program-is-its-package-or-its-content", test_identity);
    g_test_add_func("/needs/all-that-is-missing-is-told-with-the-line-that-cures-it", test_missing);
    return g_test_run();
}
