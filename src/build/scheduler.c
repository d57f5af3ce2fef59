#include "build/scheduler.h"

#include "base/error.h"

#define NAMED_MAX 10 /* failures named in the message; the rest are counted */

/* WAITING -> RUNNING -> DONE or FAILED (or RUNNING again); WAITING -> SKIPPED */
typedef enum NodeState {
    NODE_WAITING,
    NODE_RUNNING,
    NODE_DONE,
    NODE_FAILED,
    NODE_SKIPPED,
} NodeState;

typedef struct Node {
    const FaTask *task;
    NodeState state;
    size_t missing;    /* needs that are not done yet */
    GArray *dependent; /* of size_t: who needs this one */
    GError *error;     /* written by the thread that ran it, read once it came back by the queue */
} Node;

typedef struct Run {
    const FaScheduleEvents *events;
    FaCancel *cancel;
    Node *nodes;
    size_t length;
    GThreadPool *pool;
    GAsyncQueue *finished; /* of Node * */
    size_t running;
    size_t jobs;
    bool is_stopped;
} Run;

static void
run_clear(Run *run)
{
    if (run->pool != NULL)
        g_thread_pool_free(run->pool, FALSE, TRUE);
    g_clear_pointer(&run->finished, g_async_queue_unref);
    for (size_t i = 0; i < run->length; i++) {
        g_array_unref(run->nodes[i].dependent);
        g_clear_error(&run->nodes[i].error);
    }
    g_clear_pointer(&run->nodes, g_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Run, run_clear)

static bool
connect_nodes(Run *run, GError **error)
{
    g_autoptr(GHashTable) by_id = g_hash_table_new(g_str_hash, g_str_equal);

    for (size_t i = 0; i < run->length; i++)
        if (!g_hash_table_insert(by_id, (void *)run->nodes[i].task->id, &run->nodes[i]))
            return fa_fail(error, FA_ERROR_CONFIG, "'%s' is there twice", run->nodes[i].task->id);

    for (size_t i = 0; i < run->length; i++) {
        const FaTask *task = run->nodes[i].task;
        for (size_t n = 0; task->needs != NULL && task->needs[n] != NULL; n++) {
            Node *need = g_hash_table_lookup(by_id, task->needs[n]);
            if (need == NULL)
                return fa_fail(error, FA_ERROR_CONFIG, "'%s' needs '%s', which is not there",
                               task->id, task->needs[n]);
            g_array_append_val(need->dependent, i);
            run->nodes[i].missing++;
        }
    }
    return true;
}

/* Takes away what can be done until nothing is left; whatever is left is in a cycle or behind one. */
static bool
check_acyclic(const Run *run, GError **error)
{
    g_autofree size_t *missing = g_new(size_t, run->length + 1);
    g_autofree size_t *ready = g_new(size_t, run->length + 1);
    size_t count = 0;

    for (size_t i = 0; i < run->length; i++) {
        missing[i] = run->nodes[i].missing;
        if (missing[i] == 0)
            ready[count++] = i;
    }
    for (size_t done = 0; done < count; done++) {
        const GArray *dependent = run->nodes[ready[done]].dependent;
        for (size_t d = 0; d < dependent->len; d++) {
            size_t index = g_array_index(dependent, size_t, d);
            if (--missing[index] == 0)
                ready[count++] = index;
        }
    }
    for (size_t i = 0; count < run->length && i < run->length; i++)
        if (missing[i] > 0)
            return fa_fail(error, FA_ERROR_CONFIG, "'%s' needs itself, or needs one that does",
                           run->nodes[i].task->id);
    return true;
}

static void
work(gpointer data, gpointer user_data)
{
    Node *node = data;
    Run *run = user_data;

    if (!node->task->run(node->task->data, run->cancel, &node->error) && node->error == NULL)
        fa_fail(&node->error, FA_ERROR_FAILED, "'%s' failed", node->task->id);
    g_async_queue_push(run->finished, node);
}

static void
start(Run *run, Node *node)
{
    g_clear_error(&node->error);
    node->state = NODE_RUNNING;
    run->running++;
    g_thread_pool_push(run->pool, node, NULL);
}

static void
start_ready(Run *run)
{
    if (run->is_stopped || fa_cancel_is_set(run->cancel))
        return;

    for (size_t i = 0; i < run->length && run->running < run->jobs; i++) {
        Node *node = &run->nodes[i];
        if (node->state != NODE_WAITING || node->missing > 0)
            continue;
        if (run->events->begun != NULL)
            run->events->begun(node->task, run->events->data);
        start(run, node);
    }
}

static void
skip(Run *run, Node *node, const FaTask *because)
{
    node->state = NODE_SKIPPED;
    if (run->events->skipped != NULL)
        run->events->skipped(node->task, because, run->events->data);
}

/* Everything behind @failed, however far. */
static void
skip_dependent(Run *run, const Node *failed)
{
    g_autoptr(GQueue) queue = g_queue_new();

    g_queue_push_tail(queue, (gpointer)failed);
    while (!g_queue_is_empty(queue)) {
        const Node *node = g_queue_pop_head(queue);
        for (size_t d = 0; d < node->dependent->len; d++) {
            Node *dependent = &run->nodes[g_array_index(node->dependent, size_t, d)];
            if (dependent->state != NODE_WAITING)
                continue;
            skip(run, dependent, failed->task);
            g_queue_push_tail(queue, dependent);
        }
    }
}

static void
finish_failed(Run *run, Node *node)
{
    FaAfterFailure answer = FA_AFTER_FAILURE_CONTINUE;

    if (run->events->failed != NULL && !fa_cancel_is_set(run->cancel))
        answer = run->events->failed(node->task, node->error, run->events->data);
    if (answer == FA_AFTER_FAILURE_RETRY) {
        start(run, node);
        return;
    }
    if (answer == FA_AFTER_FAILURE_STOP)
        run->is_stopped = true;
    node->state = NODE_FAILED;
    if (run->events->ended != NULL)
        run->events->ended(node->task, node->error, run->events->data);
    skip_dependent(run, node);
}

static void
finish(Run *run, Node *node)
{
    run->running--;
    if (node->error != NULL) {
        finish_failed(run, node);
        return;
    }

    node->state = NODE_DONE;
    for (size_t d = 0; d < node->dependent->len; d++)
        run->nodes[g_array_index(node->dependent, size_t, d)].missing--;
    if (run->events->ended != NULL)
        run->events->ended(node->task, NULL, run->events->data);
}

static bool
conclude(const Run *run, GError **error)
{
    g_autoptr(GString) names = g_string_new(NULL);
    const GError *first = NULL;
    size_t failed = 0, skipped = 0;

    for (size_t i = 0; i < run->length; i++) {
        const Node *node = &run->nodes[i];
        skipped += node->state == NODE_SKIPPED;
        if (node->state != NODE_FAILED)
            continue;
        first = first != NULL ? first : node->error;
        if (failed++ < NAMED_MAX)
            g_string_append_printf(names, "%s'%s'", names->len > 0 ? ", " : "", node->task->id);
    }
    if (!fa_cancel_check(run->cancel, error))
        return false;
    if (failed == 0 && skipped == 0)
        return true;
    if (failed == 1) {
        g_propagate_error(error, g_error_copy(first));
        return false;
    }
    return fa_fail(error, FA_ERROR_FAILED, "%zu of %zu failed, %zu were skipped: %s%s", failed,
                   run->length, skipped, names->str, failed > NAMED_MAX ? " and others" : "");
}

bool
fa_schedule_run(const FaSchedule *schedule, unsigned jobs, FaCancel *cancel,
                const FaScheduleEvents *events, GError **error)
{
    const FaScheduleEvents silent = {0};
    g_auto(Run) run = {
        .events = events != NULL ? events : &silent,
        .cancel = cancel,
        .nodes = g_new0(Node, schedule->length + 1),
        .length = schedule->length,
        .jobs = CLAMP(jobs, 1, FA_SCHEDULE_JOBS_MAX),
    };

    for (size_t i = 0; i < run.length; i++) {
        run.nodes[i].task = &schedule->tasks[i];
        run.nodes[i].dependent = g_array_new(FALSE, FALSE, sizeof(size_t));
    }
    if (!connect_nodes(&run, error) || !check_acyclic(&run, error))
        return false;

    run.finished = g_async_queue_new();
    run.pool = g_thread_pool_new(work, &run, (int)run.jobs, FALSE, error);
    if (run.pool == NULL)
        return false;
    start_ready(&run);
    while (run.running > 0) {
        finish(&run, g_async_queue_pop(run.finished));
        start_ready(&run);
    }
    for (size_t i = 0; i < run.length; i++)
        if (run.nodes[i].state == NODE_WAITING)
            skip(&run, &run.nodes[i], NULL);
    return conclude(&run, error);
}
