#include "domain/release.h"

#include <string.h>

#include "base/digest.h"
#include "domain/release-state.h"
#include "domain/track.h"

static const char *const kind_names[] = {
    [FA_RELEASE_TRAIN] = "train",
    [FA_RELEASE_REBUILD] = "rebuild",
    [FA_RELEASE_LEAPFROG] = "leapfrog",
};

const char *
fa_release_kind_to_string(FaReleaseKind kind)
{
    return kind_names[kind];
}

bool
fa_release_kind_from_string(const char *text, FaReleaseKind *ret_kind)
{
    for (size_t i = 0; i < G_N_ELEMENTS(kind_names); i++) {
        if (strcmp(kind_names[i], text) == 0) {
            *ret_kind = (FaReleaseKind)i;
            return true;
        }
    }
    return false;
}

void
fa_pin_free(FaPin *pin)
{
    if (pin == NULL)
        return;
    g_free(pin->component);
    g_free(pin->revision);
    g_free(pin->digest);
    g_free(pin->version);
    g_free(pin->branch);
    g_free(pin->tag);
    g_free(pin->location);
    g_free(pin);
}

FaPin *
fa_pin_copy(const FaPin *pin)
{
    FaPin *copy = g_new0(FaPin, 1);
    copy->component = g_strdup(pin->component);
    copy->revision = g_strdup(pin->revision);
    copy->digest = g_strdup(pin->digest);
    copy->version = g_strdup(pin->version);
    copy->branch = g_strdup(pin->branch);
    copy->tag = g_strdup(pin->tag);
    copy->location = g_strdup(pin->location);
    return copy;
}

static int
compare_pins(gconstpointer a, gconstpointer b)
{
    return strcmp((*(FaPin *const *)a)->component, (*(FaPin *const *)b)->component);
}

static int
compare_made(gconstpointer a, gconstpointer b)
{
    return strcmp((*(FaMade *const *)a)->component, (*(FaMade *const *)b)->component);
}

/* (transfer container) */
static GPtrArray *
sort(const GPtrArray *items, GCompareFunc compare)
{
    GPtrArray *sorted = g_ptr_array_new();
    for (guint i = 0; i < items->len; i++)
        g_ptr_array_add(sorted, g_ptr_array_index(items, i));
    g_ptr_array_sort(sorted, compare);
    return sorted;
}

static char *
finish(FaKeyHasher *hasher)
{
    FaDigest digest;
    fa_key_hasher_finish(hasher, &digest);
    return fa_digest_to_string(&digest);
}

char *
fa_pins_digest(const GPtrArray *pins)
{
    g_autoptr(FaKeyHasher) hasher = fa_key_hasher_new("fassembler release pins 1");
    g_autoptr(GPtrArray) sorted = sort(pins, compare_pins);
    for (guint i = 0; i < sorted->len; i++) {
        const FaPin *pin = g_ptr_array_index(sorted, i);
        fa_key_hasher_add(hasher, "component", pin->component);
        fa_key_hasher_add(hasher, "revision", pin->revision);
        fa_key_hasher_add(hasher, "digest", pin->digest);
        fa_key_hasher_add(hasher, "version", pin->version);
        fa_key_hasher_add(hasher, "location", pin->location);
    }
    return finish(hasher);
}

void
fa_made_free(FaMade *made)
{
    if (made == NULL)
        return;
    g_free(made->component);
    g_free(made->name);
    g_free(made->tree);
    g_free(made);
}

FaMade *
fa_made_new(const char *component, const char *name, const char *tree)
{
    FaMade *made = g_new0(FaMade, 1);
    made->component = g_strdup(component);
    made->name = g_strdup(name);
    made->tree = g_strdup(tree);
    return made;
}

char *
fa_made_digest(const GPtrArray *made)
{
    g_autoptr(FaKeyHasher) hasher = fa_key_hasher_new("fassembler release bits 1");
    g_autoptr(GPtrArray) sorted = sort(made, compare_made);
    for (guint i = 0; i < sorted->len; i++) {
        const FaMade *item = g_ptr_array_index(sorted, i);
        fa_key_hasher_add(hasher, "component", item->component);
        fa_key_hasher_add(hasher, "tree", item->tree);
    }
    return finish(hasher);
}

static void
free_place(gpointer data)
{
    FaReleasePlace *place = data;
    g_free(place->environment);
    g_free(place->deployment);
    g_free(place->by);
    g_free(place);
}

FaRelease *
fa_release_new(char *label)
{
    FaRelease *release = g_new0(FaRelease, 1);
    release->label = label;
    release->pins = g_ptr_array_new_with_free_func((GDestroyNotify)fa_pin_free);
    release->made = g_ptr_array_new_with_free_func((GDestroyNotify)fa_made_free);
    release->places = g_ptr_array_new_with_free_func(free_place);
    return release;
}

