#include "config/product.h"

#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "config/check.h"
#include "config/people.h"
#include "config/recipe.h"
#include "config/site.h"
#include "config/store.h"
#include "domain/rule.h"
#include "sys/fs.h"
#include "sys/parallel.h"

#define COMPONENTS_MAX 2000
#define RECIPES_EACH   16 /* for fewer a thread costs more than it saves */
#define PORT_MIN       1024
#define PORT_MAX       65535

/* What fassembler.yaml says beside the product itself. */
typedef struct Reading {
    FaProduct *product;
    const FaYaml *components; /* (nullable) the list, whose files are read once the rest is known */
    const FaYaml *people;     /* (nullable) the map, which names sites */
} Reading;

static void
read_track(const FaYaml *value, void *object, FaDiags *diags)
{
    static const char *const words[] = {"trunk", "release", "live+fix", "anything", NULL};
    unsigned index;
    if (fa_schema_word(value, words, "track", diags, &index))
        fa_track_from_string(words[index], &((FaEnvironmentSpec *)object)->track);
}

static void
read_ports(const FaYaml *value, void *object, FaDiags *diags)
{
    FaEnvironmentSpec *environment = object;
    unsigned ports;
    if (!fa_schema_is(value, FA_YAML_TEXT, "ports", diags))
        return;
    if (fa_parse_uint(value->text, 0, PORT_MAX, &ports) && ports % 100 == 0)
        environment->ports = ports;
    else
        fa_schema_mistake(diags, value, "'ports' must be a multiple of 100, not '%s'", value->text);
}

static void
read_refresh(const FaYaml *value, void *object, FaDiags *diags)
{
    FaEnvironmentSpec *environment = object;
    g_autofree char *schedule = NULL, *problem = NULL;
    if (!fa_schema_is(value, FA_YAML_TEXT, "refresh", diags))
        return;
    if (fa_rule_to_schedule(value->text, &schedule, &problem))
        environment->refresh = g_strdup(value->text);
    else
        fa_diag_help(fa_schema_mistake(diags, value, "%s", problem),
                     "write it like FREQ=DAILY, or \"FREQ=WEEKLY;BYDAY=MO,TH;BYHOUR=7\"");
}

#define AT(field) offsetof(FaEnvironmentSpec, field)
static const FaKey environment_keys[] = {
    {"host", FA_KEY_NAME, AT(host), .is_required = true,
     .help = "Put before the domain of a site: `www`"},
    {"track", FA_KEY_OTHER, .read = read_track, .is_required = true,
     .kind = "`trunk`, `release`, `live+fix` or `anything`",
     .help = "Which source it is built from"},
    {"ports", FA_KEY_OTHER, .read = read_ports, .is_required = true, .kind = "multiple of 100",
     .help = "Added to the base port of a site"},
    {"refresh", FA_KEY_OTHER, .read = read_refresh, .kind = "RRULE", .fallback = "never",
     .help = "When `fassembler refresh` brings it up to the trunks, or to what live runs, by "
             "itself: `FREQ=HOURLY`, `DAILY` or `WEEKLY`, with `BYDAY`, `BYHOUR` and `BYMINUTE`"},
    {"keep-old", FA_KEY_SPAN, AT(keep_old), .fallback = "it is stopped",
     .help = "How long a release that was replaced runs on in its slot, so that `rollback` starts "
             "nothing"},
    {0},
};
#undef AT
static const FaSchema environment_schema = {
    "environment", "One of `environments`, by name: every site has each of them.",
    environment_keys};

#define AT(field) offsetof(FaSiteSpec, field)
static const FaKey site_keys[] = {
    {"domain", FA_KEY_TEXT, AT(domain), .is_required = true,
     .help = "The domain of its environments"},
    {"base-port", FA_KEY_NUMBER, AT(base_port), .min = PORT_MIN, .max = PORT_MAX,
     .is_required = true, .help = "The first of its ports"},
    {0},
};
#undef AT
static const FaSchema site_schema = {
    "site", "One of `sites`, by name. What else differs in it is in `sites/NAME.yaml`.", site_keys};

static void
read_environments(const FaYaml *value, void *object, FaDiags *diags)
{
    FaProduct *product = ((Reading *)object)->product;

    for (unsigned i = 0; i < value->keys->len; i++) {
        const FaYaml *name = g_ptr_array_index(value->keys, i);
        if (!fa_schema_is_name(name, "environment", diags))
            continue;
        FaEnvironmentSpec *environment = g_new0(FaEnvironmentSpec, 1);
        environment->name = g_strdup(name->text);
        environment->place = name->place;
        g_ptr_array_add(product->environments, environment);
        fa_schema_read(&environment_schema, g_ptr_array_index(value->values, i), environment,
                       diags);
        if (environment->refresh != NULL && environment->track == FA_TRACK_RELEASE)
            fa_diag_help(fa_schema_mistake(
                             diags, name, "'%s' is refreshed by itself, but its track is 'release'",
                             name->text),
                         "releases are deployed: leave 'refresh' out");
    }
}

