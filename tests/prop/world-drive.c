#include <string.h>

#include "world.h"

#define KILLED 1 /* percent, before each thing that is done or said */

static bool
is_killed(World *world)
{
    bool is_dead = world_chance(world, KILLED);
    world->counts[COUNT_KILLS] += is_dead;
    return is_dead;
}

static const FaStanding *
standing_of(World *world, const Disk *disk)
{
    return fa_running_find(world->running, disk->environment);
}

static void
set(char **text, const char *value)
{
    char *copy = g_strdup(value);
    g_free(*text);
    *text = copy;
}

static bool
is_recorded(World *world, const Disk *disk, const FaMigration *wanted)
{
    const GPtrArray *executed = standing_of(world, disk)->executed;
    for (guint i = 0; i < executed->len; i++) {
        const FaMigration *migration = g_ptr_array_index(executed, i);
        if (strcmp(migration->component, wanted->component) == 0 &&
            strcmp(migration->name, wanted->name) == 0)
            return !migration->is_partial;
    }
    return false;
}

/*
 * Done and then written down, or done again when somebody was killed in between: that is why what was not written down is
 * undone, too. False: killed.
 */
static bool
migrate(World *world, Disk *disk, const FaMigration *migration, bool is_down, bool is_undoing)
{
    const FaDeployment *open = standing_of(world, disk)->open;
    bool is_said = is_recorded(world, disk, migration) != is_down;
    if (is_said && !is_undoing)
        return true;
    if (is_killed(world))
        return false;
    g_autofree char *key = g_strconcat(migration->component, "/", migration->name, NULL);
    if (is_down)
        g_hash_table_remove(disk->schema, key);
    else
        g_hash_table_add(disk->schema, g_strdup(key));
    world_check_serving(world, disk);
    if (is_killed(world))
        return false;
    if (is_said)
        return true;
    FaMigration told = *migration;
    told.is_reversible = told.is_reversible || world->mutant == MUTANT_BRIDGES;
    world_append(world, fa_migration_decide_ran(disk->environment, open->id, &told, is_down, true,
                                                NULL, 1, &world->asker));
    return true;
}

static bool
run_phase(World *world, Disk *disk, FaMigrationPhase phase)
{
    const GPtrArray *steps = disk->plan->migrations->steps;
    for (guint i = 0; i < steps->len; i++) {
        const FaMigrationStep *step = g_ptr_array_index(steps, i);
        if (step->phase == phase && !migrate(world, disk, step->migration, step->is_down, false))
            return false;
    }
    return true;
}

/* Of what was being done when it ended, nobody knows how far it came; when it cannot be undone, that matters. */
static void
tell_partial(World *world, Disk *disk, FaMigrationPhase phase)
{
    const FaDeployment *open = standing_of(world, disk)->open;
    const GPtrArray *steps = disk->plan->migrations->steps;
    for (guint i = 0; i < steps->len; i++) {
        const FaMigrationStep *step = g_ptr_array_index(steps, i);
        if (step->phase != phase || is_recorded(world, disk, step->migration))
            continue;
        if (!step->migration->is_reversible)
            world_append(world,
                         fa_migration_decide_ran(disk->environment, open->id, step->migration,
                                                 false, false, NULL, 1, &world->asker));
        return;
    }
}

/* The other way round. What cannot be undone comes from the backup while nobody serves, else it stays. */
static bool
undo_phase(World *world, Disk *disk, FaMigrationPhase phase)
{
    const FaDeployment *open = standing_of(world, disk)->open;
    const GPtrArray *steps = disk->plan->migrations->steps;
    if (phase == FA_MIGRATION_BEFORE)
        tell_partial(world, disk, phase);
    for (guint i = steps->len; i > 0; i--) {
        const FaMigrationStep *step = g_ptr_array_index(steps, i - 1);
        if (step->phase != phase)
            continue;
        if (!step->migration->is_reversible && phase == FA_MIGRATION_BEFORE) {
            g_hash_table_add(disk->kept, g_strconcat(step->migration->component, "/",
                                                     step->migration->name, NULL));
            continue;
        }
        if (!step->migration->is_reversible && open->was_switched)
            world_violate(world, "P10 nothing that users wrote is lost", step->migration->name);
        if (!migrate(world, disk, step->migration, !step->is_down, true))
            return false;
    }
    return true;
}

