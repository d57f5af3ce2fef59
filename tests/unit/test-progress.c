#include <string.h>

#include "base/json.h"
#include "cli/progress.h"

#define SECOND 1000000

/* The clock of these tests: it moves when a test says so. */
static int64_t test_time;

static int64_t
read_test_time(void)
{
    return test_time;
}

typedef struct Screen {
    FaProgress *progress;
    FILE *stream;
    char *text;
    size_t length;
} Screen;

static void
screen_open(Screen *screen, FaProgressMode mode)
{
    test_time = 0;
    screen->stream = open_memstream(&screen->text, &screen->length);
    screen->progress = fa_progress_new_with(&(FaProgressOptions){.mode = mode,
                                                                 .stream = screen->stream,
                                                                 .title = "shop-19",
                                                                 .jobs = 2,
                                                                 .is_utf8 = true,
                                                                 .clock = read_test_time});
}

static void
screen_close(Screen *screen)
{
    fa_progress_free(screen->progress);
    fclose(screen->stream);
    free(screen->text);
}

/* A fetch that is done, something cached, an assembly that failed, and what needed it. */
static void
play(FaProgress *progress)
{
    fa_progress_add(progress, "fetch", 3 * SECOND);
    fa_progress_add(progress, "compose", 0);
    fa_progress_begin(progress, "fetch");
    test_time += 2 * SECOND;
    fa_progress_end(progress, "fetch", FA_STEP_DONE, "shop@9f31c2e");
    fa_progress_end(progress, "deps", FA_STEP_CACHED, NULL);
    fa_progress_begin(progress, "assets");
    test_time += 75 * SECOND;
    fa_progress_log(progress, "assets", "npm: no such thing\033[2J\n", "/home/log/assets");
    fa_progress_end(progress, "assets", FA_STEP_FAILED, NULL);
    fa_progress_end(progress, "compose", FA_STEP_SKIPPED, "needs assets");
    fa_progress_finish(progress);
}

static void
test_lines(void)
{
    Screen screen;
    screen_open(&screen, FA_PROGRESS_LINES);
    play(screen.progress);
    g_assert_cmpstr(screen.text, ==,
                    "fetch: started\n"
                    "fetch: done in 2 s (shop@9f31c2e)\n"
                    "deps: cached\n"
                    "assets: started\n"
                    "assets: failed after 1:15\n"
                    "compose: skipped (needs assets)\n"
                    "── the end of the log of 'assets' ──\n"
                    "npm: no such thing?[2J\n"
                    "── the whole log: /home/log/assets\n");
    screen_close(&screen);
}

static void
test_unasked(void)
{
    Screen screen;
    screen_open(&screen, FA_PROGRESS_LINES);
    for (const char *const *name = (const char *const[]){"lock", "drain", "stop", NULL};
         *name != NULL; name++) {
        fa_progress_begin_quietly(screen.progress, *name);
        test_time += strcmp(*name, "drain") == 0 ? 6 * SECOND : SECOND;
        fa_progress_end(screen.progress, *name,
                        strcmp(*name, "stop") == 0 ? FA_STEP_FAILED : FA_STEP_DONE, NULL);
    }
    g_assert_cmpstr(screen.text, ==, "drain: done in 6 s\nstop: failed after 1 s\n");
    screen_close(&screen);
}

static void
test_quiet(void)
{
    Screen screen;
    screen_open(&screen, FA_PROGRESS_QUIET);
    play(screen.progress);
    fa_progress_say(screen.progress, "hello");
    g_assert_true(g_str_has_prefix(screen.text, "── the end of the log of 'assets'"));
    g_assert_null(strstr(screen.text, "hello"));
    screen_close(&screen);
}

static void
test_json(void)
{
    Screen screen;
    static const char *const expected[] = {
        "added fetch waiting", "added compose waiting", "started fetch running",
        "ended fetch done",    "ended deps cached",     "started assets running",
        "ended assets failed", "ended compose skipped", "finished - -"};
    screen_open(&screen, FA_PROGRESS_JSON);
    play(screen.progress);

    g_auto(GStrv) lines = g_strsplit(g_strchomp(screen.text), "\n", -1);
    g_assert_cmpuint(g_strv_length(lines), ==, G_N_ELEMENTS(expected));
    for (size_t i = 0; i < G_N_ELEMENTS(expected); i++) {
        g_autoptr(JsonNode) node = fa_json_from_text(lines[i], -1, NULL);
        JsonObject *object = json_node_get_object(node);
        const char *step = fa_json_get_string(object, "step"),
                   *state = fa_json_get_string(object, "state");
        g_autofree char *event =
            g_strdup_printf("%s %s %s", fa_json_get_string(object, "event"),
                            step != NULL ? step : "-", state != NULL ? state : "-");
        g_assert_cmpstr(event, ==, expected[i]);
    }
    screen_close(&screen);
}

static void
add_step(GPtrArray *steps, const char *name, FaStepState state, int64_t started, int64_t estimate,
         const char *note)
{
    FaProgressStep *step = g_new0(FaProgressStep, 1);
    *step = (FaProgressStep){.name = (char *)name,
                             .state = state,
                             .started = started,
                             .estimate = estimate,
                             .note = (char *)note};
    g_ptr_array_add(steps, step);
}

