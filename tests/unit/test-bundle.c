#include "app/bundle.h"

#include <string.h>
#include <unistd.h>

#include "app/pins.h"
#include "base/error.h"
#include "sys/fs.h"
#include "sys/spawn.h"

/* A product with a source of each kind below one temporary directory, which is where the test works. */
typedef struct Fixture {
    char *root;
    char *before; /* the working directory */
} Fixture;

static const char product[] =
    "export GIT_CONFIG_GLOBAL=/dev/null GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a GIT_COMMITTER_NAME=a "
    "GIT_COMMITTER_EMAIL=a GIT_COMMITTER_DATE='1700000000 +0000';"
    "git init -q -b main repo; mkdir repo/sub; echo one > repo/file; echo x > repo/sub/run; "
    "chmod +x repo/sub/run; ln -s file repo/link; git -C repo add .; git -C repo commit -qm one;"
    "mkdir -p tar/top far; echo packed > tar/top/packed; tar -C tar -czf source.tar.gz top;"
    "echo far > far/near; mkdir -p p/components p/etc/code p/sites p/repositories; cd p;"
    "printf 'product: shop\\ncomponents: [code, packed, folder, plain]\\nenvironments: {dev: "
    "{host: "
    "dev, track: anything, ports: 0}}\\nsites: {one: {domain: one.example, base-port: 8000}}\\n' > "
    "fassembler.yaml; echo hello > README.md; echo secret > repositories/secret;"
    "echo '{}' > sites/one.yaml; echo setting > etc/code/file; echo secret > .env;"
    "echo 'source: {git: ../repo}' > components/code.yaml;"
    "echo \"source: {archive: ../source.tar.gz, sha256: $(sha256sum ../source.tar.gz | cut "
    "-c1-64)}\""
    " > components/packed.yaml; echo 'source: {directory: ../far}' > components/folder.yaml;"
    "echo 'build: [{run: mkdir $out}]' > components/plain.yaml;"
    "sed -i '1i summary: x' components/*.yaml";

static char *
sh(const Fixture *fixture, const char *script)
{
    const char *const argv[] = {"sh", "-euc", script, NULL};
    const FaSpawn spawn = {.argv = argv, .directory = fixture->root};
    g_auto(FaSpawnResult) result = {0};
    g_autoptr(GError) error = NULL;

    fa_spawn_check(&spawn, &result, &error);
    g_assert_no_error(error);
    return g_strchomp(g_steal_pointer(&result.output));
}

static void
run(const Fixture *fixture, const char *script)
{
    g_free(sh(fixture, script));
}

static void
set_up(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    fixture->root = fa_fs_make_temporary(g_get_tmp_dir(), "fa-bundle-", &error);
    g_assert_no_error(error);
    fixture->before = fa_fs_current();
    run(fixture, product);
}

static void
tear_down(Fixture *fixture, gconstpointer data)
{
    g_assert_cmpint(chdir(fixture->before), ==, 0);
    fa_fs_remove_tree(fixture->root, NULL);
    g_free(fixture->root);
    g_free(fixture->before);
}

/* One home with the product of one folder. */
typedef struct Work {
    FaContext *context;
    FaStore *store;
    FaPins *pins;
} Work;

static void
work_clear(Work *work)
{
    fa_pins_free(work->pins);
    fa_store_free(work->store);
    fa_context_free(work->context);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Work, work_clear)

static Work
begin(const Fixture *fixture, const char *folder, const char *home)
{
    g_autofree char *place = g_build_filename(fixture->root, folder, NULL);
    g_autofree char *path = g_build_filename(fixture->root, home, NULL);
    g_autoptr(GError) error = NULL;
    const FaPinOptions options = {0};
    Work work = {0};

    g_assert_cmpint(chdir(place), ==, 0);
    work.context = fa_context_open(path, &error);
    g_assert_no_error(error);
    fa_context_check(work.context, &error);
    g_assert_no_error(error);
    work.store = fa_store_open(path, &error);
    g_assert_no_error(error);
    work.pins = fa_pins_take(work.context, work.store,
                             fa_context_get_product(work.context)->components, &options, &error);
    g_assert_no_error(error);
    return work;
}

static const char *const with_source[] = {"code", "folder", "packed"};

static bool
write_bundle(const Fixture *fixture, const Work *work, const FaPins *from, const char *name,
             size_t count, GError **error)
{
    g_autofree char *file = g_build_filename(fixture->root, name, NULL);
    FaBundlePin pins[G_N_ELEMENTS(with_source)];
    FaBundleStats stats = {0};

    for (size_t i = 0; i < G_N_ELEMENTS(with_source); i++) {
        const FaSourcePin *pin = fa_pins_get(from, with_source[i]);
        pins[i] = (FaBundlePin){with_source[i], pin->revision, pin->tree};
    }
    const FaBundleOptions options = {
        .release = "0.6", .pins = pins, .pins_count = count, .file = file};
    if (!fa_bundle_write(work->context, work->store, &options, &stats, error))
        return false;
    g_assert_cmpuint(stats.sources, ==, 3);
    g_assert_cmpuint(stats.bytes, >, 100);
    return true;
}

