#include "domain/access.h"
#include "domain/note.h"
#include "fold.h"

static void
add(FaNotes *notes, const char *component, const char *revision, const char *release,
    bool is_trailer)
{
    g_autoptr(FaNote) note = fa_note_new(component, FA_NOTE_CONFIG, "set `x`");
    note->id = g_strdup("n");
    note->revision = g_strdup(revision);
    note->release = g_strdup(release);
    note->is_from_commit = is_trailer;
    g_autoptr(FaDecision) decision = fa_note_decide_add(notes, note, &fold_asker);
    for (guint i = 0; i < decision->events->len; i++) {
        const FaEvent *event = &g_array_index(decision->events, FaEvent, i);
        fold_check(event);
        fa_notes_apply(notes, event);
    }
}

static void
test_between(void)
{
    g_autoptr(FaNotes) notes = fa_notes_new();
    g_autoptr(GHashTable) commits = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GHashTable) releases = g_hash_table_new(g_str_hash, g_str_equal);
    add(notes, "wiki", "r1", NULL, true);
    add(notes, "wiki", "r2", NULL, false);
    add(notes, "blog", "r1", NULL, false);
    add(notes, "blog", NULL, "0.6.1", false);
    add(notes, "blog", NULL, NULL, false);
    g_hash_table_add(commits, (gpointer) "wiki r1");
    g_hash_table_add(releases, (gpointer) "0.6.1");
    const FaNoteRange range = {.commits = commits, .releases = releases};
    g_autoptr(GPtrArray) found = fa_notes_between(notes, &range);
    g_assert_cmpuint(found->len, ==, 2);
    g_assert_cmpstr(((FaNote *)found->pdata[0])->revision, ==, "r1");
    g_assert_cmpstr(((FaNote *)found->pdata[1])->release, ==, "0.6.1");
}

static void
test_trailers(void)
{
    g_autoptr(FaNotes) notes = fa_notes_new();
    add(notes, "wiki", "r1", NULL, true);
    add(notes, "wiki", "r1", NULL, true);
    add(notes, "blog", "r1", NULL, true);
    add(notes, "wiki", "r1", NULL, false);
    g_assert_cmpuint(fa_notes_list(notes)->len, ==, 3);
}

static void
test_trailer_words(void)
{
    static const struct {
        const char *trailer, *text;
        FaNoteKind kind;
    } cases[] = {
        {"migration: takes a minute", "takes a minute", FA_NOTE_MIGRATION},
        {"Config:set x", "set x", FA_NOTE_CONFIG},
        {"none", "", FA_NOTE_NONE},
        {"none: nothing to do", "nothing to do", FA_NOTE_NONE},
        {"none of them may run", "none of them may run", FA_NOTE_MANUAL},
        {"ring the bell: twice", "ring the bell: twice", FA_NOTE_MANUAL},
        {"", "", FA_NOTE_MANUAL},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        FaNoteKind kind;
        g_assert_cmpstr(fa_note_read_trailer(cases[i].trailer, &kind), ==, cases[i].text);
        g_assert_cmpint(kind, ==, cases[i].kind);
    }
}

static FaReleases *
make_releases(void)
{
    static const char *const cuts[][3] = {{"0.6", "", "trunk"},
                                          {"0.6.1", "0.6", "trunk"},
                                          {"0.6.0.1", "0.6", "0.6"},
                                          {"0.6.2", "0.6.1", "trunk"}};
    FaReleases *releases = fa_releases_new();
    for (size_t i = 0; i < G_N_ELEMENTS(cuts); i++) {
        g_autofree char *parent =
            *cuts[i][1] != '\0' ? g_strdup_printf("\"parent\":\"%s\",", cuts[i][1]) : g_strdup("");
        g_autofree char *payload = g_strdup_printf(
            "{\"kind\":\"%s\",%s\"line\":\"l\",\"from\":\"%s\",\"digest\":\"d\",\"pins\":{},"
            "\"tool\":\"t\",\"settings\":\"s\",\"pushed\":false}",
            i == 2 ? "leapfrog" : "train", parent, cuts[i][2]);
        FaEvent event = fold_event(10 * (i + 1), "release.cut", cuts[i][0], payload);
        fa_releases_apply(releases, &event);
    }
    return releases;
}

