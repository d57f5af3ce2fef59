#include <sys/stat.h>

#include "base/error.h"
#include "build/step.h"
#include "sys/fs.h"

/* A component half way through its build. */
typedef struct Rig {
    char *home;
    char *store;
    char *build;
    char *out;
    char *files;
    FaScope *scope;
    FaSandbox sandbox;
    FaStepRun run;
} Rig;

static char *
make_directory(const char *parent, const char *name)
{
    char *path = g_build_filename(parent, name, NULL);
    g_autoptr(GError) error = NULL;
    fa_fs_make_directory(path, 0755, &error);
    g_assert_no_error(error);
    return path;
}

static void
write_file(const char *parent, const char *name, const char *content, mode_t mode)
{
    g_autofree char *path = g_build_filename(parent, name, NULL);
    g_autofree char *directory = g_path_get_dirname(path);
    g_autoptr(GError) error = NULL;
    fa_fs_make_directory(directory, 0755, &error);
    g_assert_no_error(error);
    fa_fs_write(path, content, strlen(content), mode, FA_WRITE_NONE, &error);
    g_assert_no_error(error);
}

static void
rig_init(Rig *rig)
{
    rig->home = fa_fs_make_temporary(g_get_tmp_dir(), "fa-step-", NULL);
    rig->store = make_directory(rig->home, "store");
    rig->build = make_directory(rig->home, "b");
    rig->out = make_directory(rig->store, "demo");
    rig->files = make_directory(rig->home, "files");
    rig->scope = fa_scope_new();
    fa_scope_set(rig->scope, "greeting", "it's $(id) & \"so\"");
    fa_scope_set(rig->scope, "max-size", "20m");
    fa_scope_set(rig->scope, "mariadb.out", "/srv/mariadb");
    rig->sandbox = (FaSandbox){
        .home_store = rig->store,
        .build = rig->build,
        .out_staging = rig->out,
        .out_final = rig->out,
        .files = rig->files,
    };
    rig->run = (FaStepRun){.sandbox = &rig->sandbox, .scope = rig->scope, .timeout = 60};
    if (!fa_sandbox_probe(NULL, NULL)) {
        rig->sandbox.mode = FA_SANDBOX_NONE;
        rig->sandbox.scratch = make_directory(rig->home, "scratch");
    }
}

static void
rig_clear(Rig *rig)
{
    fa_fs_remove_tree(rig->home, NULL);
    if (rig->sandbox.mode == FA_SANDBOX_NONE)
        g_free((char *)rig->sandbox.scratch);
    fa_scope_free(rig->scope);
    g_free(rig->home);
    g_free(rig->store);
    g_free(rig->build);
    g_free(rig->out);
    g_free(rig->files);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Rig, rig_clear)

static FaText
text(const char *content)
{
    return (FaText){.text = (char *)content};
}

static void
do_step(const Rig *rig, FaStep step)
{
    g_autoptr(GError) error = NULL;
    step.name = (char *)"demo";
    fa_step_run(&step, &rig->run, &error);
    g_assert_no_error(error);
}

static void
assert_fails(const Rig *rig, FaStep step, FaErrorCode code, const char *words)
{
    g_autoptr(GError) error = NULL;
    step.name = (char *)"demo";
    g_assert_false(fa_step_run(&step, &rig->run, &error));
    g_assert_error(error, FA_ERROR, (int)code);
    if (strstr(error->message, words) == NULL || strstr(error->message, "'demo'") == NULL)
        g_error("not '%s': %s", words, error->message);
}

