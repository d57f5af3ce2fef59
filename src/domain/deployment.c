#include "domain/deployment.h"

#include <string.h>

/* What there is to do, in this order, whether it is undone after a failure, and whether users are without it. */
static const struct {
    const char *name;
    bool has_undo;
    bool is_vital; /* after the switch: its failure undoes, too */
} steps[] = {
    [FA_DEPLOY_STEP_LOCK] = {"lock", false, false},
    [FA_DEPLOY_STEP_BUILD] = {"build", false, false},
    [FA_DEPLOY_STEP_BACKUP] = {"backup", false, false},
    [FA_DEPLOY_STEP_RENDER] = {"render", true, false},
    [FA_DEPLOY_STEP_MIGRATE_ONLINE] = {"migrate-online", true, false},
    [FA_DEPLOY_STEP_START] = {"start", true, false},
    [FA_DEPLOY_STEP_CHECK] = {"check", false, false},
    [FA_DEPLOY_STEP_SMOKE] = {"smoke", false, false},
    [FA_DEPLOY_STEP_MAINTENANCE_ON] = {"maintenance-on", true, false},
    [FA_DEPLOY_STEP_MIGRATE_OFFLINE] = {"migrate-offline", true, false},
    [FA_DEPLOY_STEP_SWITCH] = {"switch", true, false},
    [FA_DEPLOY_STEP_MAINTENANCE_OFF] = {"maintenance-off", true, true},
    [FA_DEPLOY_STEP_DRAIN] = {"drain", false, false},
    [FA_DEPLOY_STEP_WATCH] = {"watch", false, true},
    [FA_DEPLOY_STEP_STOP] = {"stop", false, false},
    [FA_DEPLOY_STEP_MIGRATE_BACK] = {"migrate-back", false, false},
};
G_STATIC_ASSERT(G_N_ELEMENTS(steps) == FA_DEPLOY_STEPS);

static const char *const state_names[] = {
    [FA_DEPLOY_STATE_NONE] = "none",     [FA_DEPLOY_STATE_BEGUN] = "begun",
    [FA_DEPLOY_STATE_DONE] = "done",     [FA_DEPLOY_STATE_FAILED] = "failed",
    [FA_DEPLOY_STATE_UNDONE] = "undone",
};

static const char *const outcome_names[] = {
    [FA_DEPLOY_OUTCOME_DONE] = "done",
    [FA_DEPLOY_OUTCOME_FAILED] = "failed",
    [FA_DEPLOY_OUTCOME_UNDONE] = "undone",
    [FA_DEPLOY_OUTCOME_ROLLED_BACK] = "rolled-back",
};

const char *
fa_deploy_step_to_string(FaDeployStep step)
{
    return steps[step].name;
}

bool
fa_deploy_step_from_string(const char *text, FaDeployStep *ret_step)
{
    for (size_t i = 0; i < G_N_ELEMENTS(steps); i++) {
        if (strcmp(steps[i].name, text) == 0) {
            *ret_step = (FaDeployStep)i;
            return true;
        }
    }
    return false;
}

const char *
fa_deploy_state_to_string(FaDeployState state)
{
    return state_names[state];
}

bool
fa_deploy_state_from_string(const char *text, FaDeployState *ret_state)
{
    for (size_t i = 0; i < G_N_ELEMENTS(state_names); i++) {
        if (strcmp(state_names[i], text) == 0) {
            *ret_state = (FaDeployState)i;
            return true;
        }
    }
    return false;
}

const char *
fa_deploy_outcome_to_string(FaDeployOutcome outcome)
{
    return outcome_names[outcome];
}

bool
fa_deploy_outcome_from_string(const char *text, FaDeployOutcome *ret_outcome)
{
    for (size_t i = 0; i < G_N_ELEMENTS(outcome_names); i++) {
        if (strcmp(outcome_names[i], text) == 0) {
            *ret_outcome = (FaDeployOutcome)i;
            return true;
        }
    }
    return false;
}

void
fa_deployment_free(FaDeployment *deployment)
{
    if (deployment == NULL)
        return;
    g_free(deployment->id);
    g_free(deployment->environment);
    g_free(deployment->release);
    g_free(deployment->from);
    g_free(deployment->expects);
    g_free(deployment->slot);
    g_free(deployment->plan);
    g_free(deployment->why);
    g_free(deployment->by);
    g_free(deployment->host);
    g_free(deployment->reason);
    g_ptr_array_unref(deployment->executed);
    g_strfreev(deployment->answers);
    g_free(deployment);
}

static const char *
text_of(JsonObject *payload, const char *member)
{
    const char *text = fa_json_get_string(payload, member);
    return text != NULL ? text : "";
}

