#include "build/turns.h"

struct FaTurns {
    GMutex mutex;
    GCond given;
    unsigned left;
};

FaTurns *
fa_turns_new(unsigned count)
{
    FaTurns *turns = g_new0(FaTurns, 1);
    g_mutex_init(&turns->mutex);
    g_cond_init(&turns->given);
    turns->left = MAX(count, 1);
    return turns;
}

void
fa_turns_free(FaTurns *turns)
{
    if (turns == NULL)
        return;
    g_cond_clear(&turns->given);
    g_mutex_clear(&turns->mutex);
    g_free(turns);
}

void
fa_turns_take(FaTurns *turns)
{
    if (turns == NULL)
        return;
    g_mutex_lock(&turns->mutex);
    while (turns->left == 0)
        g_cond_wait(&turns->given, &turns->mutex);
    turns->left--;
    g_mutex_unlock(&turns->mutex);
}

void
fa_turns_give(FaTurns *turns)
{
    if (turns == NULL)
        return;
    g_mutex_lock(&turns->mutex);
    turns->left++;
    g_cond_signal(&turns->given);
    g_mutex_unlock(&turns->mutex);
}