static void
assert_file(const char *parent, const char *name, const char *expected)
{
    g_autofree char *path = g_build_filename(parent, name, NULL);
    g_autofree char *content = NULL;
    g_autoptr(GError) error = NULL;
    fa_fs_read(path, 1 << 20, &content, NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(content, ==, expected);
}

static void
assert_translation(const char *from, const char *expected)
{
    g_autoptr(FaScope) scope = fa_scope_new();
    g_autoptr(GPtrArray) environment = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GError) error = NULL;

    fa_scope_set(scope, "max-size", "1");
    fa_scope_set(scope, "a.b", "2");
    fa_scope_set(scope, "a-b", "3");
    fa_scope_set(scope, "2nd", "4");
    fa_scope_set(scope, "out", "5");
    g_autofree char *result = fa_step_translate(from, scope, environment, &error);
    g_assert_cmpstr(result, ==, expected);
    if (expected == NULL)
        g_assert_error(error, FA_ERROR, FA_ERROR_CONFIG);
}

static void
test_translation(void)
{
    assert_translation("echo $out ${out} ${X} ${#y} $", "echo $out ${out} ${X} ${#y} $");
    assert_translation("${max-size} ${max-size:-x}", "${max_size} ${max_size:-x}");
    assert_translation("${a.b}/bin", "${a_b}/bin");
    assert_translation("${2nd}", "${_2nd}");
    assert_translation("${no-such}", "${no-such}");
    assert_translation("$${max-size}", "${max-size}");
    assert_translation("${max-", "${max-");
    assert_translation("${a.c}", NULL);
    assert_translation("${a.b} ${a-b}", NULL);
}

static void
test_run(void)
{
    g_auto(Rig) rig = {0};
    rig_init(&rig);
    do_step(&rig, (FaStep){.run = text("printf '%s|' \"${greeting}\" ${max-size} ${mariadb.out} "
                                       "\"${none:-no}\" > $out/said")});
    assert_file(rig.out, "said", "it's $(id) & \"so\"|20m|/srv/mariadb|no|");
}

static void
test_failing_run(void)
{
    g_auto(Rig) rig = {0};
    rig_init(&rig);
    assert_fails(&rig, (FaStep){.run = text("echo good\nfalse\necho never")}, FA_ERROR_FAILED,
                 "failed with status 1: good");
    assert_fails(&rig, (FaStep){.run = text("echo ${NOBODY}")}, FA_ERROR_FAILED, "NOBODY");
    assert_fails(&rig, (FaStep){.run = text("sleep 1000"), .timeout = 1}, FA_ERROR_FAILED, "1 s");
}

static void
test_outside(void)
{
    g_auto(Rig) rig = {0};
    rig_init(&rig);
    if (rig.sandbox.mode == FA_SANDBOX_NONE) {
        g_test_skip("there are no user namespaces");
        return;
    }
    assert_fails(&rig, (FaStep){.run = text("echo x > $out/../other")}, FA_ERROR_FAILED,
                 "below $out, $build and /tmp only");
    do_step(&rig, (FaStep){.run = text("ln -s / $out/root")});
    assert_fails(&rig,
                 (FaStep){.kind = FA_STEP_COPY, .from = text("."), .to = text("root/opt/escaped")},
                 FA_ERROR_FAILED, "Read-only file system");
}

static void
test_copy(void)
{
    g_auto(Rig) rig = {0};
    rig_init(&rig);
    write_file(rig.build, "lib/a b", "a\n", 0444);
    write_file(rig.files, "extra", "e\n", 0644);
    do_step(&rig,
            (FaStep){.kind = FA_STEP_COPY, .from = text("lib"), .to = text("share/${max-size}")});
    assert_file(rig.out, "share/20m/a b", "a\n");
    do_step(&rig, (FaStep){.kind = FA_STEP_COPY,
                           .from = text("$files/extra"),
                           .to = text("$build/lib/extra")});
    assert_file(rig.build, "lib/extra", "e\n");
    do_step(&rig, (FaStep){.kind = FA_STEP_COPY, .from = text("."), .to = text("${out}")});
    assert_file(rig.out, "lib/extra", "e\n");
    assert_fails(&rig, (FaStep){.kind = FA_STEP_COPY, .from = text("../x"), .to = text("y")},
                 FA_ERROR_CONFIG, "'../x' is not a path below");
    assert_fails(&rig, (FaStep){.kind = FA_STEP_COPY, .from = text("lib"), .to = text("$out/../y")},
                 FA_ERROR_CONFIG, "is not a path below");
    assert_fails(&rig, (FaStep){.kind = FA_STEP_COPY, .from = text("/etc"), .to = text("y")},
                 FA_ERROR_CONFIG, "is not a path below");
    assert_fails(&rig, (FaStep){.kind = FA_STEP_COPY, .from = text("none"), .to = text("y")},
                 FA_ERROR_FAILED, "No such file");
}

