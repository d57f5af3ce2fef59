#include "base/error.h"
#include "build/scheduler.h"

#define DAGS      200
#define TASKS_MAX 24
#define ID_SIZE   8

/* What happened, as text: "+a" begun, "-a" ended, "!a" failed, "?b(a)" skipped because of a. */
typedef struct Story {
    GString *text;
    FaAfterFailure answer;
    unsigned answers; /* how often @answer is given; after that: continue */
} Story;

static void
on_begun(const FaTask *task, void *data)
{
    Story *story = data;
    g_string_append_printf(story->text, "+%s ", task->id);
}

static void
on_ended(const FaTask *task, const GError *error, void *data)
{
    Story *story = data;
    g_string_append_printf(story->text, "%s%s ", error != NULL ? "!" : "-", task->id);
}

static void
on_skipped(const FaTask *task, const FaTask *because, void *data)
{
    Story *story = data;
    g_string_append_printf(story->text, "?%s(%s) ", task->id, because != NULL ? because->id : "");
}

static FaAfterFailure
on_failed(const FaTask *task, const GError *error, void *data)
{
    Story *story = data;
    if (story->answers == 0)
        return FA_AFTER_FAILURE_CONTINUE;
    story->answers--;
    return story->answer;
}

static bool
succeed(void *data, FaCancel *cancel, GError **error)
{
    return true;
}

static bool
fail_always(void *data, FaCancel *cancel, GError **error)
{
    return fa_fail(error, FA_ERROR_NOT_FOUND, "no compiler");
}

static bool
fail_twice(void *data, FaCancel *cancel, GError **error)
{
    unsigned *tries = data;
    return (*tries)++ >= 2 || fa_fail(error, FA_ERROR_FAILED, "not yet");
}

static bool
cancel_all(void *data, FaCancel *cancel, GError **error)
{
    fa_cancel_set(cancel);
    return true;
}

static bool
run(const FaTask *tasks, size_t length, FaCancel *cancel, Story *story, GError **error)
{
    const FaScheduleEvents events = {on_begun, on_ended, on_skipped, on_failed, story};
    const FaSchedule schedule = {tasks, length};

    if (story->text == NULL)
        story->text = g_string_new(NULL);
    return fa_schedule_run(&schedule, 1, cancel, &events, error);
}

static void
assert_story(Story *story, const char *expected)
{
    g_assert_cmpstr(g_strchomp(story->text->str), ==, expected);
    g_string_free(story->text, TRUE);
    story->text = NULL;
}

#define NEEDS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void
test_order(void)
{
    const FaTask tasks[] = {
        {"site", NEEDS("web", "db"), succeed, NULL},
        {"db", NULL, succeed, NULL},
        {"web", NEEDS("lib"), succeed, NULL},
        {"lib", NULL, succeed, NULL},
    };
    Story story = {0};
    g_autoptr(GError) error = NULL;

    g_assert_true(run(tasks, G_N_ELEMENTS(tasks), NULL, &story, &error));
    g_assert_no_error(error);
    assert_story(&story, "+db -db +lib -lib +web -web +site -site");
}

static void
test_failure(void)
{
    const FaTask tasks[] = {
        {"a", NULL, fail_always, NULL},
        {"b", NEEDS("a"), succeed, NULL},
        {"c", NEEDS("b"), succeed, NULL},
        {"d", NULL, succeed, NULL},
    };
    Story story = {0};
    g_autoptr(GError) error = NULL;

    g_assert_false(run(tasks, G_N_ELEMENTS(tasks), NULL, &story, &error));
    g_assert_error(error, FA_ERROR, FA_ERROR_NOT_FOUND);
    g_assert_cmpstr(error->message, ==, "no compiler");
    assert_story(&story, "+a !a ?b(a) ?c(a) +d -d");
}

