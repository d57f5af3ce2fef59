#include <sys/stat.h>

#include "base/error.h"
#include "build/component.h"
#include "build/key.h"
#include "sys/fs.h"

/* A home with a store, and one component with its folder and source. */
typedef struct Rig {
    char *home;
    char *files;
    char *log;
    FaStore *store;
    FaScope *scope;
    FaPackages *packages;
    FaRecipe *recipe;
    FaDigest source;
    FaDigest key;
    FaBuildRequest request;
} Rig;

static void
write_file(const char *parent, const char *name, const char *content)
{
    g_autofree char *path = g_build_filename(parent, name, NULL);
    g_autofree char *directory = g_path_get_dirname(path);
    g_autoptr(GError) error = NULL;
    fa_fs_make_directory(directory, 0755, &error);
    g_assert_no_error(error);
    fa_fs_write(path, content, strlen(content), 0644, FA_WRITE_NONE, &error);
    g_assert_no_error(error);
}

static FaStep *
add_step(Rig *rig, FaStepKind kind)
{
    FaStep *step = g_new0(FaStep, 1);
    step->kind = kind;
    step->name = g_strdup("demo");
    g_ptr_array_add(rig->recipe->build, step);
    return step;
}

static FaDigest
make_key(const Rig *rig)
{
    FaKeyFacts facts = {
        .recipe = rig->recipe,
        .source = &rig->source,
        .files_directory = rig->files,
        .scope = rig->scope,
        .home = rig->home,
        .packages = rig->packages,
        .sandbox = rig->request.sandbox,
    };
    FaDigest key, again;
    g_autoptr(GError) error = NULL;
    FaHash *hash = fa_hash_open(&error);
    g_assert_no_error(error);
    fa_key_make(&facts, &key, &error);
    g_assert_no_error(error);
    /* Law: the key is the same, however it is hashed. */
    facts.hash = hash;
    g_assert_true(fa_key_make(&facts, &again, &error));
    g_assert_true(fa_digest_is_equal(&key, &again));
    fa_hash_free(hash);
    return key;
}

static void
rig_init(Rig *rig, const char *script)
{
    g_autofree char *from = NULL;
    g_autoptr(GError) error = NULL;

    rig->home = fa_fs_make_temporary(g_get_tmp_dir(), "fa-component-", NULL);
    rig->files = g_build_filename(rig->home, "product/components/demo", NULL);
    rig->log = g_build_filename(rig->home, "logs/demo.log", NULL);
    from = g_build_filename(rig->home, "source", NULL);
    write_file(from, "hello.txt", "hello\n");
    write_file(rig->files, "page", "size ${max-size}\n");
    rig->store = fa_store_open(rig->home, &error);
    g_assert_no_error(error);
    fa_store_import(rig->store, from, NULL, &rig->source, NULL, &error);
    g_assert_no_error(error);
    rig->packages = fa_packages_read(NULL, NULL);
    rig->scope = fa_scope_new();
    fa_scope_set(rig->scope, "max-size", "20m");
    fa_scope_set(rig->scope, "unread", "1");
    rig->recipe = fa_recipe_new("demo");
    add_step(rig, FA_STEP_RUN)->run.text = g_strdup(script);
    FaStep *page = add_step(rig, FA_STEP_TEMPLATE);
    page->from.text = g_strdup("page");
    page->to.text = g_strdup("page");
    rig->request = (FaBuildRequest){
        .store = rig->store,
        .home = rig->home,
        .recipe = rig->recipe,
        .version = "1.0",
        .key = &rig->key,
        .source = &rig->source,
        .files = rig->files,
        .scope = rig->scope,
        .sandbox = fa_sandbox_probe(NULL, NULL) ? FA_SANDBOX_NAMESPACES : FA_SANDBOX_NONE,
        .jobs = 1,
        .log = rig->log,
    };
    rig->key = make_key(rig);
}

static void
rig_clear(Rig *rig)
{
    fa_store_free(rig->store);
    fa_scope_free(rig->scope);
    fa_packages_free(rig->packages);
    fa_recipe_free(rig->recipe);
    fa_fs_remove_tree(rig->home, NULL);
    g_free(rig->home);
    g_free(rig->files);
    g_free(rig->log);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Rig, rig_clear)

static const char *const usual = "echo more >> hello.txt; cp hello.txt $out/; echo said $jobs";

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

/* That nothing of the component is in the store. */
static void
assert_nothing(const Rig *rig)
{
    g_autofree char *name = fa_component_name("demo", "1.0", &rig->key);
    g_autofree char *path = fa_store_path(rig->store, name);
    g_assert_false(fa_fs_exists(path));
    g_assert_false(fa_store_lookup(rig->store, &rig->key, NULL, NULL));
}

static void
build_in_mode(FaSandboxMode mode)
{
    g_auto(Rig) rig = {0};
    g_auto(FaBuildResult) result = {0}, again = {0};
    g_autofree char *work = NULL;
    g_autoptr(GError) error = NULL;

    rig_init(&rig, usual);
    if (mode == FA_SANDBOX_NONE)
        rig.request.sandbox = mode;
    work = g_build_filename(rig.home, "tmp", NULL);
    fa_component_build(&rig.request, &result, &error);
    g_assert_no_error(error);
    g_assert_false(result.was_there);
    assert_file(result.path, "hello.txt", "hello\nmore\n");
    assert_file(result.path, "page", "size 20m\n");
    assert_file(rig.log, "", "== demo ==\nsaid 1\n== demo ==\n");
    g_auto(GStrv) left = fa_fs_list(work, NULL);
    g_assert_cmpuint(g_strv_length(left), ==, 0);

    fa_component_build(&rig.request, &again, &error);
    g_assert_no_error(error);
    g_assert_true(again.was_there);
    g_assert_cmpstr(again.path, ==, result.path);
}

