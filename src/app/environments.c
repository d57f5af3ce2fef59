#include "app/environments.h"

#include <string.h>

#include "app/edge.h"
#include "app/ledger.h"
#include "app/names.h"
#include "app/processes.h"
#include "app/product-file.h"
#include "app/state.h"
#include "app/up.h"
#include "base/error.h"
#include "base/text.h"
#include "domain/ports.h"
#include "store/store.h"
#include "sys/fs.h"
#include "sys/lock.h"
#include "view/environment.h"

#define PORTS_MAX   65535
#define PORTS_SITE  1000
#define DEPLOY_LOCK ".deploy"

static const char *
ask_health(const FaLayout *layout, FaCancel *cancel)
{
    if (!fa_processes_is_running(layout, cancel))
        return "down";
    return fa_processes_check(layout, NULL, cancel, NULL) ? "well" : "ill";
}

static JsonObject *
describe(FaContext *context, const FaState *state, const char *name, bool with_health,
         FaCancel *cancel)
{
    FaChoice choice = {0};
    bool is_configured = fa_context_choose(context, name, &choice, NULL);
    g_autoptr(FaLayout) layout = is_configured ? fa_names_layout(context, &choice, NULL) : NULL;
    g_autofree char *url = is_configured ? fa_product_get_url(fa_context_get_product(context),
                                                              choice.site, choice.environment)
                                         : NULL;
    if (url == NULL && layout != NULL)
        url = fa_names_slot_url(&choice, fa_slot_get_current(layout));
    const FaEnvironmentFacts facts = {
        .name = name,
        .site = choice.site,
        .spec = is_configured ? choice.environment : NULL,
        .standing = fa_running_find(state->running, name),
        .url = url,
        .directory = layout != NULL ? layout->directory : NULL,
        .health = with_health && layout != NULL ? ask_health(layout, cancel) : NULL,
    };
    return fa_view_environment(&facts);
}

static int
compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* (transfer full) of char *: what the product has, and what the ledger has besides. */
static GPtrArray *
list_names(const FaContext *context, const FaState *state)
{
    GPtrArray *all = g_ptr_array_new_with_free_func(g_free);
    g_auto(GStrv) names = fa_context_list_environments(context);
    g_autoptr(GPtrArray) standings = fa_running_list(state->running);
    g_autoptr(GPtrArray) others = g_ptr_array_new();
    for (char **name = names; *name != NULL; name++)
        g_ptr_array_add(all, g_strdup(*name));
    for (guint i = 0; i < standings->len; i++) {
        const FaStanding *standing = g_ptr_array_index(standings, i);
        if (!g_strv_contains((const char *const *)names, standing->environment))
            g_ptr_array_add(others, standing->environment);
    }
    g_ptr_array_sort(others, compare_names);
    for (guint i = 0; i < others->len; i++)
        g_ptr_array_add(all, g_strdup(g_ptr_array_index(others, i)));
    return all;
}

bool
fa_environments_list(FaContext *context, bool with_retired, JsonObject **ret_list, GError **error)
{
    g_autoptr(FaState) state = fa_state_open(context, error);
    if (state == NULL)
        return false;
    g_autoptr(GPtrArray) names = list_names(context, state);
    JsonObject *document = json_object_new();
    JsonArray *array = json_array_new();
    for (guint i = 0; i < names->len; i++) {
        const char *name = g_ptr_array_index(names, i);
        const FaStanding *standing = fa_running_find(state->running, name);
        if (with_retired || standing == NULL || !standing->is_retired)
            json_array_add_object_element(array, describe(context, state, name, false, NULL));
    }
    json_object_set_array_member(document, "environments", array);
    *ret_list = document;
    return true;
}

bool
fa_environments_show(FaContext *context, const char *name, FaCancel *cancel, JsonObject **ret_one,
                     GError **error)
{
    g_autoptr(FaState) state = fa_state_open(context, error);
    FaChoice choice;
    if (state == NULL)
        return false;
    if (fa_running_find(state->running, name) == NULL &&
        !fa_context_choose(context, name, &choice, error))
        return false;
    *ret_one = describe(context, state, name, true, cancel);
    return true;
}

typedef struct Create {
    const FaContext *context;
    const char *name;
    const char *track;
    const char *host;
    const char *why;
} Create;

