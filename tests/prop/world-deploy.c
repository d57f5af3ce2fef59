#include <string.h>

#include "world.h"

static char *
key_of(const FaMigration *migration)
{
    return g_strconcat(migration->component, "/", migration->name, NULL);
}

static bool
wants(const Content *content, const char *key)
{
    for (guint i = 0; content != NULL && i < content->migrations->len; i++) {
        g_autofree char *other = key_of(g_ptr_array_index(content->migrations, i));
        if (strcmp(other, key) == 0)
            return true;
    }
    return false;
}

void
world_check_serving(World *world, const Disk *disk)
{
    const Content *content = world_content(world, disk->release);
    if (disk->build == NULL || disk->is_maintenance || content == NULL)
        return;
    for (guint i = 0; i < content->migrations->len; i++) {
        g_autofree char *key = key_of(g_ptr_array_index(content->migrations, i));
        if (!g_hash_table_contains(disk->schema, key))
            world_violate(world, "P10 code serves data that it does not know yet", key);
    }
    GHashTableIter iter;
    gpointer key;
    g_hash_table_iter_init(&iter, disk->schema);
    while (g_hash_table_iter_next(&iter, &key, NULL)) {
        const FaMigration *migration = g_hash_table_lookup(world->migrations, key);
        if (migration->mode == FA_MIGRATION_OFFLINE && !wants(content, key) &&
            !g_hash_table_contains(disk->kept, key))
            world_violate(world, "P10 code serves data that it does not know any more", key);
    }
}

static const FaStanding *
standing_of(World *world, const Disk *disk)
{
    return fa_running_find(world->running, disk->environment);
}

/* (transfer full) (nullable) The bits of the release, which are built when the store has them not. */
static char *
build(World *world, const char *label)
{
    const FaRelease *release = fa_releases_find(world->releases, label);
    if (release->bits != NULL && g_hash_table_contains(world->stored, label))
        return g_strdup(release->bits);
    g_autoptr(GPtrArray) made = g_ptr_array_new_with_free_func((GDestroyNotify)fa_made_free);
    for (guint i = 0; i < release->pins->len; i++) {
        const FaPin *pin = g_ptr_array_index(release->pins, i);
        g_autofree char *tree = g_strdup_printf("%s/%u", pin->revision, world->packages);
        g_ptr_array_add(made, fa_made_new(pin->component, pin->component, tree));
    }
    FaDecision *decision = fa_release_decide_built(world->releases, label, made, &world->asker);
    if (fa_decision_is_refused(decision)) {
        fa_decision_free(decision);
        world->counts[COUNT_BITS]++;
        return world->mutant == MUTANT_BYTES ? fa_made_digest(made) : NULL;
    }
    if (decision->events->len > 0)
        world_append(world, decision);
    else
        fa_decision_free(decision);
    g_hash_table_add(world->stored, g_strdup(label));
    return g_strdup(fa_releases_find(world->releases, label)->bits);
}

/* A mutant is deaf for one reason. */
static bool
is_heard(World *world, const GPtrArray *reasons)
{
    static const FaReasonCode deaf[MUTANTS] = {
        [MUTANT_LEAPFROG] = FA_REASON_NOT_WHAT_LIVE_RUNS,
        [MUTANT_REJECTED] = FA_REASON_RELEASE_REJECTED,
        [MUTANT_NEVER_RAN] = FA_REASON_NEVER_RAN_HERE,
        [MUTANT_NOTES] = FA_REASON_NOTE_MISSING,
        [MUTANT_IRREVERSIBLE] = FA_REASON_IRREVERSIBLE,
        [MUTANT_LOST_FIX] = FA_REASON_FIX_LOST,
    };
    static const struct {
        FaReasonCode code;
        Count count;
    } counted[] = {
        {FA_REASON_FIX_LOST, COUNT_LOST_FIX},
        {FA_REASON_IRREVERSIBLE, COUNT_IRREVERSIBLE},
        {FA_REASON_RELEASE_REJECTED, COUNT_REJECTED},
        {FA_REASON_NOTE_MISSING, COUNT_NOTES},
    };
    bool is_refused = false;
    for (guint i = 0; i < reasons->len; i++) {
        const FaReason *reason = g_ptr_array_index(reasons, i);
        is_refused = is_refused || deaf[world->mutant] == 0 || reason->code != deaf[world->mutant];
    }
    for (size_t i = 0; i < G_N_ELEMENTS(counted); i++)
        world->counts[counted[i].count] += fa_reasons_has(reasons, counted[i].code, NULL);
    return is_refused;
}

