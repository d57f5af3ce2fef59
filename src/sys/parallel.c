#include "sys/parallel.h"

#include <glib.h>
#include <stdatomic.h>

#define THREADS_MAX 4

typedef struct Run {
    size_t count;
    FaParallelFunc func;
    void *data;
    atomic_size_t next;
} Run;

static gpointer
work(gpointer data)
{
    Run *run = data;
    for (;;) {
        size_t index = atomic_fetch_add(&run->next, 1);
        if (index >= run->count)
            return NULL;
        run->func(index, run->data);
    }
}

void
fa_parallel_run(size_t count, size_t worth, FaParallelFunc func, void *data)
{
    Run run = {.count = count, .func = func, .data = data};
    GThread *helpers[THREADS_MAX];
    size_t threads = MIN(MIN(g_get_num_processors(), count / MAX(worth, 1)), THREADS_MAX);
    for (size_t i = 1; i < threads; i++)
        helpers[i] = g_thread_new("parallel", work, &run);
    work(&run);
    for (size_t i = 1; i < threads; i++)
        g_thread_join(helpers[i]);
}
