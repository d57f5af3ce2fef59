#include "app/assemble.h"

#include <string.h>

#include "app/assembled.h"
#include "app/explain.h"
#include "app/pins.h"
#include "app/pull-plan.h"
#include "app/times.h"
#include "base/error.h"
#include "build/component.h"
#include "build/key.h"
#include "build/needs.h"
#include "build/scheduler.h"
#include "build/turns.h"
#include "domain/plan.h"
#include "sys/clock.h"
#include "sys/fs.h"
#include "sys/hash.h"
#include "sys/parallel.h"

/* Components that are begun for each whose steps may run: the others fetch, or wait for the disk. */
#define WAITING_FACTOR 4
#define LOOK_UPS_EACH  64 /* for fewer a thread costs more than it saves */

/* All that one run shares. */
typedef struct Run {
    FaContext *context;
    const FaAssembleOptions *options;
    FaStore *store;
    FaPackages *packages;
    FaValues *values;
    FaPins *pins;
    FaTimes *times;
    FaTurns *turns;
    FaServant *servant;        /* (nullable) makes sandboxes */
    FaPulls *pulls;            /* (nullable) */
    const char *const *wanted; /* (nullable) components; NULL: all */
    GPtrArray *recipes;        /* of FaRecipe, in order */
    GPtrArray *works;          /* of Work, in the same order */
    GHashTable *by_name;       /* of the component, to its Work */
    FaHash *hash;
} Run;

/* One component of a run. */
typedef struct Work {
    Run *run;
    const FaRecipe *recipe;
    const FaSourcePin *pin;
    FaAssembled *plan;
    FaScope *scope;
    char *files; /* (nullable) components/NAME/ */
    FaDigest files_digest;
    int64_t committed; /* when the source's revision was made, or 0 */
    char *log;
    char **needs;
} Work;

static void
work_free(Work *work)
{
    g_clear_pointer(&work->scope, fa_scope_free);
    g_free(work->files);
    g_free(work->log);
    g_strfreev(work->needs);
    g_free(work);
}

