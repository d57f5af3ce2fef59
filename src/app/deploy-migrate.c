#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "app/deploy-private.h"
#include "app/processes.h"
#include "base/error.h"
#include "base/text.h"
#include "sys/clock.h"
#include "sys/fd.h"
#include "sys/fs.h"
#include "sys/lock.h"

#define SCRIPT_SECONDS (30 * 60)
#define SHOWN          2000 /* bytes of the end of what a script said */
#define FOLDER         "migrations"
#define TURN           ".turn"

bool
fa_deploy_is_recorded(const FaDeployWork *work, const FaMigration *migration)
{
    const FaStanding *standing = fa_running_find(work->state->running, work->name);
    const FaMigration *executed =
        fa_migrations_find(standing->executed, migration->component, migration->name);
    return executed != NULL && !executed->is_partial;
}

/* (transfer full) One for each deployment: that it is there says that the script was begun in it. */
static char *
log_path(const FaDeployWork *work, const FaMigration *migration, bool is_down)
{
    return g_strdup_printf("%s/" FOLDER "/%s-%s-%s-%s.log", work->layout->log,
                           fa_deploy_work_get(work)->id, migration->component, migration->name,
                           is_down ? "down" : "up");
}

bool
fa_deploy_was_begun(const FaDeployWork *work, const FaMigration *migration, bool is_down)
{
    g_autofree char *path = log_path(work, migration, is_down);
    return fa_fs_exists(path);
}

/* On disk before anything is done. */
static int
open_log(const char *path, GError **error)
{
    g_autofree char *folder = g_path_get_dirname(path);
    if (!fa_fs_make_directory(folder, 0700, error))
        return -1;
    fa_autofd int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0)
        fa_fail_errno(error, errno, "cannot make '%s'", path);
    return fd >= 0 && fa_fs_sync_directory(folder, error) ? fa_fd_steal(&fd) : -1;
}

static void
tell_wait(const char *owner, void *data)
{
    fa_deploy_work_say(data, "waiting for %s", owner);
}

/*
 * (transfer full) (nullable) One script at a time changes the data of an environment. It holds the lock itself, too: of
 * a deployment that was killed it may still be running.
 */
static FaLock *
take_turn(FaDeployWork *work, const char *what, const char *of, FaCancel *cancel, GError **error)
{
    g_autofree char *folder = g_strconcat(work->layout->log, "/" FOLDER, NULL);
    g_autofree char *path = g_strconcat(folder, "/" TURN, NULL);
    g_autofree char *purpose = g_strconcat(what, " ", of, NULL);
    return fa_fs_make_directory(folder, 0700, error)
               ? fa_lock_take(path, FA_LOCK_EXCLUSIVE, purpose, SCRIPT_SECONDS, tell_wait, work,
                              cancel, error)
               : NULL;
}

typedef struct Ran {
    const FaDeployWork *work;
    const FaMigration *migration;
    bool is_down;
    bool is_done;
    const char *note;
    int64_t took_ms;
} Ran;

static FaDecision *
decide_ran(const FaState *state, void *data)
{
    const Ran *ran = data;
    const FaDeployWork *work = ran->work;
    FaAsker asker = fa_state_asker(work->host);
    return fa_migration_decide_ran(work->name, fa_deploy_work_get(work)->id, ran->migration,
                                   ran->is_down, ran->is_done, ran->note, ran->took_ms, &asker);
}

static bool
record(FaDeployWork *work, const FaMigration *migration, bool is_down, bool is_done,
       const char *note, int64_t took_us, GError **error)
{
    g_autoptr(FaMigration) told = fa_migration_copy(migration);
    Ran ran = {.work = work,
               .migration = told,
               .is_down = is_down,
               .is_done = is_done,
               .note = note,
               .took_ms = took_us / 1000};
    if (told->release == NULL)
        told->release = g_strdup(fa_deploy_work_get(work)->release);
    return fa_state_decide(work->state, decide_ran, &ran, error);
}

