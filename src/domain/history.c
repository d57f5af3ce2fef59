#include "domain/history.h"

#include <string.h>

#include "domain/release.h"

struct FaHistory {
    char *environment;
    GPtrArray *rows; /* of FaHistoryRow */
    GPtrArray *
        stack; /* of borrowed FaHistoryRow: what ran, without what was come back from; the last one runs */
};

static const char *const kind_names[] = {
    [FA_HISTORY_UP] = "up",           [FA_HISTORY_DOWN] = "down",
    [FA_HISTORY_DEPLOY] = "deploy",   [FA_HISTORY_ROLLBACK] = "rollback",
    [FA_HISTORY_REFRESH] = "refresh", [FA_HISTORY_BROKEN] = "broken",
};

const char *
fa_history_kind_to_string(FaHistoryKind kind)
{
    return kind_names[kind];
}

bool
fa_history_kind_from_string(const char *text, FaHistoryKind *ret_kind)
{
    for (size_t i = 0; i < G_N_ELEMENTS(kind_names); i++) {
        if (strcmp(kind_names[i], text) == 0) {
            *ret_kind = (FaHistoryKind)i;
            return true;
        }
    }
    return false;
}

static void
free_row(gpointer data)
{
    FaHistoryRow *row = data;
    g_free(row->id);
    g_free(row->release);
    g_free(row->from);
    g_free(row->build);
    g_free(row->slot);
    g_free(row->bits);
    g_free(row->by);
    g_free(row->why);
    g_free(row->step);
    g_free(row->reason);
    g_ptr_array_unref(row->migrations);
    g_free(row);
}

FaHistory *
fa_history_new(const char *environment)
{
    FaHistory *history = g_new0(FaHistory, 1);
    history->environment = g_strdup(environment);
    history->rows = g_ptr_array_new_with_free_func(free_row);
    history->stack = g_ptr_array_new();
    return history;
}

void
fa_history_free(FaHistory *history)
{
    if (history == NULL)
        return;
    g_free(history->environment);
    g_ptr_array_unref(history->rows);
    g_ptr_array_unref(history->stack);
    g_free(history);
}

const GPtrArray *
fa_history_rows(const FaHistory *history)
{
    return history->rows;
}

const char *
fa_history_environment(const FaHistory *history)
{
    return history->environment;
}

static FaHistoryRow *
add_row(FaHistory *history, FaHistoryKind kind, const FaEvent *event)
{
    FaHistoryRow *row = g_new0(FaHistoryRow, 1);
    row->kind = kind;
    row->position = event->position;
    row->by = g_strdup(event->actor);
    row->begun_at = event->time;
    row->migrations = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(history->rows, row);
    return row;
}

static const FaHistoryRow *
top_of(const FaHistory *history)
{
    return history->stack->len > 0 ? g_ptr_array_index(history->stack, history->stack->len - 1)
                                   : NULL;
}

static char *
dup_member(JsonObject *payload, const char *member)
{
    return g_strdup(fa_json_get_string(payload, member));
}

/* @row serves now. One that goes back takes what came after its release with it; the same release again replaces itself. */
static void
push(FaHistory *history, FaHistoryRow *row)
{
    guint keep = history->stack->len;
    if (row->kind == FA_HISTORY_ROLLBACK) {
        for (guint i = history->stack->len; i > 0; i--) {
            const FaHistoryRow *older = g_ptr_array_index(history->stack, i - 1);
            if (g_strcmp0(older->release, row->release) == 0) {
                keep = i - 1;
                break;
            }
        }
    } else if (top_of(history) != NULL && g_strcmp0(top_of(history)->release, row->release) == 0) {
        keep--;
    }
    g_ptr_array_set_size(history->stack, (int)keep);
    g_ptr_array_add(history->stack, row);
}

static void
apply_up(FaHistory *history, const FaEvent *event, JsonObject *payload)
{
    const FaHistoryRow *before = top_of(history);
    FaHistoryRow *row = add_row(history, FA_HISTORY_UP, event);
    row->build = dup_member(payload, "build");
    row->from = g_strdup(before != NULL ? before->release : NULL);
    row->switched_at = row->ended_at = event->time;
    row->is_over = true;
    /* A build of a release that was only started again is no snapshot. */
    if (before != NULL && g_strcmp0(before->build, row->build) == 0) {
        row->release = g_strdup(before->release);
        return;
    }
    row->release = g_strdup(FA_RELEASE_TRUNK);
    push(history, row);
}

static void
apply_down(FaHistory *history, const FaEvent *event, JsonObject *payload)
{
    FaHistoryRow *row = add_row(history, FA_HISTORY_DOWN, event);
    row->build = dup_member(payload, "build");
    row->ended_at = event->time;
    row->is_over = true;
}

static void
apply_broken(FaHistory *history, const FaEvent *event, JsonObject *payload)
{
    FaHistoryRow *row = add_row(history, FA_HISTORY_BROKEN, event);
    row->step = dup_member(payload, "what");
    row->reason = dup_member(payload, "reason");
    row->outcome = FA_DEPLOY_OUTCOME_FAILED;
    row->ended_at = event->time;
    row->is_over = true;
}