/* (transfer full) */
static char **
read_answers(JsonObject *answers)
{
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    g_autoptr(GList) names = answers != NULL ? json_object_get_members(answers) : NULL;
    for (GList *name = names; name != NULL; name = name->next) {
        const char *way = fa_json_get_string(answers, name->data);
        g_autofree char *answer = g_strconcat(name->data, "=", way != NULL ? way : "", NULL);
        g_strv_builder_add(builder, answer);
    }
    return g_strv_builder_end(builder);
}

FaDeployment *
fa_deployment_new(const FaEvent *begun)
{
    g_autoptr(JsonNode) node = fa_json_from_text(begun->payload, -1, NULL);
    if (node == NULL || !JSON_NODE_HOLDS_OBJECT(node))
        return NULL;
    JsonObject *payload = json_node_get_object(node);
    if (*text_of(payload, "id") == '\0')
        return NULL;

    FaDeployment *deployment = g_new0(FaDeployment, 1);
    fa_deploy_kind_from_string(text_of(payload, "deploy-kind"), &deployment->kind);
    deployment->id = g_strdup(text_of(payload, "id"));
    deployment->environment = g_strdup(begun->subject);
    deployment->release = g_strdup(text_of(payload, "release"));
    deployment->from = g_strdup(fa_json_get_string(payload, "from"));
    deployment->expects = g_strdup(text_of(payload, "expects"));
    deployment->slot = g_strdup(text_of(payload, "slot"));
    deployment->plan = g_strdup(text_of(payload, "plan"));
    deployment->why = g_strdup(fa_json_get_string(payload, "why"));
    deployment->by = g_strdup(begun->actor);
    deployment->host = g_strdup(text_of(payload, "host"));
    deployment->pid = fa_json_get_int(payload, "pid", 0);
    deployment->lifetime = fa_json_get_int(payload, "lifetime", 0);
    deployment->begun_at = deployment->last_at = begun->time;
    deployment->executed = g_ptr_array_new_with_free_func((GDestroyNotify)fa_migration_free);
    deployment->answers = read_answers(fa_json_get_object(payload, "migrations"));
    return deployment;
}

bool
fa_deployment_is_undoing(const FaDeployment *deployment)
{
    return deployment->has_failed &&
           (deployment->failed_step <= FA_DEPLOY_STEP_SWITCH ||
            (deployment->is_lost && fa_deployment_can_go_back(deployment)));
}

static void
apply_step(FaDeployment *deployment, JsonObject *payload)
{
    FaDeployStep step;
    FaDeployState state;
    if (!fa_deploy_step_from_string(text_of(payload, "step"), &step) ||
        !fa_deploy_state_from_string(text_of(payload, "state"), &state))
        return;
    deployment->states[step] = state;
    if (state != FA_DEPLOY_STATE_FAILED)
        return;
    deployment->is_lost = deployment->is_lost || steps[step].is_vital;
    if (deployment->has_failed)
        return;
    deployment->has_failed = true;
    deployment->failed_step = step;
    deployment->reason = g_strdup(text_of(payload, "detail"));
}

/*
 * After an irreversible one was made offline, or a backup was put back for one, what users write would be lost on the way
 * back. Tried is enough: what it left when it failed, nobody knows. What is done to undo all this does not count.
 */
static void
apply_migration(FaDeployment *deployment, JsonObject *payload)
{
    bool is_offline = strcmp(text_of(payload, "mode"), "offline") == 0;
    bool is_down = strcmp(text_of(payload, "direction"), "down") == 0;
    if (!fa_deployment_is_undoing(deployment) && !fa_json_get_bool(payload, "reversible", false) &&
        (is_offline || is_down))
        deployment->has_burnt_bridges = true;
}

static void
apply_end(FaDeployment *deployment, JsonObject *payload)
{
    deployment->has_ended = true;
    fa_deploy_outcome_from_string(text_of(payload, "outcome"), &deployment->outcome);
}

void
fa_deployment_apply_payload(FaDeployment *deployment, const FaEvent *event, JsonObject *payload)
{
    FaEventKind kind;
    if (deployment->has_ended || strcmp(event->subject, deployment->environment) != 0 ||
        !fa_event_kind_from_string(event->kind, &kind) ||
        strcmp(text_of(payload, "id"), deployment->id) != 0)
        return;
    deployment->last_at = event->time;
    if (kind == FA_EVENT_DEPLOY_STEP)
        apply_step(deployment, payload);
    if (kind == FA_EVENT_MIGRATION_RAN)
        apply_migration(deployment, payload);
    if (kind == FA_EVENT_DEPLOY_SWITCHED) {
        deployment->is_switched = !fa_deployment_is_undoing(deployment);
        deployment->was_switched = deployment->was_switched || deployment->is_switched;
    }
    if (kind == FA_EVENT_DEPLOY_ENDED)
        apply_end(deployment, payload);
}

