#include "app/board.h"

#include <string.h>

#include "app/names.h"
#include "app/processes.h"
#include "base/error.h"
#include "source/source.h"
#include "sys/clock.h"
#include "view/board.h"

static bool
apply_history(const FaEvent *event, void *data, GError **error)
{
    fa_history_apply(data, event);
    return true;
}

FaHistory *
fa_board_read_history(const FaState *state, const char *environment, GError **error)
{
    g_autoptr(FaHistory) history = fa_history_new(environment);
    const FaLedgerQuery query = {.subject = environment};
    if (state->ledger != NULL &&
        !fa_ledger_read(state->ledger, &query, apply_history, history, error))
        return NULL;
    return g_steal_pointer(&history);
}

static const char *
ask_health(const FaLayout *layout, FaCancel *cancel)
{
    if (!fa_processes_is_running(layout, cancel))
        return "down";
    return fa_processes_check(layout, NULL, cancel, NULL) ? "well" : "ill";
}

/* (transfer full) ENV.SITE -> word */
static GHashTable *
list_health(FaContext *context, const FaRunning *running, FaCancel *cancel)
{
    GHashTable *health = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GPtrArray) standings = fa_running_list(running);
    for (guint i = 0; i < standings->len; i++) {
        const FaStanding *standing = g_ptr_array_index(standings, i);
        FaChoice choice;
        g_autoptr(FaLayout) layout =
            fa_context_choose(context, standing->environment, &choice, NULL)
                ? fa_names_layout(context, &choice, NULL)
                : NULL;
        if (layout != NULL)
            g_hash_table_insert(health, g_strdup(standing->environment),
                                (gpointer)ask_health(layout, cancel));
    }
    return health;
}

/* What no event created is as the product says. */
static void
fill_from_product(const FaContext *context, JsonObject *environment)
{
    FaChoice choice;
    if (fa_json_get_string(environment, "track") != NULL ||
        !fa_context_choose(context, fa_json_get_string(environment, "environment"), &choice, NULL))
        return;
    g_autofree char *host = fa_product_get_host(choice.site, choice.environment);
    json_object_set_string_member(environment, "track",
                                  fa_track_to_string(choice.environment->track));
    json_object_set_string_member(environment, "host", host);
}

static void
fill_board(const FaContext *context, JsonObject *board)
{
    JsonArray *sites = fa_json_get_array(board, "sites");
    for (guint i = 0; i < json_array_get_length(sites); i++) {
        JsonArray *list =
            fa_json_get_array(json_array_get_object_element(sites, i), "environments");
        for (guint k = 0; k < json_array_get_length(list); k++)
            fill_from_product(context, json_array_get_object_element(list, k));
    }
}

bool
fa_board(FaContext *context, bool with_health, bool with_retired, FaCancel *cancel,
         JsonObject **ret_board, GError **error)
{
    g_autoptr(FaState) state = fa_state_open(context, error);
    if (state == NULL)
        return false;
    g_autoptr(GHashTable) health =
        with_health ? list_health(context, state->running, cancel) : NULL;
    const FaBoardFacts facts = {
        .running = state->running,
        .releases = state->releases,
        .now = MAX(fa_clock_now(), 0),
        .health = health,
        .with_retired = with_retired,
    };
    *ret_board = fa_view_board(&facts);
    fill_board(context, *ret_board);
    return true;
}

bool
fa_board_history(FaContext *context, const FaChoice *choice, unsigned limit,
                 JsonObject **ret_history, GError **error)
{
    g_autofree char *name = fa_names_choice(choice);
    g_autoptr(FaState) state = fa_state_open(context, error);
    g_autoptr(FaHistory) history = state != NULL ? fa_board_read_history(state, name, error) : NULL;
    if (history == NULL)
        return false;
    *ret_history = fa_view_history(history, limit);
    return true;
}

/* Which components know the revision, and what they call it exactly. */
typedef struct Search {
    FaContext *context;
    FaCancel *cancel;
    GHashTable *sources;   /* component -> FaSource */
    GHashTable *revisions; /* component -> exact revision */
} Search;

static void
search_clear(Search *search)
{
    g_clear_pointer(&search->sources, g_hash_table_unref);
    g_clear_pointer(&search->revisions, g_hash_table_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Search, search_clear)

static void
look_in(Search *search, const FaRecipe *recipe, const char *revision)
{
    const FaProduct *product = fa_context_get_product(search->context);
    g_autofree char *exact = NULL;
    if (recipe->source.kind == FA_SOURCE_NONE)
        return;
    FaSource *source = fa_source_open(&recipe->source, product->sources,
                                      fa_context_get_home(search->context), NULL);
    if (source == NULL)
        return;
    g_hash_table_insert(search->sources, recipe->name, source);
    if (fa_source_has_history(source) &&
        fa_source_resolve(source, revision, false, search->cancel, &exact, NULL))
        g_hash_table_insert(search->revisions, recipe->name, g_steal_pointer(&exact));
}

static FaWhereAnswer
has_revision(const FaRelease *release, const char *component, void *data)
{
    const Search *search = data;
    const FaPin *pin = fa_release_find_pin(release, component);
    const char *revision = g_hash_table_lookup(search->revisions, component);
    g_auto(FaContained) contained = {0};
    if (revision == NULL || pin == NULL)
        return FA_WHERE_NO;
    if (!fa_source_contains(g_hash_table_lookup(search->sources, component), pin->revision,
                            revision, search->cancel, &contained, NULL))
        return FA_WHERE_UNKNOWN;
    return contained.by != FA_CONTAINED_NOT ? FA_WHERE_YES : FA_WHERE_NO;
}

static bool
begin_search(Search *search, const char *component, const char *revision, GError **error)
{
    const GPtrArray *components = fa_context_get_product(search->context)->components;
    search->sources =
        g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)fa_source_free);
    search->revisions = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, g_free);
    for (guint i = 0; i < components->len; i++) {
        const FaRecipe *recipe = g_ptr_array_index(components, i);
        if (component == NULL || strcmp(component, recipe->name) == 0)
            look_in(search, recipe, revision);
    }
    return g_hash_table_size(search->revisions) > 0 ||
           fa_fail(error, FA_ERROR_NOT_FOUND, "no component has a revision '%s'", revision);
}

bool
fa_board_where(FaContext *context, const char *component, const char *revision, FaCancel *cancel,
               JsonObject **ret_where, GError **error)
{
    g_autoptr(FaState) state = fa_state_open(context, error);
    g_auto(Search) search = {.context = context, .cancel = cancel};
    if (state == NULL || (revision != NULL && !begin_search(&search, component, revision, error)))
        return false;
    /* A revision is of one component: the others have nothing to do with it. */
    GHashTableIter iter;
    gpointer only = NULL;
    if (component == NULL && revision != NULL && g_hash_table_size(search.revisions) == 1) {
        g_hash_table_iter_init(&iter, search.revisions);
        g_hash_table_iter_next(&iter, &only, NULL);
    }
    const FaWhereFacts facts = {
        .running = state->running,
        .releases = state->releases,
        .component = component != NULL ? component : only,
        .revision = revision,
        .has = revision != NULL ? has_revision : NULL,
        .data = &search,
    };
    *ret_where = fa_view_where(&facts);
    return fa_cancel_check(cancel, error);
}
