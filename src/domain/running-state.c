#include "domain/running-state.h"

#include "domain/state.h"

#define NUMBER(time) ((uint64_t)(time))

static void
put_migrations(GByteArray *state, const GPtrArray *executed)
{
    fa_state_put_number(state, executed->len);
    for (guint i = 0; i < executed->len; i++) {
        const FaMigration *migration = g_ptr_array_index(executed, i);
        fa_state_put_text(state, migration->component);
        fa_state_put_text(state, migration->name);
        fa_state_put_number(state, migration->mode);
        fa_state_put_number(state, migration->is_reversible);
        fa_state_put_number(state, migration->is_partial);
        fa_state_put_text(state, migration->digest);
        fa_state_put_text(state, migration->release);
        fa_state_put_text(state, migration->deployment);
    }
}

static void
get_migrations(FaStateReader *reader, GPtrArray *executed)
{
    size_t count = fa_state_get_count(reader);
    for (size_t i = 0; i < count && !reader->is_bad; i++) {
        g_autofree char *component = fa_state_get_set_text(reader);
        g_autofree char *name = fa_state_get_set_text(reader);
        FaMigrationMode mode = fa_state_get_enum(reader, FA_MIGRATION_OFFLINE);
        bool is_reversible = fa_state_get_enum(reader, 1);
        FaMigration *migration = fa_migration_new(component, name, mode, is_reversible);
        migration->is_partial = fa_state_get_enum(reader, 1);
        migration->digest = fa_state_get_text(reader);
        migration->release = fa_state_get_text(reader);
        migration->deployment = fa_state_get_text(reader);
        g_ptr_array_add(executed, migration);
    }
}

/* (transfer full) */
static char **
get_answers(FaStateReader *reader)
{
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    size_t count = fa_state_get_count(reader);
    for (size_t i = 0; i < count && !reader->is_bad; i++) {
        g_autofree char *answer = fa_state_get_set_text(reader);
        g_strv_builder_add(builder, answer);
    }
    return g_strv_builder_end(builder);
}

static void
put_deployment(GByteArray *state, const FaDeployment *open)
{
    fa_state_put_text(state, open->id);
    fa_state_put_number(state, open->kind);
    fa_state_put_text(state, open->release);
    fa_state_put_text(state, open->from);
    fa_state_put_text(state, open->expects);
    fa_state_put_text(state, open->slot);
    fa_state_put_text(state, open->plan);
    fa_state_put_text(state, open->why);
    fa_state_put_text(state, open->by);
    fa_state_put_text(state, open->host);
    fa_state_put_number(state, NUMBER(open->pid));
    fa_state_put_number(state, NUMBER(open->lifetime));
    fa_state_put_number(state, NUMBER(open->begun_at));
    fa_state_put_number(state, NUMBER(open->last_at));
    for (unsigned i = 0; i < FA_DEPLOY_STEPS; i++)
        fa_state_put_number(state, open->states[i]);
    fa_state_put_number(state, open->failed_step);
    fa_state_put_number(state, open->has_failed);
    fa_state_put_text(state, open->reason);
    fa_state_put_number(state, open->is_lost);
    fa_state_put_number(state, open->is_switched);
    fa_state_put_number(state, open->was_switched);
    fa_state_put_number(state, open->has_burnt_bridges);
    put_migrations(state, open->executed);
    fa_state_put_number(state, g_strv_length(open->answers));
    for (char **answer = open->answers; *answer != NULL; answer++)
        fa_state_put_text(state, *answer);
}

/* It has not ended, or it would not be kept. */
static FaDeployment *
get_deployment(FaStateReader *reader, const char *environment)
{
    FaDeployment *open = g_new0(FaDeployment, 1);
    open->environment = g_strdup(environment);
    open->id = fa_state_get_set_text(reader);
    open->kind = fa_state_get_enum(reader, FA_DEPLOY_REFRESH);
    open->release = fa_state_get_set_text(reader);
    open->from = fa_state_get_text(reader);
    open->expects = fa_state_get_set_text(reader);
    open->slot = fa_state_get_set_text(reader);
    open->plan = fa_state_get_set_text(reader);
    open->why = fa_state_get_text(reader);
    open->by = fa_state_get_set_text(reader);
    open->host = fa_state_get_set_text(reader);
    open->pid = (int64_t)fa_state_get_number(reader);
    open->lifetime = (FaSpan)fa_state_get_number(reader);
    open->begun_at = (FaTime)fa_state_get_number(reader);
    open->last_at = (FaTime)fa_state_get_number(reader);
    for (unsigned i = 0; i < FA_DEPLOY_STEPS; i++)
        open->states[i] = fa_state_get_enum(reader, FA_DEPLOY_STATE_UNDONE);
    open->failed_step = fa_state_get_enum(reader, FA_DEPLOY_STEPS - 1);
    open->has_failed = fa_state_get_enum(reader, 1);
    open->reason = fa_state_get_text(reader);
    open->is_lost = fa_state_get_enum(reader, 1);
    open->is_switched = fa_state_get_enum(reader, 1);
    open->was_switched = fa_state_get_enum(reader, 1);
    open->has_burnt_bridges = fa_state_get_enum(reader, 1);
    open->executed = g_ptr_array_new_with_free_func((GDestroyNotify)fa_migration_free);
    get_migrations(reader, open->executed);
    open->answers = get_answers(reader);
    reader->is_bad = reader->is_bad || (open->has_failed && open->reason == NULL);
    return open;
}

