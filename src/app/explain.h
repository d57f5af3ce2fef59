#pragma once
/*
 * What a component is and would do: every setting with its help, default, value and the place that it came from, and
 * every step, process and need. Nothing is run or written.
 */
#include <stdbool.h>

#include "app/context.h"
#include "app/names.h"
#include "domain/settings.h"

/*
 * (transfer full) (nullable) The values for @choice, where @assignments (NULL-ended, nullable) are `component.setting=value`
 * from the command line. CONFIG, with the whole listing, when anything is wrong; USAGE for a bad assignment.
 */
FaValues *fa_explain_values(FaContext *context, const FaChoice *choice,
                            const char *const *assignments, const FaInstance *instance,
                            GError **error);