static bool
may_go(World *world, const Disk *disk, FaDeployKind kind, const char *label)
{
    const FaStanding *standing = standing_of(world, disk);
    const Content *now = world_content(world, standing != NULL ? standing->release : NULL);
    g_autofree char *live_name = fa_track_live_of(disk->environment);
    const FaStanding *live = fa_running_find(world->running, live_name);
    g_autoptr(GPtrArray) lost =
        now != NULL ? fa_track_lost(now->changes, world_content(world, label)->changes, NULL)
                    : NULL;
    const FaTrackFacts facts = {.environment = disk->environment,
                                .track = g_str_has_prefix(disk->environment, "leapfrog")
                                             ? FA_TRACK_LIVE_FIX
                                             : FA_TRACK_RELEASE,
                                .kind = kind,
                                .release = label,
                                .live = live != NULL ? live->release : NULL,
                                .lost = lost};
    g_autoptr(GPtrArray) reasons = fa_track_check(world->releases, &facts);
    return !is_heard(world, reasons);
}

static bool
has_notes(World *world, const Disk *disk, FaDeployKind kind, const char *label)
{
    const FaStanding *standing = standing_of(world, disk);
    const Content *now = world_content(world, standing != NULL ? standing->release : NULL);
    const Content *next = world_content(world, label);
    g_autoptr(GHashTable) commits = world_set_copy(next->changes);
    g_autoptr(GPtrArray) touched = g_ptr_array_new_with_free_func(g_free);
    GHashTableIter iter;
    gpointer change;
    if (now != NULL) {
        g_hash_table_iter_init(&iter, now->changes);
        while (g_hash_table_iter_next(&iter, &change, NULL))
            g_hash_table_remove(commits, change);
    }
    for (guint i = 0; i < next->migrations->len; i++) {
        const FaMigration *migration = g_ptr_array_index(next->migrations, i);
        char *commit = g_strconcat(migration->component, " ", migration->name, NULL);
        if (g_hash_table_contains(commits, commit))
            g_ptr_array_add(touched, commit);
        else
            g_free(commit);
    }
    const FaNoteRange range = {.commits = commits};
    g_autoptr(GPtrArray) reasons = fa_notes_check(world->notes, &range, touched);
    return kind == FA_DEPLOY_ROLLBACK || !is_heard(world, reasons);
}

/* (transfer full) (nullable) Who goes back is asked about what cannot be undone, and sometimes has an answer. */
static FaMigrationPlan *
plan_migrations(World *world, const Disk *disk, FaDeployKind kind, const char *label,
                GHashTable *keep)
{
    g_autoptr(GPtrArray) none = g_ptr_array_new();
    const FaStanding *standing = standing_of(world, disk);
    const GPtrArray *executed = standing != NULL ? standing->executed : none;
    const GPtrArray *wanted = world_content(world, label)->migrations;
    FaMigrationPlan *plan = fa_migration_plan(executed, wanted, NULL);
    if (!is_heard(world, plan->reasons))
        return plan;
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    for (guint i = 0; i < executed->len && kind == FA_DEPLOY_ROLLBACK; i++) {
        const FaMigration *migration = g_ptr_array_index(executed, i);
        bool is_kept = world_chance(world, 50);
        g_autofree char *subject = key_of(migration);
        g_autofree char *answer = g_strconcat(subject, is_kept ? "=keep" : "=restore", NULL);
        if (!fa_reasons_has(plan->reasons, FA_REASON_IRREVERSIBLE, subject) ||
            !world_chance(world, 50))
            continue;
        g_strv_builder_add(builder, answer);
        if (is_kept)
            g_hash_table_add(keep, g_strdup(subject));
        world->counts[is_kept ? COUNT_KEPT : COUNT_RESTORED]++;
    }
    fa_migration_plan_free(plan);
    g_auto(GStrv) answers = g_strv_builder_end(builder);
    plan = fa_migration_plan(executed, wanted, (const char *const *)answers);
    if (!is_heard(world, plan->reasons))
        return plan;
    fa_migration_plan_free(plan);
    return NULL;
}