static void
free_release(gpointer data)
{
    FaRelease *release = data;
    g_free(release->label);
    g_free(release->parent);
    g_free(release->line);
    g_free(release->from);
    g_free(release->digest);
    g_ptr_array_unref(release->pins);
    g_free(release->tool);
    g_free(release->settings);
    g_free(release->why);
    g_free(release->cut_by);
    g_free(release->bits);
    g_ptr_array_unref(release->made);
    g_free(release->rejected_why);
    g_free(release->rejected_by);
    g_ptr_array_unref(release->places);
    g_free(release);
}

const FaPin *
fa_release_find_pin(const FaRelease *release, const char *component)
{
    for (guint i = 0; i < release->pins->len; i++) {
        const FaPin *pin = g_ptr_array_index(release->pins, i);
        if (strcmp(pin->component, component) == 0)
            return pin;
    }
    return NULL;
}

bool
fa_release_was_live(const FaRelease *release)
{
    for (guint i = 0; i < release->places->len; i++) {
        const FaReleasePlace *place = g_ptr_array_index(release->places, i);
        if (fa_track_is_live(place->environment))
            return true;
    }
    return false;
}

bool
fa_release_was_at(const FaRelease *release, const char *environment)
{
    for (guint i = 0; i < release->places->len; i++) {
        const FaReleasePlace *place = g_ptr_array_index(release->places, i);
        if (strcmp(place->environment, environment) == 0)
            return true;
    }
    return false;
}

bool
fa_release_is_whole(const FaRelease *release)
{
    g_autofree char *digest = fa_pins_digest(release->pins);
    return strcmp(digest, release->digest) == 0;
}

FaReleases *
fa_releases_new(void)
{
    FaReleases *releases = g_new0(FaReleases, 1);
    releases->by_label = g_hash_table_new(g_str_hash, g_str_equal);
    releases->list = g_ptr_array_new_with_free_func(free_release);
    return releases;
}

void
fa_releases_free(FaReleases *releases)
{
    if (releases == NULL)
        return;
    g_hash_table_unref(releases->by_label);
    g_ptr_array_unref(releases->list);
    g_free(releases);
}

const FaRelease *
fa_releases_find(const FaReleases *releases, const char *label)
{
    return label != NULL ? g_hash_table_lookup(releases->by_label, label) : NULL;
}

const GPtrArray *
fa_releases_list(const FaReleases *releases)
{
    return releases->list;
}

const FaRelease *
fa_releases_newest_train(const FaReleases *releases)
{
    for (guint i = releases->list->len; i > 0; i--) {
        const FaRelease *release = g_ptr_array_index(releases->list, i - 1);
        FaLabel label;
        if (fa_label_parse(release->label, &label, NULL) && !fa_label_is_leapfrog(&label))
            return release;
    }
    return NULL;
}

bool
fa_releases_is_from(const FaReleases *releases, const char *label, const char *ancestor)
{
    const FaRelease *release = fa_releases_find(releases, label);
    /* A parent was cut before its children, so this ends. */
    while (release != NULL && strcmp(release->label, ancestor) != 0) {
        const FaRelease *parent =
            release->kind != FA_RELEASE_TRAIN ? fa_releases_find(releases, release->parent) : NULL;
        release = parent != NULL && parent->position < release->position ? parent : NULL;
    }
    return release != NULL;
}

const FaRelease *
fa_releases_find_number(const FaReleases *releases, const FaLabel *label)
{
    for (guint i = 0; i < releases->list->len; i++) {
        const FaRelease *release = g_ptr_array_index(releases->list, i);
        FaLabel other;
        if (fa_label_parse(release->label, &other, NULL) && fa_label_compare(&other, label) == 0)
            return release;
    }
    return NULL;
}

static FaLabel
next_label(FaReleaseKind kind, const FaLabel *label)
{
    switch (kind) {
    case FA_RELEASE_TRAIN:
        return fa_label_next_train(label);
    case FA_RELEASE_REBUILD:
        return fa_label_next_rebuild(label);
    case FA_RELEASE_LEAPFROG:
        return fa_label_next_leapfrog(label);
    }
    g_assert_not_reached();
}

char *
fa_releases_propose(const FaReleases *releases, FaReleaseKind kind, const char *parent)
{
    const FaRelease *newest = fa_releases_newest_train(releases);
    if (parent == NULL && kind == FA_RELEASE_TRAIN)
        parent = newest != NULL ? newest->label : "0.0";
    FaLabel label;
    if (parent == NULL || !fa_label_parse(parent, &label, NULL))
        return NULL;
    do {
        label = next_label(kind, &label);
    } while (fa_releases_find_number(releases, &label) != NULL);
    return fa_label_to_string(&label);
}

static FaRelease *
find_to_change(FaReleases *releases, const char *label)
{
    return g_hash_table_lookup(releases->by_label, label);
}

static char *
dup_member(JsonObject *object, const char *member)
{
    return g_strdup(fa_json_get_string(object, member));
}

static char *
dup_or_empty(JsonObject *object, const char *member)
{
    const char *text = fa_json_get_string(object, member);
    return g_strdup(text != NULL ? text : "");
}