static void
test_template(void)
{
    g_auto(Rig) rig = {0};
    struct stat status = {0};
    rig_init(&rig);
    write_file(rig.files, "run.tmpl", "#!/bin/sh\nsize=${max-size} $word\n", 0755);
    do_step(&rig,
            (FaStep){.kind = FA_STEP_TEMPLATE, .from = text("run.tmpl"), .to = text("bin/run")});
    assert_file(rig.out, "bin/run", "#!/bin/sh\nsize=20m $word\n");
    g_autofree char *path = g_build_filename(rig.out, "bin/run", NULL);
    g_assert_cmpint(stat(path, &status), ==, 0);
    g_assert_cmpuint(status.st_mode & 0777, ==, 0755);
    write_file(rig.files, "bad", "${max-sise}\n", 0644);
    assert_fails(&rig, (FaStep){.kind = FA_STEP_TEMPLATE, .from = text("bad"), .to = text("x")},
                 FA_ERROR_CONFIG, "max-size");
    assert_fails(&rig,
                 (FaStep){.kind = FA_STEP_TEMPLATE, .from = text("$build/x"), .to = text("x")},
                 FA_ERROR_CONFIG, "components/NAME/");
}

static void
test_symlink(void)
{
    g_auto(Rig) rig = {0};
    rig_init(&rig);
    do_step(&rig, (FaStep){.kind = FA_STEP_SYMLINK,
                           .from = text("${mariadb.out}/share"),
                           .to = text("share/db")});
    do_step(&rig, (FaStep){.kind = FA_STEP_SYMLINK, .from = text("b"), .to = text("share/db")});
    g_autofree char *path = g_build_filename(rig.out, "share/db", NULL);
    g_autofree char *target = fa_fs_read_symlink(path, NULL);
    g_assert_cmpstr(target, ==, "b");
}

static void
test_patch(void)
{
    g_auto(Rig) rig = {0};
    const char *patch = "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-one\n+two\n";
    rig_init(&rig);
    write_file(rig.build, "x", "one\n", 0444);
    write_file(rig.files, "patches/1.diff", patch, 0644);
    const FaStep step = {.kind = FA_STEP_PATCH, .from = text("patches/*.diff"), .strip = 1};
    do_step(&rig, step);
    assert_file(rig.build, "x", "two\n");
    do_step(&rig, step);
    assert_file(rig.build, "x", "two\n");
    write_file(rig.build, "x", "three\n", 0644);
    assert_fails(&rig, step, FA_ERROR_FAILED, "cannot apply '1.diff'");
    assert_fails(&rig,
                 (FaStep){.kind = FA_STEP_PATCH, .from = text("none/$(touch x)*"), .strip = 1},
                 FA_ERROR_FAILED, "there is no patch");
}

/* A wheel is a zip with three files about itself. */
static const char make_wheel[] =
    "mkdir wheels demo-1.dist-info\n"
    "echo 'print(\"hello from demo\")' > demo.py\n"
    "printf 'Metadata-Version: 2.1\nName: demo\nVersion: 1\n' > demo-1.dist-info/METADATA\n"
    "printf 'Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n' > "
    "demo-1.dist-info/WHEEL\n"
    "printf 'demo.py,,\n' > demo-1.dist-info/RECORD\n"
    "python3 -m zipfile -c wheels/demo-1-py3-none-any.whl demo.py demo-1.dist-info\n";

