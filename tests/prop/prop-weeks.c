#include <string.h>

#include "world.h"

/*
 * Weeks of work, one after the other: on Monday the second site takes what the first runs, on Wednesday the first takes what
 * stage has, on Thursday trunk is cut and goes to stage. Between, fixes leap, releases are rejected, people go back, and
 * somebody is always killed. Random operations alone would hardly ever move a train.
 */
#define WEEKS       14
#define MUTANT_RUNS 150

/* Under a sanitizer, a hundred times as slow, memory is what is looked at: a few walks, and no mutants. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define IS_SANITIZED true
#endif
#endif
#if !defined(IS_SANITIZED)
#define IS_SANITIZED false
#endif
#define WALKS (IS_SANITIZED ? 2u : 24u)

static const char *const sites[] = {"first", "second"};

static void
go(World *world, const char *environment, const char *site, FaDeployKind kind, const char *label)
{
    Disk *disk = world_disk(world, environment, site);
    if (disk->plan != NULL && world_chance(world, 80))
        world_resume(world, disk);
    g_autofree char *wanted = g_strdup(label);
    Plan *plan = world->violation == NULL ? world_plan(world, disk, kind, wanted) : NULL;
    if (plan != NULL)
        world_deploy(world, disk, plan);
}

/* A fix for what runs on @site: on a line of its own, tried on leapfrog, then live; in trunk today, or later. */
static void
hotfix(World *world, const char *site, GPtrArray *unmerged)
{
    g_autofree char *live = g_strdup(world_disk(world, "live", site)->release);
    if (world_content(world, live) == NULL)
        return;
    go(world, "leapfrog", site, FA_DEPLOY_REFRESH, live);
    Content *content = content_copy(world_content(world, live));
    world_commit(world, content, true);
    g_autofree char *label = world_cut(world, FA_RELEASE_LEAPFROG, live, content);
    content_free(content);
    if (label == NULL)
        return;
    go(world, "leapfrog", site, FA_DEPLOY_DEPLOY, label);
    go(world, "live", site, FA_DEPLOY_DEPLOY, label);
    g_ptr_array_add(unmerged, g_steal_pointer(&label));
}

static void
merge(World *world, GPtrArray *unmerged)
{
    for (guint i = unmerged->len; i > 0; i--) {
        const Content *content = world_content(world, g_ptr_array_index(unmerged, i - 1));
        GHashTableIter iter;
        gpointer change;
        if (!world_chance(world, 60))
            continue;
        g_hash_table_iter_init(&iter, content->changes);
        while (g_hash_table_iter_next(&iter, &change, NULL)) {
            if (g_hash_table_contains(world->fixes, change))
                g_hash_table_add(world->trunk->changes, g_strdup(change));
        }
        g_ptr_array_remove_index(unmerged, i - 1);
    }
}

/* What stage runs is not good enough, or cannot be built again: the same with a fix, under a number of its own. */
static void
rebuild(World *world, const char *label)
{
    Content *content = content_copy(world_content(world, label));
    if (world_chance(world, 50))
        world_commit(world, content, true);
    g_autofree char *next = world_cut(world, FA_RELEASE_REBUILD, label, content);
    content_free(content);
    for (size_t i = 0; next != NULL && i < G_N_ELEMENTS(sites); i++)
        go(world, "stage", sites[i], FA_DEPLOY_DEPLOY, next);
}

static void
rollback(World *world, const char *site)
{
    Disk *disk = world_disk(world, "live", site);
    if (fa_releases_list(world->releases)->len == 0)
        return;
    g_autoptr(FaHistory) history = fa_history_new(disk->environment);
    for (guint i = 0; i < world->events->len; i++)
        fa_history_apply(history, g_ptr_array_index(world->events, i));
    const FaHistoryRow *target = fa_history_find_target(history, NULL);
    const GPtrArray *list = fa_releases_list(world->releases);
    const char *label = target != NULL ? target->release : NULL;
    if (label != NULL && g_strcmp0(label, disk->release) == 0 && disk->plan == NULL)
        world_violate(world, "P20 a rollback goes to something else", label);
    if (label == NULL || world_chance(world, 25)) {
        guint any = (guint)g_rand_int_range(world->rand, 0, (gint32)list->len);
        label = ((FaRelease *)g_ptr_array_index(list, any))->label;
    }
    go(world, "live", site, FA_DEPLOY_ROLLBACK, label);
}