static FaDecision *
decide_create(const FaState *state, void *data)
{
    const Create *create = data;
    FaAsker asker = fa_state_asker(create->context);
    return fa_running_decide_create(state->running, create->name, create->track, create->host,
                                    create->why, &asker);
}

static bool
record_created(FaContext *context, FaState *state, const FaSiteSpec *site,
               const FaEnvironmentSpec *spec, const char *why, GError **error)
{
    const FaChoice choice = {.site = site, .environment = spec};
    g_autofree char *name = fa_names_choice(&choice);
    g_autofree char *host = fa_product_get_host(site, spec);
    Create create = {.context = context,
                     .name = name,
                     .track = fa_track_to_string(spec->track),
                     .host = host,
                     .why = why};
    return fa_state_decide(state, decide_create, &create, error);
}

/* (nullable) What goes with the names that everybody uses. */
static const char *
usual_track(const char *environment)
{
    static const struct {
        const char *name, *track;
    } usual[] = {{"live", "release"},      {"stage", "release"}, {"backstage", "trunk"},
                 {"leapfrog", "live+fix"}, {"dev", "anything"},  {NULL, NULL}};
    for (size_t i = 0; usual[i].name != NULL; i++) {
        if (strcmp(usual[i].name, environment) == 0)
            return usual[i].track;
    }
    return NULL;
}

static unsigned
next_ports(const FaProduct *product)
{
    unsigned next = 0;
    for (guint i = 0; i < product->environments->len; i++) {
        const FaEnvironmentSpec *spec = g_ptr_array_index(product->environments, i);
        next = MAX(next, spec->ports + FA_PORTS_PER_ENVIRONMENT);
    }
    return next;
}

/* *ret_environment (transfer full): the part of ENV.SITE in front of the dot; the site has to be there. */
static bool
divide(const FaContext *context, const char *name, const FaSiteSpec **ret_site,
       char **ret_environment, GError **error)
{
    const FaProduct *product = fa_context_get_product(context);
    const char *dot = strchr(name, '.');
    g_autofree char *environment = dot != NULL ? g_strndup(name, (gsize)(dot - name)) : NULL;
    if (environment == NULL || !fa_text_is_name(environment))
        return fa_fail(error, FA_ERROR_USAGE,
                       "'%s' is no name of an environment\nhelp: write it like stage.openplans",
                       name);
    *ret_site = fa_product_find_site(product, dot + 1);
    if (*ret_site == NULL) {
        g_autofree const char **sites = g_new0(const char *, product->sites->len + 1);
        for (guint i = 0; i < product->sites->len; i++)
            sites[i] = ((const FaSiteSpec *)g_ptr_array_index(product->sites, i))->name;
        const char *nearest = fa_text_nearest(dot + 1, sites);
        return nearest != NULL ? fa_fail(error, FA_ERROR_NOT_FOUND,
                                         "no site '%s'\nhelp: did you mean '%s'?", dot + 1, nearest)
                               : fa_fail(error, FA_ERROR_NOT_FOUND,
                                         "no site '%s'\nhelp: 'fassembler new-site %s' makes it",
                                         dot + 1, dot + 1);
    }
    *ret_environment = g_steal_pointer(&environment);
    return true;
}

/* What is in the file is not changed by this. */
static bool
check_same(const FaEnvironmentSpec *spec, const FaEnvironmentWords *words, GError **error)
{
    const char *track = fa_track_to_string(spec->track);
    g_autofree char *ports = g_strdup_printf("%u", spec->ports);
    const char *const pairs[][3] = {{"track", track, words->track},
                                    {"host", spec->host, words->host},
                                    {"ports", ports, words->ports},
                                    {"refresh", spec->refresh, words->refresh}};
    for (size_t i = 0; i < G_N_ELEMENTS(pairs); i++) {
        if (pairs[i][2] != NULL && g_strcmp0(pairs[i][1], pairs[i][2]) != 0)
            return fa_fail(error, FA_ERROR_CONFLICT,
                           "fassembler.yaml has an environment '%s' already, whose %s is '%s'\n"
                           "help: change it there",
                           spec->name, pairs[i][0],
                           pairs[i][1] != NULL ? pairs[i][1] : "not given");
    }
    return true;
}

