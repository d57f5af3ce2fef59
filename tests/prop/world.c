#include "world.h"

#include <string.h>

static const char *const components[] = {"blog", "wiki", NULL};

void
content_free(gpointer data)
{
    Content *content = data;
    g_hash_table_unref(content->changes);
    g_ptr_array_unref(content->migrations);
    g_free(content);
}

static Content *
content_new(void)
{
    Content *content = g_new0(Content, 1);
    content->changes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    content->migrations = g_ptr_array_new_with_free_func((GDestroyNotify)fa_migration_free);
    return content;
}

GHashTable *
world_set_copy(GHashTable *set)
{
    GHashTable *copy = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    GHashTableIter iter;
    gpointer key;
    g_hash_table_iter_init(&iter, set);
    while (g_hash_table_iter_next(&iter, &key, NULL))
        g_hash_table_add(copy, g_strdup(key));
    return copy;
}

Content *
content_copy(const Content *content)
{
    Content *copy = g_new0(Content, 1);
    copy->changes = world_set_copy(content->changes);
    copy->migrations = g_ptr_array_new_with_free_func((GDestroyNotify)fa_migration_free);
    for (guint i = 0; i < content->migrations->len; i++) {
        const FaMigration *migration = g_ptr_array_index(content->migrations, i);
        g_ptr_array_add(copy->migrations,
                        fa_migration_new(migration->component, migration->name, migration->mode,
                                         migration->is_reversible));
    }
    return copy;
}

void
plan_free(Plan *plan)
{
    if (plan == NULL)
        return;
    g_free(plan->made_from);
    g_free(plan->before_release);
    g_free(plan->before_bits);
    g_hash_table_unref(plan->before_schema);
    g_free(plan->release);
    g_free(plan->build);
    g_free(plan->bits);
    fa_migration_plan_free(plan->migrations);
    g_hash_table_unref(plan->keep);
    g_free(plan);
}

static void
disk_free(gpointer data)
{
    Disk *disk = data;
    g_free(disk->environment);
    g_free(disk->build);
    g_free(disk->release);
    g_free(disk->bits);
    g_hash_table_unref(disk->schema);
    g_hash_table_unref(disk->kept);
    g_hash_table_unref(disk->ran);
    plan_free(disk->plan);
    g_free(disk);
}

static GHashTable *
new_set(void)
{
    return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
}

World *
world_new(guint32 seed, Mutant mutant)
{
    World *world = g_new0(World, 1);
    world->rand = g_rand_new_with_seed(seed);
    world->mutant = mutant;
    world->ledger = fa_ledger_open(FA_LEDGER_MEMORY, true, NULL);
    world->releases = fa_releases_new();
    world->running = fa_running_new();
    world->notes = fa_notes_new();
    world->events = g_ptr_array_new_with_free_func((GDestroyNotify)fa_event_free);
    world->contents = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, content_free);
    world->bits = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    world->noted = new_set();
    world->stored = new_set();
    world->rejected = new_set();
    world->fixes = new_set();
    world->migrations =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)fa_migration_free);
    world->disks = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, disk_free);
    world->trunk = content_new();
    world->asker = (FaAsker){.actor = "ana", .now = 1700000000};
    return world;
}

void
world_free(World *world)
{
    g_rand_free(world->rand);
    fa_ledger_free(world->ledger);
    fa_releases_free(world->releases);
    fa_running_free(world->running);
    fa_notes_free(world->notes);
    g_ptr_array_unref(world->events);
    g_hash_table_unref(world->contents);
    g_hash_table_unref(world->bits);
    g_hash_table_unref(world->noted);
    g_hash_table_unref(world->stored);
    g_hash_table_unref(world->rejected);
    g_hash_table_unref(world->fixes);
    g_hash_table_unref(world->migrations);
    g_hash_table_unref(world->disks);
    content_free(world->trunk);
    g_free(world->violation);
    g_free(world);
}

bool
world_chance(World *world, unsigned percent)
{
    return (unsigned)g_rand_int_range(world->rand, 0, 100) < percent;
}

Disk *
world_disk(World *world, const char *environment, const char *site)
{
    g_autofree char *name = g_strconcat(environment, ".", site, NULL);
    Disk *disk = g_hash_table_lookup(world->disks, name);
    if (disk != NULL)
        return disk;
    disk = g_new0(Disk, 1);
    disk->environment = g_steal_pointer(&name);
    disk->schema = new_set();
    disk->kept = new_set();
    disk->ran = new_set();
    g_hash_table_insert(world->disks, disk->environment, disk);
    return disk;
}