/* P15: both saw the same, and plan; of what was decided at one position, one is appended. */
static void
two_managers(World *world, const char *site)
{
    Disk *disk = world_disk(world, "live", site);
    const Disk *stage = world_disk(world, "stage", site);
    if (disk->plan != NULL || stage->release == NULL || disk->release == NULL)
        return;
    g_autofree char *label = g_strdup(stage->release);
    Plan *first = world_plan(world, disk, FA_DEPLOY_DEPLOY, label);
    Plan *second = world_plan(world, disk, FA_DEPLOY_DEPLOY, label);
    FaLedgerHead before = world->head;
    g_autofree char *subject = g_strdup(disk->environment);
    const FaDeployBegin begin = {.environment = subject,
                                 .id = "late",
                                 .release = label,
                                 .expects = disk->build,
                                 .slot = "b",
                                 .plan = "p",
                                 .host = "h",
                                 .lifetime = 60};
    g_autoptr(FaDecision) late = fa_running_decide_begin(world->running, &begin, &world->asker);
    bool has_begun = first != NULL && world_deploy(world, disk, first);
    if (has_begun && late->events->len > 0 &&
        fa_ledger_append(world->ledger, before.position, (const FaEvent *)late->events->data,
                         late->events->len, NULL, NULL))
        world_violate(world, "P15 of two at one position one is appended", subject);
    world->counts[COUNT_CONFLICTS] += has_begun;
    if (second != NULL && has_begun && world->violation == NULL)
        world_deploy(world, disk, second);
    else
        plan_free(second);
}

static void
write_late_notes(World *world)
{
    for (guint i = 0; i < world->trunk->migrations->len; i++) {
        const FaMigration *migration = g_ptr_array_index(world->trunk->migrations, i);
        g_autofree char *change = g_strconcat(migration->component, " ", migration->name, NULL);
        if (!g_hash_table_contains(world->noted, change) && world_chance(world, 40))
            world_note(world, migration->component, migration->name);
    }
}

static void
monday(World *world, GPtrArray *unmerged)
{
    merge(world, unmerged);
    go(world, "live", "second", FA_DEPLOY_DEPLOY, world_disk(world, "live", "first")->release);
    if (world_chance(world, 30))
        rollback(world, "second");
}

static void
wednesday(World *world, GPtrArray *unmerged)
{
    g_autofree char *label = g_strdup(world_disk(world, "stage", "first")->release);
    if (label != NULL && world_chance(world, 15)) {
        world_reject(world, label);
        rebuild(world, label);
    }
    if (world_chance(world, 20))
        go(world, "live", "first", FA_DEPLOY_DEPLOY, label);
    if (world_chance(world, 30))
        two_managers(world, "first");
    go(world, "live", "first", FA_DEPLOY_DEPLOY, world_disk(world, "stage", "first")->release);
    if (world_chance(world, 35))
        rollback(world, "first");
    for (size_t i = 0; i < G_N_ELEMENTS(sites); i++) {
        if (world_chance(world, 35))
            hotfix(world, sites[i], unmerged);
        if (world_chance(world, 10)) /* somebody takes leapfrog for stage */
            go(world, "leapfrog", sites[i], FA_DEPLOY_DEPLOY, label);
    }
}

static void
thursday(World *world)
{
    unsigned commits = (unsigned)g_rand_int_range(world->rand, 1, 5);
    for (unsigned i = 0; i < commits; i++)
        world_commit(world, world->trunk, false);
    write_late_notes(world);
    g_autofree char *label = world_cut(world, FA_RELEASE_TRAIN, NULL, world->trunk);
    for (size_t i = 0; label != NULL && i < G_N_ELEMENTS(sites); i++)
        go(world, "stage", sites[i], FA_DEPLOY_DEPLOY, label);
    /* Packages are upgraded, and the store is tidied up. */
    world->packages += world_chance(world, 30);
    if (world_chance(world, 30))
        g_hash_table_remove_all(world->stored);
}

static void
evening(World *world)
{
    GHashTableIter iter;
    gpointer disk;
    g_hash_table_iter_init(&iter, world->disks);
    while (g_hash_table_iter_next(&iter, NULL, &disk)) {
        if (((Disk *)disk)->plan != NULL && world_chance(world, 70))
            world_resume(world, disk);
    }
}

static FaRunning *
fold(const World *world, FaRunning *running, guint from, guint to)
{
    for (guint i = from; i < to; i++)
        fa_running_apply(running, g_ptr_array_index(world->events, i));
    return running;
}

/* P20: what was carried on is what a replay gives, from the start and from a snapshot of any prefix; the chain is whole. */
static void
check_replay(World *world)
{
    guint count = world->events->len;
    guint middle = (guint)g_rand_int_range(world->rand, 0, (gint32)count + 1);
    g_autoptr(FaRunning) replayed = fold(world, fa_running_new(), 0, count);
    g_autoptr(FaRunning) prefix = fold(world, fa_running_new(), 0, middle);
    g_autoptr(GBytes) snapshot = fa_running_to_bytes(prefix);
    g_autoptr(FaRunning) read = fa_running_from_bytes(snapshot);
    fold(world, read, middle, count);
    g_autoptr(GBytes) carried_bytes = fa_running_to_bytes(world->running);
    g_autoptr(GBytes) replayed_bytes = fa_running_to_bytes(replayed);
    g_autoptr(GBytes) read_bytes = fa_running_to_bytes(read);
    if (!g_bytes_equal(carried_bytes, replayed_bytes) || !g_bytes_equal(read_bytes, replayed_bytes))
        world_violate(world, "P20 a replay gives what was carried on", "running");
    g_auto(FaLedgerReport) report = {0};
    if (!fa_ledger_verify(world->ledger, NULL, &report, NULL) ||
        report.flaw != FA_LEDGER_FLAW_NONE || report.head.position != count)
        world_violate(world, "P20 the chain verifies", "ledger");
}

