#pragma once
/*
 * What commands on one environment share: finding it, and proposing its name.
 */
#include "app/context.h"
#include "cli/complete.h"

/* *ret_context is (transfer full). @name (nullable): ENVIRONMENT.SITE. */
bool fa_environment_find(const FaInvocation *invocation, const char *name, FaContext **ret_context,
                         FaChoice *ret_choice, GError **error);
/* Keeps the values of the command line for the next time, and says so. */
bool fa_environment_save(const FaInvocation *invocation, FaContext *context, const FaChoice *choice,
                         const char *const *assignments, GError **error);
/* Proposes every ENVIRONMENT.SITE. */
void fa_environment_complete(FaCompletion *completion);
/* Proposes every component of the product. */
void fa_environment_complete_components(FaCompletion *completion);
