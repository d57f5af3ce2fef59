#include <string.h>

#include "../unit/fold.h"
#include "domain/migration.h"
#include "domain/running.h"
#include "domain/track.h"

/*
 * run-cases FILE...: given, when, then, as the files have it. Each sentence is looked up in the table below; a `given` has to
 * be possible, and what comes of the `when` has to be what its `then` says.
 */
#define DONE "it is done"

static const char *const components[] = {"wiki", "blog", NULL};

typedef struct Case {
    char *name;
    GPtrArray *given; /* of char * */
    char *when;
    char *then;
} Case;

typedef struct World {
    FaReleases *releases;
    FaRunning *running;
    uint64_t position;
} World;

static void
free_case(gpointer data)
{
    Case *this = data;
    g_free(this->name);
    g_ptr_array_unref(this->given);
    g_free(this->when);
    g_free(this->then);
    g_free(this);
}

static char *
word(const GMatchInfo *match, int at)
{
    char *text = g_match_info_fetch(match, at);
    if (text != NULL && *text == '\0')
        g_clear_pointer(&text, g_free);
    return text;
}

static void
apply(World *world, const FaEvent *event)
{
    FaEvent next = *event;
    next.position = ++world->position;
    fold_check(&next);
    fa_releases_apply(world->releases, &next);
    fa_running_apply(world->running, &next);
}

static char *
say_reasons(GPtrArray *reasons)
{
    g_autoptr(GString) text = g_string_new(NULL);
    const FaDecision decision = {.reasons = reasons};
    return g_strdup(reasons->len > 0 ? fold_reasons(&decision, text) : DONE);
}

/* (transfer full) for @decision */
static char *
answer(World *world, FaDecision *decision)
{
    for (guint i = 0; i < decision->events->len; i++)
        apply(world, &g_array_index(decision->events, FaEvent, i));
    char *text = say_reasons(decision->reasons);
    fa_decision_free(decision);
    return text;
}

static char *
cut(World *world, const GMatchInfo *match)
{
    g_autofree char *kind = word(match, 1), *label = word(match, 2), *parent = word(match, 3),
                    *list = word(match, 4);
    g_auto(GStrv) parts = g_strsplit(list, " ", -1);
    g_autoptr(GArray) pins = g_array_new(FALSE, TRUE, sizeof(FaCutPin));
    for (char **part = parts; *part != NULL; part++) {
        char *revision = strchr(*part, '=');
        g_assert_nonnull(revision);
        *revision++ = '\0';
        FaCutPin pin = {.pin = {.component = *part,
                                .revision = revision,
                                .digest = revision,
                                .location = (char *)"https://x.example"}};
        g_array_append_val(pins, pin);
    }
    FaCut command = {.label = label,
                     .parent = parent,
                     .line = label,
                     .from = parent != NULL ? parent : "trunk",
                     .components = components,
                     .pins = (const FaCutPin *)pins->data,
                     .pin_count = pins->len,
                     .tool = "t",
                     .settings = "s"};
    g_assert_true(fa_release_kind_from_string(kind, &command.kind));
    return answer(world, fa_release_decide_cut(world->releases, &command, &fold_asker));
}

static char *
runs(World *world, const GMatchInfo *match)
{
    g_autofree char *label = word(match, 1), *environment = word(match, 2);
    g_autofree char *payload = g_strdup_printf(
        "{\"id\":\"d0\",\"release\":\"%s\",\"build\":\"build-%s\",\"slot\":\"a\",\"bits\":\"x\"}",
        label, label);
    FaEvent event = fold_event(1, "deploy.switched", environment, payload);
    apply(world, &event);
    return g_strdup(DONE);
}

static char *
reject(World *world, const GMatchInfo *match)
{
    g_autofree char *label = word(match, 1), *why = word(match, 2);
    return answer(world, fa_release_decide_reject(world->releases, label, why, &fold_asker));
}

static char *
is_rejected(World *world, const GMatchInfo *match)
{
    g_autofree char *label = word(match, 1);
    return answer(world,
                  fa_release_decide_reject(world->releases, label, "it is slow", &fold_asker));
}

static char *
build(World *world, const GMatchInfo *match)
{
    g_autofree char *label = word(match, 1), *list = word(match, 2);
    g_auto(GStrv) parts = g_strsplit(list, " ", -1);
    g_autoptr(GPtrArray) made = g_ptr_array_new_with_free_func((GDestroyNotify)fa_made_free);
    for (char **part = parts; *part != NULL; part++) {
        g_auto(GStrv) pair = g_strsplit(*part, "=", 2);
        g_ptr_array_add(made, fa_made_new(pair[0], pair[0], pair[1]));
    }
    return answer(world, fa_release_decide_built(world->releases, label, made, &fold_asker));
}