static void
test_releases(void)
{
    g_autoptr(FaReleases) releases = make_releases();
    g_autoptr(GHashTable) skipped = fa_notes_releases_between(releases, "0.6.0.1", "0.6.2");
    g_autoptr(GHashTable) back = fa_notes_releases_between(releases, "0.6.2", "0.6");
    g_autoptr(GHashTable) all = fa_notes_releases_between(releases, NULL, "0.6.2");
    g_assert_cmpuint(g_hash_table_size(skipped), ==, 2);
    g_assert_true(g_hash_table_contains(skipped, "0.6.1"));
    g_assert_true(g_hash_table_contains(skipped, "0.6.2"));
    g_assert_cmpuint(g_hash_table_size(back), ==, 0);
    g_assert_cmpuint(g_hash_table_size(all), ==, 3);
}

/* Written at 25, after the cuts at 10 and 20: the leapfrog at 30 is not from the trunks, the train at 40 is. */
static void
test_next(void)
{
    g_autoptr(FaReleases) releases = make_releases();
    g_autoptr(FaNotes) notes = fa_notes_new();
    static const struct {
        uint64_t position;
        const char *label;
        bool with_pending;
        guint found;
    } cases[] = {{25, "0.6.2", false, 1}, {25, "0.6.0.1", false, 0}, {25, "0.6.1", false, 0},
                 {25, "0.6", true, 0},    {45, "0.6.2", false, 0},   {45, "0.6.2", true, 1}};
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GHashTable) labels = g_hash_table_new(g_str_hash, g_str_equal);
        g_clear_pointer(&notes, fa_notes_free);
        notes = fa_notes_new();
        FaEvent event =
            fold_event(cases[i].position, "note.added", "wiki",
                       "{\"id\":\"n\",\"note-kind\":\"none\",\"text\":\"\",\"commit\":false}");
        fold_check(&event);
        fa_notes_apply(notes, &event);
        g_hash_table_add(labels, (gpointer)cases[i].label);
        const FaNoteRange range = {
            .releases = labels, .cuts = releases, .with_pending = cases[i].with_pending};
        g_autoptr(GPtrArray) found = fa_notes_between(notes, &range);
        g_assert_cmpuint(found->len, ==, cases[i].found);
    }
}

static void
test_executed(void)
{
    g_autoptr(FaNotes) notes = fa_notes_new();
    add(notes, "wiki", "r1", NULL, false);
    for (guint round = 0; round < 2; round++) {
        g_autoptr(FaDecision) decision =
            fa_notes_decide_executed(notes, fa_notes_list(notes), "live.nyc", "0.6.1", &fold_asker);
        g_assert_cmpuint(decision->events->len, ==, round == 0 ? 1 : 0);
        for (guint i = 0; i < decision->events->len; i++) {
            const FaEvent *event = &g_array_index(decision->events, FaEvent, i);
            fold_check(event);
            fa_notes_apply(notes, event);
        }
    }
    g_assert_true(fa_notes_is_executed(notes, "live.nyc", "n"));
    g_assert_false(fa_notes_is_executed(notes, "stage.nyc", "n"));
}

/* P18 */
static void
test_check(void)
{
    g_autoptr(FaNotes) notes = fa_notes_new();
    g_autoptr(GHashTable) commits = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GPtrArray) touched = g_ptr_array_new();
    FaDecision answer = {0};
    g_autoptr(GString) text = g_string_new(NULL);
    add(notes, "wiki", "r2", NULL, false);
    g_hash_table_add(commits, (gpointer) "wiki r2");
    g_ptr_array_add(touched, (gpointer) "wiki r1");
    g_ptr_array_add(touched, (gpointer) "blog r7");
    g_ptr_array_add(touched, (gpointer) "blog r8");
    const FaNoteRange range = {.commits = commits};
    answer.reasons = fa_notes_check(notes, &range, touched);
    g_assert_cmpstr(fold_reasons(&answer, text), ==, "note-missing blog");
    g_ptr_array_unref(answer.reasons);
}

