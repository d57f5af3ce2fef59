#include "app/assembled.h"

#include "build/key.h"

void
fa_assembled_free(FaAssembled *plan)
{
    g_free(plan->component);
    g_free(plan->revision);
    g_free(plan->name);
    g_free(plan->path);
    g_free(plan->place);
    g_free(plan);
}

void
fa_assembled_use_checkout(FaAssembled *plan, const char *checkout)
{
    g_autoptr(FaKeyHasher) hasher = fa_key_hasher_new("checkout");
    fa_key_hasher_add(hasher, "path", checkout);
    fa_key_hasher_finish(hasher, &plan->key);
    plan->path = g_strdup(checkout);
    plan->state = FA_PLAN_THERE;
}