static bool
fail_script(const FaMigration *migration, bool is_down, const FaSpawnResult *result,
            const char *log, GError **error)
{
    const char *output = result->output != NULL ? result->output : "";
    size_t length = strlen(output);
    g_autofree char *said =
        fa_text_sanitize(length > SHOWN ? output + length - SHOWN : output, MIN(length, SHOWN));
    g_strchomp(said);
    return fa_fail(error, FA_ERROR_FAILED,
                   "the migration '%s/%s' (%s) ended with status %d%s%s\nhelp: its whole log is "
                   "'%s'",
                   migration->component, migration->name, is_down ? "down" : "up", result->status,
                   *said != '\0' ? "; it said last:\n" : ", and said nothing", said, log);
}

/* Whose script it is: what this release brings is undone by it, too; what an older one did, by that. */
static bool
find_script(FaDeployWork *work, const FaMigrationStep *step, const FaMigrationScript **ret_script,
            const FaEnvironment **ret_environment, const FaRecipe **ret_recipe, GError **error)
{
    const FaMigration *migration = step->migration;
    const GPtrArray *scripts = work->scripts;
    if (step->is_down) {
        const FaOtherRelease *other = fa_deploy_need_other(work, migration->release, error);
        if (other == NULL)
            return false;
        scripts = other->built->scripts;
        *ret_environment = other->environment;
    } else {
        if (!fa_deploy_need_environment(work, error))
            return false;
        *ret_environment = work->environment;
    }
    *ret_script = fa_migrations_find_script(scripts, migration);
    *ret_recipe = fa_product_find_component(fa_environment_get_product(*ret_environment),
                                            migration->component);
    return (*ret_script != NULL && *ret_recipe != NULL) ||
           fa_fail(error, FA_ERROR_FAILED, "the scripts of the migration '%s/%s' are gone",
                   migration->component, migration->name);
}

static bool
run_script(FaDeployWork *work, const FaMigrationStep *step, bool is_down, FaCancel *cancel,
           GError **error)
{
    const FaMigration *migration = step->migration;
    const FaMigrationScript *script;
    const FaEnvironment *environment;
    const FaRecipe *recipe;
    g_auto(FaSpawnResult) result = {0};
    if (!find_script(work, step, &script, &environment, &recipe, error))
        return false;
    g_autofree char *log = log_path(work, migration, is_down);
    const char *what = is_down ? "undoing" : "migrating";
    g_autoptr(FaLock) turn = take_turn(work, what, migration->component, cancel, error);
    fa_autofd int fd = turn != NULL ? open_log(log, error) : -1;
    const char *path = is_down ? script->down : script->up;
    if (fd < 0)
        return false;
    if (path == NULL)
        return fa_fail(error, FA_ERROR_FAILED, "the migration '%s/%s' cannot be undone",
                       migration->component, migration->name);
    fa_deploy_work_say(work, "%s %s/%s (%s)", what, migration->component, migration->name,
                       fa_migration_mode_to_string(migration->mode));
    const FaEnvironmentScript run = {
        .path = path,
        .timeout = script->timeout > 0 ? script->timeout : SCRIPT_SECONDS,
        .log_fd = fd,
        .held_fd = fa_lock_get_fd(turn),
        .cancel = cancel,
    };
    if (!fa_environment_run_script(environment, recipe, &run, &result, error)) {
        g_prefix_error(error, "the migration '%s/%s' (%s): ", migration->component, migration->name,
                       is_down ? "down" : "up");
        return false;
    }
    return result.status == 0 || fail_script(migration, is_down, &result, log, error);
}

/* Putting a backup back leaves a log, too: it says that it was begun. */
static bool
restore(FaDeployWork *work, const FaMigrationStep *step, GError **error)
{
    g_autofree char *log = log_path(work, step->migration, true);
    g_autoptr(FaLock) turn = take_turn(work, "putting back", step->migration->component,
                                       fa_deploy_work_cancel(work), error);
    fa_autofd int fd = turn != NULL ? open_log(log, error) : -1;
    if (fd < 0)
        return false;
    fa_deploy_work_say(work, "putting back the data of %s from before %s",
                       step->migration->component, step->migration->name);
    return step->is_covered || fa_deploy_restore(work, step->migration, error);
}