Plan *
world_plan(World *world, Disk *disk, FaDeployKind kind, const char *label)
{
    const FaStanding *standing = standing_of(world, disk);
    g_autoptr(GHashTable) keep = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    if (label == NULL || world_content(world, label) == NULL || !may_go(world, disk, kind, label) ||
        !has_notes(world, disk, kind, label))
        return NULL;
    FaMigrationPlan *migrations = plan_migrations(world, disk, kind, label, keep);
    char *bits = migrations != NULL ? build(world, label) : NULL;
    if (bits == NULL) {
        fa_migration_plan_free(migrations);
        return NULL;
    }
    Plan *plan = g_new0(Plan, 1);
    plan->made_from = g_strdup(standing != NULL && standing->build != NULL ? standing->build : "");
    plan->before_release = g_strdup(disk->release);
    plan->before_bits = g_strdup(disk->bits);
    plan->before_schema = world_set_copy(disk->schema);
    plan->kind = kind;
    plan->release = g_strdup(label);
    plan->build = g_strdup_printf("build-%u", ++world->ids);
    plan->bits = bits;
    plan->migrations = migrations;
    plan->keep = g_steal_pointer(&keep);
    plan->failing = world_chance(world, 25)
                        ? (FaDeployStep)g_rand_int_range(world->rand, 0, FA_DEPLOY_STEPS)
                        : FA_DEPLOY_STEPS;
    return plan;
}

/*
 * The releases that @live may be said to run: what it runs, and both ends of a deployment that is under way there. Between a
 * rename of `current`, forth or back, and the event that says so, who asks the ledger hears of the other end.
 */
static void
list_lives(const Disk *live, const char *ret_labels[3])
{
    ret_labels[0] = live->release;
    ret_labels[1] = live->plan != NULL ? live->plan->before_release : NULL;
    ret_labels[2] = live->plan != NULL ? live->plan->release : NULL;
}

static bool
is_at(const Disk *live, const char *label)
{
    const char *labels[3];
    list_lives(live, labels);
    return g_strcmp0(labels[0], label) == 0 || g_strcmp0(labels[1], label) == 0 ||
           g_strcmp0(labels[2], label) == 0;
}

/* Is all that @next changes against @label a fix? */
static bool
is_with_fixes(World *world, const Content *next, const char *label)
{
    const Content *before = world_content(world, label);
    GHashTableIter iter;
    gpointer change;
    if (before == NULL)
        return false;
    g_hash_table_iter_init(&iter, next->changes);
    while (g_hash_table_iter_next(&iter, &change, NULL)) {
        if (!g_hash_table_contains(before->changes, change) &&
            !g_hash_table_contains(world->fixes, change))
            return false;
    }
    return true;
}

/* Is it what live runs, or that with fixes? So is all where live runs nothing. */
static bool
is_live_with_fixes(World *world, const Content *next, const Disk *live)
{
    const char *labels[3];
    list_lives(live, labels);
    return world_content(world, labels[0]) == NULL || is_with_fixes(world, next, labels[0]) ||
           is_with_fixes(world, next, labels[1]) || is_with_fixes(world, next, labels[2]);
}