static void
test_failures(void)
{
    const FaTask tasks[] = {
        {"a", NULL, fail_always, NULL},
        {"b", NEEDS("a"), succeed, NULL},
        {"c", NULL, fail_always, NULL},
    };
    Story story = {0};
    g_autoptr(GError) error = NULL;

    g_assert_false(run(tasks, G_N_ELEMENTS(tasks), NULL, &story, &error));
    g_assert_cmpstr(error->message, ==, "2 of 3 failed, 1 were skipped: 'a', 'c'");
    assert_story(&story, "+a !a ?b(a) +c !c");
}

static void
test_retry(void)
{
    unsigned tries = 0;
    const FaTask tasks[] = {
        {"a", NULL, fail_twice, &tries},
        {"b", NEEDS("a"), succeed, NULL},
    };
    Story story = {.answer = FA_AFTER_FAILURE_RETRY, .answers = 2};
    g_autoptr(GError) error = NULL;

    g_assert_true(run(tasks, G_N_ELEMENTS(tasks), NULL, &story, &error));
    g_assert_cmpuint(tries, ==, 3);
    assert_story(&story, "+a -a +b -b");
}

static void
test_stop(void)
{
    const FaTask tasks[] = {
        {"a", NULL, fail_always, NULL},
        {"b", NULL, succeed, NULL},
    };
    Story story = {.answer = FA_AFTER_FAILURE_STOP, .answers = 1};

    g_assert_false(run(tasks, G_N_ELEMENTS(tasks), NULL, &story, NULL));
    assert_story(&story, "+a !a ?b()");
}

static void
test_cancel(void)
{
    const FaTask tasks[] = {
        {"a", NULL, cancel_all, NULL},
        {"b", NULL, succeed, NULL},
    };
    Story story = {0};
    g_autoptr(FaCancel) cancel = fa_cancel_new();
    g_autoptr(GError) error = NULL;

    g_assert_false(run(tasks, G_N_ELEMENTS(tasks), cancel, &story, &error));
    g_assert_error(error, FA_ERROR, FA_ERROR_CANCELLED);
    assert_story(&story, "+a -a ?b()");
}

static void
assert_refused(const FaTask *tasks, size_t length, const char *message)
{
    Story story = {0};
    g_autoptr(GError) error = NULL;

    g_assert_false(run(tasks, length, NULL, &story, &error));
    g_assert_error(error, FA_ERROR, FA_ERROR_CONFIG);
    g_assert_cmpstr(error->message, ==, message);
    assert_story(&story, "");
}

static void
test_refused(void)
{
    const FaTask cycle[] = {
        {"z", NULL, succeed, NULL},
        {"a", NEEDS("b"), succeed, NULL},
        {"b", NEEDS("a"), succeed, NULL},
    };
    const FaTask unknown[] = {{"a", NEEDS("b"), succeed, NULL}};
    const FaTask twice[] = {{"a", NULL, succeed, NULL}, {"a", NULL, succeed, NULL}};

    assert_refused(cycle, 3, "'a' needs itself, or needs one that does");
    assert_refused(unknown, 1, "'a' needs 'b', which is not there");
    assert_refused(twice, 2, "'a' is there twice");
}

static void
test_nothing(void)
{
    Story story = {0};
    g_assert_true(run(NULL, 0, NULL, &story, NULL));
    assert_story(&story, "");
}

/* A drawn DAG and what its tasks saw. */
typedef struct Dag {
    FaTask tasks[TASKS_MAX];
    char ids[TASKS_MAX][ID_SIZE];
    const char *needs[TASKS_MAX][TASKS_MAX + 1];
    struct DagTask {
        struct Dag *dag;
        size_t index;
        int runs;
        bool must_fail;
    } data[TASKS_MAX];
    size_t length;
    int running; /* now, by all threads */
    int most;
} Dag;

static size_t
index_of(const Dag *dag, const char *id)
{
    for (size_t i = 0; i < dag->length; i++)
        if (g_str_equal(dag->ids[i], id))
            return i;
    g_assert_not_reached();
}

