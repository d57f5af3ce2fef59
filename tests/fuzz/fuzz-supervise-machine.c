#include "fuzz.h"

#include "supervise/machine.h"

/* A model of the process that the machine speaks of: alive from a spawn that succeeded to its exit. */
typedef struct Model {
    SvMachine machine;
    bool alive;
    bool may_start;
} Model;

/* Law: a process is alive in those states that say so, and in no other; UNKNOWN says nothing. */
static void
check_state(const Model *model)
{
    switch (model->machine.state) {
    case SV_STARTING:
    case SV_RUNNING:
    case SV_STOPPING:
        g_assert_true(model->alive);
        break;
    case SV_STOPPED:
    case SV_WAITING:
    case SV_BACKOFF:
    case SV_EXITED:
    case SV_FATAL:
        g_assert_false(model->alive);
        break;
    case SV_UNKNOWN:
        break;
    }
}

static void
feed(Model *model, SvHappening happening, SvFacts facts, bool spawn_succeeds)
{
    SvMachine before = model->machine;

    facts.may_start = model->may_start;
    uint32_t effects = sv_machine_step(&model->machine, happening, &facts);
    /* Law: what means nothing changes nothing. */
    if (effects == 0 && before.state == model->machine.state)
        g_assert_cmpuint(before.failures, ==, model->machine.failures);
    /* Law: nothing is spawned twice, or while the supervisor stops; nothing is signalled that is not there. */
    if (effects & SV_DO_SPAWN) {
        g_assert_false(model->alive);
        g_assert_true(model->may_start);
        g_assert_cmpint(model->machine.state, ==, SV_STARTING);
        model->alive = spawn_succeeds;
        feed(model, spawn_succeeds ? SV_SPAWNED : SV_SPAWN_FAILED, facts, false);
    }
    if (effects & (SV_DO_SEND_STOP | SV_DO_SEND_KILL))
        g_assert_true(model->alive);
    if (effects & SV_DO_AGAIN)
        feed(model, happening, facts, spawn_succeeds);
    /* Law: who settles a failure is told when to try again, or has given up. */
    if ((effects & SV_DO_SETTLE) && !model->alive)
        feed(model, SV_SETTLE, facts, spawn_succeeds);
    if (before.state == SV_BACKOFF && happening == SV_SETTLE)
        g_assert_true(model->machine.state == SV_FATAL || (effects & SV_DO_DELAY));
}

static void
step(Model *model, uint8_t what, uint8_t how)
{
    SvFacts facts = {.instant = how & 1,
                     .needs_ready = how & 2,
                     .early = how & 4,
                     .wants_restart = how & 8,
                     .retries_left = how & 16,
                     .too_soon = how & 64};
    SvHappening happening = (SvHappening)(what % (SV_SETTLE + 1));

    if (what >= 0xf0)
        model->may_start = false;
    /* These follow from what the machine asked for, and come of themselves. */
    if (happening == SV_SPAWNED || happening == SV_SPAWN_FAILED || happening == SV_SETTLE)
        return;
    if (happening == SV_EXIT && !model->alive)
        return;
    if (happening == SV_EXIT)
        model->alive = false;
    feed(model, happening, facts, how & 32);
    if (happening == SV_EXIT && !model->alive)
        feed(model, SV_SETTLE, facts, how & 32);
    check_state(model);
}

/* Law: once the supervisor stops, telling each process to give up and its exit bring every machine to rest. */
static void
check_end(Model *model)
{
    SvFacts facts = {0};

    model->may_start = false;
    feed(model, SV_GIVE_UP, facts, false);
    if (model->alive) {
        model->alive = false;
        feed(model, SV_EXIT, facts, false);
        feed(model, SV_SETTLE, facts, false);
    }
    check_state(model);
    g_assert_true(sv_state_is_stopped(model->machine.state));
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    Model model = {.may_start = true};

    for (size_t i = 0; i + 1 < length; i += 2)
        step(&model, bytes[i], bytes[i + 1]);
    check_end(&model);
    return 0;
}