static void
read_sites(const FaYaml *value, void *object, FaDiags *diags)
{
    FaProduct *product = ((Reading *)object)->product;

    for (unsigned i = 0; i < value->keys->len; i++) {
        const FaYaml *name = g_ptr_array_index(value->keys, i);
        if (!fa_schema_is_name(name, "site", diags))
            continue;
        FaSiteSpec *site = fa_site_spec_new(name->text);
        site->place = name->place;
        g_ptr_array_add(product->sites, site);
        fa_schema_read(&site_schema, g_ptr_array_index(value->values, i), site, diags);
    }
}

/* ADDRESS:PORT, as nginx takes it; the address is one of IPv4 or [IPv6]. */
static void
read_listen(const FaYaml *value, void *object, FaDiags *diags)
{
    FaEdgeSpec *edge = object;
    if (!fa_schema_is(value, FA_YAML_TEXT, "listen", diags))
        return;
    const char *colon = strrchr(value->text, ':');
    g_autofree char *address =
        colon != NULL ? g_strndup(value->text, (gsize)(colon - value->text)) : NULL;
    size_t length = address != NULL ? strlen(address) : 0;
    bool is_bracketed = length > 2 && address[0] == '[' && address[length - 1] == ']';
    g_autofree char *bare = is_bracketed ? g_strndup(address + 1, length - 2)
                                         : g_strdup(address != NULL ? address : "");
    unsigned port;
    if (colon == NULL || !fa_parse_uint(colon + 1, 1, PORT_MAX, &port) ||
        !g_hostname_is_ip_address(bare) || is_bracketed != (strchr(bare, ':') != NULL)) {
        fa_diag_help(
            fa_schema_mistake(diags, value, "'%s' is no address to listen on", value->text),
            "write it like 127.0.0.1:8080, 0.0.0.0:80 or [::]:80");
        return;
    }
    edge->listen = g_strdup(value->text);
}

static void
read_scheme(const FaYaml *value, void *object, FaDiags *diags)
{
    static const char *const words[] = {"http", "https", NULL};
    unsigned index;
    if (fa_schema_word(value, words, "scheme", diags, &index))
        ((FaEdgeSpec *)object)->scheme = g_strdup(words[index]);
}

#define AT(field) offsetof(FaEdgeSpec, field)
static const FaKey edge_keys[] = {
    {"listen", FA_KEY_OTHER, .read = read_listen, .is_required = true, .kind = "`ADDRESS:PORT`",
     .help = "Where it takes requests"},
    {"scheme", FA_KEY_OTHER, .read = read_scheme, .kind = "`http` or `https`", .fallback = "`http`",
     .help = "What the public sees: `https` where something in front of it ends TLS"},
    {"port", FA_KEY_NUMBER, AT(port), .min = 1, .max = PORT_MAX,
     .fallback = "that of `listen`; 443 for `https`", .help = "The port that the public sees"},
    {0},
};
#undef AT
static const FaSchema edge_schema = {
    "edge",
    "The web server of the host, which maps host names to environments: `fassembler edge apply`.",
    edge_keys};

static void
read_edge(const FaYaml *value, void *object, FaDiags *diags)
{
    FaEdgeSpec *edge = &((Reading *)object)->product->edge;
    edge->place = value->place;
    fa_schema_read(&edge_schema, value, edge, diags);
}

static void
read_components(const FaYaml *value, void *object, FaDiags *diags)
{
    if (value->values->len > COMPONENTS_MAX) {
        fa_schema_mistake(diags, value, "more than %d components", COMPONENTS_MAX);
        return;
    }
    ((Reading *)object)->components = value;
}

static void
read_given(const FaYaml *value, void *object, FaDiags *diags)
{
    fa_config_read_given(value, ((Reading *)object)->product->given, diags);
}

static void
read_store(const FaYaml *value, void *object, FaDiags *diags)
{
    FaProduct *product = ((Reading *)object)->product;
    fa_config_read_store(value, product->directory, product->store, diags);
}

static void
read_people(const FaYaml *value, void *object, FaDiags *diags)
{
    ((Reading *)object)->people = value;
}

static void
read_product_name(const FaYaml *value, void *object, FaDiags *diags)
{
    if (fa_schema_is_name(value, "product", diags))
        ((Reading *)object)->product->name = g_strdup(value->text);
}