/* P1: whatever happened since, each release is what it was when it was cut. */
static void
check_releases(World *world)
{
    const GPtrArray *list = fa_releases_list(world->releases);
    for (guint i = 0; i < list->len; i++) {
        const FaRelease *release = g_ptr_array_index(list, i);
        if (!fa_release_is_whole(release))
            world_violate(world, "P1 a digest is that of the pins", release->label);
        if (release->bits != NULL &&
            g_strcmp0(release->bits, g_hash_table_lookup(world->bits, release->label)) != 0)
            world_violate(world, "P2 bits stay", release->label);
    }
}

static World *
walk(guint32 seed, Mutant mutant)
{
    World *world = world_new(seed, mutant);
    g_autoptr(GPtrArray) unmerged = g_ptr_array_new_with_free_func(g_free);
    for (unsigned week = 0; week < WEEKS && world->violation == NULL; week++) {
        if (world->releases != NULL && week > 0) {
            monday(world, unmerged);
            wednesday(world, unmerged);
        }
        thursday(world);
        evening(world);
    }
    if (world->violation == NULL) {
        check_replay(world);
        check_releases(world);
    }
    return world;
}

#define TOLD 30

/* How it came to that. */
static void
tell(const World *world, guint32 seed)
{
    guint count = world->events->len;
    for (guint i = count > TOLD ? count - TOLD : 0; i < count; i++) {
        const FaEvent *event = g_ptr_array_index(world->events, i);
        g_printerr("# %u %s %s %s\n", i + 1, event->kind, event->subject, event->payload);
    }
    g_error("walk %u: %s", seed, world->violation);
}

static void
test_laws(void)
{
    static const char *const names[COUNTS] = {
        "cuts",     "leapfrogs", "rebuilds",  "deploys",      "rollbacks", "failures", "kills",
        "given up", "automatic", "lost fix",  "irreversible", "bits",      "moved",    "open",
        "rejected", "notes",     "conflicts", "kept",         "restored"};
    unsigned counts[COUNTS] = {0};
    for (unsigned i = 0; i < WALKS; i++) {
        guint32 seed = (guint32)g_test_rand_int();
        World *world = walk(seed, MUTANT_NONE);
        if (world->violation != NULL)
            tell(world, seed);
        for (Count count = 0; count < COUNTS; count++)
            counts[count] += world->counts[count];
        world_free(world);
    }
    /* A law that nothing came near to says nothing. */
    for (Count count = 0; count < COUNTS; count++) {
        g_test_message("%s: %u", names[count], counts[count]);
        if (counts[count] == 0 && !IS_SANITIZED)
            g_error("in %u walks there were no '%s'", WALKS, names[count]);
    }
}

/* A law that no missing guard breaks guards nothing. */
static void
test_mutant(gconstpointer data)
{
    for (unsigned i = 0; i < MUTANT_RUNS; i++) {
        World *world = walk((guint32)g_test_rand_int(), (Mutant)GPOINTER_TO_INT(data));
        bool is_caught = world->violation != NULL;
        if (is_caught)
            g_test_message("after %u walks: %s", i + 1, world->violation);
        world_free(world);
        if (is_caught)
            return;
    }
    g_test_message("not caught in %u walks", MUTANT_RUNS);
    g_test_fail();
}

int
main(int argc, char **argv)
{
    static const char *const mutants[MUTANTS] = {
        [MUTANT_LOST_FIX] = "a-fix-that-nobody-looks-for",
        [MUTANT_BYTES] = "other-bits-under-the-same-label",
        [MUTANT_LABEL] = "a-label-used-twice",
        [MUTANT_BRANCH] = "a-branch-that-moves-under-a-cut",
        [MUTANT_IRREVERSIBLE] = "a-way-back-past-what-cannot-be-undone",
        [MUTANT_BRIDGES] = "an-automatic-way-back-past-it",
        [MUTANT_MOVED] = "a-stale-plan",
        [MUTANT_OPEN] = "two-deployments-at-once",
        [MUTANT_LEAPFROG] = "anything-on-leapfrog",
        [MUTANT_REJECTED] = "a-rejected-release-that-goes-on",
        [MUTANT_NEVER_RAN] = "a-rollback-to-what-never-ran",
        [MUTANT_NOTES] = "a-migration-without-a-note",
        [MUTANT_RESUME] = "what-was-begun-taken-for-done",
        [MUTANT_UNDO] = "a-failure-that-nobody-hears",
        [MUTANT_SNAPSHOT] = "a-fold-that-loses-an-event",
    };
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/weeks/the-laws-hold", test_laws);
    for (int mutant = MUTANT_NONE + 1; mutant < MUTANTS && !IS_SANITIZED; mutant++) {
        g_autofree char *name = g_strconcat("/weeks/caught/", mutants[mutant], NULL);
        g_test_add_data_func(name, GINT_TO_POINTER(mutant), test_mutant);
    }
    return g_test_run();
}
