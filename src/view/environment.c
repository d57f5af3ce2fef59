#include "view/environment.h"

#include "domain/ports.h"
#include "view/text.h"

JsonObject *
fa_view_broken(const FaStanding *standing)
{
    const FaStandingBroken *broken = standing != NULL ? &standing->broken : NULL;
    if (broken == NULL || broken->what == NULL)
        return NULL;
    JsonObject *object = json_object_new();
    json_object_set_string_member(object, "what", broken->what);
    fa_view_set_text(object, "reason", broken->reason);
    fa_view_set_text(object, "revision", broken->revision);
    fa_view_set_time(object, "since", broken->since);
    return object;
}

static const char *
state_of(const FaStanding *standing)
{
    if (standing == NULL)
        return "empty";
    if (standing->is_retired)
        return "retired";
    if (standing->build == NULL)
        return "empty";
    return standing->is_down ? "down" : "up";
}

static void
set_spec(JsonObject *object, const FaEnvironmentFacts *facts)
{
    JsonArray *ports = json_array_new();
    g_autofree char *host = NULL;
    if (facts->spec != NULL) {
        host = fa_product_get_host(facts->site, facts->spec);
        json_array_add_int_element(ports, fa_ports_get(facts->site, facts->spec, 0, 0));
        json_array_add_int_element(ports, fa_ports_get(facts->site, facts->spec, 1, 0));
    }
    const char *track = facts->spec != NULL       ? fa_track_to_string(facts->spec->track)
                        : facts->standing != NULL ? facts->standing->track
                                                  : NULL;
    fa_view_set_text(object, "track", track);
    fa_view_set_text(object, "host",
                     host == NULL && facts->standing != NULL ? facts->standing->host : host);
    fa_view_set_text(object, "url", facts->url);
    fa_view_set_text(object, "refresh", facts->spec != NULL ? facts->spec->refresh : NULL);
    json_object_set_array_member(object, "ports", ports);
    fa_view_set_text(object, "directory", facts->directory);
    json_object_set_boolean_member(object, "is-configured", facts->spec != NULL);
}

JsonObject *
fa_view_environment(const FaEnvironmentFacts *facts)
{
    const FaStanding *standing = facts->standing;
    JsonObject *object = json_object_new();
    JsonObject *broken = fa_view_broken(standing);
    json_object_set_string_member(object, "environment", facts->name);
    set_spec(object, facts);
    json_object_set_string_member(object, "state", state_of(standing));
    fa_view_set_text(object, "health", facts->health);
    fa_view_set_text(object, "release", standing != NULL ? standing->release : NULL);
    fa_view_set_text(object, "build", standing != NULL ? standing->build : NULL);
    fa_view_set_text(object, "slot", standing != NULL ? standing->slot : NULL);
    fa_view_set_time(object, "since", standing != NULL ? standing->since : 0);
    fa_view_set_text(object, "by", standing != NULL ? standing->by : NULL);
    fa_view_set_text(object, "why", standing != NULL ? standing->why : NULL);
    if (broken != NULL)
        json_object_set_object_member(object, "broken", broken);
    else
        json_object_set_null_member(object, "broken");
    return object;
}
