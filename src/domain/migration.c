#include "domain/migration.h"

#include <string.h>

#include "base/text.h"

static const char *const mode_names[] = {
    [FA_MIGRATION_ONLINE] = "online",
    [FA_MIGRATION_OFFLINE] = "offline",
};

static const char *const phase_names[] = {
    [FA_MIGRATION_BEFORE] = "before",
    [FA_MIGRATION_CLOSED] = "closed",
    [FA_MIGRATION_AFTER] = "after",
};

const char *
fa_migration_phase_to_string(FaMigrationPhase phase)
{
    return phase_names[phase];
}

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
    g_free(migration->summary);
    g_free(migration->digest);
    g_free(migration->release);
    g_free(migration->deployment);
    g_free(migration);
}

FaMigration *
fa_migration_copy(const FaMigration *migration)
{
    FaMigration *copy = fa_migration_new(migration->component, migration->name, migration->mode,
                                         migration->is_reversible);
    copy->is_partial = migration->is_partial;
    copy->summary = g_strdup(migration->summary);
    copy->digest = g_strdup(migration->digest);
    copy->release = g_strdup(migration->release);
    copy->deployment = g_strdup(migration->deployment);
    return copy;
}

GPtrArray *
fa_migrations_copy(const GPtrArray *list)
{
    GPtrArray *copy =
        g_ptr_array_new_full(list->len, (GDestroyNotify)(void (*)(void))fa_migration_free);
    for (guint i = 0; i < list->len; i++)
        g_ptr_array_add(copy, fa_migration_copy(g_ptr_array_index(list, i)));
    return copy;
}