/* What the plan says must be true of what is really there when it begins. */
static void
check_begin(World *world, const Disk *disk, const Plan *plan)
{
    const Content *now = world_content(world, disk->release);
    const Content *next = world_content(world, plan->release);
    bool is_live = g_str_has_prefix(disk->environment, "live");
    bool is_leapfrog = g_str_has_prefix(disk->environment, "leapfrog");
    const char *site = strchr(disk->environment, '.') + 1;
    const Disk *live = world_disk(world, "live", site);
    GHashTableIter iter;
    gpointer change;

    if (disk->plan != NULL)
        world_violate(world, "P16 one deployment at a time", disk->environment);
    if (strcmp(plan->made_from, disk->build != NULL ? disk->build : "") != 0)
        world_violate(world, "P15 a plan is carried out on what it was made from", plan->release);
    if (plan->kind == FA_DEPLOY_ROLLBACK && !g_hash_table_contains(disk->ran, plan->release))
        world_violate(world, "P2 a rollback goes to what ran there", plan->release);
    if (g_hash_table_contains(world->rejected, plan->release) &&
        !(is_leapfrog && is_at(live, plan->release)))
        world_violate(world, "P2 a rejected release goes nowhere", plan->release);
    if (is_live && plan->kind == FA_DEPLOY_DEPLOY && now != NULL) {
        g_hash_table_iter_init(&iter, now->changes);
        while (g_hash_table_iter_next(&iter, &change, NULL)) {
            if (!g_hash_table_contains(next->changes, change))
                world_violate(world, "P3 live loses no fix", change);
        }
    }
    if (is_leapfrog && !is_live_with_fixes(world, next, live))
        world_violate(world, "P16 leapfrog is live with fixes", plan->release);
}

/* (transfer full) What does not know of any deployment. */
static FaRunning *
forget_deployments(const FaStanding *standing)
{
    FaRunning *running = fa_running_new();
    if (standing == NULL || standing->build == NULL)
        return running;
    g_autofree char *payload =
        g_strdup_printf("{\"build\":\"%s\",\"is-new\":true,\"components\":{}}", standing->build);
    const FaEvent event = {.position = 1,
                           .actor = "ana",
                           .kind = "environment.up",
                           .version = 1,
                           .subject = standing->environment,
                           .payload = payload};
    fa_running_apply(running, &event);
    return running;
}

static FaDecision *
decide_begin(World *world, const Disk *disk, const Plan *plan)
{
    const FaStanding *standing = standing_of(world, disk);
    g_autofree char *id = g_strdup_printf("d%u", ++world->ids);
    FaDeployBegin begin = {.environment = disk->environment,
                           .id = id,
                           .kind = plan->kind,
                           .release = plan->release,
                           .expects = plan->made_from,
                           .slot = "a",
                           .plan = "p",
                           .host = "h",
                           .lifetime = 60};
    if (world->mutant == MUTANT_MOVED)
        begin.expects = standing != NULL && standing->build != NULL ? standing->build : "";
    if (world->mutant != MUTANT_OPEN)
        return fa_running_decide_begin(world->running, &begin, &world->asker);
    g_autoptr(FaRunning) blind = forget_deployments(standing);
    return fa_running_decide_begin(blind, &begin, &world->asker);
}

bool
world_deploy(World *world, Disk *disk, Plan *plan)
{
    FaDecision *decision = decide_begin(world, disk, plan);
    world->counts[COUNT_MOVED] += fa_reasons_has(decision->reasons, FA_REASON_MOVED, NULL);
    world->counts[COUNT_OPEN] += fa_reasons_has(decision->reasons, FA_REASON_DEPLOYMENT_OPEN, NULL);
    if (!world_append(world, decision)) {
        plan_free(plan);
        return false;
    }
    check_begin(world, disk, plan);
    plan_free(disk->plan);
    disk->plan = plan;
    disk->is_checked = false;
    plan->was_idle_running = disk->is_idle_running;
    plan->was_maintenance = disk->is_maintenance;
    world->counts[plan->kind == FA_DEPLOY_ROLLBACK ? COUNT_ROLLBACKS : COUNT_DEPLOYS]++;
    world_drive(world, disk, false);
    return true;
}

void
world_resume(World *world, Disk *disk)
{
    const FaStanding *standing = standing_of(world, disk);
    if (standing == NULL || standing->open == NULL)
        return;
    if (world_chance(world, 40)) {
        FaDecision *decision = fa_deployment_decide_give_up(standing->open, &world->asker);
        world->counts[COUNT_GIVEN_UP] += !fa_decision_is_refused(decision);
        world_append(world, decision);
    }
    world_drive(world, disk, true);
}