void
fa_deployment_apply(FaDeployment *deployment, const FaEvent *event)
{
    g_autoptr(JsonNode) node = fa_json_from_text(event->payload, -1, NULL);
    if (node != NULL && JSON_NODE_HOLDS_OBJECT(node))
        fa_deployment_apply_payload(deployment, event, json_node_get_object(node));
}

bool
fa_deployment_is_expired(const FaDeployment *deployment, FaTime now)
{
    return now > deployment->begun_at && now - deployment->begun_at > deployment->lifetime;
}

bool
fa_deployment_can_go_back(const FaDeployment *deployment)
{
    return *deployment->expects != '\0' && !deployment->has_burnt_bridges;
}

static FaDeployOutcome
outcome_of_undoing(const FaDeployment *deployment)
{
    if (deployment->failed_step > FA_DEPLOY_STEP_SWITCH)
        return FA_DEPLOY_OUTCOME_ROLLED_BACK;
    return strcmp(deployment->reason, FA_DEPLOYMENT_GIVEN_UP) == 0 ? FA_DEPLOY_OUTCOME_UNDONE
                                                                   : FA_DEPLOY_OUTCOME_FAILED;
}

static FaDeployNext
next_undo(const FaDeployment *deployment)
{
    for (int step = FA_DEPLOY_STEPS - 1; step >= 0; step--) {
        FaDeployState state = deployment->states[step];
        if (steps[step].has_undo && state != FA_DEPLOY_STATE_NONE &&
            state != FA_DEPLOY_STATE_UNDONE)
            return (FaDeployNext){.act = FA_DEPLOY_ACT_UNDO, .step = (FaDeployStep)step};
    }
    return (FaDeployNext){.act = FA_DEPLOY_ACT_END, .outcome = outcome_of_undoing(deployment)};
}

FaDeployNext
fa_deployment_next(const FaDeployment *deployment)
{
    if (deployment->has_ended)
        return (FaDeployNext){.act = FA_DEPLOY_ACT_NONE, .outcome = deployment->outcome};
    if (fa_deployment_is_undoing(deployment))
        return next_undo(deployment);
    for (int step = 0; step < FA_DEPLOY_STEPS; step++) {
        FaDeployState state = deployment->states[step];
        if (state == FA_DEPLOY_STATE_NONE || state == FA_DEPLOY_STATE_BEGUN)
            return (FaDeployNext){.act = FA_DEPLOY_ACT_STEP, .step = (FaDeployStep)step};
    }
    return (FaDeployNext){.act = FA_DEPLOY_ACT_END,
                          .outcome = deployment->is_lost ? FA_DEPLOY_OUTCOME_FAILED
                                                         : FA_DEPLOY_OUTCOME_DONE};
}

/*
 * Does the ledger know what the switch did? It is written between the begin and the end of that step. It may fail on either
 * side of the rename: to undo it leads back from both.
 */
static bool
is_switch_known(const FaDeployment *deployment, FaDeployStep step, FaDeployState state)
{
    if (step != FA_DEPLOY_STEP_SWITCH || state == FA_DEPLOY_STATE_BEGUN ||
        state == FA_DEPLOY_STATE_FAILED)
        return true;
    return (state == FA_DEPLOY_STATE_DONE) == deployment->is_switched;
}

static bool
is_in_turn(const FaDeployment *deployment, FaDeployStep step, FaDeployState state)
{
    FaDeployNext next = fa_deployment_next(deployment);
    FaDeployAct act = state == FA_DEPLOY_STATE_UNDONE ? FA_DEPLOY_ACT_UNDO : FA_DEPLOY_ACT_STEP;
    return state != FA_DEPLOY_STATE_NONE && next.act == act && next.step == step &&
           is_switch_known(deployment, step, state);
}

static FaDecision *
refuse(const char *subject, const char *detail)
{
    FaDecision *decision = fa_decision_new();
    fa_reasons_add(decision->reasons, FA_REASON_STEP_OUT_OF_TURN, subject, detail);
    return decision;
}

static FaDecision *
say_step(const FaDeployment *deployment, FaDeployStep step, FaDeployState state, const char *detail,
         int64_t took_ms, const FaAsker *asker)
{
    FaDecision *decision = fa_decision_new();
    JsonObject *payload = json_object_new();
    json_object_set_string_member(payload, "id", deployment->id);
    json_object_set_string_member(payload, "step", steps[step].name);
    json_object_set_string_member(payload, "state", state_names[state]);
    if (detail != NULL)
        json_object_set_string_member(payload, "detail", detail);
    if (state != FA_DEPLOY_STATE_BEGUN)
        json_object_set_int_member(payload, "took-ms", took_ms);
    fa_decision_add_event(decision, asker, FA_EVENT_DEPLOY_STEP, deployment->environment, payload);
    return decision;
}