FaMigration *
fa_migrations_find(const GPtrArray *list, const char *component, const char *name)
{
    for (guint i = 0; i < list->len; i++) {
        FaMigration *migration = g_ptr_array_index(list, i);
        if (strcmp(migration->component, component) == 0 && strcmp(migration->name, name) == 0)
            return migration;
    }
    return NULL;
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

static FaMigrationWay
way_of_word(const char *word)
{
    if (strcmp(word, "keep") == 0)
        return FA_MIGRATION_KEEP;
    return strcmp(word, "restore") == 0 ? FA_MIGRATION_RESTORE : FA_MIGRATION_REFUSE;
}

bool
fa_migration_answer_is_valid(const char *answer)
{
    const char *slash = strchr(answer, '/');
    const char *equals = slash != NULL ? strchr(slash, '=') : NULL;
    return equals != NULL && slash > answer && equals > slash + 1 &&
           way_of_word(equals + 1) != FA_MIGRATION_REFUSE;
}

FaMigrationWay
fa_migration_answers_find(const char *const *answers, const FaMigration *migration)
{
    g_autofree char *key = g_strconcat(migration->component, "/", migration->name, "=", NULL);
    FaMigrationWay way = FA_MIGRATION_REFUSE;
    for (; answers != NULL && *answers != NULL; answers++) {
        if (g_str_has_prefix(*answers, key))
            way = way_of_word(*answers + strlen(key));
    }
    return way;
}

static FaMigrationStep *
add_step(FaMigrationPlan *plan, const FaMigration *migration, FaMigrationPhase phase, bool is_down)
{
    FaMigrationStep *step = g_new0(FaMigrationStep, 1);
    step->migration = fa_migration_copy(migration);
    step->phase = phase;
    step->is_down = is_down;
    g_ptr_array_add(plan->steps, step);
    return step;
}

static void
add_reason(FaMigrationPlan *plan, const FaMigration *migration, FaReasonCode code)
{
    g_autofree char *subject = g_strconcat(migration->component, "/", migration->name, NULL);
    fa_reasons_add(plan->reasons, code, subject, migration->release);
}

/* A backup is put back while nobody writes. */
static void
add_restore(FaMigrationPlan *plan, const FaMigration *migration, bool is_covered)
{
    FaMigrationStep *step = add_step(plan, migration, FA_MIGRATION_CLOSED, true);
    step->is_restore = true;
    step->is_covered = is_covered;
}

static void
add_down(FaMigrationPlan *plan, const FaMigration *migration, FaMigrationWay way)
{
    FaMigrationPhase phase =
        migration->mode == FA_MIGRATION_ONLINE ? FA_MIGRATION_AFTER : FA_MIGRATION_CLOSED;
    if (migration->is_reversible && way != FA_MIGRATION_KEEP) {
        add_step(plan, migration, phase, true);
        return;
    }
    switch (way) {
    case FA_MIGRATION_REFUSE:
        add_reason(plan, migration, FA_REASON_IRREVERSIBLE);
        break;
    case FA_MIGRATION_KEEP:
        break;
    case FA_MIGRATION_RESTORE:
        add_restore(plan, migration, false);
        break;
    }
}

/* Is one of the component, run before the one at @index, to be undone by a backup? That undoes this one, too. */
static bool
is_covered(const GPtrArray *executed, guint index, const GPtrArray *wanted,
           const char *const *answers)
{
    const FaMigration *migration = g_ptr_array_index(executed, index);
    for (guint i = 0; i < index; i++) {
        const FaMigration *older = g_ptr_array_index(executed, i);
        if (strcmp(older->component, migration->component) == 0 && !older->is_reversible &&
            fa_migrations_find(wanted, older->component, older->name) == NULL &&
            fa_migration_answers_find(answers, older) == FA_MIGRATION_RESTORE)
            return true;
    }
    return false;
}

static void
plan_down(FaMigrationPlan *plan, const GPtrArray *executed, guint index, const GPtrArray *wanted,
          const char *const *answers)
{
    const FaMigration *migration = g_ptr_array_index(executed, index);
    bool is_wanted = fa_migrations_find(wanted, migration->component, migration->name) != NULL;
    if (is_covered(executed, index, wanted, answers))
        add_restore(plan, migration, true);
    else if (!is_wanted)
        add_down(plan, migration, fa_migration_answers_find(answers, migration));
}

static bool
is_late(const GPtrArray *executed, const FaMigration *migration)
{
    for (guint i = 0; i < executed->len; i++) {
        const FaMigration *other = g_ptr_array_index(executed, i);
        if (strcmp(other->component, migration->component) == 0 &&
            fa_text_compare_versions(other->name, migration->name) > 0)
            return true;
    }
    return false;
}

static void
plan_up(FaMigrationPlan *plan, const GPtrArray *executed, const FaMigration *migration,
        const char *const *answers)
{
    const FaMigration *before = fa_migrations_find(executed, migration->component, migration->name);
    bool is_undone = false;
    for (guint i = 0; i < plan->steps->len && before != NULL; i++) {
        const FaMigrationStep *step = g_ptr_array_index(plan->steps, i);
        is_undone =
            is_undone || (step->is_down && strcmp(step->migration->name, migration->name) == 0 &&
                          strcmp(step->migration->component, migration->component) == 0);
    }
    if (before == NULL || before->is_partial || is_undone) {
        FaMigrationStep *step =
            add_step(plan, migration,
                     migration->mode == FA_MIGRATION_ONLINE && !is_undone ? FA_MIGRATION_BEFORE
                                                                          : FA_MIGRATION_CLOSED,
                     false);
        step->is_late = before == NULL && is_late(executed, migration);
    } else if (before->digest != NULL && migration->digest != NULL &&
               strcmp(before->digest, migration->digest) != 0 &&
               fa_migration_answers_find(answers, migration) != FA_MIGRATION_KEEP) {
        add_reason(plan, before, FA_REASON_MIGRATION_CHANGED);
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
fa_migration_plan(const GPtrArray *executed, const GPtrArray *wanted, const char *const *answers)
{
    FaMigrationPlan *plan = g_new0(FaMigrationPlan, 1);
    plan->steps = g_ptr_array_new_with_free_func(free_step);
    plan->reasons = fa_reasons_new();
    for (guint i = executed->len; i > 0; i--)
        plan_down(plan, executed, i - 1, wanted, answers);
    for (guint i = 0; i < wanted->len; i++)
        plan_up(plan, executed, g_ptr_array_index(wanted, i), answers);
    sort_phases(plan);
    return plan;
}

void
fa_migration_plan_close(FaMigrationPlan *plan)
{
    for (guint i = 0; i < plan->steps->len; i++)
        ((FaMigrationStep *)g_ptr_array_index(plan->steps, i))->phase = FA_MIGRATION_CLOSED;
}

static bool
migrates_closed(const FaMigrationPlan *plan, const char *component)
{
    for (guint i = 0; i < plan->steps->len; i++) {
        const FaMigrationStep *step = g_ptr_array_index(plan->steps, i);
        if (step->phase == FA_MIGRATION_CLOSED &&
            strcmp(step->migration->component, component) == 0)
            return true;
    }
    return false;
}

/* Does a process of it come after one of @other? */
static bool
needs(const FaRecipe *recipe, const char *other)
{
    g_autofree char *prefix = g_strconcat(other, ":", NULL);
    for (guint i = 0; i < recipe->processes->len; i++) {
        const FaProcess *process = g_ptr_array_index(recipe->processes, i);
        for (guint k = 0; k < process->after->len; k++) {
            const char *name = g_ptr_array_index(process->after, k);
            if (g_str_has_prefix(name, prefix) || strcmp(name, other) == 0)
                return true;
        }
    }
    return false;
}

GHashTable *
fa_migration_plan_list_closed(const FaMigrationPlan *plan, const FaProduct *product)
{
    GHashTable *set = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    guint before;
    for (guint i = 0; i < product->components->len; i++) {
        const FaRecipe *recipe = g_ptr_array_index(product->components, i);
        if (migrates_closed(plan, recipe->name))
            g_hash_table_add(set, g_strdup(recipe->name));
    }
    do {
        before = g_hash_table_size(set);
        for (guint i = 0; i < product->components->len; i++) {
            const FaRecipe *recipe = g_ptr_array_index(product->components, i);
            for (guint k = 0; k < product->components->len; k++) {
                const FaRecipe *other = g_ptr_array_index(product->components, k);
                if (other != recipe && g_hash_table_contains(set, other->name) &&
                    !g_hash_table_contains(set, recipe->name) && needs(recipe, other->name))
                    g_hash_table_add(set, g_strdup(recipe->name));
            }
        }
    } while (g_hash_table_size(set) > before);
    return set;
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
    if (migration->digest != NULL)
        json_object_set_string_member(payload, "digest", migration->digest);
    if (migration->release != NULL)
        json_object_set_string_member(payload, "release", migration->release);
    json_object_set_string_member(payload, "outcome", is_done ? "done" : "failed");
    json_object_set_int_member(payload, "took-ms", took_ms);
    fa_decision_add_event(decision, asker, FA_EVENT_MIGRATION_RAN, environment, payload);
    return decision;
}
