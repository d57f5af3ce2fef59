#include "cli/cells.h"
#include "cli/release-text.h"
#include "sys/clock.h"
#include "view/release.h"

static bool
print_head(const FaRelease *release, GError **error)
{
    g_autofree char *cut = fa_time_format_ago(release->cut_at, fa_clock_now());
    g_autofree char *parent =
        release->parent != NULL ? g_strdup_printf(" after %s", release->parent) : g_strdup("");
    return fa_answer_text(error, "%s: %s%s, cut %s by %s%s%s\npins %s\nbits %s\n", release->label,
                          fa_release_kind_to_string(release->kind), parent, cut, release->cut_by,
                          release->why != NULL ? ": " : "",
                          release->why != NULL ? release->why : "", release->digest,
                          release->bits != NULL ? release->bits : "not built yet") &&
           (!release->is_rejected || fa_answer_text(error, "rejected by %s: %s\n",
                                                    release->rejected_by, release->rejected_why));
}

static bool
print_pins(const FaInvocation *invocation, const FaRelease *release, GError **error)
{
    g_autoptr(FaTable) pins =
        fa_table_new((const char *const[]){"COMPONENT", "REVISION", "VERSION", "BRANCH", NULL});
    for (guint i = 0; i < release->pins->len; i++) {
        const FaPin *pin = g_ptr_array_index(release->pins, i);
        const char *version = pin->version != NULL ? pin->version : "";
        g_autofree char *revision = fa_cell_revision(pin->revision);
        fa_table_add(pins, pin->component, revision,
                     g_str_has_prefix(revision, version) ? "" : version,
                     pin->branch != NULL ? pin->branch : "", NULL);
    }
    return fa_answer_table(invocation, pins, error);
}

static bool
print_places(const FaInvocation *invocation, const FaRelease *release, GError **error)
{
    g_autoptr(FaTable) places = fa_table_new((const char *const[]){"WENT TO", "SINCE", "BY", NULL});
    for (guint i = 0; i < release->places->len; i++) {
        const FaReleasePlace *place = g_ptr_array_index(release->places, i);
        g_autofree char *since = fa_time_format_ago(place->since, fa_clock_now());
        fa_table_add(places, place->environment, since, place->by, NULL);
    }
    return fa_answer_table(invocation, places, error);
}

static bool
print(const FaInvocation *invocation, const FaRelease *release, GError **error)
{
    return print_head(release, error) && print_pins(invocation, release, error) &&
           print_places(invocation, release, error);
}

static bool
run(FaInvocation *invocation, GError **error)
{
    g_autoptr(FaContext) context = fa_context_open(invocation->home, error);
    g_autoptr(FaState) state = context != NULL ? fa_state_open(context, error) : NULL;
    const FaRelease *release =
        state != NULL ? fa_state_find_release(state, invocation->arguments[0], error) : NULL;
    if (release == NULL)
        return false;
    if (!invocation->json)
        return print(invocation, release, error);
    g_autoptr(JsonObject) document = fa_view_release(release);
    return fa_answer_json(document, error);
}

static const FaExample examples[] = {
    {"fassembler release show 0.6.1", "what it pins, and where it went"},
    {0},
};

const FaCmd fa_cmd_release_show = {
    .name = "release show",
    .group = FA_GROUP_RELEASE,
    .summary = "Show what a release pins and where it went",
    .usage = "LABEL",
    .examples = examples,
    .min_arguments = 1,
    .max_arguments = 1,
    .needs = FA_NEEDS_PRODUCT,
    .traits = FA_CMD_HAS_JSON,
    .run = run,
    .complete = fa_release_text_complete,
};
