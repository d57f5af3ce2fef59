#include "app/context.h"

#include <errno.h>
#include <string.h>

#include "app/acting.h"
#include "base/error.h"
#include "base/text.h"
#include "config/check.h"
#include "config/product.h"
#include "config/store.h"
#include "sys/fs.h"
#include "sys/user.h"

#define PRODUCT_FILE  "fassembler.yaml"
#define UNFIT_IN_PATH " \t\n\r%\"'\\;#$`"
#define DEFAULT_HOME  "/srv/fassembler"

struct FaContext {
    FaProduct *product;
    FaDiags *diags;
    char *home;
    FaStoreSpec *home_store;
    char *actor;
};

/* (transfer full) (nullable) The nearest folder, from here up, that holds a product. */
static char *
find_product(GError **error)
{
    g_autofree char *here = fa_fs_current();
    g_autofree char *directory = g_strdup(here);

    for (;;) {
        g_autofree char *file = g_build_filename(directory, PRODUCT_FILE, NULL);
        if (fa_fs_exists(file))
            return g_steal_pointer(&directory);
        if (strcmp(directory, "/") == 0 || strcmp(directory, ".") == 0)
            break;
        char *parent = g_path_get_dirname(directory);
        g_free(directory);
        directory = parent;
    }
    fa_fail(error, FA_ERROR_NOT_FOUND,
            "no '" PRODUCT_FILE "' in '%s' or above\nhelp: 'fassembler new DIR' makes a product, "
            "'-C DIR' works in another folder",
            here);
    return NULL;
}

/* (transfer full) @product is nullable. */
static char *
find_home(const char *given, const char *product)
{
    const char *variable = g_getenv("FASSEMBLER_HOME");
    if (given != NULL)
        return fa_fs_absolute(given);
    if (variable != NULL && *variable != '\0')
        return fa_fs_absolute(variable);

    g_autofree char *beside = product != NULL ? g_build_filename(product, "home", NULL) : NULL;
    if (beside != NULL && fa_fs_is_directory(beside))
        return g_steal_pointer(&beside);
    return g_strdup(DEFAULT_HOME);
}

char *
fa_context_find_home(const char *given)
{
    g_autofree char *directory = find_product(NULL);
    return find_home(given, directory);
}

FaContext *
fa_context_open(const char *home, GError **error)
{
    g_autofree char *directory = find_product(error);
    if (directory == NULL)
        return NULL;

    g_autoptr(FaContext) context = g_new0(FaContext, 1);
    context->diags = fa_diags_new();
    const char *acting = fa_acting_get_recorded();
    context->actor = acting != NULL ? g_strdup(acting) : fa_user_get_own_name();
    context->home = find_home(home, directory);
    /* The home of last resort is the machine's: its owner may be unable to read a product of root's. */
    bool is_apart = strcmp(context->home, DEFAULT_HOME) == 0 && fa_user_is_owner(directory);
    if (!is_apart && !fa_user_become_owner(context->home, error))
        return NULL;
    context->home_store = fa_store_spec_new();
    context->product = fa_config_load_product(directory, context->diags, error);
    return context->product != NULL &&
                   fa_config_load_store(context->home, context->home_store, context->diags, error)
               ? g_steal_pointer(&context)
               : NULL;
}

void
fa_context_free(FaContext *context)
{
    if (context == NULL)
        return;
    g_clear_pointer(&context->product, fa_product_free);
    g_clear_pointer(&context->diags, fa_diags_free);
    g_clear_pointer(&context->home_store, fa_store_spec_free);
    g_free(context->home);
    g_free(context->actor);
    g_free(context);
}

/* The arrays change places: each product frees what it then has. */
static void
take_hosts(FaProduct *product, FaProduct *host)
{
    const FaProduct old = *product;
    product->sites = host->sites;
    product->environments = host->environments;
    product->edge = host->edge;
    product->store = host->store;
    product->people = host->people; /* nobody gives themselves a role by a release */
    host->sites = old.sites;
    host->environments = old.environments;
    host->edge = old.edge;
    host->store = old.store;
    host->people = old.people;
}

FaContext *
fa_context_open_release(const FaContext *context, const char *directory, const char *label,
                        bool is_frozen, GError **error)
{
    g_autoptr(FaContext) release = g_new0(FaContext, 1);
    release->diags = fa_diags_new();
    release->home = g_strdup(context->home);
    release->actor = g_strdup(context->actor);
    release->home_store = fa_store_spec_new();
    if (!fa_config_load_store(context->home, release->home_store, release->diags, error))
        return NULL;
    g_autoptr(FaDiags) ignored = fa_diags_new();
    g_autoptr(FaProduct) host = fa_config_load_product(context->product->directory, ignored, error);
    if (host == NULL)
        return NULL;
    release->product = fa_config_load_product(directory, release->diags, error);
    if (release->product == NULL)
        return NULL;

    FaProduct *product = release->product;
    take_hosts(product, host);
    g_free(product->sources);
    product->sources = g_strdup(context->product->sources);
    g_free(product->version);
    product->version = g_strdup(label);
    product->is_frozen = is_frozen;
    fa_config_check_product(product, release->diags);
    return fa_context_check(release, error) ? g_steal_pointer(&release) : NULL;
}

const FaProduct *
fa_context_get_product(const FaContext *context)
{
    return context->product;
}

const char *
fa_context_get_home(const FaContext *context)
{
    return context->home;
}

const FaStoreSpec *
fa_context_get_home_store(const FaContext *context)
{
    return context->home_store;
}

const char *
fa_context_get_release(const FaContext *context)
{
    return context->product->version != NULL ? context->product->version : "trunk";
}

