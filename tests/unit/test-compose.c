#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/json.h"
#include "site/compose.h"
#include "sys/fs.h"

typedef struct Fixture {
    char *root;
    FaLayout *layout;
    FaSecrets *secrets;
    FaComposeSetting settings[2];
    FaComposeComponent components[2];
    FaConfProcess processes[3];
    const char *depends[2];
    GPtrArray *component_list;
    GPtrArray *process_list;
    GPtrArray *files;
    FaComposition composition;
} Fixture;

static void
add_file(Fixture *fixture, const char *path, const char *text)
{
    g_ptr_array_add(fixture->files,
                    fa_rendered_new(path, g_bytes_new(text, strlen(text)), false, false));
}

static void
set_up(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    fixture->root = fa_fs_make_temporary(g_get_tmp_dir(), "test-compose-", NULL);
    fixture->layout = fa_layout_new(fixture->root, "openplans", "dev", fixture->root, &error);
    g_assert_true(fa_layout_make(fixture->layout, &error));
    fixture->secrets = fa_secrets_open(fixture->layout->secrets, &error);
    g_assert_true(fa_secrets_ensure(fixture->secrets, "db", &error));
    fixture->settings[0] = (FaComposeSetting){.name = "port", .value = "8000", .origin = "site"};
    fixture->settings[1] = (FaComposeSetting){.name = "password", .secret = "db"};
    fixture->components[0] = (FaComposeComponent){.name = "front",
                                                  .out = "/store/front-1",
                                                  .source_kind = "git",
                                                  .source_revision = "abc",
                                                  .settings = fixture->settings,
                                                  .setting_count = 2};
    fixture->components[1] = (FaComposeComponent){.name = "blog", .out = "/store/blog-1"};
    fixture->depends[0] = "blog-php";
    fixture->processes[0] = (FaConfProcess){.name = "front",
                                            .command = "/usr/sbin/nginx -g 'a 100%'",
                                            .depends_on = fixture->depends,
                                            .ready = "http://127.0.0.1:8000/",
                                            .stop_wait = 10,
                                            .start_seconds = 1};
    fixture->processes[1] = (FaConfProcess){.name = "blog-php", .command = "/usr/sbin/php"};
    fixture->component_list = g_ptr_array_new();
    fixture->process_list = g_ptr_array_new();
    for (int i = 0; i < 2; i++) {
        g_ptr_array_add(fixture->component_list, &fixture->components[i]);
        g_ptr_array_add(fixture->process_list, &fixture->processes[i]);
    }
    fixture->files = g_ptr_array_new_with_free_func((GDestroyNotify)fa_rendered_free);
    add_file(fixture, "front/site.conf", "one\ntwo\nthree\n");
    fixture->composition = (FaComposition){.layout = fixture->layout,
                                           .release = "1.0",
                                           .tool_version = "0.1",
                                           .supervisord = "/usr/bin/true",
                                           .supervisorctl = "/usr/bin/echo",
                                           .components = fixture->component_list,
                                           .processes = fixture->process_list,
                                           .files = fixture->files,
                                           .secrets = fixture->secrets};
}

static void
tear_down(Fixture *fixture, gconstpointer data)
{
    g_ptr_array_unref(fixture->files);
    g_ptr_array_unref(fixture->component_list);
    g_ptr_array_unref(fixture->process_list);
    fa_secrets_free(fixture->secrets);
    fa_layout_free(fixture->layout);
    g_assert_true(fa_fs_remove_tree(fixture->root, NULL));
    g_free(fixture->root);
}

