#include "app/context.h"
#include "app/gc.h"
#include "base/text.h"
#include "cli/answer.h"
#include "cli/home.h"

static bool
answer(const FaInvocation *invocation, JsonObject *report, GError **error)
{
    JsonArray *kept = fa_json_get_array(report, "kept");
    g_autofree char *freed =
        fa_text_format_size((uint64_t)fa_json_get_int(report, "bytes-freed", 0));
    g_autofree char *left = fa_text_format_size((uint64_t)fa_json_get_int(report, "bytes-kept", 0));
    gint64 names = fa_json_get_int(report, "names-removed", 0);

    if (!fa_answer_text(error, "%s %" G_GINT64_FORMAT " builds, %s; %s stay\n",
                        invocation->dry_run ? "would remove" : "removed", names, freed, left))
        return false;
    gint64 backups = fa_json_get_int(report, "backups-removed", 0);
    g_autofree char *saved =
        fa_text_format_size((uint64_t)fa_json_get_int(report, "backup-bytes-freed", 0));
    if (backups > 0 &&
        !fa_answer_text(error, "%s %" G_GINT64_FORMAT " backups, %s\n",
                        invocation->dry_run ? "would remove" : "removed", backups, saved))
        return false;
    if (!invocation->is_verbose)
        return true;

    g_autoptr(FaTable) table = fa_table_new((const char *const[]){"KEPT", "BY", NULL});
    for (guint i = 0; i < json_array_get_length(kept); i++) {
        JsonObject *entry = json_array_get_object_element(kept, i);
        fa_table_add(table, fa_json_get_string(entry, "name"), fa_json_get_string(entry, "by"),
                     NULL);
    }
    return fa_answer_table(invocation, table, error);
}

static bool
run(FaInvocation *invocation, GError **error)
{
    g_autoptr(FaContext) context = NULL;
    g_autoptr(JsonObject) report = NULL;
    const char *home = invocation->home;
    g_autofree char *actor = fa_home_get_actor(), *warning = NULL;

    if (home == NULL) {
        context = fa_context_open(NULL, error);
        if (context == NULL)
            return false;
        home = fa_context_get_home(context);
    }
    if (!fa_gc(home, actor, invocation->dry_run, invocation->cancel, &report, &warning, error))
        return false;
    fa_warn(invocation, warning);
    return invocation->json ? fa_answer_json(report, error) : answer(invocation, report, error);
}

static const FaExample examples[] = {
    {"fassembler gc -n", "say what would go and how much that is"},
    {"fassembler gc -v", "remove it, and say what keeps the rest"},
    {0},
};

const FaCmd fa_cmd_gc = {
    .name = "gc",
    .group = FA_GROUP_CARE,
    .summary = "Remove from the store what nothing uses any more",
    .description = "Whatever a running, current, kept or pinned build uses stays. Works on a full "
                   "disk, and beside running builds. Of the backups of each environment the newest "
                   "five stay, and those from before what cannot be undone otherwise.",
    .examples = examples,
    .needs = FA_NEEDS_HOME,
    .traits = FA_CMD_HAS_JSON | FA_CMD_HAS_DRY_RUN,
    .run = run,
};