static void
test_build(void)
{
    build_in_mode(FA_SANDBOX_NAMESPACES);
}

static void
test_build_open(void)
{
    build_in_mode(FA_SANDBOX_NONE);
}

static void
test_source_is_safe(void)
{
    g_auto(Rig) rig = {0};
    g_auto(FaBuildResult) result = {0};
    g_autofree char *again = NULL;
    g_autoptr(GError) error = NULL;

    rig_init(&rig, "chmod -R u+w . && echo changed > hello.txt");
    fa_component_build(&rig.request, &result, &error);
    g_assert_no_error(error);
    again = g_build_filename(rig.home, "again", NULL);
    fa_store_checkout(rig.store, &rig.source, again, NULL, false, &error);
    g_assert_no_error(error);
    assert_file(again, "hello.txt", "hello\n");
}

static void
test_failure(void)
{
    g_auto(Rig) rig = {0};
    g_auto(FaBuildResult) result = {0};
    g_autoptr(GError) error = NULL;

    rig_init(&rig, "touch $out/half $build/half; echo no compiler; exit 4");
    g_assert_false(fa_component_build(&rig.request, &result, &error));
    g_assert_error(error, FA_ERROR, FA_ERROR_FAILED);
    g_assert_cmpstr(error->message, ==,
                    "cannot build 'demo': step 'demo' failed with status 4: no compiler");
    assert_nothing(&rig);
    assert_file(rig.log, "", "== demo ==\nno compiler\n");

    FaStep *step = g_ptr_array_index(rig.recipe->build, 0);
    g_free(step->run.text);
    step->run.text = g_strdup("test ! -e half; test ! -e $out/half");
    fa_component_build(&rig.request, &result, NULL);
    assert_file(result.path, "page", "size 20m\n");
}

static void
test_killed(void)
{
    g_auto(Rig) rig = {0};
    g_auto(FaBuildResult) result = {0};
    g_autoptr(GError) error = NULL;
    g_autofree char *name = NULL, *out = NULL, *work = NULL;

    rig_init(&rig, usual);
    /* What a kill at its worst moment leaves. */
    name = fa_component_name("demo", "1.0", &rig.key);
    out = fa_store_path(rig.store, name);
    work = g_build_filename(rig.home, "tmp", name, NULL);
    fa_fs_make_directory(out, 0755, NULL);
    write_file(work, "build/hello.txt", "half");
    write_file(work, "out/half", "half");
    g_assert_false(fa_store_lookup(rig.store, &rig.key, NULL, NULL));
    fa_component_build(&rig.request, &result, &error);
    g_assert_no_error(error);
    assert_file(result.path, "hello.txt", "hello\nmore\n");
    g_autofree char *half = g_build_filename(result.path, "half", NULL);
    g_assert_false(fa_fs_exists(half));
}

static void
assert_other_key(const Rig *rig, const FaDigest *before, bool is_other)
{
    FaDigest after = make_key(rig);
    g_assert_cmpint(fa_digest_is_equal(before, &after), ==, !is_other);
}

static void
test_key(void)
{
    g_auto(Rig) rig = {0};
    rig_init(&rig, "echo ${greeting:-none}");
    FaDigest before = make_key(&rig);
    FaStep *step = g_ptr_array_index(rig.recipe->build, 0);

    fa_scope_set(rig.scope, "unread", "2");
    fa_scope_set(rig.scope, "out", "/somewhere");
    rig.request.jobs = 7;
    assert_other_key(&rig, &before, false);
    fa_scope_set(rig.scope, "max-size", "30m");
    assert_other_key(&rig, &before, true);
    fa_scope_set(rig.scope, "max-size", "20m");
    assert_other_key(&rig, &before, false);
    fa_scope_set(rig.scope, "greeting", "hi");
    assert_other_key(&rig, &before, true);

    before = make_key(&rig);
    g_free(step->run.text);
    step->run.text = g_strdup("echo  ${greeting:-none}");
    assert_other_key(&rig, &before, true);
    before = make_key(&rig);
    g_ptr_array_add(rig.recipe->packages, g_strdup("bash"));
    assert_other_key(&rig, &before, true);
    before = make_key(&rig);
    rig.request.sandbox = (FaSandboxMode)!rig.request.sandbox;
    assert_other_key(&rig, &before, true);
    before = make_key(&rig);
    rig.source.bytes[0] ^= 1;
    assert_other_key(&rig, &before, true);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/component/it-is-built-once-and-then-it-is-there", test_build);
    g_test_add_func("/component/it-is-built-without-a-sandbox-too", test_build_open);
    g_test_add_func("/component/no-step-changes-the-source-in-the-store", test_source_is_safe);
    g_test_add_func("/component/a-failure-leaves-nothing-to-be-found-and-can-be-tried-again",
                    test_failure);
    g_test_add_func("/component/what-a-killed-build-left-is-begun-anew", test_killed);
    g_test_add_func("/component/its-key-knows-all-that-its-build-reads-and-nothing-else", test_key);
    return g_test_run();
}