/* P10: what is gone back past was undone, or somebody said that it may stay. */
static void
check_switch(World *world, const Disk *disk)
{
    const Content *content = world_content(world, disk->plan->release);
    GHashTableIter iter;
    gpointer key;
    if (!disk->is_idle_running || !disk->is_checked)
        world_violate(world, "P20 what failed its checks never serves", disk->plan->release);
    g_hash_table_iter_init(&iter, disk->schema);
    while (g_hash_table_iter_next(&iter, &key, NULL)) {
        const FaMigration *migration = g_hash_table_lookup(world->migrations, key);
        bool is_wanted = false;
        for (guint i = 0; i < content->migrations->len; i++) {
            const FaMigration *other = g_ptr_array_index(content->migrations, i);
            is_wanted = is_wanted || (strcmp(other->component, migration->component) == 0 &&
                                      strcmp(other->name, migration->name) == 0);
        }
        if (!migration->is_reversible && !is_wanted &&
            !g_hash_table_contains(disk->plan->keep, key))
            world_violate(world, "P10 nobody goes back past what cannot be undone", key);
    }
}

static void
serve(World *world, Disk *disk, const char *release, const char *build, const char *bits)
{
    set(&disk->release, release);
    set(&disk->build, build);
    set(&disk->bits, bits);
    if (release != NULL)
        g_hash_table_add(disk->ran, g_strdup(release));
}

static void
switch_forth(World *world, Disk *disk)
{
    GHashTableIter iter;
    gpointer key;
    check_switch(world, disk);
    g_hash_table_iter_init(&iter, disk->plan->keep);
    while (g_hash_table_iter_next(&iter, &key, NULL))
        g_hash_table_add(disk->kept, g_strdup(key));
    serve(world, disk, disk->plan->release, disk->plan->build, disk->plan->bits);
}

/* Every step can be done twice. False: killed within it. */
static bool
do_step(World *world, Disk *disk, FaDeployStep step)
{
    switch (step) {
    case FA_DEPLOY_STEP_MIGRATE_ONLINE:
        return run_phase(world, disk, FA_MIGRATION_BEFORE);
    case FA_DEPLOY_STEP_START:
        disk->is_idle_running = true;
        return true;
    case FA_DEPLOY_STEP_CHECK:
        disk->is_checked = disk->is_idle_running;
        return true;
    case FA_DEPLOY_STEP_MAINTENANCE_ON:
        disk->is_maintenance = fa_migration_plan_has(disk->plan->migrations, FA_MIGRATION_CLOSED);
        return true;
    case FA_DEPLOY_STEP_MIGRATE_OFFLINE:
        return run_phase(world, disk, FA_MIGRATION_CLOSED);
    case FA_DEPLOY_STEP_SWITCH:
        switch_forth(world, disk);
        return true;
    case FA_DEPLOY_STEP_MAINTENANCE_OFF:
        disk->is_maintenance = false;
        return true;
    case FA_DEPLOY_STEP_STOP:
        disk->is_idle_running = false; /* the idle one is the old one now */
        return true;
    case FA_DEPLOY_STEP_MIGRATE_BACK:
        return run_phase(world, disk, FA_MIGRATION_AFTER);
    case FA_DEPLOY_STEP_LOCK:
    case FA_DEPLOY_STEP_BUILD:
    case FA_DEPLOY_STEP_BACKUP:
    case FA_DEPLOY_STEP_RENDER:
    case FA_DEPLOY_STEP_SMOKE:
    case FA_DEPLOY_STEP_DRAIN:
    case FA_DEPLOY_STEP_WATCH:
        return true;
    }
    g_assert_not_reached();
}