/* What stands first in the line is put in last. */
static bool
add_spec(FaContext *context, const char *name, const FaEnvironmentWords *words, bool dry_run,
         FaProduct **ret_product, GError **error)
{
    const char *track = words->track != NULL ? words->track : usual_track(name);
    g_autofree char *ports =
        words->ports != NULL ? g_strdup(words->ports)
                             : g_strdup_printf("%u", next_ports(fa_context_get_product(context)));
    if (track == NULL)
        return fa_fail(error, FA_ERROR_USAGE,
                       "which track has '%s'?\nhelp: --track trunk, release, live+fix or anything",
                       name);
    const char *const refresh_path[] = {"environments", name, "refresh", NULL};
    const char *const ports_path[] = {"environments", name, "ports", NULL};
    const char *const track_path[] = {"environments", name, "track", NULL};
    const char *const host_path[] = {"environments", name, "host", NULL};
    const FaProductChange changes[] = {
        {refresh_path, words->refresh},
        {ports_path, ports},
        {track_path, track},
        {host_path, words->host != NULL ? words->host : name},
    };
    size_t first = words->refresh != NULL ? 0 : 1;
    return fa_product_file_change(context, changes + first, G_N_ELEMENTS(changes) - first, dry_run,
                                  ret_product, error);
}

bool
fa_environments_create(FaContext *context, const FaEnvironmentWords *words, bool dry_run,
                       bool *ret_added, GError **error)
{
    const FaProduct *product = fa_context_get_product(context);
    const FaSiteSpec *site;
    g_autofree char *name = NULL;
    g_autoptr(FaProduct) changed = NULL;
    g_autoptr(FaState) state = NULL;
    if (!divide(context, words->name, &site, &name, error))
        return false;
    const FaEnvironmentSpec *spec = fa_product_find_environment(product, name);
    *ret_added = spec == NULL;
    if (spec != NULL && !check_same(spec, words, error))
        return false;
    if (spec == NULL) {
        if (!add_spec(context, name, words, dry_run, &changed, error))
            return false;
        spec = fa_product_find_environment(changed, name);
    }
    if (dry_run)
        return true;
    state = fa_state_open(context, error);
    return state != NULL && record_created(context, state, site, spec, words->why, error);
}

typedef struct Retire {
    const FaContext *context;
    const char *name;
    bool is_emptied;
    const char *why;
} Retire;

static FaDecision *
decide_retire(const FaState *state, void *data)
{
    const Retire *retire = data;
    FaAsker asker = fa_state_asker(retire->context);
    return fa_running_decide_retire(state->running, retire->name, retire->is_emptied, retire->why,
                                    &asker);
}

/* What it was built of is no longer kept for it. */
static bool
delete_data_of(const FaContext *context, const FaLayout *layout, const char *name, GError **error)
{
    g_autoptr(FaStore) store = fa_store_open(fa_context_get_home(context), error);
    return store != NULL && fa_fs_remove_tree(layout->directory, error) &&
           fa_fs_remove_tree(layout->run, error) &&
           fa_store_remove_root(store, "environment", name, error);
}

/* Nothing stands in the way. It is retired already where the data is still to go. */
static bool
check_retire(const FaState *state, const Retire *retire, GError **error)
{
    const FaStanding *standing = fa_running_find(state->running, retire->name);
    if (standing != NULL && standing->is_retired && retire->is_emptied)
        return true;
    FaDecision *decision = decide_retire(state, (void *)retire);
    bool may = fa_state_check(decision->reasons, error);
    fa_decision_free(decision);
    return may;
}

bool
fa_environments_retire(FaContext *context, const FaChoice *choice, bool delete_data,
                       const char *why, FaCancel *cancel, bool *ret_was_up, GError **error)
{
    g_autofree char *name = fa_names_choice(choice);
    g_autofree char *warning = NULL;
    Retire retire = {.context = context, .name = name, .is_emptied = delete_data, .why = why};
    g_autoptr(FaLayout) layout = fa_names_layout(context, choice, error);
    g_autoptr(FaState) state = layout != NULL ? fa_state_open(context, error) : NULL;
    g_autoptr(FaLock) lock = NULL;
    if (state == NULL || !check_retire(state, &retire, error))
        return false;
    if (fa_fs_is_directory(layout->directory)) {
        g_autofree char *path = g_build_filename(layout->directory, DEPLOY_LOCK, NULL);
        lock = fa_lock_take(path, FA_LOCK_EXCLUSIVE, "retiring", 0, NULL, NULL, cancel, error);
        if (lock == NULL)
            return false;
    }
    if (!fa_down(context, choice, cancel, ret_was_up, &warning, error) ||
        !fa_state_catch_up(state, error))
        return false;
    const FaStanding *standing = fa_running_find(state->running, name);
    bool is_retired = standing != NULL && standing->is_retired;
    return (is_retired || fa_state_decide(state, decide_retire, &retire, error)) &&
           fa_edge_follow(context, cancel, error) &&
           (!delete_data || delete_data_of(context, layout, name, error));
}

