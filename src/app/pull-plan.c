#include "app/pull-plan.h"

#include "base/error.h"
#include "build/scheduler.h"
#include "store/store.h"

#define AT_ONCE 4

typedef struct Pulling {
    FaPulls *pulls;
    FaStore *store;
    const FaAssembleOptions *options;
} Pulling;

/* One component on its way. */
typedef struct Pulled {
    const Pulling *pulling;
    FaAssembled *plan;
    bool was_there; /* somebody else was first */
    uint64_t bytes;
    const char *place; /* (nullable) where it came from */
    GError *problem;   /* why it is built after all */
} Pulled;

static void
pulled_free(Pulled *pulled)
{
    g_clear_error(&pulled->problem);
    g_free(pulled);
}

static void G_GNUC_PRINTF(2, 3) tell(const FaAssembleOptions *options, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    if (options->events.note != NULL)
        options->events.note(text, options->events.data);
}

static void
tell_note(const char *text, void *data)
{
    tell(data, "%s", text);
}

FaPulls *
fa_pull_plan_find(const FaContext *context, const FaAssembleOptions *options, GPtrArray *plan,
                  GError **error)
{
    const FaPullsOptions pulling = {.offline = options->offline,
                                    .cancel = options->cancel,
                                    .note = tell_note,
                                    .data = (void *)options};
    g_autoptr(FaPulls) pulls = fa_pulls_open(context, &pulling, error);
    g_autofree FaWanted *wanted = g_new0(FaWanted, plan->len);
    g_autofree FaAssembled **missing = g_new0(FaAssembled *, plan->len);
    size_t count = 0;
    if (pulls == NULL)
        return NULL;
    for (guint i = 0; i < plan->len; i++) {
        FaAssembled *one = g_ptr_array_index(plan, i);
        if (one->state != FA_PLAN_BUILD)
            continue;
        wanted[count] = (FaWanted){.name = one->name, .key = &one->key};
        missing[count++] = one;
    }
    if (!fa_pulls_find(pulls, wanted, count, error))
        return NULL;
    for (size_t i = 0; i < count; i++) {
        if (wanted[i].place == NULL)
            continue;
        missing[i]->state = FA_PLAN_PULL;
        missing[i]->place = g_strdup(wanted[i].place);
    }
    return g_steal_pointer(&pulls);
}

static void
tell_waiting(const char *owner, void *data)
{
    const FaAssembleEvents *events = &((const Pulled *)data)->pulling->options->events;
    if (events->waiting != NULL)
        events->waiting(owner, events->data);
}

static bool
take(Pulled *pulled, FaCancel *cancel, GError **error)
{
    const Pulling *pulling = pulled->pulling;
    const FaAssembled *plan = pulled->plan;
    const FaWanted wanted = {.name = plan->name, .key = &plan->key, .place = plan->place};
    g_autofree char *purpose = g_strdup_printf("pulling %s", plan->component);
    g_autoptr(FaLock) lock = fa_store_lock_key(pulling->store, &plan->key, purpose, -1,
                                               tell_waiting, pulled, cancel, error);
    if (lock == NULL)
        return false;
    pulled->was_there = fa_store_lookup(pulling->store, &plan->key, NULL, NULL);
    return pulled->was_there || fa_pulls_take(pulling->pulls, pulling->store, &wanted,
                                              &pulled->bytes, &pulled->place, cancel, error);
}

/* What cannot be had is no failure: it is built. */
static bool
run_task(void *data, FaCancel *cancel, GError **error)
{
    Pulled *pulled = data;
    if (take(pulled, cancel, &pulled->problem) || !fa_error_is(pulled->problem, FA_ERROR_CANCELLED))
        return true;
    g_propagate_error(error, g_steal_pointer(&pulled->problem));
    return false;
}

static void
tell_begun(const FaTask *task, void *data)
{
    const FaAssembleEvents *events = &((const Pulling *)data)->options->events;
    const Pulled *pulled = task->data;
    g_autofree char *what = g_strdup_printf("pull from %s", pulled->plan->place);
    if (events->begun != NULL)
        events->begun(task->id, events->data);
    if (events->step != NULL)
        events->step(task->id, what, events->data);
}

static void
tell_ended(const FaTask *task, const GError *failure, void *data)
{
    const FaAssembleEvents *events = &((const Pulling *)data)->options->events;
    Pulled *pulled = task->data;
    if (failure != NULL) {
        if (events->ended != NULL)
            events->ended(task->id, failure, NULL, events->data);
        return;
    }
    if (pulled->problem != NULL) {
        tell(((const Pulling *)data)->options, "'%s' is built here: %s", pulled->plan->name,
             pulled->problem->message);
        return;
    }
    pulled->plan->state = FA_PLAN_THERE;
    if (events->pulled != NULL)
        events->pulled(task->id, pulled->place, pulled->bytes, events->data);
}

static void
tell_skipped(const FaTask *task, const FaTask *because, void *data)
{
    const FaAssembleEvents *events = &((const Pulling *)data)->options->events;
    if (events->skipped != NULL)
        events->skipped(task->id, because != NULL ? because->id : NULL, events->data);
}

bool
fa_pull_plan_run(FaPulls *pulls, FaStore *store, const FaAssembleOptions *options, GPtrArray *plan,
                 GError **error)
{
    Pulling pulling = {.pulls = pulls, .store = store, .options = options};
    g_autoptr(GArray) tasks = g_array_new(FALSE, TRUE, sizeof(FaTask));
    g_autoptr(GPtrArray) works = g_ptr_array_new_with_free_func((GDestroyNotify)pulled_free);
    for (guint i = 0; i < plan->len; i++) {
        FaAssembled *one = g_ptr_array_index(plan, i);
        if (one->state != FA_PLAN_PULL)
            continue;
        Pulled *pulled = g_new0(Pulled, 1);
        *pulled = (Pulled){.pulling = &pulling, .plan = one};
        FaTask task = {.id = one->component, .run = run_task, .data = pulled};
        g_ptr_array_add(works, pulled);
        g_array_append_val(tasks, task);
    }
    const FaSchedule schedule = {.tasks = (const FaTask *)(const void *)tasks->data,
                                 .length = tasks->len};
    const FaScheduleEvents events = {
        .begun = tell_begun, .ended = tell_ended, .skipped = tell_skipped, .data = &pulling};
    if (tasks->len > 0 && !fa_schedule_run(&schedule, AT_ONCE, options->cancel, &events, error))
        return false;
    for (guint i = 0; i < plan->len; i++) {
        FaAssembled *one = g_ptr_array_index(plan, i);
        if (one->state == FA_PLAN_PULL)
            one->state = FA_PLAN_BUILD;
    }
    return true;
}
