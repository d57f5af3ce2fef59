#pragma once
/*
 * The commands there are.
 */
#include "cli/command.h"
#include "domain/access.h"

typedef enum FaReach {
    FA_REACH_HERE,           /* as oneself only */
    FA_REACH_SERVED,         /* by `fassembler serve` too */
    FA_REACH_SERVED_ON_SITE, /* the same, and it concerns the site of the environment that it is given */
} FaReach;

/* What commands.def says of a command. */
typedef struct FaCommandRight {
    FaAction action;
    FaReach reach;
} FaCommandRight;

/* (transfer none) NULL-ended, in the order of commands.def. */
const FaCmd *const *fa_commands_all(void);
/* (transfer none) (nullable) By its whole name. */
const FaCmd *fa_commands_find(const FaCmd *const *commands, const char *name);
/* (transfer none) (nullable) Of those that are not hidden, the one meant by a mistyped @name. */
const FaCmd *fa_commands_nearest(const FaCmd *const *commands, const char *name);
/* (transfer none) The heading over a group. */
const char *fa_group_to_string(FaGroup group);
/* Of a command that is not in commands.def: HERE, with all rights of the home's user. */
FaCommandRight fa_commands_get_right(const FaCmd *command);
/* (transfer full) (nullable) Who may use it, for its documents; NULL: anybody. */
char *fa_commands_describe_right(const FaCmd *command);
