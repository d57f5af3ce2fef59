#pragma once
/*
 * Values of the command line, kept for the next time: in sites/SITE.yaml, for the environment that they were given for.
 */
#include <stdbool.h>

#include "app/context.h"

/*
 * @assignments (NULL-ended) as fa_explain_values() takes them, which is asked first: nothing is written unless all of them
 * are right. *ret_file (transfer full): which file, relative to the product. Nothing is written with @dry_run.
 */
bool fa_save_values(FaContext *context, const FaChoice *choice, const char *const *assignments,
                    bool dry_run, char **ret_file, GError **error);