static void
put_standing(GByteArray *state, const FaStanding *standing)
{
    fa_state_put_text(state, standing->environment);
    fa_state_put_text(state, standing->track);
    fa_state_put_text(state, standing->host);
    fa_state_put_number(state, standing->is_retired);
    fa_state_put_number(state, standing->is_down);
    fa_state_put_text(state, standing->build);
    fa_state_put_text(state, standing->release);
    fa_state_put_text(state, standing->slot);
    fa_state_put_text(state, standing->bits);
    fa_state_put_text(state, standing->deployment);
    fa_state_put_text(state, standing->by);
    fa_state_put_text(state, standing->why);
    fa_state_put_number(state, NUMBER(standing->since));
    put_migrations(state, standing->executed);
    fa_state_put_text(state, standing->broken.what);
    fa_state_put_text(state, standing->broken.reason);
    fa_state_put_text(state, standing->broken.revision);
    fa_state_put_number(state, NUMBER(standing->broken.since));
    fa_state_put_text(state, standing->last.id);
    fa_state_put_number(state, standing->last.kind);
    fa_state_put_text(state, standing->last.release);
    fa_state_put_number(state, standing->last.outcome);
    fa_state_put_text(state, standing->last.step);
    fa_state_put_text(state, standing->last.reason);
    fa_state_put_number(state, NUMBER(standing->last.at));
    fa_state_put_number(state, standing->open != NULL);
    if (standing->open != NULL)
        put_deployment(state, standing->open);
}

static FaStanding *
get_standing(FaStateReader *reader)
{
    FaStanding *standing = fa_standing_new(fa_state_get_set_text(reader));
    standing->track = fa_state_get_text(reader);
    standing->host = fa_state_get_text(reader);
    standing->is_retired = fa_state_get_enum(reader, 1);
    standing->is_down = fa_state_get_enum(reader, 1);
    standing->build = fa_state_get_text(reader);
    standing->release = fa_state_get_text(reader);
    standing->slot = fa_state_get_text(reader);
    standing->bits = fa_state_get_text(reader);
    standing->deployment = fa_state_get_text(reader);
    standing->by = fa_state_get_text(reader);
    standing->why = fa_state_get_text(reader);
    standing->since = (FaTime)fa_state_get_number(reader);
    get_migrations(reader, standing->executed);
    standing->broken.what = fa_state_get_text(reader);
    standing->broken.reason = fa_state_get_text(reader);
    standing->broken.revision = fa_state_get_text(reader);
    standing->broken.since = (FaTime)fa_state_get_number(reader);
    standing->last.id = fa_state_get_text(reader);
    standing->last.kind = fa_state_get_enum(reader, FA_DEPLOY_REFRESH);
    standing->last.release = fa_state_get_text(reader);
    standing->last.outcome = fa_state_get_enum(reader, FA_DEPLOY_OUTCOME_ROLLED_BACK);
    standing->last.step = fa_state_get_text(reader);
    standing->last.reason = fa_state_get_text(reader);
    standing->last.at = (FaTime)fa_state_get_number(reader);
    if (fa_state_get_enum(reader, 1) == 1)
        standing->open = get_deployment(reader, standing->environment);
    return standing;
}

GBytes *
fa_running_to_bytes(const FaRunning *running)
{
    GByteArray *state = g_byte_array_new();
    g_autoptr(GPtrArray) standings = fa_running_list(running);
    fa_state_put_number(state, running->position);
    fa_state_put_number(state, standings->len);
    for (guint i = 0; i < standings->len; i++)
        put_standing(state, g_ptr_array_index(standings, i));
    return g_byte_array_free_to_bytes(state);
}

FaRunning *
fa_running_from_bytes(GBytes *bytes)
{
    FaStateReader reader = fa_state_read(bytes);
    g_autoptr(FaRunning) running = fa_running_new();
    running->position = fa_state_get_number(&reader);
    size_t count = fa_state_get_count(&reader);
    for (size_t i = 0; i < count && !reader.is_bad; i++) {
        FaStanding *standing = get_standing(&reader);
        /* Replaces one of the same name, whose name is the key. */
        g_hash_table_replace(running->standings, standing->environment, standing);
    }
    return fa_state_is_over(&reader) ? g_steal_pointer(&running) : NULL;
}
