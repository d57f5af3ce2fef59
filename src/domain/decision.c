#include "domain/decision.h"

static const char *const code_names[] = {
    [FA_REASON_LABEL_MALFORMED] = "label-malformed",
    [FA_REASON_LABEL_USED] = "label-used",
    [FA_REASON_LABEL_NOT_OF_KIND] = "label-not-of-kind",
    [FA_REASON_LABEL_NOT_OF_PARENT] = "label-not-of-parent",
    [FA_REASON_PARENT_MISSING] = "parent-missing",
    [FA_REASON_PARENT_UNKNOWN] = "parent-unknown",
    [FA_REASON_PARENT_WENT_LIVE] = "parent-went-live",
    [FA_REASON_COMPONENT_NOT_PINNED] = "component-not-pinned",
    [FA_REASON_COMPONENT_UNKNOWN] = "component-unknown",
    [FA_REASON_COMPONENT_PINNED_TWICE] = "component-pinned-twice",
    [FA_REASON_PIN_INCOMPLETE] = "pin-incomplete",
    [FA_REASON_BRANCH_MOVED] = "branch-moved",
    [FA_REASON_TAG_ELSEWHERE] = "tag-elsewhere",
    [FA_REASON_RELEASE_UNKNOWN] = "release-unknown",
    [FA_REASON_RELEASE_REJECTED] = "release-rejected",
    [FA_REASON_REJECTED_ALREADY] = "rejected-already",
    [FA_REASON_WHY_MISSING] = "why-missing",
    [FA_REASON_BITS_DIFFER] = "bits-differ",
    [FA_REASON_BITS_MISSING] = "bits-missing",
    [FA_REASON_NOT_BUILT] = "not-built",
    [FA_REASON_TRACK_FORBIDS] = "track-forbids",
    [FA_REASON_NOT_WHAT_LIVE_RUNS] = "not-what-live-runs",
    [FA_REASON_FIX_LOST] = "fix-lost",
    [FA_REASON_FIXES_UNKNOWN] = "fixes-unknown",
    [FA_REASON_NEVER_RAN_HERE] = "never-ran-here",
    [FA_REASON_DEPLOYMENT_OPEN] = "deployment-open",
    [FA_REASON_NO_DEPLOYMENT_OPEN] = "no-deployment-open",
    [FA_REASON_MOVED] = "moved",
    [FA_REASON_IRREVERSIBLE] = "irreversible",
    [FA_REASON_MIGRATION_CHANGED] = "migration-changed",
    [FA_REASON_MIGRATION_LOST] = "migration-lost",
    [FA_REASON_BACKUP_MISSING] = "backup-missing",
    [FA_REASON_RETIRED] = "retired",
    [FA_REASON_STEP_OUT_OF_TURN] = "step-out-of-turn",
    [FA_REASON_NOTE_MISSING] = "note-missing",
    [FA_REASON_NOTE_OPEN] = "note-open",
    [FA_REASON_ROLE_MISSING] = "role-missing",
};

const char *
fa_reason_code_to_string(FaReasonCode code)
{
    return code_names[code];
}

bool
fa_reason_code_from_string(const char *text, FaReasonCode *ret_code)
{
    for (size_t i = 0; i < G_N_ELEMENTS(code_names); i++) {
        if (g_str_equal(code_names[i], text)) {
            *ret_code = (FaReasonCode)i;
            return true;
        }
    }
    return false;
}

static void
free_reason(gpointer data)
{
    FaReason *reason = data;
    g_free(reason->subject);
    g_free(reason->detail);
    g_free(reason);
}

GPtrArray *
fa_reasons_new(void)
{
    return g_ptr_array_new_with_free_func(free_reason);
}

void
fa_reasons_add(GPtrArray *reasons, FaReasonCode code, const char *subject, const char *detail)
{
    FaReason *reason = g_new0(FaReason, 1);
    reason->code = code;
    reason->subject = g_strdup(subject);
    reason->detail = g_strdup(detail);
    g_ptr_array_add(reasons, reason);
}

bool
fa_reasons_has(const GPtrArray *reasons, FaReasonCode code, const char *subject)
{
    for (guint i = 0; i < reasons->len; i++) {
        const FaReason *reason = g_ptr_array_index(reasons, i);
        if (reason->code == code && (subject == NULL || g_str_equal(reason->subject, subject)))
            return true;
    }
    return false;
}

FaDecision *
fa_decision_new(void)
{
    FaDecision *decision = g_new0(FaDecision, 1);
    decision->reasons = fa_reasons_new();
    decision->events = g_array_new(FALSE, TRUE, sizeof(FaEvent));
    decision->texts = g_string_chunk_new(1024);
    return decision;
}

void
fa_decision_free(FaDecision *decision)
{
    if (decision == NULL)
        return;
    g_ptr_array_unref(decision->reasons);
    g_array_unref(decision->events);
    g_string_chunk_free(decision->texts);
    g_free(decision);
}

bool
fa_decision_is_refused(const FaDecision *decision)
{
    return decision->reasons->len > 0;
}

void
fa_decision_add_event(FaDecision *decision, const FaAsker *asker, FaEventKind kind,
                      const char *subject, JsonObject *payload)
{
    g_autoptr(JsonNode) node = json_node_alloc();
    json_node_init_object(node, payload);
    json_object_unref(payload);
    g_autofree char *text = fa_json_to_canonical(node);
    FaEvent event = {
        .time = asker->now,
        .actor = g_string_chunk_insert(decision->texts, asker->actor),
        .kind = fa_event_kind_to_string(kind),
        .version = fa_event_kind_get_version(kind),
        .subject = g_string_chunk_insert(decision->texts, subject),
        .payload = g_string_chunk_insert(decision->texts, text),
    };
    g_array_append_val(decision->events, event);
}
