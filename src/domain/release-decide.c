#include <string.h>

#include "domain/release.h"

/* Of one parent only, and once it is live no more rebuilds. */
static void
check_parent(const FaReleases *releases, const FaCut *cut, const FaLabel *label, GPtrArray *reasons)
{
    if (cut->parent == NULL && cut->kind != FA_RELEASE_TRAIN)
        fa_reasons_add(reasons, FA_REASON_PARENT_MISSING, cut->label, NULL);
    if (cut->parent == NULL)
        return;
    const FaRelease *parent = fa_releases_find(releases, cut->parent);
    if (parent == NULL) {
        fa_reasons_add(reasons, FA_REASON_PARENT_UNKNOWN, cut->parent, NULL);
        return;
    }
    FaLabel number;
    bool is_label = fa_label_parse(parent->label, &number, NULL);
    bool is_next =
        cut->kind == FA_RELEASE_TRAIN ||
        (is_label && (cut->kind == FA_RELEASE_REBUILD ? fa_label_is_rebuild_of(label, &number)
                                                      : fa_label_is_leapfrog_of(label, &number)));
    if (!is_next)
        fa_reasons_add(reasons, FA_REASON_LABEL_NOT_OF_PARENT, cut->label, cut->parent);
    if (cut->kind == FA_RELEASE_REBUILD && fa_release_was_live(parent))
        fa_reasons_add(reasons, FA_REASON_PARENT_WENT_LIVE, cut->parent, NULL);
}

static bool
is_of_kind(const FaLabel *label, FaReleaseKind kind)
{
    switch (kind) {
    case FA_RELEASE_TRAIN:
        return !fa_label_is_leapfrog(label) && label->build == 0;
    case FA_RELEASE_REBUILD:
        return label->build > 0;
    case FA_RELEASE_LEAPFROG:
        return fa_label_is_leapfrog(label) && label->build == 0;
    }
    g_assert_not_reached();
}

static void
check_label(const FaReleases *releases, const FaCut *cut, GPtrArray *reasons)
{
    g_autoptr(GError) error = NULL;
    FaLabel label;
    if (!fa_label_parse(cut->label, &label, &error)) {
        fa_reasons_add(reasons, FA_REASON_LABEL_MALFORMED, cut->label, error->message);
        return;
    }
    const FaRelease *other = fa_releases_find_number(releases, &label);
    if (other != NULL)
        fa_reasons_add(reasons, FA_REASON_LABEL_USED, cut->label, other->label);
    if (!is_of_kind(&label, cut->kind))
        fa_reasons_add(reasons, FA_REASON_LABEL_NOT_OF_KIND, cut->label,
                       fa_release_kind_to_string(cut->kind));
    else
        check_parent(releases, cut, &label, reasons);
}

static guint
count_pins(const FaCut *cut, const char *component)
{
    guint count = 0;
    for (size_t i = 0; i < cut->pin_count; i++)
        count += strcmp(cut->pins[i].pin.component, component) == 0;
    return count;
}

static bool
is_empty(const char *text)
{
    return text == NULL || *text == '\0';
}

static void
check_pin(const FaCut *cut, const FaCutPin *pin, GPtrArray *reasons)
{
    const FaPin *wanted = &pin->pin;
    if (!g_strv_contains(cut->components, wanted->component))
        fa_reasons_add(reasons, FA_REASON_COMPONENT_UNKNOWN, wanted->component, NULL);
    if (is_empty(wanted->revision) || is_empty(wanted->digest) || is_empty(wanted->location)) {
        fa_reasons_add(reasons, FA_REASON_PIN_INCOMPLETE, wanted->component, NULL);
        return;
    }
    if (pin->branch_now != NULL && strcmp(pin->branch_now, wanted->revision) != 0)
        fa_reasons_add(reasons, FA_REASON_BRANCH_MOVED, wanted->component, pin->branch_now);
    if (pin->tag_now != NULL && strcmp(pin->tag_now, wanted->revision) != 0)
        fa_reasons_add(reasons, FA_REASON_TAG_ELSEWHERE, wanted->component, pin->tag_now);
}

static void
check_pins(const FaCut *cut, GPtrArray *reasons)
{
    for (size_t i = 0; cut->components[i] != NULL; i++) {
        guint count = count_pins(cut, cut->components[i]);
        if (count == 0)
            fa_reasons_add(reasons, FA_REASON_COMPONENT_NOT_PINNED, cut->components[i], NULL);
        if (count > 1)
            fa_reasons_add(reasons, FA_REASON_COMPONENT_PINNED_TWICE, cut->components[i], NULL);
    }
    for (size_t i = 0; i < cut->pin_count; i++)
        check_pin(cut, &cut->pins[i], reasons);
}

static void
set_optional(JsonObject *object, const char *member, const char *text)
{
    if (text != NULL)
        json_object_set_string_member(object, member, text);
}

