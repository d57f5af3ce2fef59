#include <string.h>

#include "config/recipe.h"

static FaRecipe *
read_text(const char *text, FaDiags *diags)
{
    g_autoptr(FaYamlDocument) document = fa_yaml_parse("r.yaml", text, strlen(text), diags);
    fa_diags_add_text(diags, "r.yaml", text, strlen(text));
    g_assert_nonnull(document);
    return fa_config_read_recipe("tasktracker", fa_yaml_root(document), diags);
}

static const char whole[] =
    "summary: Task lists for projects\n"
    "version: 0.10\n"
    "source: {git: https://code.example/t.git, revision: v1}\n"
    "needs: {programs: [python3, [httpd, apache2]], packages: [libc6], components: [db]}\n"
    "settings:\n"
    "  workers: {default: 2, type: number, help: How many, choices: [1, 2]}\n"
    "  title: Tasks\n"
    "  password: {type: secret, default: 'secret:tasks'}\n"
    "  level: {inherit: db.level, default: info}\n"
    "build:\n"
    "  - run: make PREFIX=$out install\n"
    "    timeout: 5m\n"
    "  - {copy: {from: a, to: b}, name: copying}\n"
    "  - patch: {files: 'patches/*.patch', strip: 0}\n"
    "  - symlink: {target: a, path: b}\n"
    "  - venv: {to: env, requirements: r.txt}\n"
    "  - {npm: {in: web}, network: true}\n"
    "tests: {unit: [make check], functional: [ftests/run]}\n"
    "processes:\n"
    "  web:\n"
    "    command: $out/bin/t --port ${port}\n"
    "    health: http://127.0.0.1:${port}/\n"
    "    environment: {A: b}\n"
    "    lifetime: environment\n"
    "    after: ['db:server']\n"
    "    stop-signal: QUIT\n"
    "    stop-wait: 30s\n"
    "    instances: 2\n"
    "setup:\n"
    "  - {name: admin, run: make admin, unless: test -e x, after: [web]}\n"
    "databases:\n"
    "  - {kind: mariadb, server: db, name: tasks, user: tasks, password: 'secret:tasks'}\n"
    "routes: [{path: /tasks/, upstream: 'http://x', title: Tasks}]\n"
    "secrets: [tasks]\n"
    "etc: [ssl]\n"
    "copy-on-checkout: ['*.db']\n"
    "data: {files: [tasks.db], scrub: etc/scrub.sql}\n"
    "migrations: migrations/\n"
    "usage: {events: '${var}/log/usage.csv'}\n"
    "develop: {run: make dev, in-place: yes}\n"
    "port: 7\n"
    "timeout: 1h\n";

static void
check_steps(const FaRecipe *recipe)
{
    static const FaStepKind kinds[] = {FA_STEP_RUN,     FA_STEP_COPY, FA_STEP_PATCH,
                                       FA_STEP_SYMLINK, FA_STEP_VENV, FA_STEP_NPM};
    g_assert_cmpuint(recipe->build->len, ==, G_N_ELEMENTS(kinds));
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
        const FaStep *step = g_ptr_array_index(recipe->build, i);
        g_assert_cmpint(step->kind, ==, kinds[i]);
        g_assert_cmpstr(step->name, ==, i == 1 ? "copying" : fa_step_kind_to_string(kinds[i]));
    }
    const FaStep *run = g_ptr_array_index(recipe->build, 0);
    g_assert_cmpint(run->timeout, ==, 300);
    g_assert_cmpuint(((FaStep *)g_ptr_array_index(recipe->build, 2))->strip, ==, 0);
    g_assert_cmpstr(((FaStep *)g_ptr_array_index(recipe->build, 4))->program.text, ==, "python3");
    const FaStep *npm = g_ptr_array_index(recipe->build, 5);
    g_assert_cmpstr(npm->lock, ==, "package-lock.json");
    g_assert_cmpstr(npm->from.text, ==, "web");
    g_assert_true(npm->network);
}

static void
check_services(const FaRecipe *recipe)
{
    const FaProcess *web = fa_recipe_find_process(recipe, "web");
    g_assert_cmpint(web->lifetime, ==, FA_LIFETIME_ENVIRONMENT);
    g_assert_cmpstr(web->stop_signal, ==, "QUIT");
    g_assert_cmpint(web->stop_wait, ==, 30);
    g_assert_cmpint(web->start_seconds, ==, 1);
    g_assert_cmpuint(web->instances, ==, 2);
    g_assert_cmpstr(g_ptr_array_index(web->after, 0), ==, "db:server");
    const FaDatabase *database = g_ptr_array_index(recipe->databases, 0);
    g_assert_cmpstr(database->secret, ==, "tasks");
    g_assert_cmpstr(((FaSetup *)g_ptr_array_index(recipe->setup, 0))->unless.text, ==, "test -e x");
    g_assert_cmpstr(((FaRoute *)g_ptr_array_index(recipe->routes, 0))->path.text, ==, "/tasks/");
}