static void
add_pin(JsonObject *pins, const char *component, JsonNode *node, gpointer data)
{
    if (!JSON_NODE_HOLDS_OBJECT(node))
        return;
    JsonObject *object = json_node_get_object(node);
    FaPin *pin = g_new0(FaPin, 1);
    pin->component = g_strdup(component);
    pin->revision = dup_or_empty(object, "revision");
    pin->digest = dup_or_empty(object, "digest");
    pin->version = dup_member(object, "version");
    pin->branch = dup_member(object, "branch");
    pin->tag = dup_member(object, "tag");
    pin->location = dup_or_empty(object, "location");
    g_ptr_array_add(data, pin);
}

static void
apply_cut(FaReleases *releases, const FaEvent *event, JsonObject *payload)
{
    if (find_to_change(releases, event->subject) != NULL)
        return;
    FaRelease *release = fa_release_new(g_strdup(event->subject));
    JsonObject *pins = fa_json_get_object(payload, "pins");
    const char *kind = fa_json_get_string(payload, "kind");

    if (kind != NULL)
        fa_release_kind_from_string(kind, &release->kind);
    release->parent = dup_member(payload, "parent");
    release->line = dup_or_empty(payload, "line");
    release->from = dup_or_empty(payload, "from");
    release->digest = dup_or_empty(payload, "digest");
    release->tool = dup_or_empty(payload, "tool");
    release->settings = dup_or_empty(payload, "settings");
    release->is_pushed = fa_json_get_bool(payload, "pushed", false);
    release->why = dup_member(payload, "why");
    release->cut_by = g_strdup(event->actor);
    release->cut_at = event->time;
    release->position = event->position;
    if (pins != NULL)
        json_object_foreach_member(pins, add_pin, release->pins);
    g_ptr_array_sort(release->pins, compare_pins);
    g_ptr_array_add(releases->list, release);
    g_hash_table_insert(releases->by_label, release->label, release);
}

static void
add_made(JsonObject *components, const char *component, JsonNode *node, gpointer data)
{
    if (!JSON_NODE_HOLDS_OBJECT(node))
        return;
    g_autofree char *name = dup_or_empty(json_node_get_object(node), "name");
    g_autofree char *tree = dup_or_empty(json_node_get_object(node), "tree");
    g_ptr_array_add(data, fa_made_new(component, name, tree));
}

static void
apply_built(FaReleases *releases, const FaEvent *event, JsonObject *payload)
{
    FaRelease *release = find_to_change(releases, event->subject);
    JsonObject *components = fa_json_get_object(payload, "components");
    if (release == NULL || release->bits != NULL)
        return;
    release->bits = dup_or_empty(payload, "bits");
    if (components != NULL)
        json_object_foreach_member(components, add_made, release->made);
    g_ptr_array_sort(release->made, compare_made);
}

static void
apply_rejected(FaReleases *releases, const FaEvent *event, JsonObject *payload)
{
    FaRelease *release = find_to_change(releases, event->subject);
    if (release == NULL || release->is_rejected)
        return;
    release->is_rejected = true;
    release->rejected_why = dup_or_empty(payload, "why");
    release->rejected_by = g_strdup(event->actor);
    release->rejected_at = event->time;
}

static void
apply_switched(FaReleases *releases, const FaEvent *event, JsonObject *payload)
{
    const char *label = fa_json_get_string(payload, "release");
    FaRelease *release = label != NULL ? find_to_change(releases, label) : NULL;
    if (release == NULL || fa_release_was_at(release, event->subject))
        return;
    FaReleasePlace *place = g_new0(FaReleasePlace, 1);
    place->environment = g_strdup(event->subject);
    place->deployment = dup_or_empty(payload, "id");
    place->since = event->time;
    place->by = g_strdup(event->actor);
    g_ptr_array_add(release->places, place);
}

static const struct {
    FaEventKind kind;
    void (*apply)(FaReleases *releases, const FaEvent *event, JsonObject *payload);
} appliers[] = {
    {FA_EVENT_RELEASE_CUT, apply_cut},
    {FA_EVENT_RELEASE_BUILT, apply_built},
    {FA_EVENT_RELEASE_REJECTED, apply_rejected},
    {FA_EVENT_DEPLOY_SWITCHED, apply_switched},
};

uint64_t
fa_releases_get_position(const FaReleases *releases)
{
    return releases->position;
}

void
fa_releases_apply(FaReleases *releases, const FaEvent *event)
{
    FaEventKind kind;
    releases->position = event->position;
    if (!fa_event_kind_from_string(event->kind, &kind))
        return;
    for (size_t i = 0; i < G_N_ELEMENTS(appliers); i++) {
        if (appliers[i].kind != kind)
            continue;
        g_autoptr(JsonNode) node = fa_json_from_text(event->payload, -1, NULL);
        if (node != NULL && JSON_NODE_HOLDS_OBJECT(node))
            appliers[i].apply(releases, event, json_node_get_object(node));
    }
}
