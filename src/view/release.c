#include "view/release.h"

#include <string.h>

#include "view/text.h"

static JsonArray *
describe_pins(const FaRelease *release)
{
    JsonArray *pins = json_array_new();
    for (guint i = 0; i < release->pins->len; i++) {
        const FaPin *pin = g_ptr_array_index(release->pins, i);
        JsonObject *object = json_object_new();
        json_object_set_string_member(object, "component", pin->component);
        json_object_set_string_member(object, "revision", pin->revision);
        json_object_set_string_member(object, "digest", pin->digest);
        fa_view_set_text(object, "version", pin->version);
        fa_view_set_text(object, "branch", pin->branch);
        fa_view_set_text(object, "tag", pin->tag);
        json_object_set_string_member(object, "location", pin->location);
        json_array_add_object_element(pins, object);
    }
    return pins;
}

static JsonArray *
describe_made(const FaRelease *release)
{
    JsonArray *array = json_array_new();
    for (guint i = 0; i < release->made->len; i++) {
        const FaMade *made = g_ptr_array_index(release->made, i);
        JsonObject *object = json_object_new();
        json_object_set_string_member(object, "component", made->component);
        json_object_set_string_member(object, "name", made->name);
        json_object_set_string_member(object, "tree", made->tree);
        json_array_add_object_element(array, object);
    }
    return array;
}

static JsonArray *
describe_places(const FaRelease *release)
{
    JsonArray *array = json_array_new();
    for (guint i = 0; i < release->places->len; i++) {
        const FaReleasePlace *place = g_ptr_array_index(release->places, i);
        JsonObject *object = json_object_new();
        json_object_set_string_member(object, "environment", place->environment);
        json_object_set_string_member(object, "deployment", place->deployment);
        fa_view_set_time(object, "since", place->since);
        json_object_set_string_member(object, "by", place->by);
        json_array_add_object_element(array, object);
    }
    return array;
}

static const char *
state_of(const FaRelease *release)
{
    if (release->is_rejected)
        return "rejected";
    if (fa_release_was_live(release))
        return "live";
    if (release->places->len > 0)
        return "deployed";
    return release->bits != NULL ? "built" : "cut";
}

JsonObject *
fa_view_release(const FaRelease *release)
{
    JsonObject *document = json_object_new();
    json_object_set_string_member(document, "label", release->label);
    json_object_set_string_member(document, "kind", fa_release_kind_to_string(release->kind));
    json_object_set_string_member(document, "state", state_of(release));
    fa_view_set_text(document, "parent", release->parent);
    json_object_set_string_member(document, "line", release->line);
    json_object_set_string_member(document, "from", release->from);
    fa_view_set_time(document, "cut-at", release->cut_at);
    json_object_set_string_member(document, "cut-by", release->cut_by);
    fa_view_set_text(document, "why", release->why);
    json_object_set_boolean_member(document, "is-pushed", release->is_pushed);
    json_object_set_string_member(document, "tool", release->tool);
    json_object_set_string_member(document, "settings", release->settings);
    json_object_set_string_member(document, "digest", release->digest);
    json_object_set_array_member(document, "pins", describe_pins(release));
    fa_view_set_text(document, "bits", release->bits);
    json_object_set_array_member(document, "made", describe_made(release));
    fa_view_set_text(document, "rejected-why", release->rejected_why);
    fa_view_set_text(document, "rejected-by", release->rejected_by);
    fa_view_set_time(document, "rejected-at", release->rejected_at);
    json_object_set_array_member(document, "went-to", describe_places(release));
    return document;
}

JsonObject *
fa_view_releases(const FaReleases *releases)
{
    JsonObject *document = json_object_new();
    JsonArray *array = json_array_new();
    const GPtrArray *list = fa_releases_list(releases);
    for (guint i = list->len; i > 0; i--)
        json_array_add_object_element(array, fa_view_release(g_ptr_array_index(list, i - 1)));
    json_object_set_array_member(document, "releases", array);
    return document;
}

JsonArray *
fa_view_notes(const GPtrArray *notes)
{
    JsonArray *array = json_array_new();
    for (guint i = 0; i < notes->len; i++) {
        const FaNote *note = g_ptr_array_index(notes, i);
        JsonObject *object = json_object_new();
        fa_view_set_text(object, "id", note->id);
        json_object_set_string_member(object, "component", note->component);
        json_object_set_string_member(object, "kind", fa_note_kind_to_string(note->kind));
        json_object_set_string_member(object, "text", note->text);
        fa_view_set_text(object, "revision", note->revision);
        fa_view_set_text(object, "release", note->release);
        json_object_set_boolean_member(object, "is-from-commit", note->is_from_commit);
        fa_view_set_text(object, "by", note->by);
        fa_view_set_time(object, "at", note->at);
        json_array_add_object_element(array, object);
    }
    return array;
}
