#include "cli/release-text.h"
#include "view/release.h"

static const char *
state_of(const FaRelease *release)
{
    if (release->is_rejected)
        return "rejected";
    if (fa_release_was_live(release))
        return "went live";
    if (release->places->len > 0)
        return "deployed";
    return release->bits != NULL ? "built" : "cut";
}

static bool
answer(const FaInvocation *invocation, const GPtrArray *list, GError **error)
{
    g_autoptr(FaTable) table =
        fa_table_new((const char *const[]){"RELEASE", "KIND", "AFTER", "CUT", "BY", "STATE", NULL});
    for (guint i = 0; i < list->len; i++) {
        const FaRelease *release = g_ptr_array_index(list, list->len - 1 - i);
        char time[FA_TIME_UTC_SIZE];
        fa_time_to_utc(release->cut_at, time);
        fa_table_add(table, release->label, fa_release_kind_to_string(release->kind),
                     release->parent != NULL ? release->parent : "", time, release->cut_by,
                     state_of(release), NULL);
        if (release->is_rejected)
            fa_table_style(table, 5, FA_STYLE_BAD);
    }
    return fa_answer_table(invocation, table, error);
}

static bool
run(FaInvocation *invocation, GError **error)
{
    g_autoptr(FaContext) context = fa_context_open(invocation->home, error);
    g_autoptr(FaState) state = context != NULL ? fa_state_open(context, error) : NULL;
    if (state == NULL)
        return false;
    const GPtrArray *list = fa_releases_list(state->releases);
    if (!invocation->json)
        return answer(invocation, list, error);
    g_autoptr(JsonObject) document = fa_view_releases(state->releases);
    return fa_answer_json(document, error);
}

static const FaExample examples[] = {
    {"fassembler release list", "all releases, the newest first"},
    {0},
};

const FaCmd fa_cmd_release_list = {
    .name = "release list",
    .group = FA_GROUP_RELEASE,
    .summary = "List all releases",
    .description = "The newest comes first, in the order in which they were cut.",
    .examples = examples,
    .needs = FA_NEEDS_PRODUCT,
    .traits = FA_CMD_HAS_JSON,
    .run = run,
};