/* (transfer full) (nullable) Beside the other sites. */
static char *
usual_domain(const FaProduct *product, const char *name)
{
    const FaSiteSpec *first = product->sites->len > 0 ? g_ptr_array_index(product->sites, 0) : NULL;
    const char *dot = first != NULL ? strchr(first->domain, '.') : NULL;
    return dot != NULL ? g_strconcat(name, dot, NULL) : NULL;
}

/* Behind all that there is. */
static unsigned
next_base_port(const FaProduct *product)
{
    unsigned next = 0, each = MAX(next_ports(product), 1);
    for (guint i = 0; i < product->sites->len; i++) {
        const FaSiteSpec *site = g_ptr_array_index(product->sites, i);
        next = MAX(next, site->base_port + each);
    }
    return (next + PORTS_SITE - 1) / PORTS_SITE * PORTS_SITE;
}

static bool
check_site_words(const FaProduct *product, const FaSiteWords *words, const char *domain,
                 const char *base_port, GError **error)
{
    if (!fa_text_is_name(words->name))
        return fa_fail(error, FA_ERROR_USAGE,
                       "'%s' is no name of a site\nhelp: small letters, digits and dashes",
                       words->name);
    if (fa_product_find_site(product, words->name) != NULL)
        return fa_fail(error, FA_ERROR_CONFLICT,
                       "there is a site '%s' already\nhelp: 'fassembler env list' shows all",
                       words->name);
    if (domain == NULL)
        return fa_fail(error, FA_ERROR_USAGE, "which domain has it?\nhelp: --domain %s.example",
                       words->name);
    unsigned port;
    if (!fa_parse_uint(base_port, 1, PORTS_MAX, &port))
        return fa_fail(error, FA_ERROR_USAGE, "'%s' is no port\nhelp: --base-port 10000",
                       base_port);
    return true;
}

static bool
write_site_file(const FaProduct *product, const char *name, GError **error)
{
    g_autofree char *folder = g_build_filename(product->directory, "sites", NULL);
    g_autofree char *file = g_strconcat(folder, "/", name, ".yaml", NULL);
    g_autofree char *text = g_strdup_printf(
        "# What differs on %s. Read: COMPONENT: {SETTING: value}\nsettings: {}\n", name);
    return fa_fs_exists(file) ||
           (fa_fs_make_directory(folder, 0755, error) &&
            fa_fs_write(file, text, strlen(text), 0644, FA_WRITE_SYNC, error));
}

bool
fa_site_create(FaContext *context, const FaSiteWords *words, bool dry_run, char **ret_domain,
               unsigned *ret_base_port, GError **error)
{
    const FaProduct *product = fa_context_get_product(context);
    g_autoptr(FaProduct) changed = NULL;
    g_autofree char *domain =
        words->domain != NULL ? g_strdup(words->domain) : usual_domain(product, words->name);
    g_autofree char *base_port = words->base_port != NULL
                                     ? g_strdup(words->base_port)
                                     : g_strdup_printf("%u", next_base_port(product));
    if (!check_site_words(product, words, domain, base_port, error))
        return false;
    const char *const port_path[] = {"sites", words->name, "base-port", NULL};
    const char *const domain_path[] = {"sites", words->name, "domain", NULL};
    const FaProductChange changes[] = {{port_path, base_port}, {domain_path, domain}};
    if (!fa_product_file_change(context, changes, G_N_ELEMENTS(changes), dry_run, &changed, error))
        return false;
    const FaSiteSpec *site = fa_product_find_site(changed, words->name);
    *ret_base_port = site->base_port;
    *ret_domain = g_strdup(site->domain);
    if (dry_run)
        return true;
    g_autoptr(FaState) state =
        write_site_file(product, words->name, error) ? fa_state_open(context, error) : NULL;
    for (guint i = 0; state != NULL && i < changed->environments->len; i++) {
        if (!record_created(context, state, site, g_ptr_array_index(changed->environments, i), NULL,
                            error))
            return false;
    }
    return state != NULL;
}
