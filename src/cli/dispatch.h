#pragma once
/*
 * From words to an exit status: reads the command line, opens what the command needs, runs it, and says what went wrong.
 */
#include "app/call.h"
#include "cli/command.h"

/* @words is NULL-ended, without the program's name. Returns the exit status. */
int fa_dispatch(const FaCmd *const *commands, const char *const *words, FaCancel *cancel);

/* Somebody else's command. */
typedef struct FaServing {
    const FaCaller *caller;
    const FaCall *call;
    FaAskFunc ask; /* (nullable) nobody is there to be asked */
    void *data;
} FaServing;

/* The same for them, as far as they may, in the home that the caller says. */
int fa_dispatch_served(const FaCmd *const *commands, const FaServing *serving, FaCancel *cancel);