Content *
world_content(World *world, const char *label)
{
    return label != NULL ? g_hash_table_lookup(world->contents, label) : NULL;
}

void
world_violate(World *world, const char *law, const char *what)
{
    if (world->violation == NULL)
        world->violation = g_strdup_printf("%s: %s", law, what);
}

/* P1, P12: a label is cut once, and what it pins stays. P2: the bits of the first time stay. */
static void
check_event(World *world, const FaEvent *event)
{
    g_autoptr(JsonNode) node = fa_json_from_text(event->payload, -1, NULL);
    JsonObject *payload = json_node_get_object(node);
    if (strcmp(event->kind, "release.cut") == 0) {
        for (guint i = 0; i < world->events->len; i++) {
            const FaEvent *other = g_ptr_array_index(world->events, i);
            if (strcmp(other->kind, event->kind) == 0 &&
                strcmp(other->subject, event->subject) == 0)
                world_violate(world, "P12 a label is used once", event->subject);
        }
    }
    if (strcmp(event->kind, "release.built") == 0 &&
        !g_hash_table_contains(world->bits, event->subject))
        g_hash_table_insert(world->bits, g_strdup(event->subject),
                            g_strdup(fa_json_get_string(payload, "bits")));
    if (strcmp(event->kind, "deploy.switched") == 0 &&
        g_strcmp0(fa_json_get_string(payload, "bits"),
                  g_hash_table_lookup(world->bits, fa_json_get_string(payload, "release"))) != 0)
        world_violate(world, "P2 the bits of a release are those of the first time",
                      fa_json_get_string(payload, "release"));
}

bool
world_append(World *world, FaDecision *decision)
{
    g_autoptr(FaDecision) owned = decision;
    g_autoptr(GError) error = NULL;
    if (fa_decision_is_refused(decision))
        return false;
    if (!fa_ledger_append(world->ledger, world->head.position,
                          (const FaEvent *)decision->events->data, decision->events->len,
                          &world->head, &error)) {
        world_violate(world, "P20 what is decided can be appended", error->message);
        return false;
    }
    for (guint i = 0; i < decision->events->len; i++) {
        FaEvent *event = fa_event_copy(&g_array_index(decision->events, FaEvent, i));
        event->position = world->events->len + 1;
        check_event(world, event);
        g_ptr_array_add(world->events, event);
        fa_releases_apply(world->releases, event);
        fa_notes_apply(world->notes, event);
        bool is_lost = world->mutant == MUTANT_SNAPSHOT && world_chance(world, 2);
        if (!is_lost)
            fa_running_apply(world->running, event);
        world->asker.now += 60;
    }
    return true;
}

void
world_note(World *world, const char *component, const char *number)
{
    g_autoptr(FaNote) note = fa_note_new(component, FA_NOTE_MIGRATION, "mind the table");
    note->id = g_strdup_printf("n%u", ++world->ids);
    note->revision = g_strdup(number);
    g_hash_table_add(world->noted, g_strconcat(component, " ", number, NULL));
    world_append(world, fa_note_decide_add(world->notes, note, &world->asker));
}

void
world_commit(World *world, Content *content, bool is_fix)
{
    const char *component = components[world_chance(world, 50)];
    g_autofree char *number = g_strdup_printf("%u", ++world->changes);
    g_autofree char *change = g_strconcat(component, " ", number, NULL);
    g_hash_table_add(content->changes, g_strdup(change));
    if (is_fix)
        g_hash_table_add(world->fixes, g_strdup(change));
    if (is_fix || !world_chance(world, 35))
        return;
    FaMigrationMode mode = world_chance(world, 50) ? FA_MIGRATION_ONLINE : FA_MIGRATION_OFFLINE;
    bool is_reversible = world_chance(world, 60);
    g_ptr_array_add(content->migrations, fa_migration_new(component, number, mode, is_reversible));
    g_hash_table_insert(world->migrations, g_strconcat(component, "/", number, NULL),
                        fa_migration_new(component, number, mode, is_reversible));
    if (world_chance(world, 85))
        world_note(world, component, number);
}

