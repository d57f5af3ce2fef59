#include <string.h>

#include "app/deploy-private.h"
#include "base/error.h"
#include "base/text.h"

#define SMOKE_SECONDS 120
#define OUTPUT_SHOWN  2000

static bool
run_smoke_test(const FaDeployWork *work, const FaEnvironment *direct, const FaRecipe *recipe,
               const FaText *test, GError **error)
{
    int64_t seconds = work->options->patience > 0 ? work->options->patience : SMOKE_SECONDS;
    g_auto(FaSpawnResult) result = {0};
    if (!fa_environment_run_text(direct, recipe, test, seconds, fa_deploy_work_cancel(work),
                                 &result, error))
        return g_prefix_error(error, "smoke test of '%s': ", recipe->name), false;
    if (result.status == 0)
        return true;
    const char *output = result.output != NULL ? result.output : "";
    size_t length = strlen(output);
    g_autofree char *shown = fa_text_sanitize(
        length > OUTPUT_SHOWN ? output + length - OUTPUT_SHOWN : output, MIN(length, OUTPUT_SHOWN));
    return fa_fail(error, FA_ERROR_FAILED, "smoke test of '%s' ended with status %d: %s\n%s",
                   recipe->name, result.status, test->text, g_strchomp(shown));
}

bool
fa_deploy_smoke(FaDeployWork *work, char **ret_detail, GError **error)
{
    if (!fa_deploy_need_environment(work, error))
        return false;
    const FaProduct *product = fa_context_get_product(work->context);
    unsigned count = 0;
    for (guint i = 0; i < product->components->len; i++) {
        const FaRecipe *recipe = g_ptr_array_index(product->components, i);
        for (guint k = 0; k < recipe->smoke_tests->len; k++, count++) {
            if (!run_smoke_test(work, work->environment, recipe,
                                g_ptr_array_index(recipe->smoke_tests, k), error))
                return false;
        }
    }
    *ret_detail = g_strdup_printf("%u tests", count);
    return true;
}