static char *
begin(World *world, const GMatchInfo *match)
{
    g_autofree char *who = word(match, 1), *id = word(match, 2), *environment = word(match, 3),
                    *expects = word(match, 4);
    const FaAsker asker = {.actor = who, .now = FOLD_START};
    const FaDeployBegin command = {
        .environment = environment,
        .id = id,
        .release = "0.6",
        .expects = strcmp(expects, "nothing") == 0 ? "" : expects,
        .slot = "a",
        .plan = "p",
        .host = "h",
        .lifetime = 60,
    };
    return answer(world, fa_running_decide_begin(world->running, &command, &asker));
}

static char *
retire(World *world, const GMatchInfo *match)
{
    g_autofree char *environment = word(match, 1);
    return answer(world,
                  fa_running_decide_retire(world->running, environment, false, NULL, &fold_asker));
}

/* As the example product has them. */
static FaTrack
track_of(const char *environment)
{
    static const struct {
        const char *name;
        FaTrack track;
    } tracks[] = {
        {"live.", FA_TRACK_RELEASE},    {"stage.", FA_TRACK_RELEASE},
        {"backstage.", FA_TRACK_TRUNK}, {"leapfrog.", FA_TRACK_LIVE_FIX},
        {"dev.", FA_TRACK_ANYTHING},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(tracks); i++) {
        if (g_str_has_prefix(environment, tracks[i].name))
            return tracks[i].track;
    }
    g_error("there is no track for '%s'", environment);
}

static char *
ask(World *world, FaDeployKind kind, const char *release, const char *environment, char *lost)
{
    g_autofree char *live_name = fa_track_live_of(environment);
    const FaStanding *live = fa_running_find(world->running, live_name);
    g_autoptr(GPtrArray) changes = g_ptr_array_new();
    if (lost != NULL)
        g_ptr_array_add(changes, lost);
    const FaTrackFacts facts = {.environment = environment,
                                .track = track_of(environment),
                                .kind = kind,
                                .release = release,
                                .live = live != NULL ? live->release : NULL,
                                .lost = changes};
    g_autoptr(GPtrArray) reasons = fa_track_check(world->releases, &facts);
    return say_reasons(reasons);
}

static char *
deploy(World *world, const GMatchInfo *match)
{
    g_autofree char *release = word(match, 1), *environment = word(match, 2),
                    *lost = word(match, 3);
    return ask(world, FA_DEPLOY_DEPLOY, release, environment, lost);
}

static char *
roll_back(World *world, const GMatchInfo *match)
{
    g_autofree char *environment = word(match, 1), *release = word(match, 2);
    return ask(world, FA_DEPLOY_ROLLBACK, release, environment, NULL);
}

static GPtrArray *
migrations_of(const char *text)
{
    GPtrArray *list = g_ptr_array_new_with_free_func((GDestroyNotify)fa_migration_free);
    g_auto(GStrv) words = g_strsplit(text, " ", -1);
    for (char **one = words; strcmp(text, "nothing") != 0 && *one != NULL; one++) {
        bool is_reversible = !g_str_has_suffix(*one, "!");
        g_auto(GStrv) parts = g_strsplit_set(*one, "/:!", 4);
        FaMigrationMode mode = FA_MIGRATION_ONLINE;
        g_assert_true(g_strv_length(parts) >= 3 && fa_migration_mode_from_string(parts[2], &mode));
        g_ptr_array_add(list, fa_migration_new(parts[0], parts[1], mode, is_reversible));
    }
    return list;
}

static char *
migrate(World *world, const GMatchInfo *match)
{
    static const char *const phases[] = {
        [FA_MIGRATION_BEFORE] = "before",
        [FA_MIGRATION_CLOSED] = "closed",
        [FA_MIGRATION_AFTER] = "after",
    };
    g_autofree char *made = word(match, 1), *wanted = word(match, 2);
    g_autoptr(GPtrArray) before = migrations_of(made), after = migrations_of(wanted);
    g_autofree char *answer = word(match, 3);
    const char *const answers[] = {answer, NULL};
    g_autoptr(FaMigrationPlan) plan = fa_migration_plan(before, after, answers);
    g_autoptr(GString) text = g_string_new(NULL);
    if (plan->reasons->len > 0)
        return say_reasons(plan->reasons);
    for (guint i = 0; i < plan->steps->len; i++) {
        const FaMigrationStep *step = g_ptr_array_index(plan->steps, i);
        g_string_append_printf(text, "%s%s %c%s/%s", i > 0 ? ", " : "", phases[step->phase],
                               step->is_restore ? '<'
                               : step->is_down  ? '-'
                                                : '+',
                               step->migration->component, step->migration->name);
    }
    return g_strdup(text->len > 0 ? text->str : "nothing");
}

