#include "app/pins.h"

#include "app/bundled.h"
#include "app/develop.h"
#include "app/kept.h"
#include "base/error.h"
#include "config/lock.h"
#include "sys/fs.h"
#include "sys/parallel.h"

#define SHORT_REVISION   10
#define DIRECTORIES_EACH 8 /* for fewer a thread costs more than it saves */

/* What a version control system keeps beside the files is no part of them. */
static const char *const not_source[] = {".git", ".svn", NULL};

struct FaPins {
    char *home;
    bool is_frozen;
    FaBundled *bundled;  /* (nullable) what came with the product */
    GPtrArray *list;     /* of FaSourcePin */
    GHashTable *by_name; /* of the component, to FaSourcePin of the list */
};

static void
pin_free(FaSourcePin *pin)
{
    g_clear_pointer(&pin->source, fa_source_free);
    g_free(pin->revision);
    g_free(pin->version);
    g_free(pin->checkout);
    g_free(pin);
}

void
fa_pins_free(FaPins *pins)
{
    if (pins == NULL)
        return;
    g_hash_table_unref(pins->by_name);
    g_ptr_array_unref(pins->list);
    fa_bundled_free(pins->bundled);
    g_free(pins->home);
    g_free(pins);
}

size_t
fa_pins_count(const FaPins *pins)
{
    return pins->list->len;
}

const FaSourcePin *
fa_pins_at(const FaPins *pins, size_t index)
{
    return g_ptr_array_index(pins->list, index);
}

const FaSourcePin *
fa_pins_get(const FaPins *pins, const char *component)
{
    return g_hash_table_lookup(pins->by_name, component);
}

/* Fetches what @pin names into the store, by way of a folder that is removed. */
static bool
fetch(const FaPins *pins, const FaSourcePin *pin, FaStore *store, FaCancel *cancel,
      FaDigest *ret_tree, GError **error)
{
    FaImportOptions importing = {
        .cancel = cancel, .refuse_links_out = true, .leave_out = not_source};
    if (pin->bundled != NULL)
        return fa_store_import(store, pin->bundled->path, &importing, ret_tree, NULL, error);

    g_autofree char *parent = g_build_filename(pins->home, "tmp", NULL);
    if (!fa_fs_make_directory(parent, 0755, error))
        return false;
    g_autofree char *room = fa_fs_make_temporary(parent, "source-", error);
    if (room == NULL)
        return false;
    g_autofree char *tree = g_build_filename(room, "tree", NULL);
    bool is_fetched = fa_source_fetch(pin->source, pin->revision, tree, cancel, -1, error) &&
                      fa_store_import(store, tree, &importing, ret_tree, NULL, error);
    g_autoptr(GError) ignored = NULL;
    fa_fs_remove_tree(room, &ignored);
    return is_fetched;
}

static void
name_version(FaSourcePin *pin)
{
    if (pin->recipe->version != NULL)
        pin->version = g_strdup(pin->recipe->version);
    else if (pin->recipe->source.kind == FA_SOURCE_GIT && pin->checkout == NULL)
        pin->version = g_strndup(pin->revision, SHORT_REVISION);
}

/* @entry (nullable): what the lock has. */
static bool
settle(const FaPins *pins, FaSourcePin *pin, FaStore *store, const FaLockEntry *entry,
       const FaPinOptions *options, GError **error)
{
    FaSourceKind kind = pin->checkout != NULL ? FA_SOURCE_DIRECTORY : pin->recipe->source.kind;
    bool is_locked = entry != NULL && entry->kind == kind && !options->update &&
                     (kind != FA_SOURCE_DIRECTORY || pins->is_frozen);

    pin->has_tree = true;
    pin->is_known = true;
    if (kind == FA_SOURCE_DIRECTORY && !is_locked) {
        const char *local = fa_source_local_directory(pin->source);
        if (!fa_fs_is_directory(local))
            return fa_fail(error, FA_ERROR_NOT_FOUND,
                           "there is no folder '%s'\nhelp: check 'source' in components/%s.yaml",
                           local, pin->recipe->name);
        pin->revision = g_strdup("directory");
        return true; /* its tree: read_directories() */
    }
    if (is_locked)
        pin->revision = g_strdup(entry->revision);
    else if (options->dry_run)
        return pin->is_known = false, true;
    else if (!fa_source_resolve(pin->source, NULL, options->offline, options->cancel,
                                &pin->revision, error))
        return false;
    pin->bundled = fa_bundled_find(pins->bundled, pin->recipe->name, kind, pin->revision);
    if (is_locked && !fa_digest_is_zero(&entry->digest)) {
        pin->tree = entry->digest;
        return true;
    }
    if (options->dry_run)
        return pin->is_known = false, true;
    pin->is_here = true;
    return fetch(pins, pin, store, options->cancel, &pin->tree, error);
}