static bool
undo_step(World *world, Disk *disk, FaDeployStep step)
{
    const Plan *plan = disk->plan;
    if (step == FA_DEPLOY_STEP_MIGRATE_ONLINE)
        return undo_phase(world, disk, FA_MIGRATION_BEFORE);
    if (step == FA_DEPLOY_STEP_MIGRATE_OFFLINE)
        return undo_phase(world, disk, FA_MIGRATION_CLOSED);
    if (step == FA_DEPLOY_STEP_START)
        disk->is_idle_running = false;
    if (step == FA_DEPLOY_STEP_MAINTENANCE_ON)
        disk->is_maintenance = false;
    if (step == FA_DEPLOY_STEP_MAINTENANCE_OFF)
        disk->is_maintenance = fa_migration_plan_has(plan->migrations, FA_MIGRATION_CLOSED);
    if (step == FA_DEPLOY_STEP_SWITCH)
        serve(world, disk, plan->before_release, *plan->made_from != '\0' ? plan->made_from : NULL,
              plan->before_bits);
    return true;
}

static void
say(World *world, Disk *disk, FaDeployStep step, FaDeployState state)
{
    if (!world_append(world,
                      fa_deployment_decide_step(standing_of(world, disk)->open, step, state,
                                                state == FA_DEPLOY_STATE_FAILED ? "it broke" : NULL,
                                                1, &world->asker)))
        world_violate(world, "P20 what is next may be said", fa_deploy_step_to_string(step));
}

static void
say_switched(World *world, Disk *disk, bool is_forth)
{
    const FaSwitched switched = {.release = disk->release,
                                 .from = is_forth ? disk->plan->before_release : NULL,
                                 .build = disk->build,
                                 .slot = "a",
                                 .bits = disk->bits};
    world_append(world, fa_deployment_decide_switched(standing_of(world, disk)->open, &switched,
                                                      &world->asker));
}

static bool
is_same_set(GHashTable *a, GHashTable *b, GHashTable *without)
{
    GHashTable *sets[] = {a, b};
    for (size_t i = 0; i < 2; i++) {
        GHashTableIter iter;
        gpointer key;
        g_hash_table_iter_init(&iter, sets[i]);
        while (g_hash_table_iter_next(&iter, &key, NULL)) {
            if (!g_hash_table_contains(sets[1 - i], key) && !g_hash_table_contains(without, key))
                return false;
        }
    }
    return true;
}

/* P18: what was migrated had a note, and what the release wants was migrated here. */
static void
check_notes(World *world, const Disk *disk, const Plan *plan)
{
    const Content *content = world_content(world, plan->release);
    const Content *before = world_content(world, plan->before_release);
    GHashTable *noted = world->noted;
    for (guint i = 0; plan->kind != FA_DEPLOY_ROLLBACK && i < content->migrations->len; i++) {
        const FaMigration *migration = g_ptr_array_index(content->migrations, i);
        g_autofree char *change = g_strconcat(migration->component, " ", migration->name, NULL);
        bool is_new = before == NULL || !g_hash_table_contains(before->changes, change);
        bool is_noted = false;
        GHashTableIter iter;
        gpointer note;
        g_hash_table_iter_init(&iter, noted);
        while (is_new && g_hash_table_iter_next(&iter, &note, NULL))
            is_noted =
                is_noted || (g_str_has_prefix(note, migration->component) &&
                             g_hash_table_contains(content->changes, note) &&
                             (before == NULL || !g_hash_table_contains(before->changes, note)));
        if (is_new && !is_noted)
            world_violate(world, "P18 a component that migrates has a note", change);
    }
}

static void
check_executed(World *world, const Disk *disk)
{
    const GPtrArray *executed = standing_of(world, disk)->executed;
    guint found = 0;
    for (guint i = 0; i < executed->len; i++) {
        const FaMigration *migration = g_ptr_array_index(executed, i);
        g_autofree char *key = g_strconcat(migration->component, "/", migration->name, NULL);
        bool is_there = g_hash_table_contains(disk->schema, key);
        found += is_there;
        if (!is_there && !migration->is_partial)
            world_violate(world, "P20 what was migrated is", key);
    }
    if (found != g_hash_table_size(disk->schema))
        world_violate(world, "P20 the ledger knows the migrations", disk->environment);
}

