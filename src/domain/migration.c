#include "domain/migration.h"

#include <string.h>

static const char *const mode_names[] = {
    [FA_MIGRATION_ONLINE] = "online",
    [FA_MIGRATION_OFFLINE] = "offline",
};

const char *
fa_migration_mode_to_string(FaMigrationMode mode)
{
    return mode_names[mode];
}

bool
fa_migration_mode_from_string(const char *text, FaMigrationMode *ret_mode)
{
    for (size_t i = 0; i < G_N_ELEMENTS(mode_names); i++) {
        if (strcmp(mode_names[i], text) == 0) {
            *ret_mode = (FaMigrationMode)i;
            return true;
        }
    }
    return false;
}

FaMigration *
fa_migration_new(const char *component, const char *name, FaMigrationMode mode, bool is_reversible)
{
    FaMigration *migration = g_new0(FaMigration, 1);
    migration->component = g_strdup(component);
    migration->name = g_strdup(name);
    migration->mode = mode;
    migration->is_reversible = is_reversible;
    return migration;
}

void
fa_migration_free(FaMigration *migration)
{
    if (migration == NULL)
        return;
    g_free(migration->component);
    g_free(migration->name);
    g_free(migration);
}

static void
free_step(gpointer data)
{
    FaMigrationStep *step = data;
    fa_migration_free(step->migration);
    g_free(step);
}

void
fa_migration_plan_free(FaMigrationPlan *plan)
{
    if (plan == NULL)
        return;
    g_ptr_array_unref(plan->steps);
    g_ptr_array_unref(plan->reasons);
    g_free(plan);
}

bool
fa_migration_plan_has(const FaMigrationPlan *plan, FaMigrationPhase phase)
{
    for (guint i = 0; i < plan->steps->len; i++) {
        const FaMigrationStep *step = g_ptr_array_index(plan->steps, i);
        if (step->phase == phase)
            return true;
    }
    return false;
}

/* (transfer none) (nullable) */
static const FaMigration *
find(const GPtrArray *list, const FaMigration *wanted)
{
    for (guint i = 0; i < list->len; i++) {
        const FaMigration *migration = g_ptr_array_index(list, i);
        if (strcmp(migration->component, wanted->component) == 0 &&
            strcmp(migration->name, wanted->name) == 0)
            return migration;
    }
    return NULL;
}

static FaMigrationWay
way_of(const FaMigration *migration, const FaMigrationAnswer *answers, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(answers[i].component, migration->component) == 0 &&
            strcmp(answers[i].name, migration->name) == 0)
            return answers[i].way;
    }
    return FA_MIGRATION_REFUSE;
}

static void
add_step(FaMigrationPlan *plan, const FaMigration *migration, FaMigrationPhase phase, bool is_down)
{
    FaMigrationStep *step = g_new0(FaMigrationStep, 1);
    step->migration = fa_migration_new(migration->component, migration->name, migration->mode,
                                       migration->is_reversible);
    step->phase = phase;
    step->is_down = is_down;
    g_ptr_array_add(plan->steps, step);
}

static void
add_down(FaMigrationPlan *plan, const FaMigration *migration, FaMigrationWay way)
{
    FaMigrationPhase phase =
        migration->mode == FA_MIGRATION_ONLINE ? FA_MIGRATION_AFTER : FA_MIGRATION_CLOSED;
    if (migration->is_reversible) {
        add_step(plan, migration, phase, true);
        return;
    }
    switch (way) {
    case FA_MIGRATION_REFUSE: {
        g_autofree char *subject = g_strconcat(migration->component, "/", migration->name, NULL);
        fa_reasons_add(plan->reasons, FA_REASON_IRREVERSIBLE, subject, NULL);
        break;
    }
    case FA_MIGRATION_KEEP:
        break;
    case FA_MIGRATION_RESTORE: {
        /* A backup is put back while nobody writes. */
        add_step(plan, migration, FA_MIGRATION_CLOSED, true);
        FaMigrationStep *step = g_ptr_array_index(plan->steps, plan->steps->len - 1);
        step->is_restore = true;
        break;
    }
    }
}

/* In the order of the phases, and within one as they are: g_ptr_array_sort() would not keep that. */
static void
sort_phases(FaMigrationPlan *plan)
{
    GPtrArray *sorted = g_ptr_array_new_with_free_func(free_step);
    for (FaMigrationPhase phase = FA_MIGRATION_BEFORE; phase <= FA_MIGRATION_AFTER; phase++) {
        for (guint i = 0; i < plan->steps->len; i++) {
            FaMigrationStep *step = g_ptr_array_index(plan->steps, i);
            if (step->phase == phase)
                g_ptr_array_add(sorted, step);
        }
    }
    g_ptr_array_set_free_func(plan->steps, NULL);
    g_ptr_array_unref(plan->steps);
    plan->steps = sorted;
}

FaMigrationPlan *
fa_migration_plan(const GPtrArray *executed, const GPtrArray *wanted,
                  const FaMigrationAnswer *answers, size_t answer_count)
{
    FaMigrationPlan *plan = g_new0(FaMigrationPlan, 1);
    plan->steps = g_ptr_array_new_with_free_func(free_step);
    plan->reasons = fa_reasons_new();
    for (guint i = executed->len; i > 0; i--) {
        const FaMigration *migration = g_ptr_array_index(executed, i - 1);
        if (find(wanted, migration) == NULL)
            add_down(plan, migration, way_of(migration, answers, answer_count));
    }
    for (guint i = 0; i < wanted->len; i++) {
        const FaMigration *migration = g_ptr_array_index(wanted, i);
        const FaMigration *before = find(executed, migration);
        if (before == NULL || before->is_partial)
            add_step(plan, migration,
                     migration->mode == FA_MIGRATION_ONLINE ? FA_MIGRATION_BEFORE
                                                            : FA_MIGRATION_CLOSED,
                     false);
    }
    sort_phases(plan);
    return plan;
}

FaDecision *
fa_migration_decide_ran(const char *environment, const char *deployment,
                        const FaMigration *migration, bool is_down, bool is_done, const char *note,
                        int64_t took_ms, const FaAsker *asker)
{
    FaDecision *decision = fa_decision_new();
    JsonObject *payload = json_object_new();
    if (deployment != NULL)
        json_object_set_string_member(payload, "id", deployment);
    json_object_set_string_member(payload, "component", migration->component);
    json_object_set_string_member(payload, "migration", migration->name);
    json_object_set_string_member(payload, "direction", is_down ? "down" : "up");
    json_object_set_string_member(payload, "mode", mode_names[migration->mode]);
    json_object_set_boolean_member(payload, "reversible", migration->is_reversible);
    if (note != NULL)
        json_object_set_string_member(payload, "note", note);
    json_object_set_string_member(payload, "outcome", is_done ? "done" : "failed");
    json_object_set_int_member(payload, "took-ms", took_ms);
    fa_decision_add_event(decision, asker, FA_EVENT_MIGRATION_RAN, environment, payload);
    return decision;
}