const char *
fa_context_get_actor(const FaContext *context)
{
    return context->actor;
}

FaDiags *
fa_context_get_diags(FaContext *context)
{
    return context->diags;
}

bool
fa_context_check(const FaContext *context, GError **error)
{
    return fa_diags_check(context->diags, error);
}

/* Its path is in commands and in the supervisor's files, where these mean something else. */
static bool
check_home_path(const FaContext *context, GError **error)
{
    const char *bad = strpbrk(context->home, UNFIT_IN_PATH);
    if (bad == NULL)
        return true;
    g_autofree char *what =
        g_ascii_isspace(*bad) ? g_strdup("a space") : g_strdup_printf("'%c'", *bad);
    return fa_fail(error, FA_ERROR_CONFIG,
                   "the home '%s' has %s in its path, which commands and supervisord.conf read as "
                   "something else\nhelp: choose another with --home",
                   context->home, what);
}

bool
fa_context_require_home(const FaContext *context, GError **error)
{
    if (!check_home_path(context, error))
        return false;
    g_autofree char *place = g_strdup(context->home);
    while (!fa_fs_exists(place) && strcmp(place, "/") != 0) {
        char *parent = g_path_get_dirname(place);
        g_free(place);
        place = parent;
    }
    if (fa_fs_is_writable(place))
        return true;
    g_autofree char *why = g_ascii_strdown(g_strerror(errno), -1);
    return fa_fail(error, FA_ERROR_DENIED,
                   "the home '%s' cannot be written: %s\nhelp: make a folder 'home' beside "
                   "'%s', or choose another with --home",
                   context->home, why, PRODUCT_FILE);
}

char **
fa_context_list_environments(const FaContext *context)
{
    const FaProduct *product = context->product;
    g_autoptr(GStrvBuilder) names = g_strv_builder_new();
    for (guint s = 0; s < product->sites->len; s++) {
        const FaSiteSpec *site = g_ptr_array_index(product->sites, s);
        for (guint e = 0; e < product->environments->len; e++) {
            const FaEnvironmentSpec *environment = g_ptr_array_index(product->environments, e);
            g_autofree char *name = g_strdup_printf("%s.%s", environment->name, site->name);
            g_strv_builder_add(names, name);
        }
    }
    return g_strv_builder_end(names);
}

const FaRecipe *
fa_context_find_component(const FaContext *context, const char *name, GError **error)
{
    const FaRecipe *recipe = fa_product_find_component(context->product, name);
    if (recipe != NULL)
        return recipe;
    g_autofree const char **names = fa_product_component_names(context->product);
    g_autofree char *all = g_strjoinv(", ", (char **)names);
    const char *nearest = fa_text_nearest(name, names);
    if (nearest != NULL)
        fa_fail(error, FA_ERROR_NOT_FOUND, "no component '%s'\nhelp: did you mean '%s'?", name,
                nearest);
    else
        fa_fail(error, FA_ERROR_NOT_FOUND, "no component '%s'\nhelp: one of %s", name, all);
    return NULL;
}

static bool
fail_to_choose(const FaContext *context, FaErrorCode code, const char *name, GError **error)
{
    g_auto(GStrv) names = fa_context_list_environments(context);
    g_autofree char *all = g_strjoinv(", ", names);

    if (name == NULL)
        return fa_fail(error, code, "which environment?\nhelp: one of %s", all);
    const char *nearest = fa_text_nearest(name, (const char *const *)names);
    if (nearest != NULL)
        return fa_fail(error, code, "no environment '%s'\nhelp: did you mean '%s'?", name, nearest);
    return fa_fail(error, code, "no environment '%s'\nhelp: one of %s", name, all);
}

char **
fa_context_list_in_home(const FaContext *context)
{
    g_auto(GStrv) names = fa_context_list_environments(context);
    g_autoptr(GStrvBuilder) found = g_strv_builder_new();
    for (char **name = names; *name != NULL; name++) {
        const char *dot = strchr(*name, '.');
        g_autofree char *environment = g_strndup(*name, (gsize)(dot - *name));
        g_autofree char *directory =
            g_build_filename(context->home, "sites", dot + 1, environment, NULL);
        if (fa_fs_is_directory(directory))
            g_strv_builder_add(found, *name);
    }
    return g_strv_builder_end(found);
}

/* (transfer full) (nullable) */
static char *
find_only_in_home(const FaContext *context)
{
    g_auto(GStrv) names = fa_context_list_in_home(context);
    return g_strv_length(names) == 1 ? g_strdup(names[0]) : NULL;
}

bool
fa_context_choose(const FaContext *context, const char *name, FaChoice *ret_choice, GError **error)
{
    const FaProduct *product = context->product;
    FaChoice choice = {NULL, NULL};
    g_autofree char *only = NULL;

    if (name == NULL) {
        g_auto(GStrv) names = fa_context_list_environments(context);
        only = g_strv_length(names) == 1 ? g_strdup(names[0]) : find_only_in_home(context);
        if (only == NULL)
            return fail_to_choose(context, FA_ERROR_USAGE, NULL, error);
        name = only;
    }

    const char *dot = strchr(name, '.');
    if (dot == NULL)
        return fail_to_choose(context, FA_ERROR_USAGE, name, error);
    g_autofree char *environment = g_strndup(name, (gsize)(dot - name));
    choice.site = fa_product_find_site(product, dot + 1);
    choice.environment = fa_product_find_environment(product, environment);
    if (choice.site == NULL || choice.environment == NULL)
        return fail_to_choose(context, FA_ERROR_NOT_FOUND, name, error);
    if (!fa_acting_check_choice(&choice, error))
        return false;
    *ret_choice = choice;
    return true;
}
