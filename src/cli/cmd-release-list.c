#include "cli/release-text.h"
#include "sys/clock.h"
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

/* (transfer full) "live.openplans, stage.openplans" */
static char *
list_places(const FaState *state, const FaRelease *release)
{
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(GPtrArray) standings = fa_running_list(state->running);
    for (guint i = 0; i < standings->len; i++) {
        const FaStanding *standing = g_ptr_array_index(standings, i);
        if (!standing->is_retired && g_strcmp0(standing->release, release->label) == 0)
            g_string_append_printf(text, "%s%s", text->len > 0 ? ", " : "", standing->environment);
    }
    return g_string_free(g_steal_pointer(&text), FALSE);
}

static bool
answer(const FaInvocation *invocation, const FaState *state, GError **error)
{
    const GPtrArray *list = fa_releases_list(state->releases);
    FaTime now = fa_clock_now();
    g_autoptr(FaTable) table = fa_table_new(
        (const char *const[]){"RELEASE", "KIND", "AFTER", "CUT", "BY", "STATE", "RUNS IN", NULL});
    if (list->len == 0)
        fa_say(invocation, "nothing was cut yet\nnext: fassembler release cut 0.1");
    for (guint i = 0; i < list->len; i++) {
        const FaRelease *release = g_ptr_array_index(list, list->len - 1 - i);
        g_autofree char *cut = fa_time_format_ago(release->cut_at, now);
        g_autofree char *places = list_places(state, release);
        fa_table_add(table, release->label, fa_release_kind_to_string(release->kind),
                     release->parent != NULL ? release->parent : "", cut, release->cut_by,
                     state_of(release), places, NULL);
        fa_table_style(table, 0, FA_STYLE_BOLD);
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
    if (!invocation->json)
        return answer(invocation, state, error);
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
    .description = "The newest comes first, in the order in which they were cut, each with the "
                   "environments that "
                   "run it now.",
    .examples = examples,
    .needs = FA_NEEDS_PRODUCT,
    .traits = FA_CMD_HAS_JSON,
    .run = run,
};