/* What cannot be written down is more than a script that fails. */
static bool
run_step(FaDeployWork *work, const FaMigrationStep *step, GError **error)
{
    g_autoptr(GError) failure = NULL;
    int64_t begun = fa_clock_monotonic();
    bool is_done = step->is_restore ? restore(work, step, &failure)
                                    : run_script(work, step, step->is_down,
                                                 fa_deploy_work_cancel(work), &failure);
    const char *note = step->is_restore ? "from the backup" : NULL;
    int64_t took = fa_clock_monotonic() - begun;
    if (!record(work, step->migration, step->is_down, is_done, is_done ? note : failure->message,
                took, error))
        return false;
    if (!is_done)
        g_propagate_error(error, g_steal_pointer(&failure));
    return is_done;
}

/* An online one needs what it migrates to be there, also where somebody stopped everything. */
static bool
need_running(FaDeployWork *work, GError **error)
{
    FaCancel *cancel = fa_deploy_work_cancel(work);
    return fa_deploy_work_is_first(work) || fa_processes_is_running(work->layout, cancel) ||
           (fa_processes_start_supervisor(work->layout, cancel, error) &&
            fa_processes_wait(work->layout, NULL, 0, cancel, error));
}

bool
fa_deploy_migrate(FaDeployWork *work, FaMigrationPhase phase, char **ret_detail, GError **error)
{
    unsigned count = 0;
    if (!fa_deploy_need_migrations(work, error))
        return false;
    if (!fa_migration_plan_has(work->migrations, phase))
        return true;
    if (!fa_deploy_need_environment(work, error) || !need_running(work, error))
        return false;
    for (guint i = 0; i < work->migrations->steps->len; i++) {
        const FaMigrationStep *step = g_ptr_array_index(work->migrations->steps, i);
        if (step->phase != phase)
            continue;
        count++;
        if (fa_deploy_is_recorded(work, step->migration) == step->is_down &&
            !run_step(work, step, error))
            return false;
    }
    *ret_detail = g_strdup_printf("%u migrations", count);
    return true;
}

/* Of what was being done when somebody was killed, nobody knows how far it came. */
static bool
tell_partial(FaDeployWork *work, const FaMigration *migration, GError **error)
{
    const FaStanding *standing = fa_running_find(work->state->running, work->name);
    const FaMigration *known =
        fa_migrations_find(standing->executed, migration->component, migration->name);
    if (known != NULL || !fa_deploy_was_begun(work, migration, false))
        return true;
    return record(work, migration, false, false,
                  "cut off: it may be half done. Deploy again, which runs it again, or repair its "
                  "data by hand",
                  0, error);
}

static bool
is_kept(const FaDeployWork *work, const FaMigration *migration)
{
    return fa_migration_answers_find(work->options->migrations, migration) == FA_MIGRATION_KEEP;
}

/* A script that was never begun has nothing to be undone; one that was is undone, whether that was written down or not. */
static bool
undo_by_script(FaDeployWork *work, const FaMigrationStep *step, GError **error)
{
    const FaMigration *migration = step->migration;
    bool is_recorded = fa_deploy_is_recorded(work, migration) != step->is_down;
    int64_t begun = fa_clock_monotonic();
    g_autoptr(GError) failure = NULL;
    if (!is_recorded && !fa_deploy_was_begun(work, migration, step->is_down))
        return true;
    if (is_kept(work, migration)) {
        fa_deploy_work_say(work, "leaving %s/%s as it is", migration->component, migration->name);
        return true;
    }
    bool is_done = run_script(work, step, !step->is_down, NULL, &failure);
    int64_t took = fa_clock_monotonic() - begun;
    if ((is_recorded || !is_done) && !record(work, migration, !step->is_down, is_done,
                                             is_done ? NULL : failure->message, took, error))
        return false;
    if (!is_done) {
        g_propagate_error(error, g_steal_pointer(&failure));
        g_prefix_error(error, "what was migrated is still so; ");
        return false;
    }
    return true;
}

