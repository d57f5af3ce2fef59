#include "app/refresh.h"

#include <string.h>

#include "app/deploy.h"
#include "app/frozen.h"
#include "app/ledger.h"
#include "app/names.h"
#include "app/state.h"
#include "base/error.h"
#include "sys/fs.h"

#define REASON_MAX 2000

void
fa_refreshed_clear(FaRefreshed *refreshed)
{
    g_clear_pointer(&refreshed->release, g_free);
    g_clear_pointer(&refreshed->build, g_free);
    g_clear_pointer(&refreshed->url, g_free);
}

/* One refresh at work. */
typedef struct Refresh {
    FaContext *host; /* as the product's folder is now */
    const FaChoice *choice;
    const FaUpOptions *options;
    const char *name; /* ENV.SITE */
    FaState *state;
    const char *what;     /* (nullable) what was being done when it failed; NULL: nothing yet */
    FaRefreshed *results; /* filled in */
} Refresh;

static void
say(const Refresh *refresh, const char *text)
{
    if (refresh->options->say != NULL)
        refresh->options->say(text, refresh->options->data);
}

/* What is on the trunks goes into a lock of its own: that of the product stays as a person left it. */
static bool
bring_trunk(Refresh *refresh, FaContext *copy, GError **error)
{
    FaChoice choice;
    FaUpOptions up = *refresh->options;
    g_autoptr(GPtrArray) plan = NULL;
    if (!fa_context_choose(copy, refresh->name, &choice, error))
        return false;
    up.why = NULL;
    up.goes_back = true;
    up.assemble.assignments = NULL;
    up.assemble.update = true;
    refresh->what = "build";
    if (!fa_assemble(copy, &choice, &up.assemble, &plan, error))
        return false;
    up.assemble.update = false;
    up.assemble.events = (FaAssembleEvents){0};
    refresh->what = "start";
    refresh->results->release = g_strdup(FA_RELEASE_TRUNK);
    return fa_up(copy, &choice, &up, &refresh->results->url, error);
}

static bool
refresh_from_trunk(Refresh *refresh, GError **error)
{
    refresh->what = "fetch";
    say(refresh, "looking at the trunks");
    g_autofree char *directory = fa_frozen_copy(refresh->host, error);
    if (directory == NULL)
        return false;
    g_autoptr(FaContext) copy =
        fa_context_open_release(refresh->host, directory, FA_RELEASE_TRUNK, false, error);
    bool is_done = copy != NULL && bring_trunk(refresh, copy, error);
    g_autoptr(GError) ignored = NULL;
    fa_fs_remove_tree(directory, &ignored);
    return is_done;
}

/* A deployment of what live runs, unless that runs already. */
static bool
refresh_from_live(Refresh *refresh, GError **error)
{
    g_autofree char *live = fa_track_live_of(refresh->name);
    const FaStanding *ours = fa_running_find(refresh->state->running, refresh->name);
    const FaStanding *theirs = live != NULL ? fa_running_find(refresh->state->running, live) : NULL;
    const char *label = theirs != NULL ? theirs->release : NULL;
    const FaUpOptions *options = refresh->options;
    g_auto(FaDeployed) deployed = {0};
    if (label == NULL || fa_releases_find(refresh->state->releases, label) == NULL)
        return fa_fail(error, FA_ERROR_NOT_FOUND, "%s runs no release yet\nhelp: fassembler board",
                       live);
    refresh->results->release = g_strdup(label);
    bool is_same = ours != NULL && g_strcmp0(ours->release, label) == 0;
    refresh->what = "start";
    if (is_same)
        return fa_up(refresh->host, refresh->choice, options, &refresh->results->url, error);
    const FaDeployOptions deploy = {.release = label,
                                    .kind = FA_DEPLOY_REFRESH,
                                    .on_edit = options->on_edit,
                                    .dialogue = options->dialogue,
                                    .assemble = options->assemble,
                                    .say = options->say,
                                    .data = options->data};
    refresh->what = "deploy";
    if (!fa_deploy(refresh->host, refresh->choice, &deploy, NULL, &deployed, error))
        return false;
    refresh->results->url = g_strdup(deployed.url);
    return deployed.outcome == FA_DEPLOY_OUTCOME_DONE ||
           fa_fail(error, FA_ERROR_FAILED, "%s: %s", fa_deploy_outcome_to_string(deployed.outcome),
                   deployed.reason != NULL ? deployed.reason : "");
}

