#include "cli/release-text.h"
#include "view/release.h"

static bool
print_head(const FaRelease *release, GError **error)
{
    char time[FA_TIME_UTC_SIZE];
    fa_time_to_utc(release->cut_at, time);
    return fa_answer_text(error, "%s  %s  cut %s by %s\npins %s\nbits %s\n", release->label,
                          fa_release_kind_to_string(release->kind), time, release->cut_by,
                          release->digest,
                          release->bits != NULL ? release->bits : "not built yet") &&
           (!release->is_rejected || fa_answer_text(error, "rejected by %s: %s\n",
                                                    release->rejected_by, release->rejected_why));
}

static bool
print(const FaInvocation *invocation, const FaRelease *release, GError **error)
{
    g_autoptr(FaTable) pins =
        fa_table_new((const char *const[]){"COMPONENT", "VERSION", "REVISION", "BRANCH", NULL});
    for (guint i = 0; i < release->pins->len; i++) {
        const FaPin *pin = g_ptr_array_index(release->pins, i);
        fa_table_add(pins, pin->component, pin->version != NULL ? pin->version : "", pin->revision,
                     pin->branch != NULL ? pin->branch : "", NULL);
    }
    if (!print_head(release, error) || !fa_answer_table(invocation, pins, error))
        return false;
    for (guint i = 0; i < release->places->len; i++) {
        const FaReleasePlace *place = g_ptr_array_index(release->places, i);
        char time[FA_TIME_UTC_SIZE];
        fa_time_to_utc(place->since, time);
        if (!fa_answer_text(error, "%s since %s by %s\n", place->environment, time, place->by))
            return false;
    }
    return true;
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
