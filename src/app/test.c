#include "app/test.h"

#include "app/environment.h"
#include "app/up.h"
#include "base/error.h"

#define TEST_SECONDS 600

static bool
check_components(const FaContext *context, const char *const *components, GError **error)
{
    for (; *components != NULL; components++) {
        if (fa_context_find_component(context, *components, error) == NULL)
            return false;
    }
    return true;
}

static bool
check_is_up(FaContext *context, const FaChoice *choice, FaCancel *cancel, GError **error)
{
    g_autoptr(JsonObject) status = NULL;
    if (!fa_status(context, choice, cancel, &status, error))
        return false;
    return fa_json_get_bool(status, "running", false) ||
           fa_fail(
               error, FA_ERROR_UNREACHABLE,
               "functional tests want a running environment\nhelp: 'fassembler up %s.%s' starts "
               "it, '--unit' runs only the unit tests",
               choice->environment->name, choice->site->name);
}

static bool
run_list(const FaEnvironment *environment, const FaRecipe *recipe, const char *kind,
         const GPtrArray *texts, const FaTestOptions *options, FaTestCount *count, GError **error)
{
    for (guint i = 0; i < texts->len; i++) {
        const FaText *text = g_ptr_array_index(texts, i);
        g_auto(FaSpawnResult) result = {0};
        g_autoptr(GError) failure = NULL;
        bool has_ended = fa_environment_run_text(environment, recipe, text, TEST_SECONDS,
                                                 options->assemble.cancel, &result, &failure);
        if (!has_ended && !result.timed_out) {
            g_propagate_error(error, g_steal_pointer(&failure));
            return false;
        }
        bool is_passed = has_ended && result.status == 0;
        FaTested tested = {
            .component = recipe->name,
            .kind = kind,
            .text = text->text,
            .status = is_passed ? 0 : (result.status != 0 ? result.status : 1),
            .elapsed = result.elapsed,
            .output = result.output != NULL ? result.output : "",
        };
        count->passed += is_passed ? 1 : 0;
        count->failed += is_passed ? 0 : 1;
        options->tested(&tested, options->data);
    }
    return true;
}

bool
fa_test(FaContext *context, const FaChoice *choice, const FaTestOptions *options,
        FaTestCount *ret_count, GError **error)
{
    const FaProduct *product = fa_context_get_product(context);
    g_autoptr(GPtrArray) plan = NULL;
    FaTestCount count = {0, 0};
    if (!check_components(context, options->components, error) ||
        (options->functional && !check_is_up(context, choice, options->assemble.cancel, error)) ||
        !fa_assemble(context, choice, &options->assemble, &plan, error))
        return false;

    const FaInstance instance = {.plan = plan, .is_direct = true};
    g_autoptr(FaEnvironment) environment =
        fa_environment_open(context, choice, options->assemble.assignments, &instance, error);
    if (environment == NULL)
        return false;
    for (guint i = 0; i < product->components->len; i++) {
        const FaRecipe *recipe = g_ptr_array_index(product->components, i);
        if (*options->components != NULL && !g_strv_contains(options->components, recipe->name))
            continue;
        if (options->unit &&
            !run_list(environment, recipe, "unit", recipe->unit_tests, options, &count, error))
            return false;
        if (options->functional && !run_list(environment, recipe, "functional",
                                             recipe->functional_tests, options, &count, error))
            return false;
    }
    *ret_count = count;
    return true;
}
