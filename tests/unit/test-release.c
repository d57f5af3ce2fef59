#include <string.h>

#include "domain/track.h"
#include "fold.h"

static const char *const components[] = {"blog", "wiki", NULL};

typedef struct Fixture {
    FaReleases *releases;
    GString *text;
    uint64_t position;
} Fixture;

static void
set_up(Fixture *fixture, gconstpointer data)
{
    fixture->releases = fa_releases_new();
    fixture->text = g_string_new(NULL);
}

static void
tear_down(Fixture *fixture, gconstpointer data)
{
    fa_releases_free(fixture->releases);
    g_string_free(fixture->text, TRUE);
}

static void
apply(Fixture *fixture, const FaEvent *event)
{
    FaEvent next = *event;
    next.position = ++fixture->position;
    fold_check(&next);
    fa_releases_apply(fixture->releases, &next);
}

static FaCutPin
pin_of(const char *component, const char *revision)
{
    return (FaCutPin){.pin = {.component = (char *)component,
                              .revision = (char *)revision,
                              .digest = (char *)"d1",
                              .location = (char *)"https://x.example"}};
}

/* Why @kind of @label from @parent, with these pins, is refused; "" when it was cut. */
static const char *
cut_pins(Fixture *fixture, const char *label, FaReleaseKind kind, const char *parent,
         const FaCutPin *pins, size_t count)
{
    FaCut cut = {.label = label,
                 .kind = kind,
                 .parent = parent,
                 .line = "0.6",
                 .from = "trunk",
                 .components = components,
                 .pins = pins,
                 .pin_count = count,
                 .tool = "0.1.0",
                 .settings = "s"};
    g_autoptr(FaDecision) decision = fa_release_decide_cut(fixture->releases, &cut, &fold_asker);
    g_assert_cmpint(decision->events->len == 0, ==, fa_decision_is_refused(decision));
    for (guint i = 0; i < decision->events->len; i++)
        apply(fixture, &g_array_index(decision->events, FaEvent, i));
    return fold_reasons(decision, fixture->text);
}

static const char *
cut(Fixture *fixture, const char *label, FaReleaseKind kind, const char *parent)
{
    const FaCutPin pins[] = {pin_of("wiki", "r1"), pin_of("blog", "r2")};
    return cut_pins(fixture, label, kind, parent, pins, G_N_ELEMENTS(pins));
}

static void
go(Fixture *fixture, const char *label, const char *environment)
{
    g_autofree char *payload = g_strdup_printf(
        "{\"id\":\"d%d\",\"release\":\"%s\",\"build\":\"b\",\"slot\":\"a\",\"bits\":\"x\"}",
        (int)fixture->position, label);
    FaEvent event = fold_event(1, "deploy.switched", environment, payload);
    apply(fixture, &event);
}

static void
test_cut(Fixture *fixture, gconstpointer data)
{
    g_assert_cmpstr(cut(fixture, "0.6", FA_RELEASE_TRAIN, NULL), ==, "");
    const FaRelease *release = fa_releases_find(fixture->releases, "0.6");
    g_assert_nonnull(release);
    g_assert_cmpuint(release->pins->len, ==, 2);
    g_assert_cmpstr(((FaPin *)release->pins->pdata[0])->component, ==, "blog");
    g_assert_cmpstr(fa_release_find_pin(release, "wiki")->revision, ==, "r1");
    g_assert_true(fa_release_is_whole(release));
    g_assert_null(release->bits);
}

/* P12: a label is used once, whatever its spelling. */
static void
test_unique(Fixture *fixture, gconstpointer data)
{
    g_assert_cmpstr(cut(fixture, "0.6", FA_RELEASE_TRAIN, NULL), ==, "");
    g_assert_cmpstr(cut(fixture, "0.6", FA_RELEASE_TRAIN, NULL), ==, "label-used 0.6");
    g_assert_cmpstr(cut(fixture, "0.6.0", FA_RELEASE_TRAIN, NULL), ==, "label-used 0.6.0");
    g_assert_cmpuint(fa_releases_list(fixture->releases)->len, ==, 1);
}