/* (transfer full) (nullable) A checkout, or a folder that came with the product, is read in place. */
static FaSource *
open_source(const FaPins *pins, const FaSourcePin *pin, const FaProduct *product, GError **error)
{
    const FaBundledSource *bundled =
        fa_bundled_find(pins->bundled, pin->recipe->name, FA_SOURCE_DIRECTORY, NULL);
    const char *place = pin->checkout;
    if (place == NULL && bundled != NULL && pin->recipe->source.kind == FA_SOURCE_DIRECTORY)
        place = bundled->path;

    const FaSourceSpec folder = {.kind = FA_SOURCE_DIRECTORY, .location = (char *)place};
    return fa_source_open(place != NULL ? &folder : &pin->recipe->source, product->sources,
                          pins->home, error);
}

static bool
take(FaPins *pins, const FaRecipe *recipe, FaContext *context, FaStore *store, FaLockFile *lock,
     const FaPinOptions *options, GError **error)
{
    const FaProduct *product = fa_context_get_product(context);
    FaSourcePin *pin = g_new0(FaSourcePin, 1);
    pin->recipe = recipe;
    pin->is_frozen = pins->is_frozen;
    g_ptr_array_add(pins->list, pin);
    g_hash_table_insert(pins->by_name, recipe->name, pin);
    if (options->use_checkouts)
        pin->checkout = fa_develop_get_checkout(pins->home, recipe->name);
    if (pin->checkout != NULL && recipe->in_place) {
        pin->is_known = true;
        pin->revision = g_strdup("in place");
        return true;
    }
    if (recipe->source.kind == FA_SOURCE_NONE) {
        pin->is_known = true;
        name_version(pin);
        return true;
    }

    pin->source = open_source(pins, pin, product, error);
    if (pin->source == NULL ||
        !settle(pins, pin, store, fa_lock_file_find(lock, recipe->name), options, error)) {
        g_prefix_error(error, "component '%s': ", recipe->name);
        return false;
    }
    if (!pin->is_known)
        return true;
    name_version(pin);
    if (recipe->source.kind != FA_SOURCE_DIRECTORY && pin->checkout == NULL)
        fa_lock_file_set(lock, recipe->name, recipe->source.kind, pin->revision, &pin->tree);
    return true;
}

/* What the threads of read_directories() share. */
typedef struct Reading {
    FaStore *store;
    const FaPinOptions *options;
    GPtrArray *pins; /* of FaSourcePin */
    GError **errors; /* of each */
} Reading;

static void
read_directory(size_t index, void *data)
{
    Reading *reading = data;
    FaSourcePin *pin = g_ptr_array_index(reading->pins, index);
    const FaImportOptions options = {
        .cancel = reading->options->cancel, .leave_out = not_source, .threads = 1};
    fa_store_digest(reading->store, fa_source_local_directory(pin->source), &options, &pin->tree,
                    NULL, &reading->errors[index]);
}

static bool
is_read_in_place(const FaSourcePin *pin)
{
    return pin->has_tree &&
           (pin->checkout != NULL || pin->recipe->source.kind == FA_SOURCE_DIRECTORY);
}

/* Folders are looked at file by file, every time: several of them at once. */
static bool
read_directories(const FaPins *pins, FaStore *store, const FaPinOptions *options, GError **error)
{
    g_autoptr(GPtrArray) todo = g_ptr_array_new();
    for (guint i = 0; i < pins->list->len; i++) {
        FaSourcePin *pin = g_ptr_array_index(pins->list, i);
        if (is_read_in_place(pin) && !pins->is_frozen)
            g_ptr_array_add(todo, pin);
    }

    g_autofree GError **errors = g_new0(GError *, todo->len + 1);
    Reading reading = {.store = store, .options = options, .pins = todo, .errors = errors};
    fa_parallel_run(todo->len, DIRECTORIES_EACH, read_directory, &reading);

    bool is_read = true;
    for (guint i = 0; i < todo->len; i++) {
        const FaSourcePin *pin = g_ptr_array_index(todo, i);
        if (errors[i] == NULL)
            continue;
        g_prefix_error(&errors[i], "component '%s': ", pin->recipe->name);
        if (is_read)
            g_propagate_error(error, errors[i]);
        else
            g_error_free(errors[i]);
        is_read = false;
    }
    return is_read;
}

