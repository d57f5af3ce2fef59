#include "app/bundle.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "app/bundled.h"
#include "base/error.h"
#include "base/text.h"
#include "config/lock.h"
#include "source/source.h"
#include "sys/fs.h"

#define TEXT_MAX (4 * 1024 * 1024) /* of a file beside fassembler.yaml */

/* One bundle, while it is made. */
typedef struct Making {
    FaContext *context;
    FaStore *store;
    const FaBundleOptions *options;
    const FaProduct *product;
    char *room;         /* a folder of its own in the home */
    char *tree;         /* what is packed */
    FaLockFile *lock;   /* what the bundle's will hold */
    GPtrArray *sources; /* of FaBundledSource */
} Making;

static void
source_free(gpointer data)
{
    FaBundledSource *source = data;
    g_free(source->component);
    g_free(source->revision);
    g_free(source);
}

static void
making_clear(Making *making)
{
    if (making->room != NULL)
        fa_fs_remove_tree(making->room, NULL);
    g_free(making->room);
    g_free(making->tree);
    fa_lock_file_free(making->lock);
    g_ptr_array_unref(making->sources);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Making, making_clear)

static const FaBundlePin *
find_pin(const FaBundleOptions *options, const char *component)
{
    for (size_t i = 0; i < options->pins_count; i++)
        if (g_str_equal(options->pins[i].component, component))
            return &options->pins[i];
    return NULL;
}

static bool
check_pins(const FaProduct *product, const FaBundleOptions *options, GError **error)
{
    if (!fa_text_is_version(options->release))
        return fa_fail(error, FA_ERROR_USAGE, "'%s' cannot be the label of a release",
                       options->release);
    for (size_t i = 0; i < options->pins_count; i++)
        if (fa_product_find_component(product, options->pins[i].component) == NULL)
            return fa_fail(error, FA_ERROR_NOT_FOUND,
                           "release '%s' pins '%s', which is no component of '%s'\nhelp: take the "
                           "product's files as they were when it was cut",
                           options->release, options->pins[i].component, product->name);
    for (guint i = 0; i < product->components->len; i++) {
        const FaRecipe *recipe = g_ptr_array_index(product->components, i);
        if (recipe->source.kind != FA_SOURCE_NONE && find_pin(options, recipe->name) == NULL)
            return fa_fail(error, FA_ERROR_REFUSED,
                           "release '%s' has no revision of '%s'\nhelp: take the product's files "
                           "as they were when it was cut, or cut another",
                           options->release, recipe->name);
    }
    return true;
}

/* What is read is given away: a password in a location would be, too. */
static bool
check_location(const FaRecipe *recipe, const FaSource *source, GError **error)
{
    const char *location = recipe->source.location;

    if (strstr(location, "://") == NULL || g_str_equal(fa_source_get_location(source), location))
        return true;
    return fa_fail(error, FA_ERROR_REFUSED,
                   "the location of '%s' holds a password or a query, which the bundle would give "
                   "away\nhelp: leave it to a credential helper",
                   recipe->name);
}

/* The tree as the store has it, else as the repository does; never another one. */
static bool
bring_tree(Making *making, FaSource *source, const FaBundlePin *pin, const char *target,
           GError **error)
{
    static const char *const not_source[] = {".git", ".svn", NULL};
    const FaImportOptions importing = {
        .cancel = making->options->cancel, .refuse_links_out = true, .leave_out = not_source};
    g_autofree char *fetched = g_build_filename(making->room, "fetched", NULL);
    FaDigest tree;

    if (fa_store_checkout(making->store, &pin->digest, target, NULL, false, NULL))
        return true;
    if (!fa_fs_remove_tree(target, error) || !fa_fs_remove_tree(fetched, error) ||
        !fa_source_fetch(source, pin->revision, fetched, making->options->cancel, -1, error) ||
        !fa_store_import(making->store, fetched, &importing, &tree, NULL, error))
        return false;
    if (!fa_digest_is_equal(&tree, &pin->digest))
        return fa_fail(error, FA_ERROR_FAILED,
                       "revision '%s' of '%s' has another content than release '%s' says\nhelp: "
                       "find out who changed it",
                       pin->revision, fa_source_get_location(source), making->options->release);
    return fa_store_checkout(making->store, &tree, target, NULL, false, error);
}

static bool
add_source(Making *making, const FaRecipe *recipe, const FaBundlePin *pin, GError **error)
{
    g_autofree char *target = g_build_filename(making->tree, FA_BUNDLE_SOURCES, recipe->name, NULL);
    g_autofree char *parent = g_path_get_dirname(target), *version = NULL;
    FaTime committed = 0;
    g_autoptr(FaSource) source = fa_source_open(&recipe->source, making->product->directory,
                                                fa_context_get_home(making->context), error);

    if (source == NULL || !check_location(recipe, source, error) ||
        !fa_fs_make_directory(parent, 0755, error) ||
        !bring_tree(making, source, pin, target, error)) {
        g_prefix_error(error, "component '%s': ", recipe->name);
        return false;
    }
    fa_source_describe(source, pin->revision, &version, &committed, NULL);

    FaBundledSource *bundled = g_new0(FaBundledSource, 1);
    bundled->component = g_strdup(recipe->name);
    bundled->kind = recipe->source.kind;
    bundled->revision = g_strdup(pin->revision);
    bundled->digest = pin->digest;
    bundled->committed = committed;
    g_ptr_array_add(making->sources, bundled);
    if (recipe->source.kind != FA_SOURCE_DIRECTORY)
        fa_lock_file_set(making->lock, recipe->name, recipe->source.kind, pin->revision,
                         &pin->digest);
    return true;
}

