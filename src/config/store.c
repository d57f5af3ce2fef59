#include "config/store.h"

#include <string.h>

#include "base/digest.h"
#include "base/error.h"
#include "base/text.h"
#include "sys/fs.h"

#define STORE_FILE  "store.yaml"
#define PLACES_MAX  16
#define KEYS_MAX    64
#define ADDRESS_MAX 1000

typedef struct Reading {
    FaStoreSpec *store;
    const char *directory;
} Reading;

/* (transfer full) (nullable) */
static char *
read_place(const FaYaml *item, const char *directory, FaDiags *diags)
{
    static const char *const schemes[] = {"http://", "https://", "ssh://", "file:///", NULL};
    const char *text = item->text;
    if (text[0] == '\0' || text[0] == '-' || strlen(text) > ADDRESS_MAX ||
        strpbrk(text, " \t\r\n") != NULL) {
        fa_schema_mistake(diags, item, "this is neither an address nor a folder");
        return NULL;
    }
    for (const char *const *scheme = schemes; *scheme != NULL; scheme++) {
        if (g_str_has_prefix(text, *scheme) && text[strlen(*scheme)] != '\0')
            return g_strdup(text);
    }
    if (strstr(text, "://") == NULL)
        return g_path_is_absolute(text) ? g_strdup(text) : g_build_filename(directory, text, NULL);
    fa_diag_help(fa_schema_mistake(diags, item, "builds cannot be pulled from '%s'", text),
                 "https://..., http://..., ssh://HOST/PATH, file:///PATH or a folder");
    return NULL;
}

static bool
is_listed(const GPtrArray *list, const char *text)
{
    for (guint i = 0; i < list->len; i++) {
        if (strcmp(g_ptr_array_index(list, i), text) == 0)
            return true;
    }
    return false;
}

static bool
begin(const FaYaml *value, unsigned max, const char *what, FaDiags *diags)
{
    if (value->values->len <= max)
        return true;
    fa_schema_mistake(diags, value, "more than %u %s", max, what);
    return false;
}

static void
read_pull(const FaYaml *value, void *object, FaDiags *diags)
{
    const Reading *reading = object;
    if (!begin(value, PLACES_MAX, "places", diags))
        return;
    for (guint i = 0; i < value->values->len; i++) {
        const FaYaml *item = g_ptr_array_index(value->values, i);
        if (!fa_schema_is(item, FA_YAML_TEXT, "pull", diags))
            continue;
        g_autofree char *place = read_place(item, reading->directory, diags);
        if (place != NULL && is_listed(reading->store->pull, place))
            fa_schema_mistake(diags, item, "'%s' is listed twice", item->text);
        else if (place != NULL)
            g_ptr_array_add(reading->store->pull, g_steal_pointer(&place));
    }
}

static void
read_keys(const FaYaml *value, void *object, FaDiags *diags)
{
    const Reading *reading = object;
    FaDigest key;
    if (!begin(value, KEYS_MAX, "keys", diags))
        return;
    for (guint i = 0; i < value->values->len; i++) {
        const FaYaml *item = g_ptr_array_index(value->values, i);
        if (!fa_schema_is(item, FA_YAML_TEXT, "keys", diags))
            continue;
        if (fa_digest_from_hex(item->text, &key))
            g_ptr_array_add(reading->store->keys, g_strdup(item->text));
        else
            fa_diag_help(fa_schema_mistake(diags, item, "this is not a public key"),
                         "64 hexadecimal digits, as 'fassembler store key FILE' prints them");
    }
}

static const FaKey store_keys[] = {
    {"pull", FA_KEY_LIST, .read = read_pull, .kind = "list of URLs or paths",
     .help = "Places that `store offer` filled, asked in this order before a component is built: "
             "`https://...`, `ssh://HOST/PATH` or a folder"},
    {"keys", FA_KEY_LIST, .read = read_keys, .kind = "list of 64 hexadecimal digits",
     .help = "Public keys, by `store key`, one of which must have signed; the file `trusted-keys` "
             "of the product has more"},
    {0},
};
static const FaSchema store_schema = {
    "store",
    "Builds that others made: the key `store` of `fassembler.yaml`, and the file `store.yaml` of a "
    "home, whose places are asked first. A build is known by its key, of which the home's path is "
    "part: what was built in `/srv/fassembler` is of use in homes at `/srv/fassembler`.",
    store_keys};

const FaSchema *const fa_store_schemas[] = {&store_schema, NULL};

void
fa_config_read_store(const FaYaml *value, const char *directory, FaStoreSpec *store, FaDiags *diags)
{
    Reading reading = {.store = store, .directory = directory};
    fa_schema_read(&store_schema, value, &reading, diags);
}

bool
fa_config_load_store(const char *home, FaStoreSpec *store, FaDiags *diags, GError **error)
{
    g_autofree char *path = g_build_filename(home, STORE_FILE, NULL);
    g_autofree char *text = NULL;
    g_autoptr(GError) problem = NULL;
    size_t length;
    if (!fa_fs_read(path, FA_YAML_SIZE_MAX, &text, &length, &problem)) {
        /* Whoever may not read the home still may check a product. */
        if (fa_error_is(problem, FA_ERROR_NOT_FOUND) || fa_error_is(problem, FA_ERROR_DENIED))
            return true;
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
    const char *file = g_intern_string(path);
    fa_diags_add_text(diags, file, text, length);
    g_autoptr(FaYamlDocument) document = fa_yaml_parse(file, text, length, diags);
    if (document != NULL)
        fa_config_read_store(fa_yaml_root(document), home, store, diags);
    return true;
}