static void
compose(Fixture *fixture, const char *name, bool is_new)
{
    g_autoptr(FaEdits) edits = fa_edits_new(FA_EDIT_ASK, NULL);
    g_auto(FaComposed) composed = {0};
    g_autoptr(GError) error = NULL;

    fa_compose(&fixture->composition, edits, &composed, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(composed.name, ==, name);
    g_assert_cmpint(composed.is_new, ==, is_new);
    g_assert_true(fa_compose_switch(fixture->layout, composed.name, &error));
}

static char *
content_of(Fixture *fixture, const char *path)
{
    g_autofree char *full = g_build_filename(fixture->layout->current, path, NULL);
    char *text = NULL;
    size_t length;
    g_autoptr(GError) error = NULL;
    fa_fs_read(full, 100000, &text, &length, &error);
    g_assert_no_error(error);
    return text;
}

static void
assert_holds(Fixture *fixture, const char *path, const char *text)
{
    g_autofree char *content = content_of(fixture, path);
    if (strstr(content, text) == NULL)
        g_error("'%s' does not hold '%s' but '%s'", path, text, content);
}

static void
test_build(Fixture *fixture, gconstpointer data)
{
    compose(fixture, "1.0-1", true);
    assert_holds(fixture, "etc/front/site.conf", "one\ntwo\n");
    assert_holds(fixture, "bin/supervisord", "/current/etc/supervisord.conf");
    assert_holds(fixture, "bin/blog-php", "'blog-php'");
    g_autofree char *path = g_build_filename(fixture->layout->current, "blog", NULL);
    g_autofree char *target = fa_fs_read_symlink(path, NULL);
    g_assert_cmpstr(target, ==, "/store/blog-1");

    g_autofree char *conf = content_of(fixture, "etc/supervisord.conf");
    const char *front = strstr(conf, "[program:front]");
    g_assert_nonnull(strstr(conf, "[program:blog-php]"));
    g_assert_true(strstr(conf, "[program:blog-php]") < front);
    g_assert_nonnull(strstr(front, "command=/usr/sbin/nginx -g 'a 100%%'\n"));
    g_assert_nonnull(strstr(front, "priority=101\n"));
    g_assert_nonnull(strstr(front, "depends_on=blog-php\nready=http://127.0.0.1:8000/\n"));
}

static void
test_record(Fixture *fixture, gconstpointer data)
{
    compose(fixture, "1.0-1", true);
    g_autofree char *text = content_of(fixture, "build.json");
    const char *secret = fa_secrets_get(fixture->secrets, "db", FA_SECRET_FOR_FILE, NULL);
    g_autoptr(JsonNode) node = fa_json_from_text(text, -1, NULL);
    g_assert_nonnull(node);
    g_assert_null(strstr(text, secret));
    g_assert_nonnull(strstr(text, "\"secret:db\""));
    g_assert_nonnull(strstr(text, "\"revision\": \"abc\""));
    g_assert_true(strstr(text, "\"blog\"") < strstr(text, "\"front\""));
}

static void
test_same(Fixture *fixture, gconstpointer data)
{
    compose(fixture, "1.0-1", true);
    compose(fixture, "1.0-1", false);
    g_ptr_array_remove_index(fixture->component_list, 1);
    g_ptr_array_insert(fixture->component_list, 0, &fixture->components[1]);
    compose(fixture, "1.0-1", false);
    fixture->components[1].out = "/store/blog-2";
    compose(fixture, "1.0-2", true);
}

static void
test_edited(Fixture *fixture, gconstpointer data)
{
    compose(fixture, "1.0-1", true);
    g_autofree char *path = g_build_filename(fixture->layout->current, "etc/front/site.conf", NULL);
    g_assert_true(fa_fs_write(path, "ONE\ntwo\nthree\n", 14, 0644, FA_WRITE_NONE, NULL));
    g_ptr_array_set_size(fixture->files, 0);
    add_file(fixture, "front/site.conf", "one\ntwo\nTHREE\n");
    compose(fixture, "1.0-2", true);
    assert_holds(fixture, "etc/front/site.conf", "ONE\ntwo\nTHREE\n");

    /* A conflict is refused, and nothing is left of the try. */
    g_ptr_array_set_size(fixture->files, 0);
    add_file(fixture, "front/site.conf", "uno\ntwo\nTHREE\n");
    g_autoptr(FaEdits) edits = fa_edits_new(FA_EDIT_ASK, NULL);
    g_auto(FaComposed) composed = {0};
    g_autoptr(GError) error = NULL;
    g_assert_false(fa_compose(&fixture->composition, edits, &composed, &error));
    g_assert_error(error, FA_ERROR, FA_ERROR_REFUSED);
    g_auto(GStrv) names = fa_fs_list(fixture->layout->builds, NULL);
    g_assert_cmpuint(g_strv_length(names), ==, 2);
}

static void
assert_refused(Fixture *fixture, FaErrorCode code, const char *words)
{
    g_autoptr(FaEdits) edits = fa_edits_new(FA_EDIT_ASK, NULL);
    g_auto(FaComposed) composed = {0};
    g_autoptr(GError) error = NULL;

    g_assert_false(fa_compose(&fixture->composition, edits, &composed, &error));
    g_assert_error(error, FA_ERROR, (int)code);
    g_assert_nonnull(strstr(error->message, words));
}

static void
test_refused(Fixture *fixture, gconstpointer data)
{
    const char *secret = fa_secrets_get(fixture->secrets, "db", FA_SECRET_FOR_FILE, NULL);
    g_autofree char *command = g_strconcat("/bin/x --password ", secret, NULL);
    const char *circle[] = {"front", NULL};

    fixture->processes[1].command = command;
    assert_refused(fixture, FA_ERROR_REFUSED, "holds a secret");
    fixture->processes[1].command = "/bin/x ; /bin/y";
    assert_refused(fixture, FA_ERROR_CONFIG, "a ';' or '#' behind a space");
    fixture->processes[1].command = "/bin/x\n[program:y]";
    assert_refused(fixture, FA_ERROR_CONFIG, "a control character");
    fixture->processes[1].command = "/bin/x";
    fixture->processes[1].depends_on = circle;
    assert_refused(fixture, FA_ERROR_CONFIG, "depends on itself");
    circle[0] = "nobody";
    assert_refused(fixture, FA_ERROR_CONFIG, "no such process");
    fixture->processes[1].depends_on = NULL;
    fixture->processes[1].name = "front";
    assert_refused(fixture, FA_ERROR_CONFIG, "two processes are called 'front'");
    fixture->processes[1].name = "supervisord";
    assert_refused(fixture, FA_ERROR_CONFIG, "may not be called 'supervisord'");
    fixture->processes[1].name = "blog-php";
    fixture->components[1].name = "etc";
    assert_refused(fixture, FA_ERROR_CONFIG, "may not be called 'etc'");
    fixture->components[1].name = "blog";
    fixture->settings[0].value = secret;
    assert_refused(fixture, FA_ERROR_REFUSED, "build.json");
}

static void
test_switch(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    compose(fixture, "1.0-1", true);
    fixture->composition.release = "1.1";
    compose(fixture, "1.1-2", true);
    g_assert_true(fa_compose_switch(fixture->layout, "1.0-1", &error));
    assert_holds(fixture, "build.json", "\"build\": \"1.0-1\"");
    g_assert_false(fa_compose_switch(fixture->layout, "1.0-9", &error));
    g_assert_error(error, FA_ERROR, FA_ERROR_NOT_FOUND);
    g_clear_error(&error);
    g_assert_false(fa_compose_drop(fixture->layout, "1.0-1", &error));
    g_assert_error(error, FA_ERROR, FA_ERROR_REFUSED);
    g_clear_error(&error);
    g_assert_true(fa_compose_drop(fixture->layout, "1.1-2", &error));
    g_assert_false(fa_compose_drop(fixture->layout, "..", &error));
    g_auto(GStrv) names = fa_fs_list(fixture->layout->builds, NULL);
    g_assert_cmpuint(g_strv_length(names), ==, 1);
}

static void
test_environment(Fixture *fixture, gconstpointer data)
{
    const char *secret = fa_secrets_get(fixture->secrets, "db", FA_SECRET_FOR_FILE, NULL);
    g_autofree char *variable = g_strconcat("PASSWORD=", secret, NULL);
    const char *variables[] = {"A=say \"x\"", variable, NULL};
    struct stat status;

    fixture->processes[1].environment = variables;
    fixture->processes[1].instances = 2;
    compose(fixture, "1.0-1", true);
    assert_holds(fixture, "etc/supervisord.conf", "environment=A='say \"x\"',PASSWORD=\"");
    assert_holds(fixture, "etc/supervisord.conf", "numprocs=2\n");
    assert_holds(fixture, "etc/supervisord.conf", "/blog-php-%(process_num)d.log\n");
    g_autofree char *path =
        g_build_filename(fixture->layout->current, "etc/supervisord.conf", NULL);
    g_assert_cmpint(stat(path, &status), ==, 0);
    g_assert_cmpuint(status.st_mode & 07777, ==, 0600);
    variables[0] = "A='\"";
    assert_refused(fixture, FA_ERROR_CONFIG, "both kinds of quotes");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(name, function) g_test_add("/compose/" name, Fixture, NULL, set_up, function, tear_down)
    ADD("a-build-has-programs-configuration-and-links", test_build);
    ADD("the-record-says-what-it-is-and-no-secret", test_record);
    ADD("the-same-facts-are-the-same-build", test_same);
    ADD("edits-are-merged-into-the-next-build", test_edited);
    ADD("what-cannot-be-said-safely-is-refused", test_refused);
    ADD("a-switch-goes-forth-and-back", test_switch);
    ADD("variables-are-quoted-and-secrets-make-them-private", test_environment);
    return g_test_run();
}
