#include "sys/parallel.h"

#include <glib.h>
#include <stdatomic.h>

#define COUNT 1000

static void
count(size_t index, void *data)
{
    atomic_fetch_add(&((atomic_uint *)data)[index], 1);
}

/* Law: each of them is done, and once; for any number of them, and for any that a thread is worth. */
static void
test_each_once(void)
{
    static const size_t worths[] = {0, 1, 8, COUNT, 10 * COUNT};
    for (size_t w = 0; w < G_N_ELEMENTS(worths); w++) {
        for (size_t length = 0; length <= COUNT; length += length < 10 ? 1 : 99) {
            atomic_uint done[COUNT + 1] = {0};
            fa_parallel_run(length, worths[w], count, done);
            for (size_t i = 0; i <= COUNT; i++)
                g_assert_cmpuint(done[i], ==, i < length);
        }
    }
}

typedef struct Meeting {
    GMutex mutex;
    GCond came;
    unsigned present;
} Meeting;

static void
meet(size_t index, void *data)
{
    Meeting *meeting = data;
    g_mutex_lock(&meeting->mutex);
    meeting->present++;
    g_cond_broadcast(&meeting->came);
    while (meeting->present < 2)
        g_cond_wait(&meeting->came, &meeting->mutex);
    g_mutex_unlock(&meeting->mutex);
}

/* Each waits for the other: one after the other they would never end. */
static void
test_at_once(void)
{
    Meeting meeting = {0};
    if (g_get_num_processors() < 2) {
        g_test_skip("one processor");
        return;
    }
    g_mutex_init(&meeting.mutex);
    g_cond_init(&meeting.came);
    fa_parallel_run(2, 1, meet, &meeting);
    g_assert_cmpuint(meeting.present, ==, 2);
    g_cond_clear(&meeting.came);
    g_mutex_clear(&meeting.mutex);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/parallel/each-is-done-once", test_each_once);
    g_test_add_func("/parallel/two-are-done-at-once", test_at_once);
    return g_test_run();
}