/* Does the ledger say anything else about it than when the deployment began? */
static bool
is_other_than_before(const FaDeployWork *work, const FaMigration *migration)
{
    const FaStanding *standing = fa_running_find(work->state->running, work->name);
    const FaMigration *now =
        fa_migrations_find(standing->executed, migration->component, migration->name);
    const FaMigration *before = fa_migrations_find(fa_deploy_work_get(work)->executed,
                                                   migration->component, migration->name);
    if (now == NULL || before == NULL)
        return now != before;
    return now->is_partial != before->is_partial;
}

/* It comes from the backup of the component, when there is one: everything that was recorded is as it was. */
static bool
undo_step(FaDeployWork *work, const FaMigrationStep *step, const GPtrArray *restored,
          GError **error)
{
    const FaMigration *migration = step->migration;
    bool is_recorded = fa_deploy_is_recorded(work, migration) != step->is_down;
    if (g_ptr_array_find_with_equal_func((GPtrArray *)restored, migration->component, g_str_equal,
                                         NULL))
        return !is_other_than_before(work, migration) ||
               record(work, migration, !step->is_down, true, "from the backup", 0, error);
    if (!step->is_down && !migration->is_reversible) {
        if (is_recorded)
            fa_deploy_work_say(work, "%s/%s cannot be undone, and stays", migration->component,
                               migration->name);
        return tell_partial(work, migration, error);
    }
    if (step->is_restore)
        return !is_recorded || fa_fail(error, FA_ERROR_FAILED,
                                       "the backup that was made before "
                                       "the old data came back is gone");
    return undo_by_script(work, step, error);
}

/* Does anything of @component stand in this phase that only a backup undoes? */
static bool
needs_restore(const FaDeployWork *work, const char *component)
{
    for (guint i = 0; i < work->migrations->steps->len; i++) {
        const FaMigrationStep *step = g_ptr_array_index(work->migrations->steps, i);
        bool is_hard = step->is_restore || (!step->is_down && !step->migration->is_reversible);
        if (step->phase == FA_MIGRATION_CLOSED && is_hard &&
            strcmp(step->migration->component, component) == 0 &&
            fa_deploy_was_begun(work, step->migration, step->is_down))
            return true;
    }
    return false;
}

static bool
restore_all(FaDeployWork *work, GPtrArray *restored, GError **error)
{
    g_autoptr(GPtrArray) saved = fa_deploy_list_saved_closed(work);
    for (guint i = 0; i < saved->len; i++) {
        const char *component = g_ptr_array_index(saved, i);
        if (!needs_restore(work, component))
            continue;
        g_autoptr(FaLock) turn = take_turn(work, "putting back", component, NULL, error);
        if (turn == NULL)
            return false;
        fa_deploy_work_say(work, "putting back the data of %s", component);
        if (!fa_deploy_restore_closed(work, component, error))
            return false;
        g_ptr_array_add(restored, g_strdup(component));
    }
    return true;
}

bool
fa_deploy_migrate_undo(FaDeployWork *work, FaMigrationPhase phase, char **ret_detail,
                       GError **error)
{
    g_autoptr(GPtrArray) restored = g_ptr_array_new_with_free_func(g_free);
    if (!fa_deploy_need_migrations(work, error))
        return false;
    if (!fa_migration_plan_has(work->migrations, phase))
        return true;
    if (phase == FA_MIGRATION_CLOSED && !restore_all(work, restored, error))
        return false;
    for (guint i = work->migrations->steps->len; i > 0; i--) {
        const FaMigrationStep *step = g_ptr_array_index(work->migrations->steps, i - 1);
        if (step->phase == phase && !undo_step(work, step, restored, error))
            return false;
    }
    return true;
}