static void
test_kinds(Fixture *fixture, gconstpointer data)
{
    g_assert_cmpstr(cut(fixture, "v1", FA_RELEASE_TRAIN, NULL), ==, "label-malformed v1");
    g_assert_cmpstr(cut(fixture, "0.6.1.1", FA_RELEASE_TRAIN, NULL), ==,
                    "label-not-of-kind 0.6.1.1");
    g_assert_cmpstr(cut(fixture, "0.6-b2", FA_RELEASE_LEAPFROG, "0.6"), ==,
                    "label-not-of-kind 0.6-b2");
    g_assert_cmpstr(cut(fixture, "0.6-b2", FA_RELEASE_REBUILD, NULL), ==, "parent-missing 0.6-b2");
    g_assert_cmpstr(cut(fixture, "0.6-b2", FA_RELEASE_REBUILD, "0.6"), ==, "parent-unknown 0.6");
    g_assert_cmpstr(cut(fixture, "0.6", FA_RELEASE_TRAIN, NULL), ==, "");
    g_assert_cmpstr(cut(fixture, "0.7.0.1", FA_RELEASE_LEAPFROG, "0.6"), ==,
                    "label-not-of-parent 0.7.0.1");
    g_assert_cmpstr(cut(fixture, "0.6-b2", FA_RELEASE_REBUILD, "0.6"), ==, "");
    g_assert_cmpstr(cut(fixture, "0.6.0.1", FA_RELEASE_LEAPFROG, "0.6-b2"), ==, "");
    go(fixture, "0.6-b2", "stage.nyc");
    g_assert_cmpstr(cut(fixture, "0.6-b3", FA_RELEASE_REBUILD, "0.6-b2"), ==, "");
    go(fixture, "0.6-b3", "live.nyc");
    g_assert_cmpstr(cut(fixture, "0.6-b4", FA_RELEASE_REBUILD, "0.6-b3"), ==,
                    "parent-went-live 0.6-b3");
}

static void
test_pins(Fixture *fixture, gconstpointer data)
{
    FaCutPin pins[] = {pin_of("wiki", "r1"), pin_of("blog", "r2"), pin_of("wiki", "r1")};
    g_assert_cmpstr(cut_pins(fixture, "0.6", FA_RELEASE_TRAIN, NULL, pins, 1), ==,
                    "component-not-pinned blog");
    g_assert_cmpstr(cut_pins(fixture, "0.6", FA_RELEASE_TRAIN, NULL, pins, 3), ==,
                    "component-pinned-twice wiki");
    pins[2] = pin_of("shop", "r1");
    g_assert_cmpstr(cut_pins(fixture, "0.6", FA_RELEASE_TRAIN, NULL, pins, 3), ==,
                    "component-unknown shop");
    pins[0].branch_now = "r9";
    pins[1].tag_now = "r8";
    g_assert_cmpstr(cut_pins(fixture, "0.6", FA_RELEASE_TRAIN, NULL, pins, 2), ==,
                    "branch-moved wiki, tag-elsewhere blog");
    pins[0].branch_now = "r1";
    pins[1].tag_now = "r2";
    g_assert_cmpstr(cut_pins(fixture, "0.6", FA_RELEASE_TRAIN, NULL, pins, 2), ==, "");
    pins[0].pin.digest = (char *)"";
    g_assert_cmpstr(cut_pins(fixture, "0.7", FA_RELEASE_TRAIN, NULL, pins, 2), ==,
                    "pin-incomplete wiki");
}

static void
test_digest(Fixture *fixture, gconstpointer data)
{
    FaPin wiki = {.component = (char *)"wiki",
                  .revision = (char *)"r1",
                  .digest = (char *)"d",
                  .location = (char *)"l"};
    FaPin blog = {.component = (char *)"blog",
                  .revision = (char *)"r1",
                  .digest = (char *)"d",
                  .location = (char *)"l"};
    FaPin other = wiki;
    other.revision = (char *)"r2";
    FaPin branch = wiki;
    branch.branch = (char *)"release/0.6";
    gpointer lists[][2] = {{&wiki, &blog}, {&blog, &wiki}, {&blog, &other}, {&blog, &branch}};
    g_auto(GStrv) digests = g_new0(char *, 5);
    for (guint i = 0; i < 4; i++) {
        g_autoptr(GPtrArray) pins = g_ptr_array_new();
        g_ptr_array_add(pins, lists[i][0]);
        g_ptr_array_add(pins, lists[i][1]);
        digests[i] = fa_pins_digest(pins);
    }
    g_assert_cmpstr(digests[0], ==, digests[1]);
    g_assert_cmpstr(digests[0], !=, digests[2]);
    g_assert_cmpstr(digests[0], ==, digests[3]);
}