static void
test_access(void)
{
    static const FaGrant grants[] = {{"ana", "nyc", FA_ROLE_RELEASE_MANAGER},
                                     {"ana", "*", FA_ROLE_VIEWER},
                                     {"bob", "*", FA_ROLE_DEVELOPER},
                                     {"eva", "nyc", FA_ROLE_DEVELOPER},
                                     {"root", "*", FA_ROLE_ADMIN}};
    static const struct {
        const char *actor;
        FaAction action;
        const char *site, *missing; /* "": it may */
    } cases[] = {
        {"ana", FA_ACTION_DEPLOY, "nyc", ""},
        {"ana", FA_ACTION_DEPLOY, "openplans", "release-manager"},
        {"ana", FA_ACTION_LOOK, "openplans", ""},
        {"ana", FA_ACTION_RELEASE_CUT, NULL, "release-manager"},
        {"bob", FA_ACTION_RUN_ANYTHING, "nyc", ""},
        {"bob", FA_ACTION_ROLLBACK, "nyc", "release-manager"},
        {"bob", FA_ACTION_ACT_AS, NULL, "admin"},
        {"root", FA_ACTION_ENVIRONMENT_RETIRE, "nyc", ""},
        {"eve", FA_ACTION_LOOK, "nyc", "viewer"},
        {"eve", FA_ACTION_LOOK, NULL, "viewer"},
        {"eve", FA_ACTION_NONE, NULL, ""},
        {"eva", FA_ACTION_LOOK, NULL, ""}, /* a part in one site is enough to look at all */
        {"eva", FA_ACTION_NOTE_ADD, NULL, ""},
        {"eva", FA_ACTION_LOOK, "openplans", "viewer"},
        {"eva", FA_ACTION_RUN_ANYTHING, NULL, "developer"},
        {"ana", FA_ACTION_STORE_GC, NULL, "admin"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GPtrArray) reasons = fa_access_check(grants, G_N_ELEMENTS(grants), cases[i].actor,
                                                       cases[i].action, cases[i].site);
        g_assert_cmpint(reasons->len == 0, ==, *cases[i].missing == '\0');
        if (reasons->len > 0)
            g_assert_cmpstr(((FaReason *)reasons->pdata[0])->subject, ==, cases[i].missing);
    }
}

/* Everybody may what the ones before may; there is nothing that nobody may. */
static void
test_roles(void)
{
    for (FaAction action = 0; action < FA_ACTIONS; action++) {
        FaAction again;
        g_assert_true(fa_action_from_string(fa_action_to_string(action), &again));
        g_assert_cmpint(again, ==, action);
        bool was_allowed = false;
        for (FaRole role = FA_ROLE_NONE; role <= FA_ROLE_ADMIN; role++) {
            const FaGrant grant = {"ana", "*", role};
            g_autoptr(GPtrArray) reasons = fa_access_check(&grant, 1, "ana", action, "nyc");
            g_assert_true(reasons->len == 0 || !was_allowed);
            was_allowed = reasons->len == 0;
            g_assert_true(role > FA_ROLE_NONE || !was_allowed || action == FA_ACTION_NONE);
        }
        g_assert_true(was_allowed);
    }
}

/* Developers run what they like where anything may run, and bring trunk up to date where trunk runs; no more. */
static void
test_tracks(void)
{
    static const struct {
        FaAction action;
        FaTrack track;
        FaAction is;
    } cases[] = {
        {FA_ACTION_DEPLOY, FA_TRACK_ANYTHING, FA_ACTION_RUN_ANYTHING},
        {FA_ACTION_ROLLBACK, FA_TRACK_ANYTHING, FA_ACTION_RUN_ANYTHING},
        {FA_ACTION_RUN, FA_TRACK_ANYTHING, FA_ACTION_RUN_ANYTHING},
        {FA_ACTION_RUN, FA_TRACK_TRUNK, FA_ACTION_REFRESH},
        {FA_ACTION_DEPLOY, FA_TRACK_TRUNK, FA_ACTION_DEPLOY},
        {FA_ACTION_DEPLOY, FA_TRACK_RELEASE, FA_ACTION_DEPLOY},
        {FA_ACTION_RUN, FA_TRACK_RELEASE, FA_ACTION_RUN},
        {FA_ACTION_ROLLBACK, FA_TRACK_LIVE_FIX, FA_ACTION_ROLLBACK},
        {FA_ACTION_ENVIRONMENT_RETIRE, FA_TRACK_ANYTHING, FA_ACTION_ENVIRONMENT_RETIRE},
        {FA_ACTION_LOOK, FA_TRACK_ANYTHING, FA_ACTION_LOOK},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
        g_assert_cmpint(fa_action_on_track(cases[i].action, cases[i].track), ==, cases[i].is);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/note/those-of-what-is-new-are-found", test_between);
    g_test_add_func("/note/a-trailer-is-noted-once", test_trailers);
    g_test_add_func("/note/a-trailer-begins-with-its-kind", test_trailer_words);
    g_test_add_func("/note/what-was-skipped-counts", test_releases);
    g_test_add_func("/note/what-is-about-nothing-is-of-the-next-train", test_next);
    g_test_add_func("/note/what-was-carried-out-is-known-by-place", test_executed);
    g_test_add_func("/note/what-migrates-needs-a-note", test_check);
    g_test_add_func("/access/a-role-is-for-a-site-or-for-all", test_access);
    g_test_add_func("/access/each-role-may-what-the-ones-before-may", test_roles);
    g_test_add_func("/access/what-may-run-anything-is-for-developers", test_tracks);
    return g_test_run();
}
