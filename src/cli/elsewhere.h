#pragma once
/*
 * Commands on a home that is somebody else's and served: they are done there, and look as if they were done here. Files that
 * are named to be written are written here, with the rights of who names them.
 */
#include "cli/command.h"

/*
 * *ret_is_done is false when the command is to be done here after all. @words are the whole command line, as it was read into
 * @invocation.
 */
bool fa_elsewhere_try(FaInvocation *invocation, const char *const *words, bool *ret_is_done,
                      GError **error);
