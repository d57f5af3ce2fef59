#include "cli/environment.h"

#include "app/save.h"
#include "cli/answer.h"

bool
fa_environment_find(const FaInvocation *invocation, const char *name, FaContext **ret_context,
                    FaChoice *ret_choice, GError **error)
{
    g_autoptr(FaContext) context = fa_context_open(invocation->home, error);
    if (context == NULL || !fa_context_check(context, error) ||
        !fa_context_choose(context, name, ret_choice, error))
        return false;
    *ret_context = g_steal_pointer(&context);
    return true;
}

bool
fa_environment_save(const FaInvocation *invocation, FaContext *context, const FaChoice *choice,
                    const char *const *assignments, GError **error)
{
    g_autofree char *file = NULL;
    if (!fa_save_values(context, choice, assignments, invocation->dry_run, &file, error))
        return false;
    fa_say(invocation, "%s in %s", invocation->dry_run ? "to be saved" : "saved", file);
    return true;
}

void
fa_environment_complete(FaCompletion *completion)
{
    const FaInvocation *invocation = fa_completion_get_invocation(completion);
    g_autoptr(FaContext) context = fa_context_open(invocation->home, NULL);
    if (context == NULL)
        return;
    g_auto(GStrv) names = fa_context_list_environments(context);
    for (char **name = names; *name != NULL; name++)
        fa_completion_add(completion, *name, NULL);
}

void
fa_environment_complete_components(FaCompletion *completion)
{
    const FaInvocation *invocation = fa_completion_get_invocation(completion);
    g_autoptr(FaContext) context = fa_context_open(invocation->home, NULL);
    if (context == NULL)
        return;
    const FaProduct *product = fa_context_get_product(context);
    for (guint i = 0; i < product->components->len; i++) {
        const FaRecipe *recipe = g_ptr_array_index(product->components, i);
        fa_completion_add(completion, recipe->name, recipe->summary);
    }
}
