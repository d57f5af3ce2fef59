#pragma once
/*
 * From words to an exit status: reads the command line, opens what the command needs, runs it, and says what went wrong.
 */
#include "cli/command.h"

/* @words is NULL-ended, without the program's name. Returns the exit status. */
int fa_dispatch(const FaCmd *const *commands, const char *const *words, FaCancel *cancel);
