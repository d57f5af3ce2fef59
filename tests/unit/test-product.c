#include <string.h>

#include "base/error.h"
#include "config/product.h"
#include "domain/access.h"
#include "sys/fs.h"

static const char front[] = "summary: The front\nneeds: {components: [tasks]}\n"
                            "processes: {web: {command: nginx, after: ['tasks:web']}}\n";
static const char tasks[] = "summary: Tasks\nsettings: {workers: 2}\n"
                            "processes: {web: {command: node}}\n";
static const char product_text[] =
    "product: openplans\nversion: 1.0\ncomponents: [front, tasks]\n"
    "environments:\n  live: {host: www, track: release, ports: 0}\n"
    "  leapfrog: {host: leapfrog, track: live+fix, ports: 300, refresh: FREQ=DAILY}\n"
    "sites:\n  openplans: {domain: openplans.example, base-port: 8000}\n"
    "settings: {tasks: {workers: 3}}\ntrain: {timezone: UTC}\npolicy: {gates: {}}\n";
static const char site_text[] = "settings: {tasks: {workers: 4}}\n"
                                "environments: {live: {settings: {'*': {workers: 5}}}}\n";

typedef struct Folder {
    char *path;
    FaDiags *diags;
} Folder;

static void
folder_write(const Folder *folder, const char *name, const char *text)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = g_build_filename(folder->path, name, NULL);
    g_autofree char *parent = g_path_get_dirname(path);
    fa_fs_make_directory(parent, 0700, &error);
    g_assert_no_error(error);
    fa_fs_write(path, text, strlen(text), 0600, FA_WRITE_NONE, &error);
    g_assert_no_error(error);
}

static void
set_up(Folder *folder, gconstpointer data)
{
    folder->path = fa_fs_make_temporary(g_get_tmp_dir(), "product-", NULL);
    folder->diags = fa_diags_new();
    folder_write(folder, "fassembler.yaml", product_text);
    folder_write(folder, "components/front.yaml", front);
    folder_write(folder, "components/tasks.yaml", tasks);
    folder_write(folder, "sites/openplans.yaml", site_text);
}

static void
tear_down(Folder *folder, gconstpointer data)
{
    fa_fs_remove_tree(folder->path, NULL);
    g_free(folder->path);
    fa_diags_free(folder->diags);
}

static void
check_said(const Folder *folder, const char *const *lines)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(FaProduct) product = fa_config_load_product(folder->path, folder->diags, &error);
    g_assert_no_error(error);
    g_assert_nonnull(product);
    g_autofree char *said = fa_diags_format(folder->diags, false);
    for (size_t i = 0; lines[i] != NULL; i++) {
        if (strstr(said, lines[i]) == NULL)
            g_error("'%s' is not in:\n%s", lines[i], said);
    }
}

static void
test_whole(Folder *folder, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(FaProduct) product = fa_config_load_product(folder->path, folder->diags, &error);
    g_assert_no_error(error);
    g_autofree char *said = fa_diags_format(folder->diags, false);
    g_assert_cmpstr(said, ==, "");
    g_assert_cmpstr(product->name, ==, "openplans");
    g_assert_cmpstr(product->version, ==, "1.0");
    g_assert_cmpuint(product->components->len, ==, 2);
    g_assert_cmpint(fa_product_find_environment(product, "leapfrog")->track, ==, FA_TRACK_LIVE_FIX);
    const FaSiteSpec *site = fa_product_find_site(product, "openplans");
    g_assert_cmpuint(site->base_port, ==, 8000);
    g_assert_cmpuint(site->given->len, ==, 1);
    const GPtrArray *live = g_hash_table_lookup(site->environments, "live");
    const FaGiven *given = g_ptr_array_index(live, 0);
    g_assert_cmpstr(given->component, ==, "*");
    g_assert_cmpstr(given->value.place.file, ==, "sites/openplans.yaml");
}

static void
test_mistakes(Folder *folder, gconstpointer data)
{
    folder_write(folder, "fassembler.yaml",
                 "product: openplans\ncomponents: [front, task, front, tasks]\n"
                 "environments: {live: {host: www, track: relaese, ports: 50}}\ntrain: now\n");
    folder_write(folder, "components/front.yaml",
                 "summary: x\nneeds: {components: [tsk]}\nprot: 1\n");
    folder_write(folder, "components/tasks.yaml", "summary: : :\n");
    static const char *const lines[] = {
        "fassembler.yaml:1:1: error: 'product' must have the key 'sites'",
        "fassembler.yaml:2:21: error: there is no file 'components/task.yaml'\n",
        "help: did you mean 'tasks'?",
        "fassembler.yaml:2:27: error: 'front' is listed twice",
        "error: 'relaese' is not a value of 'track'",
        "error: 'ports' must be a multiple of 100, not '50'",
        "fassembler.yaml:4:8: error: 'train' must be a map, not a text",
        "components/front.yaml:3:1: error: 'recipe' has no key 'prot'",
        "components/front.yaml:2:22: error: there is no component 'tsk'",
        "components/tasks.yaml:1:",
        "sites/openplans.yaml: warning: there is no site 'openplans'",
        NULL,
    };
    check_said(folder, lines);
}

