#include "app/pulls.h"

#include <string.h>

#include "app/transfer.h"
#include "base/error.h"

/* A connection by ssh is one program, with much at once in it; others cost little. */
#define CONNECTIONS     4
#define CONNECTIONS_SSH 1

typedef struct Place {
    char *address;
    char *shown;
    unsigned limit; /* of suppliers */
    unsigned opened;
    GPtrArray *idle; /* of FaSupplier */
} Place;

struct FaPulls {
    FaPullsOptions options;
    GPtrArray *places;
    GPtrArray *trusted; /* of char, NULL-ended */
    GMutex mutex;       /* over the suppliers */
    GCond is_given;
};

static void
place_free(Place *place)
{
    g_ptr_array_unref(place->idle);
    g_free(place->address);
    g_free(place->shown);
    g_free(place);
}

static bool
is_remote(const char *address)
{
    return strstr(address, "://") != NULL && !g_str_has_prefix(address, "file:");
}

/* The home and the product may name the same. */
static bool
is_known(const FaPulls *pulls, const char *address)
{
    for (guint i = 0; i < pulls->places->len; i++) {
        const Place *place = g_ptr_array_index(pulls->places, i);
        if (strcmp(place->address, address) == 0)
            return true;
    }
    return false;
}

static void
add_places(FaPulls *pulls, const FaStoreSpec *store)
{
    for (guint i = 0; i < store->pull->len; i++) {
        const char *address = g_ptr_array_index(store->pull, i);
        if ((pulls->options.offline && is_remote(address)) || is_known(pulls, address))
            continue;
        Place *place = g_new0(Place, 1);
        place->address = g_strdup(address);
        place->shown = fa_supplier_show(address);
        place->limit = g_str_has_prefix(address, "ssh:") ? CONNECTIONS_SSH : CONNECTIONS;
        place->idle = g_ptr_array_new_with_free_func((GDestroyNotify)fa_supplier_free);
        g_ptr_array_add(pulls->places, place);
    }
}

FaPulls *
fa_pulls_open(const FaContext *context, const FaPullsOptions *options, GError **error)
{
    g_autoptr(FaPulls) pulls = g_new0(FaPulls, 1);
    pulls->options = *options;
    pulls->places = g_ptr_array_new_with_free_func((GDestroyNotify)place_free);
    pulls->trusted = g_ptr_array_new_with_free_func(g_free);
    g_mutex_init(&pulls->mutex);
    g_cond_init(&pulls->is_given);
    add_places(pulls, fa_context_get_home_store(context));
    add_places(pulls, fa_context_get_product(context)->store);
    if (pulls->places->len == 0)
        return g_steal_pointer(&pulls);

    const Place *first = g_ptr_array_index(pulls->places, 0);
    if (!fa_transfer_add_trusted(context, pulls->trusted, error))
        return NULL;
    if (pulls->trusted->len == 0) {
        fa_fail(error, FA_ERROR_CONFIG,
                "builds are to be pulled from '%s', but no key is trusted\n"
                "help: put the public key of who signs them under 'keys', or use --no-pull",
                first->shown);
        return NULL;
    }
    g_ptr_array_add(pulls->trusted, NULL);
    return g_steal_pointer(&pulls);
}

void
fa_pulls_free(FaPulls *pulls)
{
    if (pulls == NULL)
        return;
    g_ptr_array_unref(pulls->places);
    g_ptr_array_unref(pulls->trusted);
    g_mutex_clear(&pulls->mutex);
    g_cond_clear(&pulls->is_given);
    g_free(pulls);
}

static void
list(GStrvBuilder *builder, const FaStoreSpec *store)
{
    for (guint i = 0; i < store->pull->len; i++) {
        g_autofree char *shown = fa_supplier_show(g_ptr_array_index(store->pull, i));
        g_strv_builder_add(builder, shown);
    }
}

char **
fa_pulls_list(const FaContext *context)
{
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    list(builder, fa_context_get_home_store(context));
    list(builder, fa_context_get_product(context)->store);
    return g_strv_builder_end(builder);
}

static void G_GNUC_PRINTF(2, 3) note(const FaPulls *pulls, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    if (pulls->options.note != NULL)
        pulls->options.note(text, pulls->options.data);
}

/* (transfer full) (nullable) Waits while all that may be open are taken. */
static FaSupplier *
borrow(FaPulls *pulls, Place *place, FaCancel *cancel, GError **error)
{
    FaSupplier *supplier = NULL;
    g_mutex_lock(&pulls->mutex);
    while (place->idle->len == 0 && place->opened == place->limit)
        g_cond_wait(&pulls->is_given, &pulls->mutex);
    if (place->idle->len > 0)
        supplier = g_ptr_array_steal_index(place->idle, place->idle->len - 1);
    else
        place->opened++;
    g_mutex_unlock(&pulls->mutex);
    if (supplier != NULL)
        return supplier;

    supplier = fa_supplier_open(place->address, 0, cancel, error);
    if (supplier == NULL) {
        g_mutex_lock(&pulls->mutex);
        place->opened--;
        g_cond_signal(&pulls->is_given);
        g_mutex_unlock(&pulls->mutex);
    }
    return supplier;
}

