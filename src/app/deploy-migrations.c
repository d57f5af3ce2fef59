#include <string.h>

#include "app/deploy-private.h"
#include "app/frozen.h"
#include "base/error.h"
#include "view/migrations.h"

static void
free_other(gpointer data)
{
    FaOtherRelease *other = data;
    g_clear_pointer(&other->environment, fa_environment_free);
    g_clear_pointer(&other->plan, g_ptr_array_unref);
    g_clear_pointer(&other->built, fa_built_release_free);
    g_free(other->label);
    g_free(other);
}

void
fa_deploy_forget_migrations(FaDeployWork *work)
{
    g_clear_pointer(&work->others, g_ptr_array_unref);
    g_clear_pointer(&work->migrations, fa_migration_plan_free);
    g_clear_pointer(&work->scripts, g_ptr_array_unref);
}

bool
fa_deploy_need_migrations(FaDeployWork *work, GError **error)
{
    const FaDeployment *deployment = fa_deploy_work_get(work);
    if (work->migrations != NULL)
        return true;
    if (!fa_deploy_need_plan(work, error))
        return false;
    work->scripts = fa_migrations_list(work->context, work->plan, error);
    if (work->scripts == NULL)
        return false;
    const FaMigrationsQuestion question = {
        .product = fa_context_get_product(work->context),
        .executed = deployment->executed,
        .scripts = work->scripts,
        .answers = (const char *const *)deployment->answers,
        .is_first = fa_deploy_work_is_first(work),
    };
    work->migrations = fa_migrations_plan(&question);
    return true;
}

/* (transfer none) (nullable) */
static const FaOtherRelease *
find_other(const FaDeployWork *work, const char *label)
{
    for (guint i = 0; work->others != NULL && i < work->others->len; i++) {
        const FaOtherRelease *other = g_ptr_array_index(work->others, i);
        if (strcmp(other->label, label) == 0)
            return other;
    }
    return NULL;
}

static bool
fill_other(FaDeployWork *work, FaOtherRelease *other, GError **error)
{
    const FaRelease *release = fa_state_find_release(work->state, other->label, error);
    if (release == NULL)
        return false;
    other->built = g_new0(FaBuiltRelease, 1);
    /* What is there is no news: it is not listed beside what is deployed. */
    FaAssembleOptions assemble = work->options->assemble;
    assemble.events.planned = NULL;
    other->built->context = fa_frozen_open(work->host, release->label, release->settings, error);
    if (other->built->context == NULL ||
        !fa_context_choose(other->built->context, work->name, &other->built->choice, error) ||
        !fa_assemble(other->built->context, &other->built->choice, &assemble, &other->plan, error))
        return false;
    other->built->scripts = fa_migrations_list(other->built->context, other->plan, error);
    if (other->built->scripts == NULL)
        return false;
    FaSlot slot = fa_deploy_work_slot(work);
    const FaInstance instance = {.slot = &slot, .plan = other->plan};
    other->environment = fa_environment_look(other->built->context, &other->built->choice,
                                             work->options->assemble.assignments, &instance, error);
    return other->environment != NULL;
}

const FaOtherRelease *
fa_deploy_need_other(FaDeployWork *work, const char *label, GError **error)
{
    const FaOtherRelease *known = find_other(work, label);
    if (known != NULL)
        return known;
    FaOtherRelease *other = g_new0(FaOtherRelease, 1);
    other->label = g_strdup(label);
    if (!fill_other(work, other, error)) {
        g_prefix_error(error, "release '%s', which ran there: ", label);
        free_other(other);
        return NULL;
    }
    if (work->others == NULL)
        work->others = g_ptr_array_new_with_free_func(free_other);
    g_ptr_array_add(work->others, other);
    return other;
}

static void
add_reason(GPtrArray *reasons, FaReasonCode code, const FaMigration *migration, const char *detail)
{
    g_autofree char *subject = g_strconcat(migration->component, "/", migration->name, NULL);
    fa_reasons_add(reasons, code, subject, detail);
}

/* What ran it says how it is undone; whether that is still in the store is seen once it is needed. */
static void
check_down(const FaDeployWork *work, const FaMigration *migration, GPtrArray *reasons)
{
    if (migration->release == NULL)
        add_reason(reasons, FA_REASON_MIGRATION_LOST, migration, "nobody wrote down what ran it");
    else if (fa_releases_find(work->state->releases, migration->release) == NULL)
        add_reason(reasons, FA_REASON_MIGRATION_LOST, migration, migration->release);
}

bool
fa_deploy_check_migrations(const FaDeployWork *work, const FaMigrationPlan *migrations,
                           GPtrArray *reasons, GError **error)
{
    for (guint i = 0; i < migrations->reasons->len; i++) {
        const FaReason *reason = g_ptr_array_index(migrations->reasons, i);
        fa_reasons_add(reasons, reason->code, reason->subject, reason->detail);
    }
    for (guint i = 0; i < migrations->steps->len; i++) {
        const FaMigrationStep *step = g_ptr_array_index(migrations->steps, i);
        if (step->is_down && !step->is_restore)
            check_down(work, step->migration, reasons);
        else if (step->is_restore && !step->is_covered &&
                 !fa_deploy_has_backup(work, step->migration))
            add_reason(reasons, FA_REASON_BACKUP_MISSING, step->migration,
                       step->migration->deployment);
    }
    return true;
}

