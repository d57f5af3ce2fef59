#include <glib.h>
#include <stdatomic.h>

#include "build/turns.h"

#define THREADS 8
#define ROUNDS  200

typedef struct Count {
    FaTurns *turns;
    atomic_int now;
    atomic_int most;
} Count;

static gpointer
take_turns(gpointer data)
{
    Count *count = data;
    for (int i = 0; i < ROUNDS; i++) {
        fa_turns_take(count->turns);
        int now = atomic_fetch_add(&count->now, 1) + 1, most = atomic_load(&count->most);
        while (now > most && !atomic_compare_exchange_weak(&count->most, &most, now)) {
        }
        g_thread_yield();
        atomic_fetch_sub(&count->now, 1);
        fa_turns_give(count->turns);
    }
    return NULL;
}

static void
test_limit(void)
{
    g_autoptr(FaTurns) turns = fa_turns_new(2);
    Count count = {.turns = turns};
    GThread *threads[THREADS];

    for (int i = 0; i < THREADS; i++)
        threads[i] = g_thread_new("turn", take_turns, &count);
    for (int i = 0; i < THREADS; i++)
        g_thread_join(threads[i]);
    g_assert_cmpint(atomic_load(&count.now), ==, 0);
    g_assert_cmpint(atomic_load(&count.most), >=, 1);
    g_assert_cmpint(atomic_load(&count.most), <=, 2);
}

static void
test_none(void)
{
    fa_turns_take(NULL);
    fa_turns_take(NULL);
    fa_turns_give(NULL);

    g_autoptr(FaTurns) turns = fa_turns_new(0);
    fa_turns_take(turns);
    fa_turns_give(turns);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/turns/no-more-than-the-limit-have-one-at-once", test_limit);
    g_test_add_func("/turns/without-turns-there-is-always-one", test_none);
    return g_test_run();
}
