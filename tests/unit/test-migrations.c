#include "config/migration.h"

#include <stdio.h>
#include <string.h>

#include "sys/fs.h"

/* The folder of a component's migrations, made file by file. */
typedef struct Fixture {
    char *root;
    FaDiags *diags;
} Fixture;

static void
set_up(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    fixture->root = fa_fs_make_temporary(g_get_tmp_dir(), "fa-migrations-", &error);
    g_assert_no_error(error);
    fixture->diags = fa_diags_new();
}

static void
tear_down(Fixture *fixture, gconstpointer data)
{
    fa_fs_remove_tree(fixture->root, NULL);
    g_free(fixture->root);
    fa_diags_free(fixture->diags);
}

static void
put(const Fixture *fixture, const char *name, const char *text)
{
    g_autofree char *path = g_build_filename(fixture->root, name, NULL);
    g_autofree char *parent = g_path_get_dirname(path);
    g_assert_true(fa_fs_make_directory(parent, 0755, NULL));
    g_assert_true(fa_fs_write(path, text, strlen(text), 0644, FA_WRITE_NONE, NULL));
}

static GPtrArray *
load(const Fixture *fixture, const char *below)
{
    g_autofree char *path = g_build_filename(fixture->root, below, NULL);
    g_autoptr(GError) error = NULL;
    GPtrArray *scripts = fa_config_load_migrations("tasktracker", path, fixture->diags, &error);
    g_assert_no_error(error);
    return scripts;
}

static void
assert_mistake(const Fixture *fixture, size_t index, const char *text)
{
    g_autofree char *listing = fa_diags_format(fixture->diags, false);
    g_assert_cmpuint(fa_diags_length(fixture->diags), >, index);
    g_assert_nonnull(strstr(listing, text));
}

static void
test_whole(Fixture *fixture, gconstpointer data)
{
    put(fixture, "1000-last/migration.yaml", "mode: online\n");
    put(fixture, "1000-last/up", "true\n");
    put(fixture, "002-fold/migration.yaml",
        "mode: offline\nsummary: Lists become one\ntimeout: 5m\n");
    put(fixture, "002-fold/up", "true\n");
    put(fixture, "001-due/migration.yaml", "mode: online\n");
    put(fixture, "001-due/up", "true\n");
    put(fixture, "001-due/down", "true\n");
    put(fixture, "README.md", "what this is\n");
    g_autoptr(GPtrArray) scripts = load(fixture, "");

    g_assert_cmpuint(fa_diags_length(fixture->diags), ==, 0);
    g_assert_cmpuint(scripts->len, ==, 3);
    const FaMigrationScript *first = g_ptr_array_index(scripts, 0);
    const FaMigrationScript *second = g_ptr_array_index(scripts, 1);
    const FaMigrationScript *last = g_ptr_array_index(scripts, 2);
    g_assert_cmpstr(first->migration->component, ==, "tasktracker");
    g_assert_cmpstr(first->migration->name, ==, "001-due");
    g_assert_true(first->migration->is_reversible);
    g_assert_true(g_str_has_suffix(first->down, "/001-due/down"));
    g_assert_null(first->migration->summary);
    g_assert_cmpint(first->timeout, ==, 0);
    g_assert_cmpint(second->timeout, ==, 300);
    /* what is run makes it what it is */
    g_assert_cmpstr(first->migration->digest, ==, second->migration->digest);
    put(fixture, "002-fold/up", "false\n");
    g_autoptr(GPtrArray) again = load(fixture, "");
    const FaMigrationScript *changed = g_ptr_array_index(again, 1);
    g_assert_cmpstr(changed->migration->digest, !=, second->migration->digest);
    g_assert_cmpint(second->migration->mode, ==, FA_MIGRATION_OFFLINE);
    g_assert_false(second->migration->is_reversible);
    g_assert_cmpstr(second->migration->summary, ==, "Lists become one");
    g_assert_true(g_str_has_suffix(second->up, "/002-fold/up"));
    g_assert_cmpstr(last->migration->name, ==, "1000-last");
}

static void
test_none(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GPtrArray) scripts = load(fixture, "there-is-none");
    g_assert_cmpuint(scripts->len, ==, 0);
    g_assert_cmpuint(fa_diags_length(fixture->diags), ==, 0);
}

static void
test_mistakes(Fixture *fixture, gconstpointer data)
{
    put(fixture, "first/migration.yaml", "mode: online\n");
    put(fixture, "003-a/up", "true\n");
    put(fixture, "004-b/migration.yaml", "mode: online\n");
    put(fixture, "005-c/migration.yaml", "mode: sometimes\nreversible: yes\n");
    put(fixture, "005-c/up", "true\n");
    put(fixture, "006-d/migration.yaml", "summary: x\n");
    put(fixture, "006-d/up", "true\n");
    put(fixture, "006-e/migration.yaml", "mode: online\n");
    put(fixture, "006-e/up", "true\n");
    g_autoptr(GPtrArray) scripts = load(fixture, "");

    static const char *const expected[] = {"this is not the name of a migration",
                                           "has no 'migration.yaml'",
                                           "has no script 'up'",
                                           "sometimes",
                                           "has no key 'reversible'",
                                           "must have the key 'mode'",
                                           "has the same number"};
    for (size_t i = 0; i < G_N_ELEMENTS(expected); i++)
        assert_mistake(fixture, i, expected[i]);
    g_assert_cmpuint(fa_diags_length(fixture->diags), ==, G_N_ELEMENTS(expected));
}

int
main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*run)(Fixture *fixture, gconstpointer data);
    } tests[] = {
        {"migrations-are-run-in-the-order-of-their-numbers", test_whole},
        {"a-component-may-have-none", test_none},
        {"every-mistake-of-a-migration-is-named", test_mistakes},
    };

    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(tests); i++) {
        g_autofree char *path = g_strconcat("/migrations/", tests[i].name, NULL);
        g_test_add_vtable(path, sizeof(Fixture), NULL, (GTestFixtureFunc)(void (*)(void))set_up,
                          (GTestFixtureFunc)(void (*)(void))tests[i].run,
                          (GTestFixtureFunc)(void (*)(void))tear_down);
    }
    return g_test_run();
}