static void
run_clear(Run *run)
{
    g_clear_pointer(&run->by_name, g_hash_table_unref);
    g_clear_pointer(&run->works, g_ptr_array_unref);
    g_clear_pointer(&run->recipes, g_ptr_array_unref);
    g_clear_pointer(&run->pins, fa_pins_free);
    g_clear_pointer(&run->times, fa_times_free);
    g_clear_pointer(&run->turns, fa_turns_free);
    g_clear_pointer(&run->servant, fa_servant_free);
    g_clear_pointer(&run->pulls, fa_pulls_free);
    g_clear_pointer(&run->values, fa_values_free);
    g_clear_pointer(&run->packages, fa_packages_free);
    g_clear_pointer(&run->store, fa_store_free);
    g_clear_pointer(&run->hash, fa_hash_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Run, run_clear)

static FaSandboxMode
sandbox_of(const Run *run)
{
    FaSandboxMode mode = FA_SANDBOX_NAMESPACES;
    fa_sandbox_mode_from_string(run->options->sandbox, &mode);
    return mode;
}

static Work *
find_work(const Run *run, const char *component)
{
    return g_hash_table_lookup(run->by_name, component);
}

/* What is needed has its place in the store already, built or not: the place follows from the key. */
static bool
gather_needs(Work *work, GArray *needs)
{
    g_autoptr(GStrvBuilder) names = g_strv_builder_new();
    bool are_known = true;

    for (guint i = 0; i < work->recipe->components->len; i++) {
        const FaText *name = g_ptr_array_index(work->recipe->components, i);
        const Work *needed = find_work(work->run, name->text);
        FaKeyNeed need = {.name = name->text, .key = &needed->plan->key};
        g_autofree char *variable = g_strdup_printf("%s.out", name->text);
        g_strv_builder_add(names, name->text);
        are_known = are_known && needed->plan->path != NULL;
        if (needed->plan->path != NULL)
            fa_scope_set(work->scope, variable, needed->plan->path);
        g_array_append_val(needs, need);
    }
    work->needs = g_strv_builder_end(names);
    return are_known;
}

static bool
make_key(Work *work, const GArray *needs, GError **error)
{
    Run *run = work->run;
    if (work->files != NULL &&
        !fa_store_digest(run->store, work->files, NULL, &work->files_digest, NULL, error))
        return false;

    FaKeyFacts facts = {
        .recipe = work->recipe,
        .source = work->pin->has_tree ? &work->pin->tree : NULL,
        .files_directory = work->files,
        .files = work->files != NULL ? &work->files_digest : NULL,
        .scope = work->scope,
        .needs = (const FaKeyNeed *)(const void *)needs->data,
        .needs_length = needs->len,
        .home = fa_context_get_home(run->context),
        .packages = run->packages,
        .sandbox = sandbox_of(run),
        .hash = run->hash,
    };
    if (!fa_key_make(&facts, &work->plan->key, error)) {
        g_prefix_error(error, "cannot tell what '%s' is made of: ", work->recipe->name);
        return false;
    }
    return true;
}

static bool
plan_component(Run *run, const FaRecipe *recipe, GError **error)
{
    const FaProduct *product = fa_context_get_product(run->context);
    Work *work = g_new0(Work, 1);
    g_autoptr(GArray) needs = g_array_new(FALSE, FALSE, sizeof(FaKeyNeed));
    g_autofree char *log_name = g_strdup_printf("%s.log", recipe->name);
    g_autofree char *files = g_build_filename(product->directory, "components", recipe->name, NULL);

    work->run = run;
    work->recipe = recipe;
    work->pin = fa_pins_get(run->pins, recipe->name);
    work->plan = g_new0(FaAssembled, 1);
    work->plan->component = g_strdup(recipe->name);
    work->plan->revision = g_strdup(work->pin->revision);
    work->plan->estimate = fa_times_get(run->times, recipe->name);
    work->scope = fa_values_scope(run->values, recipe->name);
    work->log = g_build_filename(fa_context_get_home(run->context), "log", "build", log_name, NULL);
    if (fa_fs_is_directory(files))
        work->files = g_steal_pointer(&files);
    g_ptr_array_add(run->works, work);
    g_hash_table_insert(run->by_name, recipe->name, work);

    bool are_known = gather_needs(work, needs);
    if (!are_known || !work->pin->is_known) {
        work->plan->state = FA_PLAN_FETCH;
        return true;
    }
    if (work->pin->checkout != NULL && recipe->in_place) {
        fa_assembled_use_checkout(work->plan, work->pin->checkout);
        return true;
    }
    if (!make_key(work, needs, error))
        return false;
    /* A revision that changed nothing of it has what the one before has, under that one's name. */
    if (!fa_store_lookup(run->store, &work->plan->key, &work->plan->name, NULL))
        work->plan->name = fa_component_name(recipe->name, work->pin->version, &work->plan->key);
    work->plan->path = fa_store_path(run->store, work->plan->name);
    return true;
}

static void
tell_step(const FaStep *step, unsigned number, unsigned total, void *data)
{
    const Work *work = data;
    const FaAssembleEvents *events = &work->run->options->events;
    if (events->step != NULL)
        events->step(work->recipe->name, step->name, events->data);
}

static void
tell_waiting(const char *owner, void *data)
{
    const Work *work = data;
    const FaAssembleEvents *events = &work->run->options->events;
    if (events->waiting != NULL)
        events->waiting(owner, events->data);
}

static FaBuildRequest
request_of(Work *work)
{
    const Run *run = work->run;
    const char *const *leave_out;
    const char *directory = fa_pins_get_directory(work->pin, &leave_out);
    return (FaBuildRequest){
        .store = run->store,
        .home = fa_context_get_home(run->context),
        .recipe = work->recipe,
        .version = work->pin->version,
        .key = &work->plan->key,
        .source = work->pin->has_tree ? &work->pin->tree : NULL,
        .directory = directory,
        .leave_out = leave_out,
        .files = work->files,
        .scope = work->scope,
        .sandbox = sandbox_of(run),
        .servant = run->servant,
        .jobs = run->options->jobs,
        .commits_later = true,
        .source_date_epoch = work->committed,
        .turns = run->turns,
        .log = work->log,
        .cancel = run->options->cancel,
        .on_wait = tell_waiting,
        .on_step = tell_step,
        .data = work,
    };
}

/* A person may have edited them since the key was made, above all before a retry. */
static bool
check_files(const Work *work, GError **error)
{
    FaDigest now = {{0}};
    if (work->files == NULL)
        return true;
    if (!fa_store_digest(work->run->store, work->files, NULL, &now, NULL, error))
        return false;
    return fa_digest_is_equal(&now, &work->files_digest) ||
           fa_fail(error, FA_ERROR_CONFLICT,
                   "'%s' changed since it was read\nhelp: run the command again", work->files);
}

static bool
build_component(void *data, FaCancel *cancel, GError **error)
{
    Work *work = data;
    Run *run = work->run;
    int64_t begun = fa_clock_monotonic();
    g_auto(FaBuildResult) result = {0};
    if (!fa_pins_bring(run->pins, work->pin, run->store, &work->committed, cancel, error) ||
        !check_files(work, error))
        return false;

    FaBuildRequest request = request_of(work);
    if (!fa_component_build(&request, &result, error))
        return false;
    if (!result.was_there)
        fa_times_set(run->times, work->recipe->name, fa_clock_monotonic() - begun);
    return true;
}

bool
fa_assemble_shell(const FaFailure *failure, GError **error)
{
    FaBuildRequest request = request_of((Work *)failure->work);
    return fa_component_shell(&request, error);
}

static void
tell_begun(const FaTask *task, void *data)
{
    const FaAssembleEvents *events = &((const Run *)data)->options->events;
    if (events->begun != NULL)
        events->begun(task->id, events->data);
}

static void
tell_ended(const FaTask *task, const GError *failure, void *data)
{
    const Run *run = data;
    const FaAssembleEvents *events = &run->options->events;
    if (events->ended != NULL)
        events->ended(task->id, failure, find_work(run, task->id)->log, events->data);
}

static void
tell_skipped(const FaTask *task, const FaTask *because, void *data)
{
    const FaAssembleEvents *events = &((const Run *)data)->options->events;
    if (events->skipped != NULL)
        events->skipped(task->id, because != NULL ? because->id : NULL, events->data);
}

static FaAfterFailure
ask_failed(const FaTask *task, const GError *error, void *data)
{
    const Work *work = task->data;
    const FaAssembleEvents *events = &((const Run *)data)->options->events;
    FaFailure failure = {.component = task->id,
                         .error = error,
                         .log = work->log,
                         .cancel = work->run->options->cancel,
                         .work = work};
    if (events->failed == NULL)
        return FA_AFTER_FAILURE_CONTINUE;
    switch (events->failed(&failure, events->data)) {
    case FA_FAILURE_CONTINUE:
        return FA_AFTER_FAILURE_CONTINUE;
    case FA_FAILURE_RETRY:
        return FA_AFTER_FAILURE_RETRY;
    case FA_FAILURE_STOP:
        return FA_AFTER_FAILURE_STOP;
    }
    g_assert_not_reached();
}

/* Needs that the store has are no tasks, and nobody waits for them. */
static char **
list_waits(const Run *run, const Work *work)
{
    g_autoptr(GStrvBuilder) names = g_strv_builder_new();
    for (char **name = work->needs; *name != NULL; name++) {
        if (find_work(run, *name)->plan->state != FA_PLAN_THERE)
            g_strv_builder_add(names, *name);
    }
    return g_strv_builder_end(names);
}

/* Where there is nothing to build, it is not missed. */
static bool
open_sandbox(Run *run, GError **error)
{
    FaSandboxProbe probe = {.mode = sandbox_of(run)};
    if (probe.mode == FA_SANDBOX_NAMESPACES)
        probe.servant = run->servant = fa_sandbox_start(NULL);
    return fa_sandbox_probe(&probe, error);
}

static bool
build_missing(Run *run, GError **error)
{
    g_autoptr(GArray) tasks = g_array_new(FALSE, TRUE, sizeof(FaTask));
    g_autoptr(GPtrArray) waits = g_ptr_array_new_with_free_func((GDestroyNotify)g_strfreev);

    for (guint i = 0; i < run->works->len; i++) {
        Work *work = g_ptr_array_index(run->works, i);
        if (work->plan->state == FA_PLAN_THERE)
            continue;
        char **needs = list_waits(run, work);
        FaTask task = {
            .id = work->recipe->name,
            .needs = (const char *const *)needs,
            .run = build_component,
            .data = work,
        };
        g_ptr_array_add(waits, needs);
        g_array_append_val(tasks, task);
    }
    FaSchedule schedule = {.tasks = (const FaTask *)(const void *)tasks->data,
                           .length = tasks->len};
    FaScheduleEvents events = {.begun = tell_begun,
                               .failed = ask_failed,
                               .ended = tell_ended,
                               .skipped = tell_skipped,
                               .data = run};
    unsigned jobs = run->options->jobs, at_once = jobs == 1 ? 1 : WAITING_FACTOR * jobs;
    run->turns = fa_turns_new(jobs);
    bool is_built = tasks->len == 0 ||
                    (open_sandbox(run, error) &&
                     fa_schedule_run(&schedule, at_once, run->options->cancel, &events, error));
    /* What was built is kept, whatever failed beside it. */
    bool is_kept = tasks->len == 0 || fa_store_commit(run->store, is_built ? error : NULL);
    fa_times_write(run->times);
    return is_built && is_kept;
}

/* (transfer container) In the store, NULL-ended. Those that are not known yet, or are checkouts, are left out. */
static GPtrArray *
list_names(const Run *run)
{
    GPtrArray *names = g_ptr_array_new();
    for (guint i = 0; i < run->works->len; i++) {
        const Work *work = g_ptr_array_index(run->works, i);
        if (work->plan->name != NULL)
            g_ptr_array_add(names, work->plan->name);
    }
    g_ptr_array_add(names, NULL);
    return names;
}

static void
look_one_up(size_t index, void *data)
{
    const Run *run = data;
    FaAssembled *plan = ((Work *)g_ptr_array_index(run->works, index))->plan;
    if (plan->name != NULL)
        plan->state =
            fa_store_lookup(run->store, &plan->key, NULL, NULL) ? FA_PLAN_THERE : FA_PLAN_BUILD;
}

/* What is there, once nobody can take it away. */
static bool
look_up(Run *run, GError **error)
{
    g_autoptr(GPtrArray) names = list_names(run);
    if (!run->options->dry_run &&
        !fa_store_use(run->store, (const char *const *)names->pdata, error))
        return false;
    fa_parallel_run(run->works->len, LOOK_UPS_EACH, look_one_up, run);
    return true;
}

static bool
find_pulls(Run *run, GPtrArray *plan, GError **error)
{
    if (run->options->no_pull)
        return true;
    run->pulls = fa_pull_plan_find(run->context, run->options, plan, error);
    return run->pulls != NULL;
}

static void
tell_planned(const Run *run, const GPtrArray *plan)
{
    const FaAssembleEvents *events = &run->options->events;
    for (guint i = 0; events->planned != NULL && i < plan->len; i++)
        events->planned(g_ptr_array_index(plan, i), events->data);
}

/* What an environment was built from last stays in the store. */
static bool
keep_builds(const Run *run, const FaChoice *choice, GError **error)
{
    g_autoptr(GPtrArray) names = list_names(run);
    g_autofree char *id = g_strdup_printf("%s.%s%s", choice->environment->name, choice->site->name,
                                          run->wanted != NULL ? " in part" : "");
    return fa_store_add_root(run->store, "built", id, (const char *const *)names->pdata, error);
}

/* What open_run() waits for, side by side. */
typedef struct Opening {
    Run *run;
    const FaChoice *choice;
    GError *errors[3];
} Opening;

static void
open_part(size_t index, void *data)
{
    Opening *opening = data;
    Run *run = opening->run;
    GError **error = &opening->errors[index];
    /* Builds are the same for both slots. */
    static const FaSlot first = FA_SLOT_A;
    const FaInstance instance = {.slot = &first};
    if (index == 0)
        run->values = fa_explain_values(run->context, opening->choice, run->options->assignments,
                                        &instance, error);
    else if (index == 1)
        run->packages = fa_packages_read(NULL, error);
    else
        run->hash = fa_hash_open(error);
}

static bool
open_parts(Run *run, const FaChoice *choice, GError **error)
{
    Opening opening = {.run = run, .choice = choice};
    GError *first = NULL;
    fa_parallel_run(G_N_ELEMENTS(opening.errors), 1, open_part, &opening);
    for (size_t i = 0; i < G_N_ELEMENTS(opening.errors); i++) {
        if (first == NULL)
            first = g_steal_pointer(&opening.errors[i]);
        g_clear_error(&opening.errors[i]);
    }
    if (first != NULL)
        g_propagate_error(error, first);
    return first == NULL;
}

/* What is there is not built again, so that all that is missing is the same as all. */
static bool
is_all(const Run *run, const char *word)
{
    static const char *const words[] = {"all", "missing", NULL};
    return g_strv_contains(words, word) &&
           fa_product_find_component(fa_context_get_product(run->context), word) == NULL;
}

static bool
choose_components(Run *run, GError **error)
{
    const char *const *components = run->options->components;
    run->wanted = components != NULL && *components != NULL ? components : NULL;
    for (; components != NULL && *components != NULL; components++) {
        if (is_all(run, *components))
            run->wanted = NULL;
        else if (fa_context_find_component(run->context, *components, error) == NULL)
            return false;
    }
    return true;
}

static bool
open_run(Run *run, const FaChoice *choice, GError **error)
{
    FaContext *context = run->context;
    const FaAssembleOptions *options = run->options;
    FaDiags *diags = fa_context_get_diags(context);

    if (!fa_context_check(context, error) ||
        (!options->dry_run && !fa_context_require_home(context, error)))
        return false;
    if (!open_parts(run, choice, error))
        return false;
    if (!choose_components(run, error))
        return false;
    run->recipes = fa_plan_order(fa_context_get_product(context), run->wanted, diags);
    if (run->recipes == NULL)
        return fa_context_check(context, error);
    if (!fa_needs_check(run->recipes, run->packages, error))
        return false;
    run->store = fa_store_open(fa_context_get_home(context), error);
    if (run->store != NULL && options->dry_run)
        fa_store_leave_untouched(run->store);
    run->times = fa_times_read(fa_context_get_home(context));
    run->works = g_ptr_array_new_with_free_func((GDestroyNotify)work_free);
    run->by_name = g_hash_table_new(g_str_hash, g_str_equal);
    return run->store != NULL;
}

static bool
make_plan(Run *run, const FaChoice *choice, GPtrArray *plan, GError **error)
{
    FaPinOptions pinning = {
        .update = run->options->update,
        .offline = run->options->offline,
        .dry_run = run->options->dry_run,
        .use_checkouts = choice->environment->track == FA_TRACK_ANYTHING,
        .cancel = run->options->cancel,
    };
    run->pins = fa_pins_take(run->context, run->store, run->recipes, &pinning, error);
    if (run->pins == NULL)
        return false;
    for (guint i = 0; i < run->recipes->len; i++) {
        if (!plan_component(run, g_ptr_array_index(run->recipes, i), error))
            return false;
        Work *work = g_ptr_array_index(run->works, i);
        g_ptr_array_add(plan, work->plan);
    }
    if (!look_up(run, error) || !find_pulls(run, plan, error))
        return false;
    tell_planned(run, plan);
    return true;
}

static bool
pull_missing(Run *run, GPtrArray *plan, GError **error)
{
    return run->pulls == NULL ||
           fa_pull_plan_run(run->pulls, run->store, run->options, plan, error);
}

bool
fa_assemble(FaContext *context, const FaChoice *choice, const FaAssembleOptions *options,
            GPtrArray **ret_plan, GError **error)
{
    g_auto(Run) run = {.context = context, .options = options};
    g_autoptr(GPtrArray) plan = g_ptr_array_new_with_free_func((GDestroyNotify)fa_assembled_free);

    if (!open_run(&run, choice, error) || !make_plan(&run, choice, plan, error))
        return false;
    *ret_plan = g_steal_pointer(&plan);
    if (options->dry_run)
        return true;
    return pull_missing(&run, *ret_plan, error) && build_missing(&run, error) &&
           keep_builds(&run, choice, error);
}
