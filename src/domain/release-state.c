#include "domain/release-state.h"

#include "domain/state.h"

static void
put_pin(GByteArray *state, const FaPin *pin)
{
    fa_state_put_text(state, pin->component);
    fa_state_put_text(state, pin->revision);
    fa_state_put_text(state, pin->digest);
    fa_state_put_text(state, pin->version);
    fa_state_put_text(state, pin->branch);
    fa_state_put_text(state, pin->tag);
    fa_state_put_text(state, pin->location);
}

static FaPin *
get_pin(FaStateReader *reader)
{
    FaPin *pin = g_new0(FaPin, 1);
    pin->component = fa_state_get_set_text(reader);
    pin->revision = fa_state_get_set_text(reader);
    pin->digest = fa_state_get_set_text(reader);
    pin->version = fa_state_get_text(reader);
    pin->branch = fa_state_get_text(reader);
    pin->tag = fa_state_get_text(reader);
    pin->location = fa_state_get_set_text(reader);
    return pin;
}

static void
put_lists(GByteArray *state, const FaRelease *release)
{
    fa_state_put_number(state, release->pins->len);
    for (guint i = 0; i < release->pins->len; i++)
        put_pin(state, g_ptr_array_index(release->pins, i));
    fa_state_put_number(state, release->made->len);
    for (guint i = 0; i < release->made->len; i++) {
        const FaMade *made = g_ptr_array_index(release->made, i);
        fa_state_put_text(state, made->component);
        fa_state_put_text(state, made->name);
        fa_state_put_text(state, made->tree);
    }
    fa_state_put_number(state, release->places->len);
    for (guint i = 0; i < release->places->len; i++) {
        const FaReleasePlace *place = g_ptr_array_index(release->places, i);
        fa_state_put_text(state, place->environment);
        fa_state_put_text(state, place->deployment);
        fa_state_put_number(state, (uint64_t)place->since);
        fa_state_put_text(state, place->by);
    }
}

static void
get_lists(FaStateReader *reader, FaRelease *release)
{
    for (size_t left = fa_state_get_count(reader); left > 0 && !reader->is_bad; left--)
        g_ptr_array_add(release->pins, get_pin(reader));
    for (size_t left = fa_state_get_count(reader); left > 0 && !reader->is_bad; left--) {
        FaMade *made = g_new0(FaMade, 1);
        made->component = fa_state_get_set_text(reader);
        made->name = fa_state_get_set_text(reader);
        made->tree = fa_state_get_set_text(reader);
        g_ptr_array_add(release->made, made);
    }
    for (size_t left = fa_state_get_count(reader); left > 0 && !reader->is_bad; left--) {
        FaReleasePlace *place = g_new0(FaReleasePlace, 1);
        place->environment = fa_state_get_set_text(reader);
        place->deployment = fa_state_get_set_text(reader);
        place->since = (FaTime)fa_state_get_number(reader);
        place->by = fa_state_get_set_text(reader);
        g_ptr_array_add(release->places, place);
    }
}

static void
put_release(GByteArray *state, const FaRelease *release)
{
    fa_state_put_text(state, release->label);
    fa_state_put_number(state, release->kind);
    fa_state_put_text(state, release->parent);
    fa_state_put_text(state, release->line);
    fa_state_put_text(state, release->from);
    fa_state_put_text(state, release->digest);
    fa_state_put_text(state, release->tool);
    fa_state_put_text(state, release->settings);
    fa_state_put_number(state, release->is_pushed);
    fa_state_put_text(state, release->why);
    fa_state_put_text(state, release->cut_by);
    fa_state_put_number(state, (uint64_t)release->cut_at);
    fa_state_put_number(state, release->position);
    fa_state_put_text(state, release->bits);
    fa_state_put_number(state, release->is_rejected);
    fa_state_put_text(state, release->rejected_why);
    fa_state_put_text(state, release->rejected_by);
    fa_state_put_number(state, (uint64_t)release->rejected_at);
    put_lists(state, release);
}

static FaRelease *
get_release(FaStateReader *reader)
{
    FaRelease *release = fa_release_new(fa_state_get_set_text(reader));
    release->kind = fa_state_get_enum(reader, FA_RELEASE_LEAPFROG);
    release->parent = fa_state_get_text(reader);
    release->line = fa_state_get_set_text(reader);
    release->from = fa_state_get_set_text(reader);
    release->digest = fa_state_get_set_text(reader);
    release->tool = fa_state_get_set_text(reader);
    release->settings = fa_state_get_set_text(reader);
    release->is_pushed = fa_state_get_enum(reader, 1);
    release->why = fa_state_get_text(reader);
    release->cut_by = fa_state_get_set_text(reader);
    release->cut_at = (FaTime)fa_state_get_number(reader);
    release->position = fa_state_get_number(reader);
    release->bits = fa_state_get_text(reader);
    release->is_rejected = fa_state_get_enum(reader, 1);
    release->rejected_why = fa_state_get_text(reader);
    release->rejected_by = fa_state_get_text(reader);
    release->rejected_at = (FaTime)fa_state_get_number(reader);
    get_lists(reader, release);
    return release;
}

GBytes *
fa_releases_to_bytes(const FaReleases *releases)
{
    GByteArray *state = g_byte_array_new();
    fa_state_put_number(state, releases->position);
    fa_state_put_number(state, releases->list->len);
    for (guint i = 0; i < releases->list->len; i++)
        put_release(state, g_ptr_array_index(releases->list, i));
    return g_byte_array_free_to_bytes(state);
}

FaReleases *
fa_releases_from_bytes(GBytes *bytes)
{
    FaStateReader reader = fa_state_read(bytes);
    g_autoptr(FaReleases) releases = fa_releases_new();
    releases->position = fa_state_get_number(&reader);
    for (size_t left = fa_state_get_count(&reader); left > 0 && !reader.is_bad; left--) {
        FaRelease *release = get_release(&reader);
        g_ptr_array_add(releases->list, release);
        reader.is_bad =
            !g_hash_table_insert(releases->by_label, release->label, release) || reader.is_bad;
    }
    return fa_state_is_over(&reader) ? g_steal_pointer(&releases) : NULL;
}
