#include <string.h>

#include "app/deploy-private.h"
#include "app/processes.h"
#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "ledger/ledger.h"
#include "sys/fs.h"

#define RECORD_MAX ((size_t)16 << 20)

/* (transfer full) (nullable) The release that a build was composed of. */
static char *
read_release(const FaLayout *layout, const char *build)
{
    g_autofree char *path = g_build_filename(layout->builds, build, "build.json", NULL);
    g_autofree char *text = NULL;
    size_t length;
    if (!fa_fs_read(path, RECORD_MAX, &text, &length, NULL))
        return NULL;
    g_autoptr(JsonNode) node = fa_json_from_text(text, (gssize)length, NULL);
    return node != NULL && JSON_NODE_HOLDS_OBJECT(node)
               ? g_strdup(fa_json_get_string(json_node_get_object(node), "release"))
               : NULL;
}

/* (transfer full) (nullable) The build in the slot, when it is of the release that is wanted and its processes are kept. */
static char *
find_kept(const FaDeployWork *work)
{
    const FaDeployment *deployment = fa_deploy_work_get(work);
    const FaStanding *standing = fa_running_find(work->state->running, work->name);
    FaSlot slot = fa_deploy_work_slot(work);
    g_autofree char *build = fa_slot_get_build(work->layout, slot);
    /* What came by no deployment may have migrated something since. */
    if (standing->deployment == NULL || deployment->kind != FA_DEPLOY_ROLLBACK || build == NULL ||
        !fa_slot_is_kept(work->layout, slot))
        return NULL;
    g_autofree char *release = read_release(work->layout, build);
    return g_strcmp0(release, deployment->release) == 0 ? g_steal_pointer(&build) : NULL;
}

static bool
check_processes(const FaDeployWork *work, const char *build, GError **error)
{
    g_auto(GStrv) names = fa_slot_list_processes(work->layout, build, error);
    return names != NULL && fa_processes_check(work->layout, (const char *const *)names,
                                               work->options->assemble.cancel, error);
}

/* Its end is called off first, so that what runs now goes on running. */
static bool
is_standby(FaDeployWork *work)
{
    g_autofree char *build = find_kept(work);
    g_autoptr(GError) failure = NULL;
    return build != NULL &&
           (fa_processes_stop(work->layout, FA_SLOT_KEEPER, NULL, &failure) ||
            fa_error_is(failure, FA_ERROR_NOT_FOUND)) &&
           check_processes(work, build, NULL);
}

bool
fa_deploy_do_standby(FaDeployWork *work, FaDeployStep step, bool *ret_is_done, char **ret_detail,
                     GError **error)
{
    if (work->standby == FA_STANDBY_UNKNOWN)
        work->standby = is_standby(work) ? FA_STANDBY_YES : FA_STANDBY_NO;
    *ret_is_done = work->standby == FA_STANDBY_YES &&
                   (step < FA_DEPLOY_STEP_SWITCH || step == FA_DEPLOY_STEP_MAINTENANCE_OFF ||
                    step == FA_DEPLOY_STEP_MIGRATE_BACK);
    if (!*ret_is_done || step != FA_DEPLOY_STEP_CHECK)
        return true;
    g_autofree char *build = fa_slot_get_build(work->layout, fa_deploy_work_slot(work));
    *ret_detail = g_strdup("it still runs");
    return build != NULL && check_processes(work, build, error);
}

static bool
take_position(const FaEvent *event, void *data, GError **error)
{
    *(uint64_t *)data = event->position;
    return true;
}

/* A deployment is called by the position of its first event. */
static bool
has_migrated(const FaDeployWork *work, bool *ret_has, GError **error)
{
    const FaLedgerQuery query = {
        .subject = work->name,
        .kind = fa_event_kind_to_string(FA_EVENT_MIGRATION_RAN),
        .is_backward = true,
        .limit = 1,
    };
    uint64_t begun = 0, last = 0;
    if (!fa_parse_uint64(fa_deploy_work_get(work)->id + 1, 0, UINT64_MAX, &begun) ||
        !fa_ledger_read(work->state->ledger, &query, take_position, &last, error))
        return false;
    *ret_has = last > begun;
    return true;
}

bool
fa_deploy_keep_old(FaDeployWork *work, FaSlot slot, bool *ret_is_kept, char **ret_detail,
                   GError **error)
{
    int64_t seconds = work->host_choice.environment->keep_old;
    bool has;
    *ret_is_kept = false;
    if (seconds == 0 || fa_deploy_work_get(work)->kind == FA_DEPLOY_ROLLBACK)
        return true;
    if (!has_migrated(work, &has, error))
        return false;
    if (has)
        return true;
    if (!fa_slot_keep(work->layout, slot, seconds, error) ||
        !fa_processes_update(work->layout, NULL, error))
        return false;
    *ret_is_kept = true;
    *ret_detail = g_strdup_printf("runs on for %" G_GINT64_FORMAT " s", seconds);
    return true;
}

bool
fa_deploy_rearm_keeper(FaDeployWork *work, GError **error)
{
    g_autoptr(GError) failure = NULL;
    if (!fa_slot_is_kept(work->layout, fa_slot_other(fa_slot_get_current(work->layout))) ||
        !fa_processes_is_running(work->layout, NULL) ||
        fa_processes_start(work->layout, FA_SLOT_KEEPER, NULL, &failure) ||
        fa_error_is(failure, FA_ERROR_NOT_FOUND))
        return true;
    g_propagate_error(error, g_steal_pointer(&failure));
    return false;
}

bool
fa_deploy_clear_slot(FaDeployWork *work, FaSlot slot, GError **error)
{
    if (!fa_slot_has_beside(work->layout, slot))
        return true;
    return fa_slot_clear_beside(work->layout, slot, error) &&
           (!fa_processes_is_running(work->layout, NULL) ||
            fa_processes_update(work->layout, NULL, error));
}
