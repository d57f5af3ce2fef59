#pragma once
/*
 * The commands there are.
 */
#include "cli/command.h"

/* (transfer none) NULL-ended, in the order of commands.def. */
const FaCmd *const *fa_commands_all(void);
/* (transfer none) (nullable) By its whole name. */
const FaCmd *fa_commands_find(const FaCmd *const *commands, const char *name);
/* (transfer none) (nullable) Of those that are not hidden, the one meant by a mistyped @name. */
const FaCmd *fa_commands_nearest(const FaCmd *const *commands, const char *name);
/* (transfer none) The heading over a group. */
const char *fa_group_to_string(FaGroup group);