static void
test_whole(void)
{
    g_autoptr(FaDiags) diags = fa_diags_new();
    g_autoptr(FaRecipe) recipe = read_text(whole, diags);
    g_autofree char *said = fa_diags_format(diags, false);

    g_assert_cmpstr(said, ==, "");
    g_assert_cmpstr(recipe->version, ==, "0.10");
    g_assert_cmpint(recipe->source.kind, ==, FA_SOURCE_GIT);
    g_assert_cmpstr(recipe->source.trunk, ==, "main");
    g_assert_cmpstr(recipe->source.releases, ==, "release/*");
    g_assert_cmpstr(((GStrv)g_ptr_array_index(recipe->programs, 1))[1], ==, "apache2");
    g_assert_cmpstr(((FaText *)g_ptr_array_index(recipe->components, 0))->text, ==, "db");
    g_assert_cmpint(fa_recipe_find_setting(recipe, "workers")->type, ==, FA_SETTING_NUMBER);
    g_assert_cmpstr(fa_recipe_find_setting(recipe, "title")->value.text, ==, "Tasks");
    g_assert_cmpuint(fa_recipe_find_setting(recipe, "title")->value.place.line, ==, 7);
    g_assert_cmpstr(fa_recipe_find_setting(recipe, "level")->inherit, ==, "db.level");
    g_assert_true(recipe->in_place);
    g_assert_cmpstr(recipe->migrations, ==, "migrations");
    g_assert_cmpint(recipe->port_offset, ==, 7);
    g_assert_cmpint(recipe->timeout, ==, 3600);
    check_steps(recipe);
    check_services(recipe);
}

static void
test_mistakes(void)
{
    static const struct {
        const char *text;
        const char *message;
        const char *help;
    } cases[] = {
        {"sumary: x\nsummary: x\n", "'recipe' has no key 'sumary'", "did you mean 'summary'?"},
        {"version: 1\n", "'recipe' must have the key 'summary'", "What it is, in one line"},
        {"summary: [x]\n", "'summary' must be a text, not a list", NULL},
        {"summary: x\nbuild: {}\n", "'build' must be a list, not a map", NULL},
        {"summary: x\nport: 50\n", "'port' must be a number from 0 to 49, not '50'", NULL},
        {"summary: x\ntimeout: soon\n", "'timeout' must be a time span, not 'soon'",
         "a number and 's', 'm', 'h' or 'd', like '30s'"},
        {"summary: x\nsource: {git: a, svn: b}\n", "a source cannot be both 'git' and 'svn'",
         "a component has one source; make two components of it"},
        {"summary: x\nsource: {archive: a}\n", "an archive must have a 'sha256'",
         "what 'sha256sum' prints for it"},
        {"summary: x\nsource: {trunk: a}\n", "'source' does not say where it is",
         "one of 'git', 'svn', 'archive', 'directory'"},
        {"summary: x\nbuild: [{run: a, copy: {from: a, to: b}}]\n",
         "a step cannot both 'run' and 'copy'", "make two steps of it"},
        {"summary: x\nbuild: [{name: a}]\n", "this step does nothing",
         "one of 'run', 'copy', 'template', 'symlink', 'patch', 'venv', 'npm'"},
        {"summary: x\nbuild: [{run: a, network: true}]\n",
         "a step with 'network' must have a 'lock'",
         "a file of the source that pins all that the network gives"},
        {"summary: x\nprocesses: {Web: {command: a}}\n", "'Web' is not a name",
         "small letters, digits and '-', at most 63 of them"},
        {"summary: x\nprocesses: {web: {command: a, lifetime: relase}}\n",
         "'relase' is not a value of 'lifetime'", "did you mean 'release'?"},
        {"summary: x\nprocesses: {web: {command: a, health: ok}}\n",
         "'ok' is not a way to ask for health",
         "'http://...', 'tcp:HOST:PORT', 'unix:PATH' or 'command: WORDS'"},
        {"summary: x\nsettings: {a: {inherit: b}}\n", "'b' is not of the form 'component.setting'",
         NULL},
        {"summary: x\ndata: {files: [../x]}\n", "'../x' is not a relative path",
         "without a '/' at the start and without '..'"},
        {"summary: x\nsecrets: [a, a]\n", "'a' is listed twice", NULL},
        {"summary: x\nbuild:\n", "'build' has no value",
         "a list is expected; leave the key out when there is nothing to say"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(FaDiags) diags = fa_diags_new();
        g_autoptr(FaRecipe) recipe = read_text(cases[i].text, diags);
        g_assert_nonnull(recipe);
        g_assert_cmpuint(fa_diags_length(diags), ==, 1);
        g_assert_cmpstr(fa_diags_get(diags, 0)->message, ==, cases[i].message);
        g_assert_cmpstr(fa_diags_get(diags, 0)->help, ==, cases[i].help);
        g_assert_cmpuint(fa_diags_get(diags, 0)->place.line, >, 0);
    }
}

static void
test_password(void)
{
    g_autoptr(FaDiags) diags = fa_diags_new();
    const char *text = "summary: x\ndatabases:\n  - {kind: mariadb, server: db, name: n, user: u, "
                       "password: hunter2}\n";
    g_autoptr(FaYamlDocument) document = fa_yaml_parse("r.yaml", text, strlen(text), diags);
    g_autoptr(FaRecipe) recipe = fa_config_read_recipe("t", fa_yaml_root(document), diags);
    g_autofree char *said = fa_diags_format(diags, false);
    g_assert_cmpuint(fa_diags_length(diags), ==, 1);
    g_assert_null(strstr(said, "hunter2"));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/recipe/every-key-is-read", test_whole);
    g_test_add_func("/recipe/a-mistake-is-said-with-its-cure", test_mistakes);
    g_test_add_func("/recipe/a-password-is-refused-and-not-repeated", test_password);
    return g_test_run();
}