static void
test_venv(void)
{
    g_auto(Rig) rig = {0};
    rig_init(&rig);
    write_file(rig.build, "requirements.txt", "demo==1\n", 0644);
    do_step(&rig, (FaStep){.run = text(make_wheel)});
    do_step(&rig, (FaStep){.kind = FA_STEP_VENV,
                           .to = text("venv"),
                           .from = text("requirements.txt"),
                           .wheels = text("wheels")});
    do_step(&rig, (FaStep){.run = text("$out/venv/bin/python -m demo > $out/said")});
    assert_file(rig.out, "said", "hello from demo\n");
}

static void
test_npm(void)
{
    g_auto(Rig) rig = {0};
    rig_init(&rig);
    write_file(
        rig.build, "app/package.json",
        "{\"name\": \"app\", \"version\": \"1.0.0\", \"dependencies\": {\"dep\": \"file:dep\"}}",
        0644);
    write_file(rig.build, "app/dep/package.json", "{\"name\": \"dep\", \"version\": \"1.0.0\"}",
               0644);
    write_file(rig.build, "app/package-lock.json",
               "{\"name\": \"app\", \"version\": \"1.0.0\", \"lockfileVersion\": 3, \"packages\": {"
               "\"\": {\"name\": \"app\", \"version\": \"1.0.0\", \"dependencies\": {\"dep\": "
               "\"file:dep\"}},"
               "\"dep\": {\"version\": \"1.0.0\"},"
               "\"node_modules/dep\": {\"resolved\": \"dep\", \"link\": true}}}",
               0644);
    do_step(&rig, (FaStep){.kind = FA_STEP_NPM, .from = text("app")});
    assert_file(rig.build, "app/node_modules/dep/package.json",
                "{\"name\": \"dep\", \"version\": \"1.0.0\"}");
    write_file(
        rig.build, "app/package-lock.json",
        "{\"lockfileVersion\": 3, \"packages\": {\"node_modules/dep\": {\"version\": \"1.0.0\"}}}",
        0644);
    assert_fails(&rig, (FaStep){.kind = FA_STEP_NPM, .from = text("app")}, FA_ERROR_FAILED,
                 "no integrity in the lock for node_modules/dep");
    assert_fails(
        &rig,
        (FaStep){
            .kind = FA_STEP_NPM, .from = text("app"), .lock = (char *)"none.json", .network = true},
        FA_ERROR_FAILED, "there is no lock 'none.json'");
}

static void
test_network(void)
{
    g_auto(Rig) rig = {0};
    g_auto(FaStepPlan) plan = {0};
    g_autoptr(GError) error = NULL;
    FaStep step = {.name = (char *)"demo", .run = text("true"), .network = true};
    rig_init(&rig);
    assert_fails(&rig, step, FA_ERROR_CONFIG, "without a lock");
    step.lock = (char *)"lock.json";
    assert_fails(&rig, step, FA_ERROR_CONFIG, "'lock.json' is not there");
    write_file(rig.build, "lock.json", "{}", 0644);
    fa_step_make_plan(&step, &rig.run, &plan, &error);
    g_assert_no_error(error);
    g_assert_true(plan.network);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/step/names-of-a-recipe-become-names-of-the-shell", test_translation);
    g_test_add_func("/step/no-value-is-read-by-the-shell-as-text", test_run);
    g_test_add_func("/step/what-fails-or-never-ends-says-so-with-its-last-line", test_failing_run);
    g_test_add_func("/step/nothing-is-written-outside-the-output", test_outside);
    g_test_add_func("/step/copies-stay-below-the-three-trees", test_copy);
    g_test_add_func("/step/a-template-of-the-component-is-filled-in", test_template);
    g_test_add_func("/step/a-link-is-made-and-made-again", test_symlink);
    g_test_add_func("/step/a-patch-applies-once-and-a-failing-one-is-named", test_patch);
    g_test_add_func("/step/a-virtualenv-is-filled-from-a-folder", test_venv);
    g_test_add_func("/step/npm-installs-what-the-lock-says-and-pins", test_npm);
    g_test_add_func("/step/the-network-is-given-only-with-a-lock", test_network);
    return g_test_run();
}