static const char *
build(Fixture *fixture, const char *label, const char *wiki, const char *blog)
{
    g_autoptr(GPtrArray) made = g_ptr_array_new_with_free_func((GDestroyNotify)fa_made_free);
    g_ptr_array_add(made, fa_made_new("wiki", "wiki-1", wiki));
    if (blog != NULL)
        g_ptr_array_add(made, fa_made_new("blog", "blog-1", blog));
    g_autoptr(FaDecision) decision =
        fa_release_decide_built(fixture->releases, label, made, &fold_asker);
    for (guint i = 0; i < decision->events->len; i++)
        apply(fixture, &g_array_index(decision->events, FaEvent, i));
    return fold_reasons(decision, fixture->text);
}

/* P2: the bits of the first time are the bits for ever. */
static void
test_bits(Fixture *fixture, gconstpointer data)
{
    g_assert_cmpstr(build(fixture, "0.6", "t1", "t2"), ==, "release-unknown 0.6");
    cut(fixture, "0.6", FA_RELEASE_TRAIN, NULL);
    g_assert_cmpstr(build(fixture, "0.6", "t1", NULL), ==, "bits-missing blog");
    g_assert_cmpstr(build(fixture, "0.6", "t1", "t2"), ==, "");
    uint64_t position = fixture->position;
    g_autofree char *bits = g_strdup(fa_releases_find(fixture->releases, "0.6")->bits);
    g_assert_nonnull(bits);
    g_assert_cmpstr(build(fixture, "0.6", "t1", "t2"), ==, "");
    g_assert_cmpuint(fixture->position, ==, position);
    g_assert_cmpstr(build(fixture, "0.6", "t1", "t3"), ==, "bits-differ blog");
    g_assert_cmpstr(fa_releases_find(fixture->releases, "0.6")->bits, ==, bits);
}

static const char *
reject(Fixture *fixture, const char *label, const char *why)
{
    g_autoptr(FaDecision) decision =
        fa_release_decide_reject(fixture->releases, label, why, &fold_asker);
    for (guint i = 0; i < decision->events->len; i++)
        apply(fixture, &g_array_index(decision->events, FaEvent, i));
    return fold_reasons(decision, fixture->text);
}

static void
test_reject(Fixture *fixture, gconstpointer data)
{
    g_assert_cmpstr(reject(fixture, "0.6", "bad"), ==, "release-unknown 0.6");
    cut(fixture, "0.6", FA_RELEASE_TRAIN, NULL);
    g_assert_cmpstr(reject(fixture, "0.6", ""), ==, "why-missing 0.6");
    g_assert_cmpstr(reject(fixture, "0.6", "bad"), ==, "");
    g_assert_cmpstr(reject(fixture, "0.6", "worse"), ==, "rejected-already 0.6");
    g_assert_cmpstr(fa_releases_find(fixture->releases, "0.6")->rejected_why, ==, "bad");
}

static void
assert_proposed(Fixture *fixture, FaReleaseKind kind, const char *parent, const char *expected)
{
    g_autofree char *label = fa_releases_propose(fixture->releases, kind, parent);
    g_assert_cmpstr(label, ==, expected);
}

/* P12: the next train comes after the one cut last, not after the highest number; used ones are left out. */
static void
test_propose(Fixture *fixture, gconstpointer data)
{
    assert_proposed(fixture, FA_RELEASE_TRAIN, NULL, "0.0.1");
    assert_proposed(fixture, FA_RELEASE_LEAPFROG, NULL, NULL);
    cut(fixture, "0.8", FA_RELEASE_TRAIN, NULL);
    cut(fixture, "0.6", FA_RELEASE_TRAIN, NULL);
    assert_proposed(fixture, FA_RELEASE_TRAIN, NULL, "0.6.1");
    cut(fixture, "0.6.1", FA_RELEASE_TRAIN, NULL);
    cut(fixture, "0.6.1.1", FA_RELEASE_LEAPFROG, "0.6.1");
    assert_proposed(fixture, FA_RELEASE_TRAIN, NULL, "0.6.2");
    assert_proposed(fixture, FA_RELEASE_LEAPFROG, "0.6.1", "0.6.1.2");
    cut(fixture, "0.6.2", FA_RELEASE_TRAIN, NULL);
    cut(fixture, "0.6.2-b2", FA_RELEASE_REBUILD, "0.6.2");
    assert_proposed(fixture, FA_RELEASE_REBUILD, "0.6.2", "0.6.2-b3");
    assert_proposed(fixture, FA_RELEASE_TRAIN, NULL, "0.6.3");
}