static void
read_version(const FaYaml *value, void *object, FaDiags *diags)
{
    if (!fa_schema_is(value, FA_YAML_TEXT, "version", diags))
        return;
    if (fa_text_is_version(value->text))
        ((Reading *)object)->product->version = g_strdup(value->text);
    else
        fa_schema_mistake(diags, value, "'%s' is not a version", value->text);
}

static const FaKey product_keys[] = {
    {"product", FA_KEY_OTHER, .read = read_product_name, .is_required = true, .kind = "name",
     .help = "The name of it all"},
    {"version", FA_KEY_OTHER, .read = read_version, .kind = "version",
     .help = "Version of the product"},
    {"components", FA_KEY_LIST, .read = read_components, .is_required = true,
     .kind = "list of names", .help = "Each has its recipe in `components/NAME.yaml`"},
    {"environments", FA_KEY_MAP, .read = read_environments, .is_required = true,
     .help = "See *Environment*"},
    {"sites", FA_KEY_MAP, .read = read_sites, .is_required = true, .help = "See *Site*"},
    {"settings", FA_KEY_MAP, .read = read_given, .kind = "map of maps",
     .help =
         "`COMPONENT: {setting: value}`, for all sites; `\"*\"` is every component that has the "
         "setting"},
    {"store", FA_KEY_MAP, .read = read_store, .help = "See *Store*"},
    {"edge", FA_KEY_MAP, .read = read_edge, .help = "See *Edge*"},
    {"people", FA_KEY_MAP, .read = read_people, .kind = "map of roles",
     .help =
         "`USER: role` for all sites, or `USER: {SITE: role}`, where `\"*\"` is all of them. Roles "
         "are `viewer`, `developer`, `release-manager` and `admin`: "
         "[serve](serve.md) says what they may"},
    {"train", FA_KEY_MAP, .help = "The timetable of releases; read, and not acted on yet"},
    {"policy", FA_KEY_MAP,
     .help = "What must be true before a release leaves; read, and not acted on yet"},
    {0},
};
static const FaSchema product_schema = {"product", "The file `fassembler.yaml`.", product_keys};

const FaSchema *const fa_product_schemas[] = {&product_schema, &environment_schema, &site_schema,
                                              &edge_schema, NULL};

/* (nullable) *ret_document may be NULL even on success: then the text was no YAML, and @diags says so. */
static bool
load_file(const FaProduct *product, const char *name, FaDiags *diags, FaYamlDocument **ret_document,
          GError **error)
{
    g_autofree char *path = g_build_filename(product->directory, name, NULL);
    g_autofree char *text = NULL;
    size_t length;

    if (!fa_fs_read(path, FA_YAML_SIZE_MAX, &text, &length, error))
        return false;
    fa_diags_add_text(diags, name, text, length);
    *ret_document = fa_yaml_parse(name, text, length, diags);
    return true;
}

/* A recipe that is not there is a mistake of the list that names it. */
static void
say_missing(const FaProduct *product, const FaYaml *item, FaDiags *diags)
{
    g_autofree char *folder = g_build_filename(product->directory, "components", NULL);
    g_auto(GStrv) files = fa_fs_list(folder, NULL);
    FaDiag *diag =
        fa_schema_mistake(diags, item, "there is no file 'components/%s.yaml'", item->text);
    for (size_t i = 0; files != NULL && files[i] != NULL; i++) {
        if (g_str_has_suffix(files[i], ".yaml"))
            files[i][strlen(files[i]) - strlen(".yaml")] = '\0';
    }
    const char *nearest =
        files != NULL ? fa_text_nearest(item->text, (const char *const *)files) : NULL;
    if (nearest != NULL)
        fa_diag_help(diag, "did you mean '%s'?", nearest);
}

/* One component of the list: what its file says. */
typedef struct Loaded {
    const FaProduct *product;
    const FaYaml *item;
    FaRecipe *recipe;
    FaDiags *diags; /* its own: files are read by several threads */
    GError *error;
} Loaded;

static void
loaded_clear(gpointer data)
{
    Loaded *loaded = data;
    g_clear_pointer(&loaded->recipe, fa_recipe_free);
    g_clear_pointer(&loaded->diags, fa_diags_free);
    g_clear_error(&loaded->error);
}

static void
load_recipe(size_t index, void *data)
{
    Loaded *loaded = &g_array_index((GArray *)data, Loaded, index);
    const FaYaml *item = loaded->item;
    g_autofree char *name = g_strdup_printf("components/%s.yaml", item->text);
    g_autoptr(FaYamlDocument) document = NULL;
    g_autoptr(GError) local = NULL;

    loaded->diags = fa_diags_new();
    if (!load_file(loaded->product, name, loaded->diags, &document, &local)) {
        if (!fa_error_is(local, FA_ERROR_NOT_FOUND)) {
            loaded->error = g_steal_pointer(&local);
            return;
        }
        say_missing(loaded->product, item, loaded->diags);
    }
    /* Without a tree it stays empty, so that those that need it are not wrong as well. */
    loaded->recipe = document != NULL
                         ? fa_config_read_recipe(item->text, fa_yaml_root(document), loaded->diags)
                         : fa_recipe_new(item->text);
}

