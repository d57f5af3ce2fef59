#include "cli/home.h"

#include "app/acting.h"
#include "sys/user.h"

char *
fa_home_get_actor(void)
{
    const char *acting = fa_acting_get_recorded();
    return acting != NULL ? g_strdup(acting) : fa_user_get_own_name();
}

bool
fa_home_find(const FaInvocation *invocation, FaContext **ret_context, const char **ret_home,
             GError **error)
{
    const char *given = invocation->home;
    g_autoptr(FaContext) context = fa_context_open(given, given == NULL ? error : NULL);
    if (context == NULL && (given == NULL || !fa_user_become_owner(given, error)))
        return false;
    *ret_home = context != NULL ? fa_context_get_home(context) : given;
    *ret_context = g_steal_pointer(&context);
    return true;
}