/* P1: whatever an import brings, the first of two that contradict each other stays. */
static void
test_first_wins(Fixture *fixture, gconstpointer data)
{
    cut(fixture, "0.6", FA_RELEASE_TRAIN, NULL);
    g_autofree char *digest = g_strdup(fa_releases_find(fixture->releases, "0.6")->digest);
    static const struct {
        const char *kind, *payload;
    } again[] = {
        {"release.cut",
         "{\"kind\":\"train\",\"line\":\"x\",\"from\":\"x\",\"digest\":\"x\",\"pins\":{},"
         "\"tool\":\"x\",\"settings\":\"x\",\"pushed\":true}"},
        {"release.built", "{\"bits\":\"1\",\"components\":{}}"},
        {"release.built", "{\"bits\":\"2\",\"components\":{}}"},
        {"release.rejected", "{\"why\":\"1\"}"},
        {"release.rejected", "{\"why\":\"2\"}"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(again); i++) {
        FaEvent event = fold_event(1, again[i].kind, "0.6", again[i].payload);
        apply(fixture, &event);
    }
    const FaRelease *release = fa_releases_find(fixture->releases, "0.6");
    g_assert_cmpstr(release->digest, ==, digest);
    g_assert_cmpstr(release->bits, ==, "1");
    g_assert_cmpstr(release->rejected_why, ==, "1");
}

typedef struct Question {
    const char *environment;
    FaTrack track;
    FaDeployKind kind;
    const char *release, *live, *lost, *unknown;
    const char *expected;
} Question;

static void
ask(Fixture *fixture, const Question *question)
{
    g_autoptr(GPtrArray) lost = g_ptr_array_new(), unknown = g_ptr_array_new();
    if (question->lost != NULL)
        g_ptr_array_add(lost, (gpointer)question->lost);
    if (question->unknown != NULL)
        g_ptr_array_add(unknown, (gpointer)question->unknown);
    const FaTrackFacts facts = {.environment = question->environment,
                                .track = question->track,
                                .kind = question->kind,
                                .release = question->release,
                                .live = question->live,
                                .lost = lost,
                                .unknown = unknown};
    FaDecision decision = {.reasons = fa_track_check(fixture->releases, &facts)};
    g_assert_cmpstr(fold_reasons(&decision, fixture->text), ==, question->expected);
    g_ptr_array_unref(decision.reasons);
}

static void
test_tracks(Fixture *fixture, gconstpointer data)
{
    static const Question questions[] = {
        {"backstage.nyc", FA_TRACK_TRUNK, .expected = ""},
        {"backstage.nyc", FA_TRACK_TRUNK, .release = "0.6",
         .expected = "track-forbids backstage.nyc"},
        {"live.nyc", FA_TRACK_RELEASE, .expected = "track-forbids live.nyc"},
        {"live.nyc", FA_TRACK_RELEASE, .release = "0.6", .expected = ""},
        {"live.nyc", FA_TRACK_RELEASE, .release = "0.9", .expected = "release-unknown 0.9"},
        {"live.nyc", FA_TRACK_RELEASE, .release = "0.5", .expected = "release-rejected 0.5"},
        {"dev.nyc", FA_TRACK_ANYTHING, .release = "0.5", .expected = ""},
        {"dev.nyc", FA_TRACK_ANYTHING, .expected = ""},
        {"leapfrog.nyc", FA_TRACK_LIVE_FIX, .expected = "track-forbids leapfrog.nyc"},
        {"leapfrog.nyc", FA_TRACK_LIVE_FIX, .release = "0.6", .live = "0.6", .expected = ""},
        {"leapfrog.nyc", FA_TRACK_LIVE_FIX, .release = "0.5", .live = "0.5", .expected = ""},
        {"leapfrog.nyc", FA_TRACK_LIVE_FIX, .release = "0.6.0.2", .live = "0.6", .expected = ""},
        {"leapfrog.nyc", FA_TRACK_LIVE_FIX, .release = "0.6.1", .live = "0.6",
         .expected = "not-what-live-runs 0.6.1"},
        {"leapfrog.nyc", FA_TRACK_LIVE_FIX, .release = "0.6", .expected = "not-what-live-runs 0.6"},
        {"live.nyc", FA_TRACK_RELEASE, .release = "0.6", .lost = "wiki abc",
         .expected = "fix-lost wiki abc"},
        {"live.nyc", FA_TRACK_RELEASE, .release = "0.6", .unknown = "wiki",
         .expected = "fixes-unknown wiki"},
        {"stage.nyc", FA_TRACK_RELEASE, .release = "0.6", .lost = "wiki abc", .expected = ""},
        {"live.nyc", FA_TRACK_RELEASE, FA_DEPLOY_ROLLBACK, "0.6.1", .lost = "wiki abc",
         .expected = ""},
        {"live.nyc", FA_TRACK_RELEASE, FA_DEPLOY_ROLLBACK, "0.6",
         .expected = "never-ran-here live.nyc"},
    };
    cut(fixture, "0.5", FA_RELEASE_TRAIN, NULL);
    reject(fixture, "0.5", "bad");
    cut(fixture, "0.6", FA_RELEASE_TRAIN, NULL);
    cut(fixture, "0.6.0.1", FA_RELEASE_LEAPFROG, "0.6");
    cut(fixture, "0.6.0.2", FA_RELEASE_LEAPFROG, "0.6.0.1");
    cut(fixture, "0.6.1", FA_RELEASE_TRAIN, "0.6");
    go(fixture, "0.6.1", "live.nyc");
    for (size_t i = 0; i < G_N_ELEMENTS(questions); i++)
        ask(fixture, &questions[i]);
}

static void
test_lost(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GHashTable) now = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GHashTable) next = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GHashTable) waived = g_hash_table_new(g_str_hash, g_str_equal);
    static const char *const changes[] = {"wiki d", "wiki a", "blog c", "blog b"};
    for (size_t i = 0; i < G_N_ELEMENTS(changes); i++)
        g_hash_table_add(now, (gpointer)changes[i]);
    g_hash_table_add(next, (gpointer) "wiki a");
    g_hash_table_add(next, (gpointer) "wiki z");
    g_hash_table_add(waived, (gpointer) "blog c");
    g_autoptr(GPtrArray) lost = fa_track_lost(now, next, waived);
    g_assert_cmpuint(lost->len, ==, 2);
    g_assert_cmpstr(lost->pdata[0], ==, "blog b");
    g_assert_cmpstr(lost->pdata[1], ==, "wiki d");
}

