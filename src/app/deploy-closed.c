#include <string.h>

#include "app/deploy-private.h"
#include "app/processes.h"
#include "app/setup.h"
#include "base/error.h"
#include "domain/ports.h"
#include "site/conf.h"
#include "site/maintenance.h"
#include "site/portcheck.h"
#include "site/slot.h"
#include "sys/clock.h"

#define DRAIN_SECONDS 30
#define DRAIN_LEAST   (G_USEC_PER_SEC / 5) /* for requests that were on their way */

/*
 * The time in which nobody is served. What is migrated then runs in neither slot, so that nobody writes; the new one
 * starts there only when all is as it wants it, and is checked before people are let in again.
 */

/* (transfer full) (nullable) What the supervisor calls those of @build that are of the closed components of @product. */
static char **
list_processes(const FaDeployWork *work, const FaProduct *product, const char *build,
               GError **error)
{
    FaSlot slot = fa_slot_of_build(work->layout, build);
    g_autoptr(GHashTable) closed = fa_migration_plan_list_closed(work->migrations, product);
    g_autoptr(GStrvBuilder) names = g_strv_builder_new();
    g_auto(GStrv) all = fa_slot_list_processes(work->layout, build, error);
    if (all == NULL)
        return NULL;
    for (guint i = 0; i < product->components->len; i++) {
        const FaRecipe *recipe = g_ptr_array_index(product->components, i);
        for (guint k = 0; g_hash_table_contains(closed, recipe->name) && k < recipe->processes->len;
             k++) {
            const FaProcess *process = g_ptr_array_index(recipe->processes, k);
            g_autofree char *plain =
                fa_conf_process_name(recipe->name, process->name, recipe->processes->len == 1);
            g_autofree char *name = fa_slot_get_process_name(slot, plain);
            if (g_strv_contains((const char *const *)all, name))
                g_strv_builder_add(names, name);
        }
    }
    return g_strv_builder_end(names);
}

GHashTable *
fa_deploy_held_components(const FaDeployWork *work)
{
    if (fa_deploy_work_is_first(work) || work->migrations == NULL)
        return g_hash_table_new(g_str_hash, g_str_equal);
    return fa_migration_plan_list_closed(work->migrations, fa_context_get_product(work->context));
}

char **
fa_deploy_list_held(FaDeployWork *work, const char *build, GError **error)
{
    if (!fa_deploy_need_migrations(work, error))
        return NULL;
    if (fa_deploy_work_is_first(work))
        return g_new0(char *, 1);
    return list_processes(work, fa_context_get_product(work->context), build, error);
}

/* (transfer full) (nullable) Those of the old build; all of it when nobody knows any more what that was. */
static char **
list_old(FaDeployWork *work, GError **error)
{
    const FaDeployment *deployment = fa_deploy_work_get(work);
    if (fa_deploy_work_is_first(work))
        return g_new0(char *, 1);
    if (deployment->from == NULL ||
        fa_releases_find(work->state->releases, deployment->from) == NULL)
        return fa_slot_list_processes(work->layout, deployment->expects, error);
    const FaOtherRelease *other = fa_deploy_need_other(work, deployment->from, error);
    return other != NULL ? list_processes(work, fa_context_get_product(other->built->context),
                                          deployment->expects, error)
                         : NULL;
}

/* (transfer full) (nullable) */
static char **
list_new(FaDeployWork *work, GError **error)
{
    g_autofree char *build = fa_deploy_find_build(work, error);
    return build != NULL ? list_processes(work, fa_context_get_product(work->context), build, error)
                         : NULL;
}

/* What depends on others comes later, and goes first. One that was never started is stopped already. */
static bool
stop_all(const FaDeployWork *work, char *const *names, GError **error)
{
    for (guint i = g_strv_length((char **)names); i > 0; i--) {
        g_autoptr(GError) failure = NULL;
        if (!fa_processes_stop(work->layout, names[i - 1], NULL, &failure) &&
            !fa_error_is(failure, FA_ERROR_NOT_FOUND)) {
            g_propagate_error(error, g_steal_pointer(&failure));
            return false;
        }
    }
    return true;
}

static bool
start_all(const FaDeployWork *work, char *const *names, FaCancel *cancel, GError **error)
{
    for (char *const *name = names; *name != NULL; name++) {
        if (!fa_processes_start(work->layout, *name, cancel, error))
            return false;
    }
    return *names == NULL || fa_processes_wait(work->layout, (const char *const *)names,
                                               work->options->patience, cancel, error);
}

static bool
stop_both(FaDeployWork *work, GError **error)
{
    g_auto(GStrv) old = list_old(work, error);
    g_auto(GStrv) new = old != NULL ? list_new(work, error) : NULL;
    return new != NULL &&stop_all(work, old, error) && stop_all(work, new, error);
}

