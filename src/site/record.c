#include "site/record.h"

#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "sys/fs.h"

static void
set_text(JsonObject *object, const char *member, const char *value)
{
    if (value != NULL)
        json_object_set_string_member(object, member, value);
}

static gint
compare_settings(gconstpointer a, gconstpointer b)
{
    const FaComposeSetting *const *x = a;
    const FaComposeSetting *const *y = b;
    return strcmp((*x)->name, (*y)->name);
}

static gint
compare_components(gconstpointer a, gconstpointer b)
{
    const FaComposeComponent *const *x = a;
    const FaComposeComponent *const *y = b;
    return strcmp((*x)->name, (*y)->name);
}

static gint
compare_processes(gconstpointer a, gconstpointer b)
{
    const FaConfProcess *const *x = a;
    const FaConfProcess *const *y = b;
    return strcmp((*x)->name, (*y)->name);
}

/* (transfer container) The same pointers in another order. */
static GPtrArray *
sorted(const GPtrArray *array, GCompareFunc compare)
{
    GPtrArray *copy = g_ptr_array_sized_new(array->len);

    for (guint i = 0; i < array->len; i++)
        g_ptr_array_add(copy, g_ptr_array_index(array, i));
    g_ptr_array_sort(copy, compare);
    return copy;
}

static JsonObject *
settings_of(const FaComposeComponent *component)
{
    JsonObject *object = json_object_new();
    g_autoptr(GPtrArray) settings = g_ptr_array_new();

    for (size_t i = 0; i < component->setting_count; i++)
        g_ptr_array_add(settings, (gpointer)&component->settings[i]);
    g_ptr_array_sort(settings, compare_settings);
    for (guint i = 0; i < settings->len; i++) {
        const FaComposeSetting *setting = g_ptr_array_index(settings, i);
        JsonObject *entry = json_object_new();
        g_autofree char *reference =
            setting->secret != NULL ? fa_secrets_reference(setting->secret) : NULL;
        set_text(entry, "origin", setting->origin);
        set_text(entry, "value", reference != NULL ? reference : setting->value);
        json_object_set_object_member(object, setting->name, entry);
    }
    return object;
}

static JsonObject *
component_of(const FaComposeComponent *component)
{
    JsonObject *object = json_object_new();
    JsonObject *source = json_object_new();

    set_text(object, "key", component->key);
    set_text(object, "out", component->out);
    json_object_set_object_member(object, "settings", settings_of(component));
    set_text(source, "digest", component->source_digest);
    set_text(source, "kind", component->source_kind);
    set_text(source, "location", component->source_location);
    set_text(source, "revision", component->source_revision);
    json_object_set_object_member(object, "source", source);
    set_text(object, "version", component->version);
    return object;
}

static gint
compare_texts(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static JsonArray *
packages_of(const FaComposition *composition)
{
    g_autoptr(GPtrArray) packages = g_ptr_array_new();
    JsonArray *array = json_array_new();
    const char *const *at = composition->packages;

    for (; at != NULL && *at != NULL; at++)
        g_ptr_array_add(packages, (gpointer)*at);
    g_ptr_array_sort(packages, compare_texts);
    for (guint i = 0; i < packages->len; i++)
        json_array_add_string_element(array, g_ptr_array_index(packages, i));
    return array;
}

static JsonArray *
processes_of(const FaComposition *composition)
{
    g_autoptr(GPtrArray) processes = sorted(composition->processes, compare_processes);
    JsonArray *array = json_array_new();

    for (guint i = 0; i < processes->len; i++)
        json_array_add_string_element(
            array, ((const FaConfProcess *)g_ptr_array_index(processes, i))->name);
    return array;
}

/* (transfer full) @build and @digest NULL: what the digest is over. */
static char *
text_of(const FaComposition *composition, const char *build, const FaDigest *digest)
{
    g_autoptr(GPtrArray) components = sorted(composition->components, compare_components);
    g_autofree char *hex = digest != NULL ? fa_digest_to_string(digest) : NULL;
    g_autoptr(JsonNode) node = json_node_new(JSON_NODE_OBJECT);
    JsonObject *object = json_object_new();
    JsonObject *all = json_object_new();

    for (guint i = 0; i < components->len; i++) {
        const FaComposeComponent *component = g_ptr_array_index(components, i);
        json_object_set_object_member(all, component->name, component_of(component));
    }
    set_text(object, "build", build);
    json_object_set_object_member(object, "components", all);
    set_text(object, "composition", hex);
    set_text(object, "environment", composition->layout->environment);
    json_object_set_int_member(object, "format", FA_RECORD_FORMAT);
    set_text(object, "home", composition->layout->home);
    json_object_set_array_member(object, "packages", packages_of(composition));
    json_object_set_array_member(object, "processes", processes_of(composition));
    set_text(object, "release", composition->release);
    set_text(object, "sandbox", composition->sandbox);
    set_text(object, "site", composition->layout->site);
    set_text(object, "slot", fa_slot_to_string(composition->slot));
    set_text(object, "supervisorctl", composition->supervisorctl);
    set_text(object, "supervisord", composition->supervisord);
    set_text(object, "tool", composition->tool_version);
    json_node_take_object(node, object);
    return fa_json_to_text(node, true);
}

static gint
compare_files(gconstpointer a, gconstpointer b)
{
    const FaRendered *const *x = a;
    const FaRendered *const *y = b;
    return strcmp((*x)->path, (*y)->path);
}

void
fa_record_digest(const FaComposition *composition, const GPtrArray *files, FaDigest *ret_digest)
{
    g_autofree char *text = text_of(composition, NULL, NULL);
    g_autoptr(FaKeyHasher) hasher = fa_key_hasher_new("fassembler composition 1");
    g_autoptr(GPtrArray) in_order = sorted(files, compare_files);

    fa_key_hasher_add(hasher, "facts", text);
    for (guint i = 0; i < in_order->len; i++) {
        const FaRendered *file = g_ptr_array_index(in_order, i);
        size_t length;
        const void *bytes = g_bytes_get_data(file->content, &length);
        fa_key_hasher_add(hasher, "path", file->path);
        fa_key_hasher_add(hasher, "executable", file->is_executable ? "yes" : "no");
        fa_key_hasher_add_bytes(hasher, "content", length > 0 ? bytes : "", length);
    }
    fa_key_hasher_finish(hasher, ret_digest);
}

char *
fa_record_write(const FaComposition *composition, const char *build,
                const FaDigest *composition_digest, GError **error)
{
    g_autofree char *text = text_of(composition, build, composition_digest);

    if (fa_secrets_is_in(composition->secrets, text, strlen(text))) {
        fa_fail(error, FA_ERROR_REFUSED,
                "a setting holds the value of a secret, and build.json can be read by anybody\n"
                "help: refer to it as 'secret:NAME'");
        return NULL;
    }
    return g_steal_pointer(&text);
}

bool
fa_record_is_of(const char *path, const FaDigest *digest)
{
    g_autofree char *text = NULL;
    g_autofree char *hex = fa_digest_to_string(digest);
    size_t length;

    if (!fa_fs_exists(path) || !fa_fs_read(path, FA_RECORD_MAX, &text, &length, NULL))
        return false;
    g_autoptr(JsonNode) node = fa_json_from_text(text, (gssize)length, NULL);
    if (node == NULL || !JSON_NODE_HOLDS_OBJECT(node))
        return false;
    return g_strcmp0(fa_json_get_string(json_node_get_object(node), "composition"), hex) == 0;
}