static void
test_names(Fixture *fixture, gconstpointer data)
{
    for (FaReasonCode code = 0; code <= FA_REASON_ROLE_MISSING; code++) {
        FaReasonCode again;
        g_assert_true(fa_reason_code_from_string(fa_reason_code_to_string(code), &again));
        g_assert_cmpint(again, ==, code);
    }
    FaReleaseKind kind;
    g_assert_true(fa_release_kind_from_string("leapfrog", &kind));
    g_assert_cmpint(kind, ==, FA_RELEASE_LEAPFROG);
    g_assert_false(fa_release_kind_from_string("hop", &kind));
    g_assert_true(fa_track_is_live("live.nyc") && fa_track_is_live("live"));
    g_assert_false(fa_track_is_live("lively.nyc") || fa_track_is_live("stage.live"));
    g_autofree char *live = fa_track_live_of("leapfrog.nyc");
    g_assert_cmpstr(live, ==, "live.nyc");
}

#define ADD(name, function) g_test_add(name, Fixture, NULL, set_up, function, tear_down)

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("/release/a-cut-pins-every-component", test_cut);
    ADD("/release/a-label-is-used-once", test_unique);
    ADD("/release/a-label-fits-its-kind-and-its-parent", test_kinds);
    ADD("/release/a-pin-that-does-not-hold-is-refused", test_pins);
    ADD("/release/the-digest-is-over-what-is-pinned-and-nothing-else", test_digest);
    ADD("/release/its-bits-are-those-of-the-first-time", test_bits);
    ADD("/release/a-rejection-needs-a-reason-and-stays", test_reject);
    ADD("/release/the-next-label-is-after-the-last-cut", test_propose);
    ADD("/release/the-first-of-two-contradicting-events-stays", test_first_wins);
    ADD("/release/a-track-says-what-may-go-there", test_tracks);
    ADD("/release/a-lost-change-is-in-the-old-alone", test_lost);
    ADD("/release/names-are-read-both-ways", test_names);
    return g_test_run();
}