static void
test_strangers(Folder *folder, gconstpointer data)
{
    folder_write(folder, "components/front.yaml",
                 "summary: x\nprocesses:\n  web: {command: a, after: ['tasks:wbe']}\n");
    folder_write(folder, "components/tasks.yaml",
                 "summary: x\nsettings: {p: {default: 'secret:tasks', type: secret}}\ndatabases: "
                 "[{kind: mariadb, server: fornt, name: a, user: a, password: 'secret:tasks'}]\n"
                 "processes: {web: {command: a}}\n");
    folder_write(folder, "sites/openplans.yaml",
                 "environments: {lvie: {settings: {}}}\n"
                 "settings: {tasks: {p: 'secret:nobody'}}\n");
    static const char *const lines[] = {
        "components/front.yaml:3:3: error: 'after' names 'tasks:wbe', but 'tasks' has no process",
        "error: there is no component 'fornt'",
        "error: no component has a secret 'tasks'",
        "sites/openplans.yaml:1:16: error: there is no environment 'lvie'",
        "sites/openplans.yaml:2:24: error: no component has a secret 'nobody'",
        NULL,
    };
    check_said(folder, lines);
}

static void
test_people(Folder *folder, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *text = g_strconcat(
        product_text, "people:\n  ana: admin\n  ben.q: {'*': viewer, openplans: release-manager}\n",
        NULL);
    folder_write(folder, "fassembler.yaml", text);
    g_autoptr(FaProduct) product = fa_config_load_product(folder->path, folder->diags, &error);
    g_assert_no_error(error);
    g_assert_true(fa_diags_check(folder->diags, NULL));
    const FaGrant *grants = (const FaGrant *)(const void *)product->people->data;
    guint count = product->people->len;
    g_assert_cmpuint(count, ==, 3);
    g_assert_cmpint(fa_access_role(grants, count, "ana", "openplans"), ==, FA_ROLE_ADMIN);
    g_assert_cmpint(fa_access_role(grants, count, "ben.q", NULL), ==, FA_ROLE_VIEWER);
    g_assert_cmpint(fa_access_role(grants, count, "ben.q", "openplans"), ==,
                    FA_ROLE_RELEASE_MANAGER);
    g_assert_cmpint(fa_access_role(grants, count, "eve", "openplans"), ==, FA_ROLE_NONE);
}

static void
test_people_mistakes(Folder *folder, gconstpointer data)
{
    static const char *const lines[] = {
        "fassembler.yaml:13:8: error: 'develoepr' is not a value of 'role'",
        "did you mean 'developer'?",
        "fassembler.yaml:14:9: error: there is no site 'openplan'",
        "did you mean 'openplans'?",
        "fassembler.yaml:15:3: error: 'user 7' is not the name of a user",
        "fassembler.yaml:16:8: error: 'role' must be a text, not a list",
        "fassembler.yaml:17:8: error: 'none' is not a value of 'role'",
        NULL,
    };
    g_autofree char *text = g_strconcat(product_text,
                                        "people:\n  ana: develoepr\n  ben: {openplan: admin}\n"
                                        "  user 7: admin\n  cyd: [admin]\n  dee: none\n",
                                        NULL);
    folder_write(folder, "fassembler.yaml", text);
    check_said(folder, lines);
}

static void
test_nothing(Folder *folder, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *nowhere = g_build_filename(folder->path, "sites", NULL);
    g_autoptr(FaProduct) product = fa_config_load_product(nowhere, folder->diags, &error);
    g_assert_null(product);
    g_assert_true(fa_error_is(error, FA_ERROR_NOT_FOUND));
}

/* As many as the largest product is expected to have; how long it took is printed. */
static void
test_many(Folder *folder, gconstpointer data)
{
    g_autoptr(GString) text = g_string_new("product: p\ncomponents:\n");
    for (int i = 0; i < 500; i++) {
        g_autofree char *name = g_strdup_printf("components/c%d.yaml", i);
        g_string_append_printf(text, "  - c%d\n", i);
        folder_write(folder, name,
                     "summary: x\nsource: {directory: src}\nneeds: {programs: [python3]}\n"
                     "settings:\n  workers: {default: 2, help: \"Processes\"}\nbuild:\n"
                     "  - run: make PREFIX=$out install\n");
    }
    g_string_append(text, "environments: {live: {host: www, track: release, ports: 0}}\n"
                          "sites: {s: {domain: s.example, base-port: 8000}}\n");
    folder_write(folder, "fassembler.yaml", text->str);
    g_test_timer_start();
    g_autoptr(FaProduct) product = fa_config_load_product(folder->path, folder->diags, NULL);
    g_test_message("500 recipes in %.1f ms", g_test_timer_elapsed() * 1000);
    g_assert_cmpuint(fa_diags_count(folder->diags, FA_SEVERITY_ERROR), ==, 0);
    g_assert_cmpuint(product->components->len, ==, 500);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add("/product/a-folder-is-read-whole", Folder, NULL, set_up, test_whole, tear_down);
    g_test_add("/product/all-mistakes-of-all-files-are-said", Folder, NULL, set_up, test_mistakes,
               tear_down);
    g_test_add("/product/files-are-held-to-each-other", Folder, NULL, set_up, test_strangers,
               tear_down);
    g_test_add("/product/people-have-roles-for-sites", Folder, NULL, set_up, test_people,
               tear_down);
    g_test_add("/product/mistakes-about-people-are-said", Folder, NULL, set_up,
               test_people_mistakes, tear_down);
    g_test_add("/product/a-folder-without-a-product-is-not-found", Folder, NULL, set_up,
               test_nothing, tear_down);
    g_test_add("/product/five-hundred-recipes-are-read", Folder, NULL, set_up, test_many,
               tear_down);
    return g_test_run();
}
