#include "app/preview.h"

#include "app/environment.h"
#include "app/names.h"
#include "base/error.h"
#include "domain/track.h"
#include "site/carry.h"
#include "sys/fs.h"

void
fa_preview_clear(FaPreview *preview)
{
    g_clear_pointer(&preview->plan, g_ptr_array_unref);
    g_clear_pointer(&preview->edited, g_ptr_array_unref);
    g_clear_pointer(&preview->release, g_free);
}

static bool
is_known(const GPtrArray *plan)
{
    for (guint i = 0; i < plan->len; i++)
        if (((const FaAssembled *)g_ptr_array_index(plan, i))->state == FA_PLAN_FETCH)
            return false;
    return true;
}

/* Of an environment that has a current build. */
static bool
compare(FaContext *context, const FaChoice *choice, const FaUpOptions *options,
        const GPtrArray *plan, FaPreviewBuild *ret_build, GError **error)
{
    FaEditPolicy policy = FA_EDIT_ASK;
    bool is_outdated = true;
    g_autoptr(GError) failure = NULL;

    if (options->on_edit != NULL && !fa_edit_policy_from_string(options->on_edit, &policy))
        return fa_fail(error, FA_ERROR_USAGE, "'%s' is no way to treat edited files",
                       options->on_edit);
    const FaInstance instance = {.plan = plan};
    g_autoptr(FaEnvironment) environment =
        fa_environment_look(context, choice, options->assemble.assignments, &instance, &failure);
    if (environment == NULL && !fa_error_is(failure, FA_ERROR_NOT_FOUND)) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return false;
    }
    if (environment != NULL && !fa_environment_is_outdated(environment, options->assemble.sandbox,
                                                           policy, &is_outdated, error))
        return false;
    *ret_build = is_outdated ? FA_PREVIEW_BUILD_NEW : FA_PREVIEW_BUILD_SAME;
    return true;
}

bool
fa_preview(FaContext *context, const FaChoice *choice, const FaUpOptions *options,
           FaPreview *ret_preview, GError **error)
{
    g_auto(FaPreview) preview = {.build = FA_PREVIEW_BUILD_NEW};
    FaAssembleOptions assemble = options->assemble;
    g_autofree char *current = NULL;

    assemble.dry_run = true;
    assemble.events =
        (FaAssembleEvents){.note = assemble.events.note, .data = assemble.events.data};
    /* To look into the ledger leaves its marks in the home: only where its answer may decide. */
    if (!fa_track_takes_snapshots(choice->environment->track) &&
        !fa_up_check(context, choice, options, &preview.release, error))
        return false;
    if (preview.release != NULL) {
        preview.plan = g_ptr_array_new();
        preview.edited = g_ptr_array_new();
        preview.build = FA_PREVIEW_BUILD_SAME;
        *ret_preview = preview;
        preview = (FaPreview){0};
        return true;
    }
    g_autoptr(FaLayout) layout = fa_names_layout(context, choice, error);
    if (layout == NULL || !fa_assemble(context, choice, &assemble, &preview.plan, error) ||
        !fa_layout_get_current(layout, &current, error))
        return false;
    if (current != NULL) {
        g_autofree char *etc = g_build_filename(layout->current, "etc", NULL);
        preview.edited = fa_carry_list_edited(etc, error);
        if (preview.edited == NULL)
            return false;
    } else {
        preview.edited = g_ptr_array_new_with_free_func(g_free);
    }
    if (current != NULL && !is_known(preview.plan))
        preview.build = FA_PREVIEW_BUILD_UNKNOWN;
    else if (current != NULL &&
             !compare(context, choice, options, preview.plan, &preview.build, error))
        return false;
    *ret_preview = preview;
    preview = (FaPreview){0};
    return true;
}
