#pragma once
/*
 * The home of a command that works with or without a product around it.
 */
#include "app/context.h"
#include "cli/command.h"

/* (transfer full) Who runs this command: ask before fa_home_find(), which may let root go on as the home's owner. */
char *fa_home_get_actor(void);

/* Goes on as the owner of the home. *ret_context (transfer full) is NULL outside a product, where --home must be
 * given. *ret_home is the context's or the invocation's. */
bool fa_home_find(const FaInvocation *invocation, FaContext **ret_context, const char **ret_home,
                  GError **error);