/* What was held beside runs from now on as the rest does. */
static bool
start_new(FaDeployWork *work, GError **error)
{
    FaCancel *cancel = fa_deploy_work_cancel(work);
    g_autofree char *build = fa_deploy_find_build(work, error);
    g_auto(GStrv) names = build != NULL ? list_new(work, error) : NULL;
    if (names == NULL)
        return false;
    if (!fa_deploy_work_is_first(work) &&
        (!fa_slot_put_beside(work->layout, fa_deploy_work_slot(work), build, NULL, error) ||
         !fa_processes_update(work->layout, cancel, error)))
        return false;
    return start_all(work, names, cancel, error);
}

bool
fa_deploy_look_drained(const FaDeployWork *work, FaSlot slot, int64_t begun, bool *ret_is_over,
                       char **ret_detail, GError **error)
{
    unsigned first =
        fa_ports_get(work->host_choice.site, work->host_choice.environment, (unsigned)slot, 0);
    int64_t waited = fa_clock_monotonic() - begun;
    unsigned count;
    if (!fa_portcheck_count_connections(first, first + FA_PORTS_PER_SLOT - 1, &count, error))
        return false;
    bool is_late = count > 0 && waited > DRAIN_SECONDS * G_USEC_PER_SEC;
    if (is_late)
        *ret_detail = g_strdup_printf("%u connections were still open", count);
    *ret_is_over = is_late || (count == 0 && waited >= DRAIN_LEAST);
    return true;
}

static bool
drain(const FaDeployWork *work, FaCancel *cancel, char **ret_detail, GError **error)
{
    FaSlot slot = fa_slot_get_current(work->layout);
    int64_t begun = fa_clock_monotonic();
    for (;;) {
        bool is_over;
        if (!fa_deploy_look_drained(work, slot, begun, &is_over, ret_detail, error))
            return false;
        if (is_over)
            return true;
        if (!fa_processes_pause(cancel, error))
            return false;
    }
}

static char *
edge_log(const FaDeployWork *work)
{
    return g_build_filename(work->layout->home, "edge", "log", "access.log", NULL);
}

static bool
is_closed_needed(FaDeployWork *work, bool *ret_is_needed, GError **error)
{
    if (!fa_deploy_need_migrations(work, error))
        return false;
    *ret_is_needed = fa_migration_plan_has(work->migrations, FA_MIGRATION_CLOSED);
    return true;
}

bool
fa_deploy_close(FaDeployWork *work, FaCancel *cancel, char **ret_detail, GError **error)
{
    g_autofree char *log = edge_log(work);
    bool is_needed;
    if (!is_closed_needed(work, &is_needed, error))
        return false;
    if (!is_needed)
        return true;
    fa_deploy_work_say(work, "nobody is served from now on: 503, with Retry-After");
    return fa_maintenance_begin(work->layout, log, fa_deploy_work_get(work)->id, error) &&
           (fa_deploy_work_is_first(work) || drain(work, cancel, ret_detail, error));
}

bool
fa_deploy_open(FaDeployWork *work, char **ret_detail, GError **error)
{
    g_autofree char *log = edge_log(work);
    FaMaintenance ended;
    if (!fa_maintenance_end(work->layout, log, fa_deploy_work_get(work)->id, &ended, error))
        return false;
    if (!ended.was_there)
        return true;
    work->offline_us = ended.microseconds;
    work->offline_requests = ended.requests;
    g_autofree char *requests = ended.requests >= 0
                                    ? g_strdup_printf("%" G_GINT64_FORMAT, ended.requests)
                                    : g_strdup("an unknown number of");
    *ret_detail = g_strdup_printf("%" G_GINT64_FORMAT " ms, in which %s requests were answered 503",
                                  ended.microseconds / 1000, requests);
    fa_deploy_work_say(work, "people are served again, after %s", *ret_detail);
    return true;
}

/* What waited for that: the set-up of what was held, then the smoke tests of all. */
static bool
check_new(FaDeployWork *work, GError **error)
{
    const FaDeployOptions *options = work->options;
    g_autofree char *tests = NULL;
    if (fa_deploy_work_is_first(work))
        return fa_deploy_smoke(work, &tests, error);
    return fa_setup(work->environment, NULL, options->say, options->data,
                    fa_deploy_work_cancel(work), error) &&
           fa_deploy_smoke(work, &tests, error);
}

bool
fa_deploy_migrate_closed(FaDeployWork *work, char **ret_detail, GError **error)
{
    bool is_needed;
    if (!is_closed_needed(work, &is_needed, error))
        return false;
    if (!is_needed)
        return true;
    return fa_deploy_need_environment(work, error) && stop_both(work, error) &&
           fa_deploy_backup_closed(work, error) &&
           fa_deploy_migrate(work, FA_MIGRATION_CLOSED, ret_detail, error) &&
           start_new(work, error) && check_new(work, error);
}

bool
fa_deploy_migrate_closed_undo(FaDeployWork *work, char **ret_detail, GError **error)
{
    bool is_needed;
    if (!is_closed_needed(work, &is_needed, error))
        return false;
    if (!is_needed)
        return true;
    if (!stop_both(work, error) ||
        !fa_deploy_migrate_undo(work, FA_MIGRATION_CLOSED, ret_detail, error))
        return false;
    g_auto(GStrv) old = list_old(work, error);
    return old != NULL && start_all(work, old, NULL, error);
}