static void
test_frame(void)
{
    g_autoptr(GPtrArray) steps = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GString) out = g_string_new(NULL);
    add_step(steps, "fetch", FA_STEP_DONE, 0, 0, NULL);
    add_step(steps, "deps", FA_STEP_CACHED, 0, 0, NULL);
    add_step(steps, "assets", FA_STEP_RUNNING, 2 * SECOND, 48 * SECOND, "npm run build");
    add_step(steps, "compose", FA_STEP_WAITING, 0, 3 * SECOND, NULL);
    FaProgressFrame frame = {.title = "shop-19",
                             .steps = steps,
                             .now = 33 * SECOND,
                             .jobs = 1,
                             .width = 60,
                             .rows = 8,
                             .is_utf8 = true};

    g_assert_cmpuint(fa_progress_view_frame(&frame, out), ==, 3);
    g_assert_cmpstr(out->str, ==,
                    "  ⏵ assets   npm run build               0:31 of about 0:48\n"
                    "  ⏸ compose\n"
                    "  shop-19  2 of 4 steps  0:33, about 0:20 to go\n");
}

/* Law: a frame has as many lines as it says, never more than its rows, none wider than the terminal. */
static void
test_frame_fits(void)
{
    for (int round = 0; round < 500; round++) {
        g_autoptr(GPtrArray) steps = g_ptr_array_new_with_free_func(g_free);
        g_autoptr(GString) out = g_string_new(NULL);
        for (int left = g_test_rand_int_range(0, 40); left > 0; left--)
            add_step(steps, "a-component-with-a-name", (FaStepState)g_test_rand_int_range(0, 6), 0,
                     g_test_rand_int_range(0, 2) * SECOND,
                     "many\nwords \xe6\xbc\xa2 that go on and on and on and on and on and on");
        FaProgressFrame frame = {.title = "title",
                                 .steps = steps,
                                 .now = 5000 * (int64_t)SECOND,
                                 .jobs = 2,
                                 .width = (unsigned)g_test_rand_int_range(60, 200),
                                 .rows = (unsigned)g_test_rand_int_range(2, 12),
                                 .is_utf8 = g_test_rand_bit()};
        unsigned lines = fa_progress_view_frame(&frame, out);
        g_auto(GStrv) shown = g_strsplit(out->str, "\n", -1);

        g_assert_cmpuint(lines, <=, frame.rows);
        g_assert_cmpuint(g_strv_length(shown), ==, lines + 1);
        for (unsigned i = 0; i < lines; i++)
            g_assert_cmpint(g_utf8_strlen(shown[i], -1), <=, frame.width);
    }
}

static void
test_remaining(void)
{
    g_autoptr(GPtrArray) steps = g_ptr_array_new_with_free_func(g_free);
    FaProgressFrame frame = {.steps = steps, .now = 10 * SECOND, .jobs = 2};

    g_assert_cmpint(fa_progress_view_remaining(&frame), ==, 0);
    add_step(steps, "a", FA_STEP_RUNNING, 4 * SECOND, 26 * SECOND, NULL);
    add_step(steps, "b", FA_STEP_WAITING, 0, 4 * SECOND, NULL);
    g_assert_cmpint(fa_progress_view_remaining(&frame), ==, 20 * SECOND);
    add_step(steps, "c", FA_STEP_WAITING, 0, 30 * SECOND, NULL);
    g_assert_cmpint(fa_progress_view_remaining(&frame), ==, 30 * SECOND);
    add_step(steps, "d", FA_STEP_WAITING, 0, 0, NULL);
    g_assert_cmpint(fa_progress_view_remaining(&frame), ==, -1);
}

static void
test_terminal(void)
{
    Screen screen;
    screen_open(&screen, FA_PROGRESS_TERMINAL);
    fa_progress_begin(screen.progress, "fetch");
    test_time += 2 * SECOND;
    fa_progress_end(screen.progress, "fetch", FA_STEP_DONE, "shop@9f31c2e");
    fa_progress_pause(screen.progress);
    fa_progress_resume(screen.progress);
    fa_progress_say(screen.progress, "by the way");
    fa_progress_finish(screen.progress);
    g_assert_true(g_str_has_prefix(screen.text, "  ✔ fetch  shop@9f31c2e "));
    g_assert_true(g_str_has_suffix(screen.text, " 0:02\nby the way\n"));
    screen_close(&screen);
}

static gpointer
tell_many(gpointer progress)
{
    for (int i = 0; i < 500; i++) {
        g_autofree char *name = g_strdup_printf("step-%d", i);
        fa_progress_begin(progress, name);
        fa_progress_note(progress, name, "busy");
        fa_progress_end(progress, name, FA_STEP_DONE, NULL);
    }
    return NULL;
}

static void
test_threads(void)
{
    Screen screen;
    GThread *threads[4];
    screen_open(&screen, FA_PROGRESS_TERMINAL);
    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
        threads[i] = g_thread_new("tell", tell_many, screen.progress);
    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
        g_thread_join(threads[i]);
    fa_progress_finish(screen.progress);
    g_auto(GStrv) lines = g_strsplit(screen.text, "\n", -1);
    g_assert_cmpuint(g_strv_length(lines), ==, 2001);
    screen_close(&screen);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/progress/without-a-terminal-a-line-a-step", test_lines);
    g_test_add_func("/progress/a-step-nobody-asks-for-is-told-when-it-is-slow-or-fails",
                    test_unasked);
    g_test_add_func("/progress/quiet-shows-only-what-failed", test_quiet);
    g_test_add_func("/progress/json-is-an-event-a-line", test_json);
    g_test_add_func("/progress/a-frame-shows-what-runs-and-waits", test_frame);
    g_test_add_func("/progress/a-frame-fits-the-screen", test_frame_fits);
    g_test_add_func("/progress/what-is-left-is-known-or-not-said", test_remaining);
    g_test_add_func("/progress/on-a-terminal-what-ended-stays", test_terminal);
    g_test_add_func("/progress/threads-may-tell-at-once", test_threads);
    return g_test_run();
}