static void
write_whole(const Fixture *fixture, const Work *work, const char *name)
{
    g_autoptr(GError) error = NULL;
    write_bundle(fixture, work, work->pins, name, 3, &error);
    g_assert_no_error(error);
}

/* What a release was made of comes out of its bundle, where nothing else can be reached. */
static void
test_built_elsewhere(Fixture *fixture, gconstpointer data)
{
    g_auto(Work) here = begin(fixture, "p", "home");
    write_whole(fixture, &here, "b.tar.zst");
    run(fixture, "mkdir out; tar -C out --zstd -xf b.tar.zst; mv repo gone; mv far gone-too; "
                 "mv source.tar.gz gone.tar.gz");
    g_auto(Work) there = begin(fixture, "out/shop-0.6", "another");

    for (size_t i = 0; i < G_N_ELEMENTS(with_source); i++) {
        const FaSourcePin *pin = fa_pins_get(here.pins, with_source[i]);
        const FaSourcePin *again = fa_pins_get(there.pins, with_source[i]);
        g_autoptr(GError) error = NULL;
        int64_t committed = 0;
        g_assert_true(fa_digest_is_equal(&pin->tree, &again->tree));
        g_assert_cmpstr(pin->revision, ==, again->revision);
        g_assert_cmpstr(pin->version, ==, again->version);
        fa_pins_bring(there.pins, again, there.store, &committed, NULL, &error);
        g_assert_no_error(error);
        g_assert_cmpint(committed, ==, g_str_equal(with_source[i], "code") ? 1700000000 : 0);
    }
}

static void
test_same_bytes(Fixture *fixture, gconstpointer data)
{
    g_auto(Work) here = begin(fixture, "p", "home");
    write_whole(fixture, &here, "b.tar.zst");
    run(fixture, "cp -R p p2; touch -d @1 p2/README.md; chmod 600 p2/README.md; chmod 700 p2/etc");
    g_auto(Work) there = begin(fixture, "p2", "another");
    write_whole(fixture, &there, "c.tar.zst");
    run(fixture, "cmp b.tar.zst c.tar.zst");
}

static void
test_content(Fixture *fixture, gconstpointer data)
{
    g_auto(Work) here = begin(fixture, "p", "home");
    write_whole(fixture, &here, "b.tar.zst");
    g_autofree char *list = sh(fixture, "tar --zstd -tf b.tar.zst; ls");
    g_autofree char *owners =
        sh(fixture, "tar --zstd -tvf b.tar.zst | grep -v ' 0/0 .* 1970-' || true");

    g_assert_nonnull(strstr(list, "shop-0.6/sources/code/sub/run\n"));
    g_assert_nonnull(strstr(list, "shop-0.6/sources/folder/near\n"));
    g_assert_nonnull(strstr(list, "shop-0.6/README.md\n"));
    g_assert_nonnull(strstr(list, "shop-0.6/etc/code/file\n"));
    g_assert_null(strstr(list, "secret"));
    g_assert_null(strstr(list, ".env"));
    g_assert_null(strstr(list, ".part"));
    g_assert_cmpstr(owners, ==, "");
}

static void
test_changed(Fixture *fixture, gconstpointer data)
{
    g_auto(Work) here = begin(fixture, "p", "home");
    write_whole(fixture, &here, "b.tar.zst");
    run(fixture, "mkdir out; tar -C out --zstd -xf b.tar.zst; echo evil >> "
                 "out/shop-0.6/sources/code/file");
    g_auto(Work) there = begin(fixture, "out/shop-0.6", "another");
    g_autoptr(GError) error = NULL;
    int64_t committed = 0;

    g_assert_false(fa_pins_bring(there.pins, fa_pins_get(there.pins, "code"), there.store,
                                 &committed, NULL, &error));
    g_assert_nonnull(strstr(error->message, "another content"));
}