/* Said once for each reason: since when it is broken stays known. */
static bool
is_known(const Refresh *refresh, const char *reason)
{
    const FaStanding *standing = fa_running_find(refresh->state->running, refresh->name);
    return standing != NULL && g_strcmp0(standing->broken.what, refresh->what) == 0 &&
           g_strcmp0(standing->broken.reason, reason) == 0;
}

static void
record_broken(const Refresh *refresh, GError **error)
{
    g_autofree char *reason = g_utf8_make_valid((*error)->message, -1);
    JsonObject *payload = json_object_new();
    if (strlen(reason) > REASON_MAX)
        *g_utf8_find_prev_char(reason, reason + REASON_MAX) = '\0';
    g_autofree char *warning = NULL;
    json_object_set_string_member(payload, "what", refresh->what);
    json_object_set_string_member(payload, "reason", reason);
    if (is_known(refresh, reason))
        json_object_unref(payload);
    else
        warning = fa_home_ledger_record(fa_context_get_home(refresh->host),
                                        fa_context_get_actor(refresh->host),
                                        FA_EVENT_ENVIRONMENT_BROKEN, refresh->name, payload);
    g_prefix_error(error, "%s is not refreshed, and goes on with what it had: %s: ", refresh->name,
                   refresh->what);
    if (warning != NULL)
        say(refresh, warning);
}

static bool
check_track(const Refresh *refresh, GError **error)
{
    FaTrack track = refresh->choice->environment->track;
    if (track != FA_TRACK_RELEASE)
        return true;
    return fa_fail(error, FA_ERROR_REFUSED,
                   "the track of '%s' is '%s': nothing comes there by itself\nhelp: fassembler "
                   "deploy LABEL %s",
                   refresh->name, fa_track_to_string(track), refresh->name);
}

/* What stands in the way of any change is a refusal; all that comes after it breaks the environment when it fails. */
static bool
begin(Refresh *refresh, GError **error)
{
    const FaUpOptions asks = {.why = "refresh"};
    g_autofree char *release = NULL;
    refresh->state = fa_state_open(refresh->host, error);
    return refresh->state != NULL && check_track(refresh, error) &&
           fa_up_check(refresh->host, refresh->choice, &asks, &release, error);
}

static bool
work(Refresh *refresh, GError **error)
{
    bool is_done = refresh->choice->environment->track == FA_TRACK_LIVE_FIX
                       ? refresh_from_live(refresh, error)
                       : refresh_from_trunk(refresh, error);
    if (!is_done && refresh->what != NULL && !fa_error_is(*error, FA_ERROR_CANCELLED))
        record_broken(refresh, error);
    return is_done;
}

bool
fa_refresh(FaContext *context, const FaChoice *choice, const FaUpOptions *options,
           FaRefreshed *ret_refreshed, GError **error)
{
    g_autofree char *name = fa_names_choice(choice), *before = NULL;
    g_auto(FaRefreshed) results = {0};
    g_autoptr(FaLayout) layout = fa_names_layout(context, choice, error);
    g_autoptr(GError) failure = NULL;
    Refresh refresh = {
        .host = context, .choice = choice, .options = options, .name = name, .results = &results};
    bool is_done =
        layout != NULL && begin(&refresh, error) && fa_layout_get_current(layout, &before, error);
    if (is_done && !work(&refresh, &failure)) {
        g_propagate_error(error, g_steal_pointer(&failure));
        is_done = false;
    }
    g_clear_pointer(&refresh.state, fa_state_free);
    if (!is_done || !fa_layout_get_current(layout, &results.build, error))
        return false;
    results.is_new = g_strcmp0(before, results.build) != 0;
    *ret_refreshed = results;
    results = (FaRefreshed){0};
    return true;
}
