#include "app/bundled.h"

#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "sys/fs.h"

#define FILE_MAX (4 * 1024 * 1024)

struct FaBundled {
    GHashTable *sources; /* of the component, to FaBundledSource */
};

static void
source_free(gpointer data)
{
    FaBundledSource *source = data;
    g_free(source->component);
    g_free(source->revision);
    g_free(source->path);
    g_free(source);
}

void
fa_bundled_free(FaBundled *bundled)
{
    if (bundled == NULL)
        return;

    g_hash_table_unref(bundled->sources);
    g_free(bundled);
}

static bool
read_kind(const char *text, FaSourceKind *ret_kind)
{
    for (FaSourceKind kind = FA_SOURCE_GIT; kind <= FA_SOURCE_DIRECTORY; kind++) {
        if (!g_str_equal(text, fa_source_kind_to_string(kind)))
            continue;
        *ret_kind = kind;
        return true;
    }
    return false;
}

/* (transfer full) (nullable) The file may have come from anybody: a path may not lead out of the product's folder. */
static FaBundledSource *
read_source(const char *directory, const char *component, JsonObject *object)
{
    const char *kind = fa_json_get_string(object, "kind");
    const char *revision = fa_json_get_string(object, "revision");
    const char *digest = fa_json_get_string(object, "digest");
    const char *path = fa_json_get_string(object, "path");
    FaSourceKind source_kind = FA_SOURCE_NONE;
    FaDigest tree;

    if (kind == NULL || !read_kind(kind, &source_kind) || revision == NULL || path == NULL ||
        !fa_text_is_relative_path(path) || digest == NULL || !fa_digest_from_hex(digest, &tree))
        return NULL;

    FaBundledSource *source = g_new0(FaBundledSource, 1);
    source->component = g_strdup(component);
    source->kind = source_kind;
    source->revision = g_strdup(revision);
    source->path = g_build_filename(directory, path, NULL);
    source->digest = tree;
    source->committed = CLAMP(fa_json_get_int(object, "committed", 0), 0, FA_TIME_MAX);
    return source;
}

static bool
read_sources(FaBundled *bundled, const char *directory, JsonObject *sources, GError **error)
{
    g_autoptr(GList) names = json_object_get_members(sources);

    for (const GList *name = names; name != NULL; name = name->next) {
        JsonObject *object = fa_json_get_object(sources, name->data);
        FaBundledSource *source = object != NULL && fa_text_is_name(name->data)
                                      ? read_source(directory, name->data, object)
                                      : NULL;
        if (source == NULL)
            return fa_fail(error, FA_ERROR_CONFIG,
                           "'%s/" FA_BUNDLE_FILE_NAME "' is wrong about '%s'\nhelp: unpack the "
                           "bundle again",
                           directory, (const char *)name->data);
        g_hash_table_insert(bundled->sources, source->component, source);
    }
    return true;
}

bool
fa_bundled_read(const char *product_directory, FaBundled **ret_bundled, GError **error)
{
    g_autofree char *path = g_build_filename(product_directory, FA_BUNDLE_FILE_NAME, NULL);
    g_autofree char *text = NULL;
    g_autoptr(GError) reason = NULL;
    size_t length = 0;

    if (!fa_fs_exists(path)) {
        *ret_bundled = NULL;
        return true;
    }
    if (!fa_fs_read(path, FILE_MAX, &text, &length, error))
        return false;
    g_autoptr(JsonNode) node = fa_json_from_text(text, (gssize)length, &reason);
    if (node == NULL || !JSON_NODE_HOLDS_OBJECT(node))
        return fa_fail(error, FA_ERROR_CONFIG, "'%s' is not JSON: %s", path,
                       reason != NULL ? reason->message : "it is no object");
    JsonObject *whole = json_node_get_object(node);
    JsonObject *sources = fa_json_get_object(whole, "sources");
    gint64 format = fa_json_get_int(whole, "bundle", 0);
    if (format != FA_BUNDLE_FORMAT || sources == NULL)
        return fa_fail(error, FA_ERROR_CONFIG,
                       "'%s' is of format %" G_GINT64_FORMAT ", and this program reads %d\nhelp: "
                       "use the fassembler that it was made with, or a newer one",
                       path, format, FA_BUNDLE_FORMAT);

    g_autoptr(FaBundled) bundled = g_new0(FaBundled, 1);
    bundled->sources = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, source_free);
    if (!read_sources(bundled, product_directory, sources, error))
        return false;
    *ret_bundled = g_steal_pointer(&bundled);
    return true;
}

const FaBundledSource *
fa_bundled_find(const FaBundled *bundled, const char *component, FaSourceKind kind,
                const char *revision)
{
    const FaBundledSource *source =
        bundled != NULL ? g_hash_table_lookup(bundled->sources, component) : NULL;

    if (source == NULL || source->kind != kind ||
        (revision != NULL && !g_str_equal(source->revision, revision)))
        return NULL;
    return source;
}

char *
fa_bundled_format(const char *product, const char *release, const GPtrArray *sources)
{
    g_autoptr(JsonNode) node = json_node_new(JSON_NODE_OBJECT);
    JsonObject *whole = json_object_new();
    JsonObject *members = json_object_new();

    json_node_take_object(node, whole);
    json_object_set_int_member(whole, "bundle", FA_BUNDLE_FORMAT);
    json_object_set_string_member(whole, "product", product);
    json_object_set_string_member(whole, "release", release);
    for (guint i = 0; i < sources->len; i++) {
        const FaBundledSource *source = g_ptr_array_index(sources, i);
        g_autofree char *digest = fa_digest_to_string(&source->digest);
        g_autofree char *path = g_strconcat(FA_BUNDLE_SOURCES "/", source->component, NULL);
        JsonObject *member = json_object_new();
        json_object_set_string_member(member, "kind", fa_source_kind_to_string(source->kind));
        json_object_set_string_member(member, "revision", source->revision);
        json_object_set_string_member(member, "digest", digest);
        json_object_set_string_member(member, "path", path);
        if (source->committed > 0)
            json_object_set_int_member(member, "committed", source->committed);
        json_object_set_object_member(members, source->component, member);
    }
    json_object_set_object_member(whole, "sources", members);
    g_autofree char *text = fa_json_to_text(node, true);
    return g_strconcat(g_strchomp(text), "\n", NULL);
}