static void
test_refused(Fixture *fixture, gconstpointer data)
{
    g_auto(Work) here = begin(fixture, "p", "home");
    g_autoptr(GError) lacks = NULL, moved = NULL;

    g_assert_false(write_bundle(fixture, &here, here.pins, "b.tar.zst", 2, &lacks));
    g_assert_error(lacks, FA_ERROR, FA_ERROR_REFUSED);
    g_assert_nonnull(strstr(lacks->message, "no revision of 'packed'"));
    /* The folder changed since, and nobody kept what it was. */
    run(fixture, "echo other > far/near");
    g_auto(Work) there = begin(fixture, "p", "another");
    g_assert_false(write_bundle(fixture, &there, here.pins, "b.tar.zst", 3, &moved));
    g_assert_nonnull(strstr(moved->message, "component 'folder'"));
    g_assert_nonnull(strstr(moved->message, "another content"));
    g_autofree char *left = sh(fixture, "ls; ls home/tmp another/tmp");
    g_assert_null(strstr(left, "bundle-"));
    g_assert_null(strstr(left, "b.tar.zst"));
}

static void
test_password(Fixture *fixture, gconstpointer data)
{
    g_auto(Work) here = begin(fixture, "p", "home");
    g_autoptr(GError) error = NULL;
    FaBundleStats stats = {0};
    const FaSourcePin *pin = fa_pins_get(here.pins, "code");
    const FaBundlePin pins[] = {{"code", pin->revision, pin->tree}};

    run(fixture, "mkdir -p q/components; cd q; printf 'product: shop\\ncomponents: [code]\\n' > "
                 "fassembler.yaml; echo 'source: {git: \"https://me:hidden@127.0.0.1:1/r.git\"}' > "
                 "components/code.yaml");
    g_autofree char *place = g_build_filename(fixture->root, "q", NULL);
    g_autofree char *home = g_build_filename(fixture->root, "home", NULL);
    g_assert_cmpint(chdir(place), ==, 0);
    g_autoptr(FaContext) context = fa_context_open(home, &error);
    g_assert_no_error(error);
    const FaBundleOptions options = {
        .release = "0.6", .pins = pins, .pins_count = 1, .file = "b.tar.zst"};
    g_assert_false(fa_bundle_write(context, here.store, &options, &stats, &error));
    g_assert_error(error, FA_ERROR, FA_ERROR_REFUSED);
    g_assert_null(strstr(error->message, "hidden"));
    g_assert_nonnull(strstr(error->message, "password"));
}

static void
test_hostile(Fixture *fixture, gconstpointer data)
{
    static const char *const bad[] = {
        "{", "[]", "{\"bundle\": 2, \"sources\": {}}", "{\"bundle\": 1}",
        "{\"bundle\": 1, \"sources\": {\"code\": {\"kind\": \"git\", \"revision\": \"x\", "
        "\"path\": \"../repo\", \"digest\": "
        "\"0000000000000000000000000000000000000000000000000000000000000000\"}}}"};
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autofree char *place = g_build_filename(fixture->root, "p", NULL);
        g_autofree char *path = g_build_filename(place, "bundle.json", NULL);
        g_autofree char *home = g_build_filename(fixture->root, "home", NULL);
        g_autoptr(GError) error = NULL;
        const FaPinOptions options = {0};
        g_assert_true(fa_fs_write(path, bad[i], strlen(bad[i]), 0644, FA_WRITE_NONE, NULL));
        g_assert_cmpint(chdir(place), ==, 0);
        g_autoptr(FaContext) context = fa_context_open(home, &error);
        g_assert_no_error(error);
        g_autoptr(FaStore) store = fa_store_open(home, &error);
        g_assert_no_error(error);
        g_assert_null(fa_pins_take(context, store, fa_context_get_product(context)->components,
                                   &options, &error));
        g_assert_error(error, FA_ERROR, FA_ERROR_CONFIG);
    }
}

int
main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*run)(Fixture *fixture, gconstpointer data);
    } tests[] = {
        {"a-release-is-built-where-its-repositories-are-not", test_built_elsewhere},
        {"the-same-release-is-the-same-bytes", test_same_bytes},
        {"only-what-a-build-needs-is-in-it", test_content},
        {"a-source-that-somebody-changed-is-not-built", test_changed},
        {"what-is-not-what-was-pinned-is-not-given-away", test_refused},
        {"a-password-is-not-given-away", test_password},
        {"a-wrong-bundle-is-refused", test_hostile},
    };

    g_test_init(&argc, &argv, NULL);
    g_setenv("GIT_CONFIG_GLOBAL", "/dev/null", TRUE);
    for (size_t i = 0; i < G_N_ELEMENTS(tests); i++) {
        g_autofree char *path = g_strconcat("/bundle/", tests[i].name, NULL);
        g_test_add_vtable(path, sizeof(Fixture), NULL, (GTestFixtureFunc)(void (*)(void))set_up,
                          (GTestFixtureFunc)(void (*)(void))tests[i].run,
                          (GTestFixtureFunc)(void (*)(void))tear_down);
    }
    return g_test_run();
}