static bool
is_text(const char *name)
{
    return g_str_equal(name, "fassembler.yaml") || g_str_has_suffix(name, ".md") ||
           g_str_has_prefix(name, "LICENSE");
}

/* Folders that teams write in, and the texts at the top; what else lies there (repositories, a home) stays. */
static bool
add_files(Making *making, GError **error)
{
    static const char *const folders[] = {"components", "etc", "sites", NULL};
    g_auto(GStrv) names = fa_fs_list(making->product->directory, error);

    for (char **name = names; name != NULL && *name != NULL; name++) {
        g_autofree char *from = g_build_filename(making->product->directory, *name, NULL);
        g_autofree char *to = g_build_filename(making->tree, *name, NULL);
        bool is_folder = fa_fs_is_directory(from);
        if (is_folder && g_strv_contains(folders, *name)) {
            if (!fa_fs_copy_tree(from, to, error))
                return false;
        } else if (!is_folder && is_text(*name)) {
            g_autofree char *text = NULL;
            size_t length = 0;
            if (!fa_fs_read(from, TEXT_MAX, &text, &length, error) ||
                !fa_fs_write(to, text, length, 0644, FA_WRITE_NONE, error))
                return false;
        }
    }
    return names != NULL;
}

static int
compare_recipes(gconstpointer a, gconstpointer b)
{
    return strcmp((*(const FaRecipe *const *)a)->name, (*(const FaRecipe *const *)b)->name);
}

static bool
add_sources(Making *making, GError **error)
{
    g_autoptr(GPtrArray) recipes = g_ptr_array_new();

    for (guint i = 0; i < making->product->components->len; i++)
        g_ptr_array_add(recipes, g_ptr_array_index(making->product->components, i));
    g_ptr_array_sort(recipes, compare_recipes);
    for (guint i = 0; i < recipes->len; i++) {
        const FaRecipe *recipe = g_ptr_array_index(recipes, i);
        const FaBundlePin *pin = find_pin(making->options, recipe->name);
        if (recipe->source.kind != FA_SOURCE_NONE && !add_source(making, recipe, pin, error))
            return false;
    }

    g_autofree char *lock_path = g_build_filename(making->tree, FA_LOCK_FILE_NAME, NULL);
    g_autofree char *path = g_build_filename(making->tree, FA_BUNDLE_FILE_NAME, NULL);
    g_autofree char *text =
        fa_bundled_format(making->product->name, making->options->release, making->sources);
    return fa_lock_file_write(making->lock, lock_path, NULL, error) &&
           fa_fs_write(path, text, strlen(text), 0644, FA_WRITE_NONE, error);
}

/* Beside its place first: what has the name is whole. */
static bool
pack(Making *making, FaBundleStats *ret_stats, GError **error)
{
    const FaBundleOptions *options = making->options;
    g_autofree char *name = g_strdup_printf("%s-%s", making->product->name, options->release);
    g_autofree char *part = g_strconcat(options->file, ".part", NULL);
    struct stat status;

    if (!fa_source_pack(making->tree, name, part, options->cancel, error)) {
        remove(part);
        return false;
    }
    if (stat(part, &status) != 0 || rename(part, options->file) != 0) {
        int number = errno;
        remove(part);
        return fa_fail_errno(error, number, "cannot make '%s'", options->file);
    }
    *ret_stats =
        (FaBundleStats){.bytes = (uint64_t)status.st_size, .sources = making->sources->len};
    return true;
}

bool
fa_bundle_write(FaContext *context, FaStore *store, const FaBundleOptions *options,
                FaBundleStats *ret_stats, GError **error)
{
    g_auto(Making) making = {
        .context = context,
        .store = store,
        .options = options,
        .product = fa_context_get_product(context),
        .lock = fa_lock_file_new(),
        .sources = g_ptr_array_new_with_free_func(source_free),
    };
    g_autofree char *parent = g_build_filename(fa_context_get_home(context), "tmp", NULL);

    if (!check_pins(making.product, options, error) || !fa_fs_make_directory(parent, 0755, error))
        return false;
    making.room = fa_fs_make_temporary(parent, "bundle-", error);
    if (making.room == NULL)
        return false;
    making.tree = g_build_filename(making.room, "tree", NULL);
    return fa_fs_make_directory(making.tree, 0755, error) && add_files(&making, error) &&
           add_sources(&making, error) && pack(&making, ret_stats, error);
}