FaDecision *
fa_deployment_decide_step(const FaDeployment *deployment, FaDeployStep step, FaDeployState state,
                          const char *detail, int64_t took_ms, const FaAsker *asker)
{
    if (!is_in_turn(deployment, step, state))
        return refuse(steps[step].name, state_names[state]);
    return say_step(deployment, step, state, detail, took_ms, asker);
}

FaDecision *
fa_deployment_decide_switched(const FaDeployment *deployment, const FaSwitched *switched,
                              const FaAsker *asker)
{
    FaDeployNext next = fa_deployment_next(deployment);
    bool is_forth = next.act == FA_DEPLOY_ACT_STEP &&
                    deployment->states[FA_DEPLOY_STEP_SWITCH] == FA_DEPLOY_STATE_BEGUN;
    if (next.step != FA_DEPLOY_STEP_SWITCH || !(is_forth || next.act == FA_DEPLOY_ACT_UNDO))
        return refuse("switch", "switched");

    FaDecision *decision = fa_decision_new();
    JsonObject *payload = json_object_new();
    json_object_set_string_member(payload, "id", deployment->id);
    json_object_set_string_member(payload, "release", switched->release);
    if (switched->from != NULL)
        json_object_set_string_member(payload, "from", switched->from);
    json_object_set_string_member(payload, "build", switched->build);
    if (switched->from_build != NULL)
        json_object_set_string_member(payload, "from-build", switched->from_build);
    json_object_set_string_member(payload, "slot", switched->slot);
    json_object_set_string_member(payload, "bits", switched->bits);
    fa_decision_add_event(decision, asker, FA_EVENT_DEPLOY_SWITCHED, deployment->environment,
                          payload);
    return decision;
}

FaDecision *
fa_deployment_decide_end(const FaDeployment *deployment, const char *log, const FaAsker *asker)
{
    FaDeployNext next = fa_deployment_next(deployment);
    if (next.act != FA_DEPLOY_ACT_END)
        return refuse(deployment->id, "end");

    FaDecision *decision = fa_decision_new();
    JsonObject *payload = json_object_new();
    json_object_set_string_member(payload, "id", deployment->id);
    json_object_set_string_member(payload, "outcome", outcome_names[next.outcome]);
    if (deployment->has_failed) {
        json_object_set_string_member(payload, "step", steps[deployment->failed_step].name);
        json_object_set_string_member(payload, "reason", deployment->reason);
    }
    if (log != NULL)
        json_object_set_string_member(payload, "log", log);
    fa_decision_add_event(decision, asker, FA_EVENT_DEPLOY_ENDED, deployment->environment, payload);
    return decision;
}

FaDecision *
fa_deployment_decide_give_up(const FaDeployment *deployment, const FaAsker *asker)
{
    FaDeployNext next = fa_deployment_next(deployment);
    if (next.act != FA_DEPLOY_ACT_STEP || next.step > FA_DEPLOY_STEP_SWITCH ||
        deployment->is_switched)
        return refuse(deployment->id, FA_DEPLOYMENT_GIVEN_UP);
    return say_step(deployment, next.step, FA_DEPLOY_STATE_FAILED, FA_DEPLOYMENT_GIVEN_UP, 0,
                    asker);
}

bool
fa_deployment_can_take_back(const FaDeployment *deployment)
{
    FaDeployNext next = fa_deployment_next(deployment);
    return fa_deployment_can_go_back(deployment) &&
           (fa_deployment_is_undoing(deployment)
                ? deployment->failed_step > FA_DEPLOY_STEP_SWITCH
                : next.act == FA_DEPLOY_ACT_STEP && next.step > FA_DEPLOY_STEP_SWITCH &&
                      next.step <= FA_DEPLOY_STEP_WATCH);
}

FaDecision *
fa_deployment_decide_take_back(const FaDeployment *deployment, const char *why,
                               const FaAsker *asker)
{
    if (!fa_deployment_can_take_back(deployment) || fa_deployment_is_undoing(deployment))
        return refuse(deployment->id, FA_DEPLOYMENT_TAKEN_BACK);
    g_autofree char *detail = g_strdup_printf(FA_DEPLOYMENT_TAKEN_BACK " by %s%s%s", asker->actor,
                                              why != NULL ? ": " : "", why != NULL ? why : "");
    return say_step(deployment, FA_DEPLOY_STEP_WATCH, FA_DEPLOY_STATE_FAILED, detail, 0, asker);
}