static JsonObject *
describe_pins(const FaCut *cut, char **ret_digest)
{
    g_autoptr(GPtrArray) pins = g_ptr_array_new();
    JsonObject *object = json_object_new();
    for (size_t i = 0; i < cut->pin_count; i++) {
        const FaPin *pin = &cut->pins[i].pin;
        JsonObject *member = json_object_new();
        json_object_set_string_member(member, "revision", pin->revision);
        json_object_set_string_member(member, "digest", pin->digest);
        set_optional(member, "version", pin->version);
        set_optional(member, "branch", pin->branch);
        set_optional(member, "tag", pin->tag);
        json_object_set_string_member(member, "location", pin->location);
        json_object_set_object_member(object, pin->component, member);
        g_ptr_array_add(pins, (gpointer)pin);
    }
    *ret_digest = fa_pins_digest(pins);
    return object;
}

FaDecision *
fa_release_decide_cut(const FaReleases *releases, const FaCut *cut, const FaAsker *asker)
{
    FaDecision *decision = fa_decision_new();
    check_label(releases, cut, decision->reasons);
    check_pins(cut, decision->reasons);
    if (fa_decision_is_refused(decision))
        return decision;

    g_autofree char *digest = NULL;
    JsonObject *payload = json_object_new();
    json_object_set_string_member(payload, "kind", fa_release_kind_to_string(cut->kind));
    set_optional(payload, "parent", cut->parent);
    json_object_set_string_member(payload, "line", cut->line);
    json_object_set_string_member(payload, "from", cut->from);
    json_object_set_object_member(payload, "pins", describe_pins(cut, &digest));
    json_object_set_string_member(payload, "digest", digest);
    json_object_set_string_member(payload, "tool", cut->tool);
    json_object_set_string_member(payload, "settings", cut->settings);
    json_object_set_boolean_member(payload, "pushed", cut->is_pushed);
    set_optional(payload, "why", cut->why);
    fa_decision_add_event(decision, asker, FA_EVENT_RELEASE_CUT, cut->label, payload);
    return decision;
}

FaDecision *
fa_release_decide_reject(const FaReleases *releases, const char *label, const char *why,
                         const FaAsker *asker)
{
    FaDecision *decision = fa_decision_new();
    const FaRelease *release = fa_releases_find(releases, label);
    if (release == NULL)
        fa_reasons_add(decision->reasons, FA_REASON_RELEASE_UNKNOWN, label, NULL);
    else if (release->is_rejected)
        fa_reasons_add(decision->reasons, FA_REASON_REJECTED_ALREADY, label, release->rejected_why);
    if (is_empty(why))
        fa_reasons_add(decision->reasons, FA_REASON_WHY_MISSING, label, NULL);
    if (fa_decision_is_refused(decision))
        return decision;

    JsonObject *payload = json_object_new();
    json_object_set_string_member(payload, "why", why);
    fa_decision_add_event(decision, asker, FA_EVENT_RELEASE_REJECTED, label, payload);
    return decision;
}

/* (transfer none) (nullable) */
static const FaMade *
find_made(const GPtrArray *made, const char *component)
{
    for (guint i = 0; i < made->len; i++) {
        const FaMade *item = g_ptr_array_index(made, i);
        if (strcmp(item->component, component) == 0)
            return item;
    }
    return NULL;
}

/* Each pinned component was made, of the bytes that it was made of before, and nothing else was. */
static void
check_made(const FaRelease *release, const GPtrArray *made, GPtrArray *reasons)
{
    for (guint i = 0; i < release->pins->len; i++) {
        const char *component = ((FaPin *)g_ptr_array_index(release->pins, i))->component;
        const FaMade *now = find_made(made, component), *then = find_made(release->made, component);
        if (now == NULL)
            fa_reasons_add(reasons, FA_REASON_BITS_MISSING, component, NULL);
        else if (then != NULL && strcmp(then->tree, now->tree) != 0)
            fa_reasons_add(reasons, FA_REASON_BITS_DIFFER, component, now->tree);
    }
    for (guint i = 0; i < made->len; i++) {
        const FaMade *item = g_ptr_array_index(made, i);
        if (fa_release_find_pin(release, item->component) == NULL)
            fa_reasons_add(reasons, FA_REASON_COMPONENT_UNKNOWN, item->component, NULL);
    }
}

FaDecision *
fa_release_decide_built(const FaReleases *releases, const char *label, const GPtrArray *made,
                        const FaAsker *asker)
{
    FaDecision *decision = fa_decision_new();
    const FaRelease *release = fa_releases_find(releases, label);
    if (release == NULL)
        fa_reasons_add(decision->reasons, FA_REASON_RELEASE_UNKNOWN, label, NULL);
    else
        check_made(release, made, decision->reasons);
    if (fa_decision_is_refused(decision) || release->bits != NULL)
        return decision;

    g_autofree char *bits = fa_made_digest(made);
    JsonObject *payload = json_object_new(), *components = json_object_new();
    for (guint i = 0; i < made->len; i++) {
        const FaMade *item = g_ptr_array_index(made, i);
        JsonObject *member = json_object_new();
        json_object_set_string_member(member, "name", item->name);
        json_object_set_string_member(member, "tree", item->tree);
        json_object_set_object_member(components, item->component, member);
    }
    json_object_set_string_member(payload, "bits", bits);
    json_object_set_object_member(payload, "components", components);
    fa_decision_add_event(decision, asker, FA_EVENT_RELEASE_BUILT, label, payload);
    return decision;
}
