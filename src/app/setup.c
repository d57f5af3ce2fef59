#include "app/setup.h"

#include "base/error.h"

#define SETUP_SECONDS 300

typedef struct Run {
    void (*say)(const char *text, void *data);
    void *data;
    FaCancel *cancel;
} Run;

static bool
set_up(const FaEnvironment *environment, const FaRecipe *recipe, const FaSetup *setup,
       const Run *run, GError **error)
{
    FaCancel *cancel = run->cancel;
    int64_t timeout = setup->timeout > 0 ? setup->timeout : SETUP_SECONDS;
    if (setup->unless.text != NULL) {
        g_auto(FaSpawnResult) asked = {0};
        if (!fa_environment_run_text(environment, recipe, &setup->unless, timeout, cancel, &asked,
                                     error))
            return false;
        if (asked.status == 0)
            return true;
    }
    if (run->say != NULL) {
        g_autofree char *text = g_strdup_printf("set-up of %s: %s", recipe->name, setup->name);
        run->say(text, run->data);
    }
    g_auto(FaSpawnResult) result = {0};
    if (!fa_environment_run_text(environment, recipe, &setup->run, timeout, cancel, &result, error))
        return false;
    if (result.status == 0)
        return true;
    return fa_fail(error, FA_ERROR_FAILED, "set-up step '%s' of '%s' failed with status %d: %s",
                   setup->name, recipe->name, result.status, g_strchomp(result.output));
}

bool
fa_setup(const FaEnvironment *environment, GHashTable *left_out,
         void (*say)(const char *text, void *data), void *data, FaCancel *cancel, GError **error)
{
    const GPtrArray *components = fa_environment_get_product(environment)->components;
    const Run run = {.say = say, .data = data, .cancel = cancel};
    for (guint i = 0; i < components->len; i++) {
        const FaRecipe *recipe = g_ptr_array_index(components, i);
        if (left_out != NULL && g_hash_table_contains(left_out, recipe->name))
            continue;
        if (!fa_environment_make_databases(environment, recipe, cancel, error))
            return false;
        for (guint k = 0; k < recipe->setup->len; k++) {
            if (!set_up(environment, recipe, g_ptr_array_index(recipe->setup, k), &run, error))
                return false;
        }
    }
    return true;
}