static void
give_back(FaPulls *pulls, Place *place, FaSupplier *supplier)
{
    g_mutex_lock(&pulls->mutex);
    g_ptr_array_add(place->idle, supplier);
    g_cond_signal(&pulls->is_given);
    g_mutex_unlock(&pulls->mutex);
}

/* Takes over the answers of one place. */
static void
take_answers(FaPulls *pulls, const Place *place, const FaSupplyQuestion *questions, size_t length,
             FaWanted *wanted)
{
    for (size_t i = 0; i < length; i++) {
        while (strcmp(wanted->name, questions[i].name) != 0)
            wanted++;
        switch (questions[i].answer) {
        case FA_SUPPLY_NONE:
            break;
        case FA_SUPPLY_THERE:
            wanted->place = place->shown;
            break;
        case FA_SUPPLY_UNTRUSTED:
            note(pulls, "'%s' has '%s', but nobody who is trusted has signed it", place->shown,
                 wanted->name);
            break;
        }
    }
}

/* *ret_answered is set when it did. */
static bool
ask_place(FaPulls *pulls, Place *place, FaWanted *wanted, size_t length, bool *ret_answered,
          GError **error)
{
    g_autofree FaSupplyQuestion *questions = g_new0(FaSupplyQuestion, length);
    g_autoptr(GError) problem = NULL;
    size_t count = 0;
    for (size_t i = 0; i < length; i++) {
        if (wanted[i].place == NULL)
            questions[count++] = (FaSupplyQuestion){.name = wanted[i].name, .key = wanted[i].key};
    }
    if (count == 0)
        return true;

    FaSupplier *supplier = borrow(pulls, place, pulls->options.cancel, &problem);
    if (supplier == NULL || !fa_supplier_ask(supplier, (const char *const *)pulls->trusted->pdata,
                                             questions, count, &problem)) {
        if (supplier != NULL)
            give_back(pulls, place, supplier);
        if (fa_error_is(problem, FA_ERROR_CANCELLED)) {
            g_propagate_error(error, g_steal_pointer(&problem));
            return false;
        }
        note(pulls, "nothing was pulled: %s", problem->message);
        return true;
    }
    give_back(pulls, place, supplier);
    take_answers(pulls, place, questions, count, wanted);
    *ret_answered = true;
    return true;
}

/* One line for all that is to be built because nobody has it. */
static void
tell_missing(const FaPulls *pulls, const FaWanted *wanted, size_t length)
{
    g_autoptr(GString) names = g_string_new(NULL);
    for (size_t i = 0; i < length; i++) {
        if (wanted[i].place == NULL)
            g_string_append_printf(names, "%s%s", names->len > 0 ? ", " : "", wanted[i].name);
    }
    if (names->len > 0)
        note(pulls, "not found where builds are pulled from: %s", names->str);
}

bool
fa_pulls_find(FaPulls *pulls, FaWanted *wanted, size_t length, GError **error)
{
    if (pulls->places->len == 0 || length == 0)
        return true;
    bool is_answered = false;
    for (guint i = 0; i < pulls->places->len; i++) {
        if (!ask_place(pulls, g_ptr_array_index(pulls->places, i), wanted, length, &is_answered,
                       error))
            return false;
    }
    if (is_answered)
        tell_missing(pulls, wanted, length);
    return true;
}

static bool
take_from(FaPulls *pulls, Place *place, FaStore *store, const FaWanted *wanted, uint64_t *ret_bytes,
          FaCancel *cancel, GError **error)
{
    FaPullStats stats;
    FaDigest tree;
    FaSupplier *supplier = borrow(pulls, place, cancel, error);
    if (supplier == NULL)
        return false;
    const FaPullOptions options = {
        .supplier = supplier,
        .what = wanted->name,
        .key = wanted->key,
        .trusted = (const char *const *)pulls->trusted->pdata,
        .cancel = cancel,
    };
    bool ok = fa_store_pull(store, &options, &tree, &stats, error);
    give_back(pulls, place, supplier);
    if (ok)
        *ret_bytes = stats.bytes_received;
    return ok;
}

bool
fa_pulls_take(FaPulls *pulls, FaStore *store, const FaWanted *wanted, uint64_t *ret_bytes,
              const char **ret_place, FaCancel *cancel, GError **error)
{
    g_autoptr(GError) first = NULL;
    bool is_reached = false;
    for (guint i = 0; i < pulls->places->len; i++) {
        Place *place = g_ptr_array_index(pulls->places, i);
        g_autoptr(GError) problem = NULL;
        is_reached = is_reached || strcmp(place->shown, wanted->place) == 0;
        if (!is_reached)
            continue;
        if (take_from(pulls, place, store, wanted, ret_bytes, cancel, &problem)) {
            *ret_place = place->shown;
            return true;
        }
        if (first == NULL || fa_error_is(problem, FA_ERROR_CANCELLED)) {
            g_clear_error(&first);
            first = g_steal_pointer(&problem);
        }
        if (fa_error_is(first, FA_ERROR_CANCELLED))
            break;
    }
    /* What a later place says of it is of less use: most likely that it has no such build. */
    g_propagate_error(error, g_steal_pointer(&first));
    return false;
}