/* (transfer full) What a migration is: below the home, as it is typed. */
static char *
find_command(const FaDeployWork *work, const FaBuiltRelease *built, const FaMigrationStep *step)
{
    g_autoptr(FaBuiltRelease) other = NULL;
    const FaMigration *migration = step->migration;
    if (step->is_restore)
        return NULL;
    if (step->is_down && migration->release != NULL) {
        if (!fa_migrations_open(work->host, work->state, migration->release, work->name, &other,
                                NULL) ||
            other == NULL)
            return NULL;
        built = other;
    }
    const FaMigrationScript *script = fa_migrations_find_script(built->scripts, migration);
    const char *path = script == NULL ? NULL : step->is_down ? script->down : script->up;
    return path != NULL ? g_strconcat("/bin/sh -eu ", path, NULL) : NULL;
}

/* (transfer full) */
static JsonObject *
describe(const FaDeployWork *work, const FaBuiltRelease *built, const FaMigrationPlan *migrations)
{
    const FaProduct *product = fa_context_get_product(built->context);
    g_autoptr(GPtrArray) commands = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    JsonArray *saved = json_array_new();
    for (guint i = 0; i < migrations->steps->len; i++) {
        const FaMigrationStep *step = g_ptr_array_index(migrations->steps, i);
        const FaRecipe *recipe = fa_product_find_component(product, step->migration->component);
        g_ptr_array_add(commands, find_command(work, built, step));
        if (recipe == NULL || !g_hash_table_add(seen, recipe->name))
            continue;
        g_auto(GStrv) not_saved = fa_deploy_list_not_saved(product, recipe);
        fa_view_add_saved(saved, recipe->name, recipe->data_files, (const char *const *)not_saved);
    }
    return fa_view_migrations(migrations, commands, saved);
}

/* (transfer none) (nullable) An answer about what neither ran there nor would. */
static const char *
find_unknown_answer(const FaDeployWork *work, const GPtrArray *executed,
                    const FaBuiltRelease *built)
{
    for (const char *const *answer = work->options->migrations; answer != NULL && *answer != NULL;
         answer++) {
        const char *slash = strchr(*answer, '/');
        g_autofree char *component = g_strndup(*answer, (gsize)(slash - *answer));
        g_autofree char *name = g_strndup(slash + 1, strcspn(slash + 1, "="));
        const FaMigration wanted = {.component = component, .name = name};
        if (fa_migrations_find(executed, component, name) == NULL &&
            (built == NULL || fa_migrations_find_script(built->scripts, &wanted) == NULL))
            return *answer;
    }
    return NULL;
}

static bool
check_answers(const FaDeployWork *work, GError **error)
{
    for (const char *const *answer = work->options->migrations; answer != NULL && *answer != NULL;
         answer++) {
        if (!fa_migration_answer_is_valid(*answer))
            return fa_fail(error, FA_ERROR_USAGE,
                           "'%s' says of no migration what to do\nhelp: --migration "
                           "COMPONENT/NAME=keep or =restore, as tasktracker/002-fold=keep",
                           *answer);
    }
    return true;
}

bool
fa_deploy_plan_migrations(const FaDeployWork *work, FaDeployPlan *plan,
                          FaMigrationPlan **ret_migrations, GError **error)
{
    const FaStanding *standing = fa_running_find(work->state->running, work->name);
    g_autoptr(GPtrArray) none = g_ptr_array_new();
    const GPtrArray *executed = standing != NULL ? standing->executed : none;
    g_autoptr(FaBuiltRelease) built = NULL;
    if (!check_answers(work, error) ||
        !fa_migrations_open(work->host, work->state, plan->release, work->name, &built, error))
        return false;
    const char *unknown = find_unknown_answer(work, executed, built);
    if (unknown != NULL)
        return fa_fail(
            error, FA_ERROR_NOT_FOUND,
            "no such migration was made at %s: '%s'\nhelp: 'fassembler history %s --json' has "
            "those that were",
            work->name, unknown, work->name);
    if (built == NULL)
        return true;
    const FaMigrationsQuestion question = {
        .product = fa_context_get_product(built->context),
        .executed = executed,
        .scripts = built->scripts,
        .answers = work->options->migrations,
        .is_first = plan->build_now == NULL,
    };
    g_autoptr(FaMigrationPlan) migrations = fa_migrations_plan(&question);
    if (!fa_deploy_check_migrations(work, migrations, plan->reasons, error))
        return false;
    plan->migrations = describe(work, built, migrations);
    *ret_migrations = g_steal_pointer(&migrations);
    return true;
}

/* All that would undo is made now, as long as nothing was done. */
static bool
find_downs(FaDeployWork *work, GError **error)
{
    for (guint i = 0; i < work->migrations->steps->len; i++) {
        const FaMigrationStep *step = g_ptr_array_index(work->migrations->steps, i);
        if (!step->is_down || step->is_restore)
            continue;
        const FaOtherRelease *other = fa_deploy_need_other(work, step->migration->release, error);
        if (other == NULL)
            return false;
        const FaMigrationScript *script =
            fa_migrations_find_script(other->built->scripts, step->migration);
        if (script == NULL || script->down == NULL)
            return fa_fail(error, FA_ERROR_FAILED,
                           "release '%s' has no script that undoes the migration '%s/%s'\n"
                           "help: --migration %s/%s=keep where the other code lives with it",
                           other->label, step->migration->component, step->migration->name,
                           step->migration->component, step->migration->name);
    }
    return true;
}

bool
fa_deploy_admit_migrations(FaDeployWork *work, GError **error)
{
    g_autoptr(GPtrArray) reasons = fa_reasons_new();
    return fa_deploy_need_migrations(work, error) &&
           fa_deploy_check_migrations(work, work->migrations, reasons, error) &&
           fa_state_check(reasons, error) && find_downs(work, error);
}