/* Laws: after all that it needs, none of which failed. */
static bool
run_drawn(void *data, FaCancel *cancel, GError **error)
{
    struct DagTask *task = data;
    Dag *dag = task->dag;
    int now = g_atomic_int_add(&dag->running, 1) + 1;
    int most = g_atomic_int_get(&dag->most);

    while (now > most && !g_atomic_int_compare_and_exchange(&dag->most, most, now))
        most = g_atomic_int_get(&dag->most);
    g_atomic_int_inc(&task->runs);
    for (const char **need = dag->needs[task->index]; *need != NULL; need++) {
        const struct DagTask *needed = &dag->data[index_of(dag, *need)];
        g_assert_cmpint(g_atomic_int_get(&needed->runs), ==, 1);
        g_assert_false(needed->must_fail);
    }
    g_thread_yield();
    g_atomic_int_add(&dag->running, -1);
    return !task->must_fail || fa_fail(error, FA_ERROR_FAILED, "drawn to fail");
}

static void
draw(Dag *dag, GRand *random)
{
    *dag = (Dag){.length = (size_t)g_rand_int_range(random, 0, TASKS_MAX + 1)};
    g_autofree size_t *rank = g_new(size_t, TASKS_MAX);

    for (size_t i = 0; i < dag->length; i++) {
        g_snprintf(dag->ids[i], ID_SIZE, "t%zu", i);
        rank[i] = (size_t)g_rand_int_range(random, 0, TASKS_MAX);
    }
    for (size_t i = 0; i < dag->length; i++) {
        size_t count = 0;
        for (size_t n = 0; n < dag->length; n++)
            if (rank[n] < rank[i] && g_rand_int_range(random, 0, 5) == 0)
                dag->needs[i][count++] = dag->ids[n];
        dag->data[i] = (struct DagTask){dag, i, 0, g_rand_int_range(random, 0, 20) == 0};
        dag->tasks[i] = (FaTask){dag->ids[i], dag->needs[i], run_drawn, &dag->data[i]};
    }
}

/* Whether it fails or stands behind one that does. */
static bool
is_held(const Dag *dag, size_t index)
{
    for (const char *const *need = dag->needs[index]; *need != NULL; need++) {
        size_t at = index_of(dag, *need);
        if (dag->data[at].must_fail || is_held(dag, at))
            return true;
    }
    return false;
}

static void
test_laws(void)
{
    guint32 seed = g_test_rand_int();
    g_autoptr(GRand) random = g_rand_new_with_seed(seed);
    Dag dag;

    g_test_message("seed %u", seed);
    for (size_t round = 0; round < DAGS; round++) {
        unsigned jobs = (unsigned)g_rand_int_range(random, 1, 5);
        bool is_good = true;
        draw(&dag, random);
        const FaSchedule schedule = {dag.tasks, dag.length};
        bool is_done = fa_schedule_run(&schedule, jobs, NULL, NULL, NULL);

        for (size_t i = 0; i < dag.length; i++) {
            /* Law: each once, but those behind a failure not at all. */
            g_assert_cmpint(dag.data[i].runs, ==, is_held(&dag, i) ? 0 : 1);
            is_good = is_good && !dag.data[i].must_fail;
        }
        /* Laws: at most so many at a time; true when none failed. */
        g_assert_cmpint(dag.most, <=, (int)jobs);
        g_assert_cmpint(is_done, ==, is_good);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/scheduler/each-starts-after-what-it-needs-in-the-order-of-the-list",
                    test_order);
    g_test_add_func("/scheduler/a-failure-skips-only-what-needs-it", test_failure);
    g_test_add_func("/scheduler/several-failures-are-named-together", test_failures);
    g_test_add_func("/scheduler/what-failed-can-be-tried-again", test_retry);
    g_test_add_func("/scheduler/stopping-begins-nothing-more", test_stop);
    g_test_add_func("/scheduler/cancelling-begins-nothing-more", test_cancel);
    g_test_add_func("/scheduler/cycles-and-unknown-needs-are-refused-before-anything-begins",
                    test_refused);
    g_test_add_func("/scheduler/nothing-to-do-is-done", test_nothing);
    g_test_add_func("/scheduler/drawn-graphs-run-each-once-after-its-needs-within-the-jobs",
                    test_laws);
    return g_test_run();
}
