#pragma once
/*
 * The supervisor's programs in the store: a site goes on with those that it was started with, whatever happens to where
 * fassembler is installed.
 */
#include <stdbool.h>

#include "app/context.h"

/* What the link to it is called in a build, beside those to components. */
#define FA_SUPERVISOR_LINK "fassembler-supervisor"

/*
 * Sees to it that the programs beside the one that runs are in the store of @context's home. *ret_out (transfer full) is
 * the folder there, also where @dry_run only asks for its name, with fassembler-supervisord and fassembler-supervisorctl. NOT_FOUND when they are not installed.
 */
bool fa_supervisor_provide(const FaContext *context, bool dry_run, char **ret_out, GError **error);
