#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "site/carry.h"
#include "site/render.h"
#include "sys/fs.h"

typedef struct Fixture {
    char *root;
    FaSecrets *secrets;
    FaScope *scope;
    FaDiags *diags;
    GPtrArray *files;
} Fixture;

static void
set_up(Fixture *fixture, gconstpointer data)
{
    fixture->root = fa_fs_make_temporary(g_get_tmp_dir(), "test-render-", NULL);
    g_assert_cmpint(chdir(fixture->root), ==, 0);
    fixture->secrets = fa_secrets_open("secrets", NULL);
    g_assert_true(fa_secrets_ensure(fixture->secrets, "db", NULL));
    fixture->scope = fa_scope_new();
    fa_scope_set(fixture->scope, "port", "8000");
    fixture->diags = fa_diags_new();
    fixture->files = g_ptr_array_new_with_free_func((GDestroyNotify)fa_rendered_free);
    g_assert_true(fa_fs_make_directory("etc/front/d", 0755, NULL));
}

static void
tear_down(Fixture *fixture, gconstpointer data)
{
    g_ptr_array_unref(fixture->files);
    fa_diags_free(fixture->diags);
    fa_scope_free(fixture->scope);
    fa_secrets_free(fixture->secrets);
    g_assert_cmpint(chdir("/"), ==, 0);
    g_assert_true(fa_fs_remove_tree(fixture->root, NULL));
    g_free(fixture->root);
}

static void
put(const char *path, const char *text, size_t length, mode_t mode)
{
    g_assert_true(fa_fs_write(path, text, length, mode, FA_WRITE_NONE, NULL));
}

static bool
render(Fixture *fixture, GError **error)
{
    return fa_render_component(fixture->root, "front", fixture->scope, fixture->secrets,
                               fixture->diags, fixture->files, error);
}

static void
assert_file(Fixture *fixture, guint index, const char *path, const char *content, size_t length,
            bool is_private, bool is_executable)
{
    const FaRendered *file = g_ptr_array_index(fixture->files, index);
    g_assert_cmpstr(file->path, ==, path);
    g_assert_cmpmem(g_bytes_get_data(file->content, NULL), g_bytes_get_size(file->content), content,
                    length);
    g_assert_cmpint(file->is_private, ==, is_private);
    g_assert_cmpint(file->is_executable, ==, is_executable);
}

static void
test_files(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    const char *value = fa_secrets_get(fixture->secrets, "db", FA_SECRET_FOR_FILE, NULL);
    g_autofree char *password = g_strdup_printf("pw=%s\n", value);

    put("etc/front/site.conf", "listen ${port};\n", 16, 0644);
    put("etc/front/d/pw", "pw=${secret.db}\n", 16, 0644);
    put("etc/front/run.sh", "#!/bin/sh\n", 10, 0755);
    put("etc/front/icon", "${port}\0x", 9, 0644);
    g_assert_true(render(fixture, &error));
    g_assert_no_error(error);
    g_assert_cmpuint(fa_diags_length(fixture->diags), ==, 0);
    g_assert_cmpuint(fixture->files->len, ==, 4);
    assert_file(fixture, 0, "front/d/pw", password, strlen(password), true, false);
    assert_file(fixture, 1, "front/icon", "${port}\0x", 9, false, false);
    assert_file(fixture, 2, "front/run.sh", "#!/bin/sh\n", 10, false, true);
    assert_file(fixture, 3, "front/site.conf", "listen 8000;\n", 13, false, false);
    g_assert_null(fa_scope_get(fixture->scope, "secret.db"));
}

static void
test_mistakes(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    put("etc/front/one", "${prot}\n", 8, 0644);
    put("etc/front/two", "x\n${nothing}\n", 13, 0644);
    g_assert_true(render(fixture, &error));
    g_assert_cmpuint(fa_diags_count(fixture->diags, FA_SEVERITY_ERROR), ==, 2);
    g_assert_cmpstr(fa_diags_get(fixture->diags, 1)->place.file, ==, "etc/front/two");
    g_assert_cmpuint(fa_diags_get(fixture->diags, 1)->place.line, ==, 2);
    g_assert_cmpuint(fixture->files->len, ==, 0);
}

static void
test_names(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    put("etc/front/bad\033[31m", "", 0, 0644);
    g_assert_false(render(fixture, &error));
    g_assert_error(error, FA_ERROR, FA_ERROR_CONFIG);
    g_assert_null(strchr(error->message, '\033'));
    g_clear_error(&error);
    g_assert_cmpint(unlink("etc/front/bad\033[31m"), ==, 0);

    g_assert_cmpint(symlink("/etc/passwd", "etc/front/link"), ==, 0);
    g_assert_false(render(fixture, &error));
    g_assert_error(error, FA_ERROR, FA_ERROR_CONFIG);
}

static void
test_nothing(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    g_assert_true(fa_fs_remove_tree("etc", NULL));
    g_assert_true(render(fixture, &error));
    g_assert_no_error(error);
    g_assert_cmpuint(fixture->files->len, ==, 0);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(name, function) g_test_add("/render/" name, Fixture, NULL, set_up, function, tear_down)
    ADD("every-file-is-a-template-and-secrets-make-it-private", test_files);
    ADD("mistakes-of-all-files-are-told-with-their-places", test_mistakes);
    ADD("links-and-names-that-drive-a-terminal-are-refused", test_names);
    ADD("a-component-without-files-is-fine", test_nothing);
    return g_test_run();
}