/* The sentences that there are. */
static const struct {
    const char *pattern;
    char *(*act)(World *world, const GMatchInfo *match);
} sentences[] = {
    {"(?:somebody cuts )?(train|leapfrog|rebuild) (\\S+)(?: from (\\S+))? of (.+)", cut},
    {"(\\S+) runs in (\\S+)", runs},
    {"somebody rejects (\\S+)(?: since (.+))?", reject},
    {"([0-9]\\S*) is rejected", is_rejected},
    {"(\\S+) (?:is|was) built as (.+)", build},
    {"(\\S+) (?:begins|began) (\\S+) to (\\S+), planned for (\\S+)", begin},
    {"\\S+ retires (\\S+)", retire},
    {"(\\S+) is retired", retire},
    {"somebody deploys (\\S+) to ([^ ,]+)(?:, and nothing is lost)?", deploy},
    {"somebody deploys (\\S+) to ([^ ,]+), and `([^`]+)` is lost", deploy},
    {"somebody rolls (\\S+) back to (\\S+)", roll_back},
    {"(.+) was made and (.+) is wanted(?:, (\\S+))?", migrate},
};

static char *
act(World *world, const char *sentence)
{
    for (size_t i = 0; i < G_N_ELEMENTS(sentences); i++) {
        g_autofree char *whole = g_strconcat("^(?:", sentences[i].pattern, ")$", NULL);
        g_autoptr(GRegex) regex = g_regex_new(whole, 0, 0, NULL);
        g_autoptr(GMatchInfo) match = NULL;
        if (g_regex_match(regex, sentence, 0, &match))
            return sentences[i].act(world, match);
    }
    g_error("nobody knows what '%s' means", sentence);
}

static void
test_case(gconstpointer data)
{
    const Case *this = data;
    World world = {.releases = fa_releases_new(), .running = fa_running_new()};
    for (guint i = 0; i < this->given->len; i++) {
        const char *given = g_ptr_array_index(this->given, i);
        g_autofree char *result = act(&world, given);
        if (strcmp(result, DONE) != 0)
            g_error("'%s' cannot be given: %s", given, result);
    }
    g_autofree char *result = act(&world, this->when);
    g_assert_cmpstr(result, ==, this->then);
    fa_releases_free(world.releases);
    fa_running_free(world.running);
}

/* A word, and what follows it. */
static void
read_line(GPtrArray *cases, const char *file, char *line)
{
    char *rest = strchr(line, ' ');
    Case *this = cases->len > 0 ? g_ptr_array_index(cases, cases->len - 1) : NULL;
    if (rest == NULL)
        g_error("%s: '%s' is no line of a case", file, line);
    *rest++ = '\0';
    g_strstrip(rest);
    if (strcmp(line, "case") == 0) {
        this = g_new0(Case, 1);
        this->name = g_strdup(rest);
        this->given = g_ptr_array_new_with_free_func(g_free);
        g_ptr_array_add(cases, this);
    } else if (this != NULL && strcmp(line, "given") == 0) {
        g_ptr_array_add(this->given, g_strdup(rest));
    } else if (this != NULL && strcmp(line, "when") == 0 && this->when == NULL) {
        this->when = g_strdup(rest);
    } else if (this != NULL && strcmp(line, "then") == 0 && this->then == NULL) {
        this->then = g_strdup(rest);
    } else {
        g_error("%s: '%s %s' is not expected here", file, line, rest);
    }
}

static void
read_cases(GPtrArray *cases, const char *file)
{
    g_autofree char *text = NULL;
    g_autoptr(GError) error = NULL;
    if (!g_file_get_contents(file, &text, NULL, &error))
        g_error("%s", error->message);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line != NULL; line++) {
        g_strstrip(*line);
        if (**line != '\0' && **line != '#')
            read_line(cases, file, *line);
    }
}

int
main(int argc, char **argv)
{
    g_autoptr(GPtrArray) cases = g_ptr_array_new_with_free_func(free_case);
    g_test_init(&argc, &argv, NULL);
    for (int i = 1; i < argc; i++) {
        guint from = cases->len;
        g_autofree char *base = g_path_get_basename(argv[i]);
        char *end = strchr(base, '.');
        if (end != NULL)
            *end = '\0';
        read_cases(cases, argv[i]);
        for (guint at = from; at < cases->len; at++) {
            const Case *this = g_ptr_array_index(cases, at);
            g_autofree char *name = g_strconcat("/", base, "/", this->name, NULL);
            g_strdelimit(name, " ", '-');
            if (this->when == NULL || this->then == NULL)
                g_error("%s: '%s' has no end", argv[i], this->name);
            g_test_add_data_func(name, this, test_case);
        }
    }
    return g_test_run();
}