/* (transfer full) */
static char **
list_components(const FaProduct *product)
{
    g_autoptr(GStrvBuilder) names = g_strv_builder_new();
    for (guint i = 0; i < product->components->len; i++)
        g_strv_builder_add(names, ((FaRecipe *)g_ptr_array_index(product->components, i))->name);
    return g_strv_builder_end(names);
}

FaPins *
fa_pins_take(FaContext *context, FaStore *store, const GPtrArray *recipes,
             const FaPinOptions *options, GError **error)
{
    const FaProduct *product = fa_context_get_product(context);
    g_autofree char *path = g_build_filename(product->directory, FA_LOCK_FILE_NAME, NULL);
    g_auto(GStrv) components = list_components(product);
    g_autoptr(FaLockFile) lock = fa_lock_file_read(path, (const char *const *)components,
                                                   fa_context_get_diags(context), error);
    if (lock == NULL || !fa_context_check(context, error))
        return NULL;

    g_autoptr(FaPins) pins = g_new0(FaPins, 1);
    pins->home = g_strdup(fa_context_get_home(context));
    pins->is_frozen = product->is_frozen;
    pins->list = g_ptr_array_new_with_free_func((GDestroyNotify)pin_free);
    pins->by_name = g_hash_table_new(g_str_hash, g_str_equal);
    if (!fa_bundled_read(product->directory, &pins->bundled, error))
        return NULL;
    for (guint i = 0; i < recipes->len; i++) {
        const FaRecipe *recipe = g_ptr_array_index(recipes, i);
        if (!fa_cancel_check(options->cancel, error) ||
            !take(pins, recipe, context, store, lock, options, error))
            return NULL;
    }
    if (!read_directories(pins, store, options, error) ||
        (!options->dry_run && !pins->is_frozen && !fa_lock_file_write(lock, path, NULL, error)))
        return NULL;
    return g_steal_pointer(&pins);
}

const char *
fa_pins_get_directory(const FaSourcePin *pin, const char *const **ret_leave_out)
{
    if (ret_leave_out != NULL)
        *ret_leave_out = not_source;
    return pin->source != NULL && !pin->is_frozen ? fa_source_local_directory(pin->source) : NULL;
}

bool
fa_pins_keep(const FaPins *pins, const FaSourcePin *pin, FaStore *store, FaCancel *cancel,
             GError **error)
{
    const char *directory = fa_pins_get_directory(pin, NULL);
    FaDigest tree;
    int64_t committed;
    if (directory == NULL)
        return fa_pins_bring(pins, pin, store, &committed, cancel, error);
    if (!fetch(pins, pin, store, cancel, &tree, error))
        return false;
    return fa_digest_is_equal(&tree, &pin->tree) ||
           fa_fail(error, FA_ERROR_CONFLICT,
                   "'%s' changed while it was read\nhelp: run the same command again", directory);
}

bool
fa_pins_bring(const FaPins *pins, const FaSourcePin *pin, FaStore *store, int64_t *ret_committed,
              FaCancel *cancel, GError **error)
{
    FaDigest tree = pin->tree;
    int64_t committed = 0;
    if (pin->source == NULL || fa_pins_get_directory(pin, NULL) != NULL)
        return true;
    bool is_kept = pins->is_frozen && fa_kept_source_is_there(store, &pin->tree);
    if (!is_kept && !pin->is_here && !fetch(pins, pin, store, cancel, &tree, error))
        return false;
    if (!fa_digest_is_equal(&tree, &pin->tree))
        return fa_fail(error, FA_ERROR_FAILED,
                       "revision '%s' of '%s' has another content than " FA_LOCK_FILE_NAME
                       " says\nhelp: find out who changed it; 'fassembler build --update' takes it "
                       "as it is now",
                       pin->revision, fa_source_get_location(pin->source));

    if (pin->bundled != NULL) {
        *ret_committed = pin->bundled->committed;
        return true;
    }
    g_autofree char *version = NULL;
    g_autoptr(GError) ignored = NULL;
    if (fa_source_describe(pin->source, pin->revision, &version, &committed, &ignored))
        *ret_committed = committed;
    return true;
}