static int
compare_texts(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* (transfer full) What a component of @content is, as one word. */
static char *
revision_of(const Content *content, const char *component)
{
    g_autoptr(GPtrArray) changes = g_ptr_array_new();
    g_autoptr(GString) text = g_string_new(component);
    GHashTableIter iter;
    gpointer change;
    g_hash_table_iter_init(&iter, content->changes);
    while (g_hash_table_iter_next(&iter, &change, NULL)) {
        if (g_str_has_prefix(change, component))
            g_ptr_array_add(changes, change);
    }
    g_ptr_array_sort(changes, compare_texts);
    for (guint i = 0; i < changes->len; i++)
        g_string_append(text, g_ptr_array_index(changes, i));
    FaDigest digest;
    fa_digest_of_bytes(text->str, text->len, &digest);
    return fa_digest_to_string(&digest);
}

/* P1: what is pinned is what the branches of the release hold. */
static void
check_cut(World *world, const char *label, const Content *content)
{
    const FaRelease *release = fa_releases_find(world->releases, label);
    for (size_t i = 0; components[i] != NULL; i++) {
        g_autofree char *revision = revision_of(content, components[i]);
        if (strcmp(fa_release_find_pin(release, components[i])->revision, revision) != 0)
            world_violate(world, "P1 the pins are what the release is made of", label);
    }
}

/* (transfer full) Now and then people mistype, and mean one that is there. */
static char *
choose_label(World *world, FaReleaseKind kind, const char *parent)
{
    const GPtrArray *list = fa_releases_list(world->releases);
    if (list->len > 0 && kind == FA_RELEASE_TRAIN && world_chance(world, 8)) {
        const FaRelease *any =
            g_ptr_array_index(list, (guint)g_rand_int_range(world->rand, 0, (gint32)list->len));
        if (any->kind == FA_RELEASE_TRAIN)
            return g_strdup(any->label);
    }
    return fa_releases_propose(world->releases, kind, parent);
}

static bool
decide_cut(World *world, const FaCut *cut)
{
    g_autoptr(FaReleases) blind = fa_releases_new();
    const FaReleases *known = world->mutant == MUTANT_LABEL ? blind : world->releases;
    return world_append(world, fa_release_decide_cut(known, cut, &world->asker));
}

char *
world_cut(World *world, FaReleaseKind kind, const char *parent, const Content *content)
{
    g_autofree char *label = choose_label(world, kind, parent);
    g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);
    FaCutPin pins[G_N_ELEMENTS(components) - 1] = {0};
    /* Somebody pushed to the branch after it was looked at. */
    bool has_moved = world_chance(world, 5);
    Content *built = content_copy(content);
    if (has_moved)
        g_hash_table_add(built->changes, g_strdup_printf("blog %u", ++world->changes));
    for (size_t i = 0; i < G_N_ELEMENTS(pins); i++) {
        char *revision = revision_of(content, components[i]);
        char *now = revision_of(built, components[i]);
        g_ptr_array_add(texts, revision);
        g_ptr_array_add(texts, now);
        pins[i].pin = (FaPin){.component = (char *)components[i],
                              .revision = revision,
                              .digest = revision,
                              .location = (char *)"https://x.example"};
        pins[i].branch_now = world->mutant == MUTANT_BRANCH ? NULL : now;
    }
    const FaCut cut = {.label = label,
                       .kind = kind,
                       .parent = parent,
                       .line = label,
                       .from = parent != NULL ? parent : "trunk",
                       .components = components,
                       .pins = pins,
                       .pin_count = G_N_ELEMENTS(pins),
                       .tool = "0.1.0",
                       .settings = "s"};
    if (!decide_cut(world, &cut)) {
        content_free(built);
        return NULL;
    }
    check_cut(world, label, built);
    g_hash_table_replace(world->contents, g_strdup(label), built);
    world->counts[kind == FA_RELEASE_TRAIN     ? COUNT_CUTS
                  : kind == FA_RELEASE_REBUILD ? COUNT_REBUILDS
                                               : COUNT_LEAPFROGS]++;
    return g_steal_pointer(&label);
}

void
world_reject(World *world, const char *label)
{
    if (world_append(world,
                     fa_release_decide_reject(world->releases, label, "it is slow", &world->asker)))
        g_hash_table_add(world->rejected, g_strdup(label));
}
