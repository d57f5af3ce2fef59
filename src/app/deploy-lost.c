#include <string.h>

#include "app/deploy-private.h"
#include "base/error.h"
#include "source/source.h"

#define COMMITS_MAX 2000

/* What to find out about one component. */
typedef struct Question {
    const char *component;
    const char *before;
    const char *after;
    FaSource *source;
} Question;

/* A change that is not there by ancestry may be there as the same patch, or be declared to be. */
static bool
look_for(const Question *question, const FaSourceCommit *commit, FaCancel *cancel, GPtrArray *lost,
         GError **error)
{
    g_auto(FaContained) contained = {0};
    if (!fa_source_contains(question->source, question->after, commit->id, cancel, &contained,
                            error))
        return false;
    if (contained.by == FA_CONTAINED_NOT)
        g_ptr_array_add(lost, g_strdup_printf("%s %s", question->component, commit->short_id));
    return true;
}

static bool
ask(const Question *question, FaCancel *cancel, GPtrArray *lost, GError **error)
{
    const FaSourceRange range = {
        .from = question->after, .to = question->before, .limit = COMMITS_MAX};
    bool is_ancestor = false;
    if (!fa_source_is_ancestor(question->source, question->before, question->after, cancel,
                               &is_ancestor, error))
        return false;
    if (is_ancestor)
        return true;
    g_autoptr(FaSourceLog) log = fa_source_log(question->source, &range, cancel, error);
    if (log == NULL)
        return false;
    if (log->is_cut)
        return fa_fail(error, FA_ERROR_FAILED, "more than %d changes", COMMITS_MAX);
    for (guint i = 0; i < log->commits->len; i++) {
        if (!look_for(question, g_ptr_array_index(log->commits, i), cancel, lost, error))
            return false;
    }
    return true;
}

/* Without a history nothing can be said, and nothing is known to be lost. */
static bool
ask_component(FaContext *context, const FaPin *pin, const FaPin *next, FaCancel *cancel,
              GPtrArray *lost, GError **error)
{
    const FaProduct *product = fa_context_get_product(context);
    const FaRecipe *recipe = fa_product_find_component(product, pin->component);
    if (next == NULL || strcmp(pin->revision, next->revision) == 0 || recipe == NULL ||
        recipe->source.kind == FA_SOURCE_NONE)
        return true;
    g_autoptr(FaSource) source =
        fa_source_open(&recipe->source, product->sources, fa_context_get_home(context), error);
    if (source == NULL)
        return false;
    const Question question = {.component = pin->component,
                               .before = pin->revision,
                               .after = next->revision,
                               .source = source};
    return !fa_source_has_history(source) || ask(&question, cancel, lost, error);
}

static void
drop_waived(GPtrArray *lost, const char *const *waived)
{
    for (guint i = lost->len; waived != NULL && i > 0; i--) {
        if (g_strv_contains(waived, g_ptr_array_index(lost, i - 1)))
            g_ptr_array_remove_index(lost, i - 1);
    }
}

bool
fa_deploy_find_lost(FaContext *context, const FaRelease *running, const FaRelease *release,
                    const char *const *waived, FaCancel *cancel, GPtrArray **ret_lost,
                    GPtrArray **ret_unknown, GError **error)
{
    g_autoptr(GPtrArray) lost = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) unknown = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < running->pins->len; i++) {
        const FaPin *pin = g_ptr_array_index(running->pins, i);
        const FaPin *next = fa_release_find_pin(release, pin->component);
        g_autoptr(GError) failure = NULL;
        if (ask_component(context, pin, next, cancel, lost, &failure))
            continue;
        if (fa_error_is(failure, FA_ERROR_CANCELLED)) {
            g_propagate_error(error, g_steal_pointer(&failure));
            return false;
        }
        g_ptr_array_add(unknown, g_strdup_printf("%s: %s", pin->component, failure->message));
    }
    drop_waived(lost, waived);
    *ret_lost = g_steal_pointer(&lost);
    *ret_unknown = g_steal_pointer(&unknown);
    return true;
}