/* (transfer full) Of Loaded, not yet loaded. */
static GArray *
list_recipes(const FaProduct *product, const FaYaml *list, FaDiags *diags)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    GArray *all = g_array_new(FALSE, FALSE, sizeof(Loaded));

    g_array_set_clear_func(all, loaded_clear);
    for (unsigned i = 0; list != NULL && i < list->values->len; i++) {
        FaYaml *item = g_ptr_array_index(list->values, i);
        if (!fa_schema_is_name(item, "components", diags))
            continue;
        FaYaml *first = g_hash_table_lookup(seen, item->text);
        if (first != NULL) {
            fa_diag_note(fa_schema_mistake(diags, item, "'%s' is listed twice", item->text),
                         &first->place, "first listed here");
            continue;
        }
        const Loaded loaded = {.product = product, .item = item};
        g_hash_table_insert(seen, item->text, item);
        g_array_append_val(all, loaded);
    }
    return all;
}

static bool
load_recipes(FaProduct *product, const FaYaml *list, FaDiags *diags, GError **error)
{
    g_autoptr(GArray) all = list_recipes(product, list, diags);
    fa_parallel_run(all->len, RECIPES_EACH, load_recipe, all);

    for (guint i = 0; i < all->len; i++) {
        Loaded *loaded = &g_array_index(all, Loaded, i);
        fa_diags_take(diags, loaded->diags);
        if (loaded->error != NULL) {
            g_propagate_error(error, g_steal_pointer(&loaded->error));
            return false;
        }
        g_ptr_array_add(product->components, g_steal_pointer(&loaded->recipe));
    }
    return true;
}

static bool
load_site(FaProduct *product, FaSiteSpec *site, FaDiags *diags, GError **error)
{
    g_autofree char *name = g_strdup_printf("sites/%s.yaml", site->name);
    g_autoptr(FaYamlDocument) document = NULL;
    g_autoptr(GError) local = NULL;

    if (!load_file(product, name, diags, &document, &local)) {
        if (fa_error_is(local, FA_ERROR_NOT_FOUND))
            return true;
        g_propagate_error(error, g_steal_pointer(&local));
        return false;
    }
    if (document != NULL)
        fa_config_read_site(fa_yaml_root(document), site, product, diags);
    return true;
}

/* A file of a site that does not exist says nothing to anybody: most likely its name is mistyped. */
static void
warn_of_strangers(const FaProduct *product, FaDiags *diags)
{
    g_autofree char *folder = g_build_filename(product->directory, "sites", NULL);
    g_auto(GStrv) files = fa_fs_list(folder, NULL);

    for (size_t i = 0; files != NULL && files[i] != NULL; i++) {
        if (!g_str_has_suffix(files[i], ".yaml"))
            continue;
        g_autofree char *name = g_strndup(files[i], strlen(files[i]) - strlen(".yaml"));
        g_autofree char *file = g_strdup_printf("sites/%s", files[i]);
        FaPlace place = {g_intern_string(file), 0, 0};
        if (fa_product_find_site(product, name) == NULL)
            fa_diag_help(fa_diags_warning(diags, &place, "there is no site '%s'", name),
                         "name it under 'sites:' in fassembler.yaml");
    }
}

FaProduct *
fa_config_load_product(const char *directory, FaDiags *diags, GError **error)
{
    g_autoptr(FaProduct) product = fa_product_new();
    g_autoptr(FaYamlDocument) document = NULL;

    product->directory = fa_fs_absolute(directory);
    product->sources = g_strdup(product->directory);
    if (!load_file(product, "fassembler.yaml", diags, &document, error))
        return NULL;
    if (document == NULL)
        return g_steal_pointer(&product);

    Reading reading = {.product = product};
    fa_schema_read(&product_schema, fa_yaml_root(document), &reading, diags);
    if (reading.people != NULL)
        fa_config_read_people(reading.people, product, diags);
    if (!load_recipes(product, reading.components, diags, error))
        return NULL;
    for (unsigned i = 0; i < product->sites->len; i++) {
        if (!load_site(product, g_ptr_array_index(product->sites, i), diags, error))
            return NULL;
    }
    warn_of_strangers(product, diags);
    fa_config_check_product(product, diags);
    return g_steal_pointer(&product);
}