static void
apply_begun(FaHistory *history, const FaEvent *event, JsonObject *payload)
{
    static const FaHistoryKind kinds[] = {
        [FA_DEPLOY_DEPLOY] = FA_HISTORY_DEPLOY,
        [FA_DEPLOY_ROLLBACK] = FA_HISTORY_ROLLBACK,
        [FA_DEPLOY_REFRESH] = FA_HISTORY_REFRESH,
    };
    const char *text = fa_json_get_string(payload, "deploy-kind");
    FaDeployKind kind = FA_DEPLOY_DEPLOY;
    if (text != NULL)
        fa_deploy_kind_from_string(text, &kind);
    FaHistoryRow *row = add_row(history, kinds[kind], event);
    row->id = dup_member(payload, "id");
    row->release = dup_member(payload, "release");
    row->from = dup_member(payload, "from");
    row->why = dup_member(payload, "why");
}

/* (nullable) The deployment that @payload belongs to: nearly always the last row. */
static FaHistoryRow *
find_row(const FaHistory *history, JsonObject *payload)
{
    const char *id = fa_json_get_string(payload, "id");
    for (guint i = history->rows->len; id != NULL && i > 0; i--) {
        FaHistoryRow *row = g_ptr_array_index(history->rows, i - 1);
        if (g_strcmp0(row->id, id) == 0)
            return row;
    }
    return NULL;
}

static void
apply_switched(FaHistory *history, const FaEvent *event, JsonObject *payload)
{
    FaHistoryRow *row = find_row(history, payload);
    const char *build = fa_json_get_string(payload, "build");
    if (row == NULL || row->is_over)
        return;
    if (row->build != NULL) {
        row->is_back = g_strcmp0(row->build, build) != 0;
        return;
    }
    row->build = dup_member(payload, "build");
    row->slot = dup_member(payload, "slot");
    row->bits = dup_member(payload, "bits");
    row->switched_at = event->time;
}

static void
apply_ended(FaHistory *history, const FaEvent *event, JsonObject *payload)
{
    FaHistoryRow *row = find_row(history, payload);
    const char *outcome = fa_json_get_string(payload, "outcome");
    if (row == NULL || row->is_over)
        return;
    row->is_over = true;
    row->ended_at = event->time;
    row->step = dup_member(payload, "step");
    row->reason = dup_member(payload, "reason");
    if (outcome != NULL)
        fa_deploy_outcome_from_string(outcome, &row->outcome);
    /* One that failed after the switch and had no way back runs, too; of one that went back, the last switch says so. */
    if (row->build != NULL && !row->is_back)
        push(history, row);
}

static void
apply_migration(FaHistory *history, const FaEvent *event, JsonObject *payload)
{
    FaHistoryRow *row = find_row(history, payload);
    if (row == NULL)
        return;
    bool is_done = g_strcmp0(fa_json_get_string(payload, "outcome"), "done") == 0;
    bool is_up = g_strcmp0(fa_json_get_string(payload, "direction"), "up") == 0;
    const char *component = fa_json_get_string(payload, "component");
    const char *name = fa_json_get_string(payload, "migration");
    g_ptr_array_add(row->migrations,
                    g_strdup_printf("%c%s/%s",
                                    !is_done ? '!'
                                    : is_up  ? '+'
                                             : '-',
                                    component != NULL ? component : "", name != NULL ? name : ""));
}

static const struct {
    FaEventKind kind;
    void (*apply)(FaHistory *history, const FaEvent *event, JsonObject *payload);
} appliers[] = {
    {FA_EVENT_ENVIRONMENT_UP, apply_up},         {FA_EVENT_ENVIRONMENT_DOWN, apply_down},
    {FA_EVENT_ENVIRONMENT_BROKEN, apply_broken}, {FA_EVENT_DEPLOY_BEGUN, apply_begun},
    {FA_EVENT_DEPLOY_SWITCHED, apply_switched},  {FA_EVENT_DEPLOY_ENDED, apply_ended},
    {FA_EVENT_MIGRATION_RAN, apply_migration},
};

void
fa_history_apply(FaHistory *history, const FaEvent *event)
{
    FaEventKind kind;
    if (strcmp(event->subject, history->environment) != 0 ||
        !fa_event_kind_from_string(event->kind, &kind))
        return;
    for (size_t i = 0; i < G_N_ELEMENTS(appliers); i++) {
        if (appliers[i].kind != kind)
            continue;
        g_autoptr(JsonNode) node = fa_json_from_text(event->payload, -1, NULL);
        if (node != NULL && JSON_NODE_HOLDS_OBJECT(node))
            appliers[i].apply(history, event, json_node_get_object(node));
    }
}

const FaHistoryRow *
fa_history_find_target(const FaHistory *history, const char *to)
{
    const GPtrArray *stack = history->stack;
    if (to == NULL)
        return stack->len > 1 ? g_ptr_array_index(stack, stack->len - 2) : NULL;
    for (guint i = history->rows->len; i > 0; i--) {
        const FaHistoryRow *row = g_ptr_array_index(history->rows, i - 1);
        if (row->build != NULL && row->kind != FA_HISTORY_DOWN && g_strcmp0(row->release, to) == 0)
            return row;
    }
    return NULL;
}
