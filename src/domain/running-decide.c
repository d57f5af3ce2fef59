#include <string.h>

#include "domain/release.h"
#include "domain/running.h"

static void
add_optional(JsonObject *payload, const char *member, const char *text)
{
    if (text != NULL)
        json_object_set_string_member(payload, member, text);
}

/* What stands in the way of anything that would change what runs there. */
static void
check_standing(const FaStanding *standing, GPtrArray *reasons)
{
    if (standing->is_retired)
        fa_reasons_add(reasons, FA_REASON_RETIRED, standing->environment, NULL);
    if (standing->open != NULL) {
        g_autofree char *who = g_strdup_printf("%s by %s", standing->open->id, standing->open->by);
        fa_reasons_add(reasons, FA_REASON_DEPLOYMENT_OPEN, standing->environment, who);
    }
}

/* (transfer full) */
static JsonObject *
describe_answers(const char *const *answers)
{
    JsonObject *object = json_object_new();
    for (; answers != NULL && *answers != NULL; answers++) {
        const char *equals = strrchr(*answers, '=');
        g_autofree char *name = g_strndup(*answers, (gsize)(equals - *answers));
        json_object_set_string_member(object, name, equals + 1);
    }
    return object;
}

FaDecision *
fa_running_decide_begin(const FaRunning *running, const FaDeployBegin *begin, const FaAsker *asker)
{
    FaDecision *decision = fa_decision_new();
    const FaStanding *standing = fa_running_find(running, begin->environment);
    const char *build = standing != NULL && standing->build != NULL ? standing->build : "";
    if (standing != NULL)
        check_standing(standing, decision->reasons);
    if (strcmp(build, begin->expects) != 0)
        fa_reasons_add(decision->reasons, FA_REASON_MOVED, begin->environment, build);
    if (fa_decision_is_refused(decision))
        return decision;

    JsonObject *payload = json_object_new();
    json_object_set_string_member(payload, "id", begin->id);
    json_object_set_string_member(payload, "deploy-kind", fa_deploy_kind_to_string(begin->kind));
    json_object_set_string_member(payload, "release", begin->release);
    add_optional(payload, "from", standing != NULL ? standing->release : NULL);
    json_object_set_string_member(payload, "expects", begin->expects);
    json_object_set_string_member(payload, "slot", begin->slot);
    json_object_set_string_member(payload, "plan", begin->plan);
    add_optional(payload, "why", begin->why);
    json_object_set_int_member(payload, "pid", begin->pid);
    json_object_set_string_member(payload, "host", begin->host);
    json_object_set_int_member(payload, "lifetime", begin->lifetime);
    json_object_set_object_member(payload, "migrations", describe_answers(begin->answers));
    fa_decision_add_event(decision, asker, FA_EVENT_DEPLOY_BEGUN, begin->environment, payload);
    return decision;
}

FaDecision *
fa_running_decide_create(const FaRunning *running, const char *environment, const char *track,
                         const char *host, const char *why, const FaAsker *asker)
{
    FaDecision *decision = fa_decision_new();
    const FaStanding *standing = fa_running_find(running, environment);
    if (standing != NULL && !standing->is_retired && g_strcmp0(standing->track, track) == 0 &&
        g_strcmp0(standing->host, host) == 0)
        return decision;

    JsonObject *payload = json_object_new();
    json_object_set_string_member(payload, "track", track);
    json_object_set_string_member(payload, "host", host);
    add_optional(payload, "why", why);
    fa_decision_add_event(decision, asker, FA_EVENT_ENVIRONMENT_CREATED, environment, payload);
    return decision;
}

FaDecision *
fa_running_decide_retire(const FaRunning *running, const char *environment, bool is_emptied,
                         const char *why, const FaAsker *asker)
{
    FaDecision *decision = fa_decision_new();
    const FaStanding *standing = fa_running_find(running, environment);
    if (standing != NULL)
        check_standing(standing, decision->reasons);
    if (fa_decision_is_refused(decision))
        return decision;

    JsonObject *payload = json_object_new();
    add_optional(payload, "track", standing != NULL ? standing->track : NULL);
    add_optional(payload, "host", standing != NULL ? standing->host : NULL);
    add_optional(payload, "why", why);
    if (is_emptied)
        json_object_set_boolean_member(payload, "emptied", true);
    fa_decision_add_event(decision, asker, FA_EVENT_ENVIRONMENT_RETIRED, environment, payload);
    return decision;
}