/* However it ended, one whole release serves, and the ledger knows which. */
static void
check_end(World *world, Disk *disk)
{
    const FaStanding *standing = standing_of(world, disk);
    const Plan *plan = disk->plan;
    bool is_new = g_strcmp0(disk->build, plan->build) == 0;
    bool is_done = standing->last.outcome == FA_DEPLOY_OUTCOME_DONE;
    const char *failed = standing->last.step != NULL ? standing->last.step : "";
    /* What nobody could stop or end is left, and told. */
    if ((disk->is_maintenance && !plan->was_maintenance &&
         (is_done || strcmp(failed, "maintenance-off") != 0)) ||
        (disk->is_idle_running && !plan->was_idle_running && plan->failing != FA_DEPLOY_STEP_STOP))
        world_violate(world, "P20 nothing is left of a deployment", standing->last.id);
    if (g_strcmp0(standing->build, disk->build) != 0 ||
        g_strcmp0(standing->release, disk->release) != 0 ||
        g_strcmp0(standing->bits, disk->bits) != 0)
        world_violate(world, "P20 the ledger knows what runs", disk->environment);
    check_executed(world, disk);
    if (is_done && !is_new)
        world_violate(world, "P20 what is done serves", plan->release);
    if (!is_new &&
        (g_strcmp0(disk->build, *plan->made_from != '\0' ? plan->made_from : NULL) != 0 ||
         !is_same_set(disk->schema, plan->before_schema, disk->kept)))
        world_violate(world, "P20 what is undone is as it was", plan->release);
    if (is_new)
        check_notes(world, disk, plan);
    world->counts[COUNT_AUTOMATIC] += standing->last.outcome == FA_DEPLOY_OUTCOME_ROLLED_BACK;
    g_clear_pointer(&disk->plan, plan_free);
}

/* One thing that is next. False: killed, or over. */
static bool
advance(World *world, Disk *disk, bool *is_resumed)
{
    const FaDeployment *open = standing_of(world, disk)->open;
    FaDeployNext next = fa_deployment_next(open);
    bool is_switch = next.step == FA_DEPLOY_STEP_SWITCH;
    if (next.act == FA_DEPLOY_ACT_END) {
        world_append(world, fa_deployment_decide_end(open, NULL, &world->asker));
        check_end(world, disk);
        return false;
    }
    if (next.act == FA_DEPLOY_ACT_UNDO) {
        if (!undo_step(world, disk, next.step) || is_killed(world))
            return false;
        if (is_switch && open->is_switched)
            say_switched(world, disk, false);
        else
            say(world, disk, next.step, FA_DEPLOY_STATE_UNDONE);
        return true;
    }
    if (open->states[next.step] == FA_DEPLOY_STATE_NONE) {
        say(world, disk, next.step, FA_DEPLOY_STATE_BEGUN);
        return true;
    }
    bool is_skipped = world->mutant == MUTANT_RESUME && *is_resumed && !is_switch;
    bool is_failing = disk->plan->failing == next.step && !(is_switch && open->is_switched);
    *is_resumed = false;
    if (is_failing && world->mutant != MUTANT_UNDO) {
        world->counts[COUNT_FAILURES]++;
        say(world, disk, next.step, FA_DEPLOY_STATE_FAILED);
        return true;
    }
    if (!is_skipped && !is_failing && !do_step(world, disk, next.step))
        return false;
    if (is_killed(world))
        return false;
    if (is_switch && !open->is_switched && !is_failing)
        say_switched(world, disk, true);
    else
        say(world, disk, next.step, FA_DEPLOY_STATE_DONE);
    return true;
}

void
world_drive(World *world, Disk *disk, bool is_resumed)
{
    for (;;) {
        const FaStanding *standing = standing_of(world, disk);
        if (world->violation != NULL || standing == NULL || standing->open == NULL ||
            is_killed(world) || !advance(world, disk, &is_resumed))
            return;
        world_check_serving(world, disk);
    }
}
